"""Designed journeys: texts, nets, files and alignments, with pm4py and r4pm's own reader as oracles."""

import os
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journey_analytics.errors import ConfigurationError
from journey_analytics.mining import nearest_way, r4pm_library
from journey_analytics.mining.alignment import (
    UNALIGNED,
    Alignment,
    align,
    alignment_fitness,
    empty_cost,
    is_walkable,
)
from journey_analytics.mining.bpmn import bpmn_xml
from journey_analytics.mining.first_way import FirstWays
from journey_analytics.mining.guard import is_completable
from journey_analytics.mining.moves import Move
from journey_analytics.mining.nets import net_of, read_net
from journey_analytics.mining.petri import NetBuilder, arcs, in_canonical_order, labels
from journey_analytics.mining.pnml import pnml_text
from journey_analytics.mining.tree import (
    LOOP,
    MAX_DEPTH,
    OPERATORS,
    Tree,
    activities,
    operator_tree,
    parse_tree,
)

pytest.importorskip("r4pm")
pm4py_warnings = pytest.mark.filterwarnings("ignore")
SHOP = "->( 'view', +( 'pay', X( tau, 'ask' ) ), *( 'mail', tau ), X( 'rate', 'leave' ) )"
LETTERS = "abcdefg"


def pm4py() -> Any:
    sys._pm4py_welcome_shown = True
    return pytest.importorskip("pm4py")


def random_tree(random: Random, depth: int = 3) -> Tree:
    if depth == 0 or random.random() < 0.25:
        return Tree(activity=random.choice(LETTERS)) if random.random() < 0.85 else Tree()
    parts = [random_tree(random, depth - 1) for _ in range(random.randint(2, 3))]
    return operator_tree(random.choice(OPERATORS), parts)


def random_trace(random: Random) -> tuple[str, ...]:
    return tuple(random.choice(f"{LETTERS}x") for _ in range(random.randint(0, 7)))


def trees() -> st.SearchStrategy[Tree]:
    names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=5).filter(str.strip)
    leaves = st.one_of(st.just(Tree()), names.map(lambda name: Tree(activity=name)))
    return st.recursive(
        leaves,
        lambda parts: st.builds(operator_tree, st.sampled_from(OPERATORS), st.lists(parts, min_size=2, max_size=3)),
        max_leaves=8,
    )


@settings(deadline=None)
@given(trees())
def test_the_text_of_a_tree_is_read_as_the_same_tree(tree: Tree) -> None:
    assert parse_tree(str(tree)) == tree


