-- One row per list of identities as staged that holds a usable one: the usable ones, one spelling each, sorted.
-- grain: staged_identities
-- rebuild: full
-- Placeholders are looked for in the text as it came and as it is spelled in the end: a hash of nothing is one too.
with staged_list as (
    select distinct identities as staged_identities from admission.staged
),

listed as (
    select
        staged_identities,
        unnest(staged_identities) as seen
    from staged_list
),

entry as (
    select
        staged_identities,
        lower(clean_text(seen.identity_type)) as identity_type,
        clean_text(seen.identity_value) as raw_value
    from listed
    where seen.identity_value is not null
),

distinct_entry as (
    select distinct
        identity_type,
        raw_value
    from entry
    where raw_value is not null and identity_type is not null
),

spelled_entry as (
    select
        identity_type,
        raw_value,
        normal_identity(identity_type, raw_value) as identity_value
    from distinct_entry
),

identity as (
    select
        identity_type,
        raw_value,
        identity_value,
        lower(raw_value) as raw_text,
        lower(identity_value) as value_text
    from spelled_entry
),

exact_placeholder as (
    select
        identity_type,
        lower(value) as value
    from config.placeholder_identity
    where match = 'exact'
),

wide_placeholder as (
    select
        identity_type,
        match,
        case when match = 'regex' then value else lower(value) end as value
    from config.placeholder_identity
    where match <> 'exact'
),

placeholder as (
    select
        identity.identity_type,
        identity.raw_value
    from identity
    inner join exact_placeholder as rule on identity.raw_text = rule.value
    where rule.identity_type is null or rule.identity_type = identity.identity_type
    union
    select
        identity.identity_type,
        identity.raw_value
    from identity
    inner join exact_placeholder as rule on identity.value_text = rule.value
    where rule.identity_type is null or rule.identity_type = identity.identity_type
    union
    select
        identity.identity_type,
        identity.raw_value
    from identity
    inner join wide_placeholder as rule
        on case rule.match
            when 'only' then trim(identity.raw_text, rule.value) = ''
            when 'prefix' then starts_with(identity.raw_text, rule.value)
            when 'regex' then regexp_full_match(identity.raw_value, '(?i)' || rule.value)
        end
    where rule.identity_type is null or rule.identity_type = identity.identity_type
),

usable as (
    select
        identity.identity_type,
        identity.raw_value,
        identity.identity_value
    from identity
    anti join placeholder
        on identity.identity_type = placeholder.identity_type and identity.raw_value = placeholder.raw_value
    where identity.identity_value is not null
)

select
    entry.staged_identities,
    list(
        distinct seen_identity(usable.identity_type, usable.identity_value)
        order by seen_identity(usable.identity_type, usable.identity_value)
    ) as identities
from entry
inner join usable on entry.identity_type = usable.identity_type and entry.raw_value = usable.raw_value
group by entry.staged_identities
