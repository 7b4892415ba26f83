"""A step flow as people read it in the terminal: a line per step, with what came before, what next, and what ended."""

from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from journey_analytics.contract import END_NODES
from journey_analytics.paths.link_shares import with_shares
from journey_analytics.paths.settled import settled_words
from journey_analytics.paths.step_answer import FlowAnswer
from journey_analytics.paths.step_links import COUNTS, ENDS, STEP_WORDS
from journey_analytics.paths.words import unknown_share
from journey_analytics.terminal import table

_STEP: Final = ("step_number", "node")
_FOOT: Final = (
    "of all: journeys ÷ those in the flow. purchased, lost, still open: those whose steps end here, as they stand at\n"
    "the cut-off. bought: those with a purchase {settled}\n"
    "at this step, whatever came after (95 % interval; * n below minimum_count: not to be ranked)."
)


def flow_text(answer: FlowAnswer) -> str:
    """What the flow is of, a line per step in order of number, then of most journeys, and how to read it."""
    if answer.links.is_empty():
        return f"{_base(answer)}\nnothing to show"
    return "\n\n".join([table([_line(row, answer) for row in _steps(answer)], title=_base(answer)), _foot(answer)])


def _foot(answer: FlowAnswer) -> str:
    return _FOOT.format(settled=settled_words(answer.settled_days))


def _base(answer: FlowAnswer) -> str:
    flow = answer.flow
    what = "stages" if flow.level == "stage" else "activities"
    base = f"{flow.journey_count:,} active journeys"
    if flow.journey_count != flow.selected_count or flow.anchor.elements:
        base += f" of {flow.selected_count:,} that have it, from its first time on"
    return f"Step flow by {what} from {flow.anchor.text}: {base} ({answer.selection})"


def _steps(answer: FlowAnswer) -> list[dict[str, Any]]:
    """A row per step: the counts of all links out of it, of those by which it ends, and its busiest neighbours."""
    out = answer.links.group_by("step_number", "node").agg(
        pl.col(*COUNTS).sum(),
        **{f"ended_{status}": _into(end) for status, end in END_NODES.items()},
    )
    going = answer.links.filter(~pl.col("next_node").is_in(ENDS))
    next_one = _busiest(going.select("step_number", "node", "journey_count", neighbour="next_node"), "to")
    coming = going.select(pl.col("step_number") + 1, "journey_count", node="next_node", neighbour="node")
    both = out.join(_busiest(coming, "from"), on=_STEP, how="left").join(next_one, on=_STEP, how="left")
    shared = with_shares(both, minimum_count=answer.minimum_count)
    return shared.sort("step_number", "journey_count", "node", descending=[False, True, False]).to_dicts()


def _into(end: str) -> pl.Expr:
    return pl.col("journey_count").filter(pl.col("next_node") == end).sum()


def _busiest(links: pl.DataFrame, side: str) -> pl.DataFrame:
    """Of every step the neighbour with most journeys, ties by name, with their number."""
    ranked = links.sort(*_STEP, "journey_count", "neighbour", descending=[False, False, True, False])
    first = ranked.unique(_STEP, keep="first", maintain_order=True)
    return first.select(
        *_STEP, pl.col("neighbour").alias(f"{side}_node"), pl.col("journey_count").alias(f"{side}_count")
    )


def _line(row: Mapping[str, Any], answer: FlowAnswer) -> dict[str, Any]:
    return {
        "step": row["step_number"],
        "at": words(row["node"]),
        "journeys": row["journey_count"],
        "of all": f"{100 * row['journey_count'] / answer.flow.journey_count:.1f} %",
        "mostly from": _neighbour(row["from_node"], row["from_count"]),
        "mostly to": _neighbour(row["to_node"], row["to_count"]),
        "purchased": row["ended_converted"],
        "lost": row["ended_dropped"],
        "still open": row["ended_open"],
        "bought": _bought(row),
        "n": row["settled_count"],
    }


def _bought(row: Mapping[str, Any]) -> str:
    if row["conversion_share"] is None:
        return unknown_share(row)
    low, high = 100 * row["conversion_low_share"], 100 * row["conversion_high_share"]
    mark = "" if row["is_ranked"] else " *"
    return f"{100 * row['conversion_share']:.1f} % ({low:.1f}–{high:.1f}){mark}"


def _neighbour(node: str | None, count: int | None) -> str:
    return "–" if node is None else f"{words(node)} ({count:,})"


def words(node: str) -> str:
    """A node as people write it; activities and stages as they are named."""
    return STEP_WORDS.get(node, node)
