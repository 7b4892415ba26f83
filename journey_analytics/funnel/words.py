"""A funnel in one plain sentence: it stands under every table, chart and answer. Pure."""

from datetime import timedelta
from typing import Final

from journey_analytics.funnel.declared import SavedFunnel
from journey_analytics.funnel.definition import PURCHASE, STAGE_PREFIX, Exclusion, Funnel, Step

_ORDERS: Final = {
    "ordered": "in this order, with anything between",
    "strict": "in this order, with nothing the customer did between",
    "any": "in any order",
    "anchored": "the anchored steps in their place, those between them in any order",
}
_SPANS: Final = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))
_ORIGINS: Final = {
    "first": "the touchpoint of the entry",
    "last": "the last matched touchpoint",
    "step": "the touchpoint of the step before",
}


def definition(saved: SavedFunnel) -> str:
    """The whole definition as one sentence; options that are off are not mentioned."""
    funnel = saved.funnel
    parts = [
        f"Of {_population(funnel)}, those that go on to {_steps(funnel)}, {_ORDERS[funnel.order]}, {_window(funnel)}",
        _entry(funnel),
        *([f"same {' and '.join(funnel.held_constant)} throughout"] if funnel.held_constant else []),
        *([_exclusion(funnel, funnel.exclusion)] if funnel.exclusion else []),
        *([f"touchpoints within {span(funnel.same_time)} are interchangeable"] if funnel.same_time else []),
        *([f"{' and '.join(saved.by)} taken from {_ORIGINS[saved.breakdown_from]}"] if saved.by else []),
        "those still on their way are open, not lost",
    ]
    return "; ".join(parts) + "."


def span(time: timedelta) -> str:
    """A time span as people say it, in the largest unit that divides it: '30 days', '90 minutes'."""
    seconds = time.total_seconds()
    for size, name in _SPANS:
        if seconds >= size and seconds % size == 0:
            count = int(seconds // size)
            return f"{count:,} {name}{'s' if count != 1 else ''}"
    return f"{seconds:g} seconds"


def _population(funnel: Funnel) -> str:
    units = f"{funnel.unit}s"
    if funnel.order == "any" or funnel.is_open:
        return f"{units} with any of the steps{_period(funnel)}"
    return f"{units} with {_named(funnel.required[0])}{_period(funnel)}"


def _period(funnel: Funnel) -> str:
    since = f" from {funnel.since:%Y-%m-%d %H:%M} UTC" if funnel.since else ""
    return since + (f" until {funnel.until:%Y-%m-%d %H:%M} UTC" if funnel.until else "")


def _steps(funnel: Funnel) -> str:
    listed = funnel.steps if funnel.order == "any" or funnel.is_open else funnel.steps[1:]
    return (
        ", then ".join(map(_step, listed)) if funnel.order in ("ordered", "strict") else ", ".join(map(_step, listed))
    )


def _step(step: Step) -> str:
    gaps = [f"at least {span(step.min_gap)}"] if step.min_gap else []
    gaps += [f"at most {span(step.max_gap)}"] if step.max_gap is not None else []
    later = f" ({' and '.join(gaps)} later)" if gaps else ""
    marks = " (optional)" if step.is_optional else " (anchored)" if step.is_anchored else ""
    return f"{_named(step)}{marks}{later}"


def _named(step: Step) -> str:
    names = " or ".join(map(_spoken, step.activities))
    told = names if step.name in ("|".join(step.activities), names) else f"{step.name} ({names})"
    conditions = [f"{each.column} {' or '.join(each.values)}" for each in step.where]
    return f"{told} with {' and '.join(conditions)}" if conditions else told


def _spoken(name: str) -> str:
    if name == PURCHASE:
        return "a purchase"
    return f"stage {name.removeprefix(STAGE_PREFIX)}" if name.startswith(STAGE_PREFIX) else name


def _window(funnel: Funnel) -> str:
    return f"within {span(funnel.window)} of entering" if funnel.window else f"as long as the {funnel.unit} goes on"


def _entry(funnel: Funnel) -> str:
    if funnel.is_open:
        where = "entered at any step"
    elif funnel.order == "any":
        where = "entered with whichever comes first"
    else:
        where = f"entered with {funnel.required[0].name}"
    counts = {
        "first": f"one attempt per {funnel.unit}, its first",
        "every": "every attempt counts, the next one begins after the last is over",
        "best": f"one attempt per {funnel.unit}, the one that gets furthest",
    }
    return f"{where}, {counts[funnel.entry]}"


def _exclusion(funnel: Funnel, exclusion: Exclusion) -> str:
    names = " or ".join(map(_spoken, exclusion.activities))
    after = funnel.required[exclusion.after_step - 1].name
    before = funnel.required[(exclusion.before_step or len(funnel.required)) - 1].name
    consequence = f"leaves the {funnel.unit} out" if exclusion.mode == "drop_journey" else "ends the attempt there"
    return f"{names} between {after} and {before} {consequence}"
