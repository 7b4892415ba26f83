"""Process models from counted variants: of each kind the candidate that describes the variants best.

pm4py gets aggregates, never touchpoints, and judges each candidate on the same variants, weighted by their journeys.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from journey_analytics.errors import nearest
from journey_analytics.mining import measures, miners
from journey_analytics.mining.bpmn_graph import Graph
from journey_analytics.mining.guard import Limits, Refusal, refusal
from journey_analytics.mining.measures import Counted
from journey_analytics.mining.miners import Candidate
from journey_analytics.mining.petri import Net, in_canonical_order
from journey_analytics.mining.pm4py_library import net_from_pm4py
from journey_analytics.mining.tree import Tree

MAX_VARIANTS = 30
MINED_PART = 10
"""Candidates are mined from all variants used and from this many of the most frequent; all are judged on the same."""

DEFAULT_KIND: Final = "inductive"
DIRECTLY_FOLLOWS: Final = "dfg"

Miner = Callable[[Sequence[Counted]], Iterator[Candidate]]
KINDS: Final[dict[str, Miner]] = {
    "inductive": miners.inductive,
    "heuristics": miners.heuristics,
    "split": miners.split,
    "powl": miners.powl,
    DIRECTLY_FOLLOWS: miners.directly_follows,
}
"""The kinds of model by name. Their thresholds: noise (inductive, powl), dependency (heuristics), none (split, dfg)."""


@dataclass(frozen=True)
class ProcessModel:
    """A discovered model and how good it is on the variants it was judged on.

    Attributes:
        kind: of KINDS.
        threshold: the miner's own, 0–1; 0 of an inductive model replays every mined variant.
        mined_variant_count: the most frequent variants that it was mined from.
        fitness: token-replay fitness, 0–1, weighted by journeys.
        precision: ETC precision by token replay on prefixes, 0–1, weighted by journeys: 1 allows nothing unseen.
        simplicity: inverse arc degree of the Petri net, 0–1.
        net: the model as a Petri net.
        text: in its own notation; empty where it has none.
        tree: of a kind that is a process tree.
        graph: its BPMN, where that is not drawn from the tree.
        refusal: why it is not to be presented as the way that journeys took; None where it may be.
    """

    kind: str
    threshold: float
    mined_variant_count: int
    fitness: float
    precision: float
    simplicity: float
    net: Net
    text: str = ""
    tree: Tree | None = None
    graph: Graph | None = None
    refusal: Refusal | None = None

    @property
    def is_flower(self) -> bool:
        """It allows nearly any order, so it says nothing about the path: never to be shown as one."""
        return self.refusal is not None and self.refusal.is_flower

    @property
    def f_score(self) -> float:
        """Harmonic mean of fitness and precision."""
        total = self.fitness + self.precision
        return 2 * self.fitness * self.precision / total if total else 0.0


def discover_model(
    variants: Iterable[Counted],
    *,
    kind: str = DEFAULT_KIND,
    max_variants: int = MAX_VARIANTS,
    limits: Limits | None = None,
) -> ProcessModel:
    """The best candidate of a kind over its thresholds and numbers of mined variants.

    Args:
        variants: activities in order, with the number of journeys; empty ones are ignored. Only the `max_variants` most
            frequent are used (ties: the lists in order).
        kind: of KINDS.
        max_variants: bounds the work: about a second per ten candidates.
        limits: what a model must reach to be presented.

    Returns:
        The candidate that is not refused with the highest F-score of fitness and precision (ties: lower threshold, more
        variants); where all are refused, the best of those, with its `refusal`.

    Raises:
        ValueError: when there is no variant with an activity, no such kind, or the miner makes nothing of the variants.
        ConfigurationError: when pm4py is not installed.
    """
    if kind not in KINDS:
        raise ValueError(f"there is no kind of model {kind!r}; {nearest(kind, KINDS)}")
    used = most_frequent(variants, count=max_variants)
    if not used:
        raise ValueError("no variant has an activity: there is nothing to discover a model from")
    models = [
        _judged(found, net, used, kind=kind, part=part, limits=limits) for part, found, net in _candidates(used, kind)
    ]
    if not models:
        raise ValueError(f"the miner of kind {kind!r} made no model of these variants: try another kind")
    return max(models, key=_goodness)


def _goodness(model: ProcessModel) -> tuple[bool, float, float, int]:
    return (model.refusal is None, model.f_score, -model.threshold, model.mined_variant_count)


def most_frequent(variants: Iterable[Counted], *, count: int) -> list[Counted]:
    """The most frequent variants that have an activity, ties in the order of the lists."""
    return sorted(((v, n) for v, n in variants if v), key=lambda counted: (-counted[1], counted[0]))[:count]


def _candidates(used: Sequence[Counted], kind: str) -> Iterator[tuple[int, Candidate, Net]]:
    """What the miner makes of all variants and of the most frequent ones, with its net; each net once."""
    seen: list[Net] = []
    parts = {len(used)} if kind == DIRECTLY_FOLLOWS else {len(used), min(MINED_PART, len(used))}
    for part in sorted(parts, reverse=True):
        for found in KINDS[kind](used[:part]):
            net = in_canonical_order(net_from_pm4py(*found.net))
            if net not in seen:
                seen.append(net)
                yield part, found, net


def _judged(
    found: Candidate, net: Net, used: Sequence[Counted], *, kind: str, part: int, limits: Limits | None
) -> ProcessModel:
    fitness, precision = measures.fitness(used, found.net), measures.precision(used, found.net)
    return ProcessModel(
        kind=kind,
        threshold=found.threshold,
        mined_variant_count=part,
        fitness=fitness,
        precision=precision,
        simplicity=measures.simplicity(found.net),
        net=net,
        text=found.text,
        tree=found.tree,
        graph=found.graph,
        refusal=refusal(tree=found.tree, net=net, fitness=fitness, precision=precision, limits=limits),
    )
