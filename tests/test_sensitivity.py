"""Sensitivity of drop-off: settings, windows, orders, stitchings and ranges, each against a slower way to tell it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import polars as pl
import pytest
from identity_world import EPOCH, Seen, resolved
from polars.testing import assert_frame_equal
from sequence_case import default_rules, events
from test_sequence_properties import world

from journey_analytics import build, steps
from journey_analytics.contract import STAGES
from journey_analytics.sensitivity.analysis import Sensitivity, analyse
from journey_analytics.sensitivity.following import followed_visits, reread
from journey_analytics.sensitivity.grid import (
    DEFAULT,
    GAP_SCALES,
    ORDER_MODES,
    STITCHINGS,
    WINDOW_SCALES,
    all_settings,
    scaled,
    with_gaps,
)
from journey_analytics.sensitivity.ranges import sensitivity_ranges, with_comparison
from journey_analytics.sequence import Rules, Sequence, build_sequence
from journey_analytics.warehouse import Warehouse

CONFIGURED = default_rules()
RULES = replace(CONFIGURED, splits_by_topic=True)
"""Several needs at a time, so that touchpoints of a customer's journeys interleave."""

CUTOFF = datetime(2026, 1, 15)
DAY = timedelta(days=1)


@pytest.fixture(scope="module", params=range(2))
def frame(request: pytest.FixtureRequest) -> pl.DataFrame:
    """Random customers with ties, regressions, purchases and pauses at the limits."""
    return world(customers=90, seed=request.param)


def read(sequence: Sequence, *, rules: Rules = RULES, window_scale: float = 1.0, order_mode: str = "ordered"):
    visits = followed_visits(sequence, cutoff=CUTOFF)
    return reread(visits, windows=rules.window, window_scale=window_scale, order_mode=order_mode, cutoff=CUTOFF)


def test_the_grid_has_at_least_100_settings_each_once_and_the_configured_one():
    settings = all_settings()
    assert len({setting.setting_id for setting in settings}) == len(settings) >= 100
    assert settings.count(DEFAULT) == 1


def test_scaled_lengths_are_whole_days_halves_up_and_at_least_one():
    lengths = {"a": 30 * DAY, "b": 1 * DAY, "c": 7 * DAY}
    assert scaled(lengths, scale=0.75) == {"a": 23 * DAY, "b": 1 * DAY, "c": 5 * DAY}
    assert scaled(lengths, scale=0.5) == {"a": 15 * DAY, "b": 1 * DAY, "c": 4 * DAY}
    assert scaled(lengths, scale=1.0) == lengths


@pytest.mark.parametrize("gap_scale", GAP_SCALES)
@pytest.mark.parametrize("window_scale", WINDOW_SCALES)
@pytest.mark.parametrize("configured", [CONFIGURED, RULES], ids=["one need at a time", "needs by topic"])
def test_another_window_read_off_one_run_is_a_run_with_that_window(frame, gap_scale, window_scale, configured):
    rules = with_gaps(configured, scale=gap_scale)
    asked = pl.col("stage", "window_days", "entered_at", "outcome", "duration_us")
    windows = scaled(RULES.window, scale=window_scale)
    told = build_sequence(frame, rules=replace(rules, window=windows), cutoff=CUTOFF).stage_visit
    found = read(build_sequence(frame, rules=rules, cutoff=CUTOFF), window_scale=window_scale)
    assert set(told["outcome"]) == {"advanced", "dropped", "open"}
    assert_frame_equal(found.select(asked), told.select(asked))


@pytest.mark.parametrize("order_mode", ORDER_MODES)
def test_each_order_says_what_a_slow_reading_of_the_journey_says(frame, order_mode):
    sequence = build_sequence(frame, rules=RULES, cutoff=CUTOFF)
    visits = followed_visits(sequence, cutoff=CUTOFF)
    found = read(sequence, order_mode=order_mode).with_columns(sequence.stage_visit.select("journey_id"))
    assert_frame_equal(visits.select("stage", "entered_at"), sequence.stage_visit.select("stage", "entered_at"))
    ways = {key: way(group) for (key,), group in sequence.touchpoint.group_by("journey_id", maintain_order=True)}
    for row in found.filter(pl.col("stage") != "post_purchase").iter_rows(named=True):
        moment = slow_advance(ways[row["journey_id"]], row["stage"], order_mode)
        in_time = isinstance(moment, datetime) and moment - row["entered_at"] <= row["window_days"] * DAY
        assert (row["outcome"] == "advanced") == in_time
        if in_time:
            assert row["duration_us"] == max(moment - row["entered_at"], timedelta(0)) // timedelta(microseconds=1)


def way(touchpoints: pl.DataFrame) -> list[tuple[str, datetime, bool]]:
    """Stage, moment and whether it is the purchase, of a journey's touchpoints up to its purchase."""
    rows: list[tuple[str, datetime, bool]] = []
    for row in touchpoints.sort("position").iter_rows(named=True):
        if row["occurred_at"] > CUTOFF or (row["is_passive"] and not row["is_purchase"]):
            continue
        stage = "decision" if row["is_purchase"] else row["stage"]
        if stage in STAGES[:3]:
            rows.append((stage, row["occurred_at"], row["is_purchase"]))
        if row["is_purchase"]:
            return rows
    return rows


