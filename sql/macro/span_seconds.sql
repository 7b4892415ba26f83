-- span_seconds(span): the seconds of a time as rules give it: a whole number and s, m, h or d, such as 1h or 30d; null
-- for none.
create or replace macro span_seconds(span) as
left(trim(span), -1)::bigint
* case right(trim(span), 1)
    when 's' then 1
    when 'm' then 60
    when 'h' then 3600
    else 86400
end
