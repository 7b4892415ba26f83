-- One row per difference of drop-off shares of a process rule, rework or hand-over that is not the difference of the
-- two shares, lies outside its interval, or lacks one. That of a hand-over is pooled over strata: it has one where
-- journeys on both sides are compared, of which there are no more than settled ones.
with difference as (
    select
        'rule_conformance' as counted_in,
        rule_id as what,
        violated_dropoff_share - fulfilled_dropoff_share as difference,
        difference_points,
        difference_low_points,
        difference_high_points
    from mart.rule_conformance
    union all
    select
        'rework' as counted_in,
        kind || ' ' || subject as what,
        dropoff_share_with - dropoff_share_without as difference,
        difference_points,
        difference_low_points,
        difference_high_points
    from mart.rework
    union all
    select
        'handover' as counted_in,
        from_value || ' ' || to_value as what,
        case
            when
                compared_count between 1 and settled_count and compared_reference_count between 1 and reference_count
                then coalesce(difference_points / 100, 0)
        end as difference,
        difference_points,
        difference_low_points,
        difference_high_points
    from mart.handover
),

mismatch as (
    select *
    from difference
    where
        not coalesce(
            abs(100 * difference - difference_points) < 1e-9
            and difference_low_points between -100.000001 and difference_points + 1e-9
            and difference_high_points between difference_points - 1e-9 and 100.000001,
            difference is null
            and difference_points is null
            and difference_low_points is null
            and difference_high_points is null
        )
)

select * from mismatch
