"""What becomes of matched attempts: exclusion, re-entry, optional steps, and the columns that come out (last CTEs)."""

from journey_analytics.funnel.definition import Funnel
from journey_analytics.funnel.reading import Cte, first_of_instant, interval, required_numbers


def attempt_ctes(funnel: Funnel) -> list[Cte]:
    """From `attempt` on; the last is `counted`, the attempts that count; `left_out` is there with `drop_journey`."""
    ctes: list[Cte] = [("ended", _ended(funnel))]
    if funnel.entry == "every":
        ctes += [("followed", _followed(funnel)), ("begun_anew", _BEGUN_ANEW), ("separate", _SEPARATE)]
    attempts = "separate" if funnel.entry == "every" else "ended"
    if _drops(funnel):
        ctes.append(("left_out", _left_out(attempts)))
        ctes.append(("remaining", f"select *\nfrom {attempts}\nwhere unit_id not in (select unit_id from left_out)"))
        attempts = "remaining"
    best = "\nqualify row_number() over (partition by unit_id order by reached_count desc, entry_place) = 1"
    ctes.append(("chosen", f"select *\nfrom {attempts}{best if funnel.entry == 'best' else ''}"))
    return [*ctes, *_with_optional(funnel)]


def _left_out(attempts: str) -> str:
    return f"""
select unit_id, min(excluded_at) as excluded_at
from {attempts}
where excluded_at is not null
group by unit_id"""


def output(funnel: Funnel) -> str:
    """The select over `counted` whose columns `matching` documents."""
    numbers = range(1, len(funnel.steps) + 1)
    ended = "excluded_at" if funnel.exclusion else "null::timestamp"
    return f"""select
    unit_id,
    entry_touchpoint_id,
    entered_at,
    entry_step::bigint as entry_step,
    reached_count::bigint as reached_count,
    [{", ".join(f"place_{number} is not null" for number in numbers)}] as reached,
    [{", ".join(f"at_{number}" for number in numbers)}] as step_at,
    [{", ".join(f"id_{number}" for number in numbers)}] as step_touchpoint_id,
    {ended} as ended_by_exclusion_at,
    customer_id,
    journey_id,
    session_id
from counted"""


def _drops(funnel: Funnel) -> bool:
    return funnel.exclusion is not None and funnel.exclusion.mode == "drop_journey"


def _ended(funnel: Funnel) -> str:
    """The attempts with what an exclusion leaves of them."""
    if funnel.exclusion is None:
        return f"select a.*, {_count(funnel)} as reached_count, null::bigint as excluded_place\nfrom attempt as a"
    kept = {} if _drops(funnel) else _kept(funnel)
    if not kept:
        return f"\nselect a.*, {_count(funnel)} as reached_count\nfrom ({_with_excluded(funnel)}) as a"
    replaced = ",\n        ".join(
        f"case when {held} then a.{name}_{number} end as {name}_{number}"
        for number, held in kept.items()
        for name in ("place", "at", "id")
    )
    return f"""
select a.*, {_count(funnel)} as reached_count
from (
    select a.* replace (
        {replaced}
    )
    from ({_with_excluded(funnel)}) as a
) as a"""


def _count(funnel: Funnel) -> str:
    return " + ".join(f"(a.place_{number} is not null)::bigint" for number in required_numbers(funnel))


def _with_excluded(funnel: Funnel) -> str:
    """The first excluded touchpoint after the match of one step and before that of the other, or the window's end."""
    begin, end = _scope(funnel)
    inside = f"x.occurred_at <= a.over_at and ({end} is null or x.place < {end})"
    return f"""
    select
        a.*,
        case when {inside} then x.place end as excluded_place,
        case when {inside} then x.occurred_at end as excluded_at
    from attempt as a
    asof left join excluded as x on a.unit_id = x.unit_id and x.place > {begin}
"""


def _scope(funnel: Funnel) -> tuple[str, str]:
    """The places between which an excluded touchpoint matters; from null on none does, up to null all do."""
    required, exclusion = required_numbers(funnel), funnel.exclusion
    assert exclusion is not None  # noqa: S101 - asked with one only
    places = [f"a.place_{number}" for number in required]
    if funnel.order in ("any", "anchored"):
        all_reached = " and ".join(f"{place} is not null" for place in places)
        return "a.entry_place", f"case when {all_reached} then greatest({', '.join(places)}) end"
    begin, before = exclusion.after_step, exclusion.before_step or len(required)
    after = (
        f"case when a.entry_step > {begin} and a.entry_step < {before} then a.entry_place else {places[begin - 1]} end"
    )
    return (after if funnel.is_open else places[begin - 1]), places[before - 1]