def slow_advance(rows: list[tuple[str, datetime, bool]], stage: str, order_mode: str) -> datetime | None:
    """When the journey advances from a stage, told one touchpoint at a time; windows are not looked at."""
    place = next(place for place, row in enumerate(rows) if row[0] == stage)
    rank = STAGES.index
    if order_mode == "any" and any(rank(row[0]) > rank(stage) for row in rows[:place]):
        return rows[place][1]
    for other, at, is_purchase in rows[place:]:
        if rank(other) > rank(stage) or (stage == "decision" and is_purchase):
            return at
        if order_mode == "strict" and rank(other) < rank(stage):
            return None
    return None


def test_a_stricter_order_never_advances_more():
    sequence = build_sequence(world(customers=400, seed=0), rules=RULES, cutoff=CUTOFF)
    advanced = {mode: read(sequence, order_mode=mode)["outcome"] == "advanced" for mode in ORDER_MODES}
    assert not (advanced["strict"] & ~advanced["ordered"]).any()
    assert not (advanced["ordered"] & ~advanced["any"]).any()
    assert advanced["strict"].sum() < advanced["ordered"].sum() < advanced["any"].sum()


def test_a_regression_drops_the_visit_in_strict_order_and_what_came_before_counts_in_any():
    """Decision, consideration an hour later, decision again, purchase after three hours."""
    names = ("cart_viewed", "product_viewed", "cart_viewed", "order_completed")
    rows = [
        {"id": str(hour), "at": datetime(2025, 12, 1, hour), "activity": name, "amount": "9"}
        for hour, name in enumerate(names)
    ]
    sequence = build_sequence(events(rows), rules=RULES, cutoff=CUTOFF)
    hour = 3600 * 10**6
    expected = {
        "ordered": [("advanced", 1 * hour), ("advanced", 3 * hour)],
        "strict": [("advanced", 1 * hour), ("dropped", 1 * hour)],
        "any": [("advanced", 0), ("advanced", 3 * hour)],
    }
    for mode, told in expected.items():
        found = read(sequence, order_mode=mode).filter(pl.col("stage") != "post_purchase")
        assert found["stage"].to_list() == ["consideration", "decision"]
        assert list(found.select("outcome", "duration_us").iter_rows()) == told, mode


@pytest.mark.parametrize(("days_after", "outcome"), [(1, "open"), (0, "dropped"), (-1, "dropped")])
def test_a_regression_after_the_cut_off_is_not_known(days_after, outcome):
    rows = [
        {"id": "1", "at": CUTOFF - 2 * DAY, "activity": "cart_viewed"},
        {"id": "2", "at": CUTOFF + days_after * DAY, "activity": "product_viewed"},
    ]
    sequence = build_sequence(events(rows), rules=RULES, cutoff=CUTOFF)
    found = read(sequence, order_mode="strict").filter(pl.col("stage") == "decision")
    assert found["outcome"].to_list() == [outcome]


# Stitchings on a world made by hand.

ANN, DEVICE = ("email", "ann@example.com"), ("anonymous_id", "laptop")
NOW = EPOCH + 60 * DAY
HAND_MADE = (
    Seen("early", 0, (DEVICE,), activity="product_viewed"),
    Seen("near", 48 - 0.25, (DEVICE,), activity="product_viewed"),
    Seen("login", 48, (DEVICE, ANN), activity="cart_viewed"),
    Seen("blog", 24 * 38, (ANN,), activity="blog_viewed"),
    Seen("late", 24 * 40, (DEVICE,), activity="product_viewed"),
)
"""Ann is named on the device once. 15 minutes and 48 hours before it is used unnamed; 38 days later too, two days after
she reads the blog on a device that is not logged."""


@contextmanager
def stitched(*seen: Seen) -> Iterator[Warehouse]:
    """The last build of a warehouse in memory with these events: what `analyse` reads."""
    with resolved(seen) as warehouse:
        files = build.sql_files()
        build.load_config(warehouse, {name: path for name, path in files.items() if name.startswith("config/")})
        learning = next(step for step in steps.python_steps(NOW) if step.name == "learning")
        learning.execute(warehouse)
        warehouse.create_from("run.build", pl.DataFrame({"build_id": [7], "built_at": [EPOCH], "cutoff_at": [NOW]}))
        yield warehouse


@pytest.fixture
def hand_made() -> Iterator[Warehouse]:
    with stitched(*HAND_MADE) as warehouse:
        yield warehouse


def entered(found: Sensitivity, stage: str, *, count: str = "entered_count") -> dict[str, int]:
    rows = found.sensitivity.filter(
        (pl.col("stage") == stage)
        & (pl.col("gap_scale") == 1)
        & (pl.col("window_scale") == 1)
        & (pl.col("order_mode") == "ordered")
    )
    return dict(rows.select("stitching", count).iter_rows())


