-- One row per event: as it was staged, or the lines of one event put together.
-- grain: source, source_event_id
-- rebuild: full
-- as: view
-- Where a source logs an event line by line, `line_of` is the event's id: the amount is the sum of the lines, the times
-- are the earliest, identities those of all lines, the rest is the first line's, by (occurred_at, source_event_id).
with whole as (
    select * exclude (line_of, load_id, row_number)
    from staging.event
    where line_of is null
),

numbered as (
    select
        *,
        row_number() over (partition by source, line_of order by occurred_at, source_event_id) as line_number
    from staging.event
    where line_of is not null
),

total as (
    select
        source,
        line_of,
        min(occurred_at) as first_occurred_at,
        min(received_at) as first_received_at,
        list_sort(list_distinct(flatten(list(identities order by line_number)))) as all_identities,
        cast(sum(amount) as decimal(18, 4)) as total_amount,
        md5(string_agg(content_hash, chr(31) order by line_number)) as all_content_hash,
        bool_and(is_bot) as is_all_bot
    from numbered
    group by source, line_of
),

first_line as (
    select * exclude (line_number, load_id, row_number)
    from numbered
    where line_number = 1
),

assembled as (
    select
        * exclude (
            line_of, first_occurred_at, first_received_at, all_identities, total_amount, all_content_hash, is_all_bot
        )
        replace (
            line_of as source_event_id,
            first_occurred_at as occurred_at,
            first_received_at as received_at,
            all_identities as identities,
            total_amount as amount,
            all_content_hash as content_hash,
            is_all_bot as is_bot
        )
    from first_line
    inner join total using (source, line_of)
),

event as (
    select * from whole
    union all by name
    select * from assembled
)

select * from event
