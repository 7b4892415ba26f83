"""T: the earliest moment until which every guarding source is complete."""

from datetime import datetime, timedelta

import polars as pl
import pytest

from journey_analytics.cutoff import cutoff_rows
from journey_analytics.steps import decide_cutoff
from journey_analytics.warehouse import open_warehouse

END = datetime(2026, 6, 30, 23, 50)
HOUR = timedelta(hours=1)


def times(**sources: tuple[timedelta, timedelta, int]) -> pl.DataFrame:
    """Per source: silence before the end, longest pause, touchpoints."""
    rows = [
        (name, END - timedelta(days=90), END - silence, pause // timedelta(microseconds=1), count)
        for name, (silence, pause, count) in sources.items()
    ]
    columns = ["source", "first_seen_at", "last_seen_at", "longest_gap_us", "touchpoint_count"]
    schema = dict(zip(columns, [pl.String, pl.Datetime("us"), pl.Datetime("us"), pl.Int64, pl.Int64], strict=True))
    return pl.DataFrame(rows, schema=schema, orient="row")


def cutoff(frame: pl.DataFrame, *, guarding=("web", "support"), as_of=None) -> datetime:
    found = cutoff_rows(frame, guarding=guarding, as_of=as_of)["cutoff_at"]
    assert found.n_unique() == 1
    return found[0]


BUSY = (timedelta(0), HOUR, 1000)


def test_sources_that_only_pause_are_complete_until_the_last_touchpoint_of_all():
    assert cutoff(times(web=BUSY, support=(9 * HOUR, 10 * HOUR, 1000))) == END


def test_a_silence_of_exactly_the_longest_pause_is_no_silence():
    assert cutoff(times(web=BUSY, support=(10 * HOUR, 10 * HOUR, 1000))) == END


def test_three_missing_days_of_one_source_hold_the_cut_off_back():
    rows = cutoff_rows(times(web=BUSY, support=(72 * HOUR, 10 * HOUR, 1000)), guarding=("web", "support"), as_of=None)
    assert rows["is_silent"].to_list() == [True, False]
    assert rows["complete_until"].to_list() == [END - 72 * HOUR, END]
    assert rows["longest_gap_seconds"].to_list() == [36_000.0, 3_600.0]
    assert set(rows["cutoff_at"]) == {END - 72 * HOUR}


def test_a_source_that_does_not_guard_may_be_silent():
    assert cutoff(times(web=BUSY, support=(72 * HOUR, HOUR, 1000)), guarding=("web",)) == END


@pytest.mark.parametrize(("count", "expected"), [(19, END), (20, END - 72 * HOUR)])
def test_a_source_with_few_touchpoints_has_no_usual_pause(count, expected):
    assert cutoff(times(web=BUSY, support=(72 * HOUR, HOUR, count))) == expected


def test_a_date_chosen_by_hand_wins():
    chosen = datetime(2026, 5, 31, 23, 59, 59, 999_999)
    assert cutoff(times(web=BUSY, support=(72 * HOUR, HOUR, 1000)), as_of=chosen) == chosen


def test_when_no_guarding_source_has_touchpoints_all_guard():
    assert cutoff(times(web=BUSY, support=(72 * HOUR, HOUR, 1000)), guarding=("store",)) == END - 72 * HOUR


def test_without_touchpoints_there_is_no_row():
    found = cutoff_rows(times(web=BUSY).clear(), guarding=("web",), as_of=None)
    assert found.is_empty()
    assert found.schema == cutoff_rows(times(web=BUSY), guarding=("web",), as_of=None).schema


def test_a_source_that_was_quiet_when_it_was_new_is_judged_by_its_last_90_days(tmp_path):
    """It once paused for five days; since then it pauses for ten hours, and now it is silent for three days."""
    early = [END - timedelta(days=150), END - timedelta(days=145)]
    support = [*early, *(END - timedelta(days=3) - n * 10 * HOUR for n in range(300))]
    web = [END - n * HOUR for n in range(3000)]
    rows = [("support", at) for at in support] + [("web", at) for at in web]
    events = pl.DataFrame(rows, schema=["source", "occurred_at"], orient="row")
    with open_warehouse(tmp_path / "w.duckdb") as warehouse:
        warehouse.create_from(
            "staging.event", events.with_columns(activity=pl.lit("page_viewed"), is_bot=pl.lit(value=False))
        )
        assert decide_cutoff(warehouse, as_of=None, guarding=("web", "support")) == END - timedelta(days=3)
        assert warehouse.rows("select source, longest_gap_seconds, is_silent from run.cutoff order by source") == [
            ("support", 36_000.0, True),
            ("web", 3_600.0, False),
        ]
