"""A judge who knows the truth of a simulated world: every item of the audit, and whether our answer to it is right."""

from pathlib import Path

import polars as pl

from journey_analytics.audit.population import load_items
from journey_analytics.evaluate.truth import read_truth
from journey_analytics.warehouse import Warehouse

_RESOLVED = "select touchpoint_id, source, source_event_id, customer_id from core.touchpoint"
_CARRIED = """
with carried as (
    select touchpoint.touchpoint_id, touchpoint.customer_id, unnest(event.identities) as identity
    from core.event
    inner join core.touchpoint as touchpoint
        on touchpoint.source = event.source and touchpoint.source_event_id = event.source_event_id
)
select touchpoint_id, customer_id, identity.identity_type, identity.identity_value from carried
"""


def oracle(warehouse: Warehouse, truth_dir: Path) -> pl.DataFrame:
    """kind, item_id, stratum, verdict; `cannot_tell` where the truth does not say."""
    load_items(warehouse)
    items = warehouse.frame("select * from audit_item")
    known = warehouse.frame(_RESOLVED).join(_people(truth_dir), on=("source", "source_event_id"))
    person = known.select("touchpoint_id", "person", "true_journey", "true_stage")
    judged = pl.concat([
        _stages(items, person),
        _cuts(items, person),
        _links(items, known, warehouse.frame(_CARRIED).join(person, on="touchpoint_id")),
    ])  # fmt: skip
    verdict = pl.when("is_right").then(pl.lit("right")).otherwise(pl.lit("wrong"))
    told = pl.when(pl.col("is_right").is_null()).then(pl.lit("cannot_tell")).otherwise(verdict)
    return judged.select("kind", "item_id", "stratum", verdict=told)


def _people(truth_dir: Path) -> pl.DataFrame:
    event = read_truth(truth_dir).event.filter(~pl.col("is_bot"))
    return event.select(
        "source", "source_event_id", person="customer_id", true_journey="journey_id", true_stage="stage"
    )


def _told(items: pl.DataFrame) -> pl.DataFrame:
    return items.select("kind", "item_id", "stratum", "is_right")


def _stages(items: pl.DataFrame, person: pl.DataFrame) -> pl.DataFrame:
    rows = items.filter(pl.col("kind") == "touchpoint").join(person, on="touchpoint_id", how="left")
    return _told(rows.with_columns(is_right=pl.col("answer") == pl.col("true_stage")))


def _cuts(items: pl.DataFrame, person: pl.DataFrame) -> pl.DataFrame:
    rows = items.filter(pl.col("kind") == "journey_cut").join(person, on="touchpoint_id", how="left")
    before = person.select(previous_touchpoint_id="touchpoint_id", true_before="true_journey")
    rows = rows.join(before, on="previous_touchpoint_id", how="left")
    is_cut = pl.col("answer") != "no: the same need"
    return _told(rows.with_columns(is_right=is_cut == (pl.col("true_journey") != pl.col("true_before"))))


def _links(items: pl.DataFrame, known: pl.DataFrame, carried: pl.DataFrame) -> pl.DataFrame:
    """Right where most of the identity's touchpoints, as this customer's, are of the person most of the customer is."""
    whole = _most(known, "customer_id").rename({"person": "customer_person"})
    own = _most(carried, "identity_type", "identity_value", "customer_id")
    rows = items.filter(pl.col("kind") == "link").join(whole, on="customer_id", how="left")
    rows = rows.join(own, on=("identity_type", "identity_value", "customer_id"), how="left")
    return _told(rows.with_columns(is_right=pl.col("person") == pl.col("customer_person")))


def _most(rows: pl.DataFrame, *keys: str) -> pl.DataFrame:
    counted = (
        rows.group_by(*keys, "person")
        .len()
        .sort(*keys, "len", "person", descending=[*[False] * len(keys), True, False])
    )
    return counted.unique(keys, keep="first", maintain_order=True).drop("len")
