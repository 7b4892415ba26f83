"""What changed: like is compared with like, the tests are those of the textbook, and a planted change is found."""

import sys
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest

from journey_analytics.change.changes import CHANGE_SCHEMA, changes
from journey_analytics.change.comparison import compared_counts, compared_shares
from journey_analytics.change.periods import Periods, periods
from journey_analytics.change.reasons import reasons
from journey_analytics.change.tallies import edge_tallies, edge_units, stage_tallies, stage_units

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
import changes as benchmark

END = datetime(2026, 6, 8)
WEEK = timedelta(days=7)
BY_STAGE = ("stage", "segment", "segment_value")


def weeks(end: datetime = END, *, previous: int = 8, length: timedelta = WEEK) -> Periods:
    return Periods(end, length, previous, timedelta(hours=24))


def entrants(rows: list[tuple[datetime, datetime | None, str]]) -> pl.DataFrame:
    """Entrants of one stage: entered, advanced, channel."""
    return pl.DataFrame(
        {
            "stage": ["decision"] * len(rows),
            "entered_at": [entered for entered, _, _ in rows],
            "advanced_at": [advanced for _, advanced, _ in rows],
            "outcome": ["open" if advanced is None else "advanced" for _, advanced, _ in rows],
            "first_channel": [channel for _, _, channel in rows],
        },
        schema_overrides={"advanced_at": pl.Datetime("us"), "entered_at": pl.Datetime("us")},
    )


def random_entrants(count: int, *, seed: int, until: datetime = END) -> pl.DataFrame:
    random = Random(seed)
    rows = []
    for _ in range(count):
        entered = until - timedelta(days=random.uniform(0, 63))
        advanced = entered + timedelta(days=random.expovariate(0.3)) if random.random() < 0.6 else None
        rows.append((entered, advanced, random.choice(["direct", "email"])))
    return entrants(rows)


def share_tally(now: tuple[int, int], before: list[tuple[int, int]]) -> pl.DataFrame:
    """One key, one stratum; each period (units, hits), every unit a cluster of its own."""
    periods_of = [now, *before]
    return pl.DataFrame(
        {
            "key": ["one"] * len(periods_of),
            "period": range(len(periods_of)),
            "stratum": [0] * len(periods_of),
            "n": [n for n, _ in periods_of],
            "x": [x for _, x in periods_of],
            "xx": [x for _, x in periods_of],
            "xn": [x for _, x in periods_of],
            "nn": [n for n, _ in periods_of],
        }
    )


def test_periods_are_whole_weeks_apart_and_named_by_their_days() -> None:
    chosen = weeks(datetime(2026, 6, 8))
    assert chosen.days_of(0) == (date(2026, 6, 1), date(2026, 6, 7))
    assert chosen.days_of(2) == (date(2026, 5, 18), date(2026, 5, 24))
    assert weeks(length=timedelta(days=10)).step == timedelta(days=14)


def test_a_last_moment_of_a_day_names_the_same_days_as_midnight() -> None:
    just_before = weeks(datetime(2026, 6, 7, 23, 59, 59))
    assert just_before.days_of(0) == weeks().days_of(0)


def test_only_periods_within_the_data_are_a_reference_and_they_must_cover_a_month() -> None:
    def found(since: datetime | None) -> Periods:
        return periods(cutoff=END, since=since, length=WEEK, previous=8, lag=timedelta(0), follow=timedelta(hours=24))

    assert found(END - 6 * WEEK).previous_count == 5
    assert found(END - 6 * WEEK).is_enough
    assert not found(END - 5 * WEEK).is_enough
    assert found(None).previous_count == 0


def test_the_lag_moves_every_period() -> None:
    lagged = periods(
        cutoff=END, since=datetime(2020, 1, 1), length=WEEK, previous=4, lag=timedelta(days=2), follow=timedelta(1)
    )
    assert lagged.end == END - timedelta(days=2)


def test_an_earlier_period_looks_as_it_looked_from_its_own_end() -> None:
    """The heart of it: what only became known after the period must not count in it."""
    later = random_entrants(3000, seed=1)
    a_week_ago = later.filter(pl.col("entered_at") <= END - WEEK).with_columns(
        outcome=pl.when(pl.col("advanced_at") <= END - WEEK).then("outcome").otherwise(pl.lit("open")),
        advanced_at=pl.when(pl.col("advanced_at") <= END - WEEK).then("advanced_at"),
    )
    seen_now = stage_units(later, periods=weeks(), segments=("first_channel",)).filter(pl.col("period") == 1)
    seen_then = stage_units(a_week_ago, periods=weeks(END - WEEK), segments=("first_channel",)).filter(
        pl.col("period") == 0
    )
    assert seen_now.height > 100
    assert_frame_equal(seen_now.drop("period"), seen_then.drop("period"))
    hasty = later.filter(pl.col("entered_at").is_between(END - 2 * WEEK, END - WEEK, closed="right"))
    assert seen_now["x"].sum() < (hasty["outcome"] == "advanced").sum()


