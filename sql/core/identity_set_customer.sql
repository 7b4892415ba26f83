-- One row per list of identities with a usable strong or reference one: the customer of its events.
-- grain: identity_set_id
-- rebuild: full
-- core.evidence_set_customer without the lists of which every such identity is undone: their events are nobody's.
with named_set as (
    select
        identity_set_id,
        customer_number,
        customer_id
    from core.evidence_set_customer
    where customer_id is not null
)

select * from named_set
