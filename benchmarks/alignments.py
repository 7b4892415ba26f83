"""Seconds to align every stage variant and the most frequent activity variants of a large log, beside r4pm and pm4py.

    python benchmarks/alignments.py --events 1000000 --top 10000 --sample 40

A log is drawn: 30 activities of four stages, about 10 touchpoints per journey, with skips, repeats and steps out of
order, so that most journeys are a variant of their own. Each level is aligned to a designed journey, through the
automaton; r4pm's `align_variants` says of all of them what they cost (its moves are chance), and pm4py's A* of a sample
spread over the list. All costs must be equal. Seconds are wall clock, in parentheses CPU.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from random import Random
from typing import Any

from journey_analytics.contract import STAGES
from journey_analytics.mining import r4pm_library
from journey_analytics.mining.alignment import align, alignment_fitness, empty_cost, is_walkable
from journey_analytics.mining.miners import petri_net
from journey_analytics.mining.nets import net_of
from journey_analytics.mining.pm4py_library import pm4py
from journey_analytics.mining.tree import CHOICE, LOOP, SEQUENCE, Tree, operator_tree

ACTIVITIES = {stage: [f"{stage}_{n}" for n in range(size)] for stage, size in zip(STAGES, (7, 9, 8, 6), strict=True)}
STAGE_OF = {activity: stage for stage, names in ACTIVITIES.items() for activity in names}
SILENT = Tree()
PM4PY_UNIT = 10_000
"""pm4py's cost of one move that is seen; silent ones cost 1."""

Variant = tuple[str, ...]


@dataclass(frozen=True)
class Timed:
    """What was made, and in how many seconds of wall clock and of CPU."""

    made: Any
    wall: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.wall:.2f} s ({self.cpu:.2f} s)"


@dataclass(frozen=True)
class Level:
    """What was measured at one level."""

    name: str
    variants: int
    journeys: int
    ours: Timed
    r4pm: Timed
    sample: int
    sample_ours: Timed
    sample_pm4py: Timed
    fitness: float | None

    def __str__(self) -> str:
        return (
            f"{self.name:<9} {self.variants:>7,} variants of {self.journeys:>9,} journeys: ours {self.ours}, "
            f"r4pm {self.r4pm}; {self.sample} of them: ours {self.sample_ours}, pm4py's A* {self.sample_pm4py}; "
            f"all costs equal; fitness {self.fitness or 0:.3f}"
        )


def main() -> None:
    """Draw, align, compare, print."""
    options = _options()
    pm4py()  # before anything is timed
    r4pm_library.costs(net_of(stage_plan()), [STAGES])
    began = time.perf_counter()
    journeys = list(drawn(options.events, seed=options.seed))
    drawn_seconds = time.perf_counter() - began
    print(f"{sum(map(len, journeys)):,} events of {len(journeys):,} journeys, drawn in {drawn_seconds:.1f} s")
    began = time.perf_counter()
    by_level = {
        "stage": (stage_plan(), counted([stages(journey) for journey in journeys])),
        "activity": (activity_plan(), counted(journeys)[: options.top]),
    }
    print(f"counted in {time.perf_counter() - began:.1f} s")
    measured = [measure(name, plan, log, sample=options.sample) for name, (plan, log) in by_level.items()]
    for level in measured:
        print(level)
    print(f"all alignments: {sum(level.ours.wall for level in measured):.1f} s")


def drawn(events: int, *, seed: int) -> Iterator[Variant]:
    """Journeys until they have that many events together."""
    random = Random(seed)
    left = events
    while left > 0:
        journey = _journey(random)[:left]
        left -= len(journey)
        yield journey


