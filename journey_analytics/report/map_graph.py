"""What the process map shows: which activities and transitions are kept, what is folded, and how much that is.

Activities are folded first and the transitions counted again between what is left, so the map still adds up; only
then are rare transitions left out (van der Aalst, 2019: a graph thinned by edge frequency alone invents loops).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from journey_analytics.contract import STAGES, UNKNOWN

START = "START"
COLUMNS = (UNKNOWN, *STAGES)
"""Columns of the map from left to right; touchpoints without a stage come first."""

_OTHER = "other:"
_FEWEST_BOXES = 14
_ALWAYS_PER_STAGE = 2
_ENDS = ("converted", "dropped", "open")


@dataclass(frozen=True)
class Node:
    """One box: an activity, or the folded rest of a stage (`members` > 1, then `activity` is null)."""

    key: str
    activity: str | None
    stage: str
    touchpoints: int
    members: int
    ended: dict[str, int]
    loops: int = 0


@dataclass(frozen=True)
class Edge:
    """One arrow: `count` transitions (journeys for START). Waiting times are null where several are folded.

    `is_back`: it leads to an earlier stage.
    """

    source: str
    target: str
    count: int
    journeys: int | None
    median_seconds: float | None
    p90_seconds: float | None
    is_back: bool = False


@dataclass(frozen=True)
class MapGraph:
    """What is drawn, with the totals it is part of. `ends`: journeys by the column of the last thing done in them."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    ends: dict[str, dict[str, int]]
    transition_count: int
    shown_transition_count: int
    journey_count: int
    shown_start_count: int
    activity_count: int


def map_graph(
    follows: pl.DataFrame,
    activities: pl.DataFrame,
    *,
    flow_share: float = 0.8,
    max_activities: int = 26,
    max_per_stage: int = 7,
    max_edges: int = 64,
) -> MapGraph:
    """Fold rare activities per stage, count transitions between what is left, keep the busiest ones.

    Args:
        follows: activity, next_activity, follow_count, journey_count, median_seconds, p90_seconds.
        activities: activity, stage (its most frequent one), touchpoint_count, start_count, and how many journeys ended
            with it by status: converted_end_count, dropped_end_count, open_end_count.
        flow_share: transitions (and starts) are kept by descending count until this share of them is reached.
        max_activities: at most so many activities get a box of their own, by descending touchpoints, then name.
        max_per_stage: the same within one stage.
        max_edges: arrows that a reader can follow. Where the share needs more, more activities are folded first: arrows
            between fewer boxes are busier. At 14 boxes no more are folded, and the share may be missed.
    """
    folded, projected, kept = _legible(
        follows,
        activities,
        flow_share=flow_share,
        boxes=max_activities,
        max_per_stage=max_per_stage,
        max_edges=max_edges,
    )
    starts = _starts(folded)
    kept_starts = _busiest(starts, flow_share)
    return MapGraph(
        nodes=_nodes(folded, projected),
        edges=_edges(kept_starts, kept, dict(folded.select("key", "stage").iter_rows())),
        ends=_ends(folded),
        transition_count=int(projected["count"].sum()),
        shown_transition_count=int(kept["count"].sum()),
        journey_count=int(starts["count"].sum()),
        shown_start_count=int(kept_starts["count"].sum()),
        activity_count=activities.height,
    )


