"""Identity on public web events of Snowplow: one cookie with ten logins, one login with 26 cookies.

The events are not part of this repository; without them these tests are skipped. `JOURNEY_REFERENCE_DATA` names the
folder that holds `snowplow_web/` (source: github.com/snowplow/dbt-snowplow-web, its integration tests).
"""

import os
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest
from identity_world import EPOCH, Identity, Seen, customer_name, customers, resolved

FOLDER = Path(os.environ.get("JOURNEY_REFERENCE_DATA", Path(__file__).parents[2] / "shared" / "data"))
EVENTS = FOLDER / "snowplow_web" / "source" / "snowplow_web_events.csv"

pytestmark = pytest.mark.skipif(not EVENTS.is_file(), reason="the public Snowplow events are not here")


@pytest.fixture(scope="module")
def events() -> list[Seen]:
    """One event per id, the earliest collected, with its cookie and its login if it has one."""
    columns = ["event_id", "user_id", "domain_userid", "collector_tstamp"]
    frame = pl.read_csv(EVENTS, infer_schema=False).select(columns).drop_nulls(["event_id", "domain_userid"])
    return [_seen(row) for row in frame.sort(columns).unique("event_id", keep="first").iter_rows(named=True)]


def _seen(row: dict[str, str]) -> Seen:
    hour = (datetime.fromisoformat(row["collector_tstamp"]) - EPOCH).total_seconds() / 3600
    login = (("user_id", row["user_id"]),) if row["user_id"] else ()
    return Seen(row["event_id"], hour, (*login, ("cookie_id", row["domain_userid"])))


def _by_cookie(events: list[Seen]) -> dict[str, list[Seen]]:
    grouped: dict[str, list[Seen]] = {}
    for event in events:
        grouped.setdefault(event.identities[-1][1], []).append(event)
    return grouped


def _logins_of(seen: list[Seen]) -> set[Identity]:
    return {event.identities[0] for event in seen if len(event.identities) > 1}


def test_one_login_with_26_cookies_is_one_customer_with_26_devices(events: list[Seen]) -> None:
    login = ("user_id", "consent_accel")
    cookies = {cookie for cookie, seen in _by_cookie(events).items() if login in _logins_of(seen)}
    assert len(cookies) == 26
    with resolved(events) as warehouse:
        customer = customer_name(login)
        held = "select identity_type, identity_value, rule from core.customer_identity where customer_id = ?"
        assert set(warehouse.rows(held, [customer])) == {
            ("user_id", "consent_accel", "own"),
            *(("cookie_id", cookie, "nearest_login") for cookie in cookies),
        }
        assert warehouse.rows(
            "select identity_count, device_count, is_anonymous from core.customer where customer_id = ?", [customer]
        ) == [(1, 26, False)]
        found = customers(warehouse)
    assert {e.event_id for e in events if found[e.event_id] == customer} == {
        e.event_id for e in events if e.identities[-1][1] in cookies
    }


def _shared_cookie(events: list[Seen]) -> list[Seen]:
    return max(_by_cookie(events).values(), key=lambda seen: len(_logins_of(seen)))


def test_one_cookie_with_ten_logins_stays_ten_customers_and_is_no_kiosk(events: list[Seen]) -> None:
    shared = _shared_cookie(events)
    logins = _logins_of(shared)
    assert len(logins) == 10
    with resolved(events) as warehouse:
        found = customers(warehouse)
        assert warehouse.rows("select * from core.quarantined_identity") == []
        assert warehouse.rows("select * from core.identity_link") == []
        rows = warehouse.rows(
            "select customer_id, rule from core.customer_identity where identity_value = ?",
            [shared[0].identities[-1][1]],
        )
    assert sorted(rows) == sorted((customer_name(login), "nearest_login") for login in logins)
    for event in shared:
        assert found[event.event_id] == customer_name(event.identities[0])


def test_with_its_own_login_hidden_each_touchpoint_of_that_cookie_goes_to_the_nearest_of_the_nine(
    events: list[Seen],
) -> None:
    shared = _shared_cookie(events)
    for hidden in shared:
        others = [event for event in shared if event is not hidden]
        with resolved(others, [replace(hidden, identities=hidden.identities[-1:])]) as warehouse:
            found = customers(warehouse)[hidden.event_id]
        nearest = min(others, key=lambda login: (abs(login.hour - hidden.hour), login.hour))
        assert abs(nearest.hour - hidden.hour) <= 30 * 24
        assert found == customer_name(nearest.identities[0])


def test_every_event_has_a_customer(events: list[Seen]) -> None:
    with resolved(events) as warehouse:
        assert set(customers(warehouse)) == {event.event_id for event in events}
        assert warehouse.rows("select * from core.set_aside_event") == []
