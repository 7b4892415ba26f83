-- url_path(url): the path without query, fragment and closing slash (`/` stays); null when the text is neither a
-- URL nor a path. Queries carry e-mail addresses and tokens: they go no further.
create or replace macro url_path(url) as
case
    when starts_with(url, '/') then coalesce(nullif(rtrim(regexp_replace(url, '[?#].*$', '', 's'), '/'), ''), '/')
    when contains(url, '://')
        then coalesce(
            nullif(
                rtrim(
                    regexp_replace(
                        substr(url, length(split_part(url, '/', 1)) + length(split_part(url, '/', 3)) + 3),
                        '[?#].*$', '', 's'
                    ),
                    '/'
                ),
                ''
            ),
            '/'
        )
end
