"""Event logs of other tools: one case is one journey, no event is lost, and the public logs' counts come out."""

import csv
import gzip
import json
import os
import re
import sys
from collections import Counter
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from exchange_world import Event, built, imported, paths, public_log, write_xes

from journey_analytics import build
from journey_analytics.cli import main
from journey_analytics.config import Config, read_config
from journey_analytics.errors import ConfigurationError, DataError
from journey_analytics.exchange.importing import gap_days, import_log
from journey_analytics.rule_tables import check_rule_tables
from journey_analytics.warehouse import open_published, open_warehouse

ROOT = Path(__file__).resolve().parents[1]
PUBLIC = Path(os.environ.get("JOURNEY_REFERENCE_DATA", ROOT.parent / "shared" / "data")) / "event_logs"
KNOWN = {
    # journeys, touchpoints, activities, directly-follows pairs, variants, journeys of the most frequent one
    "sepsis": (1_050, 15_214, 16, 115, 846, 35),
    "traffic_fines": (10_000, 34_724, 11, 40, 44, 3_428),
    "hospital_billing": (10_000, 49_951, 16, 87, 288, 3_617),
}
MORNING = "2026-01-05T10:00:00.000+01:00"
NOON = "2026-01-05T12:00:00.000+01:00"
LONG_AFTER = "2026-03-01T12:00:00.000+01:00"
TRACES: list[tuple[str, list[Event]]] = [
    ("NA", [("b", MORNING), ("a", MORNING), ("B", MORNING), ("a", LONG_AFTER)]),
    ("na", [("a", NOON)]),
    ("null", [("OPEN", NOON, "Complete"), ("a|b", NOON), ("*", NOON), ("NA", NOON)]),
    ("x", [("a", MORNING, "start"), ("a", NOON, "complete"), ("a", NOON, "schedule")]),
    ("  spaces  ", [("a", NOON)]),
]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return write_xes(tmp_path / "log.xes", TRACES)


def test_one_case_is_one_journey_and_ties_keep_the_order_of_the_log(log: Path, tmp_path: Path) -> None:
    made, config = imported(log, tmp_path / "w")
    _, variants = paths(config)
    assert variants == {
        ("b", "a", "B", "a"): 1,
        ("OPEN (activity)", "a|b", "*", "NA"): 1,
        ("a",): 3,
    }
    assert (made.log.case_count, made.log.touchpoint_count, made.log.event_count) == (5, 11, 13)
    assert made.left_out == [
        "events of other lifecycle transitions than complete are no touchpoints: schedule 1, start 1 (--lifecycle all)"
    ]
    with open_published(config.published) as published:
        assert published.value("select count(distinct customer_id) from core.touchpoint") == 5
        assert published.value("select min(occurred_at)::varchar from core.touchpoint") == "2026-01-05 09:00:00"


def test_all_transitions_count_when_asked_for(log: Path, tmp_path: Path) -> None:
    made, config = imported(log, tmp_path / "w", lifecycle="all")
    assert paths(config)[1]["a", "a", "a"] == 1
    assert made.log.touchpoint_count == made.log.event_count == 13
    assert not made.left_out


def test_no_pause_of_the_log_cuts_a_journey_and_a_longer_one_would(log: Path, tmp_path: Path) -> None:
    made, config = imported(log, tmp_path / "w")
    assert made.gap_days == 56
    setting = config.root / "sql/config/setting.csv"
    setting.write_text(setting.read_text().replace("fixed_gap_days,56", "fixed_gap_days,55"))
    assert sum(paths(built(config))[1].values()) == 6


@pytest.mark.parametrize(
    ("pause", "days"),
    [
        (timedelta(), 1),
        (timedelta(hours=23), 1),
        (timedelta(days=3), 3),
        (timedelta(days=3, microseconds=1), 4),
    ],
)
def test_the_gap_is_the_longest_pause_in_whole_days(pause: timedelta, days: int) -> None:
    assert gap_days(pause) == days


