"""Drivers of drop-off: the ratio against statsmodels, the points against a count by hand, worlds that are known."""

import math
import random
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from statsmodels.duration.hazard_regression import PHReg

from journey_analytics.drivers import drivers
from journey_analytics.drivers.candidates import Candidate, happenings, kind_of
from journey_analytics.drivers.drivers import Stays, driver_rows
from journey_analytics.drivers.hazard import effect
from journey_analytics.drivers.points import difference
from journey_analytics.drivers.spells import Stage, moments, pauses, spells, visit_spells
from journey_analytics.drivers.stays import stays_of
from journey_analytics.drivers.strata import cells, factors_by_weight

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
import drivers as benchmark

MINUTE_US = 60_000_000
DAY_US = 86_400_000_000
VISIT_GAP_US = 30 * MINUTE_US


def random_rows(seed: int, *, count: int = 300, ratio: float = 0.4) -> pl.DataFrame:
    """Spells with late starts, ties, strata and customers of several spells."""
    draw, rows = random.Random(seed), []
    for number in range(count):
        exposed, stratum = draw.random() < 0.3, draw.randrange(4)
        start = draw.choice([0, 0, draw.randrange(20)])
        length = 1 + int(draw.expovariate(0.05 * (1 + stratum) * (ratio if exposed else 1)))
        ends = draw.random() < 0.7
        # Never a start at the moment of an advance: there statsmodels counts the newcomer as at risk already.
        stop = start + min(length, 60)
        rows.append((stratum * 7, 2 * start - (start > 0), 2 * stop, ends and length <= 60, exposed, number // 3))
    return pl.DataFrame(rows, orient="row", schema=["stratum", "start", "stop", "is_event", "is_exposed", "customer"])


@pytest.mark.parametrize("seed", range(6))
def test_the_ratio_and_its_interval_are_those_of_statsmodels(seed):
    rows = random_rows(seed)
    model = PHReg(
        rows["stop"].to_numpy(),
        rows["is_exposed"].cast(pl.Float64).to_numpy()[:, None],
        status=rows["is_event"].cast(pl.Int64).to_numpy(),
        strata=rows["stratum"].to_numpy(),
        entry=rows["start"].to_numpy(),
        ties="breslow",
    )
    plain = model.fit()
    robust = model.fit(groups=rows["customer"].to_numpy())
    found = effect(rows)
    assert found.hazard_ratio == pytest.approx(math.exp(plain.params[0]), rel=1e-6)
    spread = max(plain.bse[0], robust.bse[0])
    assert math.log(found.high / found.hazard_ratio) == pytest.approx(1.959964 * spread, rel=1e-3)
    assert math.log(found.low / found.hazard_ratio) == pytest.approx(-1.959964 * spread, rel=1e-3)
    # The test is the likelihood ratio's, up to half an advance and never above it.
    ratio = 2 * (model.loglike(plain.params) - model.loglike([0.0]))
    assert abs(found.z) <= math.sqrt(ratio) + 1e-9
    assert abs(found.z) > 0.7 * math.sqrt(ratio) - 0.5


def test_the_expected_advances_are_counted_at_each_advance():
    rows = random_rows(3, count=60)
    expected = 0.0
    for event in rows.filter("is_event").iter_rows(named=True):
        there = rows.filter(
            (pl.col("stratum") == event["stratum"])
            & (pl.col("start") < event["stop"])
            & (pl.col("stop") >= event["stop"])
        )
        share = there["is_exposed"].mean()
        expected += share if share < 1 else 0
    seen = effect(rows)
    assert seen.expected_count == pytest.approx(expected, rel=1e-9)


def test_the_order_of_the_rows_and_the_names_of_strata_change_nothing():
    rows = random_rows(5)
    shuffled = rows.sample(fraction=1.0, shuffle=True, seed=1).with_columns(stratum=1000 - pl.col("stratum"))
    one, other = effect(rows), effect(shuffled)
    assert (one.hazard_ratio, one.low, one.z) == pytest.approx((other.hazard_ratio, other.low, other.z), rel=1e-9)


def test_nobody_to_compare_with_is_no_effect():
    rows = random_rows(2)
    assert effect(rows.with_columns(is_exposed=pl.lit(True))) is None
    assert effect(rows.with_columns(is_event=pl.lit(False))) is None
    assert effect(rows.with_columns(is_exposed=pl.col("stratum") == 7)) is None


def test_a_total_barrier_has_a_finite_ratio_and_is_told():
    rows = random_rows(4).with_columns(is_event=pl.col("is_event") & ~pl.col("is_exposed"))
    found = effect(rows)
    assert 0 < found.low < found.hazard_ratio < found.high < 1
    assert found.z < -3


def test_a_customer_seen_ten_times_is_no_ten_witnesses():
    rows = random_rows(1, count=100).with_columns(customer=pl.int_range(pl.len()))
    many = pl.concat([rows] * 10)
    assert abs(effect(many).z) < 1.3 * abs(effect(rows).z) + 0.3
    apart = many.with_columns(customer=pl.int_range(pl.len()))
    assert abs(effect(apart).z) > 2 * abs(effect(rows).z)


def test_points_compare_with_those_still_there_at_that_moment():
    draw = random.Random(7)
    rows = [
        (draw.randrange(3), draw.random() < 0.2, draw.randrange(10), draw.random() < 0.5, number)
        for number in range(200)
    ]
    frame = pl.DataFrame(rows, orient="row", schema=["stratum", "is_exposed", "clock", "is_lost", "customer"])
    found = difference(frame.with_columns(is_later=pl.lit(False)))
    pairs = []
    for stratum, is_exposed, clock, is_lost, _ in rows:
        like = [row[3] for row in rows if row[0] == stratum and not row[1] and row[2] > clock]
        if is_exposed and like:
            pairs.append((is_lost, sum(like) / len(like)))
    assert found.exposed_share == pytest.approx(sum(lost for lost, _ in pairs) / len(pairs))
    assert found.unexposed_share == pytest.approx(sum(expected for _, expected in pairs) / len(pairs))
    assert found.low_points < found.difference_points < found.high_points


def test_points_cover_no_difference_as_often_as_they_say():
    inside = 0
    for seed in range(200):
        draw = random.Random(seed)
        rows = [(draw.randrange(2), draw.random() < 0.3, draw.random() < 0.5, number // 2) for number in range(300)]
        frame = pl.DataFrame(rows, orient="row", schema=["stratum", "is_exposed", "is_lost", "customer"])
        found = difference(frame.with_columns(clock=(~pl.col("is_exposed")).cast(pl.Int64), is_later=pl.lit(False)))
        inside += found.low_points <= 0 <= found.high_points
    assert 180 <= inside <= 199


def one_stay(*at_us: int, end_us: int, is_advance: bool = True) -> Stage:
    """A stay with touchpoints `a0`, `a1` … at these moments."""
    stay = pl.DataFrame(
        {
            "stay": [0], "customer": [1], "cell": [1], "end_us": [end_us], "is_advance": [is_advance],
            "is_over": [True], "is_lost": [not is_advance],
        }
    )  # fmt: skip
    state = pl.DataFrame(
        {
            "stay": [0] * (len(at_us) + 1),
            "at_us": [0, *at_us],
            "visit": [1] * (len(at_us) + 1),
            "activity": [None, *(f"a{number}" for number in range(len(at_us)))],
            "channel": [None] * (len(at_us) + 1),
            "is_entry": [True, *([False] * len(at_us))],
        },
        schema_overrides={"channel": pl.String},
    )
    return Stage.of(stay, state)


def first_of(stage: Stage, activity: str) -> pl.DataFrame:
    return stage.state.filter(pl.col("activity") == activity).select("stay", first_us="at_us")


def test_an_exposure_counts_from_its_moment_on_and_the_clock_starts_with_each_touchpoint():
    stage = one_stay(0, 10, 30, end_us=100)
    rows = spells(stage, first=first_of(stage, "a1"), is_counted=pl.lit(True))
    assert rows.select("start", "stop", "is_event", "is_exposed").rows() == [
        (0, 10, False, False),
        (0, 20, False, True),
        (0, 70, True, True),
    ]


def test_what_was_sent_within_a_spell_leaves_the_clock_running():
    stage = one_stay(0, end_us=100)
    rows = spells(stage, first=pl.DataFrame({"stay": [0], "first_us": [40]}), is_counted=pl.lit(True))
    assert rows.select("start", "stop", "is_event", "is_exposed").rows() == [
        (0, 40, False, False),
        (40, 100, True, True),
    ]


def test_its_own_touchpoints_can_be_left_out_of_what_is_counted():
    stage = one_stay(0, 10, 30, end_us=100)
    counted = spells(stage, first=first_of(stage, "a1"), is_counted=pl.lit(True))["stratum"]
    without = spells(stage, first=first_of(stage, "a1"), is_counted=pl.col("activity") != "a1")["stratum"]
    assert (counted - without).to_list()[0] == 0
    assert all(step > 0 for step in (counted - without).to_list()[1:])


def test_visit_by_visit_a_visit_is_exposed_as_a_whole():
    stage = one_stay(0, 10, DAY_US, end_us=DAY_US + 50)
    stage = replace(stage, state=stage.state.with_columns(visit=pl.Series([1, 1, 1, 2])))
    rows = visit_spells(stage, first=first_of(stage, "a1"))
    assert rows.select("start", "stop", "is_event", "is_exposed").rows() == [
        (0, DAY_US, False, True),
        (0, 50, True, True),
    ]
    later = visit_spells(stage, first=first_of(stage, "a2"))
    assert later["is_exposed"].to_list() == [False, True]


def test_a_pause_holds_through_the_visit_that_ends_it():
    stage = one_stay(0, 5 * DAY_US, 5 * DAY_US + MINUTE_US, end_us=5 * DAY_US + 2 * MINUTE_US)
    rows = pauses(stage, longer_than_us=3 * DAY_US, visit_gap_us=VISIT_GAP_US).sort("start")
    assert rows.select("start", "stop", "is_event", "is_exposed").rows() == [
        (0, 3 * DAY_US, False, False),
        (3 * DAY_US, 5 * DAY_US, False, True),
        (5 * DAY_US, 5 * DAY_US + MINUTE_US, False, True),
        # The last touchpoint begins a wait of its own, short so far: what follows it is not after a pause.
        (5 * DAY_US + MINUTE_US, 5 * DAY_US + 2 * MINUTE_US, True, False),
    ]


def test_errors_are_known_by_their_name():
    assert [kind_of(name) for name in ("checkout_error_shown", "payment_failed", "card_declined")] == ["error"] * 3
    assert [kind_of(name) for name in ("product_viewed", "checkout_started")] == ["activity"] * 2


def test_thin_cells_give_up_what_tells_least():
    stays = pl.DataFrame(
        {
            "strong": ["a"] * 100 + ["b"] * 100,
            "weak": (["x"] * 60 + ["y"] * 40) + ["x"] * 100,
            "is_over": [True] * 200,
            "is_lost": [True] * 80 + [False] * 20 + [False] * 90 + [True] * 10,
        }
    )
    assert factors_by_weight(stays, ["weak", "strong"]) == ["strong", "weak"]
    counts = stays.with_columns(cells(stays, ["strong", "weak"], minimum=50)).group_by("cell", "strong").len()
    assert sorted(counts["len"].to_list()) == [40, 60, 100]
    assert cells(stays, ["strong", "weak"], minimum=30).n_unique() == 3
    assert cells(stays, [], minimum=30).n_unique() == 1


def shop(*, seed: int = 1, stays: int = 1500) -> Stays:
    return benchmark.world(stays=stays, neutral=20, planted=1, planted_share=0.06, seed=seed)


def asked(stays: Stays, **changes) -> pl.DataFrame:
    return driver_rows(
        [replace(stays, **changes)], as_of_on=datetime(2025, 12, 31).date(), minimum_count=30, visit_gap_us=VISIT_GAP_US
    )


def test_the_planted_driver_is_found_and_the_neutral_ones_are_not():
    found = benchmark.found(shop(stays=4000)).filter("is_found")
    assert found["driver"].to_list() == ["planted_0"]
    row = found.row(0, named=True)
    assert row["hazard_ratio_high"] < 1
    assert row["difference_points"] > 0
    assert row["exposed_dropoff_share"] - row["unexposed_dropoff_share"] == pytest.approx(
        row["difference_points"] / 100, abs=1e-9
    )


def test_what_one_count_rules_out_is_asked_no_further_and_every_finding_stays_as_it_is(monkeypatch):
    made = shop(stays=2500)
    stopped = asked(made)
    monkeypatch.setattr(
        drivers, "_until_ruled_out", lambda ways: [(effect(rows), difference(compared)) for rows, compared in ways]
    )
    every = asked(made)
    assert not every.equals(stopped)
    named = pl.col("q_value") <= 0.05
    assert stopped.filter(named).height > 0
    assert_frame_equal(stopped.filter(named), every.filter(named))
    both = stopped.join(every, on=["kind", "driver"], suffix="_every")
    assert both.select((pl.col("p_value") <= pl.col("p_value_every") * (1 + 1e-9)).all()).item()


def test_an_odds_ratio_would_name_neutral_ones_that_we_do_not():
    made = benchmark.world(stays=3000, neutral=30, seed=11)
    assert (benchmark.odds_ratios(made)["q"] <= 0.05).sum() >= 10
    assert benchmark.found(made)["is_found"].sum() == 0


def test_too_few_are_a_row_that_is_not_tested():
    rows = asked(benchmark.world(stays=300, neutral=40)).filter(pl.col("exposed_count") < 30)
    assert rows.height
    assert rows["p_value"].null_count() == rows["q_value"].null_count() == rows.height
    assert not rows["is_found"].any()
    assert rows["note"].str.contains("not tested").all()


def test_what_is_followed_by_the_advance_at_once_is_part_of_it():
    made = shop(stays=800)
    advanced = made.stay.filter("is_advance").select("stay", at_us=pl.col("end_us") - 1)
    last = advanced.join(made.state.filter("is_entry").drop("at_us"), on="stay").with_columns(
        activity=pl.lit("order_confirmed"), is_entry=pl.lit(False)
    )
    state = pl.concat([made.state, last.select(made.state.columns)]).sort("stay", "at_us", maintain_order=True)
    row = asked(made, state=state).row(by_predicate=pl.col("driver") == "order_confirmed", named=True)
    assert row["note"].startswith("part of advancing")
    assert row["p_value"] is None


def test_segments_are_asked_without_themselves_among_the_strata():
    rows = asked(shop(), segments=("device",)).filter(pl.col("kind") == "segment")
    assert rows["driver"].sort().to_list() == ["device: desktop", "device: mobile"]
    assert not rows["adjusted_for"].str.contains("device").any()
    one, other = rows["hazard_ratio"].to_list()
    assert one * other == pytest.approx(1, rel=1e-3)


def test_what_happens_after_the_stay_or_in_another_order_changes_nothing():
    entered, happened = raw_stays()
    before = asked(made_of(entered, happened))
    shuffled = made_of(
        entered.sample(fraction=1.0, shuffle=True, seed=2), happened.sample(fraction=1.0, shuffle=True, seed=3)
    )
    assert_frame_equal(before, asked(shuffled))


def raw_stays() -> tuple[pl.DataFrame, pl.DataFrame]:
    draw, entered, happened = random.Random(9), [], []
    for number in range(400):
        ends = int(draw.expovariate(1 / (3 * DAY_US))) + 1
        outcome = draw.choice(["advanced", "dropped"])
        entered.append(
            (f"j_{number}", f"c_{number // 2}", datetime(2025, 6, 1) + timedelta(days=draw.random() * 90), outcome,
             min(ends, 30 * DAY_US), 30, "direct", "mobile")
        )  # fmt: skip
        happened += [
            (f"j_{number}", draw.choice("abc"), draw.choice(["email", "direct"]), draw.random() < 0.2, position,
             int(ends * position / 6) if position else 0)
            for position in range(draw.randrange(1, 5))
        ]  # fmt: skip
    columns = [
        "journey_id",
        "customer_id",
        "entered_at",
        "outcome",
        "duration_us",
        "window_days",
        "first_channel",
        "device",
    ]
    return (
        pl.DataFrame(entered, orient="row", schema=columns),
        pl.DataFrame(
            happened, orient="row", schema=["journey_id", "activity", "channel", "is_passive", "position", "at_us"]
        ),
    )


def made_of(entered: pl.DataFrame, happened: pl.DataFrame) -> Stays:
    return stays_of("decision", entered, happened, cutoff=datetime(2026, 1, 1), visit_gap_us=VISIT_GAP_US)


def test_a_channel_counts_where_it_is_not_the_first_one_and_passive_ones_are_named():
    made = made_of(*raw_stays())
    found = list(happenings(made.state, made.passive))
    assert [one.name for one in found if one.kind == "channel"] == ["email"]
    assert any(one.name.endswith("(automatic)") for one in found)
    assert all(isinstance(one, Candidate) for one in found)


def test_moments_hold_each_exposed_stay_once_and_only_windows_that_are_over():
    stage = one_stay(0, 10, 30, end_us=100)
    rows = spells(stage, first=first_of(stage, "a1"), is_counted=pl.lit(True))
    told = moments(rows, stage.stay)
    assert told.filter("is_exposed").height == 1
    assert told.filter(~pl.col("is_exposed"))["is_later"].to_list() == [True]
    assert moments(rows, stage.stay.with_columns(is_over=pl.lit(False))).height == 0
