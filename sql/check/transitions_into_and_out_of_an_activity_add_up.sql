-- One row per activity where in + start, out + end and its touchpoints are not the same number.
with transition_in as (
    select next_activity as activity, sum(follow_count) as in_count from mart.directly_follows group by 1
),

transition_out as (
    select activity, sum(follow_count) as out_count from mart.directly_follows group by 1
),

balance as (
    select
        a.activity,
        a.touchpoint_count,
        (coalesce(i.in_count, 0) + a.start_count)::bigint as arrived_count,
        (coalesce(o.out_count, 0) + a.end_count)::bigint as left_count
    from mart.activity as a
    left join transition_in as i on a.activity = i.activity
    left join transition_out as o on a.activity = o.activity
),

mismatch as (
    select * from balance
    where touchpoint_count <> arrived_count or touchpoint_count <> left_count
)

select * from mismatch