def test_goals_and_stages_can_be_filled_in(tmp_path: Path) -> None:
    events: list[Event] = [("look", MORNING), ("pay", NOON), ("return", LONG_AFTER)]
    traces = [("1", events), ("2", events[:1]), ("3", [("look", LONG_AFTER)])]
    _, config = imported(write_xes(tmp_path / "log.xes", traces), tmp_path / "w")
    rules = config.root / "sql/config"
    fill_in(rules / "activity.csv", "activity", {"pay": ("kind", "purchase")})
    stages = {"look": "consideration", "pay": "decision", "return": "post_purchase"}
    fill_in(rules / "stage_rule.csv", "activity", {name: ("stage", stage) for name, stage in stages.items()})
    with open_published(built(config).published) as published:
        found = published.rows("select status, activities from core.journey_at_cutoff order by started_at, 1")
    assert found == [("converted", ["look", "pay", "return"]), ("dropped", ["look"]), ("open", ["look"])]


def fill_in(file: Path, key: str, values: dict[str, tuple[str, str]]) -> None:
    """As an analyst would, in the workspace's rules."""
    with file.open(newline="") as handle:
        rows = list(csv.DictReader(handle))
    for row in rows:
        column, value = values.get(row[key], ("", ""))
        if column:
            row[column] = value
    with file.open("w", newline="") as handle:
        writer = csv.DictWriter(handle, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def test_the_rules_of_the_workspace_are_sound_and_name_every_activity(log: Path, tmp_path: Path) -> None:
    made = import_log(log, tmp_path / "w")
    files = build.sql_files(made.config.parent / "sql")
    check_rule_tables(build.rule_frames(files))
    activities = build.read_rules(files["config/activity.csv"])["activity"].to_list()
    assert activities == ["a", "*", "B", "NA", "OPEN (activity)", "a|b", "b"]
    rules = build.read_rules(files["config/stage_rule.csv"])
    assert set(rules["stage"]) == {"unknown"}
    assert rules["activity"].to_list() == ["a", "b", "na", "open (activity)", "a*"]


def test_a_log_is_taken_in_whole_or_not_at_all(tmp_path: Path) -> None:
    text = write_xes(tmp_path / "log.xes", TRACES).read_text()
    faulty = {
        "cut.xes": text[:-20].encode(),
        "cut.xes.gz": gzip.compress(text.encode())[:-20],
        "entity.xes": b'<!DOCTYPE log [<!ENTITY a "b">]><log/>',
        "other.json": b'{"rows": []}',
        "empty.xes": b"",
        "nothing.xes": b"<log/>",
        "nobody.xes": write_xes(tmp_path / "x.xes", [(" ", [("a", NOON)])]).read_bytes(),
    }
    for name, content in faulty.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(DataError, match=name.replace(".", r"\.")) as caught:
            import_log(tmp_path / name, tmp_path / "w")
        assert caught.value.exit_code == 1
        assert not (tmp_path / "w").exists()


def test_events_that_will_be_refused_are_named_and_then_refused(tmp_path: Path) -> None:
    events: list[Event] = [("a", NOON), ("", NOON), ("b", "yesterday"), ("c", "1970-01-01T00:00:00Z"), ("d", NOON)]
    made, config = imported(write_xes(tmp_path / "log.xes", [("1", events)]), tmp_path / "w")
    assert paths(config)[1] == {("a", "d"): 1}
    assert made.left_out == [
        "3 events will be refused: 1 epoch_zero (event 4: the time '1970-01-01T00:00:00Z' is the start of 1970: a "
        "clock never set); 1 missing_required (event 2: the event has no concept:name); 1 unreadable_time (event 3: "
        "the time 'yesterday' cannot be read as one instant); after the run `journey rejected` shows them"
    ]
    with open_warehouse(config.warehouse) as warehouse:
        codes = Counter(code for (code,) in warehouse.rows("select reason_code from run.rejected_event"))
        assert codes == {"missing_required": 1, "unreadable_time": 1, "epoch_zero": 1}
        assert warehouse.rows("select read_count, accepted_count, rejected_count from run.load") == [(5, 2, 3)]


def test_the_reasons_add_up_however_many_there_are(tmp_path: Path) -> None:
    times = ["yesterday", "tomorrow", "1970-01-01T00:00:00Z", "1950-01-01T00:00:00Z", "2999-01-01T00:00:00Z", ""]
    events: list[Event] = [("a", NOON), *(("b", time) for time in times), ("", NOON)]
    made = import_log(write_xes(tmp_path / "log.xes", [("1", events)]), tmp_path / "w")
    (said,) = made.left_out
    assert said.startswith("7 events will be refused: ")
    assert sum(int(part) for part in re.findall(r"(?:: |; )(\d+) [a-z_]+ \(event \d", said)) == 7
    assert "2 unreadable_time (event 2: the time 'yesterday'" in said


def test_traces_of_one_name_are_one_journey_and_the_answer_says_so(tmp_path: Path) -> None:
    traces: list[tuple[str, list[Event]]] = [("1", [("a", MORNING)]), ("2", [("x", NOON)]), (" 1", [("b", NOON)])]
    made, config = imported(write_xes(tmp_path / "log.xes", traces), tmp_path / "w")
    assert paths(config)[1] == {("a", "b"): 1, ("x",): 1}
    said = "2 traces share the name '1': traces of one name become one case, and so one journey"
    assert list(made.notes) == [said]
    assert said in str(made).splitlines()
    with open_warehouse(config.warehouse) as warehouse:
        assert said in warehouse.value("select warning from run.load")


def test_times_without_a_zone_are_said_to_be_utc(tmp_path: Path) -> None:
    events: list[Event] = [
        ("a", "2026-01-05T10:00:00"),
        ("b", "2026-01-05 11:00:00.5"),
        ("c", NOON),
        ("d", "2026-01-05"),
    ]
    made = import_log(write_xes(tmp_path / "log.xes", [("1", events)]), tmp_path / "w")
    assert list(made.notes) == [
        "2 events have times without a zone: taken as UTC (for another zone: time_zone of the source in journey.toml)"
    ]
    assert made.log.longest_pause == timedelta(hours=1)
    one = import_log(write_xes(tmp_path / "one.xes", [("1", [events[0]])]), tmp_path / "v")
    assert one.notes[0].startswith("1 event has a time without a zone")


def test_faults_of_an_ocel_log_are_named_with_counts_and_the_rows_are_in_quarantine(tmp_path: Path) -> None:
    about = [{"objectId": "c1", "qualifier": ""}]
    event = {"id": "e1", "type": "placed", "time": NOON, "relationships": about}
    events = [
        event, {**event, "type": "paid"}, {**event, "id": "e2", "time": "soon"}, {**event, "id": "e3", "type": "lost"},
        {**event, "id": "e4", "relationships": [{"objectId": "ghost", "qualifier": ""}]},
        {**event, "id": "e5", "time": "2026-01-05T12:00:00", "relationships": []},
    ]  # fmt: skip
    made, config = imported(ocel(tmp_path, events=events), tmp_path / "w")
    assert made.left_out == [
        "objects that events are about, by type: customer 3; customer is the case: 2 events are about none and no "
        "touchpoints (--case)",
        "2 events will be refused: 1 repeated_id (event 2: the event id 'e1' is that of event 1 already); "
        "1 unreadable_time (event 3: the time 'soon' cannot be read as one instant); after the run `journey rejected` "
        "shows them",
    ]
    assert [note.partition(":")[0] for note in made.notes] == [
        "1 event of a type that eventTypes does not declare, such as 'lost' (event 4)",
        "1 reference to an object that the log does not list, such as 'ghost' (event 5)",
        "1 event has a time without a zone",
    ]
    assert paths(config)[1] == {("placed", "lost"): 1}
    with open_warehouse(config.warehouse) as warehouse:
        rows = warehouse.rows("select row_number, reason_code from run.rejected_event order by all")
        assert rows == [(2, "repeated_id"), (3, "unreadable_time")]
        assert warehouse.rows("select read_count, rejected_count, duplicate_count from run.load") == [(6, 2, 0)]
        assert "such as 'ghost'" in warehouse.value("select warning from run.load")


def test_the_answer_counts_in_singular_and_plural(log: Path, tmp_path: Path) -> None:
    one = import_log(write_xes(tmp_path / "one.xes", [("1", [("a", NOON)])]), tmp_path / "one")
    first, *_ = str(one).splitlines()
    assert first == "1 event: 1 touchpoint of 1 journey (one trace is one journey), 1 activity"
    toml = one.config.read_text()
    assert "a journey is over after 1 day of silence" in str(one)
    assert "longer than 1 day, the" in toml
    assert "1 touchpoint of the log" in (one.config.parent / "sql/config/activity.csv").read_text()
    assert "after 56 days of silence" in str(import_log(log, tmp_path / "many"))
    kinds = {"o1": "journey", "o2": "journey", "c1": "customer", "i1": "item"}
    own = import_log(ocel(tmp_path, objects=[{"id": k, "type": v} for k, v in kinds.items()]), tmp_path / "own")
    assert "4 touchpoints of 2 journeys (the log's own), 2 activities" in str(own)
    assert own.config.read_text().startswith("# The journeys are those of log.json. What you may")
    assert "journey is one journey" not in str(own) + own.config.read_text()


def test_a_log_that_has_grown_adds_what_is_new(log: Path, tmp_path: Path) -> None:
    _, config = imported(log, tmp_path / "w")
    before = paths(config)[1]
    grown = [*TRACES, ("new", [("b", NOON)]), ("na", [("c", LONG_AFTER)])]
    write_xes(config.root / "landing/log.xes", grown)
    (config.root / "landing/log.xes").rename(config.root / "landing/log2.xes")
    toml = config.file.read_text()
    config.file.write_text(toml.replace("landing/log.xes", "landing/*.xes"))
    after = paths(built(read_config(config.file)))[1]
    assert after - before == {("b",): 1, ("a", "c"): 1}
    assert before - after == {("a",): 1}


def ocel(tmp_path: Path, **changes: Any) -> Path:
    """Two orders of a customer, paid together."""
    kinds = {"o1": "order", "o2": "order", "c1": "customer", "i1": "item"}
    events = [
        ("e1", "placed", ["o1", "c1"]), ("e2", "placed", ["o2", "c1"]), ("e3", "packed", ["i1"]),
        ("e4", "paid", ["o1", "o2", "c1"]),
    ]  # fmt: skip
    log = {
        "objectTypes": [],
        "eventTypes": [{"name": name, "attributes": []} for name in ("placed", "packed", "paid")],
        "events": [
            {"id": name, "type": kind, "time": NOON, "relationships": [{"objectId": o, "qualifier": ""} for o in about]}
            for name, kind, about in events
        ],
        "objects": [{"id": name, "type": kind} for name, kind in kinds.items()],
    }
    file = tmp_path / "log.json"
    file.write_text(json.dumps({**log, **changes}))
    return file


def test_the_objects_of_one_type_are_the_cases(tmp_path: Path) -> None:
    made, config = imported(ocel(tmp_path), tmp_path / "orders", case="order")
    assert paths(config)[1] == {("placed", "paid"): 2}
    assert made.log.event_count == 4
    assert made.left_out == [
        "objects that events are about, by type: customer 3, item 1, order 4; order is the case: 1 event is about none "
        "and no touchpoint (--case)"
    ]
    assert not made.notes
    made, config = imported(ocel(tmp_path), tmp_path / "customers")
    assert made.case == "customer"
    assert paths(config)[1] == {("placed", "placed", "paid"): 1}


def test_a_case_type_that_is_none_or_not_named_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="did you mean 'order'"):
        import_log(ocel(tmp_path), tmp_path / "w", case="odrer")
    objects = [{"id": "o1", "type": "order"}, {"id": "i1", "type": "item"}]
    with pytest.raises(ConfigurationError, match="Name one with --case: item, order"):
        import_log(ocel(tmp_path, objects=objects), tmp_path / "w")
    with pytest.raises(DataError, match="nothing can be a case"):
        import_log(ocel(tmp_path, objects=[]), tmp_path / "w")
    with pytest.raises(ConfigurationError, match="traces are the cases"):
        import_log(write_xes(tmp_path / "log.xes", TRACES), tmp_path / "w", case="order")
    with pytest.raises(ConfigurationError, match="did you mean 'complete'"):
        import_log(write_xes(tmp_path / "log.xes", TRACES), tmp_path / "w", lifecycle="compleet")


