-- instant_of_iso(value): date, time and zone in ISO 8601 → UTC; null when it is no such instant. A leap second is
-- :59.999. Through TIMESTAMPTZ: a cast to TIMESTAMP ignores the offset without a word.
create or replace macro instant_of_iso(value) as
timezone(
    'UTC',
    try_cast(
        replace(
            replace(
                case
                    when contains(value, ':60') then regexp_replace(value, ':60([.,]\d+)?', ':59.999')
                    else replace(replace(value, ',', '.'), 'GMT', 'Z')
                end,
                ' +', '+'
            ),
            ' -', '-'
        ) as timestamptz
    )
)
