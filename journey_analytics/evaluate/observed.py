"""What the warehouse says, as frames: the side that is judged."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import polars as pl

from journey_analytics.cutoff import last_cutoff
from journey_analytics.entrants import entrants
from journey_analytics.errors import DataError
from journey_analytics.settings import setting

if TYPE_CHECKING:
    from journey_analytics.warehouse import Warehouse

_NEEDED = (
    "core.event",
    "core.customer_event",
    "core.customer_identity",
    "core.device_login",
    "core.device_sighting",
    "core.identity",
    "core.identity_set",
    "core.set_aside_event",
    "core.touchpoint",
    "core.journey",
    "core.stage_visit",
    "config.stage_window",
    "config.setting",
    "run.build",
)

_TOUCHPOINT = """
select
    touchpoint.source, touchpoint.source_event_id, touchpoint.customer_id, touchpoint.journey_id, touchpoint.activity,
    touchpoint.stage, touchpoint.stage_rule, cast(touchpoint.stage_confidence as double) as stage_confidence,
    touchpoint.occurred_at, customer_event.source_rank
from core.touchpoint
inner join core.customer_event on customer_event.touchpoint_id = touchpoint.touchpoint_id
"""

# One row per identity an event carries, whatever its strength; the separator keeps type and value apart.
_IDENTITY = """
with event_identity as (
    select
        event.source, event.source_event_id, event.activity is not null as is_touchpoint,
        unnest(event.identities) as identity
    from core.event
    where not coalesce(event.is_bot, false)
)
select
    event_identity.source, event_identity.source_event_id, event_identity.is_touchpoint,
    event_identity.identity.identity_type || chr(31) || event_identity.identity.identity_value as identity,
    coalesce(identity_type.strength = 'strong', false) as is_strong
from event_identity
left join config.identity_type on identity_type.identity_type = event_identity.identity.identity_type
"""

# One row per touchpoint event with only weak identities: what is assigned by a rule that could be another one.
_ANONYMOUS = """
with anonymous_device as (
    select distinct identity_set_id, identity_number
    from core.device_sighting
),
anonymous_set as (
    select identity_set_id, min(identity_number) as identity_number
    from anonymous_device
    group by identity_set_id
),
last_login as (
    select device.identity_set_id, login.customer_id
    from anonymous_device as device
    inner join core.device_login as login on login.identity_number = device.identity_number
    qualify
        row_number() over (
            partition by device.identity_set_id
            order by login.login_at desc, login.identity_number asc, login.customer_id asc
        ) = 1
),
shared_device as (
    select identity_number
    from core.device_login
    group by identity_number
    having count(distinct customer_id) > 1
),
shared_set as (
    select distinct device.identity_set_id
    from anonymous_device as device
    inner join shared_device on shared_device.identity_number = device.identity_number
)
select
    event.source, event.source_event_id, device.own_customer_id as device_customer_id,
    last_login.customer_id as last_login_customer_id, shared_set.identity_set_id is not null as is_shared
from core.event
inner join core.identity_set on identity_set.identities = event.identities
inner join anonymous_set on anonymous_set.identity_set_id = identity_set.identity_set_id
inner join core.identity as device on device.identity_number = anonymous_set.identity_number
left join last_login on last_login.identity_set_id = identity_set.identity_set_id
left join shared_set on shared_set.identity_set_id = identity_set.identity_set_id
where event.activity is not null and not coalesce(event.is_bot, false)
"""

_LINK = """
select
    identity_type || chr(31) || identity_value as identity, customer_id, rule,
    cast(confidence as double) as confidence
from core.customer_identity
"""

_WINDOW = "select stage, cast(window_days as integer) as window_days from config.stage_window"
_SET_ASIDE = "select source, source_event_id, reason from core.set_aside_event"


@dataclass(frozen=True)
class Observed:
    """The tables that `evaluate` judges.

    Attributes:
        touchpoint: source, source_event_id, customer_id, journey_id, activity, stage, stage_rule, stage_confidence,
            occurred_at, source_rank.
        set_aside: source, source_event_id, reason: bots and touchpoints that nobody could be given.
        identity: one row per event and identity it carries (source, source_event_id, is_touchpoint, identity,
            is_strong), bots excluded, evidence without a touchpoint included.
        anonymous: one row per touchpoint event with only weak identities (source, source_event_id,
            device_customer_id: the device as a customer of its own, last_login_customer_id: of the last login ever on
            its devices, null without one, is_shared: several customers logged in on one of them).
        link: one row per identity and customer (identity, customer_id, rule, confidence).
        visit: stage visits with their journey's segments.
        window: stage, window_days (W_s).
        cutoff: T, UTC.
        minimum_count: journeys below which a share is marked.
    """

    touchpoint: pl.DataFrame
    set_aside: pl.DataFrame
    identity: pl.DataFrame
    anonymous: pl.DataFrame
    link: pl.DataFrame
    visit: pl.DataFrame
    window: pl.DataFrame
    cutoff: datetime
    minimum_count: int


def read_observed(warehouse: "Warehouse") -> Observed:
    """Read what is judged.

    Raises:
        DataError: when a table is missing, because no run was finished yet.
    """
    for table in _NEEDED:
        if not warehouse.has(table):
            raise DataError(f"the warehouse has no table {table}: run `journey run` on the simulated workspace first")
    cutoff = last_cutoff(warehouse)
    return Observed(
        touchpoint=warehouse.frame(_TOUCHPOINT, name="touchpoints"),
        set_aside=warehouse.frame(_SET_ASIDE, name="set-aside events"),
        identity=warehouse.frame(_IDENTITY, name="identities"),
        anonymous=warehouse.frame(_ANONYMOUS, name="anonymous touchpoints"),
        link=warehouse.frame(_LINK, name="identity links"),
        visit=entrants(warehouse),
        window=warehouse.frame(_WINDOW, name="stage windows"),
        cutoff=cutoff,
        minimum_count=setting(warehouse, "minimum_count"),
    )
