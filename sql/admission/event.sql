-- One row per event of the batch as it would be stored; rows of refused raw rows are left out.
-- grain: load_id, row_number, source_event_id
-- rebuild: full
-- A missing event id is a hash over source, line_of, activity, occurred_at, identities, page_url, referrer_url,
-- campaign, topic, category, subject, order_id, amount, currency and score. `content_hash` covers every column but
-- load_id, row_number, received_at and itself. Values are joined with a unit separator, a null is a record separator,
-- times are in UTC. Where there is neither a text nor an author both are left out: other events keep their hash.
with admitted as (
    select
        parsed.*,
        coalesce(parsed.staged_channel, channel.channel) as channel
    from admission.parsed
    left join admission.channel on parsed.signal = channel.signal
    anti join admission.rejection
        on parsed.load_id = rejection.load_id and parsed.row_number = rejection.row_number
),

identified as (
    select
        * exclude (source_event_id),
        coalesce(
            source_event_id,
            'derived-' || md5(
                concat_ws(
                    chr(31),
                    source,
                    coalesce(line_of, chr(30)),
                    coalesce(activity, chr(30)),
                    epoch_us(occurred_at)::varchar,
                    to_json(identities)::varchar,
                    coalesce(page_url, chr(30)),
                    coalesce(referrer_url, chr(30)),
                    coalesce(campaign, chr(30)),
                    coalesce(topic, chr(30)),
                    coalesce(category, chr(30)),
                    coalesce(subject, chr(30)),
                    coalesce(order_id, chr(30)),
                    coalesce(amount::varchar, chr(30)),
                    coalesce(currency, chr(30)),
                    coalesce(score::varchar, chr(30))
                )
            )
        ) as source_event_id
    from admitted
),

typed as (
    select
        source,
        source_event_id,
        line_of,
        load_id,
        row_number,
        activity,
        occurred_at,
        received_at,
        identities,
        channel,
        campaign,
        page_path,
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
        is_bot
    from identified
),

hashed as (
    select
        *,
        md5(
            concat_ws(
                chr(31),
                source,
                source_event_id,
                coalesce(line_of, chr(30)),
                coalesce(activity, chr(30)),
                epoch_us(occurred_at)::varchar,
                to_json(identities)::varchar,
                coalesce(channel, chr(30)),
                coalesce(campaign, chr(30)),
                coalesce(page_path, chr(30)),
                coalesce(topic, chr(30)),
                coalesce(category, chr(30)),
                coalesce(subject, chr(30)),
                coalesce(order_id, chr(30)),
                coalesce(device, chr(30)),
                coalesce(country, chr(30)),
                coalesce(amount::varchar, chr(30)),
                coalesce(currency, chr(30)),
                coalesce(score::varchar, chr(30)),
                is_machine::varchar,
                is_bot::varchar,
                case
                    when coalesce(text, author.identity_value) is not null
                        then coalesce(text, chr(30)) || chr(31) || coalesce(to_json(author)::varchar, chr(30))
                end
            )
        ) as content_hash
    from typed
)

select * from hashed
