-- One row per feeling outside its interval or its kind's scale, shown though it is of few, or told though suppressed.
with minimum as (
    select max(value)::bigint as minimum_count
    from config.setting
    where setting = 'minimum_count'
)

select
    f.persona,
    f.stage,
    f.kind,
    f.measure
from mart.feeling as f
cross join minimum as m
where
    not coalesce(
        case
            when f.is_suppressed then coalesce(f.n, f.customer_count, f.mean, f.low, f.high) is null and not f.is_shown
            else
                f.low <= f.mean
                and f.mean <= f.high
                and f.low >= case f.kind when 'measured' then -1 else 0 end
                and f.high <= 1
                and f.customer_count between 5 and f.n
                and f.is_shown = (f.n >= m.minimum_count)
        end,
        false
    )
