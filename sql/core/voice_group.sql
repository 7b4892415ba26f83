-- One row per persona, stage, topic and kind of text, each of them or `all`: what customers wrote, nothing hidden yet.
-- grain: persona, stage, topic, kind
-- rebuild: full
-- Texts up to T of active journeys; stage is that of the touchpoint. Shares are of texts with a feeling, of which
-- there are none in a language whose feelings are not known well enough (mart.text_quality). Several texts of one
-- customer count as what they are together: the interval is Wilson's of n² / Σ n_c² texts (Kish 1965). Groups of fewer
-- than 5 customers are marked; the step `voice_shown` hides them, and what would tell them, in mart.voice.
with spoken as (
    select
        x.kind,
        x.topic,
        x.feeling_label,
        t.stage,
        t.occurred_at,
        j.journey_id,
        j.customer_id,
        coalesce(s.persona, 'unknown') as persona
    from core.touchpoint_text as x
    inner join core.touchpoint_at_cutoff as t on x.touchpoint_id = t.touchpoint_id
    inner join core.journey_at_cutoff as j on t.journey_id = j.journey_id
    left join core.journey_segment as s on j.journey_id = s.journey_id
    where not j.is_passive
),

customer_group as (
    select
        customer_id,
        case when grouping(persona) = 1 then 'all' else persona end as persona,
        case when grouping(stage) = 1 then 'all' else stage end as stage,
        case when grouping(topic) = 1 then 'all' else topic end as topic,
        case when grouping(kind) = 1 then 'all' else kind end as kind,
        count(*) as text_count,
        count(distinct journey_id) as journey_count,
        count(feeling_label) as felt_count,
        count(*) filter (where feeling_label = 'negative') as negative_count,
        count(*) filter (where feeling_label = 'neutral') as neutral_count,
        count(*) filter (where feeling_label = 'positive') as positive_count,
        max(occurred_at) as freshest_at
    from spoken
    group by customer_id, cube(persona, stage, topic, kind)
),

counted as (
    select
        persona,
        stage,
        topic,
        kind,
        sum(text_count)::bigint as text_count,
        sum(journey_count)::bigint as journey_count,
        count(*)::bigint as customer_count,
        sum(felt_count)::bigint as felt_count,
        sum(negative_count)::bigint as negative_count,
        sum(neutral_count)::bigint as neutral_count,
        sum(positive_count)::bigint as positive_count,
        sum(negative_count)::double / nullif(sum(felt_count), 0) as negative_share,
        sum(felt_count)::double * sum(felt_count) / nullif(sum(felt_count * felt_count), 0) as effective_count,
        max(freshest_at) as freshest_at,
        count(*) < 5 as is_suppressed
    from customer_group
    group by persona, stage, topic, kind
),

voice_group as (
    select
        c.persona,
        c.stage,
        c.topic,
        c.kind,
        c.text_count,
        c.journey_count,
        c.customer_count,
        c.felt_count,
        c.negative_count,
        c.neutral_count,
        c.positive_count,
        c.negative_share,
        wilson_low(c.negative_share, c.effective_count) as negative_low,
        wilson_high(c.negative_share, c.effective_count) as negative_high,
        c.freshest_at,
        c.felt_count >= m.value::bigint as is_shown,
        c.is_suppressed
    from counted as c
    inner join config.setting as m on m.setting = 'minimum_count'
)

select * from voice_group
