"""Events for identity tests, and the models run over them. What must come out is in `identity_oracle`."""

import hashlib
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from journey_analytics import build
from journey_analytics.warehouse import Warehouse, open_memory

EPOCH = datetime(2026, 1, 1)
TARGETS = ("customer", "customer_event", "customer_identity", "quarantined_identity", "set_aside_event")
CONFIG = ("activity", "identity_type", "identity_undone", "setting", "source_rank")
Identity = tuple[str, str]
Undone = tuple[Identity, Identity | None]
"""An identity that was taken out, or its link with another one."""

SCHEMA = {
    "source": pl.String,
    "source_event_id": pl.String,
    "line_of": pl.String,
    "load_id": pl.Int64,
    "row_number": pl.Int64,
    "activity": pl.String,
    "occurred_at": pl.Datetime("us"),
    "received_at": pl.Datetime("us"),
    "identities": pl.List(pl.Struct({"identity_type": pl.String, "identity_value": pl.String})),
    **dict.fromkeys(("channel", "campaign", "page_path", "topic", "category", "subject", "order_id"), pl.String),
    "device": pl.String,
    "country": pl.String,
    "amount": pl.Decimal(18, 4),
    "currency": pl.String,
    "score": pl.Decimal(18, 4),
    "text": pl.String,
    "author": pl.Struct({"identity_type": pl.String, "identity_value": pl.String}),
    "is_machine": pl.Boolean,
    "is_bot": pl.Boolean,
    "content_hash": pl.String,
}


@dataclass(frozen=True)
class Seen:
    """One event: its id, hours since the epoch of the tests, and the identities it carries."""

    event_id: str
    hour: float
    identities: tuple[Identity, ...]
    source: str = "web"
    activity: str | None = "page_viewed"
    order_id: str | None = None
    amount: int | None = None
    is_bot: bool = False
    is_machine: bool = False

    @property
    def occurred_at(self) -> datetime:
        """The instant of the event, UTC without a zone."""
        return EPOCH + timedelta(hours=self.hour)


@dataclass(frozen=True)
class Limits:
    """The thresholds of a world; `device_cap` is `max_customers` of the weak types."""

    cap: int = 5
    device_cap: int = 10
    lookback_days: int = 30
    component_cap: int = 50


def event_frame(events: Iterable[Seen]) -> pl.DataFrame:
    """The events as `staging.event`, in the given order."""
    rows = [
        {
            "source": e.source,
            "source_event_id": e.event_id,
            "load_id": 1,
            "row_number": number,
            "activity": e.activity,
            "occurred_at": e.occurred_at,
            "received_at": e.occurred_at,
            "identities": [{"identity_type": kind, "identity_value": value} for kind, value in e.identities],
            "order_id": e.order_id,
            "amount": e.amount,
            "currency": None if e.amount is None else "EUR",
            "is_machine": e.is_machine,
            "is_bot": e.is_bot,
            "content_hash": e.event_id,
        }
        for number, e in enumerate(events, start=1)
    ]
    return pl.DataFrame(rows, schema=SCHEMA)


def resolved(*parts: Iterable[Seen], limits: Limits | None = None, undone: Iterable[Undone] = ()) -> Warehouse:
    """A warehouse with the identity tables made from the events, loaded part by part."""
    files = build.sql_files()
    warehouse = open_memory(threads=2)
    build.load_config(warehouse, {name: files[name] for name in (f"config/{table}.csv" for table in CONFIG)})
    build.load_macros(warehouse, files)
    _limit(warehouse, limits or Limits())
    warehouse.create_from("staging.event", event_frame([]))
    for part in parts:
        warehouse.append("staging.event", event_frame(part))
    undo(warehouse, undone)
    return warehouse


def undo(warehouse: Warehouse, undone: Iterable[Undone]) -> None:
    """Make the identity tables anew with exactly these identities and links undone."""
    warehouse.execute("delete from config.identity_undone")
    for one, other in undone:
        row = [*one, *(other or (None, None)), "a test"]
        warehouse.execute("insert into config.identity_undone values (?, ?, ?, ?, ?)", row)
    build.run_models(warehouse, build.ordered(identity_models()))


def _limit(warehouse: Warehouse, limits: Limits) -> None:
    change = "update config.setting set value = ? where setting = ?"
    warehouse.execute(change, [str(limits.cap), "identity_cap"])
    warehouse.execute(change, [str(limits.lookback_days), "identity_lookback_days"])
    warehouse.execute(change, [str(limits.component_cap), "component_cap"])
    change = "update config.identity_type set max_customers = ? where strength = 'weak'"
    warehouse.execute(change, [str(limits.device_cap)])


