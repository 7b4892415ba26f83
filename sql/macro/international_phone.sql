-- international_phone(value): the digits of a clean phone number, with + in front when it was written with + or 00;
-- with letters in it (a hash) it stays as it is, in lower case. Full-width and Arabic digits count as digits.
create or replace macro international_phone(value) as
case
    when regexp_matches(value, '^(?i)(tel:)?[^\p{L}]*$')
        then nullif(
            regexp_replace(
                regexp_replace(
                    translate(
                        value, '０１２３４５６７８９٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹＋', '012345678901234567890123456789+'
                    ),
                    '[^0-9+]', '', 'g'
                ),
                '^(00|\+)\+*0*', '+'
            ),
            '+'
        )
    else lower(value)
end
