-- device_kind(user_agent): mobile, tablet or desktop; null when the user agent tells none of them.
create or replace macro device_kind(user_agent) as
case
    when regexp_matches(user_agent, '(?i)ipad|tablet|kindle|silk/|playbook') then 'tablet'
    when regexp_matches(user_agent, '(?i)mobi|iphone|ipod|windows phone|blackberry') then 'mobile'
    when regexp_matches(user_agent, '(?i)android') then 'tablet'
    when regexp_matches(user_agent, '(?i)windows nt|macintosh|x11|cros|linux') then 'desktop'
end
