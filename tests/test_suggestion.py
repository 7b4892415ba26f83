"""Stages suggested for unknown activities: contexts, mixtures, names, and known activities hidden one at a time."""

from collections.abc import Iterator
from datetime import timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journey_analytics import run as job
from journey_analytics import steps
from journey_analytics.config import read_config
from journey_analytics.contract import STAGES
from journey_analytics.simulate import simulate
from journey_analytics.suggestion import (
    Evidence,
    Resemblance,
    contexts,
    make_stage_suggestion,
    place_counts,
    resemblances,
    stage_shares,
    suggestions,
    votes,
)
from journey_analytics.suggestion.contexts import CELL
from journey_analytics.suggestion.suggestions import COLUMNS
from journey_analytics.warehouse import Warehouse, open_warehouse

DAY = 86_400_000_000
INACTIVITY = {stage: timedelta(days=30) for stage in ("unknown", *STAGES)}
MEANINGS = {"item": "product", "basket": "cart", "shown": "viewed", "the": None, "register": "signed up"}


def acts(*rows: tuple[str, str, str | None, float]) -> pl.DataFrame:
    """Touchpoints of one customer per first letter of the session: (session, activity, stage, day)."""
    return pl.DataFrame(
        [
            {
                "customer_id": session[0],
                "journey_id": f"j_{session[0]}",
                "session_id": session,
                "source": "web",
                "activity": activity,
                "us": int(day * DAY),
                "is_purchase": activity == "order_placed",
                "stage": stage,
                "is_inherited": activity == "home_viewed",
            }
            for session, activity, stage, day in rows
        ],
        schema_overrides={"stage": pl.String},
    )


def seen(frame: pl.DataFrame, activity: str) -> list[tuple[object, ...]]:
    found = contexts(frame, inactivity=INACTIVITY, tail=timedelta(days=60), window=timedelta(days=30))
    return found.filter(activity=activity).select(*CELL, "buys").rows()


def test_neighbours_are_the_nearest_of_other_activities_with_a_stage() -> None:
    frame = acts(
        ("a1", "home_viewed", "awareness", 0),
        ("a1", "product_viewed", "consideration", 0.01),
        ("a1", "mystery", None, 0.02),
        ("a1", "product_viewed", "consideration", 0.03),
        ("a1", "riddle", None, 0.04),
        ("a2", "cart_viewed", "decision", 2),
    )
    assert seen(frame, "mystery") == [("consideration", True, "consideration", True, False, False)]
    # A known activity looks past its own repetitions, and past what has no stage.
    assert seen(frame, "product_viewed") == [("awareness", True, "decision", False, False, False)] * 2
    assert seen(frame, "riddle") == [("consideration", True, "decision", False, False, False)]


def test_a_neighbour_beyond_the_inactivity_limit_or_of_another_customer_is_none() -> None:
    frame = acts(
        ("a1", "product_viewed", "consideration", 0),
        ("a2", "mystery", None, 30),
        ("a3", "cart_viewed", "decision", 60.001),
        ("b1", "cart_viewed", "decision", 61),
    )
    assert seen(frame, "mystery") == [("consideration", False, "nothing", False, False, False)]
    assert seen(frame, "cart_viewed")[1] == ("nothing", False, "nothing", False, False, False)


def test_a_purchase_lies_behind_within_the_tail_and_ahead_within_the_window() -> None:
    frame = acts(
        ("a1", "mystery", None, 0),
        ("a1", "order_placed", "decision", 30),
        ("a2", "mystery", None, 90),
        ("a2", "mystery", None, 90.1),
    )
    assert [row[-2:] for row in seen(frame, "mystery")] == [(False, True), (True, False), (False, False)]


def test_a_journey_has_one_vote_and_what_nothing_surrounds_has_none() -> None:
    frame = acts(
        ("a1", "product_viewed", "consideration", 0),
        ("a1", "mystery", None, 0.1),
        ("a1", "mystery", None, 0.2),
        ("a2", "mystery", None, 1),
        ("b1", "mystery", None, 0),
    )
    found = contexts(frame, inactivity=INACTIVITY, tail=timedelta(days=60), window=timedelta(days=30))
    mystery = votes(found).filter(activity="mystery").sort("is_before_near")
    assert mystery.select("is_before_near", "vote_count").rows() == [
        (False, pytest.approx(1 / 3)),
        (True, pytest.approx(2 / 3)),
    ]
    total = place_counts(found).filter(pl.col("before").is_null()).row(0, named=True)
    assert (total["journey_count"], total["act_count"]) == (2, 4)


