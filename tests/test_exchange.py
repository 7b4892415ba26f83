"""Journeys for other tools: valid by pm4py's readers, the same when they come back, and nobody's name in them."""

import gzip
import json
import re
import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import polars as pl
import pytest
from exchange_world import imported, paths, world

from journey_analytics.cli import main
from journey_analytics.config import Config
from journey_analytics.errors import ConfigurationError, DataError
from journey_analytics.exchange.export import Exported, export
from journey_analytics.exchange.ocel import OBJECT_ATTRIBUTES
from journey_analytics.exchange.star import FILES
from journey_analytics.exchange.star_columns import COLUMNS
from journey_analytics.exchange.tables import Chosen
from journey_analytics.exchange.xes import write_xes
from journey_analytics.paths.selection import EVERYTHING
from journey_analytics.warehouse import open_published, open_warehouse

Call = Callable[..., int]
pytestmark = pytest.mark.filterwarnings("ignore")
FORMATS = {"xes": "log.xes.gz", "ocel": "log.json", "parquet": "star"}
_JOURNEYS = """
select j.journey_id, j.status, j.is_left_censored, j.touchpoint_count
from core.journey_at_cutoff as j where not j.is_passive
"""


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    return world(tmp_path_factory.mktemp("world") / "w")


@pytest.fixture(scope="module")
def out(config: Config) -> Path:
    """A folder with an export in each format."""
    folder = config.root / "out"
    folder.mkdir()
    for kind, name in FORMATS.items():
        export(config, folder / name, kind=kind)
    return folder


