"""Identity on public web events of Snowplow: one cookie with ten logins, one login with 26 cookies.

The events are not part of this repository; without them these tests are skipped. `JOURNEY_REFERENCE_DATA` names the
folder that holds `snowplow_web/` (source: github.com/snowplow/dbt-snowplow-web, its integration tests).
"""

import os
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest
from identity_world import EPOCH, Seen, customer_name, customers, resolved

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


def test_a_login_with_26_cookies_is_one_customer(events: list[Seen]) -> None:
    login = ("user_id", "consent_accel")
    with resolved(events) as warehouse:
        cookies = "select count(*) from core.customer_identity where customer_id = ? and identity_type = 'cookie_id'"
        assert warehouse.value(cookies, [customer_name(login)]) == 26
        found = customers(warehouse)
    assert {found[event.event_id] for event in events if login in event.identities} == {customer_name(login)}


def test_each_touchpoint_of_the_cookie_with_ten_logins_goes_to_the_nearest(events: list[Seen]) -> None:
    shared = max(_by_cookie(events).values(), key=lambda seen: len({e.identities[0] for e in seen if e.identities[1:]}))
    logins = [event for event in shared if len(event.identities) > 1]
    with resolved(events) as warehouse:
        found = customers(warehouse)
        assert warehouse.rows("select * from core.quarantined_identity") == []
    assert len({found[event.event_id] for event in logins}) == 10
    for event in shared:
        nearest = min(logins, key=lambda login: (abs(login.hour - event.hour), login.hour))
        assert found[event.event_id] == customer_name(nearest.identities[0])


def test_every_event_has_a_customer(events: list[Seen]) -> None:
    with resolved(events) as warehouse:
        assert set(customers(warehouse)) == {event.event_id for event in events}
        assert warehouse.rows("select * from core.set_aside_event") == []
