-- One row per combination of marketing signals of the batch that a channel rule places: its channel, null for none.
-- grain: signal
-- rebuild: full
-- As GA4's default channel groups: `source` is the UTM source, else the host of another site that referred; without any
-- tag such a host counts as medium referral. `host_kind` is what kind of site the source is. The first rule wins.
with combination as (
    select distinct signal from admission.parsed
    where signal is not null
),

split_combination as (
    select
        signal,
        string_split(signal, chr(31)) as parts
    from combination
),

part as (
    select
        signal,
        utm_word(parts[1]) as utm_source,
        utm_word(parts[2]) as utm_medium,
        lower(nullif(parts[3], '')) as campaign,
        nullif(parts[4], '') as click_id,
        nullif(parts[5], '') as referrer_host
    from split_combination
),

signal as (
    select
        signal,
        coalesce(utm_source, referrer_host) as source,
        case
            when utm_medium is not null then utm_medium
            when utm_source is null and click_id is null and referrer_host is not null then 'referral'
        end as medium,
        campaign,
        click_id
    from part
    where coalesce(utm_source, utm_medium, campaign, click_id, referrer_host) is not null
),

source_name as (
    select distinct source from signal
    where source is not null
),

host as (
    select
        lower(host) as host,
        kind,
        case when ends_with(host, '.*') then '.' || lower(left(host, -1)) end as stem,
        case when len(string_split(host, '.')) = 2 then lower(split_part(host, '.', 1)) end as site
    from config.referrer_host
),

matched as (
    select
        source_name.source,
        host.kind,
        row_number() over (
            partition by source_name.source
            order by length(host.host) desc, host.host asc, host.kind asc
        ) as preference
    from source_name
    inner join host
        on
            source_name.source = host.host
            or source_name.source = host.site
            or ends_with(source_name.source, '.' || host.host)
            or (
                contains('.' || source_name.source, host.stem)
                and length('.' || source_name.source) - strpos('.' || source_name.source, host.stem) - length(host.stem)
                < 6
            )
),

ruled as (
    select
        signal.signal,
        rule.channel,
        row_number() over (
            partition by signal.signal
            order by cast(rule.rule_order as integer) asc, rule.rule_id asc
        ) as preference
    from signal
    left join matched on signal.source = matched.source and matched.preference = 1
    inner join config.channel_rule as rule
        on
            (rule.host_kind is null or rule.host_kind = matched.kind)
            and (rule.source_pattern is null or regexp_full_match(signal.source, '(?i)' || rule.source_pattern))
            and (rule.medium_pattern is null or regexp_full_match(signal.medium, '(?i)' || rule.medium_pattern))
            and (rule.click_pattern is null or regexp_full_match(signal.click_id, '(?i)' || rule.click_pattern))
            and (rule.campaign_pattern is null or regexp_full_match(signal.campaign, '(?i)' || rule.campaign_pattern))
),

chosen as (
    select
        signal,
        channel
    from ruled
    where preference = 1
)

select * from chosen
