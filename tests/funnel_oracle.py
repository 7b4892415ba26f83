"""Activity funnels by brute force: every chain of every entry, from the definitions and not from the SQL."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from journey_analytics.funnel.definition import Funnel, Step

NEVER = 10**9
LATEST = datetime(9000, 1, 1)


@dataclass(frozen=True)
class Touch:
    """A touchpoint of one unit; `place` is its position in the unit's order."""

    place: int
    activity: str
    at: datetime
    held: tuple[str | None, ...] = ()
    is_passive: bool = False


@dataclass(frozen=True)
class Attempt:
    """What the SQL must return for an entry: places per step of the funnel, None where not reached."""

    entry: int
    entry_step: int
    places: tuple[int | None, ...]
    reached_count: int
    excluded: int | None


def attempts(log: list[Touch], funnel: Funnel) -> list[Attempt] | None:
    """The attempts of one unit in order; None when an exclusion drops the unit."""
    log = [touch for touch in log if _is_seen(touch, funnel)]
    entries = [touch for touch in log if _entry_step(touch, funnel) and None not in touch.held]
    entries = [
        touch
        for touch in entries
        if (funnel.since is None or touch.at >= funnel.since) and (funnel.until is None or touch.at < funnel.until)
    ]
    if funnel.entry == "first":
        entries = entries[:1]
    if funnel.entry == "every":
        found = [
            each for line in dict.fromkeys(e.held for e in entries) for each in _in_turn(log, entries, line, funnel)
        ]
    else:
        found = [_attempt(log, entry, funnel) for entry in entries]
    if funnel.exclusion and funnel.exclusion.mode == "drop_journey" and any(each.excluded for each in found):
        return None
    if funnel.entry == "best":
        found = sorted(found, key=lambda each: (-each.reached_count, each.entry))[:1]
    return sorted(found, key=lambda each: each.entry)


def _in_turn(log: list[Touch], entries: list[Touch], line: tuple[str | None, ...], funnel: Funnel) -> Iterator[Attempt]:
    """One attempt after the other has ended."""
    rest = [entry for entry in entries if entry.held == line]
    while rest:
        found = _attempt(log, rest[0], funnel)
        yield found
        required = [place for place, step in zip(found.places, funnel.steps, strict=True) if not step.is_optional]
        last = max(place for place in required if place)
        ends_at_exclusion = funnel.exclusion and funnel.exclusion.mode == "end_at_exclusion"
        if funnel.order == "strict" or None not in required:
            rest = [entry for entry in rest if entry.place > last]
        elif ends_at_exclusion and found.excluded:
            rest = [entry for entry in rest if entry.place > found.excluded]
        else:
            over = rest[0].at + funnel.window if funnel.window else LATEST
            rest = [entry for entry in rest if entry.at > over]


def _is_seen(touch: Touch, funnel: Funnel) -> bool:
    named = any(touch.activity in step.activities for step in funnel.steps)
    excluded = funnel.exclusion is not None and touch.activity in funnel.exclusion.activities
    return named or excluded or (funnel.order == "strict" and not touch.is_passive)


def _entry_step(touch: Touch, funnel: Funnel) -> int | None:
    steps = funnel.required if funnel.is_open or funnel.order == "any" else funnel.required[:1]
    return next((number for number, step in enumerate(steps, 1) if touch.activity in step.activities), None)


def _attempt(log: list[Touch], entry: Touch, funnel: Funnel) -> Attempt:
    over = entry.at + funnel.window if funnel.window else LATEST
    usable = [touch for touch in log if touch.at <= over]
    matchable = [touch for touch in usable if touch.held == entry.held]
    chain = min(_chains(usable, matchable, entry, funnel), key=lambda found: _rank(found, funnel))
    required = [number for number, step in enumerate(funnel.steps) if not step.is_optional]
    excluded = _excluded(usable, chain, entry, required, funnel)
    if excluded and funnel.exclusion and funnel.exclusion.mode == "end_at_exclusion":
        chain = _cut(chain, excluded, required, funnel)
    if funnel.order == "ordered":
        chain = _with_optional(matchable, chain, funnel)
    places = tuple(chain[number].place if number in chain else None for number in range(len(funnel.steps)))
    count = sum(number in chain for number in required)
    return Attempt(entry.place, _entry_step(entry, funnel) or 0, places, count, excluded.place if excluded else None)


Chain = dict[int, Touch]
"""Step (from 0, in the order of the funnel) to touchpoint."""


def _rank(chain: Chain, funnel: Funnel) -> tuple[int, list[int], list[int]]:
    """Most required steps, then the earliest required touchpoints step by step, then the earliest optional ones."""
    places = [chain[number].place if number in chain else NEVER for number in range(len(funnel.steps))]
    required = [place for place, step in zip(places, funnel.steps, strict=True) if not step.is_optional]
    optional = [place for place, step in zip(places, funnel.steps, strict=True) if step.is_optional]
    return -sum(place < NEVER for place in required), required, optional


def _chains(usable: list[Touch], matchable: list[Touch], entry: Touch, funnel: Funnel) -> Iterator[Chain]:
    """All valid chains that hold the entry."""
    if funnel.order in ("any", "anchored"):
        yield from _free_chains(matchable, entry, funnel)
        return
    begin = [number for number, step in enumerate(funnel.steps) if not step.is_optional][
        (_entry_step(entry, funnel) or 1) - 1
    ]
    yield from _grown({begin: entry}, begin + 1, usable, matchable, funnel)


