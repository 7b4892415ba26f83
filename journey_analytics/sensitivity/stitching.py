"""The touchpoints as another stitching would have them: the same events, some with another customer. Named SQL only.

What a login or an order identifies stays: stitchings differ in anonymous touchpoints alone.
"""

from typing import Final

NEEDED_COLUMNS: Final = ("device_customer_id", "nearest_customer_id", "nearest_distance_us")
"""What `core.anonymous_sighting` must have; a warehouse built by an earlier version lacks them."""

MOVED_TABLE: Final = "temp.moved_touchpoint"

MOVED: Final = f"""
create or replace temp table {MOVED_TABLE.split(".")[1]} as
with sighting as (
    select
        identity_set_id,
        occurred_at,
        case when distance_us <= 30 * 60 * 1000000 then customer_id else device_customer_id end as strict_customer_id,
        case
            when distance_us is not null then customer_id
            else coalesce(nearest_customer_id, device_customer_id)
        end as generous_customer_id
    from core.anonymous_sighting
),

anonymous_event as (
    select e.source, e.source_event_id, sighting.strict_customer_id, sighting.generous_customer_id
    from core.event as e
    inner join core.identity_set as s on e.identities = s.identities
    inner join sighting on s.identity_set_id = sighting.identity_set_id and e.occurred_at = sighting.occurred_at
    where not exists (select 1 from core.identity_set_customer as known where known.identity_set_id = s.identity_set_id)
),

stitched_touchpoint as (
    select
        c.touchpoint_id,
        unnest(['strict', 'generous']) as stitching,
        unnest([a.strict_customer_id, a.generous_customer_id]) as customer_id,
        c.customer_id as default_customer_id
    from core.customer_event as c
    inner join anonymous_event as a on c.source = a.source and c.source_event_id = a.source_event_id
)

select touchpoint_id, stitching, customer_id, default_customer_id
from stitched_touchpoint
where customer_id <> default_customer_id
"""
"""One row per touchpoint and stitching in which it has another customer (`customer_id`) than by default."""

AFFECTED: Final = f"""
select customer_id from {MOVED_TABLE} where stitching = $1
union
select default_customer_id from {MOVED_TABLE} where stitching = $1
"""
"""The customers who gain or lose a touchpoint in a stitching. All others have the same touchpoints as by default."""

STITCHED: Final = f"""
create or replace temp table stitched_touchpoint as
with affected as ({AFFECTED}),

stitched as (
    select e.* exclude (bucket) replace (coalesce(m.customer_id, e.customer_id) as customer_id)
    from core.customer_event as e
    left join {MOVED_TABLE} as m on m.stitching = $1 and e.touchpoint_id = m.touchpoint_id
)

select
    s.*,
    customer_bucket(s.customer_id, b.value) as bucket
from stitched as s
inner join affected as a on s.customer_id = a.customer_id
inner join config.setting as b on b.setting = 'bucket_count'
"""
"""All touchpoints of the affected customers of one stitching; the bucket is that of the new customer."""

DEFAULT_TABLE: Final = "core.customer_event"
STITCHED_TABLE: Final = "temp.stitched_touchpoint"


def sizes(table: str) -> str:
    """The buckets of a table of touchpoints in order, each with its number of rows."""
    return f"select bucket, count(*)::bigint as touchpoint_count from {table} group by bucket order by bucket"


def events(table: str) -> str:
    """The touchpoints of the buckets from $1 to $2; the kernel sorts them."""
    return f"select * from {table} where bucket between $1 and $2"
