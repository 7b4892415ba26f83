-- One row per channel: its touchpoints, and the journeys that began with it by their status at T.
-- grain: channel
-- rebuild: full
-- Journeys are active ones, in which the customer did something; `passive_started_count` more began with it and hold
-- only e-mails that nobody reacted to. Touchpoints, and the journeys they touch, are all of them up to T.
-- No share of converted journeys stands here: over all journeys it would count the open ones as lost.
with channel_touchpoint as (
    select
        coalesce(channel, 'none') as channel,
        count(*)::bigint as touchpoint_count,
        count(distinct journey_id)::bigint as touched_journey_count
    from core.touchpoint_at_cutoff
    group by 1
),

channel_journey as (
    select
        coalesce(first_channel, 'none') as channel,
        count(*) filter (where not is_passive)::bigint as started_journey_count,
        count(*) filter (where not is_passive and status = 'converted')::bigint as converted_count,
        count(*) filter (where not is_passive and status = 'dropped')::bigint as dropped_count,
        count(*) filter (where not is_passive and status = 'open')::bigint as open_count,
        count(*) filter (where is_passive)::bigint as passive_started_count
    from core.journey_at_cutoff
    group by 1
),

channel as (
    select
        channel,
        coalesce(t.touchpoint_count, 0)::bigint as touchpoint_count,
        coalesce(t.touched_journey_count, 0)::bigint as touched_journey_count,
        coalesce(j.started_journey_count, 0)::bigint as started_journey_count,
        coalesce(j.converted_count, 0)::bigint as converted_count,
        coalesce(j.dropped_count, 0)::bigint as dropped_count,
        coalesce(j.open_count, 0)::bigint as open_count,
        coalesce(j.passive_started_count, 0)::bigint as passive_started_count
    from channel_touchpoint as t
    full outer join channel_journey as j using (channel)
)

select * from channel
