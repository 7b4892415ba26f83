-- url_parameter(url, name): the decoded value of a query parameter, undecoded where that fails; null without one, or
-- when it is empty.
create or replace macro url_parameter(url, name) as
case
    when contains(url, name || '=')
        then nullif(
            coalesce(
                try(url_decode(replace(regexp_extract(url, '[?&]' || name || '=([^&#]*)', 1), '+', ' '))),
                regexp_extract(url, '[?&]' || name || '=([^&#]*)', 1)
            ),
            ''
        )
end
