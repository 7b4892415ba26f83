-- device_word(value): a source's own clean word for a device as mobile, tablet or desktop; others stay, in lower case.
create or replace macro device_word(value) as
case
    when lower(value) in ('ios', 'iphone', 'android', 'phone', 'smartphone', 'mobile phone') then 'mobile'
    when lower(value) in ('ipad', 'pad') then 'tablet'
    when lower(value) in ('computer', 'pc', 'laptop', 'web') then 'desktop'
    else lower(value)
end
