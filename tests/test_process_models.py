"""Discovered models by kind: what they allow, which are refused, what is written, and `journey model`."""

import json
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any, cast

import polars as pl
import pytest
from mart_world import make_marts, mart_world

from journey_analytics.config import Config
from journey_analytics.errors import ConfigurationError, DataError
from journey_analytics.mining import answers, discovery, miners, variant_log
from journey_analytics.mining import model as model_module
from journey_analytics.mining.answers import model_answer
from journey_analytics.mining.discovery import KINDS, discover_model
from journey_analytics.mining.guard import Limits, free_activities, is_completable, refusal
from journey_analytics.mining.miners import follows, petri_net
from journey_analytics.mining.model import process_model_table
from journey_analytics.mining.model_file import bpmn_text, dfg_text, model_text, ptml_text
from journey_analytics.mining.nets import net_of, read_net
from journey_analytics.mining.petri import NetBuilder, in_canonical_order, labels
from journey_analytics.mining.pm4py_library import net_from_pm4py
from journey_analytics.mining.text import model_lines
from journey_analytics.mining.tree import parse_tree
from journey_analytics.mining.variant_log import Link, selected_links, selected_log, whole_log
from journey_analytics.paths.selection import EVERYTHING, parse_selection
from journey_analytics.report.discovered_model import discovered_model
from journey_analytics.warehouse import Warehouse, open_memory

pytestmark = pytest.mark.filterwarnings("ignore")
sys._pm4py_welcome_shown = True
pm4py: Any = pytest.importorskip("pm4py")

SHOP = [
    (("home", "product", "cart", "order"), 60),
    (("home", "product"), 40),
    (("product", "cart", "order"), 25),
    (("home", "help", "product", "cart"), 10),
    (("home", "product", "home", "product", "cart", "order"), 7),
]


def noise(seed: int = 4) -> list[tuple[tuple[str, ...], int]]:
    """Journeys without any order: every activity as often after every other."""
    random = Random(seed)
    return [(tuple(random.choice("abcdef") for _ in range(6)), 1) for _ in range(20)]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_describes_a_regular_shop(kind: str) -> None:
    found = discover_model(SHOP, kind=kind)
    assert found.kind == kind
    assert found.refusal is None
    assert found.fitness > 0.85
    assert found.precision > 0.6
    assert 0 < found.simplicity <= 1
    assert labels(found.net) <= {"home", "product", "cart", "order", "help"}
    assert is_completable(found.net)


@pytest.mark.parametrize("kind", KINDS)
def test_the_order_of_the_variants_makes_no_difference(kind: str) -> None:
    assert discover_model(SHOP, kind=kind) == discover_model(SHOP[::-1], kind=kind)


def test_every_kind_is_the_same_in_every_process() -> None:
    code = f"from journey_analytics.mining.discovery import *\nprint([discover_model({SHOP}, kind=k) for k in KINDS])"
    runs = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, check=True, capture_output=True, text=True
        ).stdout
        for seed in ("1", "7")
    }
    assert len(runs) == 1


@pytest.mark.parametrize("kind", ["inductive"])
def test_journeys_without_an_order_get_no_model_that_is_shown(kind: str) -> None:
    found = discover_model(noise(), kind=kind, max_variants=20)
    assert found.refusal is not None
    assert found.refusal.reason


def test_the_heuristics_net_is_that_of_the_log_itself() -> None:
    frame = pl.DataFrame(
        [
            (f"{number}-{copy}", activity, place)
            for number, (steps, count) in enumerate(SHOP)
            for copy in range(count)
            for place, activity in enumerate(steps)
        ],
        schema=["case:concept:name", "concept:name", "place"],
        orient="row",
    )
    at = pl.datetime(2026, 1, 1) + pl.duration(seconds=pl.col("place"))
    log = frame.with_columns(at.alias("time:timestamp")).to_pandas()
    theirs = pm4py.convert_to_petri_net(pm4py.discover_heuristics_net(log, dependency_threshold=0.5))
    ours = next(miners.heuristics(SHOP, thresholds=[0.5])).net
    assert language(ours) == language(theirs)


def test_the_counts_that_miners_get_are_those_of_the_journeys() -> None:
    found = follows([(("a", "b", "a"), 2), (("a",), 3)])
    assert found.pairs == {("a", "b"): 2, ("b", "a"): 2}
    assert found.second == {("a", "a"): 2}
    assert found.triples == {("a", "b", "a"): 2}
    assert (found.starts, found.ends, found.occurrences) == ({"a": 5}, {"a": 5}, {"a": 7, "b": 2})


