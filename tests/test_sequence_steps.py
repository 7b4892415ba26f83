"""The steps `learning` and `sequence` in a warehouse: what one writes is what the other cuts by."""

from datetime import datetime, timedelta

import polars as pl
import pytest
from sequence_case import events, rule_frames

from journey_analytics import steps
from journey_analytics.warehouse import Warehouse, open_memory

CUTOFF = datetime(2026, 6, 15)
START = datetime(2026, 1, 1)


def touchpoints(count: int = 8) -> pl.DataFrame:
    """Customers who look at shoes and tents by turns."""
    rows = [
        {"id": f"e{who}_{day}", "at": START + timedelta(days=day), "customer": f"c_{who}", "activity": "product_viewed"}
        | {"topic": ("shoes", "tents")[day % 2]}
        for who in range(count)
        for day in range(6)
    ]
    return events(rows).with_columns(bucket=pl.col("customer_id").str.slice(2).cast(pl.Int32) % 16)


def made(**settings: str) -> Warehouse:
    warehouse = open_memory()
    frames = rule_frames()
    chosen = pl.col("setting").replace_strict(settings, default=pl.col("value"))
    for name, frame in (frames | {"setting": frames["setting"].with_columns(value=chosen)}).items():
        warehouse.create_from(f"config.{name}", frame)
    warehouse.create_from("core.customer_event", touchpoints())
    for step in steps.python_steps(CUTOFF):
        if step.name in ("learning", "sequence"):
            step.execute(warehouse)
    return warehouse


@pytest.mark.parametrize(
    ("settings", "journey_count", "reasons"),
    [
        ({"new_need_by_topic": "always"}, 16, {"first", "new_need"}),
        ({"new_need_by_topic": "auto"}, 8, {"first"}),
        ({"journey_cut": "fixed_gap", "fixed_gap_days": "1"}, 8, {"first"}),
        ({"journey_cut": "fixed_gap", "new_need_by_topic": "always"}, 8, {"first"}),
    ],
)
def test_journeys_are_cut_as_was_chosen_and_learnt(settings, journey_count, reasons):
    with made(**settings) as warehouse:
        journeys = warehouse.frame("select cut_reason from core.journey")
        assert len(journeys) == journey_count
        assert set(journeys["cut_reason"]) == reasons


def test_what_was_learnt_is_rows_that_say_why():
    with made() as warehouse:
        limits = warehouse.frame("select * from core.inactivity_limit")
        assert dict(limits.select("stage", "used_days").rows())["post_purchase"] == 60
        assert set(limits["learnt_until_at"]) == {datetime(2026, 6, 1)}
        assert limits["reason"].null_count() == 0
        assert warehouse.frame("select * from core.need_signal")["signal"].to_list() == ["topic"]


def test_the_sequence_is_cut_by_the_rows_not_by_the_configuration():
    with made() as warehouse:
        warehouse.execute("update core.inactivity_limit set used_days = 3 where stage = 'consideration'")
        warehouse.execute("update core.need_signal set is_used = true")
        rules = steps.used_rules(warehouse)
    assert rules.inactivity["consideration"] == timedelta(days=3)
    assert rules.inactivity["decision"] == timedelta(days=30)
    assert rules.splits_by_topic


def test_learning_reads_before_the_month_of_the_cut_off_and_nothing_when_nothing_is_asked():
    with made() as warehouse:
        sample = steps._learning_sample
        rules = steps.rules_of(warehouse)
        assert len(sample(warehouse, rules=rules, until=START + timedelta(days=3))) == 24
    with made(journey_cut="fixed_gap") as warehouse:
        assert sample(warehouse, rules=steps.rules_of(warehouse), until=CUTOFF).is_empty()
