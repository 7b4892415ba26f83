"""An event that is logged line by line is one touchpoint with the sum of its lines."""

from datetime import datetime
from decimal import Decimal

import polars as pl

from journey_analytics import build
from journey_analytics.contract import EVENT_COLUMNS
from journey_analytics.warehouse import Warehouse, open_memory

NOON = datetime(2025, 5, 1, 12)


def line(
    event_id: str, *, amount: str, minute: int = 0, line_of: str | None = None, customer: str = "7"
) -> dict[str, object]:
    return {
        "source": "till",
        "source_event_id": event_id,
        "line_of": line_of,
        "activity": "order_placed",
        "occurred_at": NOON.replace(minute=minute),
        "identities": [{"identity_type": "customer_id", "identity_value": customer}],
        "topic": f"topic of {event_id}",
        "amount": Decimal(amount),
        "is_machine": False,
        "is_bot": False,
        "content_hash": event_id,
    }


def events_of(*rows: dict[str, object]) -> list[tuple[object, ...]]:
    with open_memory() as warehouse:
        fill(warehouse, *rows)
        return warehouse.rows(
            "select source_event_id, amount, occurred_at, topic, len(identities) from core.event order by 1"
        )


def fill(warehouse: Warehouse, *rows: dict[str, object]) -> None:
    columns = ", ".join(f"{name} {kind}" for name, kind in EVENT_COLUMNS.items())
    warehouse.execute(f"create table staging.event ({columns})")
    warehouse.append("staging.event", pl.DataFrame(list(rows), schema_overrides={"line_of": pl.String}))
    models = [model for model in build.read_models(build.sql_files(), "core") if model.name == "core.event"]
    build.run_models(warehouse, models)


def test_the_lines_of_an_event_become_one_with_their_sum_and_the_first_lines_facts() -> None:
    found = events_of(
        line("b", amount="2.50", minute=1, line_of="order 1", customer="8"),
        line("a", amount="1.25", minute=1, line_of="order 1"),
        line("c", amount="-1", minute=0, line_of="order 2"),
        line("single", amount="9"),
    )
    assert found == [
        ("order 1", Decimal("3.7500"), NOON.replace(minute=1), "topic of a", 2),
        ("order 2", Decimal("-1.0000"), NOON, "topic of c", 1),
        ("single", Decimal("9.0000"), NOON, "topic of single", 1),
    ]


def test_any_order_of_the_lines_gives_the_same_event() -> None:
    lines = [line(name, amount=amount, line_of="order 1") for name, amount in (("a", "1"), ("b", "2"), ("c", "3"))]
    assert events_of(*lines) == events_of(*reversed(lines))