def language(net: Any, *, longest: int = 5) -> set[tuple[str, ...]]:
    """Every trace of at most so many activities."""
    from pm4py.objects.petri_net import semantics

    seen, found, queue = set(), set(), [(net[1], ())]
    while queue:
        marking, trace = queue.pop()
        if (key := (frozenset(marking.items()), trace)) in seen or len(trace) > longest:
            continue
        seen.add(key)
        if marking == net[2]:
            found.add(trace)
        for transition in semantics.enabled_transitions(net[0], marking):
            step = () if transition.label is None else (transition.label,)
            queue.append((semantics.execute(transition, net[0], marking), trace + step))
    return found


@pytest.mark.parametrize(
    ("text", "free"),
    [
        ("*( tau, X( 'a', 'b', 'c' ) )", {"a", "b", "c"}),
        ("*( ->( X( tau, 'a' ), X( tau, 'b' ), X( tau, 'c' ) ), tau )", {"a", "b", "c"}),
        ("->( 'start', *( tau, X( 'a', 'b', 'c', 'd' ) ) )", {"a", "b", "c", "d"}),
        ("+( 'a', 'b', 'c' )", set()),
        ("*( ->( 'a', 'b', 'c' ), tau )", set()),
        ("*( X( 'a', 'b' ), tau )", set()),
        ("->( 'a', X( tau, 'b' ), *( 'c', tau ) )", set()),
    ],
)
def test_activities_in_any_order_any_number_of_times_are_found_in_any_net(text: str, free: set[str]) -> None:
    assert free_activities(net_of(parse_tree(text))) == free


@pytest.mark.parametrize(
    ("text", "fitness", "precision", "words"),
    [
        (
            "*( ->( X( tau, 'a' ), X( tau, 'b' ), X( tau, 'c' ) ), tau )",
            1.0,
            0.9,
            "it is a flower: 3 of its 3 activities",
        ),
        ("->( 'a', 'b' )", 0.9, 0.49, "its precision is 0.49"),
        ("->( 'a', 'b' )", 0.49, 0.9, "its fitness is 0.49"),
        ("->( 'a', 'b' )", 0.5, 0.5, None),
    ],
)
def test_a_model_is_refused_for_a_reason(text: str, fitness: float, precision: float, words: str | None) -> None:
    net = net_of(parse_tree(text))
    found = refusal(tree=None, net=net, fitness=fitness, precision=precision, limits=Limits())
    assert (found is None) if words is None else (found is not None and words in found.reason)


def test_a_model_that_nobody_can_walk_to_its_end_is_refused() -> None:
    builder = NetBuilder()
    start, trap, _ = builder.place(initial=1), builder.place(), builder.place(final=1)
    builder.transition("a", sources=[start], targets=[trap])
    found = refusal(tree=None, net=builder.net, fitness=1.0, precision=1.0)
    assert found is not None
    assert "dead end" in found.reason


def test_unknown_kinds_are_named() -> None:
    with pytest.raises(ValueError, match="did you mean 'heuristics'"):
        discover_model(SHOP, kind="heuristic")


@pytest.mark.parametrize("kind", ["inductive", "split", "powl"])
def test_pm4py_reads_the_language_of_the_model_from_its_bpmn(kind: str, tmp_path: Path) -> None:
    found = discover_model(SHOP, kind=kind)
    (tmp_path / "model.bpmn").write_text(bpmn_text(found) or "", encoding="utf-8")
    (tmp_path / "model.pnml").write_text(model_text(found, tmp_path / "model.pnml"), encoding="utf-8")
    drawn = language(pm4py.convert_to_petri_net(pm4py.read_bpmn(str(tmp_path / "model.bpmn"))))
    assert drawn == language(pm4py.read_pnml(str(tmp_path / "model.pnml")))
    assert any(drawn)
    assert read_net(tmp_path / "model.pnml") == found.net


