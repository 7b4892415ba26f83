"""The simulator: the same bytes for the same seed, and a truth that fits the files and the definitions."""

import gzip
import json
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from simulated_world import event_ids, file_bytes, records, table, truth

from journey_analytics.config import read_config
from journey_analytics.simulate import Summary, simulate
from journey_analytics.simulate.sample import write_sample

STAGES = ("awareness", "consideration", "decision", "post_purchase")
SAMPLE = Path(__file__).parents[1] / "data" / "sample"


@pytest.fixture(scope="session")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    world = tmp_path_factory.mktemp("clean")
    simulate(world, customers=250, days=365, seed=3)
    return world


@pytest.fixture(scope="session")
def dirty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    world = tmp_path_factory.mktemp("dirty")
    simulate(world, customers=250, days=365, seed=3, dirty=True)
    return world


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_same_seed_same_bytes_other_seed_other_bytes(tmp_path: Path) -> None:
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        simulate(tmp_path / name, customers=20, days=120, seed=seed, dirty=True)
    assert file_bytes(tmp_path / "a") == file_bytes(tmp_path / "b")
    assert file_bytes(tmp_path / "a") != file_bytes(tmp_path / "c")


@pytest.mark.parametrize("dirty_world", [False, True])
def test_more_customers_change_nobody_else(tmp_path: Path, dirty_world: bool) -> None:
    simulate(tmp_path / "few", customers=15, days=200, seed=5, dirty=dirty_world)
    simulate(tmp_path / "many", customers=40, days=200, seed=5, dirty=dirty_world)
    few, many = file_bytes(tmp_path / "few"), file_bytes(tmp_path / "many")
    for name, content in few.items():
        if name.endswith(("journey.toml", "world.json", "hazard.csv")):
            continue
        lines = Counter(line.strip(b"[],\n") for line in content.splitlines())
        assert not lines - Counter(line.strip(b"[],\n") for line in many[name].splitlines()), name


def test_every_true_event_is_landed_exactly_once_and_the_other_way_round(clean: Path) -> None:
    true = [(row["source"], row["source_event_id"]) for row in truth(clean, "event")]
    assert Counter(true) == Counter(event_ids(clean))
    assert max(Counter(true).values()) == 1


def test_dirt_loses_no_event_and_the_truth_differs_only_by_bots(clean: Path, dirty: Path) -> None:
    true = truth(dirty, "event")
    assert {(row["source"], row["source_event_id"]) for row in true} <= set(event_ids(dirty))
    assert [row for row in true if row["is_bot"] == "false"] == truth(clean, "event")
    bots = [row for row in true if row["is_bot"] == "true"]
    assert bots
    assert {(row["journey_id"], row["stage"]) for row in bots} == {("", "")}
    for name in ("journey", "stage_visit", "customer", "hazard"):
        assert truth(dirty, name) == truth(clean, name)


def test_surplus_events_of_a_dirty_world_are_malformed_or_repeated(dirty: Path) -> None:
    true = {(row["source"], row["source_event_id"]) for row in truth(dirty, "event")}
    surplus = {event for event in event_ids(dirty) if event not in true}
    faulty = ("bad-", "comment-bad-", "history-", "90", "twice", "cancel-90")
    assert all(event_id.startswith(faulty) or source == "support" for source, event_id in surplus)


def test_stage_visits_follow_from_the_events(clean: Path) -> None:
    touches = defaultdict(list)
    for row in truth(clean, "event"):
        if row["stage"]:
            touches[row["journey_id"]].append((at(row["occurred_at"]), row["stage"], row["source_event_id"]))
    visits = {(row["journey_id"], row["stage"]): row for row in truth(clean, "stage_visit")}
    end = at("2026-01-01T00:00:00Z")
    for journey_id, rows in touches.items():
        for stage in STAGES[:2]:
            entered = min((when for when, touched, _ in rows if touched == stage), default=None)
            assert (entered is None) == ((journey_id, stage) not in visits)
            if entered is None:
                continue
            visit = visits[journey_id, stage]
            higher = STAGES[STAGES.index(stage) + 1 :]
            advanced = min((when for when, touched, _ in rows if touched in higher and when > entered), default=None)
            assert at(visit["entered_at"]) == entered
            followed = at(visit["advanced_at"]) if visit["advanced_at"] else None
            assert followed == advanced or (advanced is None and followed is not None and followed >= end)


