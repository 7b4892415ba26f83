"""What the process map shows: which activities and links are kept, what is folded, and how much that is.

Activities are folded first and the links counted again between what is left, so at every box in = out; only then are
rare links left out (van der Aalst, 2019: a graph thinned by edge frequency alone invents loops). Links that are left
out stay in `MapGraph.flows`: what is not drawn is counted, and said.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import polars as pl

from journey_analytics.contract import END_NODES, STAGES, START, UNKNOWN
from journey_analytics.report.figures.map_backbone import backbone

COLUMNS = (UNKNOWN, *STAGES)
"""Columns of the map from left to right; touchpoints without a stage come first."""

ENDS = tuple(END_NODES.values())
TERMINALS = (START, *ENDS)
MOST_BOXES = 60
"""More boxes than this are not drawn: a reader finds nothing among them."""

_OTHER = "other:"
_BOX = "activity:"
_ALWAYS_PER_STAGE = 2
_NAMED_MEMBERS = 6
_STATUSES = tuple(END_NODES)
OUTCOME_COLUMNS = (*(f"{status}_count" for status in _STATUSES), "settled_converted_count", "settled_count")
"""The columns behind an `Outcome`, in the order of its fields."""

Pair = tuple[str, str]
_Row = Mapping[str, Any]


@dataclass(frozen=True)
class Outcome:
    """Journeys by status at T, and what is known of those that began early enough (`is_settled`).

    Every share is of `settled`, which are the closed ones of these: of the younger ones mainly those that bought are
    closed. `settled_converted` of them purchased.
    """

    converted: int
    dropped: int
    open: int
    settled_converted: int
    settled: int

    @property
    def settled_dropped(self) -> int:
        """Those of the settled ones that were lost."""
        return self.settled - self.settled_converted

    @property
    def is_too_recent(self) -> bool:
        """Whether journeys are closed, but none of those whose share could be told."""
        return self.converted + self.dropped > 0 == self.settled


NOBODY = Outcome(0, 0, 0, 0, 0)
_Part = TypeVar("_Part", "Node", "Edge")


@dataclass(frozen=True)
class Node:
    """One box: an activity, or the folded rest of a stage (`members` > 1, then `activity` is null).

    `journeys` and `outcome` are null where several activities are folded: a journey may have touched some of them.
    `ended`: journeys whose last touchpoint it is, by status. `names`: the busiest of the folded ones.
    """

    key: str
    activity: str | None
    stage: str
    touchpoints: int
    members: int
    journeys: int | None
    outcome: Outcome | None
    started: int
    ended: Mapping[str, int]
    loops: int = 0
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Edge:
    """One arrow: `count` times that one thing followed the other (journeys, for START and the ends).

    `journeys`, `outcome` and the waits are null where several links are folded into the arrow (`members` > 1);
    `least_journeys`, the most of any of them, is then a lower bound. `activity`, `next_activity`: the only link in it.
    `before`: the share (0–1) of its kind that busier ones carry. `is_back`: it leads to an earlier stage.
    `is_backbone`: it is kept so that every box lies on a drawn path.
    """

    source: str
    target: str
    count: int
    members: int
    journeys: int | None
    least_journeys: int
    outcome: Outcome | None
    median_seconds: float | None
    p90_seconds: float | None
    activity: str | None = None
    next_activity: str | None = None
    before: float = 0.0
    is_back: bool = False
    is_backbone: bool = False

    @property
    def pair(self) -> Pair:
        """What it joins."""
        return self.source, self.target

    @property
    def is_loop(self) -> bool:
        """Whether it leads from a box to itself."""
        return self.source == self.target

    @property
    def is_terminal(self) -> bool:
        """Whether a journey starts or ends with it: then it has no wait, and counts journeys."""
        return self.source == START or self.target in ENDS


@dataclass(frozen=True)
class MapGraph:
    """What is drawn, with all that it is part of.

    Attributes:
        nodes: the boxes, by descending touchpoints, then key.
        edges: the drawn arrows in the order in which they are added: loops, the backbone, then by `before`.
        flows: every link between boxes, START and the ends with its count, drawn or not; at each box they balance.
        terminals: journeys that start, and that end in each way; only those there are (or were in the first selection).
        box_of: activity → key of its box.
        journey_count: journeys of this selection.
        settled_count: those of them that began early enough for their outcome to be known, and are closed.
        leaving: what leaves every box and START, drawn or not.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    flows: Mapping[Pair, int]
    terminals: Mapping[str, int]
    box_of: Mapping[str, str]
    journey_count: int
    settled_count: int
    leaving: Mapping[str, int]

    @property
    def activity_count(self) -> int:
        """Activities, folded or not."""
        return len(self.box_of)


