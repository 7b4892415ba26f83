"""Opportunities: the target, the gain and its interval, what is ranked, and the planted barrier on simulated worlds."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from mart_world import CURRENCY, make_cutoff

from journey_analytics.dropoff import stage_dropoff
from journey_analytics.intervals import wilson_high, wilson_low
from journey_analytics.opportunity.gains import BARRIER, MONTH_DAYS, Parts, Purchase, gains
from journey_analytics.opportunity.overlaps import overlaps
from journey_analytics.opportunity.pooling import PRIOR_SCALE, pooled, with_variance
from journey_analytics.opportunity.step import mean_purchase
from journey_analytics.opportunity.table import opportunities
from journey_analytics.stage_reach import stage_reach
from journey_analytics.warehouse import open_memory

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
from opportunities import row_of, scores

CUTOFF = datetime(2026, 7, 1)
EUR = Purchase(amount=100.0, standard_error=0.0, currency="EUR")
MOMENTS = ("entered_at", "advanced_at", "decision_at", "purchased_at", "closed_at")
SCHEMA = {
    "stage": pl.String, "outcome": pl.String, "duration_us": pl.Int64, "window_days": pl.Int64,
    **dict.fromkeys(MOMENTS, pl.Datetime("us")),
}  # fmt: skip
WINDOWS = {"awareness": 30, "consideration": 30, "decision": 30}


def group(
    stage: str, count: int, advanced: int, *, bought: int = 0, days: float = 60.0, seconds: int = 3600,
    **values: str | None,
) -> pl.DataFrame:  # fmt: skip
    """`count` entrants of one stage, all followed to the end: `advanced` advance, `bought` of them purchase at once."""
    bought = advanced if stage == "decision" else bought
    entered = CUTOFF - timedelta(days=days)
    left = entered + timedelta(seconds=seconds)
    row = {"stage": stage, "entered_at": entered, "duration_us": seconds * 1_000_000, "window_days": 30} | values
    gone_on = row | {"outcome": "advanced", "advanced_at": left, "decision_at": left}
    rows = [
        *[gone_on | {"purchased_at": left}] * bought,
        *[gone_on | {"closed_at": left}] * (advanced - bought),
        *[row | {"outcome": "dropped", "closed_at": left}] * (count - advanced),
    ]
    return pl.DataFrame(rows, schema=SCHEMA | dict.fromkeys(values, pl.String))


def table(*groups: pl.DataFrame, purchase: Purchase | None = EUR, cutoff: datetime = CUTOFF) -> pl.DataFrame:
    visits = pl.concat(groups)
    segments = [name for name in visits.columns if name not in SCHEMA]
    dropoff = stage_dropoff(visits, cutoff=cutoff, segments=segments)
    reach = stage_reach(visits, windows=WINDOWS, cutoff=cutoff, segments=segments)
    return opportunities(visits, dropoff, reach, cutoff=cutoff, segments=segments, purchase=purchase)


def row(found: pl.DataFrame, value: str, *, stage: str = "decision") -> dict:
    return found.filter((pl.col("segment_value") == value) & (pl.col("stage") == stage)).row(0, named=True)


def three_devices(*, stage: str = "decision", scale: int = 10) -> list[pl.DataFrame]:
    sizes = {"mobile": (400, 160), "desktop": (300, 180), "tablet": (300, 186)}
    return [group(stage, scale * n, scale * k, device=device) for device, (n, k) in sizes.items()]


def test_a_segment_below_the_others_gains_the_difference_times_its_entrants():
    found = row(table(*three_devices(scale=100)), "mobile")
    per_month = 40_000 / 60 * MONTH_DAYS
    assert found["place"] == 1
    assert found["entrants_per_month"] == pytest.approx(per_month)
    assert found["target_advance_share"] == pytest.approx(0.6 + 0.75 * 0.02, abs=1e-3)
    assert found["customers_per_month"] == pytest.approx(per_month * 0.215, rel=0.01)
    assert found["amount_per_month"] == pytest.approx(100 * found["customers_per_month"])
    assert found["customers_low_per_month"] < per_month * 0.215 < found["customers_high_per_month"]


def test_the_best_segment_has_nothing_to_gain_and_no_place():
    found = row(table(*three_devices()), "tablet")
    assert (found["place"], found["is_ranked"], found["customers_per_month"]) == (None, False, 0.0)
    assert found["note"] == "already at the level of comparable segments"


def test_before_the_last_stages_the_gain_is_times_the_chance_to_purchase_from_the_next_one():
    stages = {
        "awareness": (40_000, 20_000, 0),
        "consideration": (20_000, 10_000, 8_000),
        "decision": (20_000, 16_000, 0),
    }
    mobile = [group(stage, n, k, bought=bought, device="mobile") for stage, (n, k, bought) in stages.items()]
    others = [group(stage, 20_000, 18_000, bought=15_000, device=d) for stage in stages for d in ("desktop", "tablet")]
    found = table(*mobile, *others)
    goals = [row(found, "mobile", stage=stage)["goal_share"] for stage in stages]
    assert goals == pytest.approx([0.4, 0.8, 1.0], abs=0.003)
    assert row(found, "mobile", stage="awareness")["customers_per_month"] == pytest.approx(
        40_000 / 60 * MONTH_DAYS * 0.4 * 0.4, rel=0.02
    )


def test_entrants_per_month_are_all_who_entered_in_the_last_90_days_open_ones_included():
    old = [group("decision", 900, 450, days=200.0, device=device) for device in ("mobile", "desktop")]
    open_ones = group("decision", 90, 0, days=1.0, device="mobile").with_columns(outcome=pl.lit("open"), closed_at=None)
    recent = group("decision", 180, 80, days=60.0, device="mobile")
    found = row(table(*old, open_ones, recent), "mobile")
    assert found["entrants_per_month"] == pytest.approx(270 / 90 * MONTH_DAYS)
    assert found["entered_count"] == 1170


def test_an_aware_cut_off_is_read_in_utc():
    aware = CUTOFF.replace(tzinfo=UTC)
    assert table(*three_devices(), cutoff=aware).equals(table(*three_devices()))


@pytest.mark.parametrize("value", [None, "other"])
def test_unknown_and_other_values_are_neither_targets_nor_ranked(value):
    found = table(*three_devices(), group("decision", 3000, 3000, device=value))
    assert row(found, "mobile")["target_advance_share"] < 0.64
    assert row(found, "mobile")["comparable_count"] == 2
    nameless = row(found, value or "unknown")
    assert (nameless["is_ranked"], nameless["note"]) == (False, "no segment that anybody could work on")


def test_a_value_with_few_entrants_is_kept_but_neither_target_nor_ranked():
    found = table(*three_devices(), group("decision", 29, 0, device="watch"), group("decision", 29, 29, device="tv"))
    assert row(found, "mobile")["comparable_count"] == 2
    watch = row(found, "watch")
    assert (watch["is_ranked"], watch["note"]) == (False, "fewer than 30 entrants")
    assert watch["customers_per_month"] > 0


def test_customers_who_enter_by_the_purchase_itself_set_no_target():
    till = group("decision", 1000, 1000, seconds=0, device="till")
    found = table(*three_devices(), till)
    assert row(found, "mobile")["comparable_count"] == 2
    assert "purchase itself" in row(found, "till")["note"]


def test_a_column_known_mostly_of_those_who_go_on_is_not_ranked():
    known = [group("decision", 1000, k, country=country) for country, k in (("AT", 900), ("DE", 950))]
    found = table(*known, group("decision", 1000, 10, country=None))
    assert set(found["is_ranked"]) == {False}
    assert "the share says who is known" in row(found, "AT")["note"]


def test_nearly_the_whole_stage_is_no_barrier():
    found = table(group("decision", 9000, 4500, source="web"), group("decision", 1000, 600, source="email"))
    assert row(found, "web")["customers_per_month"] > 0
    assert (row(found, "web")["place"], row(found, "web")["is_ranked"]) == (None, False)
    assert "nearly all entrants" in row(found, "web")["note"]


def test_without_another_value_there_is_no_target():
    found = row(table(group("decision", 1000, 500, device="mobile")), "mobile")
    assert (found["target_advance_share"], found["comparable_count"], found["is_ranked"]) == (None, 0, False)


def test_without_amounts_customers_decide_the_places():
    found = table(*three_devices(), purchase=None)
    assert row(found, "mobile")["place"] == 1
    assert found.select("amount_per_month", "amount_low_per_month", "currency").null_count().row(0) == (3, 3, 3)


def test_a_barrier_that_is_the_same_journeys_as_a_better_one_gives_up_its_place():
    visits = pl.concat(three_devices())
    app = pl.when(pl.col("device") == "mobile").then(pl.lit("yes")).otherwise(pl.lit("no"))
    found = table(visits.with_columns(app=app))
    places = found.filter("is_ranked")["place"].to_list()
    assert places == list(range(1, len(places) + 1))
    named = found.filter(pl.col("segment_value").is_in(["mobile", "yes"])).sort("place", nulls_last=True)
    assert named["note"].to_list()[1] == f"the same journeys as {named['segment'][0]} {named['segment_value'][0]}"


def test_overlaps_name_the_better_barrier_that_shares_most():
    parts = [("a", "x", 60), ("a", "y", 40), ("b", "x", 100)]
    visits = pl.concat(group("decision", n, 0, device=device, kind=kind) for device, kind, n in parts)
    ranking = [("decision", "device", "a"), ("decision", "kind", "x")]
    shared = overlaps(visits, ranking).row(0, named=True)
    assert (shared["overlap_value"], shared["overlap_share"], shared["is_same"]) == ("a", 60 / 160, False)


def test_the_order_of_rows_and_other_columns_change_nothing():
    visits = pl.concat(three_devices(scale=1)).with_columns(kind=pl.Series(["new", "old"] * 500))
    plain, shuffled = table(visits), table(visits.sample(fraction=1, shuffle=True, seed=3))
    assert plain.equals(shuffled)
    alone = table(visits.drop("kind"))
    figures = [*BARRIER, "customers_per_month", "customers_low_per_month", "customers_high_per_month"]
    devices = plain.filter(pl.col("segment") == "device").select(figures).sort(BARRIER)
    assert devices.equals(alone.select(figures).sort(BARRIER))


def test_without_visits_or_segments_the_table_is_empty():
    nothing = pl.DataFrame(schema=SCHEMA | {"device": pl.String})
    assert table(nothing).height == 0
    assert table(nothing).schema == table(*three_devices()).schema
    assert table(group("decision", 50, 20)).height == 0


def shares(*rows: tuple[str, int, int]) -> pl.DataFrame:
    frame = pl.DataFrame(rows, schema=["segment_value", "n", "k"], orient="row").with_columns(
        share=pl.col("k") / pl.col("n"), stage=pl.lit("s"), is_comparable=pl.lit(value=True)
    )
    ends = {
        "low_share": wilson_low(pl.col("share"), pl.col("n")),
        "high_share": wilson_high(pl.col("share"), pl.col("n")),
    }
    return with_variance(frame.with_columns(**ends))


def test_the_variance_is_that_of_the_count_behind_the_interval():
    found = shares(("a", 100, 30), ("b", 40, 0), ("c", 1000, 1000))
    centre = [(k + 2) / (n + 4) for n, k in ((100, 30), (40, 0), (1000, 1000))]
    assert found["variance"].to_list() == pytest.approx(
        [p * (1 - p) / n for p, n in zip(centre, (100, 40, 1000), strict=True)], rel=1e-6
    )


def test_pooled_shares_are_those_of_a_brute_force_integration():
    found = pooled(shares(("a", 100, 30), ("b", 60, 28), ("c", 300, 150), ("d", 80, 36)), by=["stage"])
    p, v = found["share"].to_numpy(), found["variance"].to_numpy()
    tau, mu = np.linspace(0, 0.6, 1201)[:, None], np.linspace(-0.5, 1.5, 1601)[None, :]
    density = 1 / (1 + (tau / PRIOR_SCALE) ** 2) * np.ones_like(mu)
    for share, variance in zip(p, v, strict=True):
        spread = variance + tau**2
        density = density * np.exp(-((share - mu) ** 2) / (2 * spread)) / np.sqrt(spread)
    for share, variance, got in zip(p, v, found["pooled_share"], strict=True):
        weight = tau**2 / (tau**2 + variance)
        expected = (density * (weight * share + (1 - weight) * mu)).sum() / density.sum()
        assert got == pytest.approx(expected, abs=5e-4)


def test_the_target_is_numpys_upper_quartile_of_the_others():
    rows = shares(*((f"v{n}", 10_000_000, int(1e6 * n)) for n in range(1, 8))).with_columns(segment=pl.lit("x"))
    parts = Parts(
        advance=rows.select(*BARRIER, "share", "variance", "is_comparable"),
        goal=rows.select(*BARRIER, "share", "variance", "is_comparable").clear(),
        entrants=rows.select(*BARRIER, recent_count=pl.lit(100, pl.Int64)),
        days=90.0,
        purchase=None,
    )
    found = {row["segment_value"]: row["level"] for row in gains(parts, open_ended=()).to_dicts()}
    for n in range(1, 8):
        others = [other / 10 for other in range(1, 8) if other != n]
        assert found[f"v{n}"] == pytest.approx(np.quantile(others, 0.75), abs=1e-4)


def test_segments_without_real_differences_gain_next_to_nothing():
    """Of what raw shares promise less than two fifths are left, and nearly all intervals reach down to nothing."""
    random = np.random.default_rng(5)
    promised, told, reaches = 0.0, 0.0, []
    for _ in range(8):
        counts = [(f"v{n}", 400, int(random.binomial(400, 0.5))) for n in range(9)]
        found = table(*(group("decision", n, k, device=name) for name, n, k in counts))
        raw = np.array([k / n for _, n, k in counts])
        gaps = [max(0, np.quantile(np.delete(raw, n), 0.75) - raw[n]) for n in range(9)]
        promised += 400 / 60 * MONTH_DAYS * sum(gaps)
        told += found["customers_per_month"].sum()
        reaches += (found["customers_low_per_month"] == 0).to_list()
    assert told < 0.4 * promised
    assert np.mean(reaches) >= 0.95


def test_the_planted_barrier_is_found_and_its_true_gain_covered():
    """The full table is in benchmarks/opportunities.py."""
    found = row_of(scores(runs=12, seed=3, spread=0.02, drop=0.2, per_day=15))
    assert found["in the top two"] >= 90
    assert found["by largest drop-off share"] <= 60
    assert found["by most dropped"] <= 60
    assert found["planted: customers covered"] >= 90
    assert found["planted: money covered"] >= 90
    assert found["all barriers covered"] >= 92


def test_a_purchase_is_worth_its_amount_less_what_was_given_back_by_then():
    rows = [
        ("order_placed", "1", True, 100, "EUR", 10), ("order_placed", "2", True, 50, "EUR", 11),
        ("order_placed", "3", True, 900, "USD", 12), ("order_placed", "4", True, 850, "EUR", 90),
        ("order_refunded", "1", False, 40, "EUR", 12), ("order_refunded", "2", False, 10, "EUR", 95),
        ("order_refunded", "3", False, 10, "EUR", 12), ("order_placed", "5", True, 900, "EUR", 13),
    ]  # fmt: skip
    names = ["activity", "order_id", "is_purchase", "amount", "currency", "day"]
    frame = pl.DataFrame(rows, schema=names, orient="row").with_columns(
        pl.col("amount").cast(pl.Decimal(18, 4)), occurred_at=pl.lit(CUTOFF) + pl.duration(days="day")
    )
    found = worth(frame, cutoff=CUTOFF + timedelta(days=30))
    assert found is not None
    assert (found.currency, found.amount) == ("EUR", pytest.approx((60 + 50 + 900) / 3))
    assert found.standard_error == pytest.approx(np.std([60, 50, 900], ddof=1) / np.sqrt(3))
    assert found.other_currency_count == 1
    assert worth(frame, cutoff=CUTOFF) is None


def worth(touchpoints: pl.DataFrame, *, cutoff: datetime) -> Purchase | None:
    """What a purchase is worth at T."""
    with open_memory() as warehouse:
        gap = {"next_activity": pl.lit(None, pl.String), "next_gap_us": pl.lit(None, pl.Int64)}
        warehouse.create_from("core.touchpoint", touchpoints.with_columns(**gap))
        warehouse.create_from("run.cutoff", pl.DataFrame({"cutoff_at": [cutoff]}))
        make_cutoff(warehouse, CURRENCY)
        return mean_purchase(warehouse)


def test_the_amount_is_in_the_currency_of_most_purchases_and_the_note_counts_the_others():
    yen, euros = [("JPY", 90_000)] * 4, [("EUR", 100)] * 90
    unpriced = [("USD", None)] * 100
    frame = pl.DataFrame(
        [("order_placed", str(n), True, amount, name) for n, (name, amount) in enumerate([*yen, *euros, *unpriced])],
        schema=["activity", "order_id", "is_purchase", "amount", "currency"],
        orient="row",
    ).with_columns(pl.col("amount").cast(pl.Decimal(18, 4)), occurred_at=pl.lit(CUTOFF))
    found = worth(frame, cutoff=CUTOFF)
    assert found is not None
    assert (found.currency, found.amount, found.other_currency_count) == ("EUR", 100, 4)
    rows = table(*three_devices(), purchase=found)
    assert row(rows, "mobile")["note"] == "amounts leave out purchases in other currencies: 4"
    assert row(rows, "mobile")["is_ranked"]
    assert row(rows, "tablet")["note"].startswith("already at the level")


CHECKS = (
    "every_gain_of_an_opportunity_lies_within_its_interval",
    "opportunities_have_places_without_gaps_the_best_first",
    "every_opportunity_is_one_row_of_the_dropoff",
)


def failing(change: str) -> list[str]:
    """The checks that find something after a change to a sound table."""
    visits = pl.concat([*three_devices(scale=1), *three_devices(stage="consideration", scale=1)])
    with open_memory() as warehouse:
        warehouse.create_from("mart.opportunity", table(visits))
        dropoff = stage_dropoff(visits, cutoff=CUTOFF, segments=["device"])
        warehouse.create_from("mart.stage_dropoff", dropoff)
        if change:
            warehouse.execute(change)
        folder = Path(__file__).parents[1] / "sql" / "check"
        return [name for name in CHECKS if warehouse.rows((folder / f"{name}.sql").read_text(encoding="utf-8"))]


def test_a_sound_table_passes_every_check():
    assert failing("") == []


@pytest.mark.parametrize(
    ("change", "check"),
    [
        ("update mart.opportunity set customers_low_per_month = customers_per_month + 1 where place = 1", CHECKS[0]),
        ("update mart.opportunity set amount_high_per_month = -1 where place = 1", CHECKS[0]),
        ("update mart.opportunity set goal_share = 0.1 where place = 1", CHECKS[0]),
        ("update mart.opportunity set place = 7 where place = 1", CHECKS[1]),
        ("update mart.opportunity set note = null where not is_ranked", CHECKS[1]),
        ("update mart.opportunity set entered_count = 1 where place = 1", CHECKS[2]),
        ("insert into mart.opportunity select * from mart.opportunity where place = 1", CHECKS[2]),
    ],
)
def test_a_broken_table_fails_its_check(change, check):
    assert check in failing(change)


def test_a_goal_that_is_not_told_leaves_the_gain_untold():
    stages = {"mobile": ("awareness",), "desktop": ("awareness", "consideration", "decision")}
    groups = [group(s, 1000, 400 if d == "mobile" else 600, device=d) for d, listed in stages.items() for s in listed]
    found = row(table(*groups), "mobile", stage="awareness")
    assert (found["goal_share"], found["customers_per_month"], found["is_ranked"]) == (None, None, False)
