"""Duplicates and conflicts are decided by content: order, split and repetition of the files change nothing."""

import hashlib
import random
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from load_world import LOADED_AT, World, assert_conserved, changed, jsonl, message

from journey_analytics.config import Source
from journey_analytics.contract import EVENT_COLUMNS, STAGED_COLUMNS
from journey_analytics.warehouse import open_memory

PLAIN_STAGING = """
-- One row per contribution of a raw row.
-- requires: id
select load_id, row_number, source, part.id as source_event_id, 'seen' as activity, part.content as topic,
    '2026-01-01T00:00:00Z' as occurred_at, part.received as received_at
from (
    select load_id, row_number, source,
        unnest(from_json(payload, '{"parts": [{"id": "VARCHAR", "content": "VARCHAR", "received": "VARCHAR"}]}').parts)
            as part
    from raw.plain
)
"""
PLAIN_VALUES = {
    "occurred_at": "occurred_at::timestamp",
    "received_at": "received_at::timestamp",
    "is_machine": "false",
    "is_bot": "false",
    "content_hash": "md5(coalesce(topic, ''))",
}
PLAIN_COLUMNS = {name: name if name in STAGED_COLUMNS else "null" for name in EVENT_COLUMNS} | PLAIN_VALUES
PLAIN_EVENT = "select {} from admission.staged".format(
    ", ".join(f"({value})::{EVENT_COLUMNS[name]} as {name}" for name, value in PLAIN_COLUMNS.items())
)
PLAIN_REJECTION = """
select distinct load_id, row_number, 'range' as reason_code, 'the content is bad' as reason
from admission.staged where topic = 'bad'
"""


def plain_world(root: Path) -> World:
    """A world whose rules are three small statements: fast, and every rule of the duplicates visible in the data."""
    world = World(root, Source("plain", "plain", {"": (str(root / "in/*.jsonl"),)}), warehouse=open_memory(threads=1))
    statements = (
        ("staging/plain.sql", PLAIN_STAGING),
        ("admission/event.sql", PLAIN_EVENT),
        ("admission/rejection.sql", PLAIN_REJECTION),
    )
    world.files = {name: world.write(f"sql/{name}", sql) for name, sql in statements}
    return world


def part(key: str, content: str, received: int | None) -> dict[str, Any]:
    return {"id": key, "content": content, "received": None if received is None else f"2026-01-{received:02d}"}


def row(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"id": "row", "parts": list(parts)}


PARTS = st.builds(
    part,
    key=st.sampled_from(["a", "b", "c"]),
    content=st.sampled_from(["x", "y", "z", "bad"]),
    received=st.sampled_from([None, 1, 2, 3]),
)
ROWS = st.lists(st.lists(PARTS, min_size=0, max_size=2).map(lambda parts: row(*parts)), min_size=1, max_size=10)


def loaded(files: Sequence[Sequence[dict[str, Any]]], *, runs: int = 1) -> tuple[list, list]:
    """Load the files, over some runs; the events, and the state before and after restaging."""
    with tempfile.TemporaryDirectory() as folder, plain_world(Path(folder)) as world:
        for place, rows in enumerate(files):
            world.write(f"in/{place:03d}.jsonl", jsonl(rows))
            if place % runs == 0:
                world.load()
        world.load()
        assert_conserved(world)
        incremental = world.state()
        world.restage()
        assert world.state() == incremental
        assert_conserved(world)
        return world.events(), world.rows(
            "select source_event_id, content_hash, received_at from staging.conflict order by all"
        )


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=ROWS, seed=st.integers(0, 10_000))
def test_any_order_split_and_repetition_gives_the_same_events(rows: list[dict[str, Any]], seed: int) -> None:
    rng = random.Random(seed)
    again = [*rows, *rng.choices(rows, k=3)]
    rng.shuffle(again)
    cuts = sorted(rng.choices(range(len(again) + 1), k=2))
    files = [again[: cuts[0]], again[cuts[0] : cuts[1]], again[cuts[1] :]]
    assert loaded(files, runs=rng.choice([1, 2])) == loaded([rows])


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=ROWS)
def test_the_events_are_those_of_the_definition(rows: list[dict[str, Any]]) -> None:
    events, _ = loaded([rows])
    assert {event[1]: event[-1] for event in events} == _winners(rows)


