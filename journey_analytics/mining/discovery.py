"""One process model from counted variants: the Inductive Miner's, at the noise level that describes the variants best.

pm4py gets aggregates, never touchpoints, and judges each candidate on the same variants, weighted by their journeys.
"""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from journey_analytics.mining.tree import Tree, is_flower, operator_tree

Variant = tuple[str, ...]
Counted = tuple[Variant, int]
Net = tuple[Any, Any, Any]

MAX_VARIANTS = 30
NOISE_LEVELS = (0.0, 0.2, 0.5)
MINED_PARTS = (30, 10)
"""Candidates are mined from this many of the most frequent variants; all are judged on the same MAX_VARIANTS."""


@dataclass(frozen=True)
class ProcessModel:
    """A discovered model and how good it is on the variants it was judged on.

    Attributes:
        noise: the miner's noise threshold, 0–1; 0 replays every mined variant.
        fitness: token-replay fitness, 0–1, weighted by journeys.
        precision: ETC precision by token replay on prefixes, 0–1, weighted by journeys: 1 allows nothing unseen.
        simplicity: inverse arc degree of the Petri net, 0–1.
    """

    noise: float
    mined_variant_count: int
    fitness: float
    precision: float
    simplicity: float
    tree: Tree

    @property
    def is_flower(self) -> bool:
        """It allows nearly any order, so it says nothing about the path: never to be shown as one."""
        return is_flower(self.tree)

    @property
    def f_score(self) -> float:
        """Harmonic mean of fitness and precision."""
        total = self.fitness + self.precision
        return 2 * self.fitness * self.precision / total if total else 0.0


def is_available() -> bool:
    """Whether pm4py is installed; it is not imported to find out."""
    return find_spec("pm4py") is not None


def discover_model(
    variants: Iterable[Counted],
    *,
    noise_levels: Sequence[float] = NOISE_LEVELS,
    mined_parts: Sequence[int] = MINED_PARTS,
    max_variants: int = MAX_VARIANTS,
) -> ProcessModel:
    """The best candidate over noise levels and numbers of mined variants.

    Args:
        variants: activities in order, with the number of journeys; empty ones are ignored. Only the `max_variants` most
            frequent are used (ties: the lists in order).
        noise_levels: thresholds of the infrequent Inductive Miner to try.
        mined_parts: how many of the most frequent variants to mine; every candidate is judged on all that are used.
        max_variants: bounds the work: about a second per ten candidates.

    Returns:
        The candidate that is no flower with the highest F-score of fitness and precision (ties: less noise, more
        variants); where all are flowers, the best of those, with `is_flower` set.

    Raises:
        ValueError: when there is no variant with an activity.
        ModuleNotFoundError: when pm4py is not installed.
    """
    used = most_frequent(variants, count=max_variants)
    if not used:
        raise ValueError("no variant has an activity: there is nothing to discover a model from")
    candidates = list(_candidates(used, noise_levels=noise_levels, mined_parts=mined_parts))
    return max(candidates, key=_goodness)


def _goodness(model: ProcessModel) -> tuple[bool, float, float, int]:
    return (not model.is_flower, model.f_score, -model.noise, model.mined_variant_count)


def most_frequent(variants: Iterable[Counted], *, count: int) -> list[Counted]:
    """The most frequent variants that have an activity, ties in the order of the lists."""
    return sorted(((v, n) for v, n in variants if v), key=lambda counted: (-counted[1], counted[0]))[:count]


def _candidates(
    used: Sequence[Counted], *, noise_levels: Sequence[float], mined_parts: Sequence[int]
) -> Iterator[ProcessModel]:
    seen: set[str] = set()
    for part in sorted({min(part, len(used)) for part in mined_parts}, reverse=True):
        for noise in noise_levels:
            tree = inductive_tree(used[:part], noise=noise)
            if str(tree) not in seen:
                seen.add(str(tree))
                yield _judged(tree, used, noise=noise, mined_variant_count=part)


def _pm4py() -> Any:
    sys._pm4py_welcome_shown = True  # type: ignore[attr-defined]  # or it prints a licence banner to stderr
    import pm4py

    return pm4py


def inductive_tree(variants: Sequence[Counted], *, noise: float) -> Tree:
    """The Inductive Miner's tree (IMf when there is noise to filter), from variants: that of the whole log."""
    _pm4py()
    from pm4py.algo.discovery.inductive.dtypes.im_ds import IMDataStructureUVCL
    from pm4py.algo.discovery.inductive.variants.im import IMUVCL
    from pm4py.algo.discovery.inductive.variants.imf import IMFUVCL
    from pm4py.objects.process_tree.utils import generic

    parameters = {"noise_threshold": noise}
    miner = IMFUVCL if noise else IMUVCL
    counts: Any = Counter(dict(sorted(variants)))
    log = IMDataStructureUVCL(counts)
    return _tree_of(generic.fold(miner(parameters).apply(log, parameters)))


