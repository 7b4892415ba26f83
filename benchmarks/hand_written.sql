-- What an analyst would write by hand for tables of the same kind: one DuckDB script over the same files, in one go.
-- It has no quarantine, no increments, no rules as rows, the last login instead of the nearest one, fixed limits, and no
-- censoring: a lower bound of the work, not a rival of the result. The variable `landing` names the folder.

create or replace table web as
select *
from read_json(
    getvariable('landing') || '/web/*.jsonl*',
    format = 'newline_delimited',
    columns = {
        messageId: 'VARCHAR', type: 'VARCHAR', event: 'VARCHAR', anonymousId: 'VARCHAR', userId: 'VARCHAR',
        timestamp: 'TIMESTAMP', traits: 'STRUCT(email VARCHAR)',
        context: 'STRUCT(page STRUCT(path VARCHAR, referrer VARCHAR), campaign STRUCT(medium VARCHAR), userAgent VARCHAR)',
        properties: 'STRUCT(category VARCHAR, order_id VARCHAR)'
    }
);

create or replace table email as
select *
from read_json(
    getvariable('landing') || '/email/*.json*',
    columns = {
        sg_event_id: 'VARCHAR', email: 'VARCHAR', event: 'VARCHAR', timestamp: 'BIGINT', category: 'JSON',
        sg_machine_open: 'BOOLEAN'
    }
);

create or replace table store_order as
select *
from read_json(
    getvariable('landing') || '/store/*.jsonl*',
    format = 'newline_delimited',
    columns = {
        id: 'VARCHAR', email: 'VARCHAR', processed_at: 'TIMESTAMPTZ', total_price: 'DECIMAL(18, 4)',
        refunds: 'STRUCT(id VARCHAR, created_at TIMESTAMPTZ)[]'
    }
);

create or replace table ticket as
select id, requester_id, created_at::timestamp as created_at, subject
from read_csv(getvariable('landing') || '/support/ticket-*.csv*', all_varchar = true);

create or replace table ticket_change as
select ticket_id, field_name, value, updated::timestamp as updated
from read_csv(getvariable('landing') || '/support/ticket_field_history*.csv*', all_varchar = true);

create or replace table ticket_comment as
select id, ticket_id, created::timestamp as created
from read_csv(getvariable('landing') || '/support/ticket_comment*.csv*', all_varchar = true)
where lower(public) = 'true';

create or replace table helpdesk_user as
select id, lower(email) as email
from read_csv(getvariable('landing') || '/support/user*.csv*', all_varchar = true)
where role = 'end-user';

-- identity: a login is its e-mail where it ever said so; a device is its last login's
create or replace table login as
select userId as user_id, coalesce(max_by(lower(traits.email), timestamp), userId) as person
from web where userId is not null group by userId;

create or replace table device as
select web.anonymousId as anonymous_id, max_by(login.person, web.timestamp) as person
from web inner join login on login.user_id = web.userId
where web.anonymousId is not null group by web.anonymousId;

create or replace table ticket_person as
select ticket.id as ticket_id, coalesce(helpdesk_user.email, ticket.requester_id) as person
from ticket left join helpdesk_user on helpdesk_user.id = ticket.requester_id;

create or replace table touchpoint as
with event as (
    select
        'web' as source, messageId as event_id, timestamp as occurred_at,
        coalesce(login.person, device.person, anonymousId) as customer_id,
        case
            when type = 'track' then lower(replace(event, ' ', '_'))
            when context.page.path = '/' then 'home_viewed'
            when context.page.path like '/lp/%' then 'landing_viewed'
            when context.page.path like '/blog/%' then 'blog_viewed'
            when context.page.path like '/help/%' then 'help_viewed'
            when context.page.path like '/account/orders/%' then 'order_status_viewed'
            when context.page.path like '/account%' then 'account_viewed'
            when context.page.path = '/pricing' then 'pricing_viewed'
            else 'page_viewed'
        end as activity,
        cast(null as varchar) as detail
    from web
    left join login on login.user_id = web.userId
    left join device on device.anonymous_id = web.anonymousId
    where type in ('page', 'track')
    union all
    select
        'email', sg_event_id, make_timestamp(timestamp * 1000000), lower(email),
        case event
            when 'open' then 'email_opened' when 'click' then 'email_clicked' when 'delivered' then 'email_delivered'
            when 'bounce' then 'email_bounced' when 'unsubscribe' then 'email_unsubscribed' else 'email_spam_reported'
        end,
        case when sg_machine_open then 'machine' else coalesce(category ->> '$[0]', category ->> '$') end
    from email
    where event in ('open', 'click', 'delivered', 'bounce', 'unsubscribe', 'spamreport')
    union all
    select 'store', id, processed_at::timestamp, lower(email), 'order_placed', null from store_order
    union all
    select 'store', 'refund-' || refund.id, refund.created_at::timestamp, lower(email), 'order_refunded', null
    from (select email, unnest(refunds) as refund from store_order)
    union all
    select 'support', ticket.id, created_at, person, 'ticket_opened', lower(subject)
    from ticket inner join ticket_person on ticket_person.ticket_id = ticket.id
    union all
    select
        'support', ticket_change.ticket_id || field_name || updated || value, updated, person,
        case when field_name = 'status' then 'ticket_' || lower(value) else 'ticket_rated' end, null
    from ticket_change inner join ticket_person on ticket_person.ticket_id = ticket_change.ticket_id
    where (field_name = 'status' and lower(value) <> 'new') or field_name like 'satisfaction%'
    union all
    select 'support', 'comment-' || ticket_comment.id, created, person, 'ticket_commented', null
    from ticket_comment inner join ticket_person on ticket_person.ticket_id = ticket_comment.ticket_id
),

