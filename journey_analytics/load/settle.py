"""Which of several rows with one (source, source_event_id) is the event. Independent of order, split and repetition.

A *version* is a (source, source_event_id, content_hash). It belongs to the first raw row that brought it, by (load_id,
row_number), and carries the earliest received_at of all rows that did. The winner among the versions of an id is the
one with the earliest received_at (nulls last), then the smaller content_hash: it stands in `staging.event`, the others
in `staging.conflict`. Both tables are a function of the set of rows alone, up to who brought a version first.
"""

from journey_analytics.warehouse import Warehouse

_CONTESTED = """
create or replace temp table contested as
select source, source_event_id from contribution group by all having count(*) > 1
union
select source, source_event_id from contribution semi join staging.event using (source, source_event_id)
"""
_UNCONTESTED = """
insert into staging.event by name
select * from contribution anti join contested using (source, source_event_id)
"""
_BEFORE = """
create or replace temp table version_before as
select *, true as is_winner from staging.event semi join contested using (source, source_event_id)
union all by name
select *, false as is_winner from staging.conflict semi join contested using (source, source_event_id)
"""
_AFTER = """
create or replace temp table version_after as
with offered as (
    select * exclude (is_winner) from version_before
    union all by name
    select * from contribution semi join contested using (source, source_event_id)
),

numbered as (
    select
        *,
        row_number() over (
            partition by source, source_event_id, content_hash order by load_id, row_number
        ) as copy_number,
        min(received_at) over (partition by source, source_event_id, content_hash) as first_received_at
    from offered
),

version as (
    select * exclude (copy_number, first_received_at) replace (first_received_at as received_at)
    from numbered
    where copy_number = 1
)

select
    *,
    row_number() over (
        partition by source, source_event_id order by received_at nulls last, content_hash
    ) = 1 as is_winner
from version
"""
_CHANGED = """
create or replace temp table changed as
select distinct source, source_event_id
from (
    select source, source_event_id, content_hash, received_at, is_winner from version_after
    except
    select source, source_event_id, content_hash, received_at, is_winner from version_before
)
"""
_REPLACE = tuple(
    statement
    for table, condition in (("staging.event", "is_winner"), ("staging.conflict", "not is_winner"))
    for statement in (
        f"""
        delete from {table} as stored using changed
        where stored.source = changed.source and stored.source_event_id = changed.source_event_id
        """,
        f"""
        insert into {table} by name
        select * exclude (is_winner) from version_after semi join changed using (source, source_event_id)
        where {condition}
        """,
    )
)

_LOSING = """
create or replace temp table losing as
select load_id, row_number, min(source_event_id) as source_event_id
from staging.conflict anti join staging.event using (load_id, row_number)
group by all
"""
_FALLEN = """
create or replace temp table fallen as
select * from losing anti join (
    select load_id, row_number from run.rejected_event where reason_code = 'id_conflict'
) using (load_id, row_number)
"""
_RISEN = """
create or replace temp table risen as
select load_id, row_number from run.rejected_event anti join losing using (load_id, row_number)
where reason_code = 'id_conflict'
"""
_RELEASE = """
delete from run.rejected_event as rejected using risen
where rejected.load_id = risen.load_id and rejected.row_number = risen.row_number
    and rejected.reason_code = 'id_conflict'
"""
_SHIFT = """
update run.load as load
set accepted_count = load.accepted_count - shift.fallen_count, rejected_count = load.rejected_count + shift.fallen_count
from (
    select load_id, sum(direction)::bigint as fallen_count
    from (select load_id, 1 as direction from fallen union all select load_id, -1 from risen)
    group by load_id
) as shift
where load.load_id = shift.load_id
"""


def settle(warehouse: Warehouse) -> None:
    """Take the rows of the scratch table `contribution` into `staging.event`, and put the losers in quarantine.

    Counts of earlier loads follow when one of their rows loses or wins after all. The caller holds the transaction;
    the load at hand must not be in `run.load` yet.
    """
    warehouse.execute(_CONTESTED, name="contested ids")
    warehouse.execute(_UNCONTESTED, name="staging.event")
    if not warehouse.value("select count(*) from contested"):
        return
    warehouse.execute(_BEFORE, name="versions before")
    warehouse.execute(_AFTER, name="versions after")
    warehouse.execute(_CHANGED, name="changed ids")
    if warehouse.value("select count(*) from changed"):
        for statement in _REPLACE:
            warehouse.execute(statement, name="changed events")
        _settle_losers(warehouse)


def _settle_losers(warehouse: Warehouse) -> None:
    """A raw row that only lost is in quarantine; one that wins something is not."""
    warehouse.execute(_LOSING, name="losing rows")
    warehouse.execute(_FALLEN, name="rows that lost now")
    warehouse.execute(_RISEN, name="rows that win after all")
    warehouse.execute(_RELEASE, name="run.rejected_event")
    for table in warehouse.tables("raw"):
        warehouse.execute(_quarantine(table), name="run.rejected_event")
    warehouse.execute(_SHIFT, name="run.load")


def _quarantine(table: str) -> str:
    return f"""
    insert into run.rejected_event by name
    select
        raw.load_id, raw.source, raw.file, raw.row_number, 'id_conflict' as reason_code,
        'another row with source_event_id ' || fallen.source_event_id
            || ' has other content and wins: the earliest received_at, then the smaller content hash' as reason,
        left(raw.payload, 65536) as payload
    from {table} as raw inner join fallen using (load_id, row_number)
    """
