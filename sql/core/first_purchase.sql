-- One row per journey with a purchase by T: where its first one stands.
-- grain: journey_id
-- rebuild: full
-- as: view
-- `purchase_position` is the touchpoint's position in the journey, from 1.
with first_purchase as (
    select
        journey_id,
        min(position) as purchase_position
    from core.touchpoint_at_cutoff
    where is_purchase
    group by journey_id
)

select * from first_purchase