def map_graph(
    links: pl.DataFrame,
    activities: pl.DataFrame,
    *,
    max_activities: int = 18,
    flow_share: float = 0.7,
    max_edges: int = 80,
) -> MapGraph:
    """Fold rare activities per stage, count the links between what is left, keep the busiest ones.

    Args:
        links: activity (or START), next_activity (or CONVERTED, DROPPED, OPEN), follow_count, journey_count,
            converted_count, dropped_count, open_count, settled_converted_count, settled_count, median_seconds,
            p90_seconds; of one selection of journeys.
        activities: activity, stage, touchpoint_count, journey_count, start_count, converted_end_count,
            dropped_end_count, open_end_count, converted_count, dropped_count, open_count, settled_converted_count,
            settled_count; of the same selection.
        max_activities: at most so many activities get a box of their own, by descending touchpoints, then name; the
            first two of a stage always do, and no stage has more than half of them.
        flow_share: arrows are added by descending count until they carry this share of the starts, of the ends and of
            the transitions.
        max_edges: arrows that a reader can follow, loops apart; the backbone is drawn even where it has more.
    """
    box_of = _boxes(activities, max_activities=max_activities)
    nodes, rows = _nodes(activities, box_of), _rows(links, box_of)
    flows = {pair: _total(found, "follow_count") for pair, found in rows.items()}
    stage_of = {node.key: node.stage for node in nodes}
    kept = backbone(flows, source=START, targets=ENDS)
    edges = [
        replace(_edge(pair, rows[pair]), before=before, is_backbone=pair in kept, is_back=_leads_back(pair, stage_of))
        for pair, before in _drawn(flows, kept, flow_share=flow_share, max_edges=max_edges).items()
    ]
    return _graph(nodes, flows, edges, box_of, settled=_settled(rows))


def counted_again(graph: MapGraph, links: pl.DataFrame, activities: pl.DataFrame) -> MapGraph:
    """The same boxes and arrows with the counts of another selection of journeys; what it lacks counts 0."""
    box_of = {**dict.fromkeys(activities["activity"], _other(UNKNOWN)), **graph.box_of}
    rows = _rows(links, box_of)
    known = {node.key: node for node in _nodes(activities, box_of)}
    again = _graph(
        [known.get(node.key) or _without_counts(node) for node in graph.nodes],
        {pair: _total(found, "follow_count") for pair, found in rows.items()},
        [_again(edge, rows.get(edge.pair, [])) for edge in graph.edges],
        graph.box_of,
        settled=_settled(rows),
    )
    return replace(again, terminals={key: again.terminals.get(key, 0) for key in graph.terminals})


@dataclass(frozen=True)
class Tally:
    """What a comparison needs of the journeys of a selection.

    `links`: times by activity (or START) and next activity (or end), `settled` the settled journeys among the starts,
    `journeys` by activity.
    """

    links: tuple[tuple[str, str, int], ...]
    settled: int
    journeys: Mapping[str, int]


def tally(links: pl.DataFrame, activities: pl.DataFrame) -> Tally:
    """The tally of rows as `map_graph` wants them."""
    there = links.filter(pl.col("follow_count") > 0)
    settled = there.filter(pl.col("activity") == START)["settled_count"].sum()
    rows = there.select("activity", "next_activity", "follow_count").rows()
    journeys = dict(activities.select("activity", pl.col("journey_count").fill_null(0)).iter_rows())
    return Tally(tuple(rows), int(settled), journeys)


def recounted(graph: MapGraph, of: Tally) -> MapGraph:
    """`counted_again` as far as comparisons read it: times of the arrows, journeys of the boxes, all that leaves."""
    elsewhere, key_of = _other(UNKNOWN), {**graph.box_of, **{key: key for key in TERMINALS}}
    flows: dict[Pair, int] = {}
    leaving: dict[str, int] = {}
    for activity, next_activity, number in of.links:
        source, target = key_of.get(activity, elsewhere), key_of.get(next_activity, elsewhere)
        flows[source, target] = flows.get((source, target), 0) + number
        leaving[source] = leaving.get(source, 0) + number
    journeys: dict[str, list[int]] = {}
    for activity, number in of.journeys.items():
        journeys.setdefault(key_of.get(activity, elsewhere), []).append(number)
    begun = leaving.get(START, 0)
    return replace(
        graph,
        nodes=tuple(_changed(node, journeys=_alone(node, journeys.get(node.key, []))) for node in graph.nodes),
        edges=tuple(_changed(edge, count=flows.get((edge.source, edge.target), 0)) for edge in graph.edges),
        flows=flows,
        terminals={**graph.terminals, START: begun},
        journey_count=begun,
        settled_count=of.settled,
        leaving=leaving,
    )


