"""The figures and sections of variants and paths, by their data: nothing is lost, nothing from data is markup."""

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go
import polars as pl
import pytest
from report_variants import variant_frames
from report_world import world_frames

from journey_analytics.report.active import active_frames
from journey_analytics.report.figures.canvas import CANVAS_WIDTH
from journey_analytics.report.figures.coverage import coverage_figure
from journey_analytics.report.figures.path_tree import path_tree_figure
from journey_analytics.report.frames import complete
from journey_analytics.report.paths import beginnings_figure, chosen, paths
from journey_analytics.report.variants import variants

Box = dict[str, Any]


@pytest.fixture(scope="module")
def frames() -> dict[str, pl.DataFrame]:
    return active_frames(complete(world_frames()))


@pytest.fixture(scope="module")
def stages(frames: Mapping[str, pl.DataFrame]) -> dict[str, str]:
    return dict(frames["mart.activity"].select("activity", "stage").iter_rows())


def boxes(figure: go.Figure) -> list[Box]:
    """Every block with its corners, outcome, kind and journeys."""
    return [
        {**trace["meta"], "left": min(trace["x"]), "right": max(trace["x"]), "top": min(trace["y"]),
         "bottom": max(trace["y"]), "text": trace["text"]}
        for trace in figure.to_plotly_json()["data"]
    ]  # fmt: skip


@pytest.mark.parametrize("level", ["stage", "activity"])
@pytest.mark.parametrize("outcome", ["dropped", "purchase"])
def test_every_journey_of_an_outcome_ends_or_is_folded_somewhere(
    frames: Mapping[str, pl.DataFrame], stages: Mapping[str, str], level: str, outcome: str
) -> None:
    tree = frames["mart.path_tree"]
    drawn = [box for box in boxes(path_tree_figure(tree, level=level, stages=stages)) if box["outcome"] == outcome]
    root = tree.filter((pl.col("level") == level) & (pl.col("depth") == 0)).row(0, named=True)
    expected = root["dropped_count" if outcome == "dropped" else "purchase_ahead_count"]
    assert sum(box["journey_count"] for box in drawn if box["kind"] != "step") == expected > 0
    heights = sum(box["bottom"] - box["top"] for box in drawn if box["kind"] != "step")
    assert heights == pytest.approx({"stage": 260, "activity": 620}[level], abs=len(drawn) * 0.1)


@pytest.mark.parametrize("per_stage", [2, 8, 30])
def test_no_two_blocks_and_no_two_texts_of_a_tree_overlap(per_stage: int) -> None:
    many = active_frames(complete(world_frames(per_stage=per_stage)))
    figure = path_tree_figure(many["mart.path_tree"], level="activity", stages={})
    drawn = boxes(figure)
    for one in drawn:
        for other in drawn:
            if one is not other and one["left"] < other["right"] - 0.2 and other["left"] < one["right"] - 0.2:
                assert one["bottom"] <= other["top"] + 0.2 or other["bottom"] <= one["top"] + 0.2
    assert all(box["left"] >= 0 and box["right"] <= CANVAS_WIDTH for box in drawn)
    lines = [
        (note["x"], note["y"], note["text"].count("<br>") + 1)
        for note in figure.to_plotly_json()["layout"]["annotations"]
    ]
    for place, (x, y, count) in enumerate(lines):
        for other_x, other_y, other_count in lines[place + 1 :]:
            if abs(x - other_x) < 20:
                assert abs(y - other_y) >= 7 * (count + other_count) - 4


def test_a_step_is_as_high_as_what_comes_behind_it(
    frames: Mapping[str, pl.DataFrame], stages: Mapping[str, str]
) -> None:
    drawn = boxes(path_tree_figure(frames["mart.path_tree"], level="stage", stages=stages))
    for step in (box for box in drawn if box["kind"] == "step"):
        behind = [
            box
            for box in drawn
            if box["left"] == step["right"]
            and box["top"] >= step["top"] - 0.1
            and box["bottom"] <= step["bottom"] + 0.1
        ]
        assert sum(box["journey_count"] for box in behind) == step["journey_count"]