def _grown(chain: Chain, number: int, usable: list[Touch], matchable: list[Touch], funnel: Funnel) -> Iterator[Chain]:
    """The chain and all that it can grow into with the steps from `number` on, one after the other."""
    if not funnel.steps[max(chain)].is_optional:
        yield chain  # an optional match at the end has no required one after it
    for following in range(number, len(funnel.steps)):
        step = funnel.steps[following]
        if not step.is_optional or funnel.order == "strict":
            for touch in matchable:
                if touch.activity in step.activities and _may_follow(touch, chain, step, usable, funnel):
                    yield from _grown({**chain, following: touch}, following + 1, usable, matchable, funnel)
        if not step.is_optional:
            return


def _may_follow(touch: Touch, chain: Chain, step: Step, usable: list[Touch], funnel: Funnel) -> bool:
    last = chain[max(chain)]
    latest = max(other.at for other in chain.values())
    required = [number for number in chain if not funnel.steps[number].is_optional]
    before = last if step.is_optional else chain[max(required)]
    if touch in chain.values() or not _keeps_gaps(touch, before, step):
        return False
    tolerance = funnel.tolerance
    between = [
        other
        for other in usable
        if (
            latest + tolerance < other.at < touch.at - tolerance
            if tolerance
            else last.place < other.place < touch.place
        )
    ]
    if funnel.order == "strict" and between:
        return False
    return touch.at >= latest - tolerance if tolerance else touch.place > last.place


def _keeps_gaps(touch: Touch, before: Touch, step: Step) -> bool:
    gap = touch.at - before.at
    return (not step.min_gap or gap >= step.min_gap) and (step.max_gap is None or gap <= step.max_gap)


def _free_chains(matchable: list[Touch], entry: Touch, funnel: Funnel) -> Iterator[Chain]:
    """Any order, wholly or between anchors: all assignments, kept when they obey."""
    usable = [touch for touch in matchable if touch.place >= entry.place]
    for chain in _assignments(0, {}, usable, funnel):
        if entry in chain.values() and (funnel.order == "any" or _keeps_places(chain, entry, funnel)):
            yield chain


def _assignments(number: int, chain: Chain, usable: list[Touch], funnel: Funnel) -> Iterator[Chain]:
    if number == len(funnel.steps):
        yield chain
        return
    yield from _assignments(number + 1, chain, usable, funnel)
    for touch in usable:
        if touch.activity in funnel.steps[number].activities and touch not in chain.values():
            yield from _assignments(number + 1, {**chain, number: touch}, usable, funnel)


def _keeps_places(chain: Chain, entry: Touch, funnel: Funnel) -> bool:
    """Everything before a fixed step is done, and before it; nothing after it comes before it."""
    fixed = [number for number, step in enumerate(funnel.steps) if number == 0 or step.is_anchored]
    if chain.get(0) != entry:
        return False
    for number in fixed:
        before = [chain.get(each) for each in range(number)]
        after = [chain[each] for each in chain if each > number]
        here = chain.get(number)
        if here is None:
            if after:
                return False
            continue
        if any(touch is None or touch.place > here.place for touch in before):
            return False
        if any(touch.place < here.place for touch in after):
            return False
    return True


def _excluded(usable: list[Touch], chain: Chain, entry: Touch, required: list[int], funnel: Funnel) -> Touch | None:
    exclusion = funnel.exclusion
    if exclusion is None:
        return None
    begin, end = required[exclusion.after_step - 1], required[(exclusion.before_step or len(required)) - 1]
    if funnel.order in ("any", "anchored"):
        first: Touch | None = entry
        last = max(touch.place for touch in chain.values()) if len(chain) == len(required) else NEVER
    else:
        entered = min(chain)
        first = entry if begin < entered < end else chain.get(begin)
        last = chain[end].place if end in chain else NEVER
    if first is None:
        return None
    named = [touch for touch in usable if touch.activity in exclusion.activities and first.place < touch.place]
    return named[0] if named and named[0].place < last else None


def _cut(chain: Chain, excluded: Touch, required: list[int], funnel: Funnel) -> Chain:
    if funnel.order in ("any", "anchored"):
        return {number: touch for number, touch in chain.items() if touch.place < excluded.place}
    assert funnel.exclusion
    begin = required[funnel.exclusion.after_step - 1]
    kept: Chain = {}
    for number in sorted(chain):
        if number > begin and chain[number].place > excluded.place:
            break
        kept[number] = chain[number]
    while kept and funnel.steps[max(kept)].is_optional:
        del kept[max(kept)]  # it stood between two required matches, and no longer does
    return kept


def _with_optional(matchable: list[Touch], chain: Chain, funnel: Funnel) -> Chain:
    """Each optional step in turn takes its first touchpoint between the last match and the next required one."""
    grown = dict(chain)
    for number, step in enumerate(funnel.steps):
        following = next((each for each in range(number, len(funnel.steps)) if not funnel.steps[each].is_optional), 0)
        before = max((each for each in range(number) if not funnel.steps[each].is_optional), default=-1)
        if not step.is_optional or following not in chain or before not in chain:
            continue
        last = grown[max(each for each in grown if each < number)]
        for touch in matchable:
            if (
                touch.activity in step.activities
                and last.place < touch.place < chain[following].place
                and _keeps_gaps(touch, last, step)
            ):
                grown[number] = touch
                break
    return grown
