-- One row per customer that is listed twice, or whom identities were resolved to without being listed.
-- grain: customer_id
with listed as (
    select
        customer_id,
        count(*) as row_count
    from core.customer
    group by customer_id
),

resolved as (
    select distinct customer_id
    from core.customer_identity
),

wrongly_listed as (
    select
        coalesce(l.customer_id, r.customer_id) as customer_id,
        l.row_count
    from listed as l
    full join resolved as r on l.customer_id = r.customer_id
    where l.customer_id is null or r.customer_id is null or l.row_count <> 1
)

select * from wrongly_listed
