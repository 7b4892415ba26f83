-- One row per quote of customers: up to three for each persona, stage and topic (or `all`) and feeling.
-- grain: persona, stage, topic, feeling_label, place
-- rebuild: full
-- Redacted texts up to T of active journeys, only of groups of at least 5 customers; one of a customer, and no wording
-- twice, whatever was redacted in it. First come texts that need no cut and have something to say (40 to 160
-- characters), then the strongest feelings, then the newest; ties by touchpoint. Whether something was redacted does
-- not count: a text from which nothing was taken may be one in which a name was missed. `feeling_label` is `unknown`
-- where no feeling is known.
with written as (
    select
        touchpoint_id,
        kind,
        topic,
        feeling,
        coalesce(feeling_label, 'unknown') as feeling_label,
        length(text) between 40 and 160 as is_handy,
        case
            when length(text) <= 160 then text
            else regexp_replace(left(text, 159), '\s+\S*$', '') || '…'
        end as quote
    from core.touchpoint_text
),

spoken as (
    select
        x.touchpoint_id,
        x.kind,
        x.topic,
        x.quote,
        x.feeling,
        x.feeling_label,
        x.is_handy,
        t.stage,
        t.occurred_at,
        j.customer_id,
        coalesce(s.persona, 'unknown') as persona,
        lower(trim(regexp_replace(x.quote, '[^.!?]*\[[^\]]+\][^.!?]*[.!?]*', '', 'g'))) as wording
    from written as x
    inner join core.touchpoint_at_cutoff as t on x.touchpoint_id = t.touchpoint_id
    inner join core.journey_at_cutoff as j on t.journey_id = j.journey_id
    left join core.journey_segment as s on j.journey_id = s.journey_id
    where not j.is_passive
),

persona_group as (
    select
        s.* exclude (persona, stage, topic),
        unnest(['all', s.persona]) as persona,
        s.stage,
        s.topic
    from spoken as s
),

stage_group as (
    select
        p.* exclude (stage),
        unnest(['all', p.stage]) as stage
    from persona_group as p
),

grouped as (
    select
        s.* exclude (topic),
        unnest(['all', s.topic]) as topic
    from stage_group as s
),

large_group as (
    select
        persona,
        stage,
        topic,
        feeling_label
    from grouped
    group by persona, stage, topic, feeling_label
    having count(distinct customer_id) >= 5
),

own_best as (
    select
        g.*,
        row_number() over (
            partition by g.persona, g.stage, g.topic, g.feeling_label, g.customer_id
            order by g.is_handy desc, abs(g.feeling) desc nulls last, g.occurred_at desc, g.touchpoint_id
        ) as own_place
    from grouped as g
    semi join large_group as l
        on
            g.persona = l.persona
            and g.stage = l.stage
            and g.topic = l.topic
            and g.feeling_label = l.feeling_label
),

worded_once as (
    select
        b.*,
        row_number() over (
            partition by b.persona, b.stage, b.topic, b.feeling_label, b.wording
            order by b.is_handy desc, abs(b.feeling) desc nulls last, b.occurred_at desc, b.touchpoint_id
        ) as wording_place
    from own_best as b
    where b.own_place = 1
),

placed as (
    select
        w.*,
        row_number() over (
            partition by w.persona, w.stage, w.topic, w.feeling_label
            order by w.is_handy desc, abs(w.feeling) desc nulls last, w.occurred_at desc, w.touchpoint_id
        )::bigint as place
    from worded_once as w
    where w.wording_place = 1
),

voice_quote as (
    select
        persona,
        stage,
        topic,
        feeling_label,
        place,
        quote,
        kind,
        strftime(occurred_at, '%Y-%m') as occurred_month
    from placed
    where place <= 3
)

select * from voice_quote
