-- local_time_instant(value, zone): date and time on the clocks of a zone → UTC. Null when the clocks skipped it (a
-- change to summer time); when they showed it twice, the first (of a change by one hour). `zone` must be a known one,
-- or null (→ null).
create or replace macro local_time_instant(value, zone) as
case
    when upper(zone) = 'UTC' then local_time(value)
    when timezone(zone, timezone(zone, local_time(value))) is distinct from local_time(value) then null
    when timezone(zone, timezone(zone, local_time(value)) - interval 1 hour) = local_time(value)
        then timezone('UTC', timezone(zone, local_time(value)) - interval 1 hour)
    else timezone('UTC', timezone(zone, local_time(value)))
end