def _winners(rows: Sequence[dict[str, Any]]) -> dict[str, str]:
    """The definition, in three lines: earliest received_at (nulls last), then the smaller content hash."""
    good = [entry for whole in rows if all(p["content"] != "bad" for p in whole["parts"]) for entry in whole["parts"]]
    hashed = [(p["received"] or "9", hashlib.md5(p["content"].encode()).hexdigest(), p["id"]) for p in good]
    return {key: min(entry for entry in hashed if entry[2] == key)[1] for key in {entry[2] for entry in hashed}}


def test_the_earlier_received_wins_and_the_loser_is_listed(tmp_path: Path) -> None:
    with World(tmp_path) as world:
        world.write("landing/web/a.jsonl", [message(1), message(2)])
        world.load()
        world.write("landing/web/b.jsonl", [changed(1, receivedAt="2026-05-01T00:00:00Z")])
        summary = world.load()
        assert world.rows("select source_event_id, page_path from staging.event order by all") == [
            ("m1", "/pricing"),
            ("m2", "/products/shoes/1"),
        ]
        assert world.rows("select load_id, row_number, reason_code from run.rejected_event") == [(1, 1, "id_conflict")]
        assert world.rows("select accepted_count, duplicate_count, rejected_count from run.load order by load_id") == [
            (1, 0, 1),
            (1, 0, 0),
        ]
        assert [(file.status, file.accepted_count) for file in summary.files] == [("known", 0), ("loaded", 1)]
        assert summary.warnings == (
            "1 row accepted in earlier loads lost against new ones (id_conflict): see journey rejected",
        )
        assert world.load().warnings == ()
        assert '"m1"' in world.rows("select payload from run.rejected_event")[0][0]
        assert_conserved(world)


def test_the_summary_counts_what_a_later_file_of_the_same_load_displaced(tmp_path: Path) -> None:
    with World(tmp_path) as world:
        world.write("landing/web/a.jsonl", [message(1), message(2)])
        world.write("landing/web/b.jsonl", [changed(1, receivedAt="2026-05-01T00:00:00Z")])
        summary = world.load()
        assert [(file.accepted_count, file.rejected_count) for file in summary.files] == [(1, 1), (1, 0)]
        counts = (summary.read_count, summary.accepted_count, summary.duplicate_count, summary.rejected_count)
        assert (counts, summary.warnings) == (world.counts(), ())
        assert world.rows("select reason from run.rejected_event") == [
            (
                "another row with source_event_id m1 has other content and wins: "
                "the earliest received_at, then the smaller content hash",
            )
        ]


def test_the_later_received_loses_in_its_own_load(tmp_path: Path) -> None:
    with World(tmp_path) as world:
        world.write("landing/web/a.jsonl", [message(1), changed(1, receivedAt="2026-05-30T00:00:00Z")])
        world.load()
        assert world.rows("select page_path from staging.event") == [("/products/shoes/1",)]
        assert world.counts() == (2, 1, 0, 1)


def test_the_same_content_received_earlier_moves_received_at_only(tmp_path: Path) -> None:
    with World(tmp_path) as world:
        world.write("landing/web/a.jsonl", [message(1)])
        world.write("landing/web/b.jsonl", [message(1, receivedAt="2026-05-01T00:00:00Z")])
        world.load()
        assert world.rows("select load_id, received_at::varchar from staging.event") == [(1, "2026-05-01 00:00:00")]
        assert world.counts() == (2, 1, 1, 0)


def test_a_loser_whose_content_comes_again_earlier_wins_after_all(tmp_path: Path) -> None:
    with World(tmp_path) as world:
        world.write("landing/web/a.jsonl", [message(1)])
        world.write("landing/web/b.jsonl", [changed(1, receivedAt="2026-05-30T00:00:00Z")])
        world.load()
        assert world.codes() == {"id_conflict": 1}
        world.write("landing/web/c.jsonl", [changed(1, receivedAt="2026-05-01T00:00:00Z")])
        world.load()
        assert world.rows("select load_id, page_path from staging.event") == [(2, "/pricing")]
        assert world.rows("select load_id, row_number from run.rejected_event") == [(1, 1)]
        assert world.rows("select accepted_count, duplicate_count, rejected_count from run.load order by load_id") == [
            (0, 0, 1),
            (1, 0, 0),
            (0, 1, 0),
        ]


