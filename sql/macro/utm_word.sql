-- utm_word(value): a clean UTM value in lower case; the vendors' words for “nothing” are null.
create or replace macro utm_word(value) as
case
    when
        lower(value) not in
        (
            '', '(direct)', 'direct', '(none)', 'none', '(not set)', '(not provided)', 'not set', 'null', 'undefined'
        )
        then lower(value)
end
