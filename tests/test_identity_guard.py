"""No chain of links, however careful each of them is, makes a customer of hundreds."""

import itertools
import random

import pytest
from identity_world import Limits, Seen, customer_name, customers, resolved

from journey_analytics.warehouse import Warehouse


def test_a_long_chain_of_links_is_one_customer() -> None:
    order = random.Random(3).sample(range(300), 300)
    events = [
        Seen(str(n), n, (("email", f"{a}"), ("email", f"{b}"))) for n, (a, b) in enumerate(itertools.pairwise(order))
    ]
    with resolved(events, limits=Limits(component_cap=300)) as warehouse:
        assert len(set(customers(warehouse).values())) == 1


def linked_pairs(pairs: list[tuple[tuple[str, str], tuple[str, str]]]) -> list[Seen]:
    return [Seen(str(n), n, pair) for n, pair in enumerate(pairs)]


def largest_customer(warehouse: Warehouse) -> int:
    """Identities of every strength of the customer that has most."""
    return warehouse.value("select max(identity_count + device_count) from core.customer")


def test_a_chain_of_500_e_mails_and_phones_joins_nobody() -> None:
    kinds = ("email", "phone")
    chain = [(kinds[n % 2], f"{n}") for n in range(500)]
    with resolved(linked_pairs(list(itertools.pairwise(chain)))) as warehouse:
        reasons = warehouse.rows("select reason, linked_count, count(*) from core.quarantined_identity group by all")
        assert reasons == [("oversized_component", 2, 498)]
        assert largest_customer(warehouse) == 1
        found = customers(warehouse)
    assert found["0"] == customer_name(chain[0]) and found["498"] == customer_name(chain[-1])
    assert [found[str(n)] for n in range(1, 498)] == ["quarantined_identity"] * 497


def test_a_chain_in_which_everybody_was_seen_with_one_of_each_type_joins_nobody_either() -> None:
    kinds = ("user_id", "email", "phone")
    chain = [(kinds[n % 3], f"{n}") for n in range(500)]
    with resolved(linked_pairs(list(itertools.pairwise(chain)))) as warehouse:
        assert warehouse.rows("select distinct reason, linked_type from core.quarantined_identity") == [
            ("oversized_component", None)
        ]
        assert largest_customer(warehouse) <= 2


@pytest.mark.parametrize(("count", "is_broken"), [(50, False), (51, True)])
def test_a_chain_is_broken_above_the_cap_and_not_at_it(count: int, is_broken: bool) -> None:
    chain = [("email", f"{n}") for n in range(count)]
    tickets = [(chain[0], ("zendesk_ticket_id", f"t{n}")) for n in range(40)]
    with resolved(linked_pairs([*itertools.pairwise(chain), *tickets])) as warehouse:
        assert len(set(customers(warehouse).values()) - {"quarantined_identity"}) == (2 if is_broken else 1)
        assert (warehouse.value("select count(*) from core.oversized_identity") > 0) is is_broken


def test_breaking_a_chain_spares_its_people_who_hang_on_by_one_identity() -> None:
    chain = [("phone", f"{n}") for n in range(60)]
    ann = [(("email", "ann"), ("user_id", "ann")), (("user_id", "ann"), chain[7])]
    with resolved(linked_pairs([*itertools.pairwise(chain), *ann])) as warehouse:
        shown = warehouse.rows(
            "select identity_type, customer_id from core.customer_identity where identity_value = 'ann'"
        )
    assert sorted(shown) == [(kind, customer_name(("user_id", "ann"))) for kind in ("email", "user_id")]


def test_a_super_node_of_100000_events_and_10000_logins_leaves_the_largest_customer_small() -> None:
    phone, kiosk = ("phone", "+49800"), ("device_id", "till")
    events = (Seen(f"{n}", n / 60, (("user_id", f"{n % 10_000}"), phone, kiosk)) for n in range(100_000))
    with resolved(events) as warehouse:
        assert largest_customer(warehouse) <= 50
        assert warehouse.value("select count(*) from core.customer_event") == 100_000
        assert warehouse.value("select count(*) from core.customer") == 10_000
        assert warehouse.value("select count(*) from core.quarantined_identity") == 2
