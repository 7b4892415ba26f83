"""What journeys did beside what a net plans: cheapest alignments, of each variant once, always the same.

A net of few enough states is made an automaton, and the nearest way through it found for all variants together. Of a
net too large for that, r4pm (Rust) says what the cheapest alignment costs, and a search in a fixed order which it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from journey_analytics.errors import ConfigurationError
from journey_analytics.mining import r4pm_library
from journey_analytics.mining.first_way import FirstWays
from journey_analytics.mining.markings import TooFreeError
from journey_analytics.mining.moves import WHOLE, Move, Sight, seen
from journey_analytics.mining.nearest_way import NearestWays
from journey_analytics.mining.petri import Net
from journey_analytics.mining.walk import Walk

Variant = tuple[str, ...]
Asked = tuple[Variant, Sight]


@dataclass(frozen=True)
class Alignment:
    """A cheapest alignment of one variant.

    Attributes:
        cost: the number of log and model moves of the variant as a whole journey; None: it could not be aligned, the
            search was too large.
        moves: every log, model and sync move in order, silent steps left out, those out of sight too; empty where the
            cost is None. Of several equally cheap alignments always the same: matched as early as can be, then by name.
    """

    cost: int | None
    moves: tuple[Move, ...]


UNALIGNED = Alignment(cost=None, moves=())


def is_walkable(net: Net) -> bool:
    """Whether a net is small enough to be aligned to without r4pm."""
    return _ways(net) is not None


def empty_cost(net: Net) -> int:
    """The cost of a journey without a touchpoint: the least number of activities that the plan asks for.

    Raises:
        ConfigurationError: the plan has no way from its start to its end, or r4pm is needed and not installed.
    """
    return _empty_cost(net, _ways(net))


def align(net: Net, variants: Sequence[Variant], sights: Sequence[Sight] | None = None) -> list[Alignment]:
    """A cheapest alignment of each variant, in the order given; one that comes twice is aligned once.

    Log and model moves cost 1 each, silent ones nothing (the standard cost function).

    Args:
        net: the plan.
        variants: the activities of journeys, in order.
        sights: how much of each variant's journeys can be seen; None: all of all. Through an automaton the moves are
            those of the nearest way of which the rest is out of sight; else those of the whole one without the rest.

    Raises:
        ConfigurationError: the plan has no way from its start to its end, or r4pm is needed and not installed.
    """
    asked = list(zip(variants, sights or [WHOLE] * len(variants), strict=True))
    ways = _ways(net)
    least = _empty_cost(net, ways)
    distinct = list(dict.fromkeys(asked))
    aligned = _near(ways, distinct) if ways else _by_library(net, distinct, empty_cost=least)
    return [aligned[one] for one in asked]


def _ways(net: Net) -> NearestWays | None:
    try:
        return NearestWays(Walk(net))
    except TooFreeError:
        return None


def _empty_cost(net: Net, ways: NearestWays | None) -> int:
    found = ways.cost(()) if ways else r4pm_library.cost_of_nothing(net)
    if found is None:
        raise ConfigurationError(
            "no journey can follow this plan: its end is not reached from its start; check that every branch that is "
            "opened is closed by a gateway of its kind"
        )
    return found


def _near(ways: NearestWays, asked: Sequence[Asked]) -> dict[Asked, Alignment]:
    return {(steps, sight): Alignment(ways.cost(steps), ways.moves(steps, sight)) for steps, sight in asked}


def _by_library(net: Net, asked: Sequence[Asked], *, empty_cost: int) -> dict[Asked, Alignment]:
    variants = sorted({steps for steps, _ in asked} - {()})
    costs = {(): empty_cost} | r4pm_library.costs(net, variants)
    first = FirstWays(net)
    whole = {steps: _first(first, steps, cost=cost) for steps, cost in costs.items()}
    return {(steps, sight): Alignment(whole[steps].cost, seen(whole[steps].moves, sight)) for steps, sight in asked}


def _first(ways: FirstWays, steps: Variant, *, cost: int | None) -> Alignment:
    moves = None if cost is None else ways.moves(steps, cost=cost)
    return UNALIGNED if moves is None else Alignment(cost, moves)


def alignment_fitness(
    alignments: Sequence[Alignment], variants: Sequence[Variant], counts: Sequence[int], *, empty_cost: int
) -> float | None:
    """The mean fitness of journeys, 1 − cost ÷ (touchpoints + cost of the empty journey), 0–1.

    Args:
        alignments: of the variants, in their order.
        variants: what was aligned.
        counts: journeys of each variant: the weights.
        empty_cost: of the net; the worst alignment costs as much as the empty journey and every touchpoint.

    Returns:
        The mean over the journeys whose variant could be aligned; None where there are none. The formula is that of
        pm4py's average trace fitness (Adriansyah 2014).
    """
    total, weight = 0.0, 0
    for found, variant, count in zip(alignments, variants, counts, strict=True):
        if found.cost is not None:
            worst = len(variant) + empty_cost
            total += count * (1 - found.cost / worst if worst else 1.0)
            weight += count
    return total / weight if weight else None
