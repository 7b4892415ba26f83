-- One row per text that still holds an e-mail address, a link or a number of four digits or more.
select
    touchpoint_id,
    kind
from core.touchpoint_text
where regexp_matches(text, '[^\s\[]+@[^\s\]]+\.|https?://|\d{4}')
