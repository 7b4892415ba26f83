-- One row per list of identities as staged that holds a usable one: the usable ones, one spelling each, sorted.
-- grain: phone_region, staged_identities
-- rebuild: full
-- Placeholders are looked for in the text as it came, as it is spelled by itself, and as it is spelled in the end: a
-- hash of nothing is one too. A list that names nothing but orders (`names_customer` false) names nobody.
with distinct_entry as (
    select distinct
        phone_region,
        identity_type,
        raw_value
    from admission.identity_entry
),

plain_entry as (
    select
        phone_region,
        identity_type,
        raw_value,
        normal_identity(identity_type, raw_value) as plain_value,
        case when identity_type = 'email' and contains(raw_value, '@') then split_part(plain_value, '@', -1) end
            as domain
    from distinct_entry
),

mailbox as (
    select
        plain_entry.*,
        rule.canonical_domain,
        mailbox_name(
            left(plain_entry.plain_value, -length(plain_entry.domain) - 1), rule.ignores_dots, rule.tag_separator
        ) as mailbox_name
    from plain_entry
    left join admission.email_rule as rule on plain_entry.domain = rule.domain
),

identity as (
    select
        mailbox.phone_region,
        mailbox.identity_type,
        mailbox.raw_value,
        mailbox.plain_value,
        case
            when mailbox.mailbox_name is not null and mailbox.canonical_domain is not null
                then mailbox.mailbox_name || '@' || mailbox.canonical_domain
            else coalesce(phone_number.e164, mailbox.plain_value)
        end as identity_value
    from mailbox
    left join admission.phone_number
        on
            mailbox.identity_type = 'phone'
            and mailbox.phone_region = phone_number.phone_region
            and mailbox.raw_value = phone_number.raw_value
),

identity_text as (
    select
        phone_region,
        identity_type,
        raw_value,
        unnest(list_distinct([lower(raw_value), lower(plain_value), lower(identity_value)])) as text
    from identity
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
        identity_text.phone_region,
        identity_text.identity_type,
        identity_text.raw_value
    from identity_text
    inner join exact_placeholder as rule on identity_text.text = rule.value
    where rule.identity_type is null or rule.identity_type = identity_text.identity_type
    union
    select
        identity.phone_region,
        identity.identity_type,
        identity.raw_value
    from identity
    inner join wide_placeholder as rule
        on case rule.match
            when 'only' then trim(lower(identity.raw_value), rule.value) = ''
            when 'prefix' then starts_with(lower(identity.raw_value), rule.value)
            when 'regex' then regexp_full_match(identity.raw_value, '(?i)' || rule.value)
        end
    where rule.identity_type is null or rule.identity_type = identity.identity_type
),

usable as (
    select
        identity.phone_region,
        identity.identity_type,
        identity.raw_value,
        identity.identity_value,
        coalesce(type.names_customer, 'true') <> 'false' as names_customer
    from identity
    left join config.identity_type as type on identity.identity_type = type.identity_type
    anti join placeholder
        on
            identity.phone_region = placeholder.phone_region
            and identity.identity_type = placeholder.identity_type
            and identity.raw_value = placeholder.raw_value
    where identity.identity_value is not null
)

select
    entry.phone_region,
    entry.staged_identities,
    list(
        distinct seen_identity(usable.identity_type, usable.identity_value)
        order by seen_identity(usable.identity_type, usable.identity_value)
    ) as identities
from admission.identity_entry as entry
inner join usable
    on
        entry.phone_region = usable.phone_region
        and entry.identity_type = usable.identity_type
        and entry.raw_value = usable.raw_value
group by entry.phone_region, entry.staged_identities
having bool_or(usable.names_customer)