def _journey(random: Random) -> Variant:
    """Through the stages, some skipped, most activities of a stage in their order; ends early more often than not."""
    steps: list[str] = []
    for stage in STAGES:
        if random.random() < 0.85:
            names = [name for name in ACTIVITIES[stage] if random.random() < 0.45] or [ACTIVITIES[stage][0]]
            steps += [name for name in names for _ in range(1 + (random.random() < 0.15))]
        if random.random() < 0.2:
            break
    if steps and random.random() < 0.3:
        steps.insert(random.randrange(len(steps)), random.choice(list(STAGE_OF)))
    return tuple(steps) or (ACTIVITIES[STAGES[0]][0],)


def stages(journey: Variant) -> Variant:
    """The stages of a journey, immediate repeats as one."""
    return tuple(stage for stage, _ in groupby(STAGE_OF[activity] for activity in journey))


def counted(variants: Sequence[Variant]) -> list[tuple[Variant, int]]:
    """Variants with their journeys, most first, ties in the order of the lists."""
    return sorted(Counter(variants).items(), key=lambda pair: (-pair[1], pair[0]))


def stage_plan() -> Tree:
    """Each stage once in order, every one after the first optional."""
    plan = Tree(activity=STAGES[-1])
    for stage in reversed(STAGES[:-1]):
        plan = operator_tree(SEQUENCE, [Tree(activity=stage), operator_tree(CHOICE, [SILENT, plan])])
    return plan


def activity_plan() -> Tree:
    """The activities of each stage in order, all optional, the last of a stage as often as needed."""
    parts = []
    for names in ACTIVITIES.values():
        parts += [operator_tree(CHOICE, [SILENT, Tree(activity=name)]) for name in names[:-1]]
        parts.append(operator_tree(LOOP, [SILENT, Tree(activity=names[-1])]))
    return operator_tree(SEQUENCE, parts)


def measure(name: str, plan: Tree, log: Sequence[tuple[Variant, int]], *, sample: int) -> Level:
    """Align all variants of a level, and let r4pm and, of a sample, pm4py say what they cost.

    Raises:
        SystemExit: a cost is not that of the others, or the plan is not aligned to through its automaton.
    """
    net = net_of(plan)
    if not is_walkable(net):
        raise SystemExit(f"{name}: the plan has too many states for an automaton")
    variants, counts = [variant for variant, _ in log], [count for _, count in log]
    part = variants[:: max(1, len(variants) // sample)][:sample]
    ours, theirs = timed(lambda: align(net, variants)), timed(lambda: r4pm_library.costs(net, variants))
    sample_ours, astar = timed(lambda: align(net, part)), timed(lambda: astar_costs(plan, part))
    if [found.cost for found in ours.made] != [theirs.made[variant] for variant in variants]:
        raise SystemExit(f"{name}: costs differ from r4pm's")
    if [found.cost for found in sample_ours.made] != astar.made:
        raise SystemExit(f"{name}: costs differ from pm4py's")
    fitness = alignment_fitness(ours.made, variants, counts, empty_cost=empty_cost(net))
    return Level(name, len(variants), sum(counts), ours, theirs, len(part), sample_ours, astar, fitness)


def astar_costs(plan: Tree, variants: Sequence[Variant]) -> list[int]:
    """What pm4py's A* pays for each variant, in moves that are seen."""
    from pm4py.algo.conformance.alignments.petri_net import algorithm
    from pm4py.objects.log.obj import Event, Trace

    net = petri_net(plan)
    traces = [Trace([Event({"concept:name": activity}) for activity in variant]) for variant in variants]
    found: list[Any] = [algorithm.apply(trace, *net) for trace in traces]
    return [alignment["cost"] // PM4PY_UNIT for alignment in found]


def timed(work: Callable[[], Any]) -> Timed:
    """Do it, and look at the clocks."""
    wall, cpu = time.perf_counter(), time.process_time()
    made = work()
    return Timed(made, time.perf_counter() - wall, time.process_time() - cpu)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--top", type=int, default=10_000, help="activity variants to align, most frequent first")
    parser.add_argument("--sample", type=int, default=40, help="variants of each level for pm4py")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
