-- time_kind(value): how a cleaned text tells a time: epoch (a number), zoned, naive (no zone), or other (no
-- instant: a date alone could be any moment of its day). Null without a text.
create or replace macro time_kind(value) as
case
    when
        regexp_full_match(
            value, '\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d+)?)?(Z| ?UTC| ?GMT| ?[+-][01]\d(:?[0-5]\d)?)'
        )
        then 'zoned'
    when regexp_full_match(value, '[+-]?\d+(\.\d+)?([eE]\+?\d{1,2})?') then 'epoch'
    when regexp_full_match(value, '\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d+)?)?') then 'naive'
    when value is not null then 'other'
end
