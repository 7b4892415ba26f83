"""The section about variants: the most frequent orders of stages and of activities, as chips."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import polars as pl

from journey_analytics.report.blocks import Section, grid
from journey_analytics.report.markup import Html, join, tag
from journey_analytics.report.wording import SMALL_SAMPLE, count, duration, name, several, share, stage_title

STAGE_VARIANTS = 10
ACTIVITY_VARIANTS = 10
_MAX_CHIPS = 12


def variants(frames: Mapping[str, pl.DataFrame]) -> Section:
    """The most frequent orders of stages and of activities."""
    stages, activities = frames["mart.stage_variant"], frames["mart.variant"]
    parts = [
        tag("div", tag("h3", "By stages"), _variant_list(stages, "stages", STAGE_VARIANTS)),
        tag("div", tag("h3", "By activities"), _variant_list(activities, "activities", ACTIVITY_VARIANTS)),
    ]
    note = tag(
        "p",
        "Bars: journeys by status at the cut-off; blue purchased, orange lost, grey still open. Closed journeys are "
        "those purchased or "
        "lost; their share purchased is given from 30 on, where some were lost. Immediate repeats are drawn as one "
        "with ×n.",
        class_="definition",
    )
    return Section(
        "variants", "Most frequent journeys", _variants_lead(activities), join([grid("variants", *parts), note])
    )


def _variants_lead(activities: pl.DataFrame) -> Html:
    top = activities.sort(["journey_count", "variant_id"], descending=[True, False]).head(ACTIVITY_VARIANTS)
    if top.is_empty():
        return tag("span", "No journeys yet.")
    return tag(
        "span", f"The {count(top.height)} most frequent orders of activities cover {share(_sum(top))} of all journeys."
    )


def _sum(rows: pl.DataFrame) -> float:
    return float(rows["journey_share_of_all"].sum())


def _variant_list(variants_: pl.DataFrame, column: str, limit: int) -> Html:
    rows = variants_.sort(["journey_count", "variant_id"], descending=[True, False]).head(limit)
    if rows.is_empty():
        return tag("p", "No journeys yet.", class_="empty")
    most = rows["journey_count"][0]
    items = [_variant_item(row, row[column], most) for row in rows.iter_rows(named=True)]
    cover = f"Together {several(int(rows['journey_count'].sum()), 'journey')}, {share(_sum(rows))} of all."
    return join([tag("ol", *items, class_="variants"), tag("p", cover, class_="definition")])


def _variant_item(row: dict[str, Any], steps: Sequence[str], most: int) -> Html:
    took = f", median {duration(row['median_duration_seconds'])}" if row["median_duration_seconds"] else ""
    numbers = tag(
        "p",
        tag("b", several(row["journey_count"], "journey")),
        f" · {share(row['journey_share_of_all'])} of all{took}",
        tag("br"),
        _outcome_words(row),
    )
    return tag("li", tag("div", *_chips(steps), class_="chips"), tag("div", _outcome_strip(row, most), numbers))


def _outcome_words(row: dict[str, Any]) -> str:
    bought, lost, still_open = row["converted_count"], row["dropped_count"], row["open_count"]
    closed = bought + lost
    is_split = closed >= SMALL_SAMPLE and bought > 0 and lost > 0
    part = f" ({share(bought / closed)} of {count(closed)} closed)" if is_split else ""
    return f"{count(bought)} purchased{part}, {count(lost)} lost, {count(still_open)} open"


def _outcome_strip(row: dict[str, Any], most: int) -> Html:
    """A bar as long as the variant is frequent, divided by the journeys' status."""
    kinds = ("converted", "dropped", "open")
    parts = [tag("i", class_=kind, style=f"width:{row[f'{kind}_count'] / most * 100:.2f}%") for kind in kinds]
    return tag("div", *parts, class_="bar", aria_hidden="true")


def _chips(steps: Sequence[str]) -> Iterator[Html]:
    """Steps in order, immediate repeats as one with ×n; what does not fit is counted."""
    runs = [(step, len(list(run))) for step, run in groupby(steps)]
    for step, repeats in runs[:_MAX_CHIPS]:
        times = tag("small", f"×{repeats}") if repeats > 1 else None
        yield tag(
            "span",
            stage_title(step) if step in _STAGE_NAMES else name(step),
            times,
            class_=f"chip {_STAGE_NAMES.get(step, '')}".strip(),
        )
    if len(runs) > _MAX_CHIPS:
        yield tag("span", f"+ {len(runs) - _MAX_CHIPS} more", class_="chip more")
    if not runs:
        yield tag("span", "no stage", class_="chip more")


_STAGE_NAMES = {"awareness": "s1", "consideration": "s2", "decision": "s3", "post_purchase": "s4"}
