-- One row per group of the voice that does not add up: the whole is not all texts up to T, feelings are more than
-- texts, a share lies outside its interval, or a group of fewer than five customers has a figure.
with written as (
    select
        count(*)::bigint as text_count,
        count(distinct j.customer_id)::bigint as customer_count
    from core.touchpoint_text as x
    inner join core.touchpoint_at_cutoff as t on x.touchpoint_id = t.touchpoint_id
    inner join core.journey_at_cutoff as j on t.journey_id = j.journey_id
    where not j.is_passive
),

whole as (
    select
        sum(text_count)::bigint as text_count,
        bool_or(is_suppressed) as is_suppressed
    from mart.voice
    where persona = 'all' and stage = 'all' and topic = 'all' and kind = 'all'
),

wrong as (
    select 'the whole is not all texts' as fault
    from whole as a
    inner join written as w on a.text_count is distinct from case when w.customer_count >= 5 then w.text_count end
    union all
    select 'feelings of ' || persona || ' | ' || stage || ' | ' || topic || ' | ' || kind as fault
    from mart.voice
    where
        felt_count <> negative_count + neutral_count + positive_count
        or felt_count > text_count
        or customer_count > journey_count
        or journey_count > text_count
        or negative_share not between negative_low and negative_high
        or (is_suppressed and coalesce(text_count, customer_count, felt_count) is not null)
        or (not is_suppressed and customer_count < 5)
)

select * from wrong
