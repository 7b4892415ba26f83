"""How good a Petri net is on counted variants, by pm4py's token replay: each variant once, weighted by its journeys."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from journey_analytics.mining.pm4py_library import pm4py

Variant = tuple[str, ...]
Counted = tuple[Variant, int]
Pm4pyNet = tuple[Any, Any, Any]
"""A net of pm4py with its initial and final marking."""


def fitness(variants: Sequence[Counted], net: Pm4pyNet) -> float:
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


def precision(variants: Sequence[Counted], net: Pm4pyNet) -> float:
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


def _labels(net: Pm4pyNet) -> set[str]:
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


def _replayed(traces: Sequence[Variant], net: Pm4pyNet, *, stop_when_unfit: bool = False) -> list[Any]:
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


def simplicity(net: Pm4pyNet) -> float:
    """Inverse arc degree of a net, 0–1: 1 has the fewest arcs per node."""
    return float(pm4py().simplicity_petri_net(*net))
