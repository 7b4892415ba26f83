-- One row per difference of drop-off shares of a process rule, rework or hand-over that is not the difference of the
-- two shares, lies outside its interval, or lacks one.
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
        dropoff_share - reference_share as difference,
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
