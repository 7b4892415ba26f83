-- One row per page URL of the batch: its path and host, its campaign tags, and the activity that viewing it is.
-- grain: page_url
-- rebuild: full
-- Of the page rules that fit an exact one goes first, then the longest; null where none fits.
with distinct_url as (
    select distinct page_url from admission.staged
    where page_url is not null
),

url as (
    select
        page_url,
        clean_text(page_url) as url
    from distinct_url
),

parameter as (
    select
        page_url,
        url_path(url) as page_path,
        url_host(url) as page_host,
        url_parameter(url, 'utm_source') as utm_source,
        url_parameter(url, 'utm_medium') as utm_medium,
        url_parameter(url, 'utm_campaign') as utm_campaign,
        click_id_name(url) as click_id
    from url
),

read_url as (
    select
        page_url,
        page_path,
        page_host,
        clean_text(utm_source) as utm_source,
        clean_text(utm_medium) as utm_medium,
        clean_text(utm_campaign) as utm_campaign,
        click_id
    from parameter
),

path as (
    select distinct page_path from read_url
),

matched as (
    select
        path.page_path,
        rule.activity,
        row_number() over (
            partition by path.page_path
            order by rule.match = 'exact' desc, length(rule.path_prefix) desc, rule.path_prefix asc, rule.activity asc
        ) as preference
    from path
    inner join config.page_activity as rule
        on
            path.page_path = rule.path_prefix
            or (rule.match = 'prefix' and starts_with(path.page_path, rtrim(rule.path_prefix, '/') || '/'))
),

named as (
    select
        read_url.*,
        matched.activity as viewed_activity
    from read_url
    left join matched on read_url.page_path = matched.page_path and matched.preference = 1
)

select * from named
