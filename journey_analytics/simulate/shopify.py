"""Orders as the Admin API's order records."""

from typing import Any

from journey_analytics.simulate.draw import HOUR, day_text, iso
from journey_analytics.simulate.things import Order, Person
from journey_analytics.simulate.world import price_cents

_SUMMER = ("2025-03-30", "2025-10-26")


def local_iso(at: int) -> str:
    """The shop's local time with its offset, to the second (Berlin; summer time of 2025 and of later years alike)."""
    date = day_text(at // (24 * HOUR))
    is_summer = _SUMMER[0][4:] <= date[4:] < _SUMMER[1][4:]
    offset = 2 if is_summer else 1
    return iso(at + offset * HOUR, "")[:19] + f"+0{offset}:00"


def _money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def record(person: Person, order: Order, *, seen_at: int) -> dict[str, Any]:
    """An order as it stood at `seen_at`: later refunds and cancellations are not in it yet."""
    created = local_iso(order.at)
    changes = [at for at in (order.cancelled_at, order.refunded_at) if at is not None and at < seen_at]
    is_cancelled = order.cancelled_at is not None and order.cancelled_at < seen_at
    return {
        "id": int(order.order_id),
        "name": f"#{order.order_id}",
        "email": person.email,
        "phone": person.phone if person.number % 3 == 0 else None,
        "created_at": created,
        "processed_at": created,
        "updated_at": local_iso(max([order.at, *changes])),
        "cancelled_at": local_iso(order.cancelled_at) if is_cancelled and order.cancelled_at else None,
        "source_name": "pos" if order.is_in_store else "web",
        "total_price": _money(order.cents),
        "currency": "EUR",
        "financial_status": "paid",
        "customer": _customer(person),
        "billing_address": {"country_code": person.country},
        "line_items": [_line(order, number, line) for number, line in enumerate(order.lines)],
        "refunds": refunds(order, seen_at=seen_at),
    }


def _customer(person: Person) -> dict[str, Any]:
    return {"id": 7_000_000 + person.number, "email": person.email, "phone": person.phone}


def _line(order: Order, number: int, line: tuple[int, int]) -> dict[str, Any]:
    sku, quantity = line
    return {
        "id": int(order.order_id) * 10 + number,
        "sku": f"{order.topic[:3]}-{sku:03d}",
        "title": f"{order.topic.title()} {sku}",
        "product_type": order.topic,
        "vendor": "Outfitters",
        "quantity": quantity,
        "price": _money(price_cents(order.topic, sku)),
    }


def refund_id(order: Order) -> str:
    """The id of an order's refund (there is at most one)."""
    return str(int(order.order_id) * 10 + 9)


def refunds(order: Order, *, seen_at: int) -> list[dict[str, Any]]:
    """The refunds made before `seen_at`."""
    if order.refunded_at is None or order.refunded_at >= seen_at:
        return []
    transaction = {
        "id": int(refund_id(order)) * 10, "kind": "refund", "amount": _money(order.refund_cents), "currency": "EUR",
        "status": "success",
    }  # fmt: skip
    return [
        {
            "id": int(refund_id(order)),
            "order_id": int(order.order_id),
            "created_at": local_iso(order.refunded_at),
            "transactions": [transaction],
        }
    ]