def cells(activity: str, stage: str | None, counts: dict[str, float]) -> pl.DataFrame:
    """Votes by the stage before."""
    return pl.DataFrame(
        [
            {
                "activity": activity, "source": "web", "stage": stage, "is_inherited": False, "before": before,
                "is_before_near": True, "after": "nothing", "is_after_near": False, "has_bought": False,
                "vote_count": float(count),
            }
            for before, count in counts.items()
        ],
        schema_overrides={"stage": pl.String},
    )  # fmt: skip


KNOWN = pl.concat(
    cells(f"known_{stage}", stage, {stage: 90, **{other: 3.33 for other in STAGES if other != stage}})
    for stage in STAGES
)


def shares(counts: dict[str, float], known: pl.DataFrame = KNOWN) -> dict[str, float]:
    return stage_shares(cells("mystery", None, counts), known).select(STAGES).row(0, named=True)


def test_the_shares_are_those_of_the_mixture() -> None:
    found = shares({"consideration": 700, "decision": 300})
    assert found["consideration"] == pytest.approx(0.68, abs=0.05)
    assert found["decision"] == pytest.approx(0.28, abs=0.05)
    assert sum(found.values()) == pytest.approx(1)


@pytest.mark.parametrize(("journeys", "low", "high"), [(2, 0.25, 0.5), (20, 0.6, 0.85), (100_000, 0.9, 0.96)])
def test_few_journeys_say_little_and_very_many_not_everything(journeys: int, low: float, high: float) -> None:
    assert low < shares({"decision": journeys})["decision"] < high


def test_a_stage_that_cannot_be_learnt_is_never_ruled_out() -> None:
    only_two = KNOWN.filter(pl.col("stage").is_in(["consideration", "decision"]))
    found = shares({"decision": 500}, only_two)
    assert found["awareness"] == pytest.approx(found["decision"], abs=0.02)
    assert max(found.values()) < 0.5
    assert max(shares({"decision": 500}, KNOWN.clear()).values()) == pytest.approx(0.25)


@settings(deadline=None, max_examples=30)
@given(st.dictionaries(st.sampled_from([*STAGES, "nothing"]), st.integers(1, 10_000), min_size=1))
def test_shares_are_shares_in_any_order_of_the_rows(counts: dict[str, int]) -> None:
    frame = cells("mystery", None, counts)
    found = stage_shares(frame, KNOWN).select(STAGES)
    turned = stage_shares(frame.reverse(), KNOWN.reverse()).select(STAGES)
    assert found.row(0) == pytest.approx(turned.row(0), abs=1e-9)
    assert sum(found.row(0)) == pytest.approx(1)
    assert min(found.row(0)) > 0


@pytest.mark.parametrize(
    ("name", "resembles"),
    [
        ("item_shown", "product_viewed"),
        ("the_basket_shown", "cart_viewed"),
        ("register", "signed_up"),
        ("cart_viewed_2", "cart_viewed"),
        ("product_viewed", None),
        ("zq17x", None),
    ],
)
def test_a_name_resembles_the_activity_with_the_same_meaning(name: str, resembles: str | None) -> None:
    known = ["product_viewed", "cart_viewed", "signed_up", "signed_in", "order_placed"]
    found = resemblances([name], known, meanings=MEANINGS).get(name)
    if resembles is None:
        assert found is None or found.activity != name
    else:
        assert found == Resemblance(resembles, 1.0)


def evidence(*, context: dict[str, float] | None, name: Resemblance | None) -> Evidence:
    count = {"activity": "mystery", "source": "web", "touchpoint_count": 9, "customer_count": 7}
    unknown = cells("mystery", None, context or {})
    place = {
        "activity": "mystery", "source": "web", "before": "decision", "after": "nothing", "journey_count": 7,
        "act_count": 9, "bought_count": 0, "buys_count": 3,
    }  # fmt: skip
    return Evidence(
        counts=pl.DataFrame([count]),
        votes=pl.concat([KNOWN, unknown]) if context else KNOWN,
        places=pl.DataFrame([place, {**place, "before": None, "after": None, "journey_count": 8}]),
        names={"mystery": name} if name else {},
        known_shares={"cart_viewed": {"decision": 1.0}},
    )


