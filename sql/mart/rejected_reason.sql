-- One row per source and reason for which rows were rejected.
-- grain: (source, reason_code)
-- rebuild: full
-- `rejected_count` counts rows (a file refused as a whole is one, with row number 0); the example is the alphabetically
-- first reason text, with the file and row that it comes from.
with rejected_row as (
    select
        source,
        reason_code,
        reason,
        file,
        row_number as example_row
    from run.rejected_event
),

first_example as (
    select
        source,
        reason_code,
        reason as example_reason,
        file as example_file,
        example_row
    from rejected_row
    qualify row_number() over (partition by source, reason_code order by reason nulls last, file, example_row) = 1
),

counted_reason as (
    select
        source,
        reason_code,
        count(*)::bigint as rejected_count,
        count(distinct file)::bigint as file_count
    from rejected_row
    group by source, reason_code
),

rejected_reason as (
    select
        c.source,
        c.reason_code,
        c.rejected_count,
        c.file_count,
        e.example_reason,
        e.example_file,
        e.example_row
    from counted_reason as c
    inner join first_example as e on c.source = e.source and c.reason_code = e.reason_code
)

select * from rejected_reason
