"""From where each entrant came into its stage and where it went, and the stage flow of any part of them. Pure."""

from collections.abc import Sequence
from typing import Final

import polars as pl
from polars import selectors

from journey_analytics.contract import STAGES

FROM_ELSEWHERE: Final = "from_elsewhere"
TO_ELSEWHERE: Final = "to_elsewhere"
"""The other ends of links from and to visits that are outside the selection."""

_WHOLE: Final = "all"
_VISIT: Final = ["journey_id", "stage"]


def stage_links(visits: pl.DataFrame) -> pl.DataFrame:
    """The visits with `from_state` and `to_state`, the two ends of the stage flow that `mart.stage_flow` counts.

    From: the stage whose advance entered this one (the highest one, if several), else `start` (the journey's first
    stage) or `resumed`. To: the stage entered by advancing (of several the lowest), `merged` (advanced, but that entry
    is already another visit's), `next_purchase`, `dropped`, `open`.

    Args:
        visits: one row per journey and stage: `journey_id`, `stage`, `entered_at`, `outcome`, `advanced_at`, and more.
    """
    ranked = visits.with_columns(rank=_rank("stage"))
    chosen = _chosen_advances(ranked)
    came = chosen.select("journey_id", from_stage="stage", stage="next_stage")
    went = chosen.select("journey_id", "stage", "next_stage")
    linked = ranked.join(came, on=_VISIT, how="left").join(went, on=_VISIT, how="left")
    is_first = pl.col("journey_id") != pl.col("journey_id").shift(1)
    ordered = linked.sort("journey_id", "entered_at", "rank").with_columns(is_first=is_first.fill_null(value=True))
    begun = pl.when("is_first").then(pl.lit("start")).otherwise(pl.lit("resumed"))
    states = {"from_state": pl.coalesce("from_stage", begun), "to_state": _to_state()}
    return ordered.with_columns(**states).drop("rank", "from_stage", "next_stage", "is_first")


def _to_state() -> pl.Expr:
    unlinked = pl.when(pl.col("stage") == STAGES[-1]).then(pl.lit("next_purchase")).otherwise(pl.lit("merged"))
    advanced = pl.coalesce("next_stage", unlinked)
    return pl.when(pl.col("outcome") == "advanced").then(advanced).otherwise("outcome")


def _chosen_advances(ranked: pl.DataFrame) -> pl.DataFrame:
    """Which visit leads to which: each visit to at most one, and to each visit at most one."""
    nexts = ranked.select("journey_id", next_stage="stage", next_rank="rank", advanced_at="entered_at")
    reached = (
        ranked.filter(pl.col("outcome") == "advanced")
        .join(nexts, on=["journey_id", "advanced_at"])
        .filter(pl.col("next_rank") > pl.col("rank"))
        .sort("journey_id", "rank", "next_rank")
        .unique(["journey_id", "rank"], keep="first", maintain_order=True)
    )
    return reached.sort("journey_id", "next_rank", "rank", descending=[False, False, True]).unique(
        ["journey_id", "next_rank"], keep="first", maintain_order=True
    )


def flow_by(linked: pl.DataFrame, *, segments: Sequence[str] = ()) -> pl.DataFrame:
    """The stage flow of the whole and of each value of each segment.

    A segment is that of the visit: what is known when the stage is entered can differ between two stages of a journey,
    as its month does. A link to a visit of another value ends in `to_elsewhere`, and comes `from_elsewhere` into that
    value, so that at every stage in = entered = out, and the counts are those of the drop-off.

    Args:
        linked: visits as `stage_links` gives them, with a column per segment.
        segments: columns to split by, besides the whole.

    Returns:
        `segment`, `segment_value`, `from_stage`, `to_state`, `journey_count`; sorted by all but the last.
    """
    pairs = _paired(linked, segments)
    whole = [_flow(pairs, pl.lit(_WHOLE), pl.lit(_WHOLE), _WHOLE)]
    parts = [_flow(pairs, pl.col(name), pl.col(f"next_{name}"), name) for name in segments]
    key = ["segment", "segment_value", "from_stage", "to_state"]
    return pl.concat([*whole, *parts]).sort(key)


