-- One row per touchpoint and process rule that it has a part in, with the parts before and after it.
-- grain: (rule_id, touchpoint_id)
-- rebuild: full
-- A rule compares touchpoints of a line: a journey, or a customer over all sources and journeys, also those in which
-- only e-mails were sent. `is_first`, `is_second` and `is_closing` say what it fits of the rule: activity,
-- other_activity and closing_activity, each with its category; `is:purchase` is fitted by what counts as the purchase.
-- `place` counts the parts of a line in the one order of touchpoints, `position` all touchpoints of the journey. What
-- comes before and after is of the same object where the rule says so (`same`: order, ticket, topic or session; those
-- without one are compared with each other), but for `next_first_in_line`, which is of the whole line. Only what
-- happened up to T.
with rule as (
    select
        rule_id,
        kind,
        scope,
        same,
        activity,
        category,
        other_activity,
        other_category,
        closing_activity,
        closing_category
    from config.process_rule
),

named_touchpoint as (
    select distinct
        activity,
        category,
        is_purchase
    from core.touchpoint_at_cutoff
),

fitting_part as (
    select
        r.rule_id,
        r.kind,
        r.scope,
        r.same,
        n.activity,
        n.category,
        n.is_purchase,
        (fits_any(n.activity, r.activity) or (n.is_purchase and fits_any('is:purchase', r.activity)))
        and fits_any(n.category, r.category) as is_first,
        r.other_activity is not null
        and (fits_any(n.activity, r.other_activity) or (n.is_purchase and fits_any('is:purchase', r.other_activity)))
        and fits_any(n.category, r.other_category) as is_second,
        r.closing_activity is not null
        and (
            fits_any(n.activity, r.closing_activity) or (n.is_purchase and fits_any('is:purchase', r.closing_activity))
        )
        and fits_any(n.category, r.closing_category) as is_closing
    from rule as r
    cross join named_touchpoint as n
),

reference as (
    select
        touchpoint_id,
        min(object_id) filter (where object_type = 'order') as order_object,
        min(object_id) filter (where object_type = 'ticket') as ticket_object
    from core.touchpoint_object
    group by touchpoint_id
),

part as (
    select
        p.rule_id,
        p.kind,
        p.scope,
        t.touchpoint_id,
        t.customer_id,
        t.journey_id,
        t.position,
        t.occurred_at,
        epoch_us(t.occurred_at) as occurred_us,
        not j.is_passive as is_active,
        p.is_first,
        p.is_second,
        p.is_closing,
        case p.scope when 'customer' then t.customer_id else t.journey_id end as line_id,
        coalesce(
            case p.same
                when 'order' then o.order_object
                when 'ticket' then o.ticket_object
                when 'topic' then t.topic
                when 'session' then t.session_id
            end,
            ''
        ) as object_id,
        coalesce(s.rank::integer, 50) as source_rank,
        t.source,
        t.source_event_id
    from core.touchpoint_at_cutoff as t
    inner join fitting_part as p
        on
            t.activity = p.activity
            and t.category is not distinct from p.category
            and t.is_purchase = p.is_purchase
    inner join core.journey_at_cutoff as j on t.journey_id = j.journey_id
    left join reference as o on t.touchpoint_id = o.touchpoint_id
    left join config.source_rank as s on t.source = s.source
    where (p.is_first or p.is_second or p.is_closing) and (p.scope = 'customer' or not j.is_passive)
),

placed_part as (
    select
        * exclude (source_rank, source, source_event_id),
        row_number() over (
            partition by rule_id, line_id
            order by occurred_us, source_rank, source, source_event_id
        ) as place
    from part
),

process_rule_part as (
    select
        *,
        min(case when is_first then place end) over later as next_first_place,
        min(case when is_second then place end) over later as next_second_place,
        min(case when is_closing then place end) over later as next_closing_place,
        min(case when is_first then occurred_us end) over later as next_first_us,
        min(case when is_second then occurred_us end) over later as next_second_us,
        min(case when is_second and journey_id = line_id then position end) over later as next_second_position,
        max(case when is_first then place end) over earlier as last_first_place,
        max(case when is_second then place end) over earlier as last_second_place,
        max(case when is_first then occurred_us end) over earlier as last_first_us,
        max(case when is_second then occurred_us end) over earlier as last_second_us,
        max(case when is_first and journey_id = line_id then position end) over earlier as last_first_position,
        min(case when is_first then place end) over (
            partition by rule_id, line_id
            order by place
            rows between 1 following and unbounded following
        ) as next_first_in_line
    from placed_part
    window
        later as (
            partition by rule_id, line_id, object_id
            order by place
            rows between 1 following and unbounded following
        ),
        earlier as (
            partition by rule_id, line_id, object_id
            order by place
            rows between unbounded preceding and 1 preceding
        )
)

select * from process_rule_part