unique_event as (
    select * from event
    qualify row_number() over (partition by source, event_id order by occurred_at) = 1
),

in_order as (
    select
        *,
        lag(occurred_at) over (partition by customer_id, source order by occurred_at, event_id) as source_previous_at,
        lag(occurred_at) over customer_order as previous_at,
        lag(activity) over customer_order as previous_activity,
        max(case when activity = 'order_placed' then occurred_at end)
            over (customer_order rows between unbounded preceding and 1 preceding) as bought_at
    from unique_event
    window customer_order as (partition by customer_id order by occurred_at, source, event_id)
),

staged as (
    select
        *,
        case
            when activity in ('email_delivered', 'email_bounced') or detail = 'machine' then 'unknown'
            when detail in ('order_confirmation', 'shipping_update', 'delivery', 'review_request') then 'post_purchase'
            when activity in ('order_refunded', 'order_status_viewed', 'product_reviewed') then 'post_purchase'
            when activity like 'ticket%' and bought_at >= occurred_at - interval 60 day then 'post_purchase'
            when activity in ('help_viewed', 'account_viewed') and bought_at >= occurred_at - interval 60 day
                then 'post_purchase'
            when activity in ('order_placed', 'order_completed') or activity like 'checkout%' or activity like 'cart%'
                or activity in ('product_added', 'product_removed', 'payment_info_entered') or detail = 'abandoned_cart'
                then 'decision'
            when activity like 'product%' or activity like 'ticket%' or activity in ('help_viewed', 'pricing_viewed')
                then 'consideration'
            else 'awareness'
        end as stage
    from in_order
),

numbered as (
    select
        *,
        sum(case when occurred_at <= source_previous_at + interval 30 minute then 0 else 1 end)
            over (partition by customer_id, source order by occurred_at, event_id) as session_number,
        sum(
            case
                when previous_at is null or occurred_at > previous_at + interval 30 day then 1
                when previous_activity = 'order_placed' and stage not in ('post_purchase', 'unknown') then 1
                else 0
            end
        ) over (partition by customer_id order by occurred_at, source, event_id) as journey_number
    from staged
)

select
    source, event_id, occurred_at, customer_id, activity, stage,
    customer_id || '/' || source || '/' || session_number as session_id,
    customer_id || '/' || journey_number as journey_id,
    case stage
        when 'awareness' then 1 when 'consideration' then 2 when 'decision' then 3 when 'post_purchase' then 4 else 0
    end as stage_number
from numbered;

create or replace table session as
select session_id, customer_id, source, min(occurred_at) as started_at, max(occurred_at) as ended_at, count(*) as n
from touchpoint group by all;

create or replace table journey as
select
    journey_id, customer_id, min(occurred_at) as started_at, max(occurred_at) as ended_at, count(*) as touchpoint_count,
    count(distinct session_id) as session_count, max(stage_number) as furthest_stage,
    case
        when bool_or(activity = 'order_placed') then 'converted'
        when max(occurred_at) < (select max(occurred_at) from touchpoint) - interval 30 day then 'dropped'
        else 'open'
    end as status
from touchpoint group by all;

create or replace table directly_follows as
with step as (
    select
        journey_id, activity, occurred_at,
        lead(activity) over journey_order as next_activity,
        lead(occurred_at) over journey_order as next_at
    from touchpoint
    window journey_order as (partition by journey_id order by occurred_at, source, event_id)
)

select
    activity, next_activity, count(distinct journey_id) as journey_count, count(*) as follow_count,
    quantile_cont(epoch(next_at) - epoch(occurred_at), [0.5, 0.9]) as wait_seconds
from step where next_activity is not null group by all;

create or replace table variant as
with journey_activities as (
    select journey_id, list(activity order by occurred_at, source, event_id) as activities
    from touchpoint group by journey_id
)

select activities, count(*) as journey_count from journey_activities group by activities;

create or replace table stage_visit as
with entry as (
    select journey_id, stage_number, min(occurred_at) as entered_at
    from touchpoint where stage_number > 0 group by all
),

advance as (
    select entry.journey_id, entry.stage_number, min(touchpoint.occurred_at) as advanced_at
    from entry
    inner join touchpoint
        on touchpoint.journey_id = entry.journey_id and touchpoint.stage_number > entry.stage_number
        and touchpoint.occurred_at > entry.entered_at
    group by all
)

select entry.*, advance.advanced_at
from entry left join advance using (journey_id, stage_number);

create or replace table stage_dropoff as
with known as (
    select
        *,
        (select max(t.occurred_at) from touchpoint as t) as cutoff,
        entered_at + case stage_number when 4 then interval 180 day else interval 30 day end as window_ends_at
    from stage_visit
),

state as (
    select
        stage_number, strftime(entered_at, '%Y-%m') as entry_month,
        case
            when advanced_at <= window_ends_at then 'advanced'
            when window_ends_at < cutoff then 'dropped'
            else 'open'
        end as outcome
    from known
)

select
    stage_number, entry_month, count(*) as entered_count,
    count(*) filter (outcome = 'advanced') as advanced_count,
    count(*) filter (outcome = 'dropped') as dropped_count,
    count(*) filter (outcome = 'open') as open_count
from state group by grouping sets ((stage_number), (stage_number, entry_month));
