"""Which customers have to be rebuilt: those whose touchpoints or time changed, and nobody else.

The sequence of a customer follows from the customer's own touchpoints, the rules and the cut-off T. So a digest of the
touchpoints is kept per customer, and one of the rules: late data, a merge of two customers or an undone link change the
digests of exactly those whom they concern. Of the others only those are affected for whom time has passed: a journey
that was not closed, a visit that was open or a touchpoint after T then may read differently at T now.
"""

from datetime import datetime
from typing import Final

from journey_analytics.warehouse import Warehouse

CUSTOMER_TABLES: Final = ("touchpoint", "session", "journey", "stage_visit")
"""The tables of `core` whose rows belong to one customer each."""

_STATE = "create table if not exists run.sequence_state (rules_digest varchar, cutoff_at timestamp)"
_DIGESTS = """
create or replace temp table fresh_digest as
select customer_id, count(*)::bigint as touchpoint_count, sum(hash(customer_event))::hugeint as digest
from core.customer_event
group by customer_id
"""
_EVERYBODY = "create or replace temp table affected_customer as select customer_id from fresh_digest"
_CHANGED = """
create or replace temp table affected_customer as
select coalesce(fresh.customer_id, kept.customer_id) as customer_id
from fresh_digest as fresh
full join run.customer_digest as kept on fresh.customer_id = kept.customer_id
where
    fresh.digest is distinct from kept.digest
    or fresh.touchpoint_count is distinct from kept.touchpoint_count
union
select customer_id from core.journey where not is_closed or not has_started
union
select customer_id from core.stage_visit where outcome = 'open'
union
select customer_id from core.touchpoint where occurred_at > ?
"""


def find_affected(warehouse: Warehouse, *, rules_digest: str, cutoff: datetime) -> bool:
    """Fill the temporary tables `fresh_digest` and `affected_customer`; true when the old rows of others may stay.

    Everybody is affected when there is nothing yet, when the rules changed, or when T went back: what was closed then
    may be open again.
    """
    warehouse.execute(_STATE, name="run.sequence_state")
    warehouse.execute(_DIGESTS, name="digests of customers")
    previous = warehouse.rows("select rules_digest, cutoff_at from run.sequence_state")
    if not previous or previous[0][0] != rules_digest or previous[0][1] > cutoff:
        warehouse.execute(_EVERYBODY, name="affected customers")
        return False
    warehouse.execute(_CHANGED, [previous[0][1]], name="affected customers")
    return True


def forget_affected(warehouse: Warehouse) -> None:
    """Delete the rows of the affected customers, those who are nobody any more among them."""
    for table in CUSTOMER_TABLES:
        warehouse.execute(
            f"delete from core.{table} where customer_id in (select customer_id from affected_customer)",
            name=f"core.{table}",
        )


def keep_state(warehouse: Warehouse, *, rules_digest: str, cutoff: datetime) -> None:
    """Remember what the tables now follow from; in the transaction that wrote them."""
    warehouse.execute("create or replace table run.customer_digest as from fresh_digest", name="run.customer_digest")
    warehouse.execute("delete from run.sequence_state", name="run.sequence_state")
    warehouse.execute("insert into run.sequence_state values (?, ?)", [rules_digest, cutoff], name="run.sequence_state")


def forget_state(warehouse: Warehouse) -> None:
    """Let the next build take everybody as affected."""
    warehouse.execute("drop table if exists run.sequence_state", name="run.sequence_state")


def affected_count(warehouse: Warehouse) -> int:
    """How many customers the last build worked on, those who are nobody any more included."""
    return warehouse.value("select count(*)::bigint from affected_customer")