@pytest.fixture
def call(config: Config, monkeypatch: pytest.MonkeyPatch) -> Call:
    """The command line in the folder of the world; gives the exit code."""
    monkeypatch.chdir(config.root)

    def run(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["journey", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
        return int(end.value.code or 0)

    return run


def pm4py() -> Any:
    sys._pm4py_welcome_shown = True
    return pytest.importorskip("pm4py")


def journeys(config: Config) -> dict[str, tuple[str, bool, int]]:
    with open_published(config.published) as published:
        return {name: (status, left, count) for name, status, left, count in published.rows(_JOURNEYS)}


def test_the_journeys_of_the_world_are_of_every_kind(config: Config) -> None:
    """Otherwise the tests below would show little."""
    found = journeys(config).values()
    assert {status for status, _, _ in found} == {"converted", "dropped", "open"}
    assert {left for _, left, _ in found} == {True, False}
    with open_published(config.published) as published:
        assert published.value("select count(*) from core.journey_at_cutoff where is_passive") > 0
        kinds = {kind for (kind,) in published.rows("select distinct object_type from core.touchpoint_object")}
        assert kinds == {"order", "ticket"}
        assert published.value("select count(*) from core.touchpoint_at_cutoff where campaign is not null") > 0


def test_orders_and_tickets_are_those_of_the_touchpoints(config: Config) -> None:
    with open_published(config.published) as published:
        tickets = published.rows(
            "select t.activity like 'ticket_%', count(distinct t.touchpoint_id), count(o.object_id) "
            "from core.touchpoint t left join core.touchpoint_object o on t.touchpoint_id = o.touchpoint_id "
            "and o.object_type = 'ticket' group by all order by 1"
        )
        orders = published.rows(
            "select count(distinct t.order_id), count(distinct o.object_id), bool_and(o.object_id is not null), "
            "count(*) - count(distinct t.touchpoint_id) from core.touchpoint t left join core.touchpoint_object o "
            "on t.touchpoint_id = o.touchpoint_id and o.object_type = 'order' where t.order_id is not null"
        )
    (_, others, of_others), (_, about, of_tickets) = tickets
    assert (of_others, of_tickets) == (0, about)
    assert others > about > 0
    assert orders[0][0] == orders[0][1] > 0
    assert orders[0][2:] == (True, 0)


def test_pm4py_reads_the_xes_log_with_the_paths_of_the_marts(config: Config, out: Path) -> None:
    mining = pm4py()
    frame = mining.read_xes(str(out / "log.xes.gz"))
    follows, variants = paths(config)
    assert Counter(mining.discover_dfg(frame)[0]) == follows
    assert Counter(mining.get_variants(frame)) == variants
    states = frame.groupby("case:concept:name")
    said = {
        name: (rows["case:journey:status"].iloc[0], bool(rows["case:journey:is_left_censored"].iloc[0]), len(rows))
        for name, rows in states
    }
    assert said == journeys(config)
    is_open = frame["case:journey:status"] == "open"
    assert (frame["case:journey:is_open"] == is_open).all()


def test_pm4py_reads_the_ocel_log_with_the_paths_of_the_marts(config: Config, out: Path) -> None:
    mining = pm4py()
    log = mining.read_ocel2_json(str(out / "log.json"))
    follows, variants = paths(config)
    # Its variants are of the rows as they stand, so they have to stand case by case.
    flat = mining.ocel_flattening(log, "journey").sort_values(["case:concept:name", "time:timestamp"], kind="stable")
    assert Counter(mining.discover_dfg(flat)[0]) == follows
    assert Counter(mining.get_variants(flat)) == variants
    assert set(mining.ocel_get_object_types(log)) == set(OBJECT_ATTRIBUTES)
    objects = log.objects[log.objects["ocel:type"] == "journey"].set_index("ocel:oid")
    found = {name: (row["status"], bool(row["is_left_censored"]), int(row["touchpoint_count"]))
             for name, row in objects.iterrows()}  # fmt: skip
    assert found == journeys(config)


def test_the_ocel_log_is_whole_in_itself(out: Path) -> None:
    log = json.loads((out / "log.json").read_text())
    types = {entry["id"]: entry["type"] for entry in log["objects"]}
    assert len(types) == len(log["objects"])
    assert len({entry["id"] for entry in log["events"]}) == len(log["events"])
    for entry in [*log["events"], *log["objects"]]:
        assert {relation["objectId"] for relation in entry["relationships"]} <= types.keys()
    declared = {entry["name"]: {own["name"] for own in entry["attributes"]} for entry in log["objectTypes"]}
    for entry in log["objects"]:
        assert {own["name"] for own in entry["attributes"]} <= declared[entry["type"]]
    events = {entry["name"]: {own["name"] for own in entry["attributes"]} for entry in log["eventTypes"]}
    for entry in log["events"]:
        assert {own["name"] for own in entry["attributes"]} <= events[entry["type"]]
        kinds = Counter(types[relation["objectId"]] for relation in entry["relationships"])
        assert kinds["customer"] == kinds["journey"] == kinds["session"] == 1
    assert [entry["time"] for entry in log["events"]] == sorted(entry["time"] for entry in log["events"])


@pytest.mark.parametrize("kind", ["xes", "ocel"])
def test_an_export_comes_back_with_the_same_paths(config: Config, out: Path, tmp_path: Path, kind: str) -> None:
    made, again = imported(out / FORMATS[kind], tmp_path / "again")
    assert paths(again) == paths(config)
    assert made.log.case_count == len(journeys(config))
    assert not made.log.refused
    with open_published(again.published) as theirs, open_published(config.published) as ours:
        waits = "select activity, next_activity, active_median_seconds from mart.directly_follows order by all"
        assert {row for row in theirs.rows(waits) if row[2] is not None} == {
            row for row in ours.rows(waits) if row[2] is not None
        }
        channels = "select channel, count(*) from core.touchpoint_at_cutoff semi join core.journey_at_cutoff j "
        channels += "using (journey_id) where journey_id in (select journey_id from core.journey_at_cutoff "
        channels += "where not is_passive) group by all order by all"
        assert theirs.rows(channels) == ours.rows(channels)


def test_the_star_has_the_columns_it_explains_and_its_keys_meet(config: Config, out: Path) -> None:
    folder = out / "star"
    assert {path.name for path in folder.iterdir()} == set(FILES)
    tables = {name: pl.read_parquet(folder / f"{name}.parquet") for name in COLUMNS}
    text = (folder / "README.md").read_text()
    for name, table in tables.items():
        assert table.columns == list(COLUMNS[name])
        assert table.height > 0
        assert all(f"| {column} |" in text for column in table.columns)
        key = table.columns[0]
        assert table[key].is_unique().all(), name
    fact = tables["touchpoint"]
    links = {"journey_id": "journey", "customer_id": "customer", "session_id": "session", "activity": "activity",
             "channel": "channel", "occurred_on": "date"}  # fmt: skip
    for column, table in links.items():
        assert set(fact[column]) == set(tables[table].to_series()), column
    of_journeys = tables["journey"].select("journey_id", "status", "is_left_censored", "touchpoint_count").rows()
    assert {name: rest for name, *rest in of_journeys} == {k: [*v] for k, v in journeys(config).items()}
    assert fact.height == tables["activity"]["touchpoint_count"].sum() == tables["session"]["touchpoint_count"].sum()
    assert fact.filter("is_purchase")["amount"].sum() == tables["journey"]["amount"].sum()
    waits = fact.filter(pl.col("seconds_to_next").is_null())
    assert waits.height == tables["journey"].height


@pytest.mark.parametrize("kind", FORMATS)
def test_the_same_journeys_give_the_same_bytes(config: Config, out: Path, tmp_path: Path, kind: str) -> None:
    again = tmp_path / FORMATS[kind]
    export(config, again, kind=kind)
    assert contents(again) == contents(out / FORMATS[kind])


def contents(path: Path) -> dict[str, bytes]:
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    return {file.name: file.read_bytes() for file in files}


def test_no_identity_leaves_the_house(config: Config, out: Path) -> None:
    with open_warehouse(config.warehouse) as warehouse:
        found = warehouse.rows("select distinct identity_type, identity_value from core.customer_identity")
        paths_seen = warehouse.rows("select distinct page_path from core.touchpoint where page_path is not null")
    assert {kind for kind, _ in found} >= {"email", "phone", "order_id", "zendesk_ticket_id", "anonymous_id"}
    texts = [gzip.decompress((out / "log.xes.gz").read_bytes()).decode(), (out / "log.json").read_text()]
    texts.append("\n".join(pl.read_parquet(file).write_csv() for file in sorted((out / "star").glob("*.parquet"))))
    for text in texts:
        values = set(re.findall(r"[\w@.+/-]+", text))
        assert not values & {value for kind, value in found if len(value) > 5}
        assert not values & {path for (path,) in paths_seen if path.count("/") > 1}


def test_only_the_journeys_asked_for_are_exported(config: Config, tmp_path: Path) -> None:
    done = export(config, tmp_path / "log.xes", kind="xes", where=["status=dropped|open", "customer_kind=new"])
    root = Xml.parse(tmp_path / "log.xes").getroot()  # noqa: S314 - our own file
    traces = [{own.get("key"): own.get("value") for own in trace} for trace in root if trace.tag.endswith("trace")]
    assert {trace["journey:status"] for trace in traces} == {"dropped", "open"}
    assert {trace["journey:customer_kind"] for trace in traces} == {"new"}
    with open_published(config.published) as published:
        kept = published.rows(
            "select count(*), sum(touchpoint_count) from core.journey_at_cutoff join core.journey_segment "
            "using (journey_id) where not is_passive and status <> 'converted' and customer_kind = 'new'"
        )
    assert kept == [(len(traces), done.touchpoint_count)]


@pytest.mark.parametrize("kind", FORMATS)
def test_no_journey_is_no_export_and_an_earlier_one_stays(config: Config, tmp_path: Path, kind: str) -> None:
    out = tmp_path / FORMATS[kind]
    nobody = ["started_on=1990-01-01..1990-12-31"]
    with pytest.raises(DataError, match=r"no active journey is selected by started_on=1990-01-01\.\.1990") as caught:
        export(config, out, kind=kind, where=nobody)
    assert caught.value.exit_code == 1
    assert not list(tmp_path.iterdir())
    export(config, out, kind=kind, where=["status=open"])
    before = contents(out)
    with pytest.raises(DataError, match="nothing is written"):
        export(config, out, kind=kind, where=nobody)
    assert contents(out) == before


def test_counts_are_in_singular_and_plural() -> None:
    one = Exported("xes", "x.xes", 1, "all journeys", 1)
    assert str(one).splitlines() == [
        "1 touchpoint of all journeys written to x.xes",
        "1 passive journey, in which nobody did anything, is in no export",
    ]
    more = str(Exported("xes", "x.xes", 2_000, "all journeys", 2))
    assert "2,000 touchpoints of" in more
    assert "2 passive journeys, in which nobody did anything, are in" in more


def test_nothing_after_the_cutoff_is_exported(config: Config, out: Path) -> None:
    fact = pl.read_parquet(out / "star" / "touchpoint.parquet")
    with open_published(config.published) as published:
        cutoff = published.value("select min(cutoff_at)::timestamp from run.cutoff").replace(tzinfo=UTC)
    assert fact["occurred_at"].max() <= cutoff
    assert cutoff.strftime("%Y-%m-%d %H:%M:%S") in (out / "star" / "README.md").read_text()


def test_texts_of_any_kind_survive(config: Config, tmp_path: Path) -> None:
    hostile = 'a "quoted" <b>&amp;\n\ttext\x0b ü🙂'

    class Odd(Chosen):
        def touchpoints(self) -> Any:
            return ({**row, "topic": hostile} for row in super().touchpoints())

    with open_published(config.published) as published:
        write_xes(Odd(published, EVERYTHING), tmp_path / "log.xes")
    root = Xml.parse(tmp_path / "log.xes").getroot()  # noqa: S314 - our own file
    topics = {own.get("value") for own in root.iter() if own.get("key") == "journey:topic"}
    assert topics == {hostile.replace("\x0b", "\ufffd")}


def test_a_failed_export_leaves_the_earlier_one(config: Config, tmp_path: Path) -> None:
    file = tmp_path / "log.xes"
    file.write_text("earlier")

    class Failing(Chosen):
        def touchpoints(self) -> Any:
            yield from list(super().touchpoints())[:50]
            raise DataError("half-way")

    with open_published(config.published) as published, pytest.raises((DataError, ValueError)):
        write_xes(Failing(published, EVERYTHING), file)
    assert [path.name for path in tmp_path.iterdir()] == ["log.xes"]
    assert file.read_text() == "earlier"


def test_a_star_replaces_an_earlier_one_and_nothing_else(config: Config, tmp_path: Path) -> None:
    folder = tmp_path / "star"
    for _ in range(2):
        export(config, folder, kind="parquet", where=["status=open"])
    assert [path.name for path in tmp_path.iterdir()] == ["star"]
    (folder / "mine.txt").write_text("x")
    with pytest.raises(ConfigurationError, match="no earlier export"):
        export(config, folder, kind="parquet")
    assert (folder / "mine.txt").read_text() == "x"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["export", "--format", "xls", "x"], 2, "expected one of xes, ocel, parquet; did you mean 'xes'"),
        (["export", "--format", "xes", "nowhere/x.xes"], 2, "nowhere/x.xes"),
        (["export", "--format", "xes", "x.xes", "--where", "devise=mobile"], 2, "did you mean 'device'"),
        (["export", "--format", "xes", "warehouse.duckdb"], 2, "a file of the workspace"),
        (["export", "--format", "xes", "a.json"], 2, "xes writes a file that ends in .xes, .xes.gz, not a.json"),
        (["export", "--format", "ocel", "a.xes"], 2, "ocel writes a file that ends in .json, .json.gz, .jsonocel"),
        (["export", "--format", "ocel", "a"], 2, "ends in .json"),
        (["export", "--format", "parquet", "a.xes.gz"], 2, "parquet writes a folder"),
        (
            ["export", "--format", "xes", "x.xes", "--where", "started_on=1990-01-01"],
            1,
            "no active journey is selected",
        ),
        (["import", "no.xes", "--dir", "x"], 2, "does not exist"),
        (["import", "journey.toml", "--dir", "x"], 2, "expected .xes"),
        (["import", "journey.toml", "--dir", "landing"], 2, "not an empty folder"),
    ],
)
def test_a_wrong_call_says_what_to_do(
    call: Call, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, said: str
) -> None:
    assert call(*arguments) == code
    assert said in capsys.readouterr().err
    assert not {"a.json", "a.xes", "a", "a.xes.gz", "x.xes"} & {path.name for path in Path.cwd().iterdir()}


def test_the_command_says_what_it_wrote(
    config: Config, call: Call, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert call("export", "--format", "xes", str(tmp_path / "x.xes"), "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["touchpoint_count"] == sum(count for _, _, count in journeys(config).values())
    assert found["passive_count"] > 0
