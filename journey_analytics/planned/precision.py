"""How much of what a plan allows is ever done: its precision.

Pure. Source: Adriansyah, Munoz-Gama, Carmona, van Dongen, van der Aalst 2015, Inf Syst E-Bus Manage 13:37 (one
alignment per journey, journeys brought onto the plan's ways first).
"""

from collections import Counter
from collections.abc import Iterable

from journey_analytics.mining.walk import Walk

Run = tuple[str, ...]


def plan_precision(runs: Iterable[tuple[Run, int]], walk: Walk) -> float | None:
    """Of the next steps that the plan allows, the part that journeys took, 0–1: 1 allows nothing that nobody does.

    Each beginning of a run counts as often as journeys went on from it.

    Args:
        runs: ways through the plan from its start, each with its number of journeys.
        walk: of the same plan.

    Returns:
        None where no journey took a step.
    """
    followers: dict[Run, set[str]] = {}
    weights: Counter[Run] = Counter()
    for run, count in runs:
        for length, label in enumerate(run):
            followers.setdefault(run[:length], set()).add(label)
            weights[run[:length]] += count
    states: dict[Run, int] = {(): Walk.START}
    allowed, taken = 0, 0
    for begun in sorted(followers, key=len):
        following = walk.following(states[begun])
        states |= {(*begun, label): following[label] for label in followers[begun]}
        allowed += weights[begun] * len(following)
        taken += weights[begun] * len(followers[begun])
    return taken / allowed if allowed else None