def _changed(one: _Part, **changes: int | None) -> _Part:
    """`dataclasses.replace` without its checks: a map compares thousands of arrows."""
    made = object.__new__(type(one))
    made.__dict__.update(one.__dict__, **changes)
    return made


def _alone(node: Node, journeys: Sequence[int]) -> int | None:
    """The journeys of a box; null where several activities are folded, of which a journey may have touched some."""
    if not journeys:
        return None if node.activity is None else 0
    return journeys[0] if len(journeys) == 1 else None


def _graph(
    nodes: Sequence[Node],
    flows: Mapping[Pair, int],
    edges: Sequence[Edge],
    box_of: Mapping[str, str],
    *,
    settled: int,
) -> MapGraph:
    leaving: dict[str, int] = {}
    arriving: dict[str, int] = {}
    for (source, target), number in sorted(flows.items()):
        leaving[source] = leaving.get(source, 0) + number
        arriving[target] = arriving.get(target, 0) + number
    terminals = {START: leaving.get(START, 0), **{key: arriving.get(key, 0) for key in ENDS}}
    return MapGraph(
        nodes=tuple(replace(node, loops=flows.get((node.key, node.key), 0)) for node in nodes),
        edges=tuple(edges),
        flows=dict(sorted(flows.items())),
        terminals={key: number for key, number in terminals.items() if number},
        box_of=dict(sorted(box_of.items())),
        journey_count=terminals[START],
        settled_count=settled,
        leaving=leaving,
    )


# boxes