def _paired(linked: pl.DataFrame, segments: Sequence[str]) -> pl.DataFrame:
    """The visits, each with the segments of the visit that it leads to; null where that is not among them."""
    read = linked.select("journey_id", "stage", "from_state", "to_state", *segments)
    nexts = read.select(
        "journey_id", *(pl.col(name).alias(f"next_{name}") for name in segments), to_state="stage", is_there=pl.lit(1)
    )
    before = read.select("journey_id", from_state="stage", has_before=pl.lit(1))
    paired = read.join(nexts, on=["journey_id", "to_state"], how="left")
    return paired.join(before, on=["journey_id", "from_state"], how="left")


def _flow(pairs: pl.DataFrame, here: pl.Expr, there: pl.Expr, segment: str) -> pl.DataFrame:
    values = pairs.with_columns(here=here, there=pl.when(pl.col("is_there").is_not_null()).then(there))
    is_led = pl.col("to_state").is_in(STAGES)
    stays = is_led & (pl.col("here") == pl.col("there")).fill_null(value=False)
    ends = pl.when(is_led & ~stays).then(pl.lit(TO_ELSEWHERE)).otherwise("to_state")
    parts = [
        values.select("here", from_stage="stage", to_state=ends),
        values.filter(~pl.col("from_state").is_in(STAGES)).select("here", from_stage="from_state", to_state="stage"),
        values.filter(is_led & ~stays & pl.col("there").is_not_null()).select(
            here="there", from_stage=pl.lit(FROM_ELSEWHERE), to_state="to_state"
        ),
        values.filter(pl.col("from_state").is_in(STAGES) & pl.col("has_before").is_null()).select(
            "here", from_stage=pl.lit(FROM_ELSEWHERE), to_state="stage"
        ),
    ]
    counted = pl.concat(parts).group_by("here", "from_stage", "to_state").agg(journey_count=pl.len().cast(pl.Int64))
    named = {"segment": pl.lit(segment), "segment_value": pl.col("here")}
    return counted.select(**named, from_stage="from_stage", to_state="to_state", journey_count="journey_count")


def flow_cube(linked: pl.DataFrame, *, segments: Sequence[str]) -> pl.DataFrame:
    """Count the links of the stage flow by all segments of both their ends: any part of the visits is a sum of these.

    Args:
        linked: visits as `stage_links` gives them, with a column per segment.
        segments: the columns that can be chosen by.

    Returns:
        `from_stage`, `to_state`, `is_between` (both ends are visits of the journey), the segments of the visit, those
        of the visit it leads to as `next_<segment>` (null where there is none), `journey_count`; sorted by all but the
        last. Links from `start` and `resumed` have the segments of the stage they enter.
    """
    nexts = linked.select(
        "journey_id", *(pl.col(name).alias(f"next_{name}") for name in segments), to_state="stage", is_between=pl.lit(1)
    )
    read = linked.select("journey_id", *segments, from_stage="stage", to_state="to_state")
    out = read.join(nexts, on=["journey_id", "to_state"], how="left")
    begun = linked.filter(~pl.col("from_state").is_in(STAGES))
    came = begun.select("journey_id", *segments, from_stage="from_state", to_state="stage")
    keys = ["from_stage", "to_state", "is_between", *segments, *(f"next_{name}" for name in segments)]
    every = pl.concat([out, came], how="diagonal").with_columns(is_between=pl.col("is_between").is_not_null())
    coded = every.lazy().select(keys).with_columns(selectors.string().cast(pl.Categorical))
    counted = coded.group_by(keys).agg(journey_count=pl.len().cast(pl.Int64)).collect()
    return counted.with_columns(selectors.categorical().cast(pl.String)).sort(keys)


def _rank(column: str) -> pl.Expr:
    return pl.col(column).replace_strict(
        {stage: place for place, stage in enumerate(STAGES)}, default=len(STAGES), return_dtype=pl.Int64
    )
