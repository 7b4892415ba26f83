-- One row per staged row: its texts as values, and the reason why it is refused, if it is.
-- grain: load_id, row_number, contribution (a raw row may contribute several rows)
-- rebuild: full
-- The reasons are tried in the order they stand below; the first one counts. Mere evidence (no activity) needs a
-- time and an identity too. What the source's block of journey.toml says about its time zone goes before what its
-- format says. A text is kept up to 4000 characters; `author` in the plain spelling of an identity.
with cleaned as (
    select
        staged.load_id,
        staged.row_number,
        staged.source,
        clean_text(staged.source_event_id) as source_event_id,
        clean_text(staged.line_of) as line_of,
        clean_text(staged.activity) as staged_activity,
        page.viewed_activity,
        identity_list.identities,
        clean_text(staged.occurred_at) as occurred_text,
        clean_text(staged.received_at) as received_text,
        coalesce(source.time_zone, staged.time_zone) as zone_text,
        clean_text(staged.amount) as amount_text,
        upper(clean_text(staged.currency)) as currency,
        clean_text(staged.score) as score_text,
        clean_text(staged.page_url) as page_url,
        page.page_path,
        page.page_host,
        clean_text(staged.referrer_url) as referrer_url,
        url_host(staged.referrer_url) as referrer_host,
        lower(clean_text(staged.channel)) as staged_channel,
        coalesce(clean_text(staged.utm_source), page.utm_source) as utm_source,
        coalesce(clean_text(staged.utm_medium), page.utm_medium) as utm_medium,
        coalesce(clean_text(staged.utm_campaign), page.utm_campaign) as campaign,
        coalesce(lower(regexp_replace(clean_text(staged.click_id), '=.*$', '')), page.click_id) as click_id,
        clean_text(staged.device) as device_text,
        user_agent.device as agent_device,
        clean_text(staged.country) as country_text,
        lower(clean_text(staged.topic)) as topic,
        clean_text(staged.category) as category,
        clean_text(staged.subject) as subject,
        clean_text(staged.order_id) as order_id,
        left(clean_text(staged.text), 4000) as text,
        case
            when clean_text(struct_extract(staged.author, 'identity_value')) is not null
                then seen_identity(
                    struct_extract(staged.author, 'identity_type'),
                    normal_identity(
                        struct_extract(staged.author, 'identity_type'),
                        clean_text(struct_extract(staged.author, 'identity_value'))
                    )
                )
        end as author,
        coalesce(staged.is_machine, false) as is_machine,
        coalesce(user_agent.is_bot, false) as is_bot,
        staged.reject_code as staged_code,
        staged.reject_reason as staged_reason,
        load.loaded_at
    from admission.staged
    cross join config.load
    left join config.source on staged.source = source.source
    left join admission.identity_list
        on
            staged.identities = identity_list.staged_identities
            and coalesce(source.phone_region, '') = identity_list.phone_region
    left join admission.page on staged.page_url = page.page_url
    left join admission.user_agent on staged.user_agent = user_agent.user_agent
),

zoned as (
    select
        cleaned.*,
        zone.name as zone,
        time_kind(occurred_text) as occurred_kind,
        time_kind(received_text) as received_kind
    from cleaned
    left join pg_timezone_names() as zone on lower(cleaned.zone_text) = lower(zone.name)
),

valued as (
    select
        *,
        coalesce(case when staged_activity = 'page_viewed' then viewed_activity end, staged_activity) as activity,
        time_kind_instant(occurred_kind, occurred_text, zone) as occurred_at,
        time_kind_instant(received_kind, received_text, zone) as received_at,
        coalesce(device_word(device_text), agent_device) as device,
        case when length(country_text) <= 3 then upper(country_text) else country_text end as country,
        decimal_number(amount_text) as amount,
        decimal_number(score_text) as score,
        case
            when page_host is null then referrer_host
            when
                referrer_host <> page_host
                and not ends_with(referrer_host, '.' || page_host)
                and not ends_with(page_host, '.' || referrer_host)
                then referrer_host
        end as other_host
    from zoned
),

judged as (
    select
        *,
        case
            when staged_code is not null then staged_code
            when occurred_text is null then 'missing_time'
            when occurred_kind = 'naive' and zone is null then 'no_zone'
            when occurred_at is null then 'unreadable_time'
            when occurred_at >= timestamp '1970-01-01' and occurred_at < timestamp '1970-01-02' then 'epoch_zero'
            when occurred_at < timestamp '1990-01-01' then 'too_old'
            when occurred_at > loaded_at + interval 48 hour then 'future_time'
            when amount_text is not null and amount is null then 'number'
            when score_text is not null and score is null then 'number'
            when currency is not null and not regexp_full_match(currency, '[A-Z]{3}') then 'currency'
            when identities is null then 'no_identity'
        end as reason_code
    from valued
),

reasoned as (
    select
        load_id,
        row_number,
        source,
        source_event_id,
        line_of,
        activity,
        occurred_at,
        received_at,
        identities,
        staged_channel,
        case
            when staged_channel is null and coalesce(utm_source, utm_medium, campaign, click_id, other_host) is not null
                then concat_ws(
                    chr(31), coalesce(utm_source, ''), coalesce(utm_medium, ''), coalesce(campaign, ''),
                    coalesce(click_id, ''), coalesce(other_host, '')
                )
        end as signal,
        campaign,
        page_url,
        page_path,
        referrer_url,
        topic,
        category,
        subject,
        order_id,
        device,
        country,
        amount,
        currency,
        score,
        text,
        author,
        is_machine,
        is_bot,
        reason_code,
        case reason_code
            when staged_code then coalesce(staged_reason, 'refused by the staging model')
            when 'missing_time' then 'the row has no time'
            when 'no_zone'
                then case
                    when zone_text is null
                        then 'the time ' || shown(occurred_text) || ' has no zone, and the source declares no time_zone'
                    else 'the time ' || shown(occurred_text) || ' has no zone, and ' || shown(zone_text) || ' is none'
                end
            when 'unreadable_time'
                then case
                    when occurred_kind = 'naive'
                        then 'the time ' || shown(occurred_text) || ' does not exist on the clocks of ' || zone
                    else 'the time ' || shown(occurred_text) || ' cannot be read as one instant'
                end
            when 'epoch_zero' then 'the time ' || shown(occurred_text) || ' is the start of 1970: a clock never set'
            when 'too_old' then 'the time ' || shown(occurred_text) || ' lies before 1990'
            when 'future_time'
                then 'the time ' || shown(occurred_text) || ' lies more than 48 hours after its load'
            when 'number'
                then case
                    when amount_text is not null and amount is null
                        then 'the amount ' || shown(amount_text) || ' is no decimal number like 12.50'
                    else 'the score ' || shown(score_text) || ' is no decimal number'
                end
            when 'currency' then 'the currency ' || shown(currency) || ' is no code of three letters'
            when 'no_identity' then 'the row names nobody: no identity, or none but placeholders'
        end as reason
    from judged
)

select * from reasoned
