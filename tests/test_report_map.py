"""The process map: what is folded and kept adds up, and nothing that is drawn covers a text."""

from itertools import combinations

import polars as pl
import pytest
from report_world import world_frames

from journey_analytics.report.canvas import CANVAS_WIDTH
from journey_analytics.report.map_graph import COLUMNS, START, MapGraph, map_graph
from journey_analytics.report.map_layout import layered
from journey_analytics.report.process_map import coverage_line, draw, edge_labels, place

WORLDS = {
    "5": world_frames(journeys=300, per_stage=1),
    "32": world_frames(journeys=800),
    "120": world_frames(journeys=800, per_stage=30),
}


def graph_of(world: str, **options: float) -> MapGraph:
    frames = WORLDS[world]
    return map_graph(frames["mart.directly_follows"], frames["mart.activity"], **options)


@pytest.fixture(params=WORLDS)
def world(request: pytest.FixtureRequest) -> str:
    return request.param


def test_folding_loses_no_touchpoint_start_end_or_transition(world: str):
    frames, graph = WORLDS[world], graph_of(world)
    activities = frames["mart.activity"]
    assert sum(node.touchpoints for node in graph.nodes) == activities["touchpoint_count"].sum()
    assert sum(node.members for node in graph.nodes) == graph.activity_count == activities.height
    assert graph.transition_count == frames["mart.directly_follows"]["follow_count"].sum()
    assert graph.journey_count == activities["start_count"].sum()
    assert sum(n for ends in graph.ends.values() for n in ends.values()) == graph.journey_count


def test_the_kept_transitions_reach_the_share_unless_boxes_run_out(world: str):
    graph = graph_of(world, max_edges=200)
    assert graph.shown_transition_count >= 0.8 * graph.transition_count
    shown = sum(edge.count for edge in graph.edges if edge.source != START)
    assert shown == graph.shown_transition_count


def test_every_box_has_an_arrow(world: str):
    graph = graph_of(world)
    touched = {end for edge in graph.edges for end in (edge.source, edge.target)}
    assert {node.key for node in graph.nodes} <= touched


def test_the_map_stays_legible(world: str):
    graph = graph_of(world)
    assert len(graph.nodes) <= 40
    assert len(graph.edges) <= 90


def test_only_unfolded_transitions_have_a_waiting_time():
    for edge in graph_of("120").edges:
        if "other:" in edge.source + edge.target and edge.count > 1 and edge.journeys is None:
            assert edge.median_seconds is None


def test_the_line_below_says_what_part_is_shown():
    graph = graph_of("120")
    line = coverage_line(graph)
    assert f"of {graph.transition_count:,} transitions shown" in line
    assert "folded into “other”" in line


def test_boxes_and_counts_never_overlap(world: str):
    graph = graph_of(world)
    stages = [stage for stage in COLUMNS if any(node.stage == stage for node in graph.nodes)]
    layout, _ = place(graph, stages)
    texts = [*layout.boxes.values(), *(label.box for label in edge_labels(graph, layout))]
    assert not [pair for pair in combinations(texts, 2) if pair[0].overlaps(pair[1])]
    assert all(box.left >= -CANVAS_WIDTH and box.right <= CANVAS_WIDTH for box in texts)


def test_columns_follow_the_stages(world: str):
    graph = graph_of(world)
    stages = [stage for stage in COLUMNS if any(node.stage == stage for node in graph.nodes)]
    layout, lefts = place(graph, stages)
    for node in graph.nodes:
        assert layout.boxes[node.key].left == lefts[stages.index(node.stage)]


def test_a_back_arrow_leads_to_an_earlier_stage_and_is_dotted():
    follows = pl.DataFrame(
        {
            "activity": ["a", "b"], "next_activity": ["b", "a"], "journey_count": [9, 2], "follow_count": [9, 2],
            "median_seconds": [60.0, 5.0], "p90_seconds": [90.0, 6.0],
        }
    )  # fmt: skip
    activities = pl.DataFrame(
        {
            "activity": ["a", "b"], "stage": ["awareness", "decision"], "touchpoint_count": [11, 9],
            "start_count": [9, 0], "converted_end_count": [0, 0], "dropped_end_count": [0, 7], "open_end_count": [2, 0],
        }
    )  # fmt: skip
    graph = map_graph(follows, activities, flow_share=1.0)
    backs = {(edge.source, edge.target): edge.is_back for edge in graph.edges}
    assert backs == {
        (START, "activity:a"): False,
        ("activity:a", "activity:b"): False,
        ("activity:b", "activity:a"): True,
    }
    dashes = {trace["line"]["dash"] for trace in draw(graph).to_plotly_json()["data"] if trace["mode"] == "lines"}
    assert dashes == {"solid", "dot"}


def test_the_same_graph_is_drawn_the_same_way(world: str):
    frames = WORLDS[world]
    shuffled = map_graph(
        frames["mart.directly_follows"].sample(fraction=1.0, shuffle=True, seed=3),
        frames["mart.activity"].sample(fraction=1.0, shuffle=True, seed=4),
    )
    assert draw(graph_of(world)) == draw(shuffled)


def test_sweeps_untangle_what_was_given_crossed():
    layout = layered([["a", "b"], ["d", "c"]], [("a", "c", 5), ("b", "d", 5)], lefts=[0, 200], width=100)
    tops = {name: box.top for name, box in layout.boxes.items()}
    assert (tops["a"] < tops["b"]) == (tops["c"] < tops["d"])


def test_an_arrow_over_a_column_passes_between_its_boxes():
    links = [("a", "b", 5), ("b", "c", 5), ("a", "c", 3)]
    layout = layered([["a"], ["b"], ["c"]], links, lefts=[0, 200, 400], width=100)
    box = layout.boxes["b"]
    inside = [y for x, y in layout.curves[2] if box.left <= x <= box.right]
    assert inside
    assert all(y < box.top or y > box.bottom for y in inside)


def test_no_activities_give_a_map_that_says_so():
    frames = WORLDS["5"]
    figure = draw(map_graph(frames["mart.directly_follows"].clear(), frames["mart.activity"].clear()))
    assert "No transitions yet" in figure.to_plotly_json()["layout"]["annotations"][0]["text"]


def test_a_single_activity_is_a_map():
    activities = WORLDS["5"]["mart.activity"].head(1)
    figure = draw(map_graph(WORLDS["5"]["mart.directly_follows"].clear(), activities))
    assert figure.to_plotly_json()["layout"]["height"] > 0
