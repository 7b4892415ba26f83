"""The miners, by kind: each turns counted variants into candidate models at its thresholds. All through pm4py.

They get aggregates, the variants or the directly-follows counts made of them, never touchpoints, and everything sorted:
miners break ties by the order in which they meet things.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from journey_analytics.mining.bpmn_graph import Graph
from journey_analytics.mining.measures import Counted, Pm4pyNet
from journey_analytics.mining.pm4py_library import bpmn_graph, pm4py
from journey_analytics.mining.tree import Tree, operator_tree

NOISE_LEVELS = (0.0, 0.2, 0.5)
DEPENDENCY_LEVELS = (0.5, 0.8, 0.9)


@dataclass(frozen=True)
class Candidate:
    """What a miner made of some variants at one threshold.

    Attributes:
        threshold: the miner's own (`discovery.KINDS` says which).
        net: the model as a Petri net.
        text: the model in its own notation; empty where it has none.
        tree: the process tree of those that are one.
        graph: its BPMN, of those that have one beside the tree.
    """

    threshold: float
    net: Pm4pyNet
    text: str = ""
    tree: Tree | None = None
    graph: Graph | None = None


@dataclass(frozen=True)
class Follows:
    """Directly-follows counts of variants, weighted by journeys, every dict sorted by its keys."""

    pairs: dict[tuple[str, str], int]
    second: dict[tuple[str, str], int]
    triples: dict[tuple[str, str, str], int]
    starts: dict[str, int]
    ends: dict[str, int]
    occurrences: dict[str, int]


@dataclass
class _Counting:
    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)
    second: Counter[tuple[str, str]] = field(default_factory=Counter)
    triples: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    starts: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    occurrences: Counter[str] = field(default_factory=Counter)

    def add(self, steps: Sequence[str], count: int) -> None:
        self.starts[steps[0]] += count
        self.ends[steps[-1]] += count
        for activity in steps:
            self.occurrences[activity] += count
        for first, second in pairwise(steps):
            self.pairs[first, second] += count
        for first, second, third in zip(steps, steps[1:], steps[2:], strict=False):
            self.second[first, third] += count
            self.triples[first, second, third] += count


def follows(variants: Sequence[Counted]) -> Follows:
    """The directly-follows counts of variants that have an activity."""
    counting = _Counting()
    for steps, count in variants:
        counting.add(steps, count)
    return Follows(**{name: dict(sorted(counter.items())) for name, counter in vars(counting).items()})


def inductive(variants: Sequence[Counted], *, thresholds: Sequence[float] = NOISE_LEVELS) -> Iterator[Candidate]:
    """The Inductive Miner's tree (IMf when there is noise to filter) at each noise threshold."""
    for noise in thresholds:
        tree = inductive_tree(variants, noise=noise)
        yield Candidate(noise, petri_net(tree), text=str(tree), tree=tree)


def inductive_tree(variants: Sequence[Counted], *, noise: float) -> Tree:
    """The Inductive Miner's tree from variants: that of the whole log."""
    pm4py()
    from pm4py.algo.discovery.inductive.dtypes.im_ds import IMDataStructureUVCL
    from pm4py.algo.discovery.inductive.variants.im import IMUVCL
    from pm4py.algo.discovery.inductive.variants.imf import IMFUVCL
    from pm4py.objects.process_tree.utils import generic

    parameters = {"noise_threshold": noise}
    miner = IMFUVCL if noise else IMUVCL
    log = IMDataStructureUVCL(_sorted_counts(variants))
    return _tree_of(generic.fold(miner(parameters).apply(log, parameters)))


def _sorted_counts(variants: Sequence[Counted]) -> Any:
    return Counter(dict(sorted(variants)))


def _tree_of(found: Any) -> Tree:
    """A pm4py process tree as ours."""
    if found.operator is None:
        return Tree(activity=found.label)
    return operator_tree(found.operator.value, [_tree_of(child) for child in found.children])


def petri_net(tree: Tree) -> Pm4pyNet:
    """The Petri net of a tree, with its initial and final marking."""
    return pm4py().convert_to_petri_net(_pm4py_tree(tree))


def _pm4py_tree(tree: Tree) -> Any:
    """Built, not parsed from the text: an activity may contain quotes."""
    from pm4py.objects.process_tree.obj import Operator, ProcessTree

    operator = next((known for known in Operator if known.value == tree.operator), None)
    made = ProcessTree(operator=operator, label=tree.activity, children=[_pm4py_tree(part) for part in tree.parts])
    for child in made.children:
        child.parent = made
    return made


