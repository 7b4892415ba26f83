"""Links of a step flow: loops unrolled, anchored anywhere, folded without losing a journey. Pure: frames in and out."""

from collections.abc import Sequence
from typing import Final

import polars as pl

from journey_analytics.contract import END_NODES, START

MORE: Final = "MORE"
"""The node of all steps that are further from the anchor than is shown. In capitals: no activity is spelled so."""

OTHER: Final = "OTHER"
"""The node of the steps with fewer journeys at one number, together."""

ENDS: Final = tuple(END_NODES.values())
STEP_WORDS: Final = {
    START: "start",
    MORE: "further steps",
    OTHER: "other steps",
    END_NODES["converted"]: "purchased",
    END_NODES["dropped"]: "lost",
    END_NODES["open"]: "still open",
}
"""The nodes that are no stage and no activity, as people call them."""

COUNTS: Final = (
    "journey_count", "first_count", "converted_count", "dropped_count", "open_count", "settled_converted_count",
    "settled_count",
)  # fmt: skip
_KEY: Final = ("step_number", "node", "next_node")
LINK_SCHEMA: Final = pl.Schema(
    {"step_number": pl.Int64(), "node": pl.String(), "next_node": pl.String(), **dict.fromkeys(COUNTS, pl.Int64())}
)


def step_links(rows: pl.DataFrame, *, steps: int, anchor: str, pattern: Sequence[str] = ()) -> pl.DataFrame:
    """One row per link of a step flow, as `mart.step_flow` defines it, for one anchor.

    Args:
        rows: what may be a step, sorted by journey and the order in it: journey (integer), status (at T), is_settled
            (whether it began early enough for its outcome to be known), node (null: no step; a journey of such rows
            alone goes from START to its end), is_entered (whether the first such node of the journey counts in
            first_count), and a boolean column for each element of the pattern. Immediate repeats of a node are one
            step, which fits an element where any of them does.
        steps: so many steps each side of the anchor have nodes of their own; what lies further is MORE. At least 1.
        anchor: `start`, `end`, or anything else: the last step of the first match of `pattern`; journeys without a
            match are left out.
        pattern: the names of the boolean columns, in the order in which the steps directly follow each other.

    Returns:
        step_number (that of `node`; the anchor is 0), node, next_node and the counts of journeys, in the order of
        numbers, then of most journeys, then of names.
    """
    placed = _placed(rows, pattern)
    links = pl.concat([_inner(placed), _final(placed), _stepless(rows, placed)])
    anchored = _anchored(links, placed, anchor=anchor, pattern=pattern)
    return _counted(_windowed(anchored, steps))


def _placed(rows: pl.DataFrame, pattern: Sequence[str]) -> pl.DataFrame:
    """One row per step: repeats collapsed, with its place (from 1) and the number of steps of its journey."""
    known = rows.filter(pl.col("node").is_not_null())
    changes = (pl.col("node") != pl.col("node").shift(1)) | (pl.col("journey") != pl.col("journey").shift(1))
    marked = known.with_columns(changes=changes.fill_null(value=True))
    if pattern:
        runs = marked.with_columns(run=pl.col("changes").cum_sum())
        marked = runs.group_by("run", maintain_order=True).agg(
            pl.col("journey", "status", "is_settled", "node", "is_entered").first(),
            pl.col(*pattern).any(),
            changes=pl.lit(value=True),
        )
    kept = marked.filter("changes").with_columns(pl.col("journey").set_sorted())
    return kept.with_columns(
        place=pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("journey"),
        step_count=pl.len().over("journey").cast(pl.Int64),
        is_first=pl.struct("journey", "node").is_first_distinct() & pl.col("is_entered"),
    )


_LINK: Final = ("journey", "status", "is_settled", "at", "step_count", "node", "next_node", "is_first")


def _inner(placed: pl.DataFrame) -> pl.DataFrame:
    """The link into each step: from the step before, or from START."""
    before = pl.when(pl.col("place") == 1).then(pl.lit(START)).otherwise(pl.col("node").shift(1))
    return placed.select(
        "journey",
        "status",
        "is_settled",
        "step_count",
        "is_first",
        at=pl.col("place") - 1,
        node=before,
        next_node="node",
    ).select(_LINK)


def _final(placed: pl.DataFrame) -> pl.DataFrame:
    """The link from each journey's last step to its end."""
    last = placed.filter(pl.col("place") == pl.col("step_count"))
    return last.with_columns(at="place", next_node=_end(), is_first=pl.lit(value=True)).select(_LINK)


def _stepless(rows: pl.DataFrame, placed: pl.DataFrame) -> pl.DataFrame:
    """Journeys without any step go from START to their end."""
    journeys = (
        rows.group_by("journey").agg(pl.col("status", "is_settled").first()).join(placed, on="journey", how="anti")
    )
    return journeys.with_columns(
        at=pl.lit(0, pl.Int64), step_count=pl.lit(0, pl.Int64), node=pl.lit(START), next_node=_end(),
        is_first=pl.lit(value=True),
    ).select(_LINK)  # fmt: skip