def test_spaces_line_ends_and_quotes_of_either_kind_mean_nothing() -> None:
    assert parse_tree("->('a',\n  X(\"b\" ,tau))\n") == parse_tree("->( 'a', X( 'b', tau ) )")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"character 1: expected an operator .*, but the text ends"),
        ("->( 'a'", r"character 8: expected , or \), but the text ends"),
        ("->( 'a', )", r"character 10: expected an operator"),
        ("X( 'a' 'b' )", r"character 8: expected , or \), but found 'b'"),
        ("'a' 'b'", r"character 5: expected the end of the text"),
        ("O( 'a', 'b' )", "inclusive O is not known"),
        ("*( 'a' )", "a loop of at least two parts"),
        ("->( ' ' )", "character 5"),
        ("view > pay", "found 'view > pay'"),
        ("->( " * (MAX_DEPTH + 2), f"at most {MAX_DEPTH} operators"),
    ],
)
def test_a_text_that_is_no_tree_is_refused_with_its_place(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_tree(text)


def test_pm4py_reads_the_same_tree_from_the_text() -> None:
    from journey_analytics.mining.miners import _tree_of

    assert _tree_of(pm4py().parse_process_tree(SHOP)) == parse_tree(SHOP)


@pytest.fixture(params=["automaton", "library"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways to align: through an automaton, and as a net is that is too large for one."""
    if request.param == "library":
        monkeypatch.setattr(nearest_way, "MAX_STATES", 0)
    return request.param


@pm4py_warnings
@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("seed", range(30))
def test_costs_equal_those_of_pm4py_and_the_moves_add_up(seed: int) -> None:
    random = Random(seed)
    tree = operator_tree("->", [random_tree(random), Tree(activity="a")])
    traces = [random_trace(random) for _ in range(8)]
    add_up(align(net_of(tree), traces), traces, costs=astar(tree, traces))


def astar(tree: Tree, traces: list[tuple[str, ...]]) -> list[int]:
    """What pm4py's A* pays for each trace, in moves that are seen."""
    pm4py()
    from pm4py.algo.conformance.alignments.petri_net import algorithm
    from pm4py.objects.log.obj import Event, Trace

    from journey_analytics.mining.miners import petri_net

    net = petri_net(tree)
    logged = [Trace([Event({"concept:name": name}) for name in trace]) for trace in traces]
    return [algorithm.apply(trace, *net)["cost"] // 10_000 for trace in logged]


def add_up(found: list[Alignment], traces: list[tuple[str, ...]], *, costs: list[int]) -> None:
    for one, trace, cost in zip(found, traces, costs, strict=True):
        assert one.cost == cost == sum(move.kind != "sync" for move in one.moves)
        assert tuple(move.activity for move in one.moves if move.kind != "model") == trace


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("seed", range(30))
def test_what_an_alignment_says_was_planned_is_a_way_through_the_plan(seed: int) -> None:
    random = Random(seed)
    net = net_of(random_tree(random))
    planned = [
        tuple(move.activity for move in found.moves if move.kind != "log")
        for found in align(net, [random_trace(random) for _ in range(10)])
    ]
    assert {found.cost for found in align(net, planned)} <= {0}


@pytest.mark.parametrize("seed", range(20))
def test_no_alignment_is_cheaper_than_its_cost(seed: int) -> None:
    random = Random(seed)
    net = net_of(random_tree(random))
    for trace in {random_trace(random) for _ in range(6)}:
        cost = align(net, [trace])[0].cost
        assert FirstWays(net).moves(trace, cost=cost) is not None
        assert cost == 0 or FirstWays(net).moves(trace, cost=cost - 1) is None


WIDE = "+( 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', X( 'j', 'k' ) )"


@pm4py_warnings
def test_a_plan_of_more_states_than_an_automaton_may_have_costs_what_pm4py_says() -> None:
    random = Random(5)
    tree = parse_tree(f"->( 'start', {WIDE}, 'end' )")
    assert not is_walkable(net_of(tree))
    names = ["start", *"abcdefghijk", "end", "x"]
    traces = [("start", *random.sample(names[1:12], random.randint(3, 11)), "end") for _ in range(5)]
    traces += [tuple(random.choices(names, k=random.randint(1, 6))) for _ in range(5)]
    add_up(align(net_of(tree), traces), traces, costs=astar(tree, traces))


@pytest.mark.parametrize(
    "plan", ["->( X( 'a', 'b', 'c' ), +( 'd', 'e', 'f' ), 'g' )", f"->( X( 'a', 'm', 'n' ), {WIDE} )"]
)
def test_the_same_alignment_in_every_process_under_any_names_and_in_any_order(plan: str) -> None:
    code = f"""
import sys
from journey_analytics.mining.alignment import align
from journey_analytics.mining.nets import net_of
from journey_analytics.mining.tree import parse_tree
net = net_of(parse_tree({plan!r}))
variants = [("x", "g", "e"), ("d",), (), ("f", "a", "d", "d")]
print(align(net, variants), align(net, variants[::-1])[::-1] == align(net, variants))
"""
    runs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONHASHSEED": str(seed)},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in (1, 2, 3)
    }
    assert len(runs) == 1
    assert runs.pop().strip().endswith("True")


@pytest.mark.usefixtures("engine")
def test_of_a_choice_the_first_by_name_is_the_one_that_is_missing() -> None:
    net = net_of(parse_tree("->( 'a', X( 'd', 'b', 'c' ), 'e' )"))
    assert align(net, [("a", "e")])[0].moves == (Move("sync", "a"), Move("model", "b"), Move("sync", "e"))


@pytest.mark.usefixtures("engine")
def test_what_comes_too_early_is_unplanned_and_then_missing() -> None:
    found = align(net_of(parse_tree("->( 'a', 'b', 'c' )")), [("a", "c", "b")])[0]
    assert found.cost == 2
    assert [(move.kind, move.activity) for move in found.moves] == [
        ("sync", "a"),
        ("log", "c"),
        ("sync", "b"),
        ("model", "c"),
    ]


@pytest.mark.usefixtures("engine")
def test_a_variant_that_comes_twice_and_the_empty_one_are_aligned() -> None:
    net = net_of(parse_tree("->( 'a', 'b' )"))
    found = align(net, [("a", "b"), (), ("a", "b")])
    assert [alignment.cost for alignment in found] == [0, 2, 0]
    assert found[1].moves == (Move("model", "a"), Move("model", "b"))
    assert align(net, []) == []


@pytest.mark.usefixtures("engine")
def test_names_with_anything_in_them_are_aligned() -> None:
    names = ["a b", "x'y\"", "ä\u00a0ö", "<b>&amp;", "line\nend"]
    net = net_of(operator_tree("->", [Tree(activity=name) for name in names]))
    assert align(net, [tuple(names)])[0].cost == 0


def test_a_search_that_is_too_large_is_no_alignment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(r4pm_library, "_OPTIONS", r4pm_library._OPTIONS | {"max_states": 8})
    monkeypatch.setattr(nearest_way, "MAX_STATES", 0)
    net = net_of(parse_tree("->( 'a', 'b' )"))
    assert align(net, [("a", "b"), ("x", "y", "z", "x", "y", "z")])[1] == UNALIGNED


@pm4py_warnings
def test_the_fitness_is_that_of_pm4py() -> None:
    from journey_analytics.mining.miners import petri_net

    tree = parse_tree(SHOP)
    variants = [("view", "pay", "mail", "rate"), ("view", "mail"), ("ask", "ask", "leave"), ("pay",)]
    counts = [5, 3, 1, 2]
    net = net_of(tree)
    ours = alignment_fitness(align(net, variants), variants, counts, empty_cost=empty_cost(net))
    from pm4py.objects.log.obj import Event, EventLog, Trace

    log = EventLog(
        Trace([Event({"concept:name": name}) for name in variant], attributes={"concept:name": f"{place}-{copy}"})
        for place, variant in enumerate(variants)
        for copy in range(counts[place])
    )
    theirs = pm4py().fitness_alignments(log, *petri_net(tree))["average_trace_fitness"]
    assert ours == pytest.approx(theirs, abs=1e-3)


def test_what_could_not_be_aligned_is_not_in_the_fitness() -> None:
    found = [Alignment(cost=1, moves=()), UNALIGNED]
    assert alignment_fitness(found, [("a",), ("b",)], [1, 9], empty_cost=1) == 0.5
    assert alignment_fitness([UNALIGNED], [("a",)], [1], empty_cost=1) is None


def test_without_r4pm_the_extra_is_named_where_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(r4pm_library, "is_available", lambda: False)
    assert align(net_of(parse_tree("'a'")), [("a",)])[0].cost == 0
    with pytest.raises(ConfigurationError, match=r"journey-analytics\[align\]"):
        align(net_of(parse_tree(WIDE)), [("a",)])


@pytest.mark.usefixtures("engine")
def test_a_plan_without_an_end_is_refused() -> None:
    builder = NetBuilder()
    start, _ = builder.place(initial=1), builder.place(final=1)
    builder.transition("a", sources=[start], targets=[start])
    with pytest.raises(ConfigurationError, match="no journey can follow this plan"):
        align(builder.net, [("a",)])
    assert not is_completable(builder.net)


def shape(net: dict[str, Any]) -> Any:
    """A net without its keys."""
    return in_canonical_order(net)


@pytest.mark.parametrize("seed", range(10))
def test_a_net_is_read_back_from_pnml_by_us_by_r4pm_and_by_pm4py(seed: int, tmp_path: Path) -> None:
    from r4pm import petri_net as theirs

    net = net_of(operator_tree("->", [random_tree(Random(seed)), Tree(activity="é <'\">")]))
    (tmp_path / "net.pnml").write_text(pnml_text(net))
    assert read_net(tmp_path / "net.pnml") == shape(net)
    found = theirs.import_pnml(str(tmp_path / "net.pnml"))
    assert labels(found) == labels(net)
    assert shape(found) == shape(net)
    read, initial, final = pm4py().read_pnml(str(tmp_path / "net.pnml"))
    assert {transition.label for transition in read.transitions} - {None} == labels(net)
    assert (len(read.places), len(read.arcs)) == (len(net["places"]), len(list(arcs(net))))
    assert (sum(initial.values()), sum(final.values())) == (1, 1)


@pm4py_warnings
def test_a_net_that_pm4py_wrote_is_read(tmp_path: Path) -> None:
    from journey_analytics.mining.miners import petri_net

    tree = parse_tree(SHOP)
    pm4py().write_pnml(*petri_net(tree), str(tmp_path / "net.pnml"))
    found = read_net(tmp_path / "net.pnml")
    traces = [("view", "ask", "pay", "mail", "mail", "rate"), ("view", "mail", "leave"), ()]
    assert [one.cost for one in align(found, traces)] == [one.cost for one in align(net_of(tree), traces)] == [0, 1, 4]


@pm4py_warnings
def test_bpmn_and_trees_are_read_as_the_same_plan(tmp_path: Path) -> None:
    pm4py()
    tree = parse_tree(SHOP)
    (tmp_path / "plan.bpmn").write_text(bpmn_xml(tree), encoding="utf-8")
    (tmp_path / "plan.ptree").write_text(str(tree), encoding="utf-8")
    (tmp_path / "plan.TXT").write_text(f"\ufeff{tree}\n", encoding="utf-8")
    random = Random(3)
    names = [*activities(tree), "x"]
    traces = [tuple(random.choice(names) for _ in range(random.randint(0, 8))) for _ in range(30)]
    wanted = align(net_of(tree), traces)
    for name in ("plan.bpmn", "plan.ptree", "plan.TXT"):
        found = align(read_net(tmp_path / name), traces)
        assert [one.cost for one in found] == [one.cost for one in wanted]


PNML = """<pnml xmlns="http://www.pnml.org/version-2009/grammar/pnml"><net id="n" type="t"><page id="p">
<place id="p1"/><place id="p2"/><transition id="t1"><name><text>a</text></name></transition>
<arc id="a1" source="p1" target="t1"/><arc id="a2" source="t1" target="p2"/></page></net></pnml>"""


def test_pnml_without_markings_begins_and_ends_where_no_arc_leads_and_none_leaves(tmp_path: Path) -> None:
    (tmp_path / "net.pnml").write_text(PNML, encoding="utf-8")
    assert [found.cost for found in align(read_net(tmp_path / "net.pnml"), [("a",), ("b",)])] == [0, 2]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("plan.xlsx", "x", r"expected a file that ends in .pnml, .bpmn, .ptree, .txt"),
        ("plan.ptree", "->( 'a'", "at character 8: expected , or"),
        ("plan.ptree", "tau", "it plans no activity"),
        ("plan.ptree", b"\xff\xfe\x00", "cannot be read"),
        ("plan.pnml", "<pnml>", "no well-formed XML"),
        ("plan.pnml", "", "no well-formed XML"),
        ("plan.pnml", "<net/>", "expected <pnml> around it all, found <net>"),
        ("plan.pnml", "<pnml/>", "it holds no place"),
        ("plan.pnml", '<!DOCTYPE pnml [<!ENTITY a "b">]><pnml>&a;</pnml>', "declares a document type"),
        ("plan.pnml", PNML.replace('target="p2"', 'target="p9"'), "arc 'a2': its target 'p9' is no place"),
        ("plan.pnml", PNML.replace('source="t1"', 'source="p1"'), "arc 'a2' joins two nodes of one kind"),
        ("plan.pnml", PNML.replace('<place id="p2"/>', '<place id="p2"/><place id="p3"/>'), "where a journey begins"),
        (
            "plan.pnml",
            PNML.replace(
                '<place id="p1"/>', '<place id="p1"><initialMarking><text>one</text></initialMarking></place>'
            ),
            "counts tokens with 'one': expected a whole number",
        ),
        ("plan.bpmn", "<definitions", "no well-formed XML"),
        ("plan.bpmn", "<pnml/>", "expected <definitions> around it all"),
        ("plan.bpmn", '<!DOCTYPE x SYSTEM "file:///etc/passwd"><definitions/>', "declares a document type"),
    ],
)
def test_a_file_that_is_no_plan_is_one_clear_error(
    name: str, content: str | bytes, message: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ConfigurationError, match=message) as caught:
        read_net(path)
    assert str(path) in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"plan.pnml: there is no such file"):
        read_net(tmp_path / "plan.pnml")


