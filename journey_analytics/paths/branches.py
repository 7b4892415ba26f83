"""The branches of a prefix tree that lead to one outcome, cut down to what can be shown. Pure; none is lost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

OUTCOMES: Final = {
    "dropped": ("dropped_count", ("ended_dropped_count",)),
    "purchase": ("purchase_ahead_count", ("purchased_count",)),
    "any": ("journey_count", ("ended_converted_count", "ended_dropped_count", "ended_open_count")),
}
"""For each outcome the column that counts journeys on their way to it, and those that count where they arrive."""

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Branch:
    """A node of `mart.path_tree` as part of one outcome: journeys = those of the children + arrived + folded.

    Attributes:
        row: the node's row.
        journeys: on their way to the outcome that come through here.
        arrived: of them, those whose path ends here: lost after this step, or bought on it.
        folded: of them, those that go on along steps that are not shown.
        children: shown, most journeys first, ties by name.
    """

    row: Row
    journeys: int
    arrived: int
    folded: int
    children: tuple["Branch", ...]

    @property
    def depth(self) -> int:
        """Steps from the start; 0 is the root."""
        return int(self.row["depth"])


def branches(tree: pl.DataFrame, *, level: str, outcome: str, fewest: float = 1, deepest: int = 99) -> Branch | None:
    """The tree of one level as far as its nodes lead at least `fewest` journeys to an outcome; null without journeys.

    Args:
        tree: rows of `mart.path_tree`; where children are missing, as in the most frequent nodes, they count as folded.
        level: stage or activity.
        outcome: a key of OUTCOMES.
        fewest: journeys on their way to the outcome that a shown node has.
        deepest: the depth of the last steps shown.
    """
    rows = tree.filter((pl.col("level") == level) & ~pl.col("is_rest")).sort("depth", "node_id").to_dicts()
    root = next((row for row in rows if row["depth"] == 0), None)
    if root is None or not root[OUTCOMES[outcome][0]]:
        return None
    below: dict[str, list[Row]] = {}
    for row in rows[1:]:
        if row["depth"] <= deepest and row[OUTCOMES[outcome][0]] >= fewest:
            below.setdefault(row["parent_id"], []).append(row)
    return _branch(root, below, outcome)


def _branch(row: Row, below: Mapping[str, Sequence[Row]], outcome: str) -> Branch:
    on_the_way, arriving = OUTCOMES[outcome]
    order = sorted(below.get(row["node_id"], ()), key=lambda child: (-child[on_the_way], child["step"]))
    children = tuple(_branch(child, below, outcome) for child in order)
    arrived = sum(int(row[column]) for column in arriving)
    journeys = int(row[on_the_way])
    return Branch(row, journeys, arrived, journeys - arrived - sum(child.journeys for child in children), children)


def fewest_for(tree: pl.DataFrame, *, level: str, outcome: str, nodes: int) -> int:
    """How many journeys a node must lead to an outcome so that at most `nodes` are shown, ties left out together."""
    counts = tree.filter((pl.col("level") == level) & ~pl.col("is_rest") & (pl.col("depth") > 0))[OUTCOMES[outcome][0]]
    ordered = counts.sort(descending=True).to_list()
    return max(1, ordered[nodes] + 1) if len(ordered) > nodes else 1


def arrivals(tree: pl.DataFrame, *, level: str, outcome: str, limit: int) -> Sequence[Row]:
    """The nodes at which most journeys arrive at an outcome, most first, ties by path."""
    columns = OUTCOMES[outcome][1]
    rows = tree.filter((pl.col("level") == level) & ~pl.col("is_rest")).to_dicts()
    found = [row for row in rows if sum(row[column] for column in columns)]
    return sorted(found, key=lambda row: (-sum(row[column] for column in columns), row["path"]))[:limit]