def _end() -> pl.Expr:
    return pl.col("status").replace_strict(END_NODES)


def _anchored(links: pl.DataFrame, placed: pl.DataFrame, *, anchor: str, pattern: Sequence[str]) -> pl.DataFrame:
    if anchor == "start":
        return links.with_columns(number="at")
    if anchor == "end":
        return links.with_columns(number=pl.col("at") - pl.col("step_count") - 1)
    matches = placed.filter(_fits(pattern)).group_by("journey").agg(anchor_place=pl.col("place").min())
    return links.join(matches, on="journey", how="inner").with_columns(number=pl.col("at") - pl.col("anchor_place"))


def _fits(pattern: Sequence[str]) -> pl.Expr:
    """Whether the pattern ends at this step: each element at its distance, in the same journey."""
    last = len(pattern) - 1
    fits = [pl.col(column).shift(last - place) for place, column in enumerate(pattern)]
    inside = pl.col("place") > last
    return pl.all_horizontal(inside, *(one.fill_null(value=False) for one in fits))


def _windowed(links: pl.DataFrame, steps: int) -> pl.DataFrame:
    """Nodes further than `steps` from the anchor become MORE, and links within MORE vanish."""
    is_start, is_end = pl.col("node") == START, pl.col("next_node").is_in(ENDS)
    number, following = pl.col("number"), pl.col("number") + 1
    near = number.is_between(-steps - 1, steps)
    kept = links.filter(near | (is_start & (number < 0)) | (is_end & (number > 0)))
    return kept.with_columns(
        step_number=number.clip(-steps - 2, steps + 1),
        node=pl.when((number.abs() > steps) & ~is_start).then(pl.lit(MORE)).otherwise("node"),
        next_node=pl.when((following.abs() > steps) & ~is_end).then(pl.lit(MORE)).otherwise("next_node"),
    ).filter((pl.col("node") != MORE) | (pl.col("next_node") != MORE))


def _counted(links: pl.DataFrame) -> pl.DataFrame:
    first = pl.col("is_first") & (pl.col("next_node") != MORE)
    by_status = {f"{status}_count": (pl.col("status") == status).sum() for status in END_NODES}
    settled = {
        "settled_converted_count": (pl.col("is_settled") & (pl.col("status") == "converted")).sum(),
        "settled_count": (pl.col("is_settled") & (pl.col("status") != "open")).sum(),
    }
    counted = links.group_by(_KEY).agg(journey_count=pl.len(), first_count=first.sum(), **by_status, **settled)
    return ordered(counted.cast(LINK_SCHEMA))


def ordered(links: pl.DataFrame) -> pl.DataFrame:
    """Links by number, then most journeys, ties by name."""
    by = ("step_number", "journey_count", "node", "next_node")
    return links.select(*LINK_SCHEMA).sort(by, descending=[False, True, False, False])


def shortened(links: pl.DataFrame, steps: int) -> pl.DataFrame:
    """The same flow with fewer steps each side of the anchor: exactly what counting it so from the start would give."""
    renamed = _windowed(links.with_columns(number="step_number"), steps)
    to_more = pl.when(pl.col("next_node") == MORE).then(0).otherwise("first_count")
    return _summed(renamed.with_columns(first_count=to_more))


def folded(links: pl.DataFrame, top: int) -> pl.DataFrame:
    """At each number the `top` steps with most journeys keep their names, ties by name; the others become OTHER.

    START, the ends and MORE are never folded. Every count adds up to the same as before; `first_count` into OTHER is
    that of its members, so a journey may be in it at several numbers.
    """
    totals = links.filter(~pl.col("node").is_in([START, MORE])).group_by("step_number", "node")
    ranked = totals.agg(pl.col("journey_count").sum()).sort(
        "step_number", "journey_count", "node", descending=[False, True, False]
    )
    rest = ranked.filter(pl.int_range(pl.len()).over("step_number") >= top).select("step_number", "node")
    out = links.join(rest.with_columns(from_rest=True), on=["step_number", "node"], how="left")
    into = rest.select(pl.col("step_number") - 1, next_node="node", to_rest=True)
    both = out.join(into, on=["step_number", "next_node"], how="left")
    return _summed(
        both.with_columns(
            node=pl.when("from_rest").then(pl.lit(OTHER)).otherwise("node"),
            next_node=pl.when("to_rest").then(pl.lit(OTHER)).otherwise("next_node"),
        )
    )


def _summed(links: pl.DataFrame) -> pl.DataFrame:
    return ordered(links.group_by(_KEY).agg(pl.col(COUNTS).sum()))
