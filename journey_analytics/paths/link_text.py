"""The links of paths as people read them in the terminal."""

from collections.abc import Mapping
from typing import Any, Final

from journey_analytics.contract import END_NODES
from journey_analytics.paths.link_answer import ComparedMaps, Edge, MapAnswer
from journey_analytics.paths.settled import settled_words
from journey_analytics.paths.words import MISSING, TOO_RECENT, conversion, node, percent, wait
from journey_analytics.terminal import table

_SHARES: Final = (
    "of all: journeys with this link ÷ all journeys selected. purchased: those with a purchase {settled},\n"
    "95 % interval, n; later ones would be counted as soon as they buy, but as lost only after a silence. 90 % within, "
    "median: waits between the two."
)
_THIN: Final = "* fewer settled than minimum_count: not to be compared."
_DIFFERENCES: Final = (
    "share: journeys with this link ÷ all journeys of the selection. difference: in percentage points, 95 % interval "
    "of one line alone:\nof twenty lines one is likely to miss. Associated with what is selected, not caused by it.\n"
    "* too few journeys: not to be compared."
)

Row = Mapping[str, Any]


def map_text(answer: MapAnswer, *, top: int) -> str:
    """What is selected, then a line per link, most passages first."""
    counts = answer.counts
    if not counts["journey_count"]:
        return f"no active journey is selected by {answer.selection}"
    shown = answer.links.head(top)
    rows = [_line(row, counts["journey_count"]) for row in shown.iter_rows(named=True)]
    share = int(shown["follow_count"].sum()) / int(answer.links["follow_count"].sum())
    title = f"{shown.height:,} of {answer.links.height:,} links shown, {100 * share:.0f} % of the passages"
    return "\n\n".join(
        [
            _selected(answer.selection, counts),
            table(rows, title=title),
            f"{_SHARES.format(settled=settled_words(answer.settled_days))}\n{_THIN}",
        ]
    )


def compared_text(answer: ComparedMaps, *, top: int) -> str:
    """What is compared, then a line per link, the largest difference first among those that can be compared."""
    for selection, counts in ((answer.selection, answer.counts), (answer.versus, answer.versus_counts)):
        if not counts["journey_count"]:
            return f"no active journey is selected by {selection}"
    ranked = answer.links.sort("is_ranked", descending=True, maintain_order=True)
    rows = [_difference(row) for row in ranked.head(top).iter_rows(named=True)]
    parts = [
        f"A  {_selected(answer.selection, answer.counts)}",
        f"B  {_selected(answer.versus, answer.versus_counts)}",
        *([_overlap(answer)] if answer.common_count else []),
        table(rows, title=f"{len(rows):,} of {ranked.height:,} links shown, the largest difference first"),
        _DIFFERENCES,
    ]
    return "\n\n".join(parts)


def edge_text(answer: Edge, *, top: int) -> str:
    """The link in one sentence, then the journeys behind it, a line each."""
    row = answer.link
    shown = [_journey(one) for one in answer.journeys.head(top).iter_rows(named=True)]
    waits = (
        ""
        if row["median_seconds"] is None
        else (f", after {wait(row['median_seconds'])} (median; 90 % within {wait(row['p90_seconds'])})")
    )
    lead = (
        f"{node(row['activity'])} → {node(row['next_activity'])}: {row['follow_count']:,} times in "
        f"{row['journey_count']:,} journeys ({answer.selection}){waits}.\n"
        f"{_by_status(row)}{_conversion(row)}{_of_settled(row, answer.settled_days)}"
    )
    title = f"{len(shown):,} of {row['journey_count']:,} journeys shown, the latest first"
    return "\n\n".join([lead, table(shown, title=title), "One of them: journey explain CUSTOMER"])


def _selected(selection: object, counts: Mapping[str, int]) -> str:
    censored = counts["left_censored_count"]
    before = (
        f"\nof {censored:,} the beginning may be missing: they began soon after their source did" if censored else ""
    )
    return f"{counts['journey_count']:,} journeys ({selection}): {_by_status(counts)}{before}"


def _by_status(counts: Mapping[str, int]) -> str:
    converted, dropped, still_open = (counts[f"{status}_count"] for status in ("converted", "dropped", "open"))
    return f"{converted:,} purchased, {dropped:,} lost, {still_open:,} still open"


def _conversion(row: Row) -> str:
    """Of what ended with this link it says nothing: all of these journeys have the same status."""
    return "" if row["next_activity"] in END_NODES.values() else f"; purchased {conversion(row)}"


def _of_settled(row: Row, days: int) -> str:
    return f" {settled_words(days)}" if _conversion(row) and row["conversion_share"] is not None else ""


def _overlap(answer: ComparedMaps) -> str:
    return f"{answer.common_count:,} journeys are in both A and B: the intervals take the two for independent."


def _line(row: Row, journey_count: int) -> dict[str, Any]:
    return {
        "from": node(row["activity"]),
        "to": node(row["next_activity"]),
        "passages": row["follow_count"],
        "journeys": row["journey_count"],
        "of all": percent(row["journey_count"] / journey_count),
        "open": row["open_count"],
        "purchased": _conversion(row).removeprefix("; purchased ") or MISSING,
        "median": wait(row["median_seconds"]),
        "90 % within": wait(row["p90_seconds"]),
    }


def _difference(row: Row) -> dict[str, Any]:
    low, high = row["difference_low_points"], row["difference_high_points"]
    mark = "" if row["is_ranked"] else " *"
    return {
        "from": node(row["activity"]),
        "to": node(row["next_activity"]),
        "journeys A": row["journey_count"],
        "share A": percent(row["journey_share"]),
        "journeys B": row["versus_journey_count"],
        "share B": percent(row["versus_journey_share"]),
        "difference A − B": TOO_RECENT
        if row["difference_points"] is None
        else f"{row['difference_points']:+.1f} ({low:+.1f} to {high:+.1f}){mark}".replace("-", "−"),
        "median A": wait(row["median_seconds"]),
        "median B": wait(row["versus_median_seconds"]),
    }


def _journey(row: Row) -> dict[str, Any]:
    return {
        "journey_id": row["journey_id"],
        "customer_id": row["customer_id"],
        "status": row["status"],
        "first passage": row["first_passage_at"],
        "wait": wait(row["first_wait_seconds"]),
        "times": row["follow_count"],
        "touchpoints": row["touchpoint_count"],
        "first channel": row["first_channel"],
        "beginning": "may be missing" if row["is_left_censored"] else "seen",
    }
