"""Undo of one identity or one link: it takes exactly that away, and taking it back restores everything."""

import itertools
import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from identity_oracle import WEAK, resolve
from identity_world import (
    CHECKS,
    Limits,
    Seen,
    Undone,
    canonical,
    customer_name,
    customers,
    failures,
    random_world,
    resolved,
    undo,
)

from journey_analytics.warehouse import Warehouse

ANN, BOB, EVE = (("user_id", name) for name in ("ann", "bob", "eve"))
MAIL, PHONE = ("email", "ann@x.org"), ("phone", "+491")
COOKIE, TABLET = ("anonymous_id", "cookie"), ("device_id", "tablet")
LIMITS = (Limits(2, 2, 3), Limits(4, 3, 10, 3), Limits())


def drawn_undone(events: Sequence[Seen], rng: random.Random) -> list[Undone]:
    """Some identities and links of the events, weak ones included."""
    lists = [e.identities for e in events]
    links = [pair for pair in (rng.sample(i, 2) for i in lists if len(i) > 1) if {i[0] for i in pair} - WEAK.keys()]
    undone: list[Undone] = [(rng.choice(rng.choice(lists)), None) for _ in range(rng.randrange(3))]
    return undone + [(one, other) for one, other in rng.sample(links, min(len(links), rng.randrange(3)))]


@pytest.mark.parametrize("limits", LIMITS, ids=str)
def test_undo_equals_a_brute_force_over_small_worlds(limits: Limits) -> None:
    worlds = [random_world(seed) for seed in range(5000, 5100)]
    undone = [drawn_undone(world, random.Random(number)) for number, world in enumerate(worlds)]
    with resolved(*worlds, limits=limits, undone=[*itertools.chain(*undone)]) as warehouse:
        fate, owners, left_out = customers(warehouse), _owners(warehouse), _quarantined(warehouse)
        assert {check: rows for check in CHECKS if (rows := failures(warehouse, check))} == {}
    expected = [resolve(world, limits, taken) for world, taken in zip(worlds, undone, strict=True)]
    assert fate == {event: found for one in expected for event, found in one.fate.items()}
    assert owners == {identity: found for one in expected for identity, found in one.customers.items()}
    assert left_out == {identity: count for one in expected for identity, count in one.quarantined.items()}
    assert sum(fate == "undone_identity" for one in expected for fate in one.fate.values()) > 50


def _owners(warehouse: Warehouse) -> dict[tuple[str, str], set[str]]:
    owners: dict[tuple[str, str], set[str]] = {}
    held = "select identity_type, identity_value, customer_id from core.customer_identity"
    for kind, value, customer in warehouse.rows(held):
        owners.setdefault((kind, value), set()).add(customer)
    return owners


def _quarantined(warehouse: Warehouse) -> dict[tuple[str, str], int | None]:
    rows = warehouse.rows("select identity_type, identity_value, linked_count from core.quarantined_identity")
    return {(kind, value): count for kind, value, count in rows}


@settings(max_examples=15, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**6), place=st.integers(0, 10**6), limits=st.sampled_from(LIMITS))
def test_undo_of_one_identity_changes_no_touchpoint_of_others_and_can_be_taken_back(
    seed: int, place: int, limits: Limits
) -> None:
    world = random_world(seed)
    every = sorted({identity for event in world for identity in event.identities})
    identity = every[place % len(every)]
    with resolved(world, limits=limits) as warehouse:
        before, tables = customers(warehouse), canonical(warehouse)
        holders = _owners(warehouse).get(identity, set()) | {customer_name(identity)}
        undo(warehouse, [(identity, None)])
        after, owners = customers(warehouse), _owners(warehouse)
        undo(warehouse, [])
        assert canonical(warehouse) == tables
    others = {fate for fate in before.values() if fate.startswith("c_")} - holders
    assert {e: fate for e, fate in before.items() if fate in others} == {
        e: fate for e, fate in after.items() if fate in others
    }
    assert identity not in owners


@settings(max_examples=15, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**6))
def test_undo_of_a_link_changes_no_touchpoint_of_others(seed: int) -> None:
    world = random_world(seed)
    links = [taken for taken in drawn_undone(world, random.Random(seed)) if taken[1]]
    with resolved(world) as warehouse:
        before, owners = customers(warehouse), _owners(warehouse)
        undo(warehouse, links)
        after = customers(warehouse)
    holders = {c for link in links for i in link if i for c in owners.get(i, set()) | {customer_name(i)}}
    others = {fate for fate in before.values() if fate.startswith("c_")} - holders
    assert {e: fate for e, fate in before.items() if fate in others} == {
        e: fate for e, fate in after.items() if fate in others
    }


