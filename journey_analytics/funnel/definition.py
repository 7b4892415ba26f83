"""What an analyst means by a funnel: steps, unit, order, window, entry and exclusion, checked when it is made.

Pure: no frame, no SQL. The meaning of every word is that of DEFINITIONS ("Activity funnel") and is spelled out in
`Funnel`; `matching` turns it into SQL.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from journey_analytics.contract import STAGES, UNKNOWN
from journey_analytics.errors import ConfigurationError, nearest
from journey_analytics.instants import naive

UNITS: Final = ("journey", "customer", "session")
ORDERS: Final = ("ordered", "strict", "any", "anchored")
ENTRIES: Final = ("first", "every", "best")
EXCLUSION_MODES: Final = ("drop_journey", "end_at_exclusion")

COLUMNS: Final = (
    "source", "activity", "channel", "stage", "page_path", "topic", "category", "order_id", "device", "country",
    "campaign", "currency", "is_purchase", "is_passive",
)  # fmt: skip
"""The columns of a touchpoint that a condition may ask for and that a funnel may hold constant, compared as text."""

STAGE_PREFIX: Final = "stage:"
PURCHASE: Final = "is:purchase"
"""Instead of an activity: the conversion itself, whatever its activity is called in its source."""

ALTERNATIVE: Final = "|"
MAXIMUM_STEPS: Final = 20


@dataclass(frozen=True)
class Condition:
    """A touchpoint's `column`, as text, is one of `values`. A null fulfils no condition."""

    column: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Step:
    """One step: any of its `activities` is equal progress.

    Attributes:
        activities: names of activities, `stage:NAME` for any touchpoint of a stage, or `is:purchase`.
        name: what people read; unique within a funnel.
        is_optional: may be left out. Matched only between the required steps around it, after the step matched before.
        min_gap: least time since the step before; None: none.
        max_gap: most time since the step before, inclusive; None: none. "The step before" of a required step is the
            required one before it, so that an optional step never changes who gets how far; of an optional one, the
            last matched.
        where: all of them must hold.
        is_anchored: keeps its place in an `anchored` funnel; the first step always does.
    """

    activities: tuple[str, ...]
    name: str
    is_optional: bool = False
    min_gap: timedelta | None = None
    max_gap: timedelta | None = None
    where: tuple[Condition, ...] = ()
    is_anchored: bool = False


@dataclass(frozen=True)
class Exclusion:
    """Touchpoints that must not come between two steps.

    Attributes:
        activities: as in `Step`.
        mode: `drop_journey`: a unit with one is not in the funnel at all; `end_at_exclusion`: it keeps the steps that
            it reached before.
        after_step: number of the required step (from 1, optional ones not counted) after whose match it matters.
        before_step: number of the required step until whose match it matters; where that was not reached, until the
            window is over. None: the last one.
    """

    activities: tuple[str, ...]
    mode: str
    after_step: int = 1
    before_step: int | None = None


@dataclass(frozen=True)
class Funnel:
    """A funnel. Make it with `funnel`, which checks it.

    Attributes:
        name: what people read.
        steps: at least two required ones. One touchpoint satisfies one step.
        unit: whose touchpoints are matched: `journey`, `customer` or `session`.
        order: `ordered`: one after the other, others may come between; `strict`: nothing else of the unit comes
            between (passive touchpoints that the funnel does not name aside: nobody did them); `any`: in any order;
            `anchored`: anchored steps keep their place, those between two of them come in any order.
        window: total, from the entry, inclusive, never reset; None: as long as the unit goes on.
        entry: `first`: one attempt per unit, from its first entry; later ones begin no other, so a unit that fails its
            first attempt and makes a second one has failed. `every`: after an attempt has ended (completed, window
            over, or by exclusion; in strict order: at its last match) the next entry begins another, so attempts of a
            unit (with values held constant: of a unit and value) never overlap and no conversion is counted twice.
            `best`: one row per unit: of the attempts from each of its entries the one that gets furthest, of equals
            the first.
        exclusion: None: none.
        is_open: a unit enters at any required step, and goes on from there (ordered and strict); a touchpoint that
            satisfies several enters at the first of them.
        same_time: touchpoints that lie at most this far apart are interchangeable: a touchpoint may stand this long
            before the latest of those matched before it, and in strict order what lies this close to a match does not
            come between. None or 0: the order of touchpoints decides. Ordered and strict, without optional steps.
        held_constant: all matched touchpoints carry the values of the entry; one without a value does not match.
        since: the entry is at or after it (UTC); None: no bound.
        until: the entry is before it (UTC); None: no bound.
    """

    name: str
    steps: tuple[Step, ...]
    unit: str = "journey"
    order: str = "ordered"
    window: timedelta | None = None
    entry: str = "first"
    exclusion: Exclusion | None = None
    is_open: bool = False
    same_time: timedelta | None = None
    held_constant: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None

    @property
    def required(self) -> tuple[Step, ...]:
        """The steps that are not optional, in their order."""
        return tuple(step for step in self.steps if not step.is_optional)

    @property
    def tolerance(self) -> timedelta:
        """`same_time`, 0 where there is none."""
        return self.same_time or timedelta(0)