def test_names_from_data_are_never_markup() -> None:
    evil = "<b>x</b> $\\href{y}$"
    walks = [{"steps": [(evil, "decision", 1.0)], "visits": [("decision", "dropped")], "status": "dropped"}] * 40
    made = complete(variant_frames(walks))
    text = str(path_tree_figure(made["mart.path_tree"], level="activity", stages={}).to_plotly_json())
    assert "<b>x</b>" not in text
    assert "$" not in text
    assert "&lt;b&gt;x" in text
    section = paths(made)
    assert section is not None
    assert "<b>x</b>" not in section.html()


def test_the_curve_of_a_level_ends_at_all_journeys(frames: Mapping[str, pl.DataFrame]) -> None:
    figure = coverage_figure(frames["mart.variant_coverage"]).to_plotly_json()
    curves = [trace for trace in figure["data"] if trace["mode"] == "lines"]
    assert [curve["y"][-1] for curve in curves] == [1.0, 1.0]
    assert all(list(curve["y"]) == sorted(curve["y"]) for curve in curves)
    assert {f"({len(curve['x'])})" in curve["name"].replace(",", "") for curve in curves} == {True}
    assert len(coverage_figure(frames["mart.variant_coverage"].clear()).data) == 0


def test_the_sections_say_what_they_count(frames: Mapping[str, pl.DataFrame]) -> None:
    found = paths(frames)
    assert found is not None
    lost = frames["mart.path_tree"].filter((pl.col("level") == "stage") & (pl.col("depth") == 0))["dropped_count"][0]
    assert f"Of {lost:,} lost journeys" in found.lead
    listed = variants(frames)
    assert "Half of the journeys are" in listed.lead
    for title in ("Most journeys lost", "Most purchases", "How many orders cover how many journeys"):
        assert title in listed.html()


def test_shares_are_of_settled_journeys_and_only_before_a_purchase(
    frames: Mapping[str, pl.DataFrame], stages: Mapping[str, str]
) -> None:
    tree = frames["mart.path_tree"]
    words = str(beginnings_figure(chosen(tree, "activity")[0], level="activity").to_plotly_json())
    ranked = tree.filter((pl.col("level") == "activity") & pl.col("is_ranked") & pl.col("depth").is_between(1, 2))
    assert ranked.height > 0
    closed = pl.col("converted_count") + pl.col("dropped_count")
    assert ranked.filter(pl.col("settled_count") >= closed).is_empty()
    surest = ranked.sort("conversion_low_share", "node_id", descending=[True, False]).row(0, named=True)
    assert f"of {surest['settled_count']:,}" in words
    nodes = {row["node_id"]: row for row in tree.to_dicts()}
    for box in boxes(path_tree_figure(tree, level="activity", stages=stages)):
        row = nodes[box["node_id"]]
        told = f"of {row['settled_count']:,} settled ones purchased" in box["text"]
        assert told == (row["conversion_share"] is not None)
        assert told <= (row["purchased_count"] == 0)


def test_a_variant_has_counts_by_status_and_no_share_of_purchases(frames: Mapping[str, pl.DataFrame]) -> None:
    top = frames["mart.stage_variant"].sort("journey_count", "variant_id", descending=[True, False]).row(0, named=True)
    html = variants(frames).html()
    counts = [f"{top[f'{status}_count']:,}" for status in ("converted", "dropped", "open")]
    assert "{} purchased, {} lost, {} open".format(*counts) in html
    assert "95 % interval" not in html


def test_without_tables_there_is_no_section_of_paths_and_an_empty_one_of_variants() -> None:
    empty = complete({})
    assert paths(empty) is None
    assert "No journeys yet." in variants(empty).html()
