-- log_amount(amount, currency): the amount of an event of a log, null unless both are what we take them for: in a
-- foreign log they may mean anything, and no event is refused for them.
create or replace macro log_amount(amount, currency) as
case
    when regexp_full_match(upper(clean_text(currency)), '[A-Z]{3}') and decimal_number(clean_text(amount)) is not null
        then amount
end