def test_purchases_are_where_decision_advances_and_post_purchase_begins(clean: Path) -> None:
    events = truth(clean, "event")
    orders = {str(row["id"]) for row in records(clean, "store")}
    bought = {row["journey_id"]: row for row in events if row["source"] == "store" and row["source_event_id"] in orders}
    visits = {(row["journey_id"], row["stage"]): row for row in truth(clean, "stage_visit")}
    assert {journey_id for journey_id, stage in visits if stage == "post_purchase"} == set(bought)
    for journey_id, order in bought.items():
        assert order["stage"] == "decision"
        assert visits[journey_id, "post_purchase"]["entered_at"] == order["occurred_at"]
        assert visits[journey_id, "decision"]["advanced_at"] == order["occurred_at"]


def test_post_purchase_advances_at_the_customers_next_purchase(clean: Path) -> None:
    purchases = defaultdict(list)
    rows = [row for row in truth(clean, "stage_visit") if row["stage"] == "post_purchase"]
    for row in rows:
        purchases[row["customer_id"]].append(row["entered_at"])
    for row in rows:
        later = [when for when in purchases[row["customer_id"]] if when > row["entered_at"]]
        assert not later or row["advanced_at"] == min(later)
    assert any(row["advanced_at"] > "2026-01-01" for row in rows), "lives are followed beyond the export's end"


def test_a_journey_is_never_silent_for_its_inactivity_limit(clean: Path) -> None:
    bought = {
        row["journey_id"]: at(row["entered_at"]) for row in truth(clean, "stage_visit") if row["stage"] == STAGES[3]
    }
    times = defaultdict(list)
    for row in truth(clean, "event"):
        when = at(row["occurred_at"])
        if row["stage"] and when <= bought.get(row["journey_id"], when):
            times[row["journey_id"]].append(when)
    gaps = [later - earlier for found in map(sorted, times.values()) for earlier, later in pairwise(found)]
    assert max(gaps) < timedelta(days=30)


def test_a_new_need_after_a_dropped_one_begins_after_the_limit(clean: Path) -> None:
    lives = defaultdict(list)
    for row in truth(clean, "journey"):
        lives[row["customer_id"]].append(row)
    pairs = [pair for found in lives.values() for pair in pairwise(found)]
    gaps = [at(new["started_at"]) - at(old["ended_at"]) for old, new in pairs if old["outcome"] == "dropped"]
    assert sum(gap > timedelta(days=32) for gap in gaps) >= 0.97 * len(gaps)


def test_recent_entrants_make_the_naive_share_wrong_by_more_than_five_points(clean: Path) -> None:
    end, window = at("2026-01-01T00:00:00Z"), timedelta(days=30)
    visits = [row for row in truth(clean, "stage_visit") if row["stage"] != STAGES[3]]
    recent = [row for row in visits if at(row["entered_at"]) > end - window]
    waits = [(at(row["entered_at"]), at(row["advanced_at"])) for row in recent if row["advanced_at"]]
    unseen = sum(advanced > end for entered, advanced in waits if advanced - entered <= window)
    assert unseen / len(recent) > 0.05


def test_the_barrier_shows_on_mobile(clean: Path) -> None:
    device = {row["journey_id"]: row["device"] for row in truth(clean, "journey")}
    rows = [row for row in truth(clean, "stage_visit") if row["stage"] == "decision"]
    share = {}
    for kind in ("mobile", "desktop"):
        found = [row["advanced_at"] != "" for row in rows if device[row["journey_id"]] == kind]
        share[kind] = sum(found) / len(found)
    assert share["mobile"] < share["desktop"] - 0.1
    assert any(row.get("event") == "Checkout Error Shown" for row in records(clean, "web"))


