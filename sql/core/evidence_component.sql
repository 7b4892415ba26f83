-- One row per strong or reference identity that is not shared, with what the evidence connects it to, of any size.
-- grain: identity_number
-- rebuild: full
-- noqa: disable=ST03
-- `component_number` is the smallest identity of the component. What core.oversized_identity then breaks and what a
-- person has undone is taken out in core.guarded_component and core.identity_component.
with usable_identity as (
    select i.identity_number
    from core.identity as i
    where
        i.strength in ('strong', 'reference')
        and not exists (select 1 from core.shared_identity as q where q.identity_number = i.identity_number)
),

evidence_pair as (
    select
        linked_number,
        identity_number
    from core.evidence_link
),

component as (
    select
        identity_number,
        component_number
    from connected_component(usable_identity, evidence_pair)
)

select * from component
