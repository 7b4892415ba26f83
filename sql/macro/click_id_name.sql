-- click_id_name(url): which advertiser's click id the query carries, e.g. gclid; null without one. Its value is
-- not kept.
create or replace macro click_id_name(url) as
case
    when contains(url, '?') then nullif(
        lower(
            regexp_extract(
                url,
                '[?&]((?i)gclid|gbraid|wbraid|gclsrc|msclkid|yclid|dclid|fbclid|igshid|ttclid|twclid|li_fat_id'
                || '|sccid|rdt_cid|srsltid|mc_cid|mc_eid|_hsenc)=[^&#]',
                1
            )
        ),
        ''
    )
end
