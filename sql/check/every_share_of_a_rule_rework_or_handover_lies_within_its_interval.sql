-- One row per share of a process rule, rework, bottleneck or hand-over that lies outside its interval, lacks one, or is
-- of nothing.
with interval_end as (
    select
        'rule_conformance' as counted_in,
        rule_id as what,
        violated_share as share,
        violated_low_share as low_share,
        violated_high_share as high_share,
        fulfilled_count + violated_count as base_count
    from mart.rule_conformance
    union all
    select
        'rule_conformance' as counted_in,
        rule_id as what,
        violated_dropoff_share as share,
        violated_dropoff_low_share as low_share,
        violated_dropoff_high_share as high_share,
        violated_settled_count as base_count
    from mart.rule_conformance
    union all
    select
        'rule_conformance' as counted_in,
        rule_id as what,
        fulfilled_dropoff_share as share,
        fulfilled_dropoff_low_share as low_share,
        fulfilled_dropoff_high_share as high_share,
        fulfilled_settled_count as base_count
    from mart.rule_conformance
    union all
    select
        'rework' as counted_in,
        kind || ' ' || subject as what,
        journey_share as share,
        journey_low_share as low_share,
        journey_high_share as high_share,
        base_count
    from mart.rework
    union all
    select
        'rework' as counted_in,
        kind || ' ' || subject as what,
        dropoff_share_with as share,
        dropoff_low_share_with as low_share,
        dropoff_high_share_with as high_share,
        settled_with_count as base_count
    from mart.rework
    union all
    select
        'rework' as counted_in,
        kind || ' ' || subject as what,
        dropoff_share_without as share,
        dropoff_low_share_without as low_share,
        dropoff_high_share_without as high_share,
        settled_without_count as base_count
    from mart.rework
    union all
    select
        'bottleneck' as counted_in,
        activity || ' ' || next_activity as what,
        dropoff_share as share,
        dropoff_low_share as low_share,
        dropoff_high_share as high_share,
        settled_count as base_count
    from mart.bottleneck
    union all
    select
        'handover' as counted_in,
        from_value || ' ' || to_value as what,
        dropoff_share as share,
        dropoff_low_share as low_share,
        dropoff_high_share as high_share,
        settled_count as base_count
    from mart.handover
    union all
    select
        'handover' as counted_in,
        from_value || ' ' || to_value as what,
        reference_share as share,
        reference_low_share as low_share,
        reference_high_share as high_share,
        reference_count as base_count
    from mart.handover
),

mismatch as (
    select *
    from interval_end
    where
        (base_count > 0) <> (share is not null)
        or not coalesce(
            low_share between 0 and share and high_share between share and 1,
            share is null and low_share is null and high_share is null
        )
)

select * from mismatch
