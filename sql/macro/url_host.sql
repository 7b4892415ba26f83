-- url_host(url): the host in lower case without www., user and port; null when the text has none.
create or replace macro url_host(url) as
case
    when contains(url, '://')
        then nullif(regexp_replace(lower(split_part(url, '/', 3)), '^[^@?#]*@|^www\.|[:?#].*$|\.$', '', 'g'), '')
end