def step(
    activities: str | Iterable[str],
    *,
    name: str | None = None,
    is_optional: bool = False,
    min_gap: timedelta | None = None,
    max_gap: timedelta | None = None,
    where: Iterable[Condition] = (),
    is_anchored: bool = False,
) -> Step:
    """A checked step.

    Args:
        activities: as text, alternatives separated by `|` (`"product_viewed|pricing_viewed"`), or as a list.
        name: None: the alternatives as text.
        is_optional: see `Step`, like the rest.
        min_gap: not negative.
        max_gap: not shorter than `min_gap`.
        where: conditions on columns of `COLUMNS`.
        is_anchored: only for funnels of order `anchored`.

    Raises:
        ConfigurationError: naming the value, what was expected, and the nearest known name.
    """
    names = _alternatives(activities)
    made = Step(names, name or ALTERNATIVE.join(names), is_optional, min_gap, max_gap, tuple(where), is_anchored)
    _raise_first(_step_faults(made))
    return made


def exclusion(
    activities: str | Iterable[str], *, mode: str, after_step: int = 1, before_step: int | None = None
) -> Exclusion:
    """A checked exclusion; `activities` as in `step`.

    Raises:
        ConfigurationError: as `step`.
    """
    made = Exclusion(_alternatives(activities), mode, after_step, before_step)
    _raise_first(_name_faults("exclusion", made.activities))
    return made


def funnel(
    name: str,
    steps: Iterable[Step | str],
    *,
    unit: str = "journey",
    order: str = "ordered",
    window: timedelta | None = None,
    entry: str = "first",
    exclusion: Exclusion | None = None,
    is_open: bool = False,
    same_time: timedelta | None = None,
    held_constant: Iterable[str] = (),
    since: datetime | None = None,
    until: datetime | None = None,
) -> Funnel:
    """A checked funnel; a text among `steps` is `step(text)`. Arguments: see `Funnel`.

    Raises:
        ConfigurationError: naming the value, what was expected, and the nearest known name. Combinations without a
            meaning are refused too: gaps and optional steps where the step before is not known (`any`, `anchored`),
            `is_open` there, anchors anywhere but in `anchored`.
    """
    made = Funnel(
        name, tuple(step(each) if isinstance(each, str) else each for each in steps), unit, order, window, entry,
        exclusion, is_open, same_time, tuple(held_constant), since and naive(since), until and naive(until),
    )  # fmt: skip
    _raise_first(f"funnel {name!r}: {fault}" for fault in _funnel_faults(made))
    return made


def require_known(funnel: Funnel, *, activities: Collection[str]) -> None:
    """Refuse names of activities that the data does not have: a misspelled step would be a step nobody reaches.

    Raises:
        ConfigurationError: naming the first unknown activity, where it stands, and the nearest known one.
    """
    named = [(f"step {each.name!r}", each.activities) for each in funnel.steps]
    named += [("the exclusion", funnel.exclusion.activities)] if funnel.exclusion else []
    for place, names in named:
        for each in names:
            if not _is_token(each) and each not in activities:
                raise ConfigurationError(
                    f"funnel {funnel.name!r}, {place}: no touchpoint has the activity {each!r}; "
                    f"{nearest(each, activities)}"
                )


def _alternatives(activities: str | Iterable[str]) -> tuple[str, ...]:
    listed = activities.split(ALTERNATIVE) if isinstance(activities, str) else activities
    return tuple(dict.fromkeys(each.strip() for each in listed))


def _is_token(name: str) -> bool:
    return name.startswith(STAGE_PREFIX) or name == PURCHASE


def _raise_first(faults: Iterable[str]) -> None:
    for fault in faults:
        raise ConfigurationError(fault)


def _one_of(key: str, value: str, known: Collection[str]) -> Iterator[str]:
    if value not in known:
        yield f"{key} is {value!r}; expected one of {', '.join(known)}: {nearest(value, known)}"


def _name_faults(place: str, names: tuple[str, ...]) -> Iterator[str]:
    if not names or "" in names:
        yield f"{place} has an empty alternative; expected activities separated by {ALTERNATIVE!r}"
    stages = [name.removeprefix(STAGE_PREFIX) for name in names if name.startswith(STAGE_PREFIX)]
    for stage in stages:
        yield from _one_of(f"{place}: the stage", stage, (*STAGES, UNKNOWN))
    for name in names:
        if ":" in name and not _is_token(name):
            yield f"{place}: {name!r} is no activity; expected a name, {STAGE_PREFIX}NAME or {PURCHASE}"


