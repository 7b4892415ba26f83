"""Worlds in which one need begins while another goes on: the truth stays right, and visits stay apart."""

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import pytest
from simulated_world import file_bytes, records, truth

from journey_analytics.errors import ConfigurationError
from journey_analytics.simulate import Summary, simulate
from journey_analytics.simulate.diary import Diary
from journey_analytics.simulate.draw import DAY, HOUR, MINUTE
from journey_analytics.simulate.journey import Journey, owner_of_passive
from journey_analytics.simulate.things import Device, Need, Order, Touch, Visit

JOURNEY = Path(sys.executable).with_name("journey")
STAGES = ("awareness", "consideration", "decision", "post_purchase")
END = datetime.fromisoformat("2026-01-01T00:00:00Z")
MARKETING = {"newsletter", "promotion", "browse_reminder", "back_in_stock", "abandoned_cart"}


@pytest.fixture(scope="module")
def summary() -> list[Summary]:
    return []


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, summary: list[Summary]) -> Path:
    folder = tmp_path_factory.mktemp("overlapping")
    summary.append(simulate(folder, customers=300, days=365, seed=3, overlap=0.5))
    return folder


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def needs(world: Path) -> dict[str, list[dict[str, Any]]]:
    """By customer in order of beginning: when each need began and when its purchase or last touch was."""
    bought = {row["journey_id"]: row["entered_at"] for row in truth(world, "stage_visit") if row["stage"] == STAGES[3]}
    found = defaultdict(list)
    for row in truth(world, "journey"):
        over_at = at(bought.get(row["journey_id"], row["ended_at"]))
        found[row["customer_id"]].append({**row, "begins_at": at(row["started_at"]), "over_at": over_at})
    return {customer: sorted(rows, key=lambda row: row["begins_at"]) for customer, rows in found.items()}


def overlapping(world: Path) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for rows in needs(world).values():
        yield from ((old, new) for old, new in combinations(rows, 2) if new["begins_at"] <= old["over_at"])


def touches(world: Path) -> dict[str, list[tuple[datetime, str]]]:
    """By journey what has a stage, in time."""
    found = defaultdict(list)
    for row in truth(world, "event"):
        if row["stage"]:
            found[row["journey_id"]].append((at(row["occurred_at"]), row["stage"]))
    return {journey_id: sorted(rows) for journey_id, rows in found.items()}


@pytest.mark.parametrize("dirty", [False, True])
def test_a_share_of_zero_changes_nothing(tmp_path: Path, dirty: bool) -> None:
    simulate(tmp_path / "plain", customers=30, days=150, seed=5, dirty=dirty)
    simulate(tmp_path / "zero", customers=30, days=150, seed=5, dirty=dirty, overlap=0.0)
    simulate(tmp_path / "half", customers=30, days=150, seed=5, dirty=dirty, overlap=0.5)
    assert file_bytes(tmp_path / "plain") == file_bytes(tmp_path / "zero") != file_bytes(tmp_path / "half")
    assert "overlap" not in json.loads((tmp_path / "zero/truth/world.json").read_text(encoding="utf-8"))
    assert not list(overlapping(tmp_path / "plain"))
    assert next(overlapping(tmp_path / "half"), None)


def test_about_half_of_the_longer_needs_have_the_next_begin_during_them(world: Path) -> None:
    followed = [pair for rows in needs(world).values() for pair in pairwise(rows)]
    longer = [(old, new) for old, new in followed if old["over_at"] - old["begins_at"] > timedelta(days=1)]
    share = sum(new["begins_at"] < old["over_at"] for old, new in longer) / len(longer)
    assert len(longer) > 300
    assert 0.42 < share < 0.64
    shorter = [pair for pair in followed if pair not in longer]
    assert not any(new["begins_at"] < old["over_at"] for old, new in shorter)


def test_needs_that_overlap_differ_in_topic(world: Path) -> None:
    pairs = list(overlapping(world))
    assert len(pairs) > 150
    assert all(old["topic"] != new["topic"] for old, new in pairs)


