"""`[[funnel]]` tables of `journey.toml`, or the words of a command, → checked funnels.

Pure: standard library only. All faults of a table are found, not the first alone.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from journey_analytics.errors import ConfigurationError, nearest
from journey_analytics.funnel.definition import Condition, Exclusion, Funnel, Step, exclusion, funnel, step

BREAKDOWNS: Final = ("first", "last", "step")
DEFAULT_WINDOW: Final = "30d"
NO_WINDOW: Final = "none"
DEFAULT_MODE: Final = "end_at_exclusion"
AD_HOC: Final = "ad_hoc"
_OPTIONAL: Final = "?"
_ANCHORED: Final = "!"
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DURATION: Final = re.compile(r"(?:\d+[smhdw])+")
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_]*")
_EXPECTED: Final = {str: "text", int: "a whole number", bool: "true or false", dict: "a table", list: "a list"}

_FUNNEL_KEYS: Final[Mapping[str, tuple[type, ...]]] = {
    "name": (str,),
    "steps": (list,),
    "unit": (str,),
    "order": (str,),
    "window": (str,),
    "entry": (str,),
    "exclude": (str, list, dict),
    "open": (bool,),
    "same_time_seconds": (int,),
    "hold": (str, list),
    "by": (str, list),
    "breakdown_from": (str,),
    "since": (str, date),
    "until": (str, date),
}
_STEP_KEYS: Final[Mapping[str, tuple[type, ...]]] = {
    "activities": (str, list),
    "name": (str,),
    "optional": (bool,),
    "anchored": (bool,),
    "min_gap": (str,),
    "max_gap": (str,),
    "where": (dict,),
}
_EXCLUDE_KEYS: Final[Mapping[str, tuple[type, ...]]] = {"activities": (str, list), "between": (list,), "mode": (str,)}


@dataclass(frozen=True)
class SavedFunnel:
    """A funnel with how its figures are broken down.

    Attributes:
        funnel: what is matched.
        by: columns by whose values the figures are broken down, besides the whole.
        breakdown_from: the touchpoint a value is taken from: that of the entry (`first`), the last matched one
            (`last`), or, in the row of each step, that of the step before (`step`).
    """

    funnel: Funnel
    by: tuple[str, ...] = ()
    breakdown_from: str = "first"


def declared_funnels(tables: object, add: Callable[[str], None]) -> tuple[SavedFunnel, ...]:
    """The funnels of `[[funnel]]` tables; `add` is called with each fault: where, key, value, what was expected."""
    listed = tables if isinstance(tables, list) else []
    found = [_declared(number, table, add) for number, table in enumerate(listed, 1)]
    names = [saved.funnel.name for saved in found if saved]
    for name in sorted({name for name in names if names.count(name) > 1}):
        add(f"two funnels are called {name!r}; give each its own name")
    return tuple(saved for saved in found if saved)


def _declared(number: int, table: object, add: Callable[[str], None]) -> SavedFunnel | None:
    if not isinstance(table, dict):
        add(f"funnel {number} is {table!r}; expected a table written as [[funnel]]")
        return None
    where = f"[[funnel]] {table.get('name') or f'number {number}'}:"
    faults = [*_table_faults(table, _FUNNEL_KEYS), *_missing(table), *_value_faults(table)]
    if not faults:
        try:
            return saved_funnel(table)
        except ConfigurationError as error:
            faults = [str(error).removeprefix(f"funnel {table['name']!r}: ")]
    for fault in faults:
        add(f"{where} {fault}")
    return None


def saved_funnel(table: Mapping[str, Any]) -> SavedFunnel:
    """One table, its keys and types already known to be right.

    Raises:
        ConfigurationError: naming the first value that is impossible, and what was expected.
    """
    steps = [_step(each) for each in table["steps"]]
    made = funnel(
        table["name"],
        steps,
        unit=table.get("unit", "journey"),
        order=table.get("order", "ordered"),
        window=_window(table.get("window", DEFAULT_WINDOW)),
        entry=table.get("entry", "first"),
        exclusion=_exclusion(table.get("exclude"), steps),
        is_open=table.get("open", False),
        same_time=timedelta(seconds=table["same_time_seconds"]) if "same_time_seconds" in table else None,
        held_constant=_texts(table.get("hold", [])),
        since=_moment(table.get("since")),
        until=_moment(table.get("until")),
    )
    return SavedFunnel(made, tuple(_texts(table.get("by", []))), table.get("breakdown_from", "first"))


def duration(text: str) -> timedelta:
    """A time span such as `30d`, `12h`, `45m` or `1d12h`; the units are s, m (minutes), h, d and w.

    Raises:
        ConfigurationError: for anything else.
    """
    compact = text.replace(" ", "")
    if not _DURATION.fullmatch(compact):
        raise ConfigurationError(f"{text!r} is no time span; expected one such as '30d', '12h', '45m' or '1d12h'")
    try:
        return sum(
            (timedelta(**{_UNITS[unit]: int(count)}) for count, unit in re.findall(r"(\d+)([smhdw])", compact)),
            timedelta(),
        )
    except OverflowError as error:
        raise ConfigurationError(f"{text!r} is no time span: it is longer than any time") from error


def _table_faults(table: Mapping[str, Any], known: Mapping[str, tuple[type, ...]]) -> Iterator[str]:
    for key, value in table.items():
        if key not in known:
            yield f"unknown key {key!r}; {nearest(key, known)}"
        elif type(value) not in (*known[key], *((datetime,) if date in known[key] else ())):
            names = " or ".join(_EXPECTED[kind] for kind in known[key] if kind in _EXPECTED)
            yield f"{key} is {value!r}; expected {names}"


def _missing(table: Mapping[str, Any]) -> Iterator[str]:
    if not table.get("name"):
        yield "name is missing; expected text"
    if not table.get("steps"):
        yield "steps is missing; expected a list of activities such as ['product_viewed', 'product_added']"


def _value_faults(table: Mapping[str, Any]) -> Iterator[str]:
    name, origin = table.get("name"), table.get("breakdown_from", "first")
    if isinstance(name, str) and name and not _NAME.fullmatch(name):
        yield f"name {name!r}; expected lower-case letters, digits and underscores"
    if isinstance(origin, str) and origin not in BREAKDOWNS:
        yield f"breakdown_from is {origin!r}; expected one of {', '.join(BREAKDOWNS)}"
    for key in ("hold", "by"):
        if not _are_texts(table.get(key, [])):
            yield f"{key} is {table[key]!r}; expected a column or a list of columns"
    steps = table.get("steps")
    for number, each in enumerate(steps if isinstance(steps, list) else [], 1):
        yield from _step_faults(number, each)
    if isinstance(exclude := table.get("exclude"), dict):
        yield from (f"exclude: {fault}" for fault in _exclude_faults(exclude))
    elif not _are_texts(exclude or []):
        yield f"exclude is {exclude!r}; expected an activity, a list of them, or a table with activities"


def _step_faults(number: int, value: object) -> Iterator[str]:
    if isinstance(value, str):
        return
    if not isinstance(value, dict):
        yield f"step {number} is {value!r}; expected an activity, or a table with activities"
        return
    for fault in _table_faults(value, _STEP_KEYS):
        yield f"step {number}: {fault}"
    if not value.get("activities") or not _are_texts(value["activities"]):
        yield f"step {number}: activities is {value.get('activities')!r}; expected an activity or a list of them"
    where = value.get("where", {})
    for column, values in where.items() if isinstance(where, dict) else ():
        if not _are_texts(values):
            yield f"step {number}: where {column} is {values!r}; expected text or a list of texts"


def _exclude_faults(value: Mapping[str, Any]) -> Iterator[str]:
    yield from _table_faults(value, _EXCLUDE_KEYS)
    if not value.get("activities") or not _are_texts(value["activities"]):
        yield f"activities is {value.get('activities')!r}; expected an activity or a list of them"
    between = value.get("between", ["", ""])
    if isinstance(between, list) and (len(between) != 2 or not _are_texts(between)):  # noqa: PLR2004 - two ends
        yield f"between is {between!r}; expected the names of two required steps"


def _are_texts(value: object) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and all(isinstance(each, str) for each in value))


def _texts(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _step(value: str | Mapping[str, Any]) -> Step:
    """A step as text may end in '?' (optional) or '!' (anchored)."""
    if isinstance(value, str):
        names = value.strip()
        return step(
            names.rstrip(_OPTIONAL + _ANCHORED),
            is_optional=names.endswith(_OPTIONAL),
            is_anchored=names.endswith(_ANCHORED),
        )
    return step(
        value["activities"],
        name=value.get("name"),
        is_optional=value.get("optional", False),
        is_anchored=value.get("anchored", False),
        min_gap=_gap(value, "min_gap"),
        max_gap=_gap(value, "max_gap"),
        where=[Condition(column, tuple(_texts(values))) for column, values in value.get("where", {}).items()],
    )


def _gap(value: Mapping[str, Any], key: str) -> timedelta | None:
    return _duration_of(key, value[key]) if key in value else None


def _window(text: str) -> timedelta | None:
    return None if text == NO_WINDOW else _duration_of("window", text)


def _duration_of(key: str, text: str) -> timedelta:
    try:
        return duration(text)
    except ConfigurationError as error:
        raise ConfigurationError(f"{key}: {error}") from None


def _exclusion(value: Any, steps: list[Step]) -> Exclusion | None:
    if not value:
        return None
    if not isinstance(value, dict):
        return exclusion(_texts(value), mode=DEFAULT_MODE)
    first, last = (_place(name, steps) for name in value.get("between", (None, None)))
    return exclusion(value["activities"], mode=value.get("mode", DEFAULT_MODE), after_step=first or 1, before_step=last)


def _place(name: str | None, steps: list[Step]) -> int | None:
    """The number of a required step, from 1, by its name."""
    required = [each.name for each in steps if not each.is_optional]
    if name is None:
        return None
    if name not in required:
        raise ConfigurationError(f"exclude: between names no required step {name!r}; {nearest(name, required)}")
    return required.index(name) + 1


def _moment(value: Any) -> datetime | None:
    """A day (its first moment, UTC) or an instant; without a time zone it is UTC."""
    if value is None or isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, datetime.min.time())
    try:
        return datetime.fromisoformat(value)
    except ValueError as error:
        raise ConfigurationError(f"{value!r} is no date; expected one such as '2026-03-01'") from error


def asked_funnel(saved: Sequence[SavedFunnel], words: Sequence[str], options: Mapping[str, Any]) -> SavedFunnel:
    """The funnel that a command names: one saved, by its name, or one of these steps.

    Args:
        saved: the funnels of the workspace.
        words: the name of one of them, or two steps or more, written as in `journey.toml`.
        options: keys of a `[[funnel]]` table; null, empty and false ones were not given. They change a saved funnel.

    Raises:
        ConfigurationError: for every fault of what was asked, with what was expected.
    """
    given = {key: value for key, value in options.items() if value not in (None, [], (), False)}
    if len(words) > 1:
        return _checked({"name": AD_HOC, "steps": list(words), **given})
    found = {one.funnel.name: one for one in saved}
    if not words or words[0] not in found:
        asked = f"no funnel {words[0]!r} is saved" if words else "no funnel was named"
        known = nearest(words[0] if words else "", found) if found else "journey.toml has no [[funnel]]"
        raise ConfigurationError(f"{asked} (for one that is not, give two steps or more); {known}")
    return _changed(found[words[0]], given)


def _checked(table: Mapping[str, Any]) -> SavedFunnel:
    faults: list[str] = []
    found = declared_funnels([table], faults.append)
    if faults:
        raise ConfigurationError("; ".join(fault.removeprefix(f"[[funnel]] {AD_HOC}: ") for fault in faults))
    return found[0]


def _changed(saved: SavedFunnel, given: Mapping[str, Any]) -> SavedFunnel:
    """A saved funnel with some of its options replaced, checked again."""
    _checked({"name": AD_HOC, "steps": ["a", "b"], "breakdown_from": "first"} | _harmless(given))
    before = saved.funnel
    made = funnel(
        before.name,
        before.steps,
        unit=given.get("unit", before.unit),
        order=given.get("order", before.order),
        window=_window(given["window"]) if "window" in given else before.window,
        entry=given.get("entry", before.entry),
        exclusion=_exclusion(given["exclude"], list(before.steps)) if "exclude" in given else before.exclusion,
        is_open=given.get("open", before.is_open),
        same_time=timedelta(seconds=given["same_time_seconds"]) if "same_time_seconds" in given else before.same_time,
        held_constant=_texts(given["hold"]) if "hold" in given else before.held_constant,
        since=_moment(given["since"]) if "since" in given else before.since,
        until=_moment(given["until"]) if "until" in given else before.until,
    )
    by = tuple(_texts(given["by"])) if "by" in given else saved.by
    return SavedFunnel(made, by, given.get("breakdown_from", saved.breakdown_from))


def _harmless(given: Mapping[str, Any]) -> dict[str, Any]:
    """The options whose values can be judged without the steps."""
    return {key: value for key, value in given.items() if key in ("breakdown_from", "by", "hold")}
