"""What changed, to the last bit: the order of the input changes nothing, no figure is NaN, test and interval agree."""

import sys
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random

import polars as pl
import pytest

from journey_analytics.change.changes import changes, rounded
from journey_analytics.change.comparison import compared_shares
from journey_analytics.change.periods import Periods
from journey_analytics.change.reasons import reasons
from journey_analytics.change.tallies import edge_units, stage_units

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
import changes as benchmark

AS_OF = date(2026, 6, 7)
CHOSEN = Periods(datetime(2026, 6, 8), timedelta(days=7), 8, timedelta(hours=24))
SEGMENTS = ("first_channel",)
Rows = list[tuple[object, ...]]


def told(entrants: pl.DataFrame, occurrences: pl.DataFrame, of_journey: pl.DataFrame) -> tuple[Rows, Rows]:
    stage, edge = stage_units(entrants, periods=CHOSEN, segments=SEGMENTS), edge_units(occurrences, periods=CHOSEN)
    rows = changes(stage, edge, periods=CHOSEN, as_of_on=AS_OF, segments=SEGMENTS, minimum_count=30)
    why = reasons(rows, stage, edge, journey_segments=of_journey, periods=CHOSEN, segments=SEGMENTS)
    return rows.rows(), why.rows()


def test_forty_shuffled_calls_give_the_same_bits_reasons_too() -> None:
    shop = benchmark.Shop(
        occurrences=6000, entrants=1500, activities=6, background=300, edge_change=-0.2, stage_change=-0.3
    )
    rng = benchmark.np.random.default_rng(3)
    seen, followed = benchmark.entrants_of(shop, rng), benchmark.occurrences_of(shop, rng)
    of_journey = (
        followed.select("journey_id", first_channel=pl.col("customer_id").str.slice(0, 1)).unique().sort(pl.all())
    )
    found = {
        repr(told(*(frame.sample(fraction=1, shuffle=True, seed=seed) for frame in (seen, followed, of_journey))))
        for seed in range(40)
    }
    assert len(found) == 1
    assert len(told(seen, followed, of_journey)[1]) > 0


def test_last_bits_are_rounded_away_and_tiny_p_values_are_not() -> None:
    rows = pl.DataFrame({"difference_points": [-1e-17, 0.1 + 0.2, None], "p_value": [1.23456789012345e-200, 0.5, None]})
    found = rounded(rows)
    assert repr(found["difference_points"].to_list()) == "[0.0, 0.3, None]"
    assert found["p_value"].to_list() == [pytest.approx(1.23456789e-200, rel=1e-9, abs=0), 0.5, None]


def edges(hit_of: dict[int, list[tuple[int, int]]]) -> pl.DataFrame:
    """The tally of one edge: in each period, customers with (occurrences, of them followed so)."""
    rows = []
    for period, customers in hit_of.items():
        rows.append(
            {
                "key": "one",
                "period": period,
                "stratum": 0,
                "n": sum(n for n, _ in customers),
                "x": sum(x for _, x in customers),
                "xx": sum(x * x for _, x in customers),
                "xn": sum(x * n for n, x in customers),
                "nn": sum(n * n for n, _ in customers),
            }
        )
    return pl.DataFrame(rows)


@pytest.mark.parametrize("hits", [0, 2])
def test_where_nobody_or_everybody_has_the_outcome_there_is_no_design_effect(hits: int) -> None:
    (row,) = compared_shares(edges({period: [(2, hits)] * 100 for period in range(9)}), key=["key"], minimum_count=30)[
        ["design_effect", "dispersion", "p_value"]
    ].rows()
    assert row == (None, 1.0, None)


def test_customers_alike_by_half_make_a_share_no_surer_than_independent_units() -> None:
    """Each customer's two occurrences go both ways: the clusters vary less than independent units would."""
    halves = {period: [(2, 1)] * 180 + [(2, 0)] * 20 for period in range(1, 9)}
    (row,) = compared_shares(
        edges({0: [(2, 1)] * 160 + [(2, 0)] * 40, **halves}), key=["key"], minimum_count=30
    ).to_dicts()
    (alone,) = compared_shares(
        edges({0: [(1, 1)] * 160 + [(1, 0)] * 240, **{p: [(1, 1)] * 180 + [(1, 0)] * 220 for p in halves}}),
        key=["key"],
        minimum_count=30,
    ).to_dicts()
    assert row["design_effect"] < 0.6
    assert row["p_value"] == pytest.approx(alone["p_value"])
    assert row["difference_low_points"] == pytest.approx(alone["difference_low_points"])
    assert row["p_value"] > 0.05
    assert row["difference_low_points"] < 0 < row["difference_high_points"]


def test_test_and_interval_of_an_edge_agree_about_no_change() -> None:
    """Near 5 % they may part, as a score and a Wilson variance differ; beyond that they must not."""
    random = Random(2)
    for _ in range(60):
        share = random.uniform(0.42, 0.58)
        now = [(2, 1) if random.random() < 2 * min(share, 1 - share) else (2, 2 * (share > 0.5)) for _ in range(150)]
        tally = edges({0: now, **{period: [(2, 1)] * 140 + [(2, 0)] * 5 + [(2, 2)] * 5 for period in range(1, 9)}})
        (row,) = compared_shares(tally, key=["key"], minimum_count=30).to_dicts()
        is_in = row["difference_low_points"] <= 0 <= row["difference_high_points"]
        assert row["design_effect"] < 1
        assert is_in or row["p_value"] < 0.06
        assert not is_in or row["p_value"] > 0.04
