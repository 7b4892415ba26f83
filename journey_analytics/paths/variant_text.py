"""Variants and prefix trees as people read them in the terminal."""

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any, Final

import polars as pl

from journey_analytics.paths.branches import Branch, branches, fewest_for
from journey_analytics.paths.settled import settled_words
from journey_analytics.paths.variant_answer import Asked
from journey_analytics.paths.variants import STEPS
from journey_analytics.paths.words import MISSING, conversion, wait
from journey_analytics.terminal import table

_MAX_STEPS: Final = 12
_HALF: Final = 0.5
_NOTHING: Final = dict.fromkeys(("bought on it", "end bought", "end lost", "end open", "purchased", "median"), "")
_NOTE: Final = "bought, lost, open: journeys by status at the cut-off. How many of those that begin alike buy: --tree."
_TREE_NOTE: Final = (
    "purchased: those with a purchase {settled}, 95 % interval, n; none from the first\n"
    "purchase on, as the steps then hold the outcome.\n* fewer settled than minimum_count: not to be compared."
)

Row = Mapping[str, Any]


def variants_text(asked: Asked) -> str:
    """How much the first variants cover, and a line for each of them."""
    if asked.rows.is_empty():
        return f"no journey is selected by {asked.selection}"
    shown = [_variant(row, row[STEPS[asked.level]]) for row in asked.rows.head(asked.top).iter_rows(named=True)]
    return "\n\n".join([_covered(asked), table(shown), _NOTE])


def _covered(asked: Asked) -> str:
    rows = asked.rows
    half = rows.filter(pl.col("cumulative_share") >= _HALF)["variant_rank"][0]
    covered = rows["cumulative_share"][min(asked.top, rows.height) - 1]
    return (
        f"{int(rows['journey_count'].sum()):,} journeys ({asked.selection}) took {rows.height:,} orders of "
        f"{STEPS[asked.level]}; {half:,} of them cover half of the journeys, the {min(asked.top, rows.height):,} below "
        f"{100 * covered:.1f} %."
    )


def _variant(row: Row, steps: list[str]) -> dict[str, Any]:
    return {
        "journeys": row["journey_count"],
        "of all": f"{100 * row['journey_share_of_all']:.1f} %",
        "bought": row["converted_count"],
        "lost": row["dropped_count"],
        "open": row["open_count"],
        "median": wait(row["median_duration_seconds"]),
        "90 % within": wait(row["p90_duration_seconds"]),
        "amount": MISSING if row["amount"] is None else f"{row['amount']:,.0f} {row['currency']}",
        "order": _path(steps),
    }


def _path(steps: list[str]) -> str:
    """Immediate repeats as one with ×n; what is beyond twelve steps is counted."""
    runs = [(step, len(list(run))) for step, run in groupby(steps)]
    words = [f"{step} ×{repeats}" if repeats > 1 else step for step, repeats in runs[:_MAX_STEPS]]
    more = [f"+ {len(runs) - _MAX_STEPS} more"] if len(runs) > _MAX_STEPS else []
    return " › ".join([*words, *more]) or "(no stage)"


def _share(row: Row) -> str:
    """Of the settled journeys of a beginning; nothing once a journey has bought."""
    is_beginning = row["purchased_count"] == 0 and row["purchase_ahead_count"] == row["converted_count"]
    return conversion(row) if is_beginning else MISSING


def tree_text(asked: Asked) -> str:
    """The nodes that most journeys pass, indented by depth, with where each branch ends; the others are folded."""
    fewest = fewest_for(asked.rows, level=asked.level, outcome="any", nodes=asked.top)
    tree = branches(asked.rows, level=asked.level, outcome="any", fewest=fewest)
    if tree is None:
        return f"no journey is selected by {asked.selection}"
    title = (
        f"How {tree.journeys:,} journeys ({asked.selection}) went on from the start, {STEPS[asked.level]}: journeys = "
        "those of the next steps + those that end there, bought, lost or open"
    )
    note = _TREE_NOTE.format(settled=settled_words(asked.settled_days))
    return "\n\n".join([table(list(_lines(tree)), title=title), note])


def _lines(branch: Branch) -> Iterator[dict[str, Any]]:
    row = branch.row
    yield {
        "journeys": row["journey_count"],
        "bought on it": row["purchased_count"],
        "end bought": row["ended_converted_count"],
        "end lost": row["ended_dropped_count"],
        "end open": row["ended_open_count"],
        "purchased": _share(row),
        "median": wait(row["median_seconds"]),
        "step": f"{_indent(branch.depth)}{row['step'] or '(start)'}",
    }
    for child in branch.children:
        yield from _lines(child)
    if branch.folded:
        yield {"journeys": branch.folded, **_NOTHING, "step": f"{_indent(branch.depth + 1)}… rarer steps"}


def _indent(depth: int) -> str:
    return "· " * depth
