-- One row per identity as seen, numbered in the order in which identities may name a customer.
-- grain: identity_number, and (identity_type, identity_value)
-- rebuild: full
-- The number is a total order: strong before reference before weak, within them types that name a customer first;
-- strong and reference ones by when they first occurred, weak ones only by the rank of their type; then by value. So
-- the smallest number of a group is the group's representative, whatever order the files came in. `own_customer_id` is
-- the customer's id if this one represents it.
with seen_identity as (
    select
        s.identity_set_id,
        s.first_seen_at,
        s.last_seen_at,
        s.event_count,
        unnest(list_distinct(s.identities), recursive := true)  -- noqa: AL03
    from core.identity_set as s
),

counted_identity as (
    select
        identity_type,
        identity_value,
        min(first_seen_at) as first_seen_at,
        max(last_seen_at) as last_seen_at,
        cast(sum(event_count) as bigint) as event_count
    from seen_identity
    group by identity_type, identity_value
),

typed_identity as (
    select
        c.*,
        case
            when t.strength in ('strong', 'reference', 'weak') then t.strength
            when t.identity_type is null
                then error('config/identity_type.csv has no row for the identity type ' || c.identity_type)
            else error(
                'config/identity_type.csv: the strength of ' || c.identity_type
                || ' must be strong, reference or weak, not ' || coalesce(t.strength, 'empty')
            )
        end as strength,
        cast(t.rank as integer) as type_rank,
        coalesce(t.names_customer, 'true') <> 'false' as names_customer
    from counted_identity as c
    left join config.identity_type as t on c.identity_type = t.identity_type
),

ordered_identity as (
    select
        *,
        case
            when strength = 'weak' then 4
            when strength = 'strong' then 1
            when names_customer then 2
            else 3
        end as strength_rank,
        case when strength = 'weak' then null else first_seen_at end as ordering_at
    from typed_identity
),

numbered_identity as (
    select
        row_number() over (
            order by
                strength_rank asc, ordering_at asc nulls last, type_rank asc nulls last, identity_type asc,
                identity_value asc
        ) as identity_number,
        identity_type,
        identity_value,
        strength,
        type_rank,
        names_customer,
        'c_' || left(md5(identity_type || chr(31) || identity_value), 16) as own_customer_id,
        first_seen_at,
        last_seen_at,
        event_count
    from ordered_identity
)

select * from numbered_identity