@pytest.mark.parametrize(
    "text", ["->( 'a', X( tau, 'b' ), +( 'c', 'd' ) )", "*( 'a', 'b' )", "*( 'a', 'b', 'c' )", "tau"]
)
def test_pm4py_reads_the_language_of_the_tree_from_its_ptml(text: str, tmp_path: Path) -> None:
    (tmp_path / "model.ptml").write_text(ptml_text(parse_tree(text)), encoding="utf-8")
    read = pm4py.convert_to_petri_net(pm4py.read_ptml(str(tmp_path / "model.ptml")))
    assert language(read) == language(petri_net(parse_tree(text)))


@pytest.fixture(scope="module")
def world() -> Warehouse:
    warehouse = mart_world(journeys=150)
    make_marts(warehouse)
    return warehouse


def test_the_dfg_file_holds_the_counts_of_the_mart(world: Warehouse, tmp_path: Path) -> None:
    (tmp_path / "all.dfg").write_text(dfg_text(selected_links(world, level="activity")), encoding="utf-8")
    pairs, starts, ends = pm4py.read_dfg(str(tmp_path / "all.dfg"))
    passive = "select journey_id from core.journey where is_passive"
    counted = world.rows(f"""
        select activity, next_activity, count(*) from core.touchpoint
        where next_activity is not null and journey_id not in ({passive}) group by all
    """)
    assert dict(pairs) == {(activity, following): count for activity, following, count in counted}
    journeys = world.value("select count(*) from core.journey where not is_passive")
    assert sum(starts.values()) == sum(ends.values()) == journeys


def test_a_name_with_a_line_end_is_no_dfg_file() -> None:
    with pytest.raises(ConfigurationError, match="line end"):
        dfg_text([Link("a\nb", "OPEN", 1)])


def test_the_variants_of_a_selection_are_those_of_its_journeys(world: Warehouse) -> None:
    for level in ("stage", "activity"):
        chosen, whole = selected_log(world, level=level, top=30), whole_log(world, level=level, top=30)
        assert (chosen.variants, chosen.journey_count) == (whole.variants, whole.journey_count)
        parts = [
            selected_log(world, level=level, top=9**9, selection=parse_selection([f"status={status}"], where="--where"))
            for status in ("converted", "dropped", "open")
        ]
        together = sum((Counter(dict(part.variants)) for part in parts), Counter[tuple[str, ...]]())
        assert together == Counter(dict(selected_log(world, level=level, top=9**9, selection=EVERYTHING).variants))
        assert sum(part.journey_count for part in parts) == whole.journey_count
        assert parts[2].open_count == parts[2].journey_count > 0


def test_the_table_has_what_is_read_every_day_and_shows_no_refused_one(world: Warehouse) -> None:
    process_model_table(world)
    found = world.frame("select * from mart.process_model")
    assert sorted(found.select("level", "kind").rows()) == [
        ("activity", "dfg"), ("activity", "inductive"), ("stage", "dfg"), ("stage", "inductive"), ("stage", "powl"),
    ]  # fmt: skip
    assert found.select("segment", "segment_value").unique().rows() == [("all", "all")]
    active = world.value("select count(*) from core.journey_at_cutoff where not is_passive")
    assert found["journey_count"].unique().to_list() == [active]
    assert found.filter(pl.col("is_shown"))["pnml_xml"].null_count() == 0
    refused = found.filter(~pl.col("is_shown"))
    texts = [*refused["tree_text"], *refused["bpmn_xml"], *refused["pnml_xml"]]
    assert texts == [None] * len(texts)
    assert refused["note"].null_count() == 0
    told = world.frame("select column_name from config.mart_column where table_name = 'process_model'")
    assert set(told["column_name"]) == set(found.columns)


def test_of_a_refused_model_there_is_no_text_but_a_reason(world: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_module, "limits_of", lambda _: Limits(precision=1.01))
    process_model_table(world)
    found = world.frame("select * from mart.process_model")
    assert not found["is_shown"].any()
    assert all(found[text].null_count() == found.height for text in ("tree_text", "bpmn_xml", "pnml_xml"))
    assert found["note"].null_count() == 0
    assert found["precision"].null_count() == 0


def test_the_report_names_every_kind_and_how_to_get_the_others(world: Warehouse) -> None:
    process_model_table(world)
    body = discovered_model({"mart.process_model": world.frame("select * from mart.process_model")}).body
    for words in ("Process tree", "Partial orders (POWL)", "Directly-follows graph", "--where device=mobile"):
        assert words in str(body)


