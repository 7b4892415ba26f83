-- One row per user agent of the batch: the device it names and whether it is a known bot.
-- grain: user_agent
-- rebuild: full
with agent as (
    select distinct user_agent from admission.staged
    where user_agent is not null
),

bot as (
    select distinct agent.user_agent
    from agent
    inner join config.bot_user_agent as rule
        on case rule.match
            when 'contains' then contains(lower(agent.user_agent), lower(rule.pattern))
            when 'prefix' then starts_with(lower(agent.user_agent), lower(rule.pattern))
            when 'regex' then regexp_matches(agent.user_agent, '(?i)' || rule.pattern)
        end
)

select
    agent.user_agent,
    device_kind(agent.user_agent) as device,
    bot.user_agent is not null as is_bot
from agent
left join bot on agent.user_agent = bot.user_agent
