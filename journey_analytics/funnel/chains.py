"""Matching where an earlier touchpoint may block a later one: every chain that could still be the best is carried on.

With a longest gap the first match may come too early for the next step; with ties or steps that compete for a
touchpoint it may take the one that another step needs. So all candidates of a step are joined to all chains so far, and
of the chains that leave the same choices only the first is kept (by the places of its touchpoints, step by step). What
remains is exact: the existence of a chain, and of the chains that get furthest the earliest. With gaps alone that one
is the earliest in every single step: of two valid chains the earlier touchpoints of each step form a valid chain again.
"""

from typing import Final

from journey_analytics.funnel.definition import Funnel
from journey_analytics.funnel.earliest import blocks
from journey_analytics.funnel.reading import Cte, interval, required_numbers

_NONE: Final = "9223372036854775807"
"""The place of a step that was not reached: after all others."""

_CARRIED: Final = "c.unit_id, c.line_id, c.entry_place, c.entry_step, c.over_at"


def chain_ctes(funnel: Funnel) -> list[Cte]:
    """`chain_N` per step, then `best` (one chain per entry) and `attempt`, with the columns of `earliest_ctes`."""
    ctes: list[Cte] = []
    if funnel.order == "any":
        ctes.append(("chain_0", _begun(funnel, places="[]::bigint[]", base="c.entry_place - 1")))
    for number in _sequence(funnel):
        ctes.append((f"chain_{number}", _chain(funnel, number, previous=ctes[-1][0] if ctes else None)))
    return [*ctes, ("best", _best(funnel)), ("attempt", _attempt(funnel))]


def _sequence(funnel: Funnel) -> list[int]:
    """In strict order optional steps are part of the chain: their touchpoints may come between. Elsewhere all may."""
    return [*range(1, len(funnel.steps) + 1)] if funnel.order == "strict" else required_numbers(funnel)


def _chain(funnel: Funnel, number: int, *, previous: str | None) -> str:
    required = required_numbers(funnel)
    is_optional = number not in required
    index = 0 if is_optional else required.index(number) + 1
    parts = []
    if index and funnel.order != "any" and (index == 1 or funnel.is_open):
        nothing = f"[{', '.join([_NONE] * (index - 1))}]::bigint[]"
        begun = _begun(funnel, places=f"list_append({nothing}, c.entry_place)", base="c.entry_place", number=number)
        parts.append(f"{begun}\nwhere c.entry_step = {index}")
    if previous and (index != 1 or funnel.order == "any"):
        parts.append(_found(funnel, number, previous=previous))
        parts += [_skipped(funnel, number, previous=previous)] if _may_skip(funnel, number) else []
    union = "\nunion all by name\n".join(f"({part})" for part in parts)
    return f"""
select *
from (
{union}
)
qualify row_number() over (
    partition by unit_id, line_id, entry_place, {_choices(funnel)} order by places, optional_places
) = 1"""


def _choices(funnel: Funnel) -> str:
    """What the further steps of a chain depend on."""
    if funnel.order in ("ordered", "strict") and not funnel.tolerance:
        return "top_place, required_at"
    return "list_sort(places), base_place, required_at"


def _may_skip(funnel: Funnel, number: int) -> bool:
    is_free = any(len(block) > 1 and number in block for block in blocks(funnel))
    return is_free or funnel.steps[number - 1].is_optional


def _begun(funnel: Funnel, *, places: str, base: str, number: int = 1) -> str:
    calm = ", c.calm_until" if _is_calm(funnel) else ""
    optional = f"[{', '.join([_NONE] * _optional_before(funnel, number))}]::bigint[]"
    return f"""
select
    {_CARRIED}, {base} as base_place, {base} as top_place, c.entered_at as top_at, c.entered_at as required_at,
    false as has_hole, {places} as places, {optional} as optional_places{calm}
from entry as c"""


def _optional_before(funnel: Funnel, number: int) -> int:
    return sum(step.is_optional for step in funnel.steps[: number - 1]) if funnel.order == "strict" else 0


def _found(funnel: Funnel, number: int, *, previous: str) -> str:
    is_optional = funnel.steps[number - 1].is_optional
    base = "c.top_place" if _opens_block(funnel, number) else "c.base_place"
    values = {
        "base_place": base,
        "top_place": "greatest(c.top_place, s.place)",
        "top_at": "greatest(c.top_at, s.occurred_at)",
        "required_at": "c.required_at" if is_optional else "s.occurred_at",
        "has_hole": "c.has_hole",
        "places": "c.places" if is_optional else "list_append(c.places, s.place)",
        "optional_places": "list_append(c.optional_places, s.place)" if is_optional else "c.optional_places",
    }
    if _is_calm(funnel):
        values["calm_until"] = "case when s.occurred_at > c.top_at then s.calm_until else c.calm_until end"
    columns = ",\n    ".join(f"{value} as {name}" for name, value in values.items())
    conditions = "\n    and ".join(_conditions(funnel, number, base))
    return f"""
select
    {_CARRIED},
    {columns}
from {previous} as c
inner join step_{number} as s on c.line_id = s.line_id
    and {conditions}{_limit(funnel)}"""