def identity_models() -> list[build.Model]:
    """The models that the tables of identity need, and no others of the folder."""
    every = {model.name: model for model in build.read_models(build.sql_files(), "core")}
    wanted, needed = [f"core.{name}" for name in TARGETS], {}
    while wanted:
        model = every[wanted.pop()]
        needed[model.name] = model
        wanted += [name for name in model.reads if name in every and name not in needed]
    return list(needed.values())


def customers(warehouse: Warehouse) -> dict[str, str]:
    """What became of each touchpoint event: its customer, or the reason why it was set aside."""
    rows = warehouse.rows(
        "select source_event_id, customer_id from core.customer_event "
        "union all select source_event_id, reason from core.set_aside_event"
    )
    assert len(rows) == len(dict(rows))
    return dict(rows)


def rules(warehouse: Warehouse, value: str) -> dict[str, tuple[str, float]]:
    """By customer, the rule and the confidence of an identity's links."""
    found = "select customer_id, rule, confidence from core.customer_identity where identity_value = ?"
    return {customer: (rule, confidence) for customer, rule, confidence in warehouse.rows(found, [value])}


def canonical(warehouse: Warehouse, tables: Sequence[str] = ()) -> dict[str, list[str]]:
    """All rows of the tables as sorted text: equal exactly when the tables are."""
    names = tables or [model.name for model in identity_models()]
    return {name: sorted(map(repr, warehouse.rows(f"select * from {name}"))) for name in names}


def customer_name(identity: Identity) -> str:
    """The id of the customer whom this identity represents."""
    return "c_" + hashlib.md5("\x1f".join(identity).encode()).hexdigest()[:16]


CHECKS = (
    "every_touchpoint_event_has_a_customer_or_is_set_aside",
    "every_customer_event_and_every_set_aside_event_was_staged",
    "every_touchpoint_id_is_unique",
    "every_customer_of_an_event_is_listed",
    "every_customer_is_listed_once_with_an_identity",
    "every_strong_identity_belongs_to_at_most_one_customer",
    "every_identity_has_a_customer_or_is_quarantined",
    "every_link_of_an_identity_has_a_rule_and_a_confidence",
    "linked_identities_have_one_customer",
    "every_order_is_at_most_one_purchase",
)
"""The checks of the folder that look at identities."""


def failures(warehouse: Warehouse, check: str) -> list[tuple[Any, ...]]:
    """The rows that a check returns: what is wrong."""
    return warehouse.rows(build.sql_files()[f"check/{check}.sql"].read_text(encoding="utf-8"))


# Random small worlds.

POOL = {
    "user_id": 3,
    "email": 4,
    "phone": 2,
    "shopify_customer_id": 3,
    "zendesk_user_id": 2,
    "zendesk_ticket_id": 3,
    "anonymous_id": 3,
    "device_id": 2,
}
SHAPES = (
    ("anonymous_id",),
    ("anonymous_id",),
    ("device_id",),
    ("anonymous_id", "device_id"),
    ("user_id", "anonymous_id"),
    ("user_id", "anonymous_id", "device_id"),
    ("user_id",),
    ("email",),
    ("email", "phone"),
    ("email", "shopify_customer_id"),
    ("zendesk_ticket_id",),
    ("zendesk_ticket_id", "zendesk_user_id"),
    ("zendesk_user_id", "email"),
    ("email", "email"),
    ("user_id", "email"),
    ("user_id", "email", "anonymous_id"),
)
ACTIVITIES = (
    ("web", "page_viewed"),
    ("web", "page_viewed"),
    ("web", "order_completed"),
    ("store", "order_placed"),
    ("web", None),
)


def random_world(seed: int) -> list[Seen]:
    """Some forty events of few identities at few moments, so that ties, caps and shared devices are common."""
    rng = random.Random(seed)
    shapes = rng.sample(SHAPES, rng.randint(4, len(SHAPES)))
    return [_random_event(rng, f"w{seed}", number, shapes) for number in range(rng.randint(1, 45))]


def _random_event(rng: random.Random, world: str, number: int, shapes: list[tuple[str, ...]]) -> Seen:
    source, activity = rng.choice(
        [
            ("web", "page_viewed"),
            ("web", "page_viewed"),
            ("web", "order_completed"),
            ("store", "order_placed"),
            ("web", None),
        ]
    )
    bought = activity in ("order_completed", "order_placed")
    drawn = {(kind, f"{world}-{rng.randrange(POOL[kind])}") for kind in rng.choice(shapes)}
    return Seen(
        event_id=f"{world}-e{number:02}",
        hour=6 * rng.randrange(80),
        identities=tuple(rng.sample(sorted(drawn), len(drawn))),
        source=source,
        activity=activity,
        order_id=f"{world}-o{rng.randrange(3)}" if bought and rng.random() < 0.7 else None,
        amount=10 if bought else None,
        is_bot=rng.random() < 0.05,
    )
