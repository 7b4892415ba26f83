-- shown(value): a value for a message: in quotes, cut after 60 characters.
create or replace macro shown(value) as
case
    when value is null then 'nothing'
    when length(value) > 60 then '''' || left(value, 60) || '…'''
    else '''' || value || ''''
end