@pytest.mark.parametrize("seed", range(3))
def test_undo_does_not_depend_on_the_order_of_events_or_of_rows(seed: int) -> None:
    rng, events = random.Random(seed), [e for n in range(20) for e in random_world(seed * 20 + n)]
    undone = drawn_undone(events, rng) + drawn_undone(events, rng)
    shuffled = rng.sample(events, len(events))
    with (
        resolved(events, limits=LIMITS[1], undone=undone) as one,
        resolved(shuffled[:100], shuffled[100:], limits=LIMITS[1], undone=[*undone[::-1], *undone]) as other,
    ):
        assert canonical(one) == canonical(other)


def test_undoing_a_link_splits_exactly_there() -> None:
    events = [Seen("1", 0, (ANN,)), Seen("2", 1, (ANN, MAIL)), Seen("3", 2, (MAIL, PHONE)), Seen("4", 3, (PHONE,))]
    with resolved(events, undone=[(PHONE, MAIL)]) as warehouse:
        found = customers(warehouse)
        assert _owners(warehouse) == {
            ANN: {customer_name(ANN)},
            MAIL: {customer_name(ANN)},
            PHONE: {customer_name(PHONE)},
        }
    assert [found[event] for event in "124"] == [customer_name(i) for i in (ANN, ANN, PHONE)]
    assert found["3"] == customer_name(ANN)


def test_an_undone_link_leaves_the_other_links_of_the_same_event() -> None:
    events = [Seen("1", 0, (ANN, MAIL, PHONE))]
    with resolved(events, undone=[(ANN, MAIL)]) as chain, resolved(events, undone=[(ANN, MAIL), (ANN, PHONE)]) as cut:
        assert len(set().union(*_owners(chain).values())) == 1
        assert _owners(cut) == {
            ANN: {customer_name(ANN)},
            MAIL: {customer_name(MAIL)},
            PHONE: {customer_name(MAIL)},
        }


def test_an_undone_identity_leaves_its_events_to_nobody_and_its_neighbours_where_they_were() -> None:
    events = [Seen("in", 0, (MAIL, COOKIE)), Seen("near", 1, (COOKIE,)), Seen("other", 9, (BOB, COOKIE))]
    events += [Seen("his", 8, (COOKIE,)), Seen("both", 20, (ANN, MAIL))]
    with resolved(events, undone=[(MAIL, None)]) as warehouse:
        found = customers(warehouse)
        assert warehouse.rows("select identity_value, reason from core.quarantined_identity") == [
            ("ann@x.org", "undone")
        ]
    ann, bob = customer_name(ANN), customer_name(BOB)
    assert found == {"in": "undone_identity", "near": "undone_identity", "other": bob, "his": bob, "both": ann}


def test_an_undone_login_leaves_the_device_to_itself() -> None:
    events = [Seen("in", 0, (ANN, COOKIE)), Seen("out", 1, (COOKIE,)), Seen("far", 2000, (COOKIE,))]
    with resolved(events, undone=[(COOKIE, ANN)]) as warehouse:
        found = customers(warehouse)
        assert _owners(warehouse) == {ANN: {customer_name(ANN)}, COOKIE: {customer_name(COOKIE)}}
    assert found == {"in": customer_name(ANN), "out": customer_name(COOKIE), "far": customer_name(COOKIE)}


def test_an_undone_device_assigns_nothing_and_gives_nothing_to_the_others() -> None:
    events = [Seen("in", 0, (ANN, COOKIE)), Seen("two", 1, (COOKIE, TABLET)), Seen("bob", 2, (BOB, TABLET))]
    events += [Seen("own", 2.1, (TABLET,)), Seen("alone", 0.1, (COOKIE,))]
    with resolved(events, undone=[(COOKIE, None)]) as warehouse:
        found = customers(warehouse)
    assert found["in"] == customer_name(ANN)
    assert found["bob"] == found["own"] == customer_name(BOB)
    assert found["two"] == found["alone"] == "undone_identity"


def test_a_cap_is_counted_as_if_nothing_were_undone() -> None:
    shared = [Seen(str(n), n, (PHONE, ("email", f"{n}"))) for n in range(6)]
    kiosk = [Seen(f"k{n}", n, (("user_id", f"{n}"), TABLET)) for n in range(11)]
    undone: list[Undone] = [(("email", "1"), None), (("user_id", "1"), None)]
    with resolved(shared, kiosk, undone=undone) as warehouse:
        reasons = dict(warehouse.rows("select identity_value, reason from core.quarantined_identity"))
    assert reasons == {"+491": "shared_identity", "tablet": "shared_device", "1": "undone"}


def test_an_e_mail_is_undone_in_any_letter_case_and_a_login_only_as_logged() -> None:
    undone: list[Undone] = [(("email", "ANN@x.org"), None), (("user_id", "ANN"), None)]
    with resolved([Seen("1", 0, (MAIL,)), Seen("2", 0, (ANN,))], undone=undone) as warehouse:
        assert customers(warehouse) == {"1": "undone_identity", "2": customer_name(ANN)}
