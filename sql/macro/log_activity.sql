-- log_activity(name): an activity of an event log by its own name; a name of a node of our maps gets a word behind it.
create or replace macro log_activity(name) as
case when name in ('START', 'CONVERTED', 'DROPPED', 'OPEN', 'MORE') then name || ' (activity)' else name end
