-- One row per discovered model that is a flower, or lacks its fitness, precision or coverage, and is shown all the
-- same.
with mismatch as (
    select level, kind, is_flower, fitness, precision, journey_coverage_share
    from mart.process_model
    where bpmn_xml is not null and not coalesce(
        not is_flower and fitness is not null and precision is not null and journey_coverage_share is not null, false
    )
)

select * from mismatch