def heuristics(variants: Sequence[Counted], *, thresholds: Sequence[float] = DEPENDENCY_LEVELS) -> Iterator[Candidate]:
    """The Heuristics Miner's net at each dependency threshold; pairs two apart and triples show it loops."""
    library = pm4py()
    from pm4py.algo.discovery.heuristics.variants import classic

    seen = follows(variants)
    for threshold in thresholds:
        found = classic.apply_heu_dfg(
            seen.pairs,
            activities=list(seen.occurrences),
            activities_occurrences=seen.occurrences,
            start_activities=seen.starts,
            end_activities=seen.ends,
            dfg_window_2=seen.second,
            freq_triples=seen.triples,
            parameters=_HEURISTICS | {"dependency_thresh": threshold},
        )
        yield Candidate(threshold, library.convert_to_petri_net(found))


_HEURISTICS: dict[str, Any] = {
    "and_measure_thresh": 0.65,
    "loop_length_two_thresh": 0.5,
    "min_act_count": 1,
    "min_dfg_occurrences": 1,
    "heu_net_decoration": "frequency",
}


def split(variants: Sequence[Counted]) -> Iterator[Candidate]:
    """The Split Miner's BPMN, from the directly-follows counts with artificial starts and ends."""
    library = pm4py()
    from pm4py.algo.discovery.split_miner import algorithm
    from pm4py.algo.discovery.split_miner.dtypes.log import END_LABEL, START_LABEL

    seen = follows(variants)
    starts = {(START_LABEL, activity): count for activity, count in seen.starts.items()}
    ends = {(activity, END_LABEL): count for activity, count in seen.ends.items()}
    found = algorithm.apply(seen.pairs | starts | ends)
    yield Candidate(0.0, library.convert_to_petri_net(found), graph=bpmn_graph(found))


def powl(variants: Sequence[Counted], *, thresholds: Sequence[float] = NOISE_LEVELS) -> Iterator[Candidate]:
    """The partially ordered workflow model at each filtering threshold."""
    library = pm4py()
    from pm4py.algo.discovery.inductive.dtypes.im_ds import IMDataStructureUVCL
    from pm4py.algo.discovery.powl.algorithm import POWLDiscoveryVariant, get_variant

    for threshold in thresholds:
        parameters = {"filtering_threshold": threshold}
        miner = get_variant(POWLDiscoveryVariant.MAXIMAL)(parameters)
        found = miner.apply(IMDataStructureUVCL(_sorted_counts(variants)), parameters).simplify()
        # By way of the net: of a POWL model itself the library makes an empty process.
        graph = bpmn_graph(library.convert_to_bpmn(*library.convert_to_petri_net(found)))
        yield Candidate(threshold, library.convert_to_petri_net(found), text=powl_text(found), graph=graph)


def powl_text(model: Any) -> str:
    """A POWL model as text: operators as in a process tree, `PO( 'a', 'b', 'c'; 1 -> 3 )` for a partial order."""
    from pm4py.objects.powl.obj import OperatorPOWL, StrictPartialOrder

    if isinstance(model, StrictPartialOrder):
        return _order_text(model)
    if isinstance(model, OperatorPOWL) and model.operator is not None:
        return _operator_text(model.operator.value, [powl_text(child) for child in model.children])
    return str(Tree(activity=model.label or None))


def _operator_text(operator: str, parts: list[str]) -> str:
    fixed = 1 if operator == "*" else 0
    return f"{operator}( {', '.join(parts[:fixed] + sorted(parts[fixed:]))} )"


def _order_text(model: Any) -> str:
    """Parts by text; of the order only the pairs that do not follow from others."""
    parts = sorted(((powl_text(node), node) for node in model.children), key=lambda pair: pair[0])
    order = model.order.get_transitive_reduction()
    pairs = [
        f"{first} -> {second}"
        for first, (_, before) in enumerate(parts, start=1)
        for second, (_, after) in enumerate(parts, start=1)
        if order.is_edge(before, after)
    ]
    listed = ", ".join(text for text, _ in parts)
    return f"PO( {listed}; {', '.join(pairs)} )" if pairs else f"PO( {listed} )"


def directly_follows(variants: Sequence[Counted]) -> Iterator[Candidate]:
    """The directly-follows graph itself: every pair that occurred, and no more."""
    seen = follows(variants)
    yield Candidate(0.0, pm4py().convert_to_petri_net(seen.pairs, seen.starts, seen.ends))
