"""Everything that can be judged: one row per item, with its stratum, our answer and the confidence stated for it.

Three kinds:

- `touchpoint`: its stage. Stratum: the rule that placed it, `no rule` where none did. A passive touchpoint without a
  stage (a mail nobody reacted to) is no item: it claims nothing.
- `link`: a row of `core.customer_identity` that is not `own`. Stratum: rule × band of confidence.
- `journey_cut`: two neighbouring active touchpoints of a customer, known by the second. Stratum: the cut reason where a
  journey begins, `back to an earlier need` where an older one goes on; not cut: within a session or across sessions,
  because hardly anything can be wrong within one. No confidence is stated for cuts.
"""

from typing import Final

import polars as pl

from journey_analytics.warehouse import Warehouse

NEW_NEED: Final = "yes: a new need"
SAME_NEED: Final = "no: the same need"
EARLIER_NEED: Final = "no: an earlier need goes on"
"""Our answers to “does a new need begin here?”."""

# A letter before each hash keeps spreadsheets from reading it as a number; the separator keeps parts apart.
_ITEM: Final = """
create or replace temporary table audit_item as
with touchpoint_item as (
    select
        'touchpoint' as kind,
        't_' || touchpoint_id as item_id,
        coalesce(stage_rule, 'no rule') as stratum,
        stage as answer,
        case when stage_rule is not null then stage_confidence end as confidence,
        customer_id,
        touchpoint_id,
        cast(null as varchar) as previous_touchpoint_id,
        cast(null as varchar) as identity_type,
        cast(null as varchar) as identity_value,
        stage_rule as rule
    from core.touchpoint
    where not (is_passive and stage = 'unknown')
),

link_item as (
    select
        'link' as kind,
        'l_' || md5(concat_ws(chr(31), identity_type, identity_value, customer_id, rule)) as item_id,
        rule || case
            when confidence >= 0.98 then ' 0.98 to 1.00'
            when confidence >= 0.90 then ' 0.90 to 0.98'
            when confidence >= 0.70 then ' 0.70 to 0.90'
            when confidence >= 0.50 then ' 0.50 to 0.70'
            else ' below 0.50'
        end as stratum,
        'yes' as answer,
        confidence,
        customer_id,
        cast(null as varchar) as touchpoint_id,
        cast(null as varchar) as previous_touchpoint_id,
        identity_type,
        identity_value,
        rule
    from core.customer_identity
    where rule <> 'own'
),

active_touchpoint as (
    select
        touchpoint.touchpoint_id,
        touchpoint.customer_id,
        touchpoint.journey_id,
        touchpoint.session_id,
        touchpoint.occurred_at,
        event.source_rank,
        touchpoint.source,
        touchpoint.source_event_id
    from core.touchpoint as touchpoint
    inner join core.customer_event as event on event.touchpoint_id = touchpoint.touchpoint_id
    where not touchpoint.is_passive
),

neighbour as (
    select
        touchpoint_id,
        customer_id,
        journey_id,
        session_id,
        lag(touchpoint_id) over customer_order as previous_touchpoint_id,
        lag(journey_id) over customer_order as previous_journey_id,
        lag(session_id) over customer_order as previous_session_id,
        row_number() over (
            partition by journey_id order by occurred_at, source_rank, source, source_event_id
        ) = 1 as begins_journey
    from active_touchpoint
    window customer_order as (
        partition by customer_id order by occurred_at, source_rank, source, source_event_id
    )
),

cut_item as (
    select
        'journey_cut' as kind,
        'j_' || md5(concat_ws(chr(31), pair.previous_touchpoint_id, pair.touchpoint_id)) as item_id,
        case
            when pair.journey_id = pair.previous_journey_id and pair.session_id = pair.previous_session_id
                then 'not cut, within a session'
            when pair.journey_id = pair.previous_journey_id then 'not cut, across sessions'
            when pair.begins_journey then 'cut: ' || coalesce(journey.cut_reason, 'no reason')
            else 'back to an earlier need'
        end as stratum,
        case
            when pair.journey_id = pair.previous_journey_id then ?
            when pair.begins_journey then ?
            else ?
        end as answer,
        cast(null as double) as confidence,
        pair.customer_id,
        pair.touchpoint_id,
        pair.previous_touchpoint_id,
        cast(null as varchar) as identity_type,
        cast(null as varchar) as identity_value,
        journey.cut_reason as rule
    from neighbour as pair
    inner join core.journey as journey on journey.journey_id = pair.journey_id
    where pair.previous_touchpoint_id is not null
)

select * from touchpoint_item
union all by name
select * from link_item
union all by name
select * from cut_item
"""

_STRATUM: Final = """
select kind, stratum, count(*)::bigint as stratum_count
from audit_item
group by kind, stratum
order by kind, stratum
"""

# By hash, so neither the order of the rows nor what else is in the table decides who is drawn.
_DRAWN: Final = """
with ranked_item as (
    select
        *,
        row_number() over (
            partition by kind, stratum order by md5(concat_ws(chr(31), item_id, ?)), item_id
        ) as place
    from audit_item
)
select ranked_item.* exclude (place), drawn.stratum_count, drawn.sample_count
from ranked_item
inner join (
    select
        unnest(?::varchar[]) as kind, unnest(?::varchar[]) as stratum, unnest(?::bigint[]) as stratum_count,
        unnest(?::bigint[]) as sample_count
) as drawn on drawn.kind = ranked_item.kind and drawn.stratum = ranked_item.stratum
where ranked_item.place <= drawn.sample_count
order by ranked_item.kind, ranked_item.stratum, ranked_item.item_id
"""

_FOUND: Final = """
select kind, item_id, stratum, answer, confidence
from audit_item
where item_id in (select unnest(?::varchar[]))
order by kind, item_id
"""


def load_items(warehouse: Warehouse) -> None:
    """Put every item into the connection's temporary table `audit_item`, which the functions below read."""
    warehouse.execute(_ITEM, [SAME_NEED, NEW_NEED, EARLIER_NEED], name="audit items")


def strata(warehouse: Warehouse) -> pl.DataFrame:
    """Every stratum with its size: kind, stratum, stratum_count; by kind and stratum."""
    return warehouse.frame(_STRATUM, name="audit strata")


def drawn_items(warehouse: Warehouse, allocation: pl.DataFrame, *, seed: int) -> pl.DataFrame:
    """The items with the smallest hash of id and seed in each stratum, as many as its `sample_count`.

    The same items are drawn whatever the order of the rows; a larger `sample_count` adds to those of a smaller one.

    Returns:
        The columns of `audit_item`, stratum_count and sample_count; by kind, stratum and item_id.
    """
    columns = ("kind", "stratum", "stratum_count", "sample_count")
    parameters = [str(seed), *(allocation[column].to_list() for column in columns)]
    return warehouse.frame(_DRAWN, parameters=parameters, name="audit sample")


def items_of(warehouse: Warehouse, item_ids: list[str]) -> pl.DataFrame:
    """What is said today of some items: kind, item_id, stratum, answer, confidence; those gone are left out."""
    return warehouse.frame(_FOUND, parameters=[item_ids], name="audited items")
