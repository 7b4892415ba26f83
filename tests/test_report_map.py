"""The process map: what is folded and kept adds up, and nothing that is drawn covers a text."""

from itertools import combinations, pairwise
from random import Random

import polars as pl
import pytest
from report_world import world_frames

from journey_analytics.contract import START
from journey_analytics.report.figures.canvas import CANVAS_WIDTH
from journey_analytics.report.figures.map_backbone import backbone
from journey_analytics.report.figures.map_graph import ENDS, MapGraph, counted_again, kind_of, map_graph, recounted
from journey_analytics.report.figures.map_layout import layered
from journey_analytics.report.figures.map_levels import levels
from journey_analytics.report.figures.map_looks import edge_conversions
from journey_analytics.report.figures.map_spacing import spaced
from journey_analytics.report.figures.process_map import draw, place
from journey_analytics.report.map_groups import comparisons, rest, selection
from journey_analytics.report.map_shares import differences, shares
from journey_analytics.report.map_words import coverage_line, difference_facts, short_duration

WORLDS = {
    "5": world_frames(journeys=300, per_stage=1),
    "32": world_frames(journeys=800),
    "120": world_frames(journeys=800, per_stage=30),
}
KINDS = ("frequency", "journeys", "median", "p90")


def tables_of(world: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    return WORLDS[world]["mart.path_link"], WORLDS[world]["mart.path_activity"]


def graph_of(world: str, **options: float) -> MapGraph:
    whole = selection(*tables_of(world))
    return map_graph(whole.links, whole.activities, **options)


@pytest.fixture(params=WORLDS)
def world(request: pytest.FixtureRequest) -> str:
    return request.param


# what is counted


@pytest.mark.parametrize("boxes", [1, 3, 7, 12, 26, 60])
def test_at_every_box_in_is_out_whatever_is_folded(world: str, boxes: int):
    graph = graph_of(world, max_activities=boxes)
    for node in graph.nodes:
        into = sum(n for (_, target), n in graph.flows.items() if target == node.key)
        out = sum(n for (source, _), n in graph.flows.items() if source == node.key)
        assert into == out == node.touchpoints


@pytest.mark.parametrize("boxes", [1, 7, 26])
def test_folding_loses_no_touchpoint_start_end_or_transition(world: str, boxes: int):
    whole, graph = selection(*tables_of(world)), graph_of(world, max_activities=boxes)
    activities, links = whole.activities, whole.links
    assert sum(node.touchpoints for node in graph.nodes) == activities["touchpoint_count"].sum()
    assert sum(node.members for node in graph.nodes) == graph.activity_count == activities.height
    assert sum(graph.flows.values()) == links["follow_count"].sum()
    assert graph.journey_count == activities["start_count"].sum() == graph.terminals[START]
    assert sum(graph.terminals[end] for end in ENDS) == graph.journey_count
    assert sum(n for node in graph.nodes for n in node.ended.values()) == graph.journey_count


def test_an_arrow_counts_all_links_between_its_boxes(world: str):
    whole, graph = selection(*tables_of(world)), graph_of(world)
    box_of = {**graph.box_of, START: START, **{end: end for end in ENDS}}
    for edge in graph.edges:
        behind = [
            row for row in whole.links.iter_rows(named=True)
            if (box_of[row["activity"]], box_of[row["next_activity"]]) == edge.pair
        ]  # fmt: skip
        assert edge.count == sum(row["follow_count"] for row in behind)
        assert edge.members == len(behind)
        assert edge.least_journeys == max(row["journey_count"] for row in behind)


def test_journeys_shares_and_waits_stand_only_where_they_are_known():
    graph = graph_of("120", max_activities=12)
    folded = [edge for edge in graph.edges if edge.members > 1 and not edge.is_terminal]
    assert folded
    for edge in folded:
        assert (edge.journeys, edge.outcome, edge.median_seconds, edge.p90_seconds) == (None,) * 4
    for edge in graph.edges:
        if edge.is_terminal:
            assert edge.journeys == edge.count
            assert edge.median_seconds is None
    assert all(node.journeys is None for node in graph.nodes if node.members > 1)


def test_the_kept_arrows_reach_the_share(world: str):
    graph = graph_of(world, max_edges=10_000, flow_share=0.8)
    for kind in ("transitions", "journey starts", "journey ends"):
        every = sorted((n for pair, n in graph.flows.items() if kind_of(pair) == kind), reverse=True)
        shown = [edge for edge in graph.edges if kind_of(edge.pair) == kind]
        assert sum(edge.count for edge in shown) >= 0.8 * sum(every)
        for edge in shown:
            busier = sum(n for n in every if n > edge.count)
            assert edge.is_loop or edge.is_backbone or busier < 0.8 * sum(every)


@pytest.mark.parametrize("share", [0.0, 0.7])
def test_every_box_lies_on_a_drawn_path_from_the_start_to_an_end(world: str, share: float):
    graph = graph_of(world, flow_share=share)
    pairs = {edge.pair for edge in graph.edges}
    keys = {node.key for node in graph.nodes}
    assert keys <= _reached(pairs, {START})
    assert keys <= _reached({(b, a) for a, b in pairs}, set(ENDS))


def _reached(pairs: set[tuple[str, str]], from_: set[str]) -> set[str]:
    found = set(from_)
    while more := {b for a, b in pairs if a in found} - found:
        found |= more
    return found


def test_the_backbone_takes_the_busiest_way():
    flows = {("s", "a"): 9, ("s", "b"): 2, ("a", "b"): 5, ("b", "e"): 4, ("a", "e"): 1}
    assert backbone(flows, source="s", targets=["e"]) == {("s", "a"), ("a", "b"), ("b", "e")}


def test_the_map_stays_legible(world: str):
    for level in levels(selection(*tables_of(world))):
        assert len(level.graph.nodes) <= 66
        assert sum(not edge.is_loop for edge in level.graph.edges) <= 160
        assert list(level.drawn) == sorted(set(level.drawn))
        assert level.drawn[-1] <= len(level.graph.edges)


def test_the_line_says_what_part_is_shown():
    graph = graph_of("120", max_activities=12)
    shown = sum(edge.count for edge in graph.edges if not edge.is_terminal)
    whole = sum(n for (a, b), n in graph.flows.items() if a != START and b not in ENDS)
    line = coverage_line(graph)
    assert line.startswith(f"{shown:,} of {whole:,} transitions")
    boxes = sum(node.activity is not None for node in graph.nodes)
    folded = f"{boxes} of 120 activities with a box of their own; {120 - boxes} rarer activities are folded"
    assert folded in line
    assert coverage_line(graph, 0).startswith(f"0 of {whole:,} transitions")


def test_order_of_rows_and_names_change_nothing(world: str):
    links, activities = tables_of(world)
    whole = selection(links.sample(fraction=1.0, shuffle=True, seed=3), activities.sample(fraction=1.0, shuffle=True))
    assert draw(graph_of(world)) == draw(map_graph(whole.links, whole.activities))


@pytest.mark.parametrize("seed", range(60))
def test_random_logs_are_conserved_at_any_number_of_boxes(seed: int):
    links, activities = _random_log(Random(seed))
    for boxes in (1, 2, 4, 9):
        graph = map_graph(links, activities, max_activities=boxes, flow_share=0.5)
        for node in graph.nodes:
            assert sum(n for (_, b), n in graph.flows.items() if b == node.key) == node.touchpoints
            assert graph.leaving[node.key] == node.touchpoints
        assert sum(graph.terminals.get(end, 0) for end in ENDS) == graph.terminals[START] == 40


def _random_log(random: Random) -> tuple[pl.DataFrame, pl.DataFrame]:
    stages = ["awareness", "decision", "unknown", "something_else"]
    names = [f"a{n}" for n in range(random.randint(1, 9))]
    rows: dict[tuple[str, str], int] = {}
    seen = dict.fromkeys(names, 0)
    starts, ends = dict.fromkeys(names, 0), {(name, end): 0 for name in names for end in ENDS}
    for _ in range(40):
        path = random.choices(names, k=random.randint(1, 6))
        end = random.choice(ENDS)
        starts[path[0]] += 1
        ends[path[-1], end] += 1
        for name in path:
            seen[name] += 1
        for pair in zip([START, *path], [*path, end], strict=True):
            rows[pair] = rows.get(pair, 0) + 1
    outcome = dict.fromkeys(
        ("converted_count", "dropped_count", "open_count", "settled_converted_count", "settled_count"), 0
    )
    links = [
        {"activity": a, "next_activity": b, "follow_count": n, "journey_count": 1, "median_seconds": None,
         "p90_seconds": None, **outcome} for (a, b), n in rows.items()
    ]  # fmt: skip
    activities = [
        {"activity": a, "stage": random.choice(stages), "touchpoint_count": seen[a], "journey_count": 1,
         "start_count": starts[a], "converted_end_count": ends[a, "CONVERTED"],
         "dropped_end_count": ends[a, "DROPPED"], "open_end_count": ends[a, "OPEN"], **outcome}
        for a in names if seen[a]
    ]  # fmt: skip
    return pl.DataFrame(links), pl.DataFrame(activities)


# two groups on one map


def test_a_segment_and_the_rest_are_the_whole(world: str):
    links, activities = tables_of(world)
    whole, mobile = selection(links, activities), selection(links, activities, "device", "mobile")
    others = rest(whole, mobile)
    other_values = links.filter((pl.col("segment") == "device") & (pl.col("segment_value") != "mobile"))
    expected = other_values.group_by("activity", "next_activity").agg(pl.col("follow_count", "journey_count").sum())
    found = others.links.select("activity", "next_activity", "follow_count", "journey_count")
    assert found.sort("activity", "next_activity").rows() == expected.sort("activity", "next_activity").rows()
    assert others.journey_count + mobile.journey_count == whole.journey_count


def test_both_groups_stand_on_the_same_boxes_and_are_conserved(world: str):
    graph, links, activities = graph_of(world), *tables_of(world)
    for comparison in comparisons(links, activities):
        for side in (comparison.first, comparison.second):
            again = counted_again(graph, side.links, side.activities)
            assert [edge.pair for edge in again.edges] == [edge.pair for edge in graph.edges]
            assert [node.key for node in again.nodes] == [node.key for node in graph.nodes]
            assert again.journey_count == side.journey_count
            for node in again.nodes:
                assert sum(n for (_, b), n in again.flows.items() if b == node.key) == node.touchpoints
                assert again.leaving.get(node.key, 0) == node.touchpoints
            quick = recounted(graph, side.tally)
            assert [edge.count for edge in quick.edges] == [edge.count for edge in again.edges]
            assert [node.journeys for node in quick.nodes] == [node.journeys for node in again.nodes]
            assert (quick.flows, quick.leaving) == (again.flows, again.leaving)
            assert (quick.journey_count, quick.settled_count) == (again.journey_count, again.settled_count)


def test_two_values_are_compared_with_each_other_and_months_with_the_one_before():
    offered = {comparison.title: comparison for comparison in comparisons(*tables_of("32"))}
    assert "Customers: new with returning" in offered
    assert "Device: mobile with everybody else" in offered
    assert offered["Journeys begun in Feb\xa02026 with Jan\xa02026"].names == ("Feb\u00a02026", "Jan\u00a02026")
    assert not any("display" in title for title in offered)


def test_differences_of_what_leaves_a_box_add_up_to_nothing():
    links, activities = tables_of("32")
    graph = graph_of("32", flow_share=1.0, max_edges=10_000)
    sides = [selection(links, activities, "device", value) for value in ("mobile", "desktop")]
    one, two = (counted_again(graph, side.links, side.activities) for side in sides)
    found = dict(zip((edge.pair for edge in graph.edges), differences(one, two), strict=True))
    for key in (START, *(node.key for node in graph.nodes)):
        points = [one.points for (source, _), one in found.items() if source == key and one.points is not None]
        assert sum(points) == pytest.approx(0, abs=1e-9)


def test_a_difference_is_clear_only_outside_its_interval_and_with_30_on_both_sides():
    links, activities = tables_of("32")
    graph = graph_of("32")
    side = selection(links, activities, "device", "mobile")
    again = counted_again(graph, side.links, side.activities)
    assert not any(one.is_clear for one in differences(again, again))
    few = selection(links, activities, "first_channel", "display")
    assert not any(one.is_clear for one in differences(again, counted_again(graph, few.links, few.activities)))


def test_the_interval_of_a_difference_is_newcombes():
    # Newcombe 1998, table II, example (a): 56/70 against 48/80, method 10: 0.0524 to 0.3339.
    graph = _two_ways(56, 14)
    place_ = [edge.target for edge in graph.edges].index("CONVERTED")
    found = differences(graph, _two_ways(48, 32))[place_]
    assert found.points == pytest.approx(20)
    assert (found.low_points, found.high_points) == pytest.approx((5.24, 33.39), abs=0.01)


def _two_ways(onward: int, lost: int) -> MapGraph:
    columns = ["activity", "next_activity", "follow_count", "journey_count"]
    rows = [(START, "a", onward + lost), ("a", "CONVERTED", onward), ("a", "DROPPED", lost)]
    nothing = {"open_count": 0, "median_seconds": None, "p90_seconds": None}
    links = pl.DataFrame([(*row, row[2]) for row in rows], schema=columns, orient="row").with_columns(
        converted_count=pl.lit(onward),
        dropped_count=pl.lit(lost),
        settled_converted_count=pl.lit(onward),
        settled_count=pl.lit(onward + lost),
        **{k: pl.lit(v) for k, v in nothing.items()},
    )
    activity = {
        "activity": "a", "stage": "decision", "touchpoint_count": onward + lost, "journey_count": onward + lost,
        "start_count": onward + lost, "converted_end_count": onward, "dropped_end_count": lost, "open_end_count": 0,
        "converted_count": onward, "dropped_count": lost, "open_count": 0,
        "settled_converted_count": onward, "settled_count": onward + lost,
    }  # fmt: skip
    return map_graph(links, pl.DataFrame([activity]))


def test_how_the_journeys_of_the_newest_month_end_is_too_recent_to_tell():
    links, activities = tables_of("32")
    offered = {comparison.title: comparison for comparison in comparisons(links, activities)}
    months = offered["Journeys begun in Feb\xa02026 with Jan\xa02026"]
    assert (months.ends_known, months.second.is_settled) == (False, True)
    graph = graph_of("32", flow_share=1.0, max_edges=10_000)
    one, two = (counted_again(graph, side.links, side.activities) for side in (months.first, months.second))
    assert [known.share for known in edge_conversions(one) if known is not None if known.share is not None] == []
    assert any(edge.outcome.is_too_recent for edge in one.edges if edge.outcome)
    found = {edge.pair: (edge, one) for edge, one in zip(one.edges, differences(one, two), strict=True)}
    ends = [facts for (_, target), facts in found.items() if target in ENDS]
    assert {known.points for _, known in ends} == {known.first.share for _, known in ends} == {None}
    assert all("too recent to tell" in difference_facts(*facts)[-1] for facts in ends)
    assert any(known.points is not None for (_, target), (_, known) in found.items() if target not in ENDS)
    devices = offered["Device: mobile with everybody else"]
    assert devices.ends_known
    one, two = (counted_again(graph, side.links, side.activities) for side in (devices.first, devices.second))
    assert not any(known.is_too_recent for known in differences(one, two))
    assert all(known.is_too_recent is (edge.target in ENDS) for edge, known in zip(
        one.edges, differences(one, two, ends_known=False), strict=True
    ))  # fmt: skip


def test_a_share_of_none_is_null():
    found = shares([0, 3], [0, 4])
    assert (found[0].share, found[0].low, found[0].high) == (None, None, None)
    assert found[1].share == 0.75
    assert found[1].is_small


# how it is drawn


def test_boxes_and_numbers_never_overlap_at_any_position_of_the_slider(world: str):
    for level in levels(selection(*tables_of(world))):
        texts = [*level.placed.layout.boxes.values(), *(label.box for label in level.placed.labels if label)]
        assert not [pair for pair in combinations(texts, 2) if pair[0].overlaps(pair[1])]
        assert all(box.left >= 0 and box.right <= CANVAS_WIDTH for box in texts)


def test_a_number_stays_where_it_is_when_rarer_arrows_are_hidden(world: str):
    graph = graph_of(world)
    placed = place(graph)
    assert any(placed.labels)
    for label, edge in zip(placed.labels, graph.edges, strict=True):
        assert label is None or not edge.is_loop


def test_columns_follow_the_stages_between_the_start_and_the_ends(world: str):
    graph = graph_of(world)
    placed = place(graph)
    lefts = dict(placed.columns)
    boxes = placed.layout.boxes
    for node in graph.nodes:
        assert boxes[node.key].left == lefts[node.stage]
    assert list(lefts.values()) == sorted(lefts.values())
    assert boxes[START].right < min(lefts.values())
    assert all(boxes[end].left > max(lefts.values()) + placed.box_width for end in graph.terminals if end != START)


@pytest.mark.parametrize("mode", KINDS)
def test_every_mode_writes_its_own_numbers(mode: str):
    graph = graph_of("32")
    figure = draw(graph, mode=mode).to_plotly_json()
    texts = [note["text"] for note in figure["layout"]["annotations"][: len(graph.edges)]]
    for text, edge, label in zip(texts, graph.edges, place(graph).labels, strict=True):
        seconds = edge.median_seconds if mode == "median" else edge.p90_seconds
        wait = "" if seconds is None else short_duration(seconds)
        journeys = f"{edge.journeys:,}" if edge.journeys is not None else f"≥\u00a0{edge.least_journeys:,}"
        expected = {"frequency": f"{edge.count:,}", "journeys": journeys}.get(mode, wait)
        assert text == (expected if label else "")


def test_nothing_moves_between_views():
    graph = graph_of("32")
    links, activities = tables_of("32")
    side = selection(links, activities, "device", "mobile")
    views = [draw(graph), draw(graph, mode="p90", overlay="dropoff")]
    views.append(draw(graph, versus=counted_again(graph, side.links, side.activities), names=("all", "mobile")))
    places = [
        [(note["x"], note["y"]) for note in view.to_plotly_json()["layout"]["annotations"]]
        + [(list(trace["x"]), list(trace["y"])) for trace in view.to_plotly_json()["data"]]
        for view in views
    ]
    assert places[0] == places[1] == places[2]


def test_an_overlay_colours_by_the_share_of_settled_journeys_and_leaves_small_ones_pale():
    graph = graph_of("32", flow_share=1.0, max_edges=10_000)
    lines = {
        trace["meta"]["edge"]: trace["line"]["color"]
        for trace in draw(graph, overlay="conversion").to_plotly_json()["data"]
        if "edge" in trace.get("meta", {})
    }
    ranked = [
        (edge.outcome.settled_converted / edge.outcome.settled, lines[place_])
        for place_, edge in enumerate(graph.edges)
        if edge.outcome and edge.outcome.settled >= 30 and edge.target not in ENDS
    ]
    pale = [
        lines[place_] for place_, edge in enumerate(graph.edges)
        if edge.outcome is None or edge.outcome.settled < 30 or edge.target in ENDS
    ]  # fmt: skip
    assert len(set(pale)) == 1
    assert pale[0] not in {colour for _, colour in ranked}
    order = list(dict.fromkeys(colour for _, colour in sorted(ranked)))
    assert len(order) == len({colour for _, colour in ranked}) > 2, "each colour is one range of shares"


def test_a_comparison_draws_each_difference_with_both_n():
    graph = graph_of("32")
    links, activities = tables_of("32")
    sides = [selection(links, activities, "device", value) for value in ("mobile", "desktop")]
    one, two = (counted_again(graph, side.links, side.activities) for side in sides)
    figure = draw(one, versus=two, names=("mobile", "desktop")).to_plotly_json()
    hovers = {
        trace["meta"]["edge"]: trace["hovertemplate"] for trace in figure["data"] if "edge" in trace.get("meta", ())
    }
    for place_, edge in enumerate(graph.edges):
        n = [side.leaving.get(edge.source, 0) for side in (one, two)]
        assert f"of {n[0]:,} " in hovers[place_]
        assert f"of {n[1]:,} " in hovers[place_]
    legend = " ".join(note["text"] for note in figure["layout"]["annotations"])
    assert f"mobile ({one.journey_count} journeys) compared with desktop ({two.journey_count} journeys)" in legend


def test_a_comparison_of_other_boxes_is_refused():
    with pytest.raises(ValueError, match="counted_again"):
        draw(graph_of("32"), versus=graph_of("5"))


def test_a_back_arrow_leads_to_an_earlier_stage_and_is_dotted():
    rows = [(START, "a", 9), ("a", "b", 9), ("b", "a", 2), ("b", "DROPPED", 7), ("a", "OPEN", 2)]
    links = pl.DataFrame(rows, schema=["activity", "next_activity", "follow_count"], orient="row").with_columns(
        journey_count="follow_count", converted_count=0, dropped_count=7, open_count=2, settled_converted_count=0,
        settled_count=7, median_seconds=60.0, p90_seconds=90.0,
    )  # fmt: skip
    activities = pl.DataFrame(
        {
            "activity": ["a", "b"], "stage": ["awareness", "decision"], "touchpoint_count": [11, 9],
            "journey_count": [9, 9], "start_count": [9, 0], "converted_end_count": [0, 0],
            "dropped_end_count": [0, 7], "open_end_count": [2, 0], "converted_count": [0, 0],
            "dropped_count": [7, 7], "open_count": [2, 2], "settled_converted_count": [0, 0],
            "settled_count": [7, 7],
        }
    )  # fmt: skip
    graph = map_graph(links, activities, flow_share=1.0)
    backs = [edge.pair for edge in graph.edges if edge.is_back]
    assert backs == [("activity:b", "activity:a")]
    figure = draw(graph).to_plotly_json()["data"]
    dotted = [trace["meta"]["edge"] for trace in figure if trace.get("line", {}).get("dash") == "dot"]
    assert [graph.edges[edge].pair for edge in dotted] == backs


def test_no_activities_give_a_map_that_says_so():
    whole = selection(*tables_of("5"))
    figure = draw(map_graph(whole.links.clear(), whole.activities.clear()))
    assert "No transitions yet" in figure.to_plotly_json()["layout"]["annotations"][0]["text"]


def test_a_single_activity_is_a_map():
    graph = _two_ways(5, 0)
    assert graph.terminals == {START: 5, "CONVERTED": 5}
    assert draw(graph).to_plotly_json()["layout"]["height"] > 0


# the layout by itself


def columns_of(number: int) -> dict[str, list[float]]:
    return {"lefts": [200.0 * n for n in range(number)], "widths": [100.0] * number}


def test_sweeps_untangle_what_was_given_crossed():
    layout = layered([["a", "b"], ["d", "c"]], [("a", "c", 5), ("b", "d", 5)], **columns_of(2))
    tops = {name: box.top for name, box in layout.boxes.items()}
    assert (tops["a"] < tops["b"]) == (tops["c"] < tops["d"])


def test_an_arrow_over_a_column_passes_between_its_boxes():
    links = [("a", "b", 5), ("b", "c", 5), ("a", "c", 3)]
    layout = layered([["a"], ["b"], ["c"]], links, **columns_of(3))
    box = layout.boxes["b"]
    inside = [y for x, y in layout.curves[2] if box.left <= x <= box.right]
    assert inside
    assert all(y < box.top or y > box.bottom for y in inside)


def test_arrows_to_one_box_share_a_line_and_each_has_a_part_of_its_own():
    links = [("a", "z", 5), ("b", "z", 3), ("c", "z", 1)]
    layout = layered([["a", "b"], ["c"], ["z"]], links, **columns_of(3))
    own = [layout.curves[link][slice(*layout.own[link])] for link in (0, 1)]
    rest_ = [layout.curves[link][layout.own[link][1] :] for link in (0, 1)]
    assert rest_[0] == rest_[1] != []
    assert not set(own[0]) & set(own[1]) - {own[0][-1]}
    assert layout.own[2] == (0, len(layout.curves[2]))


def test_boxes_keep_their_order_and_distance_and_stay_within_the_tallest_column():
    random = Random(5)
    order = [[f"{column}.{n}" for n in range(size)] for column, size in enumerate((3, 9, 1, 5))]
    nodes = [node for column in order for node in column]
    links = [(*random.sample(nodes, 2), random.random() * 9) for _ in range(40)]
    heights = {node: random.choice([12.0, 50.0]) for node in nodes}
    middles = spaced(order, links, heights, space=16)
    for column in order:
        for above, below in pairwise(column):
            gap = middles[below] - heights[below] / 2 - middles[above] - heights[above] / 2
            assert gap >= 16 - 0.11
    tallest = max(sum(heights[node] + 16 for node in column) - 16 for column in order)
    assert min(middles[node] - heights[node] / 2 for node in nodes) == pytest.approx(0, abs=0.06)
    assert max(middles[node] + heights[node] / 2 for node in nodes) <= tallest + 0.2


def test_two_boxes_joined_by_one_arrow_stand_level():
    middles = spaced([["a", "b"], ["c"]], [("b", "c", 2.0)], dict.fromkeys("abc", 50.0), space=10)
    assert middles["b"] == pytest.approx(middles["c"], abs=0.2)
