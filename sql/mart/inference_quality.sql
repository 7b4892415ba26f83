-- One row per section and item: how sure identities, journeys and stages are, in counts.
-- grain: (section, item)
-- rebuild: full
-- `share` is `n` of `base_count`, and `base` says of what in words; `largest` of the cluster sizes has neither. The
-- items of a section add up to its base, but for `largest` and `stage_regression`. Bands hold their lower bound.
-- Identities are those of all that was loaded, so the first four sections are too; the others are at T.
-- `link_confidence`: links of identities to customers, by rule. `shared_device`: weak identities by the customers who
-- logged in near them. `unresolved`: touchpoints by how they got their customer. `cluster_size`: customers by their
-- strong identities. `cut_reason`: why journeys began; passive ones hold no act. `unknown_stage`: touchpoints with and
-- without a stage, the latter by activity. `stage_confidence`: those with one. `stage_regression`: journeys that fell
-- back.
with strength as (
    select
        identity_type,
        strength
    from config.identity_type
),

link_band as (
    select
        rule,
        case
            when confidence >= 0.99 then '0.99 or more'
            when confidence >= 0.95 then '0.95 to 0.99'
            when confidence >= 0.8 then '0.80 to 0.95'
            when confidence >= 0.5 then '0.50 to 0.80'
            else 'below 0.50'
        end as band,
        max(confidence) as confidence,
        count(*) as n
    from core.customer_identity
    group by rule, band
),

link_item as (
    select
        'link_confidence' as section,
        rule || ', ' || band as item,
        n,
        'links of identities to customers' as base,
        100 - confidence
        + 10 * coalesce(
            list_position(['own', 'strong_link', 'reference_link', 'nearest_login', 'anonymous_device'], rule), 6
        ) as sort_order
    from link_band
),

device as (
    select
        i.identity_type,
        i.identity_value,
        count(distinct i.customer_id) filter (where i.rule = 'nearest_login') as customer_count,
        false as is_quarantined
    from core.customer_identity as i
    inner join strength as s on i.identity_type = s.identity_type
    where s.strength = 'weak'
    group by i.identity_type, i.identity_value
    union all
    select
        q.identity_type,
        q.identity_value,
        0 as customer_count,
        true as is_quarantined
    from core.quarantined_identity as q
    inner join strength as s on q.identity_type = s.identity_type
    where s.strength = 'weak'
),

device_item as (
    select
        'shared_device' as section,
        case
            when is_quarantined then 'quarantined'
            when customer_count = 0 then 'nobody logged in'
            when customer_count = 1 then '1 customer'
            when customer_count = 2 then '2 customers'
            when customer_count <= 5 then '3 to 5 customers'
            else 'more than 5 customers'
        end as item,
        count(*) as n,
        'devices and cookies' as base,
        200 + min(case when is_quarantined then 99 else customer_count end) as sort_order
    from device
    group by item
),

counted_distance as (
    select
        known.identity_set_id is not null as is_known,
        anonymous.rule,
        case
            when anonymous.distance_us <= 1800000000 then 1
            when anonymous.distance_us <= 86400000000 then 2
            when anonymous.distance_us <= 604800000000 then 3
            when anonymous.distance_us <= 2592000000000 then 4
            else 5
        end as login_reach,
        count(*) as n
    from core.event as e
    inner join core.identity_set as s on e.identities = s.identities
    left join core.identity_set_customer as known on s.identity_set_id = known.identity_set_id
    left join core.anonymous_sighting as anonymous
        on s.identity_set_id = anonymous.identity_set_id and e.occurred_at = anonymous.occurred_at
    where
        e.activity is not null
        and not coalesce(e.is_bot, false)
        and (known.identity_set_id is not null or anonymous.identity_set_id is not null)
    group by is_known, anonymous.rule, login_reach
),

resolution as (
    select
        case
            when is_known then 'known by its own identity'
            when rule = 'anonymous_device' then 'nobody logged in near it'
            when login_reach = 1 then 'login within 30 minutes'
            when login_reach = 2 then 'login within a day'
            when login_reach = 3 then 'login within 7 days'
            when login_reach = 4 then 'login within 30 days'
            else 'login further away'
        end as item,
        n,
        case when is_known then 0 when rule = 'anonymous_device' then 6 else login_reach end as place
    from counted_distance
    union all
    select
        'set aside: ' || reason as item,
        count(*) as n,
        7 as place
    from core.set_aside_event
    group by reason
),

