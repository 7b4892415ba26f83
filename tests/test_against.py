"""Two selections beside each other: the difference, its interval, and when there is none."""

from typing import Any

import polars as pl
import pytest
from report_world import world_frames

from journey_analytics.report.against import against, are_apart
from journey_analytics.report.selection import Choice, narrowed

FRAMES = world_frames(journeys=600)


def dropoff(device: str) -> pl.DataFrame:
    return narrowed(FRAMES, Choice({"device": device})).frames["mart.stage_dropoff"]


def one_stage(share: float, low: float | None, high: float | None) -> pl.DataFrame:
    row: dict[str, Any] = {"segment": "all", "segment_value": "all", "stage": "decision"}
    return pl.DataFrame(
        [row | {"estimated_dropoff_share": share, "estimated_low_share": low, "estimated_high_share": high}]
    )


def test_the_difference_is_that_of_the_shares_and_turns_round_with_them():
    here = against(one_stage(0.6, 0.5, 0.7), one_stage(0.4, 0.3, 0.5), letter="B", is_apart=True)
    there = against(one_stage(0.4, 0.3, 0.5), one_stage(0.6, 0.5, 0.7), letter="A", is_apart=True)
    # Both half-widths are 10 points: their root sum of squares is 14.1.
    assert here is not None and "<b>Decision +20.0 points</b> (+5.9 to +34.1)" in here
    assert there is not None and "<b>Decision \u221220.0 points</b> (\u221234.1 to \u22125.9)" in there


def test_what_may_be_nothing_is_not_set_in_bold():
    found = against(one_stage(0.5, 0.4, 0.6), one_stage(0.45, 0.35, 0.55), letter="B", is_apart=True)
    assert found is not None and "<b>" not in found and "+5.0 points (" in found


def test_there_is_no_interval_where_the_same_journeys_may_be_in_both_or_one_side_has_none():
    both = against(one_stage(0.6, 0.5, 0.7), one_stage(0.4, 0.3, 0.5), letter="B", is_apart=False)
    assert both is not None and " to " not in both and "the same journeys can be in both" in both
    none = against(one_stage(0.6, None, None), one_stage(0.4, 0.3, 0.5), letter="B", is_apart=True)
    assert none is not None and " to " not in none


def test_every_stage_that_both_estimate_is_told():
    found = against(dropoff("mobile"), dropoff("desktop"), letter="B", is_apart=True)
    told = [
        set(side.filter(pl.col("estimated_dropoff_share").is_not_null() & (pl.col("segment") == "all"))["stage"])
        for side in (dropoff("mobile"), dropoff("desktop"))
    ]
    assert found is not None and found.count("<li>") == len(told[0] & told[1]) > 1


@pytest.mark.parametrize(
    ("one", "other", "is_apart"),
    [
        ({"device": "mobile"}, {"device": "desktop"}, True),
        ({"device": "mobile"}, {"device": "mobile"}, False),
        ({"device": "mobile"}, {"first_channel": "email"}, False),
        ({"device": "mobile"}, {}, False),
        ({"device": "mobile", "first_channel": "email"}, {"device": "mobile", "first_channel": "direct"}, True),
        ({"month": "2025-08..2025-10"}, {"month": "2025-10"}, False),
        ({"month": "2025-08..2025-09"}, {"month": "2025-10"}, True),
    ],
)
def test_selections_are_apart_where_they_ask_for_other_values_of_one_segment(one, other, is_apart):
    assert are_apart(Choice(one), Choice(other)) is is_apart is are_apart(Choice(other), Choice(one))
