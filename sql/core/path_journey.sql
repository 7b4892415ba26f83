-- One row per active journey: what paths are broken down by, and numbers to group by.
-- grain: journey_id
-- rebuild: full
-- `journey_number` counts journeys by their id; `kind_number` is one for all that are alike in status and segments, so
-- that 10 million touchpoints are grouped by numbers, and only their counts by names. Segments are as
-- known when the journey began. The values with most journeys stay, ties by name; those beyond the setting
-- segment_value_cap are `other`, together with a logged value of that name. `unknown` takes no place of the cap, and
-- months are never folded.
with active_journey as (
    select
        j.journey_id,
        j.status,
        j.is_settled,
        s.first_channel,
        s.device,
        s.persona,
        s.customer_kind,
        strftime(j.started_at, '%Y-%m') as started_month
    from core.journey_at_cutoff as j
    inner join core.journey_segment as s on j.journey_id = s.journey_id
    where not j.is_passive
),

named_value as (
    select
        'first_channel' as segment,
        first_channel as segment_value
    from active_journey
    union all
    select
        'device' as segment,
        device as segment_value
    from active_journey
    union all
    select
        'persona' as segment,
        persona as segment_value
    from active_journey
),

ranked_value as (
    select
        segment,
        segment_value,
        row_number() over (partition by segment order by count(*) desc, segment_value) as place
    from named_value
    where segment_value not in ('unknown', 'other')
    group by segment, segment_value
),

kept_value as (
    select
        r.segment,
        r.segment_value
    from ranked_value as r
    inner join config.setting as c on r.place <= c.value::bigint
    where c.setting = 'segment_value_cap'
    union all
    select
        segment,
        'unknown' as segment_value
    from (values ('first_channel'), ('device'), ('persona')) as folded (segment)
),

segmented_journey as (
    select
        j.journey_id,
        j.status,
        j.is_settled,
        j.customer_kind,
        j.started_month,
        coalesce(c.segment_value, 'other') as first_channel,
        coalesce(d.segment_value, 'other') as device,
        coalesce(p.segment_value, 'other') as persona
    from active_journey as j
    left join kept_value as c on c.segment = 'first_channel' and j.first_channel = c.segment_value
    left join kept_value as d on d.segment = 'device' and j.device = d.segment_value
    left join kept_value as p on p.segment = 'persona' and j.persona = p.segment_value
),

journey_kind as (
    select
        status,
        is_settled,
        first_channel,
        device,
        persona,
        customer_kind,
        started_month,
        (row_number() over (
            order by status, is_settled, first_channel, device, persona, customer_kind, started_month
        ))::integer as kind_number
    from segmented_journey
    group by status, is_settled, first_channel, device, persona, customer_kind, started_month
),

path_journey as (
    select
        j.*,
        k.kind_number,
        (row_number() over (order by j.journey_id))::integer as journey_number
    from segmented_journey as j
    inner join journey_kind as k
        on
            j.status = k.status
            and j.is_settled = k.is_settled
            and j.first_channel = k.first_channel
            and j.device = k.device
            and j.persona = k.persona
            and j.customer_kind = k.customer_kind
            and j.started_month = k.started_month
)

select * from path_journey
