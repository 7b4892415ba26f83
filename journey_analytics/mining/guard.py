"""Which discovered models are not to be presented as the way that journeys took, and why."""

from collections.abc import Mapping
from dataclasses import dataclass

from journey_analytics.mining.markings import Markings, TooFreeError, activities_ahead
from journey_analytics.mining.petri import Net, labels
from journey_analytics.mining.tree import FLOWER_PART, SMALLEST_FLOWER, Tree, is_flower

INSTEAD = "what journeys did is in `journey map` and `journey variants`"


@dataclass(frozen=True)
class Limits:
    """What a model must reach to be presented.

    Attributes:
        precision: 0–1; below, most of what it allows next was never seen.
        fitness: 0–1; below, it replays too little of what was.
    """

    precision: float = 0.5
    fitness: float = 0.5


@dataclass(frozen=True)
class Refusal:
    """Why a model is not to be presented, in the words of a sentence that begins with its name."""

    reason: str
    is_flower: bool = False


def refusal(
    *, tree: Tree | None, net: Net, fitness: float, precision: float, limits: Limits | None = None
) -> Refusal | None:
    """Why a model is refused; None where it may be presented.

    A flower (free choice, repeated at will, among more than half of its activities) is refused whatever it scores: it
    allows nearly any order. So is a model that no journey can walk to its end, or below a limit.
    """
    least = limits or Limits()
    free = free_activities(net)
    if (tree is not None and is_flower(tree)) or len(free) > FLOWER_PART * len(labels(net)):
        reason = f"it is a flower: {_count_of(free, net)} may come in any order, any number of times"
        return Refusal(reason, is_flower=True)
    if not is_completable(net):
        return Refusal("it has a dead end: no journey can walk it from its start to its end")
    if precision < least.precision:
        return Refusal(f"its precision is {precision:.2f}: most of what it allows next was never seen")
    if fitness < least.fitness:
        return Refusal(f"its fitness is {fitness:.2f}: it replays too little of what journeys did")
    return None


def _count_of(free: set[str], net: Net) -> str:
    return f"{len(free)} of its {len(labels(net))} activities" if free else "most of its activities"


def is_completable(net: Net) -> bool:
    """Whether the final marking can be reached; a net with too many markings to know is taken to be."""
    markings = Markings(net)
    try:
        return markings.end in markings.reachable()
    except TooFreeError:
        return True


def free_activities(net: Net) -> set[str]:
    """Activities of a net of which each may always be followed by each, itself included; fewer than three are none.

    A behavioural test, for a net of any origin: `*( tau, X( 'a', 'b', 'c' ) )` and one loop over three optional steps
    allow the same, any order and any number. Of several such groups a largest one that is
    found by taking away, again and again, the activity with the fewest partners (ties: the last by name). Empty where
    the net has too many markings to know.
    """
    following = _always_following(Markings(net))
    group = {activity for activity, after in following.items() if activity in after}
    while group:
        partners = {a: sum(_mutual(a, b, following) for b in group) for a in sorted(group, reverse=True)}
        weakest = min(partners, key=lambda activity: partners[activity])
        if partners[weakest] == len(group):
            break
        group.remove(weakest)
    return group if len(group) >= SMALLEST_FLOWER else set()


def _mutual(first: str, second: str, following: Mapping[str, frozenset[str]]) -> bool:
    return second in following[first] and first in following[second]


def _always_following(markings: Markings) -> dict[str, frozenset[str]]:
    """What may come next after an activity, wherever in the net it happened; nothing of a net of too many markings."""
    try:
        listed = markings.reachable()
    except TooFreeError:
        return {}
    allowed = activities_ahead(markings, listed, is_next_only=True)
    following: dict[str, frozenset[str]] = {}
    for marking in listed:
        for label, after in markings.after(marking):
            if label is not None:
                following[label] = following.get(label, allowed[after]) & allowed[after]
    return following
