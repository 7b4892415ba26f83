-- distance_band(distance_us): how far a login is, in words; the look-back bounds it elsewhere.
create or replace macro distance_band(distance_us) as
case
    when distance_us <= 1800000000 then 'same_visit'
    when distance_us <= 86400000000 then 'same_day'
    when distance_us <= 604800000000 then 'same_week'
    else 'same_month'
end
