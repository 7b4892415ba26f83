-- normal_identity(type, value): one spelling per person: e-mail in NFC and lower case, phone as digits, others as
-- they are (007 is not 7). `value` is clean text.
create or replace macro normal_identity(type, value) as
case type
    when 'email' then lower(nfc_normalize(value))
    when 'phone' then international_phone(value)
    else value
end
