"""How admission reads times: pairs of (text, instant in UTC or reject code)."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from staging_case import LOADED_AT, Bench, bench

AT = datetime(2026, 3, 1, 4, 30)
MICRO = datetime(2026, 3, 1, 4, 30, 5, 123456)
SECONDS = 1772339400

SOUND = {
    "2026-03-01T04:30:00Z": AT,
    "2026-03-01 04:30:00Z": AT,
    "2026-03-01T04:30Z": AT,
    "2026-03-01 04:30:00 UTC": AT,
    "2026-03-01 04:30:00GMT": AT,
    "2026-02-28 20:30:00 -0800": AT,
    "2026-03-01T10:00:00+05:30": AT,
    "2026-03-01T10:00:00+0530": AT,
    "2026-03-01T06:30:00+02": AT,
    "2026-02-28T20:30:00-08:00": AT,
    "2026-03-01T10:00:00 +05:30": AT,
    "2026-03-01T04:30:05.123456Z": MICRO,
    "2026-03-01T04:30:05.123456999Z": MICRO,
    "2026-03-01T04:30:05,123456Z": MICRO,
    "2026-03-01T04:30:05.1Z": MICRO.replace(microsecond=100000),
    "  2026-03-01T04:30:00Z\t": AT,
    "\ufeff2026-03-01T04:30:00Z": AT,
    "2026-03-01T04:29:60Z": AT - timedelta(milliseconds=1),
    "2026-03-01T09:59:60.7+05:30": AT - timedelta(milliseconds=1),
    str(SECONDS): AT,
    f"{SECONDS}000": AT,
    f"{SECONDS}000000": AT,
    f"{SECONDS}000000000": AT,
    f"{SECONDS}.0": AT,
    "1772339405.123456": MICRO,
    "1772339405123.456": MICRO,
    "1772339405123456789": MICRO,
    "1772339405.123456999": MICRO,
    "1.7723394E9": AT,
    "1990-01-01T00:00:00Z": datetime(1990, 1, 1),
    "2026-06-17T12:00:00Z": LOADED_AT + timedelta(hours=48),
}
REFUSED = {
    None: "missing_time",
    "": "missing_time",
    " \ufeff": "missing_time",
    "yesterday": "unreadable_time",
    "2026-03-01": "unreadable_time",
    "2026-02-30T04:30:00Z": "unreadable_time",
    "2026-13-01T04:30:00Z": "unreadable_time",
    "2026-03-01T25:30:00Z": "unreadable_time",
    "2026-03-01T04:30:00+27:00": "unreadable_time",
    "0000-00-00 00:00:00Z": "unreadable_time",
    "01/03/2026 04:30": "unreadable_time",
    "01.03.2026 04:30": "unreadable_time",
    "2026-03-01T04:30:00 Europe/Berlin": "unreadable_time",
    "1e400": "unreadable_time",
    "9" * 40: "unreadable_time",
    "-" + "9" * 40: "unreadable_time",
    "NaN": "unreadable_time",
    "infinity": "unreadable_time",
    '{"seconds": 1}': "unreadable_time",
    "2026-03-01T04:30:00": "no_zone",
    "2026-03-01 04:30": "no_zone",
    "0": "epoch_zero",
    "0.0": "epoch_zero",
    "86399": "epoch_zero",
    "1970-01-01T00:00:00Z": "epoch_zero",
    "1970-01-01T23:59:59.999Z": "epoch_zero",
    "1970-01-02T00:00:00Z": "too_old",
    "20260301": "too_old",
    "-1": "too_old",
    "1989-12-31T23:59:59Z": "too_old",
    "0001-01-01T00:00:00Z": "too_old",
    "2026-06-17T12:00:00.000001Z": "future_time",
    "9999-12-31T23:59:59Z": "future_time",
    "99999999999": "future_time",
}


@pytest.fixture(scope="module")
def desk() -> Iterator[Bench]:
    with bench() as made:
        yield made


def test_every_notation_of_an_instant_is_read_to_the_microsecond(desk: Bench) -> None:
    events, refused = desk.admit_rows([{"occurred_at": text} for text in SOUND])
    assert refused == {}
    assert {text: events[number][0]["occurred_at"] for number, text in enumerate(SOUND, start=1)} == SOUND


def test_what_is_no_instant_is_refused_and_named(desk: Bench) -> None:
    events, refused = desk.admit_rows([{"occurred_at": text} for text in REFUSED])
    assert events == {}
    assert {text: refused[number][0] for number, text in enumerate(REFUSED, start=1)} == REFUSED
    for number, text in enumerate(REFUSED, start=1):
        assert not text or not text.strip(" \ufeff") or text[:60] in refused[number][1]


def test_a_long_text_is_cut_in_the_reason(desk: Bench) -> None:
    _, refused = desk.admit_rows([{"occurred_at": "soon " * 10_000}])
    assert len(refused[1][1]) < 150
    assert "…" in refused[1][1]


LOCAL = [
    ("Europe/Berlin", "2026-03-01 05:30:00", AT),
    ("Europe/Berlin", "2026-06-01 12:00:00", datetime(2026, 6, 1, 10)),
    ("europe/berlin", "2026-06-01 12:00:00", datetime(2026, 6, 1, 10)),
    ("America/New_York", "2026-02-28T23:30:00.123456789", AT.replace(microsecond=123456)),
    ("UTC", "2026-03-01T04:30", AT),
    ("Asia/Kolkata", "2026-03-01T04:30:00Z", AT),
    ("Europe/Berlin", "2025-10-26 02:30:00", datetime(2025, 10, 26, 0, 30)),
    ("Europe/Berlin", "2025-10-26 01:59:59", datetime(2025, 10, 25, 23, 59, 59)),
    ("Europe/Berlin", "2025-10-26 03:00:00", datetime(2025, 10, 26, 2)),
    ("Europe/Berlin", "2026-03-29 01:59:59", datetime(2026, 3, 29, 0, 59, 59)),
    ("Europe/Berlin", "2026-03-29 03:00:00", datetime(2026, 3, 29, 1)),
    ("Australia/Lord_Howe", "2025-10-05 12:00:00", datetime(2025, 10, 5, 1)),
]


def test_a_time_without_a_zone_is_of_the_declared_one_and_a_repeated_hour_its_first(desk: Bench) -> None:
    events, refused = desk.admit_rows([{"occurred_at": text, "time_zone": zone} for zone, text, _ in LOCAL])
    assert refused == {}
    assert [events[number][0]["occurred_at"] for number in range(1, len(LOCAL) + 1)] == [at for _, _, at in LOCAL]


def test_a_skipped_hour_and_an_unknown_zone_are_refused(desk: Bench) -> None:
    skipped, unknown = ("Europe/Berlin", "2026-03-29 02:30:00"), ("Mars/Olympus", "2026-03-01 02:30:00")
    _, refused = desk.admit_rows([{"time_zone": zone, "occurred_at": text} for zone, text in (skipped, unknown)])
    assert [refused[1][0], refused[2][0]] == ["unreadable_time", "no_zone"]
    assert "Europe/Berlin" in refused[1][1]
    assert "Mars/Olympus" in refused[2][1]


def test_the_declared_zone_of_the_source_goes_before_that_of_its_format(desk: Bench) -> None:
    desk.declare("web", time_zone="Europe/Berlin")
    event = desk.event(occurred_at="2026-03-01 05:30:00", time_zone="UTC")
    desk.declare("web")
    assert event["occurred_at"] == AT


def test_received_at_is_read_alike_and_its_faults_refuse_nobody(desk: Bench) -> None:
    rows = [{"received_at": text} for text in ("2026-03-01T10:00:00+05:30", "soon", "2026-03-01 04:30:00", None, "0")]
    events, refused = desk.admit_rows(rows)
    assert refused == {}
    read = [events[number][0]["received_at"] for number in range(1, 6)]
    assert read == [AT, None, None, None, datetime(1970, 1, 1)]