@pytest.mark.parametrize(
    ("context", "name", "stage"),
    [
        ({"decision": 50}, None, "decision"),
        ({"decision": 50}, Resemblance("cart_viewed", 1.0), "decision"),
        (None, Resemblance("cart_viewed", 1.0), "decision"),
        (None, Resemblance("cart_viewed", 0.5), None),
        ({"decision": 3}, None, None),
        ({"decision": 500, "awareness": 500}, None, None),
        ({"awareness": 20}, Resemblance("cart_viewed", 1.0), None),
        (None, None, None),
    ],
)
def test_a_stage_is_suggested_where_the_evidence_is_strong_and_agrees(
    context: dict[str, float] | None, name: Resemblance | None, stage: str | None
) -> None:
    found = suggestions(evidence(context=context, name=name), least_share=0.6)
    assert dict(found.schema) == COLUMNS
    row = found.row(0, named=True)
    assert row["suggested_stage"] == stage
    assert (row["suggestion_confidence"] is None) == (stage is None)
    assert row["before_purchase_share"] == pytest.approx(1 / 3, abs=1e-4)


def test_the_evidence_is_one_sentence_with_its_numbers() -> None:
    found = suggestions(evidence(context={"decision": 50}, name=Resemblance("cart_viewed", 0.8)), least_share=0.6)
    assert found["evidence"].to_list() == [
        "7 of 8 journeys have it last, after decision; judged by what surrounds it, it is decision in "
        f"{100 * found['context_share'][0]:.0f} % of the cases; the name resembles cart_viewed (80 % of the words)"
    ]


# --- known activities of a simulated world, hidden one at a time -----------------------------------------------------


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    folder = tmp_path_factory.mktemp("oracle") / "world"
    simulate(folder, customers=250, days=180, seed=4, dirty=False)
    config = read_config(folder / "journey.toml")
    job.run(config)
    with open_warehouse(config.warehouse) as warehouse:
        yield warehouse


class UndoError(Exception):
    """Rolls a change back."""


def suggested_when_hidden(world: Warehouse, activity: str, *, name: str) -> dict[str, object]:
    """What would be suggested if no rule knew the activity and it had this name."""
    found: list[dict[str, object]] = []
    with pytest.raises(UndoError), world.transaction():
        world.execute(
            "update core.touchpoint set activity = ?, stage = 'unknown', stage_rule = null where activity = ?",
            [name, activity],
        )
        make_stage_suggestion(world, rules=steps.rules_of(world))
        rows = world.frame("select * from mart.stage_suggestion").filter(activity=name)
        found = rows.to_dicts()
        raise UndoError
    return found[0]


def majorities(world: Warehouse) -> list[tuple[str, str, float]]:
    """Every activity with at least 50 staged acts: its most frequent stage and that stage's share."""
    return world.rows("""
        with counted as (
            select activity, stage, count(*) as n from core.touchpoint
            where stage <> 'unknown' and not is_passive group by activity, stage
        )
        select activity, max_by(stage, n), max(n) / sum(n) from counted group by activity having sum(n) >= 50
        order by activity
    """)


def test_hidden_activities_are_found_by_their_contexts_alone(world: Warehouse) -> None:
    known = majorities(world)
    found = [
        (stage, share, suggested_when_hidden(world, a, name=f"zq{n}x")) for n, (a, stage, share) in enumerate(known)
    ]
    told = [(stage, share, row) for stage, share, row in found if row["suggested_stage"]]
    right = sum(stage == row["suggested_stage"] for stage, _, row in told)
    assert right >= 0.9 * len(told)
    clear = [row for _, share, row in found if share >= 0.9]
    assert len(clear) >= 12
    assert sum(row["suggested_stage"] is not None for row in clear) >= 0.8 * len(clear)
    # Confidence is a share: where it is told, it is near the share that the stage really has.
    errors = [
        abs(row["suggestion_confidence"] - share) for stage, share, row in told if stage == row["suggested_stage"]
    ]
    assert sum(errors) / len(errors) < 0.15


def test_a_new_name_for_a_known_activity_is_recognised(world: Warehouse) -> None:
    row = suggested_when_hidden(world, "product_added", name="item_put_into_basket")
    assert (row["suggested_stage"], row["resembles"]) == ("decision", "product_added")


def test_nothing_is_suggested_where_a_rule_matches_everything(world: Warehouse) -> None:
    assert world.value("select count(*) from core.touchpoint where stage_rule is null") == 0
    assert world.value("select count(*) from mart.stage_suggestion") == 0