def occurrences(rows: list[tuple[str, datetime, str | None, timedelta | None]]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "customer_id": [customer for customer, *_ in rows],
            "journey_id": [customer for customer, *_ in rows],
            "activity": ["home_viewed"] * len(rows),
            "occurred_at": [at for _, at, _, _ in rows],
            "next_activity": [after for _, _, after, _ in rows],
            "next_gap_us": [None if gap is None else gap // timedelta(microseconds=1) for *_, gap in rows],
            "is_passive": [False] * len(rows),
        },
        schema_overrides={"occurred_at": pl.Datetime("us"), "next_activity": pl.String, "next_gap_us": pl.Int64},
    )


def test_an_activity_counts_only_where_it_had_the_time_to_be_followed() -> None:
    day = timedelta(days=1)
    seen = edge_units(
        occurrences(
            [
                ("in", END - day, "cart_viewed", day),
                ("too fresh", END - day + timedelta(hours=1), "cart_viewed", timedelta(hours=1)),
                ("too slow", END - 2 * day, "cart_viewed", day + timedelta(seconds=1)),
                ("last", END - 2 * day, None, None),
                ("too fresh then", END - WEEK - timedelta(hours=2), "cart_viewed", timedelta(hours=1)),
                ("before", END - WEEK - 2 * day, "cart_viewed", timedelta(hours=1)),
            ]
        ),
        periods=weeks(),
    )
    assert dict(seen.select("customer_id", "next").iter_rows()) == {
        "in": "cart_viewed",
        "too slow": "",
        "last": "",
        "before": "cart_viewed",
    }
    assert dict(seen.select("customer_id", "period").iter_rows())["before"] == 1


@pytest.mark.parametrize(("now", "before"), [((400, 90), (3200, 640)), ((50, 25), (90, 30)), ((1000, 30), (9000, 300))])
def test_one_stratum_of_independent_units_is_the_textbook_test(now: tuple[int, int], before: tuple[int, int]) -> None:
    (row,) = compared_shares(share_tally(now, [before]), key=["key"], minimum_count=30).to_dicts()
    _, p = proportions_ztest([now[1], before[1]], [now[0], before[0]])
    low, high = confint_proportions_2indep(now[1], now[0], before[1], before[0], compare="diff", method="newcomb")
    assert row["design_effect"] == pytest.approx(1)
    assert row["dispersion"] == pytest.approx(1)
    assert row["p_value"] == pytest.approx(p, rel=1e-9)
    assert row["difference_low_points"] == pytest.approx(100 * low, abs=0.2)
    assert row["difference_high_points"] == pytest.approx(100 * high, abs=0.2)


def test_too_few_units_or_expected_hits_are_told_and_not_tested() -> None:
    for now, before in (((29, 15), (300, 100)), ((1000, 0), (1000, 5)), ((300, 299), (300, 300))):
        (row,) = compared_shares(share_tally(now, [before]), key=["key"], minimum_count=30).to_dicts()
        assert row["p_value"] is None
        assert row["present_share"] == now[1] / now[0]


def test_weeks_that_vary_among_themselves_make_a_difference_unsure() -> None:
    steady = [(400, 100)] * 8
    restless = [(400, 40), (400, 160)] * 4
    rows = [
        compared_shares(share_tally((400, 140), before), key=["key"], minimum_count=30).row(0, named=True)
        for before in (steady, restless)
    ]
    assert rows[0]["difference_points"] == rows[1]["difference_points"]
    assert rows[0]["p_value"] < 0.005
    assert rows[1]["p_value"] > 0.2


def test_repeated_occurrences_of_one_customer_count_as_one_piece_of_evidence() -> None:
    single = [
        (f"{number}", END - timedelta(days=2 + 7 * week), "cart_viewed" if number % (2 + (week > 0)) else None, None)
        for week in range(9)
        for number in range(120)
    ]
    rows = [(f"{who}-{at}", at, after, timedelta(hours=1) if after else None) for who, at, after, _ in single]
    once, tenfold = (
        compared_shares(
            edge_tallies(edge_units(occurrences(rows * times), periods=weeks())),
            key=["activity", "next"],
            minimum_count=30,
        )
        for times in (1, 10)
    )
    assert_frame_equal(once.select("p_value"), tenfold.select("p_value"))
    assert tenfold["design_effect"].to_list() == pytest.approx([10, 10])
    assert once["p_value"].min() < 0.05


