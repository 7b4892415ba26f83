-- undone_value(type, value): how a row of config/identity_undone.csv is compared: an e-mail in any letter case, others
-- as they are spelled.
create or replace macro undone_value(type, value) as
case type when 'email' then lower(value) else value end
