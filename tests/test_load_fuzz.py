"""No row, however odd, can fail the loading of its file: values of every kind in every place of every format."""

import random
from pathlib import Path
from typing import Any

import pytest
from corpus import email, store, web
from load_world import World, assert_conserved, message

from journey_analytics.config import Source

ODD: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1e308,
    10**400,
    -(2**63) - 1,
    0.1,
    "",
    " ",
    "null",
    "\0",
    "\u202e👩‍👩‍👧",
    "x" * 5000,
    "'; drop table raw.segment; --",
    "2026-13-45T99:99:99Z",
    "9999-12-31T23:59:59.999999999+14:00",
    "-4713-01-01",
    "1e5",
    "1" * 60,
    "http://[::1",
    "//%zz?utm_source=%",
    "a@b@c",
    [],
    {},
    [[]],
    [None, 1, "a", {}],
    {"a": {"b": [1]}},
    [{"id": None}, {"id": {}}, 3],
)
EXTRA = {
    "segment": {
        "traits": {"email": "a@example.com"},
        "userId": "u1",
        "context": {"campaign": {"source": "x"}, "page": {}},
    },
    "sendgrid": {"useragent": "x", "sg_machine_open": True, "marketing_campaign_name": "x"},
    "shopify": {
        "customer": {"id": 1, "email": "a@example.com", "phone": "1"},
        "cancelled_at": None,
        "processed_at": "2026-05-01T00:00:00Z",
        "refunds": [
            {"id": 1, "created_at": "2026-05-01T00:00:00Z", "transactions": [{"kind": "refund", "amount": "1"}]}
        ],
        "client_details": {"user_agent": "x"},
    },
}
SHAPES = {"segment": web.row, "sendgrid": email.row, "shopify": store.row}


def mutated(record: Any, rng: random.Random) -> Any:
    """The record with odd values in some places, at any depth."""
    if rng.random() < 0.12:
        return rng.choice(ODD)
    if isinstance(record, dict):
        return {key: mutated(value, rng) for key, value in record.items()}
    return [mutated(value, rng) for value in record] if isinstance(record, list) else record


@pytest.mark.parametrize("shape", SHAPES)
def test_odd_values_are_accepted_or_rejected_and_never_fail_a_file(tmp_path: Path, shape: str) -> None:
    rng = random.Random(7)
    whole = [dict(SHAPES[shape](number)) | EXTRA[shape] for number in range(1500)]
    records = [{key: mutated(value, rng) for key, value in record.items()} for record in whole]
    with World(tmp_path, Source("odd", shape, {"": (str(tmp_path / "in/*"),)})) as world:
        world.write("in/a.jsonl", records)
        summary = world.load()
        assert summary.read_count == len(records)
        assert_conserved(world)
        assert world.rows(
            "select count(*) from staging.event where occurred_at is null or source_event_id is null"
        ) == [(0,)]
        before = world.state()
        world.restage()
        assert world.state() == before


def test_odd_cells_of_a_table_never_fail_a_file(tmp_path: Path) -> None:
    keys = {
        "ticket": "id,requester_id,created_at,subject,via_channel",
        "ticket_field_history": "ticket_id,field_name,updated,value",
        "ticket_comment": "id,ticket_id,created,public",
        "user": "id,role,email,phone,created_at,updated_at",
    }
    cells = [
        "",
        "0",
        "1",
        "status",
        "satisfaction_score",
        "good",
        "end-user",
        "true",
        "x" * 300,
        "1e9",
        "2026-05-01T00:00:00Z",
    ]
    cells += ["2026-02-30 00:00:00", "0000-00-00", "\\", "'", "null", "é", "a@b", "+49 30 1", "=cmd", "nan", "-1"]
    rng = random.Random(3)
    paths = {key: (str(tmp_path / f"{key}/*.csv"),) for key in keys}
    with World(tmp_path, Source("support", "zendesk", paths)) as world:
        for key, header in keys.items():
            width = header.count(",") + 1
            rows = [",".join(rng.choices(cells, k=width)) for _ in range(500)]
            world.write(f"{key}/a.csv", "\n".join([header, *rows]) + "\n")
        assert world.load().read_count == 2000
        assert_conserved(world)


def test_files_of_one_run_that_hold_the_same_are_seen_as_copies(tmp_path: Path) -> None:
    with World(tmp_path) as world:
        for name in ("a", "b", "c"):
            world.write(f"landing/web/{name}.jsonl", [message(number) for number in range(10)])
        summary = world.load()
        assert [(file.status, file.load_id) for file in summary.files] == [("loaded", 1), ("copy", 2), ("copy", 3)]
        assert world.counts() == (30, 10, 20, 0)


def test_many_small_files_are_loaded_each_with_its_own_counts(tmp_path: Path) -> None:
    with World(tmp_path) as world:
        for number in range(40):
            world.write(f"landing/web/{number:02d}.jsonl", [message(number), message(number + 1)])
        summary = world.load()
        assert [file.load_id for file in summary.files] == list(range(1, 41))
        assert {(file.accepted_count, file.duplicate_count) for file in summary.files[1:]} == {(1, 1)}
        assert world.rows("select count(*) from staging.event") == [(41,)]
        assert_conserved(world)
