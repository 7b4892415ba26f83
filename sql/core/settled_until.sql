-- One row per build: when a journey must have begun for its outcome to be settled at T.
-- grain: build
-- rebuild: full
-- A purchase closes a journey at once, a loss only after silence: of the journeys of the last weeks mainly those that
-- bought are closed, and their share would say that nearly all buy. So shares of outcomes are taken over journeys that
-- began at least the longest window before the purchase (config.stage_window) and the longest inactivity limit
-- (core.inactivity_limit) before T, both without `post_purchase`: time to buy, and time to be known as lost.
with cutoff as (
    select min(cutoff_at)::timestamp as cutoff_at
    from run.cutoff
),

settling as (
    select
        (
            select coalesce(max(window_days::bigint), 0)
            from config.stage_window
            where stage <> 'post_purchase'
        )::integer as window_days,
        (
            select coalesce(max(used_days::bigint), 0)
            from core.inactivity_limit
            where stage <> 'post_purchase'
        )::integer as limit_days
),

settled_until as (
    select c.cutoff_at - to_days(s.window_days + s.limit_days) as settled_until_at
    from cutoff as c
    cross join settling as s
)

select * from settled_until