resolution_item as (
    select
        'unresolved' as section,
        item,
        sum(n) as n,
        'touchpoints, those set aside included' as base,
        300 + min(place) as sort_order
    from resolution
    group by item
),

cluster as (
    select
        i.customer_id,
        count(*) filter (where s.strength = 'strong') as identity_count
    from core.customer_identity as i
    inner join strength as s on i.identity_type = s.identity_type
    group by i.customer_id
),

cluster_item as (
    select
        'cluster_size' as section,
        case
            when identity_count = 0 then 'no strong identity'
            when identity_count = 1 then '1 strong identity'
            when identity_count <= 3 then '2 to 3'
            when identity_count <= 10 then '4 to 10'
            when identity_count <= 50 then '11 to 50'
            else 'more than 50'
        end as item,
        count(*) as n,
        'customers' as base,
        400 + min(least(identity_count, 51)) as sort_order
    from cluster
    group by item
),

cut_item as (
    select
        'cut_reason' as section,
        cut_reason || case when is_passive and cut_reason <> 'passive' then ', passive' else '' end as item,
        count(*) as n,
        'journeys, passive ones included' as base,
        500 + min(
            coalesce(
                list_position(['first', 'inactivity', 'new_need', 'purchase', 'end', 'after_sales'], cut_reason), 7
            )
        ) as sort_order
    from core.journey_at_cutoff
    group by item
),

touchpoint_kind as (
    select
        activity,
        stage <> 'unknown' as has_stage,
        stage_rule is not null as has_rule,
        stage_confidence,
        count(*) as n
    from core.touchpoint_at_cutoff
    group by activity, has_stage, has_rule, stage_confidence
),

stage_item as (
    select
        'unknown_stage' as section,
        case
            when has_stage then 'has a stage'
            when has_rule then activity || ': left without one by a rule'
            else activity || ': no rule matched'
        end as item,
        sum(n) as n,
        'touchpoints' as base,
        600 + min(case when has_stage then 0 when has_rule then 2 else 1 end) as sort_order
    from touchpoint_kind
    group by item
),

confidence_item as (
    select
        'stage_confidence' as section,
        case
            when stage_confidence >= 0.9 then '0.90 or more'
            when stage_confidence >= 0.8 then '0.80 to 0.90'
            when stage_confidence >= 0.7 then '0.70 to 0.80'
            when stage_confidence >= 0.6 then '0.60 to 0.70'
            when stage_confidence >= 0.5 then '0.50 to 0.60'
            else 'below 0.50'
        end as item,
        sum(n) as n,
        'touchpoints with a stage' as base,
        701 - max(stage_confidence) as sort_order
    from touchpoint_kind
    where has_stage
    group by item
),

regression_item as (
    select
        'stage_regression' as section,
        from_stage || ' to ' || to_stage as item,
        journey_count as n,
        entered_count as base_count,
        'journeys that entered ' || from_stage as base,
        800 as sort_order
    from mart.stage_regression
),

partition_item as (
    select * from link_item
    union all
    select * from device_item
    union all
    select * from resolution_item
    union all
    select * from cluster_item
    union all
    select * from cut_item
    union all
    select * from stage_item
    union all
    select * from confidence_item
),

quality_item as (
    select
        section,
        item,
        n,
        sum(n) over (partition by section) as base_count,
        base,
        sort_order
    from partition_item
    union all
    select
        'cluster_size' as section,
        'largest' as item,
        max(identity_count) as n,
        null as base_count,
        'strong identities of one customer' as base,
        499 as sort_order
    from cluster
    union all
    select * from regression_item
),

inference_quality as (
    select
        section,
        item,
        coalesce(n, 0)::bigint as n,
        base_count::bigint as base_count,
        n / nullif(base_count, 0) as share,
        base,
        row_number() over (order by sort_order asc, section asc, n desc, item asc)::bigint as sort_order
    from quality_item
)

select * from inference_quality
