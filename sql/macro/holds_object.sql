-- holds_object(texts): whether any of these texts, read from fields that must be plain, is a JSON object or list.
create or replace macro holds_object(texts) as
regexp_matches(array_to_string(texts, chr(31)), '(^|\x1F)[\[{]')
