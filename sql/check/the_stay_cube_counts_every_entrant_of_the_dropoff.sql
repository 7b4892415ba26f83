-- One row per stage whose entrants, by what became of them, are not those of mart.stage_dropoff and mart.stage_entrant.
with counted_stay as (
    select
        stage,
        sum(stay_count)::bigint as entered_count,
        coalesce(sum(stay_count) filter (where outcome = 'advanced'), 0)::bigint as advanced_count,
        coalesce(sum(stay_count) filter (where outcome = 'dropped'), 0)::bigint as dropped_count,
        coalesce(sum(stay_count) filter (where outcome = 'open'), 0)::bigint as open_count,
        coalesce(sum(over_count) filter (where outcome <> 'open'), 0)::bigint as observed_count
    from mart.stay_cube
    where offered_days = 0
    group by stage
),

listed_entrant as (
    select
        stage,
        count(*)::bigint as entrant_count
    from mart.stage_entrant
    group by stage
),

whole_dropoff as (
    select
        stage,
        entered_count,
        advanced_count,
        dropped_count,
        open_count,
        observed_count
    from mart.stage_dropoff
    where segment = 'all'
),

mismatch as (
    select
        coalesce(d.stage, c.stage) as stage,
        d.entered_count,
        c.entered_count as cube_count,
        e.entrant_count
    from whole_dropoff as d
    full join counted_stay as c on d.stage = c.stage
    left join listed_entrant as e on d.stage = e.stage
    where
        d.entered_count is distinct from c.entered_count
        or d.advanced_count is distinct from c.advanced_count
        or d.dropped_count is distinct from c.dropped_count
        or d.open_count is distinct from c.open_count
        or d.observed_count is distinct from c.observed_count
        or d.entered_count is distinct from e.entrant_count
)

select * from mismatch
