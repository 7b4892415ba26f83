-- One row per pair of stages whose regressions are not those in the lists of stages that the touchpoints make.
-- In a list every touchpoint is its stage from 1 to 3 (0: none of these), doubled, and one more if it is the purchase.
with journey_list as (
    select
        journey_id,
        list(
            2 * coalesce(list_position(['awareness', 'consideration', 'decision'], stage), 0) + is_purchase::integer
            order by position
        ) as codes
    from core.touchpoint_at_cutoff
    where is_purchase or (not is_passive and stage in ('awareness', 'consideration', 'decision'))
    group by journey_id
),

shortened_list as (
    select
        journey_id,
        list_slice(codes, 1, coalesce(list_position(list_transform(codes, lambda c: c % 2), 1), len(codes))) as codes
    from journey_list
),

staged_list as (
    select
        journey_id,
        list_filter(list_transform(codes, lambda c: c // 2), lambda r: r > 0) as ranks
    from shortened_list
),

step as (
    select
        journey_id,
        unnest(list_slice(ranks, 1, -2)) as rank_before,
        unnest(list_slice(ranks, 2, -1)) as rank
    from staged_list
    where len(ranks) > 1
),

counted_fall as (
    select
        ['awareness', 'consideration', 'decision'][rank_before] as from_stage,
        ['awareness', 'consideration', 'decision'][rank] as to_stage,
        count(*) as expected_regression_count,
        count(distinct journey_id) as expected_journey_count
    from step
    where rank < rank_before
    group by rank_before, rank
),

mismatch as (
    select *
    from mart.stage_regression as r
    full outer join counted_fall as c using (from_stage, to_stage)
    where
        coalesce(r.regression_count, -1) <> coalesce(c.expected_regression_count, 0)
        or coalesce(r.journey_count, -1) <> coalesce(c.expected_journey_count, 0)
        or r.journey_count > r.entered_count
)

select * from mismatch
