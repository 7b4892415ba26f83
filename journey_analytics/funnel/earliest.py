"""Matching where the earliest touchpoint is always the right one: one ASOF join per step, one row per attempt.

Without a longest gap, ties or steps that compete for a touchpoint, an earlier match never blocks a later one (whatever
can follow the later one can follow the earlier one), so each step takes the first touchpoint after the step before. In
strict order there is nothing to choose at all: the next touchpoint is the match, or there is none.
"""

from itertools import combinations

from journey_analytics.funnel.definition import STAGE_PREFIX, Funnel, Step
from journey_analytics.funnel.reading import Cte, first_of_instant, interval, required_numbers


def is_enough(funnel: Funnel) -> bool:
    """Whether the earliest match of every step is part of the best chain, whatever the data."""
    required = funnel.required
    if funnel.order == "ordered":
        return not funnel.tolerance and not any(step.max_gap is not None for step in required)
    if funnel.order == "strict":
        return not funnel.tolerance and len(required) == len(funnel.steps)
    return all(_are_apart(one, other) for one, other in combinations(required, 2))


def blocks(funnel: Funnel) -> list[list[int]]:
    """The numbers of the required steps by what comes one after the other; within a block any order will do."""
    numbers = required_numbers(funnel)
    if funnel.order == "any":
        return [numbers]
    if funnel.order in ("ordered", "strict"):
        return [[number] for number in numbers]
    found: list[list[int]] = []
    is_joined = False
    for number in numbers:
        is_anchor = number == numbers[0] or funnel.steps[number - 1].is_anchored
        if is_joined and not is_anchor:
            found[-1].append(number)
        else:
            found.append([number])
        is_joined = not is_anchor
    return found


def earliest_ctes(funnel: Funnel) -> list[Cte]:
    """One CTE per required step; the last, `attempt`, has place_N, at_N and id_N of each required step N."""
    ctes: list[Cte] = [("matched_0", _begun(funnel))]
    base = "begin_place"
    for block in blocks(funnel):
        for number in block:
            previous = ctes[-1][0]
            ctes.append((f"matched_{number}", _matched(funnel, number, previous=previous, base=base)))
        base = _end_of(block)
    return [*ctes[:-1], ("attempt", ctes[-1][1])]


def _begun(funnel: Funnel) -> str:
    """In `any` order the entry is found like any other match; elsewhere it is the match of its step."""
    begin = "entry_place - 1" if funnel.order == "any" else "null::bigint"
    return f"select *, {begin} as begin_place from entry"


def _end_of(block: list[int]) -> str:
    """The place where a block is complete; null where it is not."""
    places = [f"m.place_{number}" for number in block]
    if len(places) == 1:
        return places[0].removeprefix("m.")
    return (
        f"case when {' and '.join(f'{place} is not null' for place in places)} then greatest({', '.join(places)}) end"
    )


def _matched(funnel: Funnel, number: int, *, previous: str, base: str) -> str:
    index = required_numbers(funnel).index(number) + 1
    begins = funnel.order != "any" and (index == 1 or funnel.is_open)
    if index == 1 and funnel.order != "any":
        return f"select\n    m.*,\n{_columns(number, index, found=None, begins=True)}\nfrom {previous} as m"
    base = base if base.startswith("case") else f"m.{base}"
    step = funnel.steps[number - 1]
    join = _next_one(funnel, number, base) if funnel.order == "strict" else _first_after(step, number, base)
    found = _in_time(funnel, number)
    return f"select\n    m.*,\n{_columns(number, index, found=found, begins=begins)}\nfrom {previous} as m\n{join}"


def _columns(number: int, index: int, *, found: str | None, begins: bool) -> str:
    pairs = (
        ("place", "place", "entry_place"),
        ("at", "occurred_at", "entered_at"),
        ("id", "touchpoint_id", "entry_touchpoint_id"),
    )
    return ",\n".join(
        f"    {_value(f's.{column}', f'm.{entry}', index, found, begins=begins)} as {name}_{number}"
        for name, column, entry in pairs
    )


def _value(column: str, entry: str, index: int, found: str | None, *, begins: bool) -> str:
    begin = f" when m.entry_step = {index} then {entry}" if begins else ""
    match = f" when {found} then {column}" if found else ""
    return f"case{begin}{match} end"


def _in_time(funnel: Funnel, number: int) -> str:
    step = funnel.steps[number - 1]
    parts = ["s.occurred_at <= m.over_at"]
    before = [each for each in required_numbers(funnel) if each < number]
    if funnel.order == "strict" and before:
        parts += [f"s.occurred_at >= m.at_{before[-1]} + {interval(step.min_gap)}"] if step.min_gap else []
        parts += [f"s.occurred_at <= m.at_{before[-1]} + {interval(step.max_gap)}"] if step.max_gap is not None else []
    return " and ".join(parts)


def _next_one(funnel: Funnel, number: int, base: str) -> str:
    return f"left join step_{number} as s on m.line_id = s.line_id and s.place = {base} + 1"


def _first_after(step: Step, number: int, base: str) -> str:
    if not step.min_gap:
        return f"asof left join step_{number} as s on m.line_id = s.line_id and s.place > {base}"
    before = base.replace("place_", "at_")
    follows = f"s.occurred_at >= {before} + {interval(step.min_gap)}"
    return f"asof left join {first_of_instant(number)} as s on m.line_id = s.line_id and {follows}"


def _are_apart(one: Step, other: Step) -> bool:
    """Whether no touchpoint can satisfy both: both name activities, or both name stages, and none of them twice."""
    kinds = {name.startswith(STAGE_PREFIX) if ":" in name else None for name in (*one.activities, *other.activities)}
    return len(kinds) == 1 and not set(one.activities) & set(other.activities)