def petri_net(tree: Tree) -> Net:
    """The Petri net of a tree, with its initial and final marking."""
    return _pm4py().convert_to_petri_net(_pm4py_tree(tree))


def _pm4py_tree(tree: Tree) -> Any:
    """Built, not parsed from the text: an activity may contain quotes."""
    from pm4py.objects.process_tree.obj import Operator, ProcessTree

    operator = next((known for known in Operator if known.value == tree.operator), None)
    made = ProcessTree(operator=operator, label=tree.activity, children=[_pm4py_tree(part) for part in tree.parts])
    for child in made.children:
        child.parent = made
    return made


def _judged(tree: Tree, used: Sequence[Counted], *, noise: float, mined_variant_count: int) -> ProcessModel:
    net = petri_net(tree)
    return ProcessModel(
        noise=noise,
        mined_variant_count=mined_variant_count,
        fitness=fitness(used, net),
        precision=precision(used, net),
        simplicity=float(_pm4py().simplicity_petri_net(*net)),
        tree=tree,
    )


def _tree_of(found: Any) -> Tree:
    """A pm4py process tree as ours."""
    if found.operator is None:
        return Tree(activity=found.label)
    return operator_tree(found.operator.value, [_tree_of(child) for child in found.children])


def fitness(variants: Sequence[Counted], net: Net) -> float:
    """Token-replay fitness of the log that the variants stand for: half consumed, half produced tokens.

    An activity that the model lacks counts as a step that is never enabled (a missing and a remaining token), where
    pm4py passes over it: else the model that knows least would fit best.
    """
    known = _labels(net)
    total: Counter[str] = Counter()
    for (activities, count), result in zip(variants, _replayed([v for v, _ in variants], net), strict=True):
        strange = sum(activity not in known for activity in activities)
        for kind in ("missing", "consumed", "remaining", "produced"):
            total[kind] += count * (result[f"{kind}_tokens"] + strange)
    missing, remaining = total["missing"] / total["consumed"], total["remaining"] / total["produced"]
    return 0.5 * (1 - missing) + 0.5 * (1 - remaining)


def precision(variants: Sequence[Counted], net: Net) -> float:
    """ETC precision: of what the model allows next, the part that the journeys did, weighted by journeys.

    Each distinct prefix is replayed once and counts as often as journeys went through it; prefixes that do not replay
    are left out, as are those with an activity that the model lacks. Where it lacks none, it equals pm4py's
    `precision_token_based_replay` on the log itself.
    """
    from pm4py.objects.petri_net.utils import align_utils

    followers, weights = _prefixes(variants)
    known = _labels(net)
    prefixes = sorted(prefix for prefix in followers if prefix and known.issuperset(prefix))
    results = _replayed(prefixes, net, stop_when_unfit=True)
    at_start = align_utils.get_visible_transitions_eventually_enabled_by_marking(net[0], net[1])
    allowed: dict[Variant, set[str]] = {(): {transition.label for transition in at_start}}
    for prefix, result in zip(prefixes, results, strict=True):
        if result["trace_is_fit"]:
            labels = (transition.label for transition in result["enabled_transitions_in_marking"])
            allowed[prefix] = {label for label in labels if label is not None}
    total = sum(weights[prefix] * len(labels) for prefix, labels in allowed.items())
    escaping = sum(weights[prefix] * len(labels - followers[prefix]) for prefix, labels in allowed.items())
    return 1 - escaping / total if total else 1.0


def _labels(net: Net) -> set[str]:
    return {transition.label for transition in net[0].transitions if transition.label is not None}


def _prefixes(variants: Sequence[Counted]) -> tuple[dict[Variant, set[str]], Counter[Variant]]:
    """What followed each proper prefix, the empty one included, and how many journeys went through it."""
    followers: dict[Variant, set[str]] = {}
    weights: Counter[Variant] = Counter()
    for activities, count in variants:
        for length, activity in enumerate(activities):
            followers.setdefault(activities[:length], set()).add(activity)
            weights[activities[:length]] += count
    return followers, weights


def _replayed(traces: Sequence[Variant], net: Net, *, stop_when_unfit: bool = False) -> list[Any]:
    from pm4py.algo.conformance.tokenreplay.variants import token_replay
    from pm4py.objects.log.obj import Event, EventLog, Trace

    options = token_replay.Parameters
    parameters: dict[Any, Any] = {options.SHOW_PROGRESS_BAR: False}
    if stop_when_unfit:
        parameters |= {
            options.CONSIDER_REMAINING_IN_FITNESS: False,
            options.TRY_TO_REACH_FINAL_MARKING_THROUGH_HIDDEN: False,
            options.STOP_IMMEDIATELY_UNFIT: True,
            options.WALK_THROUGH_HIDDEN_TRANS: True,
        }
    log = EventLog([Trace([Event({"concept:name": activity}) for activity in trace]) for trace in traces])
    return token_replay.apply(log, *net, parameters=parameters)
