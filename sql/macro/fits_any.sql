-- fits_any(text, patterns): whether a text is one of the patterns in a rule's cell: names separated by `|`, of which a
-- trailing `*` fits every ending; case and blanks around them do not matter. A null text fits none, and an empty (null)
-- cell is fitted by every text.
create or replace macro fits_any(text, patterns) as
patterns is null
or len(list_filter(
    list_transform(string_split(lower(patterns), '|'), lambda part: trim(part)),
    lambda part: case
        when ends_with(part, '*') then starts_with(lower(text), left(part, -1))
        else lower(text) = part
    end
)) > 0