def _boxes(activities: pl.DataFrame, *, max_activities: int) -> dict[str, str]:
    """The box of every activity; a rest of one keeps its own box, as do the first two of every stage."""
    ranked = activities.select("activity", _stage(), "touchpoint_count").sort(
        ["touchpoint_count", "activity"], descending=[True, False]
    )
    place, place_in_stage = pl.int_range(pl.len()), pl.int_range(pl.len()).over("stage")
    per_stage = max(_ALWAYS_PER_STAGE, -(-max_activities // 2))
    is_rare = (place >= max_activities) & (place_in_stage >= _ALWAYS_PER_STAGE)
    if ranked.height > max_activities:
        ranked = ranked.with_columns(is_rest=is_rare | (place_in_stage >= per_stage))
    else:
        ranked = ranked.with_columns(is_rest=pl.lit(value=False))
    folded = ranked.with_columns(is_folded=pl.col("is_rest") & (pl.col("is_rest").sum().over("stage") > 1))
    return {
        row["activity"]: _other(row["stage"]) if row["is_folded"] else _BOX + row["activity"]
        for row in folded.iter_rows(named=True)
    }


def _stage() -> pl.Expr:
    return pl.when(pl.col("stage").is_in(COLUMNS)).then("stage").otherwise(pl.lit(UNKNOWN)).alias("stage")


def _other(stage: str) -> str:
    return _OTHER + stage


def _nodes(activities: pl.DataFrame, box_of: Mapping[str, str]) -> tuple[Node, ...]:
    rows: dict[str, list[_Row]] = {}
    for row in sorted(activities.to_dicts(), key=lambda row: (-row["touchpoint_count"], row["activity"])):
        rows.setdefault(box_of[row["activity"]], []).append(row)
    return tuple(sorted((_node(key, box) for key, box in rows.items()), key=lambda node: (-node.touchpoints, node.key)))


def _node(key: str, rows: Sequence[_Row]) -> Node:
    only = rows[0] if len(rows) == 1 else None
    return Node(
        key=key,
        activity=rows[0]["activity"] if not key.startswith(_OTHER) else None,
        stage=rows[0]["stage"] if rows[0]["stage"] in COLUMNS else UNKNOWN,
        touchpoints=_total(rows, "touchpoint_count"),
        members=len(rows),
        journeys=_number(only, "journey_count") if only else None,
        outcome=_outcome([only]) if only else None,
        started=_total(rows, "start_count"),
        ended={status: _total(rows, f"{status}_end_count") for status in _STATUSES},
        names=tuple(row["activity"] for row in rows[:_NAMED_MEMBERS]),
    )


def _without_counts(node: Node) -> Node:
    journeys = None if node.activity is None else 0
    ended = dict.fromkeys(_STATUSES, 0)
    return replace(node, touchpoints=0, journeys=journeys, outcome=None, started=0, ended=ended, loops=0)


def _number(row: _Row, column: str) -> int:
    return int(row[column] or 0)


def _total(rows: Sequence[_Row], column: str) -> int:
    return sum(_number(row, column) for row in rows)


def _outcome(rows: Sequence[_Row]) -> Outcome:
    return Outcome(*(_total(rows, column) for column in OUTCOME_COLUMNS))


def _settled(rows: Mapping[Pair, Sequence[_Row]]) -> int:
    """Each journey starts once."""
    return sum(_total(found, "settled_count") for pair, found in rows.items() if pair[0] == START)


# arrows


def _rows(links: pl.DataFrame, box_of: Mapping[str, str]) -> dict[Pair, list[_Row]]:
    """The links behind every arrow."""
    key_of = {**box_of, **{key: key for key in TERMINALS}}
    rows: dict[Pair, list[_Row]] = {}
    for row in links.filter(pl.col("follow_count") > 0).to_dicts():
        rows.setdefault((key_of[row["activity"]], key_of[row["next_activity"]]), []).append(row)
    return rows


def _edge(pair: Pair, rows: Sequence[_Row]) -> Edge:
    """Starts and ends add up, a journey has one of each; other links only say what they are where one stands alone."""
    only = rows[0] if len(rows) == 1 else None
    adds_up = only is not None or pair[0] == START or pair[1] in ENDS
    return Edge(
        source=pair[0],
        target=pair[1],
        count=_total(rows, "follow_count"),
        members=len(rows),
        journeys=_total(rows, "journey_count") if adds_up else None,
        least_journeys=max(_number(row, "journey_count") for row in rows),
        outcome=_outcome(rows) if adds_up else None,
        median_seconds=only["median_seconds"] if only else None,
        p90_seconds=only["p90_seconds"] if only else None,
        activity=only["activity"] if only else None,
        next_activity=only["next_activity"] if only else None,
    )


def _again(edge: Edge, rows: Sequence[_Row]) -> Edge:
    if rows:
        same = {"before": edge.before, "is_back": edge.is_back, "is_backbone": edge.is_backbone}
        return replace(_edge(edge.pair, rows), **same)
    return replace(edge, count=0, journeys=0, least_journeys=0, outcome=NOBODY, median_seconds=None, p90_seconds=None)


def _drawn(
    flows: Mapping[Pair, int], kept: AbstractSet[Pair], *, flow_share: float, max_edges: int
) -> dict[Pair, float]:
    """Loops, which stand in their box; the backbone; then the busiest of each kind; with what goes before each."""
    before = _before(flows)
    ranked = sorted(flows, key=lambda pair: (pair[0] != pair[1], pair not in kept, before[pair], -flows[pair], pair))
    loops = sum(source == target for source, target in flows)
    least, most = loops + len(kept), loops + max(max_edges, len(kept))
    busy = sum(pair in kept or pair[0] == pair[1] or before[pair] < flow_share for pair in ranked)
    return {pair: before[pair] for pair in ranked[: min(most, max(least, busy))]}


def _before(flows: Mapping[Pair, int]) -> dict[Pair, float]:
    """For each link the share (0–1) that busier ones of its kind carry: starts, ends and all between are kinds.

    Ends are many and rare: measured against the links between activities, nobody would be seen to leave.
    """
    kinds = [kind_of(pair) for pair in flows]
    totals = {kind: sum(flows[pair] for pair in flows if kind_of(pair) == kind) for kind in set(kinds)}
    carried = dict.fromkeys(totals, 0)
    before: dict[Pair, float] = {}
    for pair in sorted(flows, key=lambda pair: (-flows[pair], pair)):
        kind = kind_of(pair)
        before[pair] = carried[kind] / totals[kind]
        carried[kind] += flows[pair]
    return before


def kind_of(pair: Pair) -> str:
    """What a link counts."""
    if pair[0] == START:
        return "journey starts"
    return "journey ends" if pair[1] in ENDS else "transitions"


def _leads_back(pair: Pair, stage_of: Mapping[str, str]) -> bool:
    stages = [stage_of.get(end, UNKNOWN) for end in pair]
    return UNKNOWN not in stages and STAGES.index(stages[1]) < STAGES.index(stages[0])