def _step_faults(step: Step) -> Iterator[str]:
    place = f"step {step.name!r}"
    yield from _name_faults(place, step.activities)
    for condition in step.where:
        yield from _one_of(f"{place}: the column of a condition", condition.column, COLUMNS)
        if not condition.values:
            yield f"{place}: the condition on {condition.column} names no value; expected at least one"
    for key, gap in (("min_gap", step.min_gap), ("max_gap", step.max_gap)):
        if gap is not None and gap < timedelta(0):
            yield f"{place}: {key} is {gap}; expected none or a positive time"
    if step.min_gap is not None and step.max_gap is not None and step.min_gap > step.max_gap:
        yield f"{place}: min_gap {step.min_gap} is longer than max_gap {step.max_gap}"


def _funnel_faults(funnel: Funnel) -> Iterator[str]:
    yield from _one_of("unit", funnel.unit, UNITS)
    yield from _one_of("order", funnel.order, ORDERS)
    yield from _one_of("entry", funnel.entry, ENTRIES)
    for column in funnel.held_constant:
        yield from _one_of("held_constant", column, COLUMNS)
    yield from _steps_faults(funnel)
    yield from _order_faults(funnel)
    yield from _time_faults(funnel)
    if funnel.exclusion is not None:
        yield from _exclusion_faults(funnel, funnel.exclusion)


def _steps_faults(funnel: Funnel) -> Iterator[str]:
    names = [each.name for each in funnel.steps]
    for each in funnel.steps:
        yield from _step_faults(each)
    if len(funnel.required) < 2:  # noqa: PLR2004 - one step is a count, not a funnel
        yield f"{len(funnel.required)} required steps; expected at least two"
    if len(names) > MAXIMUM_STEPS:
        yield f"{len(names)} steps; expected at most {MAXIMUM_STEPS}"
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            yield f"two steps are called {name!r}; give each its own name"
    for place, each in (("first", funnel.steps[:1]), ("last", funnel.steps[-1:])):
        if each and each[0].is_optional:
            yield f"the {place} step {each[0].name!r} is optional; expected a required one at both ends"
    if funnel.steps and (funnel.steps[0].min_gap or funnel.steps[0].max_gap):
        yield f"the first step {funnel.steps[0].name!r} has a gap; expected none: nothing comes before it"


def _order_faults(funnel: Funnel) -> Iterator[str]:
    is_sequence = funnel.order in ("ordered", "strict")
    for each in funnel.steps:
        if not is_sequence and (each.is_optional or each.min_gap or each.max_gap):
            yield f"step {each.name!r} is optional or has a gap; expected order ordered or strict, not {funnel.order}"
        if each.is_anchored and funnel.order != "anchored":
            yield f"step {each.name!r} is anchored; expected order anchored, not {funnel.order}"
    if funnel.tolerance and not is_sequence:
        yield f"same_time with order {funnel.order}; expected ordered or strict"
    if funnel.tolerance and len(funnel.required) < len(funnel.steps):
        yield "same_time with optional steps; expected one of the two: what lies between is not told apart from ties"
    if funnel.is_open and not is_sequence:
        yield f"is_open with order {funnel.order}; expected ordered or strict"


def _time_faults(funnel: Funnel) -> Iterator[str]:
    if funnel.window is not None and funnel.window <= timedelta(0):
        yield f"window is {funnel.window}; expected a positive time, or none"
    if funnel.tolerance < timedelta(0):
        yield f"same_time is {funnel.same_time}; expected none or a positive time"
    if funnel.since is not None and funnel.until is not None and funnel.since >= funnel.until:
        yield f"since {funnel.since} is not before until {funnel.until}"


def _exclusion_faults(funnel: Funnel, exclusion: Exclusion) -> Iterator[str]:
    yield from _name_faults("exclusion", exclusion.activities)
    yield from _one_of("exclusion: mode", exclusion.mode, EXCLUSION_MODES)
    count = len(funnel.required)
    before = count if exclusion.before_step is None else exclusion.before_step
    if not 1 <= exclusion.after_step < before <= count:
        yield (
            f"exclusion between the required steps {exclusion.after_step} and {before}; "
            f"expected two of 1 to {count} in order"
        )
    if funnel.order in ("any", "anchored") and (exclusion.after_step, before) != (1, count):
        yield f"exclusion between chosen steps with order {funnel.order}; expected none chosen, from entry to end"
