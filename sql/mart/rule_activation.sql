-- One row per activation of a process rule: a case in which it asks for something, and whether that came true by T.
-- grain: (rule_id, activation_id)
-- rebuild: full
-- Rules that ask something of a touchpoint are activated by each of them in an active journey (`response`: every first
-- activity; `precedence`: every other one; `absent_while`: every opening), those about a whole journey or customer once
-- each. `fulfilled` and `violated` are certain at T; `pending` is what is not: the time of the rule is not over, the
-- journey goes on, or what came before it may be missing (left-censored). A journey is over when it is dropped, or
-- converted and silent for longer than the longest inactivity limit; a customer never is. A time (`within`) is over
-- when it ends by T; exactly at its end still counts. What succeeds or coexists is judged in both directions.
with judgement as (
    select
        kind,
        judged_as
    from (
        values
        ('response', 'response'), ('succession', 'response'),
        ('precedence', 'precedence'), ('succession', 'precedence'),
        ('alternate_response', 'alternate_response'), ('alternate_succession', 'alternate_response'),
        ('alternate_precedence', 'alternate_precedence'), ('alternate_succession', 'alternate_precedence'),
        ('chain_response', 'chain_response'), ('chain_succession', 'chain_response'),
        ('chain_precedence', 'chain_precedence'), ('chain_succession', 'chain_precedence'),
        ('responded_existence', 'other_exists'), ('coexistence', 'other_exists'), ('coexistence', 'first_exists'),
        ('not_succession', 'not_succession'), ('not_chain_succession', 'not_chain_succession'),
        ('absent_while', 'absent_while')
    ) as listed (kind, judged_as)
),

rule as (
    select
        rule_id,
        kind,
        scope,
        span_seconds("within") * 1000000 as within_us,
        case kind when 'absence' then 0 else coalesce(times::bigint, 1) end as times
    from config.process_rule
),

cutoff as (
    select epoch_us(min(cutoff_at)::timestamp) as cutoff_us
    from run.cutoff
),

longest_limit as (
    select max(used_days)::bigint * 86400000000 as limit_us
    from core.inactivity_limit
),

line as (
    select
        'journey' as scope,
        j.journey_id as line_id,
        j.journey_id,
        j.customer_id,
        j.started_at,
        j.ended_at,
        j.touchpoint_count,
        j.is_left_censored,
        epoch_us(j.started_at) as started_us,
        j.status = 'dropped'
        or (j.status = 'converted' and c.cutoff_us - epoch_us(j.ended_at) > l.limit_us) as is_over
    from core.journey_at_cutoff as j
    cross join cutoff as c
    cross join longest_limit as l
    where not j.is_passive
    union all
    select
        'customer' as scope,
        customer_id as line_id,
        null::varchar as journey_id,
        customer_id,
        min(started_at) as started_at,
        max(ended_at) as ended_at,
        sum(touchpoint_count)::bigint as touchpoint_count,
        bool_or(is_left_censored) as is_left_censored,
        epoch_us(min(started_at)) as started_us,
        false as is_over
    from core.journey_at_cutoff
    group by customer_id
    having not bool_and(is_passive)
),

asked_part as (
    select
        p.*,
        j.judged_as,
        r.within_us,
        l.touchpoint_count,
        l.is_over,
        p.occurred_us + r.within_us <= c.cutoff_us as is_time_over,
        -- The beginning that may be missing matters where the time of the rule reaches back to it.
        l.is_left_censored and coalesce(p.occurred_us - r.within_us < l.started_us, true) as is_start_missing,
        coalesce(p.next_second_us - p.occurred_us <= r.within_us, p.next_second_us is not null) as is_answered,
        coalesce(p.next_first_us - p.occurred_us <= r.within_us, p.next_first_us is not null) as is_first_next,
        coalesce(p.occurred_us - p.last_first_us <= r.within_us, p.last_first_us is not null) as is_prepared,
        coalesce(p.occurred_us - p.last_second_us <= r.within_us, p.last_second_us is not null) as is_second_before
    from core.process_rule_part as p
    inner join rule as r on p.rule_id = r.rule_id
    inner join judgement as j on r.kind = j.kind
    inner join line as l on r.scope = l.scope and p.line_id = l.line_id
    cross join cutoff as c
    where
        p.is_active
        and case
            when j.judged_as in ('first_exists', 'absent_while') or ends_with(j.judged_as, 'precedence')
                then p.is_second
            else p.is_first
        end
),

