-- mailbox_name(text, ignores_dots, tag_separator): the part before the @ without what its provider ignores: what
-- follows the separator (null: nothing does), then the dots; null where nothing would be left.
create or replace macro mailbox_name(text, ignores_dots, tag_separator) as
nullif(
    replace(
        case when tag_separator is null then text else split_part(text, tag_separator, 1) end,
        case when ignores_dots then '.' else '' end,
        ''
    ),
    ''
)