def test_each_net_is_judged_once(monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[Any] = []
    measure = discovery.measures.precision
    monkeypatch.setattr(discovery.measures, "precision", lambda used, net: judged.append(net) or measure(used, net))
    for kind in KINDS:
        judged.clear()
        discover_model(SHOP[:3], kind=kind)
        nets = [in_canonical_order(net_from_pm4py(*net)) for net in judged]
        assert all(net not in nets[:place] for place, net in enumerate(nets))
    assert len(judged) == 1


def test_a_long_variant_is_left_out_and_not_counted_as_covered() -> None:
    """`top` × 150 replayed steps: sixty steps take 1,830, so four variants have no room for one."""
    usual = [(("a", "b", name), 9) for name in "cde"]
    with open_memory() as warehouse:
        for table, column in (("mart.variant", "activities"), ("mart.stage_variant", "stages")):
            rows = [*usual, (("a", "b") * 30, 5)]
            data = {column: [list(steps) for steps, _ in rows], "journey_count": [n for _, n in rows]}
            warehouse.create_from(table, pl.DataFrame(data).with_columns(passive_count=0))
        log, wide = (whole_log(warehouse, level="activity", top=top) for top in (4, 30))
    assert log.variants == tuple(usual)
    assert (log.covered_count, log.journey_count) == (27, 32)
    assert len(wide.variants) == 4


def test_the_only_variant_is_used_however_long() -> None:
    assert variant_log._counted([(["a", "b"] * 500, 1)], top=1) == ((("a", "b") * 500, 1),)


def test_a_flower_is_found_in_a_net_of_a_thousand_markings_that_silence_joins() -> None:
    """To walk on from each of them takes a quarter of a minute; handed back from one to the other, none."""
    parts = ", ".join(f"X( tau, '{name}' )" for name in "abcdefghij")
    began = time.process_time()
    assert free_activities(net_of(parse_tree(f"*( +( {parts} ), tau )"))) == set("abcdefghij")
    assert time.process_time() - began < 5


@pytest.fixture
def asked(world: Warehouse, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`model_answer` of the world in memory, which stays open."""
    monkeypatch.setattr(answers, "open_published", lambda _: _Open(world))
    config = cast("Config", SimpleNamespace(published=Path("published.duckdb")))

    def ask(**options: Any) -> dict[str, Any]:
        usual = {"level": "stage", "kind": "inductive", "where": (), "top": 30, "out": None}
        return model_answer(config, **(usual | options))

    return ask


class _Open:
    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    def __enter__(self) -> Warehouse:
        return self._warehouse

    def __exit__(self, *exc: object) -> None:
        pass


def test_the_command_tells_whose_journeys_and_how_well(asked: Any) -> None:
    answer = asked(where=("status=dropped",))
    text = model_lines(answer)
    assert f"{answer['journey_count']:,} journeys, 0 of them still open" in text
    assert f"{answer['covered_journey_count']:,} of {answer['journey_count']:,} journeys" in text
    for measure in ("fitness", "precision", "simplicity"):
        assert f"{measure} {answer[measure]:.2f}" in text
    assert json.loads(json.dumps(answer)) == answer


def test_a_refused_model_is_measured_not_shown_and_not_written(
    asked: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "limits_of", lambda _: Limits(precision=1.01))
    answer = asked(kind="powl")
    assert (answer["is_shown"], answer["model"]) == (False, None)
    assert "`journey map` and `journey variants`" in model_lines(answer)
    with pytest.raises(DataError, match=r"model.bpmn is not written: not shown: "):
        asked(kind="powl", out=tmp_path / "model.bpmn")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "splitt"}, "did you mean 'split'"),
        ({"level": "stages"}, "did you mean 'stage'"),
        ({"out": Path("model.svg")}, "expected a name that ends in .bpmn, .pnml, .ptml, .ptree, .dfg"),
        ({"where": ("devise=mobile",)}, "did you mean 'device'"),
        ({"kind": "heuristics", "out": Path("model.bpmn")}, "not of that form; write a .pnml file|is not written"),
        ({"out": Path("/nowhere/model.dfg")}, "cannot be written"),
    ],
)
def test_a_wrong_call_is_one_clear_error(asked: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises((ConfigurationError, DataError), match=message):
        asked(**options)


def test_without_pm4py_the_extra_is_named(asked: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("journey_analytics.mining.pm4py_library.find_spec", lambda name: None)
    with pytest.raises(ConfigurationError, match=r"journey-analytics\[mining\]"):
        asked()
