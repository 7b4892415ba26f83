-- One row per warehouse: the totals that the report opens with.
-- grain: a single row
-- rebuild: full
-- `as_of_at` is T, `as_of_on` the last day that it covers. Everything is as it was at T: `later_touchpoint_count`
-- touchpoints after it are in no other figure, but for those of the files loaded. A customer is identified when a
-- strong identity names them. `journey_count` and its parts by status are active journeys, in which the customer did
-- something; `passive_journey_count` more hold only e-mails that nobody reacted to (nobody began, so nobody was lost),
-- with `passive_touchpoint_count` of the touchpoints; `all_journey_count` is both. Of `left_censored_count` active
-- journeys the beginning may be missing. `amount` sums the purchases in `currency`, that of core.leading_currency;
-- other currencies are not converted: `other_currency_count` purchases with an amount are in them. `unknown_share` and
-- `unmatched_share` are of all touchpoints.
with touchpoint_total as (
    select
        count(*)::bigint as touchpoint_count,
        count(distinct customer_id)::bigint as customer_count,
        count(distinct session_id)::bigint as session_count,
        count(distinct activity)::bigint as activity_count,
        count(distinct source)::bigint as source_count,
        count(*) filter (where is_purchase)::bigint as purchase_count,
        count(*) filter (where stage = 'unknown')::bigint as unknown_stage_count,
        count(*) filter (where stage = 'unknown') / nullif(count(*), 0) as unknown_share,
        count(*) filter (where stage = 'unknown' and stage_rule is null) / nullif(count(*), 0) as unmatched_share,
        min(occurred_at) as first_touchpoint_at,
        max(occurred_at) as last_touchpoint_at
    from core.touchpoint_at_cutoff
),

journey_total as (
    select
        count(*)::bigint as all_journey_count,
        count(*) filter (where not is_passive)::bigint as journey_count,
        count(*) filter (where not is_passive and status = 'converted')::bigint as converted_count,
        count(*) filter (where not is_passive and status = 'dropped')::bigint as dropped_count,
        count(*) filter (where not is_passive and status = 'open')::bigint as open_count,
        count(*) filter (where is_passive)::bigint as passive_journey_count,
        coalesce(sum(touchpoint_count) filter (where is_passive), 0)::bigint as passive_touchpoint_count,
        count(*) filter (where not is_passive and is_left_censored)::bigint as left_censored_count
    from core.journey_at_cutoff
),

identified_customer as (
    select distinct i.customer_id
    from core.customer_identity as i
    inner join config.identity_type as y on i.identity_type = y.identity_type
    where y.strength = 'strong'
),

identified_total as (
    select count(distinct t.customer_id)::bigint as identified_customer_count
    from core.touchpoint_at_cutoff as t
    inner join identified_customer as i on t.customer_id = i.customer_id
),

currency_total as (
    select
        l.currency,
        l.other_currency_count,
        sum(t.amount)::decimal(38, 4) as amount
    from core.leading_currency as l
    inner join core.touchpoint_at_cutoff as t on l.currency = t.currency
    where t.is_purchase
    group by l.currency, l.other_currency_count
),

cutoff as (
    select min(cutoff_at)::timestamp as as_of_at
    from run.cutoff
),

later_total as (
    select count(*)::bigint as later_touchpoint_count
    from core.touchpoint as t
    inner join cutoff as c on t.occurred_at > c.as_of_at
),

load_total as (
    select
        count(distinct source || chr(31) || file)::bigint as file_count,
        coalesce(sum(read_count), 0)::bigint as read_count,
        coalesce(sum(rejected_count), 0)::bigint as rejected_count,
        coalesce(sum(duplicate_count), 0)::bigint as duplicate_count
    from run.load
),

headline as (
    select
        cutoff.as_of_at,
        (cutoff.as_of_at - interval '1' microsecond)::date as as_of_on,
        t.*,
        i.identified_customer_count,
        j.*,
        c.currency,
        c.amount,
        coalesce(c.other_currency_count, 0)::bigint as other_currency_count,
        later.later_touchpoint_count,
        l.*
    from touchpoint_total as t
    cross join journey_total as j
    cross join identified_total as i
    cross join cutoff
    cross join later_total as later
    cross join load_total as l
    left join currency_total as c on true
)

select * from headline
