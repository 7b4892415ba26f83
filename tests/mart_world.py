"""A small random world as core and run tables, for the tests of the marts: touchpoints first, the rest derived."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby, takewhile
from random import Random

import polars as pl
from segment_world import make_segments

from journey_analytics import build
from journey_analytics.contract import STAGES
from journey_analytics.steps import rules_of
from journey_analytics.suggestion import make_stage_suggestion
from journey_analytics.voice.step import SCHEMA as TEXT_SCHEMA
from journey_analytics.warehouse import Warehouse, open_memory

CUTOFF = datetime(2026, 6, 30)
WINDOW_DAYS = {"awareness": 30, "consideration": 30, "decision": 30, "post_purchase": 180}
STAGE_OF = {
    "home_viewed": "awareness",
    "email_opened": "awareness",
    "product_viewed": "consideration",
    "help_viewed": "consideration",
    "cart_viewed": "decision",
    "order_placed": "decision",
    "ticket_opened": "post_purchase",
    "page_viewed": "unknown",
}
PASSIVE = "email_delivered"
SOURCES = ("web", "email", "store")
CURRENCY = ("core.touchpoint_at_cutoff", "core.leading_currency")
AT_CUTOFF = (
    *CURRENCY, "core.journey_amount", "core.left_censored_journey", "core.settled_until", "core.journey_at_cutoff",
    "core.first_purchase", "core.path_journey", "core.path_kind", "core.path_segment", "core.path_node",
    "core.path_passage", "core.path_beginning", "core.variant_steps", "core.variant_journey", "core.selection_journey",
)  # fmt: skip
RULES_TOO = (*AT_CUTOFF, "core.path_touchpoint", "core.process_rule_part", "core.friction_event")
"""With what process rules and rework are counted by: more of a touchpoint than the tests of other marts give."""
Row = dict[str, object]


def mart_world(*, journeys: int = 120, seed: int = 5) -> Warehouse:
    """A warehouse in memory with rules, macros, core and run tables, and no mart yet."""
    random = Random(seed)
    touchpoints = [row for number in range(journeys) for row in _journey_rows(random, number)]
    frame = pl.DataFrame(touchpoints, infer_schema_length=None).with_columns(pl.col("amount").cast(pl.Decimal(18, 4)))
    warehouse = open_memory()
    build.load_config(warehouse, build.sql_files())
    build.load_macros(warehouse, build.sql_files())
    store(warehouse, frame)
    return warehouse


def store(warehouse: Warehouse, touchpoints: pl.DataFrame) -> None:
    """Put touchpoints (in journey order) and what follows from them into the core and run tables."""
    unknown = {name: pl.lit(None, pl.String) for name in ("category", "topic") if name not in touchpoints.columns}
    warehouse.create_from("core.touchpoint", sequenced(touchpoints).with_columns(**unknown))
    journeys = [_journey(group) for _, group in touchpoints.group_by("journey_id", maintain_order=True)]
    warehouse.create_from("core.journey", pl.DataFrame(journeys, infer_schema_length=None))
    visits = [visit for _, group in touchpoints.group_by("journey_id", maintain_order=True) for visit in _visits(group)]
    warehouse.create_from("core.stage_visit", pl.DataFrame(visits, schema=_VISIT_SCHEMA))
    make_segments(warehouse)
    limits = [{"stage": stage, "used_days": 60 if stage == STAGES[-1] else 30} for stage in (*STAGES, "unknown")]
    warehouse.create_from("core.inactivity_limit", pl.DataFrame(limits))
    _store_identities(warehouse, touchpoints)
    _store_runs(warehouse)


def sequenced(touchpoints: pl.DataFrame) -> pl.DataFrame:
    """Add position, next_activity and next_gap_us to touchpoints that are in journey order."""
    gap = (pl.col("occurred_at").shift(-1) - pl.col("occurred_at")).dt.total_microseconds()
    return touchpoints.with_columns(
        position=pl.int_range(1, pl.len() + 1).over("journey_id"),
        next_activity=pl.col("activity").shift(-1).over("journey_id"),
        next_gap_us=gap.over("journey_id"),
    )


def make_marts(warehouse: Warehouse) -> None:
    """Run every SQL model of the mart; of the Python steps only what one of them reads."""
    make_cutoff(warehouse, RULES_TOO)
    make_stage_suggestion(warehouse, rules=rules_of(warehouse))
    build.run_models(warehouse, build.ordered(build.read_models(build.sql_files(), "mart")))


def make_some_marts(warehouse: Warehouse, *names: str) -> None:
    """Run these SQL models of the mart alone, for tests that read no other."""
    make_cutoff(warehouse)
    build.run_models(
        warehouse,
        build.ordered(model for model in build.read_models(build.sql_files(), "mart") if model.name in names),
    )


def make_cutoff(warehouse: Warehouse, names: Sequence[str] = AT_CUTOFF) -> None:
    """Make what the marts read of the core: the state at T, and the leading currency then."""
    if not warehouse.has("core.inactivity_limit"):
        warehouse.execute("create table if not exists core.left_censored_journey (journey_id varchar)")
        warehouse.execute(
            "create table if not exists core.settled_until as select timestamp '2100-01-01' as settled_until_at"
        )
    if not warehouse.has("core.touchpoint_object"):
        warehouse.execute(
            "create table core.touchpoint_object (touchpoint_id varchar, object_type varchar, object_id varchar)"
        )
    if not warehouse.has("core.touchpoint_text"):
        warehouse.create_from("core.touchpoint_text", pl.DataFrame(schema=TEXT_SCHEMA))
    core = [model for model in build.read_models(build.sql_files(), "core") if model.name in names]
    build.run_models(warehouse, build.ordered(core))


def _journey_rows(random: Random, number: int) -> list[Row]:
    """Touchpoints of one journey; every sixth one is passive, and some others hold a passive touchpoint too."""
    at = CUTOFF - timedelta(days=random.uniform(0, 120))
    activities = [PASSIVE] if number % 6 == 5 else [*STAGE_OF, PASSIVE]
    rows: list[Row] = []
    for step in range(random.choices(range(1, 9), weights=[6, 5, 4, 3, 2, 1, 1, 1])[0]):
        activity = random.choice(activities if step else activities[: len(STAGE_OF)])
        rows.append(_touchpoint(random, number, step, activity, at))
        at = min(at + timedelta(minutes=random.choice([0, 1, 90, 5000, 20000])), CUTOFF)
    return rows


def _touchpoint(random: Random, number: int, step: int, activity: str, at: datetime) -> Row:
    is_purchase = activity == "order_placed"
    stage = STAGE_OF.get(activity, "unknown")
    return {
        "touchpoint_id": f"t{number}_{step}",
        "source_event_id": f"e{number}_{step}",
        "source": random.choice(SOURCES),
        "customer_id": f"c_{number // 2}",
        "session_id": f"s{number}_{step // 3}",
        "journey_id": f"j_{number}",
        "activity": activity,
        "channel": random.choice(["email", "direct", None]),
        "stage": stage,
        "stage_rule": _rule(random, activity, stage),
        "stage_confidence": 0.0 if stage == "unknown" else 0.9,
        "occurred_at": at,
        "is_purchase": is_purchase,
        "is_passive": activity == PASSIVE,
        "device": "mobile",
        "country": "DE" if is_purchase else None,
        "campaign": f"c{number % 3}" if activity == "email_opened" else None,
        "category": "newsletter" if activity == PASSIVE else None,
        "topic": f"topic{number % 2}" if activity == "ticket_opened" else None,
        "amount": random.choice([10, 20]) if is_purchase else None,
        "currency": random.choice(["EUR", "EUR", "USD"]) if is_purchase else None,
    }


def _rule(random: Random, activity: str, stage: str) -> str | None:
    if activity == PASSIVE:
        return "passive"
    return random.choice(["deliberate", None]) if stage == "unknown" else "r1"


def _journey(group: pl.DataFrame) -> Row:
    first, last = group.row(0, named=True), group.row(-1, named=True)
    is_closed = last["occurred_at"] < CUTOFF - timedelta(days=30)
    status = "converted" if group["is_purchase"].any() else ("dropped" if is_closed else "open")
    return {
        "journey_id": first["journey_id"],
        "customer_id": first["customer_id"],
        "started_at": first["occurred_at"],
        "ended_at": last["occurred_at"],
        "status": status,
        "converted_at": group.filter("is_purchase")["occurred_at"].min(),
        "touchpoint_count": group.height,
        "first_channel": first["channel"],
        "first_source": first["source"],
        "device": "mobile",
        "country": None,
        "is_returning": False,
        "is_passive": bool((group["activity"] == PASSIVE).all()),
        "cut_reason": "passive" if (group["activity"] == PASSIVE).all() else "first",
        "activities": group["activity"].to_list(),
        "stages": [stage for stage, _ in groupby(_stages(group))],
    }


def _stages(group: pl.DataFrame) -> Iterator[str]:
    """Stages in order; a purchase enters `post_purchase` too."""
    for row in group.iter_rows(named=True):
        if row["stage"] in STAGES:
            yield row["stage"]
        if row["is_purchase"]:
            yield "post_purchase"


def _visits(group: pl.DataFrame) -> list[Row]:
    """Stages entered, as DEFINITIONS says; the purchase enters post_purchase too, and nothing advances from there."""
    rows = list(group.iter_rows(named=True))
    seen = [(row["occurred_at"], row["stage"], row["touchpoint_id"]) for row in rows if row["stage"] in STAGES]
    seen += [(row["occurred_at"], "post_purchase", row["touchpoint_id"]) for row in rows if row["is_purchase"]]
    seen.sort(key=lambda one: (one[0], STAGES.index(one[1])))
    last = group["occurred_at"][-1]
    return [_visit(group, stage, seen, last) for stage in STAGES if any(stage == other for _, other, _ in seen)]


def _visit(group: pl.DataFrame, stage: str, seen: list[tuple[datetime, str, str]], last: datetime) -> Row:
    place, (entered, _, touchpoint_id) = next((n, one) for n, one in enumerate(seen) if one[1] == stage)
    rank = STAGES.index(stage)
    later = [(at, STAGES.index(other)) for at, other, _ in seen[place:]]
    higher = [at for at, other in later if other > rank]
    lower = [at for at, other in takewhile(lambda one: one[1] <= rank, later) if other < rank]
    is_before_purchase = stage != "post_purchase"
    window = timedelta(days=WINDOW_DAYS[stage])
    advanced_at = higher[0] if higher else None
    closed = last + timedelta(days=30)
    end = min(entered + window, closed)
    if advanced_at is not None and advanced_at <= entered + window:
        outcome, end = "advanced", advanced_at
    else:
        outcome, end = ("dropped", end) if end <= CUTOFF else ("open", CUTOFF)
    return {
        "journey_id": group["journey_id"][0],
        "customer_id": group["customer_id"][0],
        "stage": stage,
        "entered_at": entered,
        "left_at": None if outcome == "open" else end,
        "outcome": outcome,
        "advanced_at": advanced_at,
        "duration_us": (end - entered) // timedelta(microseconds=1),
        "window_days": WINDOW_DAYS[stage],
        "entry_touchpoint_id": touchpoint_id,
        "regressed_at": next(iter(lower), None) if is_before_purchase else None,
        "abandoned_at": None,
        "decision_at": next((at for at, other in later if other >= 2), None) if rank < 2 else None,
        "purchased_at": next((at for at, other in later if other == 3), None) if is_before_purchase else None,
        "closed_at": closed if closed <= CUTOFF and is_before_purchase else None,
    }


_VISIT_SCHEMA = {
    "journey_id": pl.String,
    "customer_id": pl.String,
    "stage": pl.String,
    "entered_at": pl.Datetime("us"),
    "left_at": pl.Datetime("us"),
    "outcome": pl.String,
    "advanced_at": pl.Datetime("us"),
    "duration_us": pl.Int64,
    "window_days": pl.Int64,
    "entry_touchpoint_id": pl.String,
    **dict.fromkeys(("regressed_at", "abandoned_at", "decision_at", "purchased_at", "closed_at"), pl.Datetime("us")),
}


def _store_identities(warehouse: Warehouse, touchpoints: pl.DataFrame) -> None:
    """Every customer is one e-mail, or for each third one a cookie; and one kiosk's visit is set aside."""
    customers = pl.DataFrame({"customer_id": touchpoints["customer_id"].unique().sort()}).with_row_index("place")
    is_device = pl.col("place") % 3 == 0
    identity = customers.select(
        identity_type=pl.when(is_device).then(pl.lit("anonymous_id")).otherwise(pl.lit("email")),
        identity_value="customer_id",
        customer_id="customer_id",
        rule=pl.when(is_device).then(pl.lit("anonymous_device")).otherwise(pl.lit("own")),
        confidence=pl.when(is_device).then(0.5).otherwise(1.0),
    )
    warehouse.create_from("core.customer_identity", identity)
    warehouse.execute("""
        create or replace table core.event as
        select
            t.source, t.source_event_id, t.activity, t.occurred_at, false as is_bot,
            [{'identity_type': i.identity_type, 'identity_value': i.identity_value}] as identities
        from core.touchpoint as t inner join core.customer_identity as i using (customer_id)
    """)
    warehouse.execute("""
        create or replace table core.identity_set as
        select distinct identities[1].identity_value as identity_set_id, identities from core.event
    """)
    warehouse.execute("""
        create or replace table core.identity_set_customer as
        select identity_value as identity_set_id, customer_id from core.customer_identity where rule = 'own'
    """)
    warehouse.execute("""
        create or replace table core.anonymous_sighting as
        select distinct
            e.identities[1].identity_value as identity_set_id, e.occurred_at, i.customer_id, i.rule,
            null::bigint as distance_us
        from core.event as e
        inner join core.customer_identity as i on e.identities[1].identity_value = i.identity_value
        where i.rule = 'anonymous_device'
    """)
    kiosk = {"identity_type": "cookie_id", "identity_value": "kiosk", "reason": "shared_device"}
    warehouse.create_from("core.quarantined_identity", pl.DataFrame([kiosk]))
    visit = {"source": "web", "source_event_id": "k1", "reason": "quarantined_identity"}
    warehouse.create_from("core.set_aside_event", pl.DataFrame([visit]))


def _store_runs(warehouse: Warehouse) -> None:
    counts = {"read_count": 10, "accepted_count": 7, "duplicate_count": 1, "rejected_count": 2, "loaded_at": CUTOFF}
    loads = [{"load_id": n, "source": s, "file": f"{s}.jsonl", **counts} for n, s in enumerate(SOURCES)]
    warehouse.create_from("run.load", pl.DataFrame(loads))
    row = {"reason_code": "missing_time"}
    places = [{"source": s, "file": f"{s}.jsonl", "row_number": n} for s in SOURCES for n in (2, 1)]
    rejected = [place | row | {"reason": f"row {place['row_number']} has no time"} for place in places]
    warehouse.create_from("run.rejected_event", pl.DataFrame(rejected))
    cutoff = {"last_seen_at": CUTOFF, "longest_gap_seconds": 60.0, "is_silent": False, "complete_until": CUTOFF}
    warehouse.create_from("run.cutoff", pl.DataFrame([{"source": s, **cutoff, "cutoff_at": CUTOFF} for s in SOURCES]))
