-- One row per order id with several purchases: an order that several sources log is one.
-- grain: order_id
with repeated_purchase as (
    select
        order_id,
        count(*) as purchase_count
    from core.customer_event
    where is_purchase and order_id is not null
    group by order_id
    having count(*) > 1
)

select * from repeated_purchase
