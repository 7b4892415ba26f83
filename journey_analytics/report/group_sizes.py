"""How large the groups of a selection are, and the frames without those of which nothing may be shown. Pure."""

from collections.abc import Mapping
from typing import Final

import polars as pl

Frames = Mapping[str, pl.DataFrame]

WHOLE: Final = "all"
SMALLEST_GROUP: Final = 5
"""Of a group of fewer journeys nothing is shown (k < 5)."""

STAGE_TABLES: Final = frozenset(
    {"mart.stage_dropoff", "mart.stage_exit", "mart.stage_reach", "mart.time_in_stage", "mart.stage_flow"}
)
"""Tables of entrants: the window counts for them, and their month is that of entering the stage."""

_OF_STAGES: Final = frozenset({"mart.selection_flow", "mart.opportunity"})
"""Tables of entrants too, that are not narrowed by a window."""

MONTHS: Final = ("entry_month", "started_month")
"""What tables call the segment `month`, by entering the stage or by the beginning."""

KEY: Final = ["segment", "segment_value"]
"""The columns that say whom a row is about."""

DROPOFF: Final = "mart.stage_dropoff"
SELECTION_HEADLINE: Final = "mart.selection_headline"


def journeys_of(counts: pl.DataFrame, segment: str, value: str) -> int | None:
    """Active journeys of a value, of `group_counts`; of a month those that began in it; null where no table tells."""
    names = MONTHS if segment == "month" else (segment,)
    rows = counts.filter(pl.col("segment").is_in(names) & (pl.col("segment_value") == value))
    in_order = rows.sort("segment", descending=True)["journey_count"].to_list()
    return in_order[0] if in_order else None


def is_small_group(counts: pl.DataFrame, segment: str, value: str) -> bool:
    """Whether nothing of a value may be shown; of a month where neither its entrants nor its beginnings are enough."""
    names = MONTHS if segment == "month" else (segment,)
    rows = counts.filter(pl.col("segment").is_in(names) & (pl.col("segment_value") == value))
    return bool(rows.height) and rows.filter(is_large()).is_empty()


def group_counts(frames: Frames) -> pl.DataFrame:
    """How many journeys each value of each segment has: `segment`, `segment_value`, `journey_count`, sorted so.

    `customer_count`: of so many customers; null where no table tells.

    From `mart.selection_headline`; of segments that it has not, the journeys that began (paths), or that entered the
    stage most of them enter.
    """
    parts = [_counted(frames, table, *measures) for table, *measures in _GROUP_COUNTS if table in frames]
    empty = pl.DataFrame(schema=dict(zip(KEY, (pl.String, pl.String), strict=True)) | _COUNT_SCHEMA)
    every = pl.concat([empty, *parts])
    return every.unique(KEY, keep="first", maintain_order=True).sort(KEY)


_COUNT_SCHEMA: Final = {"journey_count": pl.Int64, "customer_count": pl.Int64}
_GROUP_COUNTS: Final = (
    (SELECTION_HEADLINE, pl.col("journey_count").sum(), pl.col("customer_count").sum()),
    ("mart.path_activity", pl.col("start_count").sum(), pl.lit(None)),
    # A customer may enter several stages: so many there are at least.
    (DROPOFF, pl.col("entered_count").max(), pl.col("customer_count").max()),
)


def _counted(frames: Frames, table: str, journeys: pl.Expr, customers: pl.Expr) -> pl.DataFrame:
    known = frames[table].filter(pl.col("segment").is_not_null())
    has_customers = "customer_count" in known.columns and known["customer_count"].is_not_null().any()
    told = customers if has_customers else pl.lit(None)
    counted = known.group_by(KEY).agg(journey_count=journeys.cast(pl.Int64), customer_count=told.cast(pl.Int64))
    return counted.select(*KEY, *_COUNT_SCHEMA)


def suppressed(frames: Frames) -> dict[str, pl.DataFrame]:
    """The frames without the rows of groups of fewer than `SMALLEST_GROUP` journeys; the whole always stays.

    A group is a value of a segment, and in the tables of entrants its entrants of one stage, who must be of as many
    customers. Within a group that is shown, small counts are shown: they say what its journeys did.
    """
    small = small_groups(group_counts(frames), frames.get(DROPOFF))
    return {table: suppressed_table(table, frame, small) for table, frame in frames.items()}


def small_groups(counts: pl.DataFrame, dropoff: pl.DataFrame | None = None) -> pl.DataFrame:
    """The `segment`, `segment_value` and `stage` of groups of which nothing is shown; no stage: of none of them.

    Args:
        counts: `group_counts`.
        dropoff: `mart.stage_dropoff`: of its stages those that too few customers of a value entered. Null, or without
            `customer_count` in a copy of an older release: no single stages.
    """
    values = counts.filter(~is_large() & (pl.col("segment") != WHOLE))
    whole = values.select(*KEY, pl.lit(None, dtype=pl.String).alias("stage"))
    if dropoff is None or "customer_count" not in dropoff.columns:
        return whole
    is_few = (pl.col("customer_count") < SMALLEST_GROUP) & (pl.col("segment") != WHOLE)
    return pl.concat([whole, dropoff.filter(is_few).select(*KEY, "stage")])


def is_large() -> pl.Expr:
    """Whether a row of `group_counts` is a group that may be shown: enough journeys, of enough customers."""
    return pl.min_horizontal("journey_count", "customer_count") >= SMALLEST_GROUP


def suppressed_table(table: str, frame: pl.DataFrame, small: pl.DataFrame) -> pl.DataFrame:
    """One table without the rows of small groups."""
    if not set(KEY) <= set(frame.columns):
        return frame
    values, stages = small.filter(pl.col("stage").is_null()), small.filter(pl.col("stage").is_not_null())
    kept = frame.join(values, on=KEY, how="anti", maintain_order="left")
    for name in _stage_columns(table, frame):
        kept = kept.join(stages, left_on=[*KEY, name], right_on=[*KEY, "stage"], how="anti", maintain_order="left")
    if table not in STAGE_TABLES | {"mart.opportunity"} or "entered_count" not in frame.columns:
        return kept
    is_small = (pl.col("entered_count") < SMALLEST_GROUP).fill_null(value=False)
    return kept.filter((pl.col("segment") == WHOLE) | ~is_small)


def _stage_columns(table: str, frame: pl.DataFrame) -> list[str]:
    """The columns that name the stages of which a row of entrants tells."""
    if table not in STAGE_TABLES | _OF_STAGES:
        return []
    return [name for name in ("stage", "from_stage", "to_state") if name in frame.columns]
