"""The step flow by hand: plain loops over journeys, for the tests to compare with."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any

import polars as pl

ENDS = {"converted": "CONVERTED", "dropped": "DROPPED", "open": "OPEN"}
COUNTS = (
    "journey_count", "first_count", "converted_count", "dropped_count", "open_count", "settled_converted_count",
    "settled_count",
)  # fmt: skip

Key = tuple[int, str, str]


@dataclass(frozen=True)
class Journey:
    """A journey as a list of steps with repeats left in; `entered`: what may count as reached first (null: all)."""

    nodes: tuple[str, ...]
    status: str
    entered: frozenset[str] | None = None
    is_settled: bool = True

    @property
    def counted_in(self) -> list[str]:
        """The columns that it is counted in, beside `first_count`."""
        settled = {"converted": ["settled_converted_count", "settled_count"], "dropped": ["settled_count"]}
        known = settled.get(self.status, []) if self.is_settled else []
        return ["journey_count", f"{self.status}_count", *known]


def collapsed(nodes: Sequence[str]) -> list[str]:
    """Immediate repeats as one."""
    return [node for node, _ in groupby(nodes)]


def match_place(nodes: Sequence[str], pattern: Sequence[str]) -> int | None:
    """The place (from 1) of the last step of the first match; null without one."""
    for last in range(len(pattern), len(nodes) + 1):
        if list(nodes[last - len(pattern) : last]) == list(pattern):
            return last
    return None


def anchor_place(nodes: Sequence[str], anchor: str, pattern: Sequence[str]) -> int | None:
    """Where number 0 is: before the first step, after the last one, or at the match."""
    return {"start": 0, "end": len(nodes) + 1}.get(anchor, match_place(nodes, pattern))


def links_by_hand(
    journeys: Sequence[Journey], *, steps: int, anchor: str, pattern: Sequence[str] = ()
) -> dict[Key, dict[str, int]]:
    """Every link with its counts."""
    found: dict[Key, Counter[str]] = {}
    for journey in journeys:
        nodes = collapsed(journey.nodes)
        zero = anchor_place(nodes, anchor, pattern)
        if zero is not None:
            for key, is_first in _walked(journey, nodes, zero, steps):
                counts = found.setdefault(key, Counter())
                counts.update([*journey.counted_in, *(["first_count"] if is_first else [])])
    return {key: {name: counts[name] for name in COUNTS} for key, counts in found.items()}


def _walked(journey: Journey, nodes: list[str], zero: int, steps: int) -> list[tuple[Key, bool]]:
    """The links of one journey: named one by one first, then what lies too far away drawn together as MORE."""
    path = ["START", *nodes, ENDS[journey.status]]
    far = [0 < place <= len(nodes) and abs(place - zero) > steps for place in range(len(path))]
    shown = [(place, "MORE" if far[place] else path[place]) for place in range(len(path))]
    kept = [one for at, one in enumerate(shown) if not (far[at] and at + 1 < len(path) and far[at + 1])]
    links = []
    for (at, node), (to, next_node) in pairwise(kept):
        links.append(
            ((_number(at, node, next_node, zero, steps), node, next_node), _is_first(journey, path, to, next_node))
        )
    return links


def _number(at: int, node: str, next_node: str, zero: int, steps: int) -> int:
    """The number of `node`: its own, or, of MORE and of a START that leads to it, the one just beyond."""
    if node == "MORE":
        return steps + 1 if at > zero else -steps - 1
    return -steps - 2 if next_node == "MORE" and at < zero else at - zero


def _is_first(journey: Journey, path: list[str], to: int, next_node: str) -> bool:
    if to == len(path) - 1:
        return True
    is_new = path[to] not in path[1:to]
    return next_node != "MORE" and is_new and (journey.entered is None or path[to] in journey.entered)


def counts_of(links: pl.DataFrame) -> dict[Key, dict[str, int]]:
    """A frame of links in the shape of `links_by_hand`."""
    return {
        (row["step_number"], row["node"], row["next_node"]): {name: row[name] for name in COUNTS}
        for row in links.iter_rows(named=True)
    }


def rows_of(journeys: Sequence[Journey], pattern: Sequence[str] = ()) -> pl.DataFrame:
    """Journeys as `step_links` wants them, with one boolean column per element of the pattern."""
    rows = [
        {
            "journey": number,
            "status": journey.status,
            "is_settled": journey.is_settled,
            "node": node,
            "is_entered": _may(journey, node),
        }
        | {f"fits_{place}": node == wanted for place, wanted in enumerate(pattern)}
        for number, journey in enumerate(journeys)
        for node in journey.nodes or (None,)
    ]
    schema: Mapping[str, Any] = {
        "journey": pl.Int64, "status": pl.String, "is_settled": pl.Boolean, "node": pl.String,
        "is_entered": pl.Boolean, **{f"fits_{place}": pl.Boolean for place in range(len(pattern))},
    }  # fmt: skip
    return pl.DataFrame(rows, schema=schema)


def _may(journey: Journey, node: str | None) -> bool:
    return node is not None and (journey.entered is None or node in journey.entered)


def frame_of(found: Mapping[Key, Mapping[str, int]]) -> pl.DataFrame:
    """The counts as a frame with the columns of a step flow."""
    rows = [
        {"step_number": number, "node": node, "next_node": following} | dict(counts)
        for (number, node, following), counts in sorted(found.items())
    ]
    schema = {"step_number": pl.Int64, "node": pl.String, "next_node": pl.String, **dict.fromkeys(COUNTS, pl.Int64)}
    return pl.DataFrame(rows, schema=schema)