def _opens_block(funnel: Funnel, number: int) -> bool:
    return funnel.steps[number - 1].is_optional or any(block[0] == number for block in blocks(funnel))


def _conditions(funnel: Funnel, number: int, base: str) -> list[str]:
    step = funnel.steps[number - 1]
    before = "c.top_at" if step.is_optional else "c.required_at"
    follows = f"s.place > {base}"
    if funnel.tolerance:
        follows = f"s.occurred_at >= c.top_at - {interval(funnel.tolerance)} and not list_contains(c.places, s.place)"
    elif funnel.order == "strict":
        follows = f"s.place = {base} + 1"
    return [
        follows,
        "s.occurred_at <= c.over_at",
        *([f"s.occurred_at >= {before} + {interval(step.min_gap)}"] if step.min_gap else []),
        *([f"s.occurred_at <= {before} + {interval(step.max_gap)}"] if step.max_gap is not None else []),
        *(["s.occurred_at <= coalesce(c.calm_until, 'infinity'::timestamp)"] if _is_calm(funnel) else []),
        *(["not c.has_hole"] if funnel.order == "anchored" and _opens_block(funnel, number) else []),
        *(["not list_contains(c.places, s.place)"] if funnel.order in ("any", "anchored") else []),
    ]


def _is_calm(funnel: Funnel) -> bool:
    return funnel.order == "strict" and bool(funnel.tolerance)


def _limit(funnel: Funnel) -> str:
    """The other steps take fewer touchpoints than there are steps: of that many candidates one is free, and earlier."""
    if funnel.order == "strict" or any(step.max_gap is not None for step in funnel.required):
        return ""
    count = len(funnel.required)
    return f"""
qualify row_number() over (partition by c.unit_id, c.line_id, c.entry_place, c.places order by s.place) <= {count}"""


def _skipped(funnel: Funnel, number: int, *, previous: str) -> str:
    """The chain goes on without the step; in a block of any order it then has a hole, and no later block begins."""
    is_optional = funnel.steps[number - 1].is_optional
    places = "c.places" if is_optional else f"list_append(c.places, {_NONE})"
    optional = f"list_append(c.optional_places, {_NONE})" if is_optional else "c.optional_places"
    hole = "c.has_hole" if is_optional else "true"
    base = "c.top_place" if _opens_block(funnel, number) else "c.base_place"
    calm = ", c.calm_until" if _is_calm(funnel) else ""
    return f"""
select
    {_CARRIED}, {base} as base_place, c.top_place, c.top_at, c.required_at, {hole} as has_hole,
    {places} as places, {optional} as optional_places{calm}
from {previous} as c"""


def _best(funnel: Funnel) -> str:
    """Of all chains of an entry the one that reaches most; of equals the first by its places."""
    required = required_numbers(funnel)
    optional_count = len(funnel.steps) - len(required) if funnel.order == "strict" else 0
    parts = [_padded(funnel, number, optional_count=optional_count) for number in required]
    union = "\nunion all\n".join(parts)
    return f"""
select *
from (
{union}
)
qualify row_number() over (
    partition by unit_id, line_id, entry_place
    order by len(list_filter(places, lambda place: place < {_NONE})) desc, places, optional_places
) = 1"""


def _padded(funnel: Funnel, number: int, *, optional_count: int) -> str:
    required = required_numbers(funnel)
    rest = ", ".join([_NONE] * (len(required) - required.index(number) - 1))
    optional_rest = ", ".join([_NONE] * (optional_count - _optional_before(funnel, number)))
    return f"""
select
    unit_id, line_id, entry_place,
    list_concat(places, [{rest}]::bigint[]) as places,
    list_concat(optional_places, [{optional_rest}]::bigint[]) as optional_places
from chain_{number}"""


def _attempt(funnel: Funnel) -> str:
    """The chain with the times and ids of its touchpoints."""
    columns, joins = [], []
    required, optional = required_numbers(funnel), 0
    for number in _sequence(funnel):
        optional += number not in required
        place = f"b.places[{required.index(number) + 1}]" if number in required else f"b.optional_places[{optional}]"
        columns.append(
            f"    t_{number}.place as place_{number}, t_{number}.occurred_at as at_{number}, "
            f"t_{number}.touchpoint_id as id_{number}"
        )
        joins.append(
            f"left join touchpoint as t_{number} on b.unit_id = t_{number}.unit_id and t_{number}.place = {place}"
        )
    columns_text, joins_text = ",\n".join(columns), "\n".join(joins)
    return f"""
select
    e.*,
{columns_text}
from best as b
inner join entry as e on b.unit_id = e.unit_id and b.entry_place = e.entry_place
{joins_text}"""
