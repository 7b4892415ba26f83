"""Mining: our counts against pm4py and the public logs' known numbers, and the discovered model's own gates."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from itertools import combinations
from pathlib import Path
from random import Random
from typing import Any
from xml.etree import ElementTree as Xml

import polars as pl
import pytest
from mart_world import CURRENCY, make_cutoff, sequenced

from journey_analytics import build
from journey_analytics.mining import model as model_module
from journey_analytics.mining.bpmn import bpmn_xml
from journey_analytics.mining.discovery import discover_model, most_frequent
from journey_analytics.mining.guard import Refusal
from journey_analytics.mining.measures import fitness, precision
from journey_analytics.mining.miners import inductive_tree, petri_net
from journey_analytics.mining.model import NO_JOURNEYS, process_model_table
from journey_analytics.mining.pm4py_library import NOT_INSTALLED
from journey_analytics.mining.tree import CHOICE, LOOP, PARALLEL, SEQUENCE, Tree, is_flower, operator_tree
from journey_analytics.warehouse import Warehouse, open_memory

PUBLIC_LOGS = Path(__file__).parents[2] / "shared" / "data" / "event_logs"
KNOWN = {
    # journeys, touchpoints, activities, kinds of directly-follows pairs, variants
    "sepsis": (1050, 15214, 16, 115, 846),
    "traffic_fines": (10000, 34724, 11, 40, 44),
    "hospital_billing": (10000, 49951, 16, 87, 288),
    "simulated": (60, None, 5, None, None),
}
SHOP = [
    (("home_viewed", "product_viewed", "cart_viewed", "order_placed"), 60),
    (("home_viewed", "product_viewed"), 40),
    (("product_viewed", "cart_viewed", "order_placed"), 25),
    (("home_viewed", "help_viewed", "product_viewed", "cart_viewed"), 10),
]
pm4py_warnings = pytest.mark.filterwarnings("ignore")


@cache
def event_log(name: str) -> pl.DataFrame:
    """A log as touchpoints in journey order: journey_id, activity, occurred_at and what the marts need besides."""
    log = _simulated_log() if name == "simulated" else _public_log(name)
    fixed = {"stage": "unknown", "stage_rule": None, "stage_confidence": 0.0, "source": "web", "channel": None}
    fixed |= {"is_purchase": False, "is_passive": False, "currency": None}
    columns = {column: pl.lit(value) for column, value in fixed.items()}
    return log.with_columns(**columns, amount=pl.lit(None, pl.Decimal(18, 4)))


def _public_log(name: str) -> pl.DataFrame:
    path = PUBLIC_LOGS / f"{name}.parquet"
    if not path.is_file():
        pytest.skip(f"the public log {name} is not on this machine")
    log = pl.read_parquet(path).sort("case_id", "timestamp", "row_order")
    at = pl.col("timestamp").dt.replace_time_zone(None).cast(pl.Datetime("us"))
    return log.select(
        journey_id=pl.col("case_id").cast(pl.String), activity=pl.col("activity").cast(pl.String), occurred_at=at
    )


def _simulated_log() -> pl.DataFrame:
    random = Random(11)
    rows = []
    for number in range(60):
        at = datetime(2026, 1, 1) + timedelta(hours=number)
        for _ in range(random.randrange(1, 9)):
            rows.append((f"j{number:02}", random.choice("abcde"), at))
            at += timedelta(milliseconds=random.choice([0, 1625, 60_000, 7_200_000]))
    return pl.DataFrame(rows, schema=["journey_id", "activity", "occurred_at"], orient="row")


@pytest.fixture(params=KNOWN)
def log(request: pytest.FixtureRequest) -> str:
    """The name of a log; a public one that is absent is skipped."""
    event_log(request.param)
    return request.param


@pytest.fixture
def mined(log: str) -> Iterator[Warehouse]:
    """The SQL marts of a log."""
    with open_memory() as warehouse:
        store_log(warehouse, event_log(log))
        yield warehouse


def store_log(warehouse: Warehouse, touchpoints: pl.DataFrame) -> None:
    warehouse.create_from("core.touchpoint", sequenced(touchpoints))
    journeys = touchpoints.group_by("journey_id", maintain_order=True).agg(
        pl.col("activity").alias("activities"),
        pl.col("occurred_at").first().alias("started_at"),
        pl.col("occurred_at").last().alias("ended_at"),
    )
    made = journeys.with_columns(
        status=pl.lit("dropped"),
        stages=pl.lit([], dtype=pl.List(pl.String)),
        is_passive=pl.lit(False),
        touchpoint_count=pl.col("activities").list.len().cast(pl.Int64),
        customer_id="journey_id",
        **dict.fromkeys(("first_channel", "first_source", "cut_reason"), pl.lit(None, pl.String)),
    )
    warehouse.create_from("run.cutoff", touchpoints.select(cutoff_at=pl.col("occurred_at").max()))
    warehouse.create_from("core.journey", made)
    build.load_config(warehouse, build.sql_files())
    build.load_macros(warehouse, build.sql_files())
    make_cutoff(warehouse, (*CURRENCY, "core.journey_amount", "core.journey_at_cutoff"))
    wanted = ("mart.directly_follows", "mart.variant", "mart.stage_variant", "mart.activity")
    models = [model for model in build.read_models(build.sql_files(), "mart") if model.name in wanted]
    build.run_models(warehouse, build.ordered(models))


@cache
def pm4py_frame(name: str) -> Any:
    """The log as pm4py wants it: a pandas frame in the same order."""
    log = (
        event_log(name)
        .select("journey_id", "activity", "occurred_at")
        .rename({"journey_id": "case:concept:name", "activity": "concept:name", "occurred_at": "time:timestamp"})
    )
    return log.to_pandas()


def pm4py() -> Any:
    sys._pm4py_welcome_shown = True
    return pytest.importorskip("pm4py")


def counted(warehouse: Warehouse, sql: str) -> dict[Any, Any]:
    return {row[0] if len(row) == 2 else row[:-1]: row[-1] for row in warehouse.rows(sql)}


def test_counts_are_the_known_ones(mined: Warehouse, log: str) -> None:
    found = mined.rows("""
        select
            (select sum(journey_count) from mart.variant), (select sum(touchpoint_count) from mart.activity),
            (select count(*) from mart.activity), (select count(*) from mart.directly_follows),
            (select count(*) from mart.variant)
    """)[0]
    assert [n for n, known in zip(found, KNOWN[log], strict=True) if known is not None] == [n for n in KNOWN[log] if n]


@pytest.mark.parametrize("name", ["sepsis", "hospital_billing"])
def test_a_journey_called_na_is_a_journey(name: str) -> None:
    assert "NA" in event_log(name)["journey_id"]


@pm4py_warnings
def test_directly_follows_starts_and_ends_equal_pm4py(mined: Warehouse, log: str) -> None:
    follows, starts, ends = pm4py().discover_dfg(pm4py_frame(log))
    assert counted(mined, "select activity, next_activity, follow_count from mart.directly_follows") == dict(follows)
    assert counted(mined, "select activity, start_count from mart.activity where start_count > 0") == starts
    assert counted(mined, "select activity, end_count from mart.activity where end_count > 0") == ends


@pm4py_warnings
def test_variants_equal_pm4py(mined: Warehouse, log: str) -> None:
    theirs = pm4py().get_variants(pm4py_frame(log))
    ours = {tuple(activities): n for activities, n in mined.rows("select activities, journey_count from mart.variant")}
    assert ours == {variant: n if isinstance(n, int) else len(n) for variant, n in theirs.items()}


@pm4py_warnings
def test_median_waits_equal_pm4py(mined: Warehouse, log: str) -> None:
    theirs, _, _ = pm4py().discover_performance_dfg(pm4py_frame(log), perf_aggregation_key="all")
    medians = {pair: value["median"] for pair, value in theirs.items()}
    ours = counted(mined, "select activity, next_activity, median_seconds from mart.directly_follows")
    assert ours == pytest.approx(medians, rel=1e-9)


@pm4py_warnings
@pytest.mark.parametrize("noise", [0.0, 0.3])
def test_fitness_and_precision_are_those_of_the_whole_log(noise: float) -> None:
    mining = pm4py()
    log = event_log("simulated")
    variants = sorted(Counter(map(tuple, log.group_by("journey_id").agg("activity")["activity"].to_list())).items())
    net = petri_net(inductive_tree(variants, noise=noise))
    replayed = mining.fitness_token_based_replay(pm4py_frame("simulated"), *net)
    assert fitness(variants, net) == pytest.approx(replayed["log_fitness"])
    assert precision(variants, net) == pytest.approx(
        mining.precision_token_based_replay(pm4py_frame("simulated"), *net)
    )


@pm4py_warnings
def test_a_model_that_knows_fewer_activities_fits_worse() -> None:
    pm4py()
    whole = petri_net(operator_tree(SEQUENCE, [leaf("a"), leaf("b"), leaf("c")]))
    part = petri_net(operator_tree(SEQUENCE, [leaf("a"), leaf("c")]))
    assert fitness([(("a", "b", "c"), 4)], whole) == 1
    assert fitness([(("a", "b", "c"), 4)], part) < 0.8


@pm4py_warnings
def test_a_regular_shop_gets_a_fitting_precise_model() -> None:
    pm4py()
    found = discover_model(SHOP)
    assert not found.is_flower
    assert found.fitness > 0.9
    assert found.precision > 0.9
    assert 0 < found.simplicity <= 1
    assert "'home_viewed'" in str(found.tree)


@pm4py_warnings
def test_the_model_does_not_depend_on_the_order_of_the_variants() -> None:
    pm4py()
    assert discover_model(SHOP) == discover_model(SHOP[::-1])


def leaf(activity: str | None) -> Tree:
    return Tree(activity=activity)


TAU = leaf(None)


def free(*activities: str) -> Tree:
    return operator_tree(CHOICE, [leaf(activity) for activity in activities])


def steps(*activities: str) -> Tree:
    return operator_tree(SEQUENCE, [leaf(activity) for activity in activities])


@pytest.mark.parametrize(
    ("tree", "flower"),
    [
        (operator_tree(LOOP, [TAU, free("a", "b", "c")]), True),
        (operator_tree(LOOP, [free("a", "b", "c"), TAU]), True),
        (operator_tree(LOOP, [TAU, leaf("a"), leaf("b"), leaf("c")]), True),
        (operator_tree(SEQUENCE, [leaf("s"), operator_tree(LOOP, [TAU, free("a", "b", "c", "d")])]), True),
        (operator_tree(SEQUENCE, [leaf("a"), leaf("b"), operator_tree(CHOICE, [TAU, leaf("c")])]), False),
        (operator_tree(SEQUENCE, [leaf("a"), operator_tree(LOOP, [leaf("b"), TAU]), leaf("c")]), False),
        (operator_tree(LOOP, [steps("a", "b", "c"), TAU]), False),
        (operator_tree(SEQUENCE, [steps("a", "b", "c", "d"), operator_tree(LOOP, [TAU, free("f", "g", "h")])]), False),
    ],
    ids=str,
)
def test_a_flower_is_a_free_choice_repeated_at_will(tree: Tree, flower: bool) -> None:
    assert is_flower(tree) is flower


def test_the_text_of_a_tree_does_not_depend_on_the_order_of_its_choices() -> None:
    assert str(free("b", "a")) == "X( 'a', 'b' )"
    assert str(operator_tree(PARALLEL, [leaf("z"), TAU])) == "+( tau, 'z' )"
    assert str(operator_tree(LOOP, [leaf("z"), leaf("b"), leaf("a")])) == "*( 'z', 'a', 'b' )"


def test_an_unknown_operator_is_named() -> None:
    with pytest.raises(ValueError, match="unknown process tree operator 'O'"):
        operator_tree("O", [])


BLOCKS = operator_tree(
    SEQUENCE,
    [
        leaf("home_viewed"),
        operator_tree(LOOP, [free("product_viewed", "help_viewed"), TAU]),
        operator_tree(PARALLEL, [leaf("cart_viewed"), operator_tree(CHOICE, [TAU, leaf('said "<hello>"')])]),
    ],
)


def test_bpmn_draws_every_node_once_and_connects_all_from_start_to_end() -> None:
    root = Xml.fromstring(bpmn_xml(BLOCKS))  # noqa: S314 - our own bytes
    space = {"b": "http://www.omg.org/spec/BPMN/20100524/MODEL", "d": "http://www.omg.org/spec/BPMN/20100524/DI"}
    process = root.find("b:process", space)
    flows = [(f.get("sourceRef"), f.get("targetRef")) for f in process.findall("b:sequenceFlow", space)]
    nodes = {node.get("id") for node in process if not node.tag.endswith("sequenceFlow")}
    names = {node.get("name") for node in process.findall("b:task", space)}
    assert names == {"home_viewed", "product_viewed", "help_viewed", "cart_viewed", 'said "<hello>"'}
    assert {source for source, _ in flows} | {target for _, target in flows} == nodes
    start, end = process.find("b:startEvent", space).get("id"), process.find("b:endEvent", space).get("id")
    assert nodes - {target for _, target in flows} == {start}
    assert nodes - {source for source, _ in flows} == {end}
    shapes = [shape.get("bpmnElement") for shape in root.iter(f"{{{space['d']}}}BPMNShape")]
    assert sorted(shapes) == sorted(nodes)


def test_no_two_nodes_of_the_diagram_overlap() -> None:
    root = Xml.fromstring(bpmn_xml(BLOCKS))  # noqa: S314 - our own bytes
    boxes = [
        [float(box.get(side)) for side in ("x", "y", "width", "height")]
        for box in root.iter("{http://www.omg.org/spec/DD/20100524/DC}Bounds")
    ]
    for (ax, ay, aw, ah), (bx, by, bw, bh) in combinations(boxes, 2):
        assert ax + aw <= bx or bx + bw <= ax or ay + ah <= by or by + bh <= ay


@pm4py_warnings
@pytest.mark.parametrize("tree", [BLOCKS, operator_tree(CHOICE, [TAU, leaf("a")]), leaf("a"), TAU], ids=str)
def test_pm4py_reads_the_same_language_from_the_bpmn(tree: Tree, tmp_path: Path) -> None:
    mining = pm4py()
    (tmp_path / "model.bpmn").write_text(bpmn_xml(tree), encoding="utf-8")
    read = mining.convert_to_petri_net(mining.read_bpmn(str(tmp_path / "model.bpmn")))
    assert traces(read) == traces(petri_net(tree))


def traces(net: Any) -> set[tuple[str, ...]]:
    """Every trace of at most five activities."""
    from pm4py.objects.petri_net import semantics

    seen, found, queue = set(), set(), [(net[1], ())]
    while queue:
        marking, trace = queue.pop()
        if (key := (frozenset(marking.items()), trace)) in seen or len(trace) > 5:
            continue
        seen.add(key)
        if marking == net[2]:
            found.add(trace)
        for transition in semantics.enabled_transitions(net[0], marking):
            step = () if transition.label is None else (transition.label,)
            queue.append((semantics.execute(transition, net[0], marking), trace + step))
    return found


@pm4py_warnings
def test_the_model_is_the_same_in_every_process() -> None:
    pm4py()
    variants = [*SHOP, (("help_viewed", "cart_viewed"), 9)]
    code = f"from journey_analytics.mining.discovery import discover_model; print(discover_model({variants}))"
    environment = os.environ | {"PYTHONHASHSEED": "5"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == str(discover_model(variants))


def test_without_a_variant_there_is_nothing_to_discover() -> None:
    with pytest.raises(ValueError, match="nothing to discover"):
        discover_model([((), 3)])


def test_the_most_frequent_variants_with_ties_in_order() -> None:
    assert most_frequent([(("b",), 1), (("a",), 1), ((), 9), (("c",), 2)], count=2) == [(("c",), 2), (("a",), 1)]


def variants_stored(warehouse: Warehouse, variants: list[tuple[tuple[str, ...], int]], *, passive: int = 0) -> None:
    lists, counts = [list(v) for v, _ in variants], [n for _, n in variants]
    kinds = {"journey_count": pl.Int64, "passive_count": pl.Int64}
    for table, column in (("mart.variant", "activities"), ("mart.stage_variant", "stages")):
        data = {column: lists, "journey_count": counts, "passive_count": [passive] * len(counts)}
        frame = pl.DataFrame(data, schema={column: pl.List(pl.String), **kinds})
        warehouse.create_from(table, frame)


def models_of(variants: list[tuple[tuple[str, ...], int]], *, passive: int = 0) -> dict[str, dict[str, Any]]:
    with open_memory() as warehouse:
        variants_stored(warehouse, variants, passive=passive)
        process_model_table(warehouse)
        trees = "select * from mart.process_model where kind = 'inductive'"
        return {row["level"]: row for row in warehouse.frame(trees).to_dicts()}


@pm4py_warnings
def test_the_table_states_coverage_and_collapses_immediate_repeats() -> None:
    pm4py()
    repeated = [(("home_viewed", "home_viewed", "product_viewed"), 5), (("home_viewed", "product_viewed"), 5), ((), 10)]
    found = models_of(repeated)
    assert found["activity"]["variant_count"] == 1
    assert found["stage"]["variant_count"] == 2
    assert found["activity"]["journey_coverage_share"] == 0.5
    assert found["activity"]["tree_text"] == "->( 'home_viewed', 'product_viewed' )"
    assert found["activity"]["note"] is None


@pm4py_warnings
def test_a_flower_is_measured_but_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    pm4py()
    flower = replace(discover_model(SHOP), refusal=Refusal("it is a flower: no order", is_flower=True))
    monkeypatch.setattr(model_module, "discover_model", lambda variants, **_: flower)
    found = models_of(SHOP)["activity"]
    assert (found["tree_text"], found["bpmn_xml"], found["pnml_xml"]) == (None, None, None)
    assert found["note"] == "not shown: it is a flower: no order; what journeys did is in `journey map` and " + (
        "`journey variants`"
    )
    assert (found["is_flower"], found["is_shown"]) == (True, False)
    assert found["fitness"] > 0.9


def test_without_pm4py_the_step_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_module, "is_available", lambda: False)
    found = models_of(SHOP)
    assert {row["note"] for row in found.values()} == {NOT_INSTALLED}
    assert found["activity"]["journey_coverage_share"] == 1
    assert found["activity"]["bpmn_xml"] is None


@pm4py_warnings
def test_a_model_is_of_active_journeys_only() -> None:
    pm4py()
    found = models_of([(("home_viewed", "product_viewed"), 5), (("email_delivered", "email_bounced"), 3)], passive=3)
    for row in found.values():
        assert (row["journey_count"], row["covered_journey_count"], row["variant_count"]) == (2, 2, 1)
        assert "email" not in row["tree_text"]


def test_without_journeys_the_step_says_so() -> None:
    assert {row["note"] for row in models_of([]).values()} == {NO_JOURNEYS}


def test_importing_the_package_does_not_import_pm4py() -> None:
    code = "import sys, journey_analytics.mining.model; sys.exit('pm4py' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
