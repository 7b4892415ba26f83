-- One row per e-mail domain with a rule: how the mailboxes behind different spellings of an address are one.
-- grain: domain
-- rebuild: full
-- Where several rows name a domain, the first one counts; rows of an added file stand before the built-in ones.
with rule as (
    select
        rowid as rule_order,
        lower(clean_text(domain)) as domain,
        case
            when lower(ignores_dots) in ('true', 'false') then lower(ignores_dots) = 'true'
            else error(
                'config/email_rule.csv: ignores_dots of ' || coalesce(domain, 'a row without a domain')
                || ' must be true or false, not ' || coalesce(ignores_dots, 'empty')
            )
        end as ignores_dots,
        tag_separator,
        lower(clean_text(canonical_domain)) as canonical_domain
    from config.email_rule
),

ranked as (
    select
        *,
        row_number() over (partition by domain order by rule_order asc) as preference
    from rule
)

select
    domain,
    ignores_dots,
    tag_separator,
    coalesce(canonical_domain, domain) as canonical_domain
from ranked
where preference = 1