def test_each_stitching_gives_anonymous_touchpoints_to_whom_it_says(hand_made):
    """By default Ann: early, near, login; the device: late. Strict: early is the device's too. Generous: late is hers.

    The blog is awareness, from which the late view advances if it is hers.
    """
    found = analyse(hand_made)
    assert entered(found, "consideration") == {"default": 2, "strict": 3, "generous": 2}
    assert entered(found, "decision") == {"default": 1, "strict": 1, "generous": 1}
    advanced = entered(found, "awareness", count="advanced_count")
    assert advanced == {"default": 0, "strict": 0, "generous": 1}


def test_the_tables_name_the_build_they_were_made_from(hand_made):
    found = analyse(hand_made)
    for frame in (found.sensitivity, found.ranges):
        assert frame["build_id"].unique().to_list() == [7]
        assert frame["built_at"].unique().to_list() == [EPOCH]


def test_without_devices_the_stitching_changes_nothing():
    named = [Seen(seen.event_id, seen.hour, (ANN,), seen.source, seen.activity) for seen in HAND_MADE]
    with stitched(*named) as warehouse:
        found = analyse(warehouse)
        parts = [
            found.sensitivity.filter(pl.col("stitching") == name).drop("stitching", "setting_id", "is_default")
            for name in STITCHINGS
        ]
        assert parts[0].height > 0
        for part in parts[1:]:
            assert_frame_equal(part, parts[0])
        stitching = found.ranges.filter(pl.col("dimension") == "stitching")
        assert set(stitching["spread_points"].drop_nulls()) <= {0.0}


def test_without_touchpoints_there_is_nothing_to_tell():
    with stitched() as warehouse:
        found = analyse(warehouse)
        assert found.sensitivity.height == found.ranges.height == 0


# What many settings say together.


def estimates(shares: dict[str, tuple[float | None, float | None]]) -> pl.DataFrame:
    """Settings by id with the shares of awareness and decision."""
    settings = {setting.setting_id: setting for setting in all_settings()}
    rows = [
        {
            "setting_id": key,
            **vars(settings[key]),
            "stage": stage,
            "estimated_dropoff_share": share,
            "estimated_low_share": share,
            "estimated_high_share": share,
            "is_ranked": share is not None,
            "top_channel": "email" if share is None or share < 0.5 else "social",
        }
        for key, both in shares.items()
        for stage, share in zip(("awareness", "decision"), both, strict=True)
    ]
    return pl.DataFrame(rows)


def test_ranges_worked_by_hand():
    strict = "strict-gap1-window1-ordered"
    strict_narrow = "strict-gap1-window0.5-ordered"
    compared = with_comparison(
        estimates({DEFAULT.setting_id: (0.4, 0.3), strict: (0.6, 0.7), strict_narrow: (0.2, None)})
    )
    assert compared["difference_points"].to_list() == pytest.approx([0, 0, 20, 40, -20, None])
    assert compared["stage_rank"].to_list() == [1, 2, 2, 1, 1, None]
    ranges = sensitivity_ranges(compared)
    rows = {(row["stage"], row["dimension"]): row for row in ranges.iter_rows(named=True)}
    whole, alone = rows["awareness", "all"], rows["awareness", "stitching"]
    assert (whole["setting_count"], whole["low_share"], whole["high_share"]) == (3, 0.2, 0.6)
    assert (whole["low_setting_id"], whole["high_setting_id"]) == (strict_narrow, strict)
    assert (whole["flip_share"], whole["top_flip_share"]) == (0.5, 0.5)
    assert (whole["ranked_count"], rows["decision", "all"]["ranked_count"]) == (2, 1)
    assert (alone["setting_count"], alone["low_share"], alone["flip_share"]) == (2, 0.4, 1.0)
    assert alone["spread_points"] == pytest.approx(20)
    assert rows["decision", "all"]["flip_share"] == 1.0
    only_default = rows["decision", "order_mode"]
    assert (only_default["setting_count"], only_default["spread_points"], only_default["flip_share"]) == (1, 0.0, None)
    assert only_default["ranked_count"] == 0


def test_equal_shares_are_ranked_in_journey_order():
    compared = with_comparison(estimates({DEFAULT.setting_id: (0.4, 0.4)}))
    assert compared["stage_rank"].to_list() == [1, 2]


def test_where_nothing_can_be_estimated_ranges_are_null():
    ranges = sensitivity_ranges(with_comparison(estimates({DEFAULT.setting_id: (None, 0.4)})))
    row = ranges.row(0, named=True)
    assert row["stage"] == "awareness"
    assert [row[name] for name in ("low_share", "low_setting_id", "spread_points", "flip_share")] == [None] * 4


def test_a_setting_that_cannot_be_ranked_is_no_flip():
    narrow = "default-gap1-window0.5-ordered"
    ranges = sensitivity_ranges(with_comparison(estimates({DEFAULT.setting_id: (0.4, 0.3), narrow: (0.2, None)})))
    flips = {(row["stage"], row["dimension"]): row["flip_share"] for row in ranges.iter_rows(named=True)}
    assert flips["awareness", "window_scale"] == 0.0
    assert flips["decision", "window_scale"] is None
