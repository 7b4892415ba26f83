"""The section about variants: the orders of stages and activities that journeys took, and how many cover how much."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

import polars as pl

from journey_analytics.language import number, said
from journey_analytics.report.blocks import Column, Section, chart, folded, grid, switch, table
from journey_analytics.report.figures.coverage import coverage_figure, needed
from journey_analytics.report.group_sizes import SMALLEST_GROUP
from journey_analytics.report.markup import Html, join, tag
from journey_analytics.report.nameless import frequent
from journey_analytics.report.wording import (
    SMALL_SAMPLE,
    count,
    duration,
    name,
    several,
    share,
    stage_title,
)

STAGE_VARIANTS = 10
ACTIVITY_VARIANTS = 10
_MAX_CHIPS = 12
_TARGETS: Final = (0.5, 0.8, 0.9, 0.95, 1.0)
_ORDERS: Final = (
    ("frequent", "Most journeys", "journey_count"),
    ("lost", "Most journeys lost", "dropped_count"),
    ("purchased", "Most purchases", "converted_count"),
    ("amount", "Most money", "amount"),
    ("slow", "Longest (median)", "median_duration_seconds"),
)
"""What the lists can be ordered by: a name, its title, the column, highest first."""

_STAGE_NAMES = {"awareness": "s1", "consideration": "s2", "decision": "s3", "post_purchase": "s4"}
_Row = dict[str, Any]


def variants(frames: Mapping[str, pl.DataFrame]) -> Section:
    """How alike journeys are, and the orders of stages and of activities that they took, in several orders."""
    stages, activities, coverage = (
        frequent(table_, frames[table_]) for table_ in ("mart.stage_variant", "mart.variant", "mart.variant_coverage")
    )
    options = [(key, said(title), _lists(stages, activities, key, column)) for key, title, column in _ORDERS]
    note = tag(
        "p",
        said(
            "Bars: journeys by status at the cut-off; blue purchased, orange lost, grey still open. No share of "
            "purchases: an order that holds a purchase was purchased by definition; what begins alike and ends "
            "differently is compared under Paths. Durations: from the first to the last touchpoint, of open "
            "journeys so far. Money: purchases up to the cut-off. Immediate repeats are drawn as one with ×n. "
            "Lists are over the 200 most frequent orders; those of fewer than {least} journeys are left out.",
            least=count(SMALLEST_GROUP),
        ),
        class_="definition",
    )
    parts = [switch("variant-order", said("Order by"), options), note]
    if not coverage.is_empty():
        parts.append(_coverage(coverage))
    return Section("variants", said("Most frequent journeys"), _lead(activities, coverage), join(parts))


def _lists(stages: pl.DataFrame, activities: pl.DataFrame, key: str, column: str) -> Html:
    parts = [
        tag(
            "div", tag("h3", said("By stages")), _variant_list(_ordered(stages, key, column), "stages", STAGE_VARIANTS)
        ),
        tag(
            "div",
            tag("h3", said("By activities")),
            _variant_list(_ordered(activities, key, column), "activities", ACTIVITY_VARIANTS),
        ),
    ]
    return grid("variants", *parts)


def _ordered(variants_: pl.DataFrame, key: str, column: str) -> pl.DataFrame:
    """Highest first, ties by frequency and name; durations only of enough journeys to have a median worth comparing."""
    enough = variants_.filter(pl.col("journey_count") >= SMALL_SAMPLE) if key == "slow" else variants_
    some = enough.filter(pl.col(column).fill_null(0) > 0)
    return some.sort([column, "journey_count", "variant_id"], descending=[True, True, False])


def _lead(activities: pl.DataFrame, coverage: pl.DataFrame) -> Html:
    top = activities.sort(["journey_count", "variant_id"], descending=[True, False]).head(ACTIVITY_VARIANTS)
    if top.is_empty():
        return tag("span", said("No journeys yet."))
    covered = said(
        "The {height} most frequent orders of activities cover {sum} of all journeys.",
        height=count(top.height),
        sum=share(_sum(top)),
    )
    return tag("span", join([covered, *([f" {_half(coverage)}"] if not coverage.is_empty() else [])]))


def _half(coverage: pl.DataFrame) -> str:
    few, many = needed(coverage, "stage", 0.5), needed(coverage, "activity", 0.5)
    if few is None or many is None:
        return ""
    orders, others = several(few, "order"), several(many, "different order")
    return said(
        "Half of the journeys are {orders} of stages, but {others} of activities.", orders=orders, others=others
    )


def _sum(rows: pl.DataFrame) -> float:
    return float(rows["journey_share_of_all"].sum())


def _coverage(coverage: pl.DataFrame) -> Html:
    drawn = chart(
        "variant-coverage",
        coverage_figure(coverage),
        title=said("How many orders cover how many journeys"),
        definition=said(
            "The most frequent orders first: the share of all journeys that took one of them. Each step to the "
            "right on the axis is ten times as many. Marks: the fewest that cover 50, 80, 90 and 95 %. A steep "
            "curve means that journeys are alike; a late one that hardly any two are, so that single orders say "
            "little."
        ),
    )
    rows = [
        (share(target), *(_needed_words(coverage, level, target) for level in ("stage", "activity")))
        for target in _TARGETS
    ]
    columns = (Column("Of all journeys"), Column("Orders of stages", number=True),
               Column("Orders of activities", number=True))  # fmt: skip
    numbers = table(columns, rows, caption=said("The fewest orders, most frequent first, that cover so many journeys"))
    return tag("div", drawn, folded(said("Show these numbers as a table"), numbers), class_="part")


def _needed_words(coverage: pl.DataFrame, level: str, target: float) -> str:
    found = needed(coverage, level, target)
    return "–" if found is None else count(found)


def _variant_list(rows: pl.DataFrame, column: str, limit: int) -> Html:
    top = rows.head(limit)
    if top.is_empty():
        return tag("p", said("None."), class_="empty")
    most = max(top["journey_count"].to_list())
    items = [_variant_item(row, row[column], most) for row in top.iter_rows(named=True)]
    cover = said(
        "Together {journeys}, {sum} of all.",
        journeys=several(int(top["journey_count"].sum()), "journey"),
        sum=share(_sum(top)),
    )
    return join([tag("ol", *items, class_="variants"), tag("p", cover, class_="definition")])


def _variant_item(row: _Row, steps: Sequence[str], most: int) -> Html:
    numbers = tag(
        "p",
        tag("b", several(row["journey_count"], "journey")),
        (
            " "
            + said(
                "· {journey_share_of_all} of all{money_words}",
                journey_share_of_all=share(row["journey_share_of_all"]),
                money_words=_money_words(row),
            )
        ),
        tag("br"),
        _outcome_words(row),
        *_time_words(row),
    )
    return tag("li", tag("div", *_chips(steps), class_="chips"), tag("div", _outcome_strip(row, most), numbers))


def _outcome_words(row: _Row) -> str:
    bought, lost, still_open = (count(row[f"{status}_count"]) for status in ("converted", "dropped", "open"))
    return said("{bought} purchased, {lost} lost, {still_open} open", bought=bought, lost=lost, still_open=still_open)


def _money_words(row: _Row) -> str:
    if row["amount"] is None or not row["converted_count"]:
        return ""
    return f" · {number(format(row['amount'], ',.0f'))} {name(row['currency'])}"


def _time_words(row: _Row) -> Iterator[Html | str]:
    """Median with the middle half and nine tenths; nothing where all journeys are over in a moment."""
    if not row["median_duration_seconds"]:
        return
    yield tag("br")
    yield said("median {median_duration_seconds}", median_duration_seconds=duration(row["median_duration_seconds"]))
    if row["p75_duration_seconds"] is not None and row["journey_count"] >= SMALL_SAMPLE:
        quarter, three = duration(row["p25_duration_seconds"]), duration(row["p75_duration_seconds"])
        yield said(
            ", half between {quarter} and {three}, 90 % within {p90_duration_seconds}",
            quarter=quarter,
            three=three,
            p90_duration_seconds=duration(row["p90_duration_seconds"]),
        ).replace(" %", "\u00a0%")


def _outcome_strip(row: _Row, most: int) -> Html:
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
        yield tag("span", said("+ {runs} more", runs=len(runs) - _MAX_CHIPS), class_="chip more")
    if not runs:
        yield tag("span", said("no stage"), class_="chip more")
