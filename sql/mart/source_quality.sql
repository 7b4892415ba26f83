-- One row per source: what its files held, what became of the rows, and how fresh it is.
-- grain: source
-- rebuild: full
-- read = accepted + duplicate + rejected, in rows of files. `touchpoint_count` counts touchpoints of customers (a row
-- may hold several or none; bots are set aside). `rejected_share` and `duplicate_share` are of the rows read,
-- `unknown_share` (stage unknown) and `unmatched_share` (no stage rule matched) of the touchpoints. `behind_seconds`:
-- from its last event to the latest one of any source. Touchpoints after T count too: this is about what was delivered.
with loaded_source as (
    select
        source,
        count(distinct file)::bigint as file_count,
        sum(read_count)::bigint as read_count,
        sum(accepted_count)::bigint as accepted_count,
        sum(duplicate_count)::bigint as duplicate_count,
        sum(rejected_count)::bigint as rejected_count,
        max(loaded_at) as last_loaded_at
    from run.load
    group by source
),

touched_source as (
    select
        source,
        count(*)::bigint as touchpoint_count,
        count(*) filter (where stage = 'unknown')::bigint as unknown_count,
        count(*) filter (where stage = 'unknown' and stage_rule is null)::bigint as unmatched_count,
        count(distinct activity) filter (where stage = 'unknown')::bigint as unknown_activity_count,
        min(occurred_at) as first_seen_at,
        max(occurred_at) as last_seen_at
    from core.touchpoint
    group by source
),

latest as (
    select max(last_seen_at) as latest_seen_at
    from touched_source
),

source_quality as (
    select
        source,
        coalesce(l.file_count, 0)::bigint as file_count,
        coalesce(l.read_count, 0)::bigint as read_count,
        coalesce(l.accepted_count, 0)::bigint as accepted_count,
        coalesce(l.duplicate_count, 0)::bigint as duplicate_count,
        coalesce(l.rejected_count, 0)::bigint as rejected_count,
        l.rejected_count / nullif(l.read_count, 0) as rejected_share,
        l.duplicate_count / nullif(l.read_count, 0) as duplicate_share,
        coalesce(t.touchpoint_count, 0)::bigint as touchpoint_count,
        coalesce(t.unknown_count, 0)::bigint as unknown_count,
        coalesce(t.unmatched_count, 0)::bigint as unmatched_count,
        coalesce(t.unknown_activity_count, 0)::bigint as unknown_activity_count,
        t.unknown_count / t.touchpoint_count as unknown_share,
        t.unmatched_count / t.touchpoint_count as unmatched_share,
        t.first_seen_at,
        t.last_seen_at,
        l.last_loaded_at,
        (epoch_us(latest.latest_seen_at) - epoch_us(t.last_seen_at)) / 1e6 as behind_seconds,
        coalesce(c.is_silent, false) as is_silent,
        c.complete_until
    from loaded_source as l
    full outer join touched_source as t using (source)
    left join run.cutoff as c using (source)
    cross join latest
)

select * from source_quality
