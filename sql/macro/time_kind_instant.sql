-- time_kind_instant(kind, value, zone): the instant in UTC of a cleaned text of that `time_kind`; null when it has
-- none.
create or replace macro time_kind_instant(kind, value, zone) as
case kind
    when 'zoned' then instant_of_iso(value)
    when 'epoch' then instant_of_epoch(value)
    when 'naive' then local_time_instant(value, zone)
end