def test_most_of_them_interleave(world: Path) -> None:
    found = touches(world)
    turns = []
    for pair in overlapping(world):
        rows = [
            (when, one["journey_id"]) for one in pair for when, _ in found[one["journey_id"]] if when <= one["over_at"]
        ]
        turns.append(sum(earlier[1] != later[1] for earlier, later in pairwise(sorted(rows))))
    assert sum(count >= 2 for count in turns) > 0.8 * len(turns), "back to the earlier need after the later has begun"
    assert sum(count >= 3 for count in turns) > 0.4 * len(turns), "and to the later one again"


def test_no_session_on_the_website_is_about_two_needs(world: Path) -> None:
    lives = defaultdict(list)
    for row in truth(world, "event"):
        if row["source"] == "web":
            lives[row["customer_id"]].append((at(row["occurred_at"]), row["journey_id"]))
    changes = [
        (later[0] - earlier[0]) for rows in lives.values() for earlier, later in pairwise(sorted(rows))
        if earlier[1] != later[1]
    ]  # fmt: skip
    assert len(changes) > 1_000
    assert min(changes) > timedelta(minutes=30)


def test_stage_visits_follow_from_the_events_of_interleaved_needs(world: Path) -> None:
    visits = {(row["journey_id"], row["stage"]): row for row in truth(world, "stage_visit")}
    interleaved = {row["journey_id"] for pair in overlapping(world) for row in pair}
    for journey_id, rows in touches(world).items():
        for stage in STAGES[:2] if journey_id in interleaved else ():
            entered = min((when for when, touched in rows if touched == stage), default=None)
            assert (entered is None) == ((journey_id, stage) not in visits)
            if entered is None:
                continue
            visit = visits[journey_id, stage]
            higher = STAGES[STAGES.index(stage) + 1 :]
            advanced = min((when for when, touched in rows if touched in higher and when > entered), default=None)
            followed = at(visit["advanced_at"]) if visit["advanced_at"] else None
            assert at(visit["entered_at"]) == entered
            assert followed == advanced or (advanced is None and followed is not None and followed >= END)


def test_a_purchase_ends_its_own_need_and_is_the_next_one_of_whatever_was_bought_before(world: Path) -> None:
    orders = {str(row["id"]) for row in records(world, "store")}
    bought = defaultdict(list)
    for row in truth(world, "event"):
        if row["source"] == "store" and row["source_event_id"] in orders:
            bought[row["customer_id"]].append((row["occurred_at"], row["journey_id"]))
    visits = {(row["journey_id"], row["stage"]): row for row in truth(world, "stage_visit")}
    against_order = 0
    for rows in map(sorted, bought.values()):
        for (_, journey_id), (later, next_id) in pairwise(rows):
            assert visits[journey_id, "post_purchase"]["advanced_at"] == later
            against_order += next_id < journey_id
        for when, journey_id in rows:
            assert visits[journey_id, "post_purchase"]["entered_at"] == when
            assert visits.get((journey_id, "decision"), {"advanced_at": when})["advanced_at"] == when
    assert against_order > 5, "a need that began later is sometimes bought for first"


def test_ids_stay_unique(world: Path) -> None:
    events = [(row["source"], row["source_event_id"]) for row in truth(world, "event")]
    journeys = [row["journey_id"] for row in truth(world, "journey")]
    assert len(set(events)) == len(events)
    assert len(set(journeys)) == len(journeys)


def test_a_cookie_carries_a_login_from_its_first_sign_in_on_and_never_waits_long_for_it(world: Path) -> None:
    cookies = defaultdict(list)
    for row in records(world, "web"):
        cookies[row["anonymousId"]].append((at(row["timestamp"]), row["type"] == "identify", row["userId"]))
    for rows in cookies.values():
        sign_ins = [when for when, is_sign_in, _ in rows if is_sign_in]
        assert all(sign_ins and when >= min(sign_ins) for when, _, login in rows if login)
        if sign_ins:
            anonymous = [when for when, _, login in rows if not login and when < END - timedelta(days=30)]
            waits = [min(abs(when - sign_in) for sign_in in sign_ins) for when in anonymous]
            assert max(waits, default=timedelta(0)) < timedelta(days=30)


def test_no_marketing_mail_is_sent_after_unsubscribing(world: Path) -> None:
    left = {
        row["email"]: row["timestamp"]
        for row in records(world, "email") if row["event"] in ("unsubscribe", "spamreport")
    }  # fmt: skip
    sent = [
        row["timestamp"] - left[row["email"]] for row in records(world, "email")
        if row["event"] == "delivered" and row["email"] in left and MARKETING & {*row["category"]}
    ]  # fmt: skip
    assert len(left) > 5
    assert sent
    assert max(sent) < 0


