"""Small touchpoint frames for the tests of the kernel: a case names what matters, the rest has a default."""

import csv
from collections.abc import Iterable, Mapping
from datetime import datetime
from hashlib import md5
from pathlib import Path
from typing import Any

import polars as pl

from journey_analytics import build
from journey_analytics.sequence import Rules, read_rules

RULE_FILES = ("stage_rule", "activity", "stage_window", "inactivity_limit", "setting")
RANKS = {"web": 1, "email": 2, "support": 3, "store": 4}
MONEY = pl.Decimal(18, 4)
SCHEMA: dict[str, Any] = {
    "touchpoint_id": pl.String, "customer_id": pl.String, "source": pl.String, "source_event_id": pl.String,
    "source_rank": pl.Int32, "activity": pl.String, "occurred_at": pl.Datetime("us"), "received_at": pl.Datetime("us"),
    "channel": pl.String, "campaign": pl.String, "page_path": pl.String, "topic": pl.String, "category": pl.String,
    "subject": pl.String, "order_id": pl.String, "device": pl.String, "country": pl.String, "amount": MONEY,
    "currency": pl.String, "score": MONEY, "is_machine": pl.Boolean, "is_purchase": pl.Boolean,
    "is_passive": pl.Boolean, "is_end": pl.Boolean,
}  # fmt: skip


def rule_frames() -> dict[str, pl.DataFrame]:
    """The built-in rule files, every cell text."""
    files = build.sql_files()
    return {name: build.read_rules(files[f"config/{name}.csv"]) for name in RULE_FILES}


def default_rules() -> Rules:
    """The built-in rules."""
    return read_rules(rule_frames())


def activity_kinds() -> dict[str, str]:
    """The kind of every documented activity."""
    with build.sql_files()["config/activity.csv"].open(encoding="utf-8") as file:
        return {row["activity"]: row["kind"] for row in csv.DictReader(file)}


def events(rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """Touchpoints as `core.customer_event` has them; `at` is ISO text or a datetime, `id` the source's event id."""
    kinds = activity_kinds()
    frame = pl.DataFrame(
        [_event(row, kinds) for row in rows], schema={**SCHEMA, "amount": pl.String, "score": pl.String}
    )
    return frame.with_columns(pl.col("amount", "score").cast(MONEY))


def _event(row: Mapping[str, Any], kinds: Mapping[str, str]) -> dict[str, Any]:
    source = row.get("source") or "web"
    kind = kinds.get(row["activity"], "act")
    is_machine = str(row.get("is_machine") or "").lower() == "true"
    at = row["at"] if isinstance(row["at"], datetime) else datetime.fromisoformat(row["at"])
    is_twin = row["activity"] == "order_completed" and not row.get("amount")
    facts = {
        "touchpoint_id": md5(f"{source}\x1f{row['id']}".encode()).hexdigest(),
        "customer_id": row.get("customer") or "c_1",
        "source": source,
        "source_event_id": row["id"],
        "source_rank": RANKS.get(source, 50),
        "activity": row["activity"],
        "occurred_at": at,
        "received_at": at,
        "is_machine": is_machine,
        "is_purchase": kind == "purchase" and not is_twin,
        "is_passive": kind == "passive" or is_machine,
        "is_end": kind == "end",
    }
    return {name: facts.get(name, row.get(name) or None) for name in SCHEMA}


def read_case(path: Path) -> pl.DataFrame:
    """A CSV with empty cells as null and every column text."""
    return pl.read_csv(path, infer_schema=False)
