"""The report's figures, by their data: what is drawn where, with which interval and which n."""

from typing import Any

import polars as pl
import pytest
from report_world import STAGES, world_frames

from journey_analytics.report.figures import dropoff, segments, stage_flow, stage_time
from journey_analytics.report.wording import count, duration, interval, plain, share

FRAMES = world_frames(journeys=600)
DROPOFF = FRAMES["mart.stage_dropoff"]
WHOLE = dropoff.of_all(DROPOFF).to_dicts()


def traces(figure: Any) -> list[dict[str, Any]]:
    return figure.to_plotly_json()["data"]


def test_the_shares_are_those_of_the_mart_in_journey_order():
    observed, estimated = traces(dropoff.dropoff_figure(DROPOFF))
    assert [row["stage"] for row in WHOLE] == list(STAGES)
    assert list(estimated["x"]) == [row["estimated_dropoff_share"] for row in WHOLE]
    assert list(observed["x"]) == [row["observed_dropoff_share"] for row in WHOLE]


def test_a_whisker_ends_at_the_bounds_of_the_interval():
    for trace, kind in zip(traces(dropoff.dropoff_figure(DROPOFF)), ("observed", "estimated"), strict=True):
        whiskers = trace["error_x"]
        for place, row in enumerate(WHOLE):
            assert trace["x"][place] + whiskers["array"][place] == pytest.approx(row[f"{kind}_high_share"])
            assert trace["x"][place] - whiskers["arrayminus"][place] == pytest.approx(row[f"{kind}_low_share"])


def test_the_hover_gives_n_and_both_denominators():
    row, words = WHOLE[0], traces(dropoff.dropoff_figure(DROPOFF))[1]["text"][0]
    assert f"of all {count(row['entered_count'])} that entered" in words
    assert f"of {count(row['observed_count'])} whose window is over" in words
    assert interval(row["estimated_low_share"], row["estimated_high_share"]) in words


def test_a_share_on_fewer_than_30_is_hollow():
    few = DROPOFF.with_columns(entered_count=pl.when(pl.col("stage") == "decision").then(29).otherwise("entered_count"))
    estimated = traces(dropoff.dropoff_figure(few))[1]["marker"]["color"]
    assert estimated[2] != estimated[1] == estimated[0]


def test_a_share_that_is_not_estimated_has_no_mark_but_says_why():
    column = pl.when(pl.col("stage") == "decision").then(None).otherwise("estimated_dropoff_share")
    figure = dropoff.dropoff_figure(DROPOFF.with_columns(estimated_dropoff_share=column))
    assert len(traces(figure)[1]["x"]) == len(WHOLE) - 1
    assert "too few watched long enough" in [note["text"] for note in figure.to_plotly_json()["layout"]["annotations"]]


def test_the_three_states_add_up_to_the_entered():
    bars = {trace["name"]: trace["x"] for trace in traces(dropoff.outcome_figure(DROPOFF))}
    assert list(bars) == ["Moved on", "Lost", "Still open"]
    assert [sum(states) for states in zip(*bars.values(), strict=True)] == [row["entered_count"] for row in WHOLE]


def test_an_axis_of_shares_begins_at_zero_and_ends_at_one():
    axis = dropoff.dropoff_figure(DROPOFF).to_plotly_json()["layout"]["xaxis"]
    assert list(axis["range"]) == [0, 1]


def test_values_below_30_come_last_and_others_by_the_loss_in_the_worst_stage():
    stage = segments.ranking_stage(DROPOFF)
    rows = segments.segment_rows(DROPOFF, "first_channel").filter(pl.col("stage") == stage).sort("place").to_dicts()
    ranked = [row["estimated_dropoff_share"] for row in rows if row["is_ranked"]]
    assert ranked == sorted(ranked, reverse=True)
    flags = [row["is_ranked"] for row in rows]
    assert flags == sorted(flags, reverse=True)
    assert not all(flags)


def test_the_worst_stage_is_one_before_the_purchase():
    before = [row for row in WHOLE if row["stage"] != "post_purchase"]
    assert segments.ranking_stage(DROPOFF) == max(before, key=lambda row: row["estimated_dropoff_share"])["stage"]


