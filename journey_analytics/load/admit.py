"""What the scratch tables hold → `raw.*`, `staging.event` and the quarantine. The caller holds the transaction."""

from journey_analytics.load.ledger import Entry
from journey_analytics.load.settle import settle
from journey_analytics.warehouse import Warehouse

LANDED_ROWS = "create or replace temp table landed_row (load_id bigint, row_number bigint)"

# A payload that the source delivered before, in another file or earlier in this one, is a duplicate and not kept again.
_FRESH = """
insert into landed_row
select min_by(load_id, row_number), min(row_number)
from incoming_raw
anti join (select content_hash from {table} where source = ?) as stored using (content_hash)
where load_id = ?
group by content_hash
"""
_STORE = """
insert into {table} by name
select * from incoming_raw semi join landed_row using (load_id, row_number)
"""
# A rejection with a payload was refused by a reader; one without is a verdict on a landed row.
_REJECT = """
insert into run.rejected_event by name
select
    rejection.* replace (coalesce(rejection.payload, left(landed.payload, 65536)) as payload)
from incoming_rejection as rejection
left join (select * from incoming_raw semi join landed_row using (load_id, row_number)) as landed
    using (load_id, row_number)
where rejection.load_id = ? and (rejection.payload is not null or landed.load_id is not null)
"""
CONTRIBUTIONS = """
create or replace temp table contribution as
select * from incoming_event semi join landed_row using (load_id, row_number)
"""
ACCEPTED = """
select load_id, count(*) as accepted_count
from landed_row
anti join run.rejected_event using (load_id, row_number)
left join (select distinct load_id, row_number, true as has_event from contribution) using (load_id, row_number)
left join (
    select distinct load_id, row_number, true as owns_event
    from staging.event
    where load_id in (select load_id from landed_row)
) using (load_id, row_number)
where has_event is null or owns_event
group by load_id
"""
"""Accepted rows by load: those that brought an event, and those that have none to bring."""
_REJECTED = "select count(*) from run.rejected_event where load_id = ?"


def take_in(warehouse: Warehouse, entry: Entry) -> tuple[int, int]:
    """Land the rows of one file: `incoming_*` → `raw.*`, quarantine, events. Returns accepted and rejected rows."""
    load_id, table = entry.load_id, entry.raw_table
    warehouse.execute(LANDED_ROWS, name="landed rows")
    warehouse.execute(_FRESH.format(table=table), [entry.source, load_id], name=table)
    warehouse.execute(_STORE.format(table=table), name=table)
    warehouse.execute(_REJECT, [load_id], name="run.rejected_event")
    warehouse.execute(CONTRIBUTIONS, name="contributions")
    settle(warehouse)
    accepted = dict(warehouse.rows(ACCEPTED, name="accepted rows")).get(load_id, 0)
    rejected = warehouse.value(_REJECTED, [load_id], name="rejected rows")
    return accepted, rejected
