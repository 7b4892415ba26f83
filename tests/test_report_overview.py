"""The first view: its answers are the marts', the trend says no more than it knows."""

import math
from datetime import datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_world import world_frames

from journey_analytics.report.figures.overview import trend_figure
from journey_analytics.report.frames import complete
from journey_analytics.report.overview import overview
from journey_analytics.report.trend import Month, last_move, months
from journey_analytics.report.wording import month

FRAMES = complete(world_frames(journeys=300))


def dropoff(rows: list[tuple[str, float | None, int]], *, window_days: int = 30) -> pl.DataFrame:
    """Months of one stage: month, estimated share, entrants; the interval is 10 points either side."""
    return pl.DataFrame(
        [
            {
                "segment": "entry_month", "segment_value": name, "stage": "decision", "window_days": window_days,
                "entered_count": entered, "estimated_dropoff_share": share,
                "estimated_low_share": None if share is None else share - 0.1,
                "estimated_high_share": None if share is None else share + 0.1,
            }
            for name, share, entered in rows
        ]
    )  # fmt: skip


def drawn(*shares: float, entered: int = 100) -> list[Month]:
    return [
        Month(f"2025-{place:02}", share, share - 0.1, share + 0.1, entered, is_over=True)
        for place, share in enumerate(shares, start=1)
    ]


@pytest.mark.parametrize(
    ("as_of", "is_over"),
    [(datetime(2025, 3, 30), False), (datetime(2025, 3, 31), True), (datetime(2025, 4, 1), True), (None, False)],
)
def test_a_month_is_over_once_its_last_moment_has_had_its_window(as_of: datetime | None, is_over: bool):
    (found,) = months(dropoff([("2025-02", 0.5, 40)]), "decision", as_of=as_of)
    assert found.is_over is is_over


def test_december_ends_in_january():
    (found,) = months(dropoff([("2025-12", 0.5, 40)]), "decision", as_of=datetime(2026, 1, 30, 23, 59))
    assert not found.is_over


def test_months_without_an_estimate_of_another_stage_or_of_no_stage_are_left_out():
    rows = dropoff([("2025-02", 0.5, 40), ("2025-03", None, 8), ("2025-01", 0.4, 40)])
    assert [one.month for one in months(rows, "decision", as_of=None)] == ["2025-01", "2025-02"]
    assert months(rows, "awareness", as_of=None) == []
    assert months(rows, None, as_of=None) == []


def test_a_value_that_is_no_month_is_never_over():
    (found,) = months(dropoff([("<img src=x>", 0.5, 40)]), "decision", as_of=datetime(2030, 1, 1))
    assert not found.is_over


def test_the_last_move_is_between_the_two_last_months_that_are_sure():
    found = [*drawn(0.3, 0.5), Month("2025-03", 0.9, 0.8, 1.0, 29, is_over=True)]
    found += [Month("2025-04", 0.9, 0.8, 1.0, 100, is_over=False)]
    move = last_move(found)
    assert move is not None
    assert (move.before.month, move.after.month) == ("2025-01", "2025-02")
    assert move.points == pytest.approx(20)


def test_one_month_is_no_move():
    assert last_move(drawn(0.3)) is None
    assert last_move(drawn(0.3, 0.9, entered=29)) is None


@given(st.floats(0.1, 0.9), st.floats(0.1, 0.9))
def test_the_interval_of_a_move_is_that_of_two_independent_shares(before: float, after: float):
    move = last_move(drawn(before, after))
    assert move is not None
    assert move.high - move.points == pytest.approx(100 * math.hypot(0.1, 0.1))
    assert move.points - move.low == pytest.approx(100 * math.hypot(0.1, 0.1))
    sure = abs(after - before) > math.hypot(0.1, 0.1)
    assert (move.verdict == "same") is not sure
    assert not sure or move.verdict == ("worse" if after > before else "better")


def test_the_trend_marks_what_is_not_over_and_joins_only_what_is_sure():
    found = [*drawn(0.3, 0.5), Month("2025-03", 0.6, 0.5, 0.7, 29, is_over=True)]
    found += [Month("2025-04", 0.7, 0.6, 0.8, 100, is_over=False)]
    line, dots = trend_figure(found).data
    assert list(line.x) == [0, 1]
    assert list(dots.y) == [0.3, 0.5, 0.6, 0.7]
    fills, edges = dots.marker.color, dots.marker.line.color
    assert fills[:3] == edges[:3]
    assert fills[3] != edges[3]
    assert edges[2] != edges[0] == edges[3]
    assert "not over" in dots.text[3]


def test_the_axis_of_the_trend_begins_at_nothing():
    assert trend_figure(drawn(0.8, 0.81)).layout.yaxis.range[0] == 0


@pytest.mark.parametrize(("text", "written"), [("2025-10", "Oct\u00a02025"), ("2025-13", "2025-13"), ("x", "x")])
def test_a_month_is_written_as_people_do(text: str, written: str):
    assert month(text) == written


def test_what_is_worth_most_is_the_first_ranked_opportunity():
    rows = FRAMES["mart.opportunity"].filter(pl.col("is_ranked")).sort("place").to_dicts()
    html = overview(FRAMES).html()
    assert rows[0]["segment_value"].replace("_", " ") in html.split('data-kpi="worth"')[1][:900]


def test_what_nobody_can_be_sure_of_is_no_advice():
    driver = FRAMES["mart.driver"].with_columns(difference_low_points=pl.lit(-1.0))
    opportunity = FRAMES["mart.opportunity"].with_columns(customers_low_per_month=pl.lit(0.0))
    html = overview(FRAMES | {"mart.driver": driver, "mart.opportunity": opportunity}).html()
    assert "Nothing stands out yet" in html
    assert "<ol" not in html


def test_an_error_that_was_found_is_the_first_thing_to_do():
    rows = FRAMES["mart.driver"].head(1).with_columns(
        stage=pl.lit("decision"), kind=pl.lit("error"), driver=pl.lit("card_refused"), is_found=True,
        difference_points=pl.lit(20.0), difference_low_points=pl.lit(12.0), difference_high_points=pl.lit(28.0),
        exposed_count=pl.lit(40), entered_count=pl.lit(90),
    )  # fmt: skip
    first = overview(FRAMES | {"mart.driver": rows}).html().split("<ol")[1].split("</li>")[0]
    assert "Repair “card refused” in Decision: 40 of 90 journeys meet it" in first
    assert "12.0 to 28.0" in first


def test_without_any_table_every_question_is_still_answered():
    html = overview(complete({})).html()
    for words in ("Too few journeys to name", "Too few journeys to say", "No barrier stands out", "Nothing stands out"):
        assert words in html
