-- One row per process rule whose counts do not add up, or whose violations are not in it.
with listed_violation as (
    select
        rule_id,
        count(*)::bigint as listed_count
    from mart.rule_violation
    group by rule_id
),

mismatch as (
    select c.*
    from config.process_rule as r
    full outer join mart.rule_conformance as c on r.rule_id = c.rule_id
    left join listed_violation as v on c.rule_id = v.rule_id
    where
        r.rule_id is null
        or c.rule_id is null
        or c.activation_count <> c.fulfilled_count + c.violated_count + c.pending_count
        or c.journey_count < c.violated_journey_count + c.fulfilled_journey_count
        or c.violated_settled_count > c.violated_journey_count
        or c.violated_settled_count + c.fulfilled_settled_count > c.journey_count
        or (c.dropoff_note is not null and c.violated_settled_count + c.fulfilled_settled_count > 0)
        or coalesce(v.listed_count, 0) > c.violated_count
        or (c.violated_count > 0 and v.listed_count is null)
)

select * from mismatch