def test_names_of_the_log_break_nothing_of_the_workspace(tmp_path: Path) -> None:
    """A type of object and a file name with marks that TOML, SQL and CSV have a use for."""
    odd = "or\"der\n[[x]] ' , {}"
    objects = [{"id": "o1", "type": odd}, {"id": "o2", "type": odd}]
    file = ocel(tmp_path, objects=objects).rename(tmp_path / "l\"o'g [1]*\n.json")
    made, config = imported(file, tmp_path / "w")
    assert made.case == odd
    assert paths(config)[1] == {("placed", "paid"): 2}


def test_the_command_makes_a_workspace_that_runs(
    log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def call(*arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", ["journey", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
        assert not end.value.code
        return capsys.readouterr().out

    said = call("import", str(log), "--dir", str(tmp_path / "w"))
    assert "11 touchpoints of 5 journeys (one trace is one journey), 7 activities" in said
    config = said.splitlines()[-1].removeprefix("next: journey run --config ")
    assert "13 rows" in call("run", "--config", config)
    assert (tmp_path / "w/reports/report.html").is_file()


@pytest.fixture(scope="module", params=KNOWN)
def public(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Config]:
    """A public log, converted to XES, imported and built; skipped where it is absent."""
    data = PUBLIC / f"{request.param}.parquet"
    if not data.is_file():
        pytest.skip(f"the public log {request.param} is not on this machine")
    folder = tmp_path_factory.mktemp(request.param)
    return request.param, imported(public_log(data, folder / "log.xes"), folder / "w")[1]


def test_the_known_counts_of_the_public_logs_come_out_of_the_marts(public: tuple[str, Config]) -> None:
    name, config = public
    journeys, touchpoints, activities, pairs, kinds, most = KNOWN[name]
    follows, variants = paths(config)
    assert (len(follows), len(variants)) == (pairs, kinds)
    assert sum(variants.values()) == journeys
    assert sum(follows.values()) == touchpoints - journeys
    assert max(variants.values()) == most
    with open_published(config.published) as published:
        headline = "select journey_count, touchpoint_count, activity_count, passive_journey_count from mart.headline"
        assert published.rows(headline) == [(journeys, touchpoints, activities, 0)]


def test_the_public_logs_are_mined_as_their_tables_say(public: tuple[str, Config]) -> None:
    name, config = public
    log = pl.read_parquet(PUBLIC / f"{name}.parquet").sort("case_id", "timestamp", "row_order")
    variants = Counter(map(tuple, log.group_by("case_id", maintain_order=True).agg("activity")["activity"].to_list()))
    follows = Counter[tuple[str, str]]()
    for variant, count in variants.items():
        for pair in pairwise(variant):
            follows[pair] += count
    assert paths(config) == (follows, variants)
