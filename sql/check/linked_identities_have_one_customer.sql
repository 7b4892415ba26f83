-- One row per link whose two identities ended with different customers: the components are not complete.
-- grain: (linked_number, identity_number)
with torn_link as (
    select
        l.linked_number,
        l.identity_number
    from core.identity_link as l
    left join core.identity_component as a on l.linked_number = a.identity_number
    left join core.identity_component as b on l.identity_number = b.identity_number
    where a.customer_number is distinct from b.customer_number or a.customer_number is null
)

select * from torn_link