judged_part as (
    select
        *,
        case judged_as
            when 'response' then is_answered
            when 'alternate_response'
                then is_answered and coalesce(next_second_place < next_first_place, true)
            when 'chain_response' then is_answered and coalesce(next_second_position = position + 1, false)
            when 'precedence' then is_prepared
            when 'alternate_precedence' then is_prepared and last_first_place > coalesce(last_second_place, 0)
            when 'chain_precedence' then is_prepared and coalesce(last_first_position = position - 1, false)
            when 'other_exists' then is_answered or is_second_before
            when 'first_exists' then is_first_next or is_prepared
            when 'not_succession' then not is_answered and (is_over or coalesce(is_time_over, false))
            when 'not_chain_succession'
                then
                    not (is_answered and coalesce(next_second_position = position + 1, false))
                    and (is_over or coalesce(is_time_over, false) or position < touchpoint_count)
            when 'absent_while'
                then
                    not coalesce(next_first_in_line < coalesce(next_closing_place, next_first_in_line + 1), false)
                    and (is_over or next_closing_place is not null)
        end as is_fulfilled,
        case judged_as
            when 'response' then is_over or coalesce(is_time_over, false)
            when 'alternate_response'
                then is_over or coalesce(is_time_over, false) or next_first_place is not null
            when 'chain_response' then is_over or coalesce(is_time_over, false) or position < touchpoint_count
            when 'precedence' then not is_start_missing
            when 'alternate_precedence' then not is_start_missing or last_second_place is not null
            when 'chain_precedence' then not is_start_missing or position > 1
            when 'not_succession' then is_answered
            when 'not_chain_succession' then is_answered and coalesce(next_second_position = position + 1, false)
            when 'absent_while'
                then coalesce(next_first_in_line < coalesce(next_closing_place, next_first_in_line + 1), false)
            else (is_over or coalesce(is_time_over, false)) and not is_start_missing
        end as is_certain,
        case judged_as
            when 'not_succession' then next_second_place
            when 'not_chain_succession' then next_second_place
            when 'absent_while' then next_first_in_line
            else place
        end as seen_place
    from asked_part
),

touchpoint_activation as (
    select
        a.rule_id,
        a.judged_as || '_' || a.touchpoint_id as activation_id,
        a.customer_id,
        a.journey_id,
        a.touchpoint_id,
        a.occurred_at,
        case when a.is_fulfilled then 'fulfilled' when a.is_certain then 'violated' else 'pending' end as outcome,
        coalesce(s.touchpoint_id, a.touchpoint_id) as seen_touchpoint_id,
        coalesce(s.journey_id, a.journey_id) as seen_journey_id,
        coalesce(s.occurred_at, a.occurred_at) as seen_at
    from judged_part as a
    left join core.process_rule_part as s
        on a.rule_id = s.rule_id and a.line_id = s.line_id and a.seen_place = s.place
),

counted_line as (
    select
        p.rule_id,
        p.line_id,
        count(*) filter (where p.is_first)::bigint as first_count,
        count(*) filter (
            where p.is_first and coalesce(p.occurred_us - l.started_us <= r.within_us, true)
        )::bigint as timely_first_count,
        count(*) filter (where p.is_second)::bigint as second_count,
        bool_or(p.is_first and p.position = 1) as is_started_by_first,
        list(p.place order by p.place) filter (where p.is_first) as first_places,
        greatest(
            min(p.place) filter (where p.is_first), min(p.place) filter (where p.is_second)
        ) as both_place
    from core.process_rule_part as p
    inner join rule as r on p.rule_id = r.rule_id
    inner join line as l on r.scope = l.scope and p.line_id = l.line_id
    where r.kind in ('existence', 'absence', 'at_most', 'starts_with', 'not_coexistence')
    group by p.rule_id, p.line_id
),

asked_line as (
    select
        r.rule_id,
        r.kind,
        r.times,
        l.*,
        coalesce(l.started_us + r.within_us <= c.cutoff_us, false) as is_time_over,
        coalesce(n.first_count, 0) as first_count,
        coalesce(n.timely_first_count, 0) as timely_first_count,
        coalesce(n.second_count, 0) as second_count,
        coalesce(n.is_started_by_first, false) as is_started_by_first,
        case r.kind when 'not_coexistence' then n.both_place else n.first_places[r.times + 1] end as seen_place
    from rule as r
    inner join line as l on r.scope = l.scope
    cross join cutoff as c
    left join counted_line as n on r.rule_id = n.rule_id and l.line_id = n.line_id
    where
        r.kind in ('existence', 'absence', 'at_most', 'starts_with')
        or (r.kind = 'not_coexistence' and coalesce(n.first_count, 0) + coalesce(n.second_count, 0) > 0)
),

judged_line as (
    select
        *,
        case kind
            when 'existence' then timely_first_count >= times
            when 'starts_with' then is_started_by_first and not is_left_censored
            when 'not_coexistence'
                then (first_count = 0 or second_count = 0) and is_over and not is_left_censored
            else first_count <= times and is_over and not is_left_censored
        end as is_fulfilled,
        case kind
            when 'existence' then (is_over or is_time_over) and not is_left_censored
            when 'starts_with' then not is_left_censored
            when 'not_coexistence' then first_count > 0 and second_count > 0
            else first_count > times
        end as is_certain
    from asked_line
),

line_activation as (
    select
        a.rule_id,
        'whole_' || a.line_id as activation_id,
        a.customer_id,
        a.journey_id,
        null::varchar as touchpoint_id,
        a.started_at as occurred_at,
        case when a.is_fulfilled then 'fulfilled' when a.is_certain then 'violated' else 'pending' end as outcome,
        s.touchpoint_id as seen_touchpoint_id,
        coalesce(s.journey_id, a.journey_id) as seen_journey_id,
        coalesce(s.occurred_at, case a.kind when 'starts_with' then a.started_at else a.ended_at end) as seen_at
    from judged_line as a
    left join core.process_rule_part as s
        on a.rule_id = s.rule_id and a.line_id = s.line_id and a.seen_place = s.place and a.is_certain
),

rule_activation as (
    select * from touchpoint_activation
    union all by name
    select * from line_activation
)

select * from rule_activation
