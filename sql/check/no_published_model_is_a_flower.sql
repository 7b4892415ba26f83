-- One row per discovered model that is a flower, is refused, or lacks its fitness, precision or coverage, and is shown
-- all the same.
with mismatch as (
    select segment, segment_value, level, kind, is_flower, is_shown, fitness, precision, journey_coverage_share
    from mart.process_model
    where coalesce(tree_text, bpmn_xml, pnml_xml) is not null and not coalesce(
        not is_flower and is_shown
        and fitness is not null and precision is not null and journey_coverage_share is not null, false
    )
)

select * from mismatch