def test_months_run_in_time():
    rows = segments.segment_rows(DROPOFF, "entry_month")
    values = rows.sort("place")["segment_value"].unique(maintain_order=True).to_list()
    assert values == sorted(values)


def test_each_panel_of_a_segment_shows_its_stage():
    panels = traces(segments.segment_figure(DROPOFF, "device"))
    for stage, panel in zip(STAGES, panels, strict=True):
        rows = DROPOFF.filter((pl.col("segment") == "device") & (pl.col("stage") == stage))
        assert sorted(panel["x"]) == sorted(rows["estimated_dropoff_share"].drop_nulls().to_list())


def test_a_segment_with_many_values_draws_the_first_twelve():
    rows = DROPOFF.filter(pl.col("segment") == "country", pl.col("segment_value") == "DE")
    many = pl.concat([DROPOFF, *(rows.with_columns(segment_value=pl.lit(f"X{n:02}")) for n in range(20))])
    axis = segments.segment_figure(many, "country").to_plotly_json()["layout"]["yaxis"]
    assert len(axis["tickvals"]) == segments.MAX_SEGMENT_VALUES


def test_every_link_of_the_stage_flow_is_drawn_with_its_journeys():
    flows = FRAMES["mart.stage_flow"].to_dicts()
    drawn = [trace["meta"] for trace in traces(stage_flow.stage_flow_figure(FRAMES["mart.stage_flow"]))]
    assert sorted(map(str, drawn)) == sorted(map(str, flows))


def test_the_stage_flow_ends_in_the_totals_of_the_drop_off_table():
    drawn = [trace["meta"] for trace in traces(stage_flow.stage_flow_figure(FRAMES["mart.stage_flow"]))]
    for row in WHOLE:
        lost = [
            link["journey_count"]
            for link in drawn
            if (link["from_stage"], link["to_state"]) == (row["stage"], "dropped")
        ]
        into = sum(link["journey_count"] for link in drawn if link["to_state"] == row["stage"])
        assert lost == [row["dropped_count"]]
        assert into == row["entered_count"]


def test_ribbons_of_one_stage_are_as_thick_as_their_journeys():
    for trace in traces(stage_flow.stage_flow_figure(FRAMES["mart.stage_flow"])):
        half = len(trace["y"]) // 2
        thick = trace["y"][-1] - trace["y"][0]
        assert all(
            low - high == pytest.approx(thick, abs=0.2)
            for high, low in zip(trace["y"][:half], trace["y"][::-1], strict=False)
        )


def test_percentiles_that_are_not_reached_have_no_mark():
    times = FRAMES["mart.time_in_stage"]
    dots = traces(stage_time.time_in_stage_figure(times))[-1]
    assert len(dots["x"]) == times["seconds"].count()
    assert all("were still in the stage" in words for words in dots["customdata"])


@pytest.mark.parametrize(
    "figure", [dropoff.dropoff_figure, dropoff.outcome_figure, lambda rows: segments.segment_figure(rows, "device")]
)
def test_no_rows_give_a_figure_that_says_so(figure: Any):
    notes = figure(DROPOFF.clear()).to_plotly_json()["layout"]["annotations"]
    assert len(notes) == 1


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "< 1 s"),
        (59, "59 s"),
        (60, "1 min"),
        (5400, "1.5 h"),
        (86400, "1 day"),
        (200_000, "2.3 days"),
        (9.96 * 86400, "10 days"),
        (None, "–"),
    ],
)
def test_durations_read_as_people_say_them(seconds: float | None, words: str):
    assert duration(seconds).replace("\u00a0", " ") == words


def test_shares_and_counts_have_one_form():
    assert share(0.4123) == "41.2\u00a0%"
    assert share(None) == "–"
    assert count(1234567) == "1,234,567"
    assert interval(0.398, 0.426) == "39.8–42.6\u00a0%"


def test_plain_text_keeps_nothing_that_plotly_obeys():
    hostile = "<a href='https://evil.example'>x</a> $x^2$ %{y} & </script>"
    assert not {"<", ">", "$"} & set(plain(hostile))
    assert "%{" not in plain(hostile)


def test_characters_that_hide_or_turn_text_are_shown_as_such():
    assert plain("a\u202eb\u0000c") == "a\ufffdb\ufffdc"
    assert plain("zażółć 日本") == "zażółć 日本"