def _legible(
    follows: pl.DataFrame,
    activities: pl.DataFrame,
    *,
    flow_share: float,
    boxes: int,
    max_per_stage: int,
    max_edges: int,
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Fold until the busiest arrows that make up the share are few enough."""
    while True:
        folded = _folded(activities, max_activities=boxes, max_per_stage=max_per_stage)
        projected = _projected(follows, folded)
        busiest = _busiest(projected, flow_share)
        if busiest.height <= max_edges or boxes <= _FEWEST_BOXES:
            return folded, projected, _without_floating(projected, busiest.head(max_edges))
        boxes = max(_FEWEST_BOXES, boxes - 2)


def _folded(activities: pl.DataFrame, *, max_activities: int, max_per_stage: int) -> pl.DataFrame:
    """Activities with the key of their box; a rest of one keeps its own box, as do the first two of every stage."""
    ranked = activities.sort(["touchpoint_count", "activity"], descending=[True, False]).with_columns(
        stage=pl.when(pl.col("stage").is_in(COLUMNS)).then("stage").otherwise(pl.lit(UNKNOWN)),
    )
    place, place_in_stage = pl.int_range(pl.len()), pl.int_range(pl.len()).over("stage")
    is_rare = (place >= max_activities) & (place_in_stage >= _ALWAYS_PER_STAGE)
    ranked = ranked.with_columns(is_rest=is_rare | (place_in_stage >= max_per_stage))
    is_folded = pl.col("is_rest") & (pl.col("is_rest").sum().over("stage") > 1)
    return ranked.with_columns(
        key=pl.when(is_folded)
        .then(pl.lit(_OTHER) + pl.col("stage"))
        .otherwise(pl.lit("activity:") + pl.col("activity"))
    )


def _projected(follows: pl.DataFrame, folded: pl.DataFrame) -> pl.DataFrame:
    """Transitions between boxes. Counts add up; journeys and waiting times only stay where nothing was folded."""
    keys = folded.select("activity", "key")
    joined = follows.join(keys, on="activity", how="inner").join(
        keys.rename({"activity": "next_activity", "key": "target"}), on="next_activity", how="inner"
    )
    single = pl.len() == 1
    return (
        joined.group_by(source="key", target="target")
        .agg(
            count=pl.col("follow_count").sum().cast(pl.Int64),
            journeys=pl.when(single).then(pl.col("journey_count").first()),
            median_seconds=pl.when(single).then(pl.col("median_seconds").first()),
            p90_seconds=pl.when(single).then(pl.col("p90_seconds").first()),
        )
        .sort(["count", "source", "target"], descending=[True, False, False])
    )


def _busiest(edges: pl.DataFrame, flow_share: float) -> pl.DataFrame:
    """The first rows that together reach the share of all counts; rows come by descending count."""
    before = pl.col("count").cum_sum() - pl.col("count")
    return edges.filter(before < flow_share * pl.col("count").sum())


def _without_floating(projected: pl.DataFrame, kept: pl.DataFrame) -> pl.DataFrame:
    """The kept transitions, and for a box without any its own busiest one: no box floats."""
    proper = kept.filter(pl.col("source") != pl.col("target"))
    touched = pl.concat([proper["source"], proper["target"]]).unique()
    ends = projected.filter(pl.col("source") != pl.col("target"))
    lonely = pl.concat(
        [
            ends.filter(~pl.col(side).is_in(touched.implode())).unique(side, keep="first", maintain_order=True)
            for side in ("source", "target")
        ]
    )
    first = lonely.with_columns(
        box=pl.when(~pl.col("source").is_in(touched.implode())).then("source").otherwise("target")
    ).sort(["count", "source", "target"], descending=[True, False, False])
    extra = first.unique("box", keep="first", maintain_order=True).drop("box")
    return pl.concat([kept, extra]).unique(["source", "target"], keep="first", maintain_order=True)


def _starts(folded: pl.DataFrame) -> pl.DataFrame:
    counted = folded.group_by(target="key").agg(count=pl.col("start_count").sum().cast(pl.Int64))
    return counted.filter(pl.col("count") > 0).sort(["count", "target"], descending=[True, False])


def _ends(folded: pl.DataFrame) -> dict[str, dict[str, int]]:
    counted = (
        folded.group_by("stage").agg(pl.col(f"{end}_end_count").sum().cast(pl.Int64) for end in _ENDS).sort("stage")
    )
    return {row["stage"]: {end: row[f"{end}_end_count"] for end in _ENDS} for row in counted.iter_rows(named=True)}


def _nodes(folded: pl.DataFrame, projected: pl.DataFrame) -> tuple[Node, ...]:
    boxes = (
        folded.group_by("key", "stage")
        .agg(
            pl.col("activity").first(),
            touchpoints=pl.col("touchpoint_count").sum().cast(pl.Int64),
            members=pl.len(),
            **{end: pl.col(f"{end}_end_count").sum().cast(pl.Int64) for end in _ENDS},
        )
        .sort(["touchpoints", "key"], descending=[True, False])
    )
    loops = {row["source"]: row["count"] for row in projected.iter_rows(named=True) if row["source"] == row["target"]}
    return tuple(
        Node(
            key=row["key"],
            activity=row["activity"] if not row["key"].startswith(_OTHER) else None,
            stage=row["stage"],
            touchpoints=row["touchpoints"],
            members=row["members"],
            ended={end: row[end] for end in _ENDS},
            loops=loops.get(row["key"], 0),
        )
        for row in boxes.iter_rows(named=True)
    )


def _edges(starts: pl.DataFrame, kept: pl.DataFrame, stage_of: Mapping[str, str]) -> tuple[Edge, ...]:
    entries = [
        Edge(START, row["target"], row["count"], row["count"], None, None) for row in starts.iter_rows(named=True)
    ]
    return tuple(
        entries
        + [
            Edge(**row, is_back=_leads_back(stage_of[row["source"]], stage_of[row["target"]]))
            for row in kept.iter_rows(named=True)
        ]
    )


def _leads_back(source: str, target: str) -> bool:
    return UNKNOWN not in (source, target) and STAGES.index(target) < STAGES.index(source)