@pytest.mark.parametrize("first", [0, 1])
def test_without_received_at_the_smaller_hash_wins(tmp_path: Path, first: int) -> None:
    rows = [message(1, receivedAt=None), changed(1, receivedAt=None)]
    with World(tmp_path) as world:
        world.write("landing/web/a.jsonl", [rows[first]])
        world.write("landing/web/b.jsonl", [rows[1 - first]])
        world.load()
        (stored,) = world.rows("select content_hash from staging.event")
        (lost,) = world.rows("select content_hash from staging.conflict")
        assert stored < lost


def test_an_order_exported_again_with_a_refund_brings_the_refund_only(tmp_path: Path) -> None:
    order = {
        "id": 1,
        "email": "a@example.com",
        "created_at": "2026-05-01T00:00:00Z",
        "total_price": "10.00",
        "currency": "EUR",
        "source_name": "web",
    }
    refund = {"id": 7, "created_at": "2026-05-05T00:00:00Z", "transactions": [{"kind": "refund", "amount": "10.00"}]}
    with World(tmp_path, Source("store", "shopify", {"": (str(tmp_path / "store/*.jsonl"),)})) as world:
        world.write("store/a.jsonl", [order])
        world.write("store/b.jsonl", [order | {"refunds": [refund]}])
        world.load()
        assert world.rows("select load_id, activity from staging.event order by all") == [
            (1, "order_placed"),
            (2, "order_refunded"),
        ]
        assert world.counts() == (2, 2, 0, 0)


def test_restaging_follows_a_change_of_the_rules_in_both_directions(tmp_path: Path) -> None:
    rows = [row(part("a", "x", 1)), row(part("b", "y", 1)), row(part("a", "y", 2)), row(part("c", "bad", 1))]
    with plain_world(tmp_path) as world:
        world.write("in/a.jsonl", jsonl([*rows, {"no": "id"}, rows[0]]))
        world.write("in/b.jsonl", jsonl(rows[3:]))
        world.load()
        assert world.codes() == {"id_conflict": 1, "missing_required": 1, "range": 1}
        before = world.state()
        world.write("sql/admission/rejection.sql", PLAIN_REJECTION.replace("'bad'", "'x'"))
        world.write("sql/staging/plain.sql", PLAIN_STAGING.replace("-- requires: id", "-- requires: parts"))
        world.restage()
        assert world.codes() == {"missing_required": 1, "range": 1}
        assert world.rows("select source_event_id, topic from staging.event order by all") == [
            ("a", "y"),
            ("b", "y"),
            ("c", "bad"),
        ]
        assert_conserved(world)
        afresh = tmp_path / "afresh"
        with plain_world(afresh) as other:
            other.write("sql/admission/rejection.sql", PLAIN_REJECTION.replace("'bad'", "'x'"))
            other.write("sql/staging/plain.sql", PLAIN_STAGING.replace("-- requires: id", "-- requires: parts"))
            for name in ("in/a.jsonl", "in/b.jsonl"):
                other.write(name, (tmp_path / name).read_bytes())
            other.load()
            assert _without_stamp(other) == _without_stamp(world)
        world.write("sql/admission/rejection.sql", PLAIN_REJECTION)
        world.write("sql/staging/plain.sql", PLAIN_STAGING)
        world.restage()
        assert world.state() == before


def _without_stamp(world: World) -> dict[str, list[tuple[Any, ...]]]:
    state = world.state()
    state["run.load"] = world.rows("select * exclude (modified_ns) from run.load order by all")
    return state


def test_restaging_with_another_now_lifts_a_time_in_the_future(tmp_path: Path) -> None:
    with World(tmp_path) as world:
        world.write("landing/web/a.jsonl", [message(1), message(2, timestamp="2026-07-01T00:00:00Z")])
        world.load()
        assert world.codes() == {"future_time": 1}
        world.restage(loaded_at=LOADED_AT.replace(month=7))
        assert (world.codes(), world.counts()) == ({}, (2, 2, 0, 0))
