-- One row per moment at which a list of only weak identities was seen, with the customer it is assigned to.
-- grain: (identity_set_id, occurred_at)
-- rebuild: full
-- core.sighting_choice, which says how, without what undo leaves to nobody.
with assigned_sighting as (
    select *
    from core.sighting_choice
    where customer_id is not null
)

select * from assigned_sighting