def test_the_change_is_in_the_hazards(clean: Path) -> None:
    rows = truth(clean, "hazard")
    found = {
        (row["persona"], row["period"]): float(row["advance_probability"])
        for row in rows
        if row["stage"] == "consideration" and row["channel"] == "paid_search"
    }
    for persona in ("explorer", "loyalist", "bargain_hunter"):
        assert found[persona, "before"] - found[persona, "after"] == pytest.approx(0.12)


def test_purchases_carry_an_address_and_online_ones_are_on_the_website_too(clean: Path) -> None:
    online = {row["properties"]["order_id"] for row in records(clean, "web") if row.get("event") == "Order Completed"}
    orders = list(records(clean, "store"))
    assert all(row["email"] for row in orders)
    assert {str(row["id"]) for row in orders if row["source_name"] == "web"} == online
    assert any(row["source_name"] == "pos" for row in orders)


def test_a_dirty_world_has_all_of_the_dirt(dirty: Path) -> None:
    dirt = json.loads((dirty / "truth" / "world.json").read_text(encoding="utf-8"))["dirt"]
    expected = {
        "bot_event", "business_phone", "late", "malformed", "order_updated", "placeholder_id", "redelivered",
        "redelivered_with_other_received_at", "skewed", "timestamp_in_milliseconds",
    }  # fmt: skip
    assert expected <= dirt.keys()
    assert sum(kind.startswith("malformed_") for kind in dirt) >= 12
    phones = Counter(row.get("phone") for row in records(dirty, "store"))
    assert phones["+4930555000"] > 5


def test_ratings_and_staff_are_in_the_help_desk(clean: Path) -> None:
    ratings = {
        row["value"] for row in table(clean, "ticket_field_history") if row["field_name"] == "satisfaction_score"
    }
    assert ratings == {"offered", "good", "bad"}
    assert {row["role"] for row in table(clean, "user")} == {"agent", "end-user"}


def test_gzip_holds_the_same_and_the_configuration_finds_the_files(tmp_path: Path) -> None:
    simulate(tmp_path / "plain", customers=60, days=90, seed=2)
    simulate(tmp_path / "packed", customers=60, days=90, seed=2, gzip=True)
    plain = {name: content for name, content in file_bytes(tmp_path / "plain").items() if name.startswith("landing")}
    packed = file_bytes(tmp_path / "packed")
    assert {name: gzip.decompress(packed[f"{name}.gz"]) for name in plain} == plain
    for name in ("plain", "packed"):
        config = read_config(tmp_path / name / "journey.toml")
        assert [source.name for source in config.sources] == ["web", "email", "store", "support"]
        for source in config.sources:
            assert all(list(Path("/").glob(pattern[1:])) for found in source.paths.values() for pattern in found)


def test_progress_and_summary(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    summary = simulate(tmp_path, customers=3, days=60, seed=1, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (3, 3)
    assert isinstance(summary, Summary)
    assert summary.touchpoint_count == len(truth(tmp_path, "event"))
    assert summary.row_count >= summary.touchpoint_count
    assert str(
        Summary(1, 2, 3000, 10, 4, 3, 2, 1, {"bot_event": 5, "malformed": 6, "malformed_truncated": 6})
    ).splitlines() == [
        "1 customers, 2 journeys, 3,000 touchpoints",
        "10 rows: 4 web, 3 email, 2 store, 1 support",
        "dirt: 5 bot event, 6 malformed",
    ]
    assert len(str(summary).splitlines()) == 2


def test_one_day_of_one_customer_is_a_world(tmp_path: Path) -> None:
    assert simulate(tmp_path, customers=1, days=1, seed=1, dirty=True).customer_count == 1


def test_the_sample_in_the_repository_is_what_the_simulator_writes(tmp_path: Path) -> None:
    write_sample(tmp_path)
    assert file_bytes(tmp_path) == file_bytes(SAMPLE)


def test_the_sample_is_small_and_has_enough_of_everything() -> None:
    assert sum(map(len, file_bytes(SAMPLE).values())) < 5_000_000
    entries = Counter(row["stage"] for row in truth(SAMPLE, "stage_visit"))
    assert all(entries[stage] >= 30 for stage in STAGES)
    assert len(truth(SAMPLE, "journey")) >= 300
