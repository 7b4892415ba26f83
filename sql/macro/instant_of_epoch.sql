-- instant_of_epoch(value): a number as text since 1970 → UTC; its size tells s (< 1e11), ms (< 1e14), us (< 1e17)
-- or ns. Decimal arithmetic: a double would move the microseconds. Finer than a microsecond is cut off. Null when
-- no number.
create or replace macro instant_of_epoch(value) as
make_timestamp(
    floor(
        case
            when abs(try_cast(value as decimal(28, 9))) < 100000000000
                then cast(value as decimal(28, 9)) * 1000000
            when abs(try_cast(value as decimal(28, 9))) < 100000000000000
                then cast(value as decimal(28, 9)) * 1000
            when abs(try_cast(value as decimal(28, 9))) < 100000000000000000
                then cast(value as decimal(28, 9)) * 1
            else cast(try_cast(value as decimal(28, 9)) * 0.001 as decimal(35, 9))
        end
    )::bigint
)