def test_a_rush_of_entrants_on_the_last_day_is_no_change_of_the_share() -> None:
    random = Random(4)
    rows = []
    for week in range(9):
        end = END - week * WEEK
        for day in range(7):
            for _ in range(1500 if (week, day) == (0, 0) else 150):
                entered = end - timedelta(days=day + random.random())
                advanced = entered + timedelta(days=random.expovariate(0.4))
                rows.append((entered, advanced if random.random() < 0.7 else None, "direct"))
    units = stage_units(entrants(rows), periods=weeks(), segments=())
    (row,) = compared_shares(stage_tallies(units, segments=()), key=BY_STAGE, minimum_count=30).to_dicts()
    naive = units.group_by("period").agg(pl.col("x").mean()).sort("period")["x"]
    assert naive[0] < naive[1:].mean() - 0.15
    assert row["p_value"] > 0.05
    assert abs(row["difference_points"]) < 3


def counts(now: int, before: list[int]) -> pl.DataFrame:
    return pl.DataFrame({"key": ["one"] * 9, "period": range(9), "n": [now, *before]})


@pytest.mark.parametrize(
    ("now", "before", "is_news"),
    [
        (70, [100] * 8, True),
        (104, [100, 99, 103, 97, 101, 100, 102, 98], False),
        (1000, [950, 900, 850, 800, 750, 700, 650, 600], False),  # it grows as it did
        (600, [950, 900, 850, 800, 750, 700, 650, 600], True),  # and now it falls
        (70, [60, 150, 70, 140, 55, 145, 90, 90], False),  # it always jumps about
    ],
)
def test_numbers_are_held_against_level_trend_and_unrest(now: int, before: list[int], is_news: bool) -> None:
    (row,) = compared_counts(counts(now, before), key=["key"], previous=8, minimum_count=30).to_dicts()
    assert (row["p_value"] < 0.02) is is_news
    assert row["difference_points"] == pytest.approx(100 * (now / (sum(before) / 8) - 1))
    assert row["difference_low_points"] < row["difference_points"] < row["difference_high_points"]


def small_shop(**planted: float) -> benchmark.Shop:
    return benchmark.Shop(occurrences=6000, entrants=1500, activities=6, background=300, **planted)


def test_all_rows_of_a_run_share_one_error_rate_and_their_order_does_not_matter() -> None:
    rows = benchmark.week_after(small_shop(edge_change=-0.2), seed=1)
    assert dict(rows.schema) == dict(CHANGE_SCHEMA)
    tested = rows.filter(pl.col("p_value").is_not_null()).sort("p_value")
    step_up = (tested["p_value"] * tested.height / pl.int_range(1, tested.height + 1, eager=True)).to_list()
    assert tested["q_value"].to_list() == pytest.approx([min(1, *step_up[at:], 1) for at in range(len(step_up))])
    assert tested.filter("is_significant").height == (tested["q_value"] <= 0.05).sum() > 0
    assert set(tested["metric"]) == {"advance", "edge", "entrants"}


def test_shuffled_rows_give_the_same_changes_and_reasons() -> None:
    shop = small_shop(edge_change=-0.2, stage_change=-0.3)
    rng = benchmark.np.random.default_rng(3)
    seen, followed = benchmark.entrants_of(shop, rng), benchmark.occurrences_of(shop, rng)
    chosen = weeks(benchmark.CHANGED + WEEK)
    found = []
    for seed in (None, 7):
        mixed = [
            frame if seed is None else frame.sample(fraction=1, shuffle=True, seed=seed) for frame in (seen, followed)
        ]
        stage = stage_units(mixed[0], periods=chosen, segments=("first_channel",))
        edge = edge_units(mixed[1], periods=chosen)
        rows = changes(
            stage, edge, periods=chosen, as_of_on=date(2026, 6, 7), segments=("first_channel",), minimum_count=30
        )
        of_journey = followed.select("journey_id", first_channel="activity").unique("journey_id", keep="first").sort(
            "journey_id"
        )  # fmt: skip
        why = reasons(rows, stage, edge, journey_segments=of_journey, periods=chosen, segments=("first_channel",))
        found.append((rows, why))
    assert found[0][1].height > 0
    assert_frame_equal(found[0][0], found[1][0])
    assert_frame_equal(found[0][1], found[1][1].select(found[0][1].columns), rel_tol=1e-9)