def _kept(funnel: Funnel) -> dict[int, str]:
    """Per step, when its match stands: up to the first step of the scope always, then before the exclusion.

    In strict order an optional match stands with the required one after it; elsewhere optional steps come later.
    """
    required, exclusion = required_numbers(funnel), funnel.exclusion
    assert exclusion is not None  # noqa: S101 - asked with one only
    kept = {}
    for index, number in enumerate(required, 1):
        if funnel.order in ("any", "anchored"):
            kept[number] = f"a.excluded_place is null or a.place_{number} < a.excluded_place"
        elif index > exclusion.after_step:
            places = ", ".join(f"a.place_{each}" for each in required[exclusion.after_step : index])
            held = f"a.excluded_place is null or greatest({places}) < a.excluded_place"
            begin = required[index - 2] + 1 if funnel.order == "strict" else number
            kept.update(dict.fromkeys(range(begin, number + 1), held))
    return kept


def _followed(funnel: Funnel) -> str:
    """Each attempt with the entry that begins the next one: the first after it has ended."""
    places = [f"a.place_{number}" for number in required_numbers(funnel)]
    last = f"greatest({', '.join(places)})"
    is_complete = " and ".join(f"{place} is not null" for place in places)
    by_exclusion = "" if _drops(funnel) else " when a.excluded_place is not null then a.excluded_place"
    ended = last if funnel.order == "strict" else f"case{by_exclusion} when {is_complete} then {last} end"
    return f"""
select a.*, coalesce(n.entry_place, w.entry_place) as next_place
from (select a.*, {ended} as ended_place from ended as a) as a
asof left join entry as n on a.line_id = n.line_id and n.entry_place > a.ended_place
asof left join (
    select * from entry qualify row_number() over (partition by line_id, entered_at order by entry_place) = 1
) as w on a.line_id = w.line_id and w.entered_at > case when a.ended_place is null then a.over_at end"""


_BEGUN_ANEW = """
select line_id, entry_place, next_place
from followed
qualify entry_place = min(entry_place) over (partition by line_id)
union all
select f.line_id, f.entry_place, f.next_place
from begun_anew as b
inner join followed as f on b.line_id = f.line_id and b.next_place = f.entry_place"""
"""Recursive: from attempt to attempt of a line."""

_SEPARATE = """
select f.*
from followed as f
semi join begun_anew as b on f.line_id = b.line_id and f.entry_place = b.entry_place"""


def _with_optional(funnel: Funnel) -> list[Cte]:
    """In `ordered` funnels, optional steps between the required matches around them, one after the other."""
    if funnel.order != "ordered" or len(funnel.required) == len(funnel.steps):
        return [("counted", "select *\nfrom chosen")]
    ctes: list[Cte] = []
    previous, before = "chosen", 1
    required = required_numbers(funnel)
    for number, step in enumerate(funnel.steps, 1):
        if not step.is_optional:
            before = number
            continue
        following = next(each for each in required if each > number)
        matched = [*range(before, number)]
        ctes.append((f"optional_{number}", _optional(funnel, number, matched, following, previous=previous)))
        previous = f"optional_{number}"
    return [*ctes, ("counted", f"select *\nfrom {previous}")]


def _optional(funnel: Funnel, number: int, matched: list[int], following: int, *, previous: str) -> str:
    step = funnel.steps[number - 1]
    last_place = f"coalesce({', '.join(f'm.place_{each}' for each in reversed(matched))})"
    last_at = f"coalesce({', '.join(f'm.at_{each}' for each in reversed(matched))})"
    inside = [f"m.place_{matched[0]} is not null", f"s.place < m.place_{following}"]
    inside += [f"s.occurred_at <= {last_at} + {interval(step.max_gap)}"] if step.max_gap is not None else []
    held = " and ".join(inside)
    source, on = f"step_{number}", f"s.place > {last_place}"
    if step.min_gap:
        source, on = first_of_instant(number), f"s.occurred_at >= {last_at} + {interval(step.min_gap)}"
    return f"""
select
    m.*,
    case when {held} then s.place end as place_{number},
    case when {held} then s.occurred_at end as at_{number},
    case when {held} then s.touchpoint_id end as id_{number}
from {previous} as m
asof left join {source} as s on m.line_id = s.line_id and {on}"""