@settings(max_examples=50, deadline=None)
@given(st.randoms(use_true_random=False))
def test_a_net_has_one_order_whatever_its_nodes_are_called(random: Random) -> None:
    net = net_of(random_tree(random))
    keys = [*net["places"], *net["transitions"]]
    names = dict(zip(keys, random.sample([f"n{number}" for number in range(len(keys))], len(keys)), strict=True))

    def shuffled(found: list[str]) -> list[str]:
        return random.sample(found, len(found))

    renamed = {
        "places": {names[key]: {"id": names[key]} for key in shuffled(list(net["places"]))},
        "transitions": {
            names[key]: {"id": names[key], "label": net["transitions"][key]["label"]}
            for key in shuffled(list(net["transitions"]))
        },
        "arcs": [
            {"from_to": {"type": arc["from_to"]["type"], "nodes": [names[key] for key in arc["from_to"]["nodes"]]}}
            for arc in random.sample(net["arcs"], len(net["arcs"]))
        ],
        "initial_marking": {names[key]: count for key, count in net["initial_marking"].items()},
        "final_markings": [{names[key]: count for key, count in net["final_markings"][0].items()}],
    }
    assert in_canonical_order(renamed) == in_canonical_order(net)


def test_a_loop_within_a_choice_does_not_let_the_choice_be_made_again() -> None:
    net = net_of(parse_tree("X( *( 'a', 'b' ), 'c' )"))
    assert [found.cost for found in align(net, [("a", "b", "a"), ("c",), ("a", "b", "c"), ("c", "a")])] == [0, 0, 2, 1]
    assert parse_tree("X( *( 'a', 'b' ), 'c' )").parts[0].operator in (LOOP, None)
