-- One row per identity of a list of identities as staged, trimmed, its type in lower case.
-- grain: phone_region, staged_identities, identity_type, raw_value
-- rebuild: full
-- The same list may come from sources whose national phone numbers are of different countries: `phone_region` is the
-- source's, empty where it declares none.
with staged_list as (
    select distinct
        coalesce(source.phone_region, '') as phone_region,
        staged.identities as staged_identities
    from admission.staged
    left join config.source on staged.source = source.source
),

listed as (
    select
        phone_region,
        staged_identities,
        unnest(staged_identities) as seen
    from staged_list
),

trimmed as (
    select distinct
        phone_region,
        staged_identities,
        lower(clean_text(seen.identity_type)) as identity_type,
        clean_text(seen.identity_value) as raw_value
    from listed
    where seen.identity_value is not null
),

entry as (
    select * from trimmed
    where raw_value is not null and identity_type is not null
)

select * from entry
