"""Which journeys are looked at: conditions such as `device=mobile`, and-ed, as text of the command line and as SQL.

Passive journeys are in no selection.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from journey_analytics.errors import ConfigurationError, DataError, nearest
from journey_analytics.warehouse import Warehouse, quoted

SEGMENT_COLUMNS: Final = {
    "first_channel": "segment.first_channel",
    "device": "segment.device",
    "persona": "segment.persona",
    "customer_kind": "segment.customer_kind",
    "started_month": "strftime(journey.started_at, '%Y-%m')",
}
"""The segments that every journey has one value of from its beginning, as SQL; in the order of display."""

STARTED_ON: Final = "started_on"
_COLUMNS: Final = {**SEGMENT_COLUMNS, "status": "journey.status"}
NAMES: Final = (*_COLUMNS, STARTED_ON)
"""What can be asked of a journey."""

_ALTERNATIVE: Final = "|"
_RANGE: Final = re.compile(r"(?P<first>\d{4}-\d\d-\d\d)?(?P<until>\.\.)?(?P<last>\d{4}-\d\d-\d\d)?")
_FROM: Final = """
from core.journey_at_cutoff as journey
inner join core.journey_segment as segment on journey.journey_id = segment.journey_id
where not journey.is_passive"""


@dataclass(frozen=True)
class Condition:
    """One condition: the journey's value of `name` is one of `values`.

    Of `started_on` the values are two, the first and the last day (ISO, UTC, both included); empty: no such end.
    """

    name: str
    values: tuple[str, ...]

    def __str__(self) -> str:
        if self.name == STARTED_ON:
            first, last = self.values
            return f"{self.name}={first if first == last else f'{first}..{last}'}"
        return f"{self.name}={_ALTERNATIVE.join(self.values)}"


@dataclass(frozen=True)
class Selection:
    """Active journeys that meet every condition; without one, all of them. `where` is where it was asked for."""

    conditions: tuple[Condition, ...] = ()
    where: str = "--where"

    def __str__(self) -> str:
        return ", ".join(map(str, self.conditions)) or "all journeys"

    @property
    def segment(self) -> str:
        """As a mart names it: the segment where there is one condition on one value, `all` without one, `selection`."""
        return self._as_mart()[0]

    @property
    def segment_value(self) -> str:
        """Its value; of a `selection` the conditions as text."""
        return self._as_mart()[1]

    def _as_mart(self) -> tuple[str, str]:
        if not self.conditions:
            return "all", "all"
        first = self.conditions[0]
        is_segment = len(self.conditions) == 1 and first.name in SEGMENT_COLUMNS and len(first.values) == 1
        return (first.name, first.values[0]) if is_segment else ("selection", str(self))


EVERYTHING: Final = Selection()
"""All active journeys."""

NUMBERED: Final = """
with selected_journey as (
    {selected}
),

numbered_journey as (
    select j.journey_id, j.status, j.is_settled, row_number() over (order by j.journey_id)::integer as journey_number
    from core.journey_at_cutoff as j
    inner join selected_journey as s on j.journey_id = s.journey_id
)"""
"""How a statement about selected journeys, numbered by their id, begins; `{selected}`: `selected_journeys_sql`."""


def read_selection(warehouse: Warehouse, texts: Sequence[str], *, where: str = "--where") -> Selection:
    """The selection that texts stand for, known to this warehouse (or published copy): `parse_selection`, then a check.

    Raises:
        ConfigurationError: as `parse_selection`, or for a value that no active journey has, naming the nearest.
        DataError: when the tables were made by an older release.
    """
    selection = parse_selection(texts, where=where)
    check_tables(warehouse)
    for condition in selection.conditions:
        if condition.name != STARTED_ON:
            _check_values(warehouse, condition, where=where)
    return selection


def parse_selection(texts: Sequence[str], *, where: str) -> Selection:
    """Conditions from texts such as `device=mobile`, `first_channel=email|direct`, `started_on=2025-10-01..2025-12-31`.

    Args:
        texts: each NAME=VALUE; `|` separates values of which one suffices. `started_on` takes a day or two days with
            `..` between them (UTC, both included), of which one may be missing.
        where: what the texts were given by, for complaints: `--where`.

    Raises:
        ConfigurationError: for a text of another shape, an unknown name (with the nearest), or days that are none.
    """
    return Selection(tuple(_condition(text, where) for text in texts), where)


def selected_journeys_sql(selection: Selection) -> str:
    """A select of `journey_id`, once each, of the active journeys that meet the conditions; values are literals."""
    wanted = "".join(f"\n    and {_sql(condition)}" for condition in selection.conditions)
    return f"select journey.journey_id{_FROM}{wanted}"


def check_tables(warehouse: Warehouse) -> None:
    """Check that this warehouse, or copy, can answer.

    Raises:
        DataError: it was built or published by an older release.
    """
    if not warehouse.has("core.path_kind"):
        raise DataError(f"{warehouse.path} was made by an older release: run `journey run` first")


def _condition(text: str, where: str) -> Condition:
    name, found, value = (part.strip() for part in text.partition("="))
    if not found or not value:
        raise ConfigurationError(f"{where} {text!r}: expected NAME=VALUE, such as device=mobile")
    if name not in NAMES:
        raise ConfigurationError(f"{where} {text!r}: nothing is selected by {name!r}; {nearest(name, NAMES)}")
    if name == STARTED_ON:
        return Condition(name, _days(value, f"{where} {text!r}"))
    values = tuple(dict.fromkeys(part.strip() for part in value.split(_ALTERNATIVE)))
    if "" in values:
        raise ConfigurationError(f"{where} {text!r}: a value is missing beside {_ALTERNATIVE}, such as email|direct")
    if name == "started_month" and ".." in value:
        raise ConfigurationError(
            f"{where} {text!r}: months stand side by side, such as 2025-02|2025-03; "
            "a range is of days: started_on=2025-02-01..2025-03-31"
        )
    return Condition(name, values)


def _days(value: str, place: str) -> tuple[str, str]:
    match = _RANGE.fullmatch(value)
    first, until, last = match.group("first", "until", "last") if match else (None, None, None)
    if not (first or last) or (first and last and not until) or (last and not until):
        raise ConfigurationError(f"{place}: expected a day or two with .. between, such as 2025-10-01..2025-12-31")
    for day in (first, last):
        _check_day(day, place)
    if first and last and first > last:
        raise ConfigurationError(f"{place}: the last day, {last}, lies before the first, {first}")
    return first or "", (last or "") if until else (first or "")


def _check_day(day: str | None, place: str) -> None:
    try:
        date.fromisoformat(day or "2000-01-01")
    except ValueError as error:
        raise ConfigurationError(f"{place}: {day} is no day of the calendar") from error


def _sql(condition: Condition) -> str:
    if condition.name == STARTED_ON:
        first, last = condition.values
        ends = [f"journey.started_at >= date {quoted(first)}"] if first else []
        ends += [f"journey.started_at < date {quoted(last)} + interval 1 day"] if last else []
        return " and ".join(ends)
    return f"{_COLUMNS[condition.name]} in ({', '.join(map(quoted, condition.values))})"


def _check_values(warehouse: Warehouse, condition: Condition, *, where: str) -> None:
    listed = f"select distinct {_COLUMNS[condition.name]}{_FROM}"
    known = [row[0] for row in warehouse.rows(listed, name="selection") if row[0] is not None]
    for value in condition.values:
        if value not in known:
            raise ConfigurationError(
                f"{where} {condition.name}={value}: no journey has the {condition.name} {value!r}; "
                f"{nearest(value, known)}"
            )
