-- clean_text(value): the text without blanks, byte-order marks and zero-width marks at its ends; blank → null.
-- A NUL inside becomes the replacement character: no tool behind us has to survive it.
-- The test comes first because nearly every text is clean and trimming is dear.
create or replace macro clean_text(value) as
case
    when
        regexp_matches(value, '^[\s\x0B\x{A0}\x{200B}\x{2060}\x{FEFF}]|[\s\x0B\x{A0}\x{200B}\x{2060}\x{FEFF}]$|^$|\x00')
        then nullif(
            regexp_replace(
                replace(value, chr(0), chr(65533)),
                '^[\s\x0B\x{A0}\x{200B}\x{2060}\x{FEFF}]+|[\s\x0B\x{A0}\x{200B}\x{2060}\x{FEFF}]+$', '', 'g'
            ),
            ''
        )
    else value
end
