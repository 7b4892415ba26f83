"""The tables of the process map, counted from the walks of the report's synthetic world."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Any

import polars as pl

STATUSES = ("converted", "dropped", "open")
PASSED_ON = ("first_channel", "device", "customer_kind")
"""Segments of a walk that the map knows; `entry_month` of the world is the month in which it started."""

NEWEST_MONTH = "2026-02"

Walk = dict[str, Any]
Passage = tuple[int, str, str | None, float | None]


def path_frames(walks: list[Walk], stage_of: Mapping[str, str]) -> dict[str, pl.DataFrame]:
    """mart.path_link, mart.path_activity and mart.path_example of walks."""
    groups = _groups(walks)
    links = [row for key, numbers in sorted(groups.items()) for row in _links(walks, numbers, *key)]
    activities = [row for key, numbers in sorted(groups.items()) for row in _activities(walks, numbers, stage_of, *key)]
    return {
        "mart.path_link": pl.DataFrame(links, infer_schema_length=None),
        "mart.path_activity": pl.DataFrame(activities, infer_schema_length=None),
        "mart.path_example": pl.DataFrame(list(_examples(walks))),
    }


def _groups(walks: list[Walk]) -> dict[tuple[str, str], list[int]]:
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, walk in enumerate(walks):
        groups["all", "all"].append(number)
        groups["started_month", walk["segments"]["entry_month"]].append(number)
        for segment in PASSED_ON:
            groups[segment, walk["segments"][segment]].append(number)
    return groups


def _passages(walks: list[Walk], numbers: list[int]) -> Iterator[Passage]:
    for number in numbers:
        steps, end = walks[number]["steps"], walks[number]["status"]
        yield number, "START", steps[0][0], None
        for (a, _, _), (b, _, wait) in pairwise(steps):
            yield number, a, b, wait
        yield number, steps[-1][0], {"converted": "CONVERTED", "dropped": "DROPPED", "open": "OPEN"}[end], None


def _statuses(walks: list[Walk], numbers: set[int]) -> dict[str, int]:
    found = Counter(walks[number]["status"] for number in numbers)
    return {f"{status}_count": found[status] for status in STATUSES} | {
        "settled_converted_count": sum(_is_settled(walks[n]) and walks[n]["status"] == "converted" for n in numbers),
        "settled_count": sum(_is_settled(walks[n]) and walks[n]["status"] != "open" for n in numbers),
    }


def _is_settled(walk: Walk) -> bool:
    """All but those of the newest month."""
    return walk["segments"]["entry_month"] < NEWEST_MONTH


def _links(walks: list[Walk], numbers: list[int], segment: str, value: str) -> Iterator[dict[str, Any]]:
    seen: dict[tuple[str, str | None], list[tuple[int, float | None]]] = defaultdict(list)
    for number, a, b, wait in _passages(walks, numbers):
        seen[a, b].append((number, wait))
    for (a, b), passages in sorted(seen.items()):
        waits = sorted(wait for _, wait in passages if wait is not None)
        journeys = {number for number, _ in passages}
        yield {
            "segment": segment, "segment_value": value, "activity": a, "next_activity": b,
            "follow_count": len(passages), "journey_count": len(journeys), **_statuses(walks, journeys),
            "median_seconds": median(waits) if waits else None,
            "p90_seconds": waits[int(len(waits) * 0.9)] if waits else None,
        }  # fmt: skip


def _activities(
    walks: list[Walk], numbers: list[int], stage_of: Mapping[str, str], segment: str, value: str
) -> Iterator[dict[str, Any]]:
    touched: dict[str, list[int]] = defaultdict(list)
    for number in numbers:
        for activity, _, _ in walks[number]["steps"]:
            touched[activity].append(number)
    starts = Counter(walks[number]["steps"][0][0] for number in numbers)
    ends = Counter((walks[number]["steps"][-1][0], walks[number]["status"]) for number in numbers)
    for activity, seen in sorted(touched.items()):
        yield {
            "segment": segment, "segment_value": value, "activity": activity, "stage": stage_of[activity],
            "touchpoint_count": len(seen), "journey_count": len(set(seen)), "start_count": starts[activity],
            **{f"{status}_end_count": ends[activity, status] for status in STATUSES},
            **_statuses(walks, set(seen)),
        }  # fmt: skip


def _examples(walks: list[Walk]) -> Iterator[dict[str, Any]]:
    behind: dict[tuple[str, str | None], list[int]] = defaultdict(list)
    for number, a, b, _ in _passages(walks, list(range(len(walks)))):
        if number not in behind[a, b]:
            behind[a, b].append(number)
    for (a, b), numbers in sorted(behind.items()):
        for place, number in enumerate(numbers[:5], start=1):
            yield {
                "activity": a, "next_activity": b, "place": place, "journey_id": f"journey-{number:05d}",
                "status": walks[number]["status"], "started_at": datetime(2026, 1, 1) + timedelta(hours=number),
                "touchpoint_count": len(walks[number]["steps"]),
            }  # fmt: skip
