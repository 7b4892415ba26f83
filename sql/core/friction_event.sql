-- One row per sign of friction in an active journey up to T: what went wrong, and when the customer felt it.
-- grain: (rule_number, touchpoint_id)
-- rebuild: full
-- Signs are the rows of config.friction_signal (`rule_number` is the row's place), held against the touchpoints that
-- have a stage. `times`: from that many of the activities on, within the journey's stage; `directly_again`: the
-- same activity is the journey's next touchpoint within so many seconds; `wait`: every full threshold (hours) until
-- the first of `until` after it in the journey, or T where none has come. `felt_at` is the touchpoint, the repetition,
-- or the moment when the wait was too long. A touchpoint that fits several rows counts for each.
with cutoff as (
    select min(cutoff_at)::timestamp as cutoff_at
    from run.cutoff
),

friction_rule as (
    select
        rowid as rule_number,
        signal,
        activity as activities,
        counting,
        threshold::double as threshold,
        until as until_activities,
        weight::double as weight
    from config.friction_signal
),

seen_activity as (
    select distinct activity
    from core.touchpoint_at_cutoff
),

rule_activity as (
    select
        r.*,
        a.activity
    from friction_rule as r
    inner join seen_activity as a on fits_any(a.activity, r.activities)
),

ending_activity as (
    select
        r.rule_number,
        a.activity
    from friction_rule as r
    inner join seen_activity as a on fits_any(a.activity, r.until_activities)
    where r.counting = 'wait'
),

sign as (
    select
        t.journey_id,
        t.customer_id,
        t.stage,
        t.touchpoint_id,
        t.position,
        t.occurred_at,
        t.next_gap_us,
        coalesce(t.next_activity = t.activity, false) as is_repeated,
        r.rule_number,
        r.signal,
        r.counting,
        r.threshold,
        r.weight
    from core.touchpoint_at_cutoff as t
    inner join rule_activity as r on t.activity = r.activity
    inner join core.path_journey as j on t.journey_id = j.journey_id
    where t.stage in ('awareness', 'consideration', 'decision', 'post_purchase')
),

wait_end as (
    select
        s.rule_number,
        s.touchpoint_id,
        min(t.occurred_at) as ended_at
    from sign as s
    inner join core.touchpoint_at_cutoff as t on s.journey_id = t.journey_id and s.position < t.position
    inner join ending_activity as e on s.rule_number = e.rule_number and t.activity = e.activity
    where s.counting = 'wait'
    group by s.rule_number, s.touchpoint_id
),

counted_sign as (
    select
        s.*,
        case s.counting
            when 'times'
                then (
                    row_number() over (
                        partition by s.rule_number, s.journey_id, s.stage
                        order by s.position
                    ) >= s.threshold
                )::bigint
            when 'directly_again' then (s.is_repeated and s.next_gap_us <= s.threshold * 1000000)::bigint
            when 'wait'
                then floor(
                    (epoch_us(coalesce(e.ended_at, c.cutoff_at)) - epoch_us(s.occurred_at))
                    / (s.threshold * 3600000000)
                )::bigint
        end as occurrence_count,
        case s.counting
            when 'times' then 0::bigint
            when 'directly_again' then s.next_gap_us
            when 'wait' then (s.threshold * 3600000000)::bigint
        end as felt_after_us
    from sign as s
    cross join cutoff as c
    left join wait_end as e on s.rule_number = e.rule_number and s.touchpoint_id = e.touchpoint_id
),

felt as (
    select
        rule_number,
        touchpoint_id,
        journey_id,
        customer_id,
        stage,
        signal,
        weight,
        occurred_at + to_microseconds(felt_after_us) as felt_at,
        occurrence_count
    from counted_sign
    where occurrence_count > 0
)

select * from felt
