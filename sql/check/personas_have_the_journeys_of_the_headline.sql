-- One row where the personas do not have all active journeys, or their counts or shares do not fit together.
with persona_total as (
    select coalesce(sum(journey_count), 0)::bigint as journey_count
    from mart.persona
),

wrong_total as (
    select
        'all' as persona,
        p.journey_count,
        h.journey_count as expected_count
    from persona_total as p
    cross join mart.headline as h
    where p.journey_count <> h.journey_count
),

kept_number as (
    select coalesce(bool_or(is_kept), false) as is_kept
    from mart.persona_trial
),

wrong_persona as (
    select
        persona,
        journey_count,
        customer_count as expected_count
    from mart.persona
    cross join kept_number as k
    where
        customer_count > journey_count
        or converted_count > settled_count
        or settled_count > journey_count
        or not coalesce(journey_share between journey_low_share and journey_high_share, true)
        or not coalesce(conversion_share between conversion_low_share and conversion_high_share, true)
        or not coalesce(jaccard >= if(k.is_kept, 0.70, 0.75), true)
)

select * from wrong_total
union all
select * from wrong_persona
