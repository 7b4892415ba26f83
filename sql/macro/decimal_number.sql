-- decimal_number(value): a plain decimal number (12.50, -3) of clean text as DECIMAL(18, 4); null for anything
-- else: no currency sign, no decimal comma, no thousands, no exponent.
create or replace macro decimal_number(value) as
case when regexp_full_match(value, '[+-]?\d+(\.\d+)?') then try_cast(value as decimal(18, 4)) end
