-- One row per level and number of variants: how many journeys so many of the most frequent variants cover.
-- grain: (level, variant_count)
-- rebuild: full
-- The curve of how alike journeys are. `level`: stage or activity; only active journeys and variants that one of them
-- took. Rows: 1 to 10, then about twelve for every tenfold, the last one (`all_variant_count`), and those at which
-- `reached_share` is met: the fewest variants that cover 50, 80, 90, 95 and 100 % (null in the other rows; where one
-- number meets several, the highest). `covered_share` is `covered_journey_count` ÷ `all_journey_count`.
with active_variant as (
    select
        'stage' as level,
        variant_rank,
        journey_count - passive_count as journey_count
    from mart.stage_variant
    where journey_count > passive_count
    union all
    select
        'activity' as level,
        variant_rank,
        journey_count - passive_count as journey_count
    from mart.variant
    where journey_count > passive_count
),

covered_variant as (
    select
        level,
        variant_rank::bigint as variant_count,
        sum(journey_count) over (
            partition by level
            order by variant_rank
            rows between unbounded preceding and current row
        )::bigint as covered_journey_count,
        sum(journey_count) over (partition by level)::bigint as all_journey_count,
        count(*) over (partition by level)::bigint as all_variant_count
    from active_variant
),

shared_variant as (
    select
        *,
        covered_journey_count / all_journey_count as covered_share
    from covered_variant
),

mark as (
    select
        v.level,
        m.reached_share,
        min(v.variant_count) as variant_count
    from shared_variant as v
    inner join (values (0.5), (0.8), (0.9), (0.95), (1.0)) as m (reached_share) on v.covered_share >= m.reached_share
    group by v.level, m.reached_share
),

highest_mark as (
    select
        level,
        variant_count,
        max(reached_share)::double as reached_share
    from mark
    group by level, variant_count
),

drawn_count as (
    select (step * power(10, decade))::bigint as variant_count
    from (values (10), (12), (15), (18), (22), (27), (33), (40), (50), (60), (70), (85)) as steps (step)
    cross join range(0, 9) as decades (decade)
    union
    select variant_count
    from range(1, 10) as few (variant_count)
),

variant_coverage as (
    select
        v.level,
        v.variant_count,
        v.covered_journey_count,
        v.covered_share,
        h.reached_share,
        v.all_variant_count,
        v.all_journey_count
    from shared_variant as v
    left join highest_mark as h on v.level = h.level and v.variant_count = h.variant_count
    left join drawn_count as d on v.variant_count = d.variant_count
    where d.variant_count is not null or h.variant_count is not null or v.variant_count = v.all_variant_count
)

select * from variant_coverage
