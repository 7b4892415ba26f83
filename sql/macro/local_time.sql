-- local_time(value): date and time in ISO 8601 without a zone, as on the clock; null when it is none.
create or replace macro local_time(value) as
try_cast(
    case
        when contains(value, ':60') then regexp_replace(value, ':60([.,]\d+)?', ':59.999')
        else replace(value, ',', '.')
    end as timestamp
)
