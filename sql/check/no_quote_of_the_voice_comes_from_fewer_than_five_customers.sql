-- One row per persona, stage, topic and feeling that is quoted and that fewer than five customers wrote of.
with written as (
    select
        t.customer_id,
        x.topic,
        t.stage,
        coalesce(x.feeling_label, 'unknown') as feeling_label,
        coalesce(s.persona, 'unknown') as persona
    from core.touchpoint_text as x
    inner join core.touchpoint_at_cutoff as t on x.touchpoint_id = t.touchpoint_id
    left join core.journey_segment as s on t.journey_id = s.journey_id
),

quoted as (
    select distinct
        persona,
        stage,
        topic,
        feeling_label
    from mart.voice_quote
)

select
    q.persona,
    q.stage,
    q.topic,
    q.feeling_label,
    count(distinct w.customer_id)::bigint as customer_count
from quoted as q
left join written as w
    on
        q.feeling_label = w.feeling_label
        and (q.persona = 'all' or q.persona = w.persona)
        and (q.stage = 'all' or q.stage = w.stage)
        and (q.topic = 'all' or q.topic = w.topic)
group by q.persona, q.stage, q.topic, q.feeling_label
having count(distinct w.customer_id) < 5
