-- One row per customer of an event that core.customer does not list.
-- grain: customer_id
with unlisted as (
    select distinct e.customer_id
    from core.customer_event as e
    where not exists (select 1 from core.customer as c where c.customer_id = e.customer_id)
)

select * from unlisted