def test_edges_into_what_the_shop_sends_are_told_and_not_tested() -> None:
    shop = small_shop()
    followed = benchmark.occurrences_of(shop, benchmark.np.random.default_rng(3))
    mail = pl.col("next_activity") == "a0_to_0"
    mailed = followed.filter(mail).with_columns(
        activity="next_activity", next_activity=pl.lit(None, dtype=pl.String), is_passive=pl.lit(True)
    )
    chosen = weeks(benchmark.CHANGED + WEEK)
    rows = benchmark.compared(
        benchmark.entrants_of(shop, benchmark.np.random.default_rng(4)),
        pl.concat([followed, mailed]),
        chosen,
        segments=("first_channel",),
    ).filter(pl.col("activity") == "a0")
    told = dict(rows.select(pl.col("next_activity").fill_null("nothing"), "is_ranked").iter_rows())
    assert told["a0_to_0"] is False
    assert told["a0_to_1"] is True
    assert rows["present_share"].sum() == pytest.approx(1)


def test_without_a_month_of_earlier_periods_nothing_is_compared() -> None:
    stage = stage_units(random_entrants(500, seed=2), periods=weeks(previous=4), segments=())
    edge = edge_units(occurrences([]), periods=weeks(previous=4))
    rows = changes(stage, edge, periods=weeks(previous=4), as_of_on=date(2026, 6, 7), segments=(), minimum_count=30)
    assert rows.height == 0
    assert dict(rows.schema) == dict(CHANGE_SCHEMA)


def decomposed(now: dict[str, tuple[int, int]], before: dict[str, tuple[int, int]]) -> pl.DataFrame:
    """The reasons of a change of `decision`: per channel (entrants, advanced), now and in each earlier week."""
    rows = []
    for week, channels in enumerate([now, *[before] * 8]):
        for channel, (count, advanced) in channels.items():
            entered = END - week * WEEK - timedelta(days=3)
            rows += [(entered, entered + timedelta(hours=1) if at < advanced else None, channel) for at in range(count)]
    units = stage_units(entrants(rows), periods=weeks(), segments=("first_channel",))
    changed = changes(
        units,
        edge_units(occurrences([]), periods=weeks()),
        periods=weeks(),
        as_of_on=date(2026, 6, 7),
        segments=("first_channel",),
        minimum_count=30,
    ).filter((pl.col("metric") == "advance") & (pl.col("segment") == "all"))
    return reasons(
        changed,
        units,
        edge_units(occurrences([]), periods=weeks()),
        journey_segments=pl.DataFrame(schema={"journey_id": pl.String, "first_channel": pl.String}),
        periods=weeks(),
        segments=("first_channel",),
    )


def test_a_worse_rate_of_one_segment_explains_the_change() -> None:
    found = decomposed({"paid": (400, 40), "direct": (1600, 800)}, {"paid": (400, 200), "direct": (1600, 800)})
    first, second = found.to_dicts()
    assert (first["segment_value"], first["place"]) == ("paid", 1)
    assert first["explained_share"] == pytest.approx(1)
    assert first["rate_points"] == pytest.approx(-8)
    assert first["mix_points"] == pytest.approx(0)
    assert second["contribution_points"] == pytest.approx(0)
    assert (first["unit_share"], first["present_count"]) == (pytest.approx(0.2), 400)


def test_another_mix_of_segments_explains_the_change_without_any_rate() -> None:
    found = decomposed({"paid": (1600, 160), "direct": (800, 400)}, {"paid": (400, 40), "direct": (1600, 800)})
    assert found["rate_points"].to_list() == pytest.approx([0, 0])
    assert (found["mix_points"] < -5).all()
    assert found["contribution_points"].sum() == pytest.approx(100 * (560 / 2400 - 840 / 2000))


def test_a_segment_that_is_new_counts_as_mix() -> None:
    found = decomposed({"paid": (800, 80), "direct": (1200, 600)}, {"direct": (2000, 1000)})
    new = found.filter(pl.col("segment_value") == "paid").row(0, named=True)
    assert new["rate_points"] == pytest.approx(0)
    assert new["previous_share"] is None
    assert found["contribution_points"].sum() == pytest.approx(100 * (680 / 2000 - 0.5))


def test_a_tenth_less_of_an_edge_or_of_a_stage_is_found_within_a_week() -> None:
    """Power at sizes a little above those that `benchmarks/changes.py` gives for 0.9; the whole table is there."""
    shop = benchmark.Shop(occurrences=5500, entrants=20_000, edge_change=-0.1, stage_change=-0.1, activities=20)
    runs = [benchmark.week_after(shop, seed=seed) for seed in range(20)]
    for planted in (benchmark.PLANTED_EDGE, benchmark.PLANTED_STAGE):
        assert sum(benchmark.alarms(run).filter(planted).height > 0 for run in runs) >= 18


def test_twenty_quiet_weeks_give_at_most_one_alarm() -> None:
    _, alerted = benchmark.quiet_runs(benchmark.Shop(occurrences=1000, entrants=1000, activities=20), runs=20)
    assert alerted <= 1
