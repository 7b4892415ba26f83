"""What a person needs to judge an item: the touchpoints around it, and for links how the two hang together."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

import polars as pl

from journey_analytics.audit.chain import link_evidence
from journey_analytics.audit.sheet import sheet_row
from journey_analytics.warehouse import Warehouse

_AROUND: Final = 2
"""Touchpoints shown before and after an item."""

_LONGEST: Final = 200
"""Characters of a logged text that are shown."""

_TIMELINE: Final = """
with rule as (
    select rule_id, min(description) as description
    from config.stage_rule
    group by rule_id
)
select
    touchpoint.touchpoint_id, touchpoint.customer_id, touchpoint.occurred_at, touchpoint.source, touchpoint.activity,
    touchpoint.stage, touchpoint.page_path as page, touchpoint.topic, touchpoint.category,
    touchpoint.order_id as "order", touchpoint.channel, event.subject,
    coalesce(touchpoint.stage_rule, 'no rule') || coalesce(': ' || rule.description, '') as rule
from core.touchpoint as touchpoint
inner join core.customer_event as event on event.touchpoint_id = touchpoint.touchpoint_id
left join rule on rule.rule_id = touchpoint.stage_rule
where touchpoint.customer_id in (select unnest(?::varchar[]))
order by
    touchpoint.customer_id, touchpoint.occurred_at, event.source_rank, touchpoint.source, touchpoint.source_event_id
"""


def sheet_rows(warehouse: Warehouse, items: pl.DataFrame) -> list[dict[str, str]]:
    """The rows of the sheet for drawn items, in their order."""
    timeline = _with_neighbours(_timeline(warehouse, items))
    links = link_evidence(warehouse, items.filter(pl.col("kind") == "link"))
    return [sheet_row(item | _context(item, timeline=timeline, links=links)) for item in items.iter_rows(named=True)]


def _timeline(warehouse: Warehouse, items: pl.DataFrame) -> list[dict[str, Any]]:
    customers = items.filter(pl.col("touchpoint_id").is_not_null())["customer_id"].unique().sort().to_list()
    return warehouse.frame(_TIMELINE, parameters=[customers], name="audit context").to_dicts()


def _with_neighbours(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Every touchpoint by its id, with the texts of the customer's touchpoints around it; rows are in order."""
    around = {}
    for place, row in enumerate(rows):
        before = [r for r in rows[max(0, place - _AROUND) : place] if r["customer_id"] == row["customer_id"]]
        after = [r for r in rows[place + 1 : place + 1 + _AROUND] if r["customer_id"] == row["customer_id"]]
        around[row["touchpoint_id"]] = row | {"before": _texts(before), "after": _texts(after)}
    return around


def _texts(rows: Iterable[dict[str, Any]]) -> str:
    return " | ".join(_touchpoint_text(row) for row in rows)


def _touchpoint_text(row: dict[str, Any]) -> str:
    facts = [f"{row['occurred_at']:%Y-%m-%d %H:%M}", row["source"], row["activity"], row["page"], row["category"]]
    return f"{' '.join(_clipped(fact) for fact in facts if fact)} ({row['stage']})"


def _clipped(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _context(item: dict[str, Any], *, timeline: dict[str, dict[str, Any]], links: dict[str, str]) -> dict[str, Any]:
    if item["kind"] == "link":
        is_device = item["rule"] == "anonymous_device"
        question = "Is this device one person's?" if is_device else "Do these two belong to one person?"
        return {"question": question, "evidence": links[item["item_id"]]}
    row = timeline[item["touchpoint_id"]]
    shown = {column: row[column] and _clipped(row[column]) for column in ("source", "activity", "page", "subject")}
    shown |= {"before": row["before"], "after": row["after"], "occurred_at": f"{row['occurred_at']:%Y-%m-%d %H:%M:%S}"}
    if item["kind"] == "touchpoint":
        return shown | {"question": _stage_question(item["answer"]), "evidence": _facts(row, "rule")}
    return shown | {
        "question": "Does a new need begin here?",
        "evidence": _pair_text(row, timeline[item["previous_touchpoint_id"]]),
    }


def _stage_question(stage: str) -> str:
    if stage == "unknown":
        return "Is it right that this touchpoint has no stage?"
    return f"Is this touchpoint {stage.replace('_', ' ')}?"


def _facts(row: dict[str, Any], *more: str) -> str:
    names = ("channel", "topic", "category", "order", *more)
    return "; ".join(f"{name} {_clipped(row[name])}" for name in names if row[name])


def _pair_text(row: dict[str, Any], previous: dict[str, Any]) -> str:
    pause = _pause(previous["occurred_at"], row["occurred_at"])
    return (
        f"{pause} after: {_touchpoint_text(previous)}; {_facts(previous)} || here: stage {row['stage']}; {_facts(row)}"
    )


def _pause(earlier: datetime, later: datetime) -> str:
    pause = later - earlier
    if pause >= timedelta(days=1):
        return f"{pause / timedelta(days=1):.1f} days"
    if pause >= timedelta(hours=1):
        return f"{pause / timedelta(hours=1):.1f} hours"
    return f"{pause / timedelta(minutes=1):.1f} minutes"
