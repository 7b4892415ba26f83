"""The tables of variants and paths, in the shape of the real ones, for the report's tests."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import polars as pl

from journey_analytics.paths.tree import DEEPEST, JOURNEY_SCHEMA, STEP_SCHEMA, prefix_tree

Walk = Mapping[str, Any]


def variant_frames(walks: Sequence[Walk]) -> dict[str, pl.DataFrame]:
    """Trees and coverage of walks with `steps` (activity, stage, seconds to the next), `visits` and `status`."""
    steps = {
        "stage": [_timed([visit[0] for visit in walk["visits"]], walk) for walk in walks],
        "activity": [_timed([step[0] for step in walk["steps"]], walk) for walk in walks],
    }
    trees = [_tree(level, walks, lists) for level, lists in steps.items()]
    coverage = [row for level, lists in steps.items() for row in _coverage(level, lists)]
    return {"mart.path_tree": pl.concat(trees), "mart.variant_coverage": pl.DataFrame(coverage)}


def _timed(names: Sequence[str], walk: Walk) -> list[tuple[str, int]]:
    """Immediate repeats as one step, each an hour after the one before."""
    return [(name, place * 3_600_000_000) for place, (name, _) in enumerate(groupby(names)) if walk["steps"]]


def _tree(level: str, walks: Sequence[Walk], lists: Sequence[Sequence[tuple[str, int]]]) -> pl.DataFrame:
    journeys = [
        {"journey": number, "status": walk["status"], "is_settled": number % 3 > 0,
         "amount": 20 if walk["status"] == "converted" else None}
        for number, walk in enumerate(walks)
    ]  # fmt: skip
    return prefix_tree(
        pl.DataFrame(journeys, schema=JOURNEY_SCHEMA),
        [_at(place, walks, lists) for place in range(DEEPEST + 1)],
        level=level,
        minimum_count=30,
        currency="EUR",
    )


def _at(place: int, walks: Sequence[Walk], lists: Sequence[Sequence[tuple[str, int]]]) -> pl.DataFrame:
    rows = [
        {"journey": number, "step": steps[place][0], "after_us": steps[place][1],
         "is_purchase": walk["status"] == "converted" and place == len(steps) - 1}
        for number, (walk, steps) in enumerate(zip(walks, lists, strict=True))
        if len(steps) > place
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=STEP_SCHEMA)


def _coverage(level: str, lists: Sequence[Sequence[tuple[str, int]]]) -> list[dict[str, Any]]:
    counts = sorted(Counter(tuple(name for name, _ in steps) for steps in lists).values(), reverse=True)
    return [
        {
            "level": level,
            "variant_count": number,
            "covered_journey_count": sum(counts[:number]),
            "covered_share": sum(counts[:number]) / len(lists),
            "reached_share": None,
            "all_variant_count": len(counts),
            "all_journey_count": len(lists),
        }
        for number in range(1, len(counts) + 1)
    ]
