-- log_currency(amount, currency): the currency of an event of a log where it has an amount (log_amount), else null.
create or replace macro log_currency(amount, currency) as
case
    when regexp_full_match(upper(clean_text(currency)), '[A-Z]{3}') and decimal_number(clean_text(amount)) is not null
        then currency
end