def test_a_need_is_never_silent_for_its_inactivity_limit(world: Path) -> None:
    bought = {row["journey_id"]: row["over_at"] for rows in needs(world).values() for row in rows}
    gaps = [
        later - earlier for journey_id, rows in touches(world).items()
        for (earlier, _), (later, _) in pairwise(rows) if later <= bought[journey_id]
    ]  # fmt: skip
    assert max(gaps) < timedelta(days=30)


def test_the_world_and_its_summary_name_the_overlap(world: Path, summary: list[Summary]) -> None:
    assert json.loads((world / "truth/world.json").read_text(encoding="utf-8"))["overlap"] == 0.5
    count = len({row["journey_id"] for pair in overlapping(world) for row in pair})
    assert summary[0].overlap_count == count
    line = f"{count:,} of {summary[0].journey_count:,} journeys overlap another of the same person"
    assert str(summary[0]).splitlines()[2] == line


def test_every_need_of_an_extreme_world_finds_a_topic(tmp_path: Path) -> None:
    simulate(tmp_path, customers=40, days=365, seed=9, overlap=1.0)
    assert max(map(len, needs(tmp_path).values())) > 10
    assert all(old["topic"] != new["topic"] for old, new in overlapping(tmp_path))


def lived(name: str, *times: int, order_at: int | None = None) -> Journey:
    need = Need(name, "tents", times[0], "direct", "mobile")
    if order_at is not None:
        need.order = Order(at=order_at, order_id="1", topic="tents", lines=[], is_in_store=False, cents=1)
    return Journey(need, [(when, "awareness") for when in times], [])


@pytest.mark.parametrize(
    ("when", "owner"),
    [(5, None), (12, "a"), (25, "b"), (35, "a"), (45, "b"), (60, "b"), (95, None)],
    ids=[
        "before any",
        "the only one",
        "touched last",
        "the earlier, touched last",
        "wanted",
        "after-sales",
        "after all",
    ],
)
def test_a_mail_for_nobodys_need_falls_into_the_wanted_need_touched_last(when: int, owner: str | None) -> None:
    found = owner_of_passive([lived("a", 10, 30, 40, 70, order_at=40), lived("b", 20, 50, 90)], when)
    assert (found.journey_id if found else None) == owner


def test_a_visit_waits_for_those_of_other_needs() -> None:
    diary, need = Diary(), Need("a", "tents", 0, "direct", "mobile", over_at=5 * DAY)
    device = Device("mobile", "", "")
    for begins_at in (DAY, DAY + 2 * HOUR):
        touch = Touch(begins_at + 10 * MINUTE, "home", "awareness")
        need.visits.append(Visit(begins_at, device, "direct", touches=[touch]))
    assert diary.free_at(DAY) == DAY
    diary.note(need)
    assert diary.over_at == 5 * DAY
    assert diary.free_at(DAY - 3 * HOUR) == DAY - 3 * HOUR
    assert diary.free_at(DAY) == diary.free_at(DAY - HOUR) == DAY + 2 * HOUR + 55 * MINUTE
    assert diary.free_at(DAY + 4 * HOUR) == DAY + 4 * HOUR


@pytest.mark.parametrize("share", [-0.1, 1.5, float("nan")])
def test_only_a_share_is_an_overlap(tmp_path: Path, share: float) -> None:
    with pytest.raises(ConfigurationError, match="a share from 0 to 1"):
        simulate(tmp_path / "world", customers=1, days=1, seed=1, overlap=share)
    arguments = [str(JOURNEY), "simulate", str(tmp_path / "world"), "--overlap", str(share)]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "--overlap" in done.stderr
    assert not (tmp_path / "world").exists()


def test_the_pipeline_runs_on_an_overlapping_world(tmp_path: Path) -> None:
    for arguments in (
        ("simulate", "world", "--customers", "150", "--days", "120", "--overlap", "0.5"),
        ("run", "--config", "world/journey.toml"),
        ("evaluate", "--config", "world/journey.toml", "--truth", "world/truth"),
    ):
        done = subprocess.run([JOURNEY, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
