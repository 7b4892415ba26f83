"""The touchpoints that a funnel looks at, in the order of their unit, and where attempts begin (first CTEs).

Pure: text in, text out. A CTE is its name and its body; values become SQL only through `warehouse.quoted`.
"""

from datetime import datetime, timedelta
from typing import Final

from journey_analytics.funnel.definition import PURCHASE, STAGE_PREFIX, Condition, Funnel, Step
from journey_analytics.warehouse import quoted

Cte = tuple[str, str]

DECISION: Final = "decision"
_UNRANKED: Final = 50
"""The rank of a source that `config.source_rank` does not name, as in `core.customer_event`."""

_ACTIVE: Final = "(not coalesce(t.is_passive, false) or coalesce(t.is_purchase, false))"
_PLACE_KEY: Final = f"t.occurred_at, coalesce(r.rank::integer, {_UNRANKED}), t.source, t.source_event_id"


def reading_ctes(funnel: Funnel, *, relation: str, cutoff: datetime | None) -> list[Cte]:
    """`flagged`, `touchpoint`, one `step_N` per step, `excluded` and `entry`.

    `line_id` is the unit with the values held constant (null where one is missing): what can be matched together.
    `place` numbers the touchpoints looked at within their unit, from 1, in the one order of touchpoints.
    """
    steps = [(f"step_{number}", _of_step(number)) for number, _ in enumerate(funnel.steps, 1)]
    excluded = "select unit_id, place, occurred_at\nfrom touchpoint\nwhere is_excluded"
    return [
        *_purchase(funnel, relation),
        ("flagged", _flagged(funnel, relation, cutoff)),
        ("touchpoint", _touchpoint(funnel)),
        *steps,
        *([("excluded", excluded)] if funnel.exclusion else []),
        ("entry", _entry(funnel, relation)),
    ]


def interval(time: timedelta) -> str:
    """A duration as an SQL interval, as people would write it."""
    seconds, microseconds = divmod(time // timedelta(microseconds=1), 1_000_000)
    if microseconds:
        return f"interval '{seconds * 1_000_000 + microseconds} microseconds'"
    days, rest = divmod(seconds, 86_400)
    return f"interval '{days} days'" if not rest else f"interval '{seconds} seconds'"


def first_of_instant(number: int) -> str:
    """The touchpoints of a step, the first of each instant: where an ASOF join asks for a time, not for a place."""
    return f"""(
    select * from step_{number} qualify row_number() over (partition by line_id, occurred_at order by place) = 1
)"""


def required_numbers(funnel: Funnel) -> list[int]:
    """The numbers (from 1, in the order of the funnel) of the required steps."""
    return [number for number, step in enumerate(funnel.steps, 1) if not step.is_optional]


def _named(funnel: Funnel) -> list[str]:
    """All activities, stages and tokens that the funnel asks for, sorted."""
    named = [step.activities for step in funnel.steps] + ([funnel.exclusion.activities] if funnel.exclusion else [])
    return sorted({name for names in named for name in names})


def _has_stage(funnel: Funnel) -> bool:
    return any(name.startswith(STAGE_PREFIX) for name in _named(funnel))


def _may_matter(funnel: Funnel) -> str:
    """A cheap condition that every touchpoint looked at fulfils, so that the dear ones are asked of few."""
    named = _named(funnel)
    activities = tuple(name for name in named if ":" not in name)
    stages = tuple(name.removeprefix(STAGE_PREFIX) for name in named if name.startswith(STAGE_PREFIX))
    parts = [f"t.activity in ({_listed(activities)})"] if activities else []
    parts += [f"t.stage in ({_listed(stages)})"] if stages else []
    parts += ["t.is_purchase"] if PURCHASE in named or DECISION in stages else []
    parts += [_ACTIVE] if funnel.order == "strict" else []
    return f"({' or '.join(parts)})"


def _purchase(funnel: Funnel, relation: str) -> list[Cte]:
    """When a journey bought: stages are read up to there, as in the stage visits."""
    if not _has_stage(funnel):
        return []
    body = f"""
select t.journey_id, min(row({_PLACE_KEY})) as bought
from {relation} as t
left join config.source_rank as r on t.source = r.source
where t.is_purchase and t.journey_id is not null
group by t.journey_id"""
    return [("purchase", body)]


def _flagged(funnel: Funnel, relation: str, cutoff: datetime | None) -> str:
    flags = [f"    coalesce({_holds(step)}, false) as is_{number}" for number, step in enumerate(funnel.steps, 1)]
    if funnel.exclusion:
        flags.append(f"    coalesce({_is_any_of(funnel.exclusion.activities)}, false) as is_excluded")
    purchase = "\nleft join purchase as p on t.journey_id = p.journey_id" if _has_stage(funnel) else ""
    known = f"\n    and t.occurred_at <= {moment(cutoff)}" if cutoff else ""
    columns = ",\n".join(flags)
    return f"""
select
    t.{funnel.unit}_id as unit_id,
    {_line(funnel)} as line_id,
    t.touchpoint_id, t.customer_id, t.journey_id, t.session_id, t.occurred_at,
    coalesce(r.rank::integer, {_UNRANKED}) as source_rank, t.source, t.source_event_id,
    {_ACTIVE} as is_active,
{columns}
from {relation} as t
left join config.source_rank as r on t.source = r.source{purchase}
where
    t.{funnel.unit}_id is not null
    and {_may_matter(funnel)}{known}"""


def _line(funnel: Funnel) -> str:
    held = [f"t.{column}::varchar" for column in funnel.held_constant]
    return " || chr(31) || ".join([f"t.{funnel.unit}_id", *held])


def _touchpoint(funnel: Funnel) -> str:
    seen = [f"is_{number}" for number, _ in enumerate(funnel.steps, 1)]
    seen += ["is_excluded"] if funnel.exclusion else []
    # In strict order whatever the customer did comes between.
    seen += ["is_active"] if funnel.order == "strict" else []
    return f"""
select
    *,
    row_number() over (
        partition by unit_id order by occurred_at, source_rank, source, source_event_id
    ) as place{_calm(funnel)}
from flagged
where {" or ".join(seen)}"""


def _calm(funnel: Funnel) -> str:
    """Until when a match may follow in strict order with a tolerance: the next one that is no tie, and its ties."""
    if funnel.order != "strict" or not funnel.tolerance:
        return ""
    after = interval(funnel.tolerance + timedelta(microseconds=1))
    return f""",
    min(occurred_at) over (
        partition by unit_id order by occurred_at range between {after} following and unbounded following
    ) + {interval(funnel.tolerance)} as calm_until"""


def _of_step(number: int) -> str:
    return f"select * from touchpoint where is_{number} and line_id is not null"


def _holds(step: Step) -> str:
    parts = [_is_any_of(step.activities), *(_condition(each) for each in step.where)]
    return " and ".join(parts)


def _condition(condition: Condition) -> str:
    return f"t.{condition.column}::varchar in ({_listed(condition.values)})"


def _listed(values: tuple[str, ...]) -> str:
    return ", ".join(quoted(value) for value in values)


def _is_any_of(names: tuple[str, ...]) -> str:
    activities = tuple(name for name in names if name != PURCHASE and not name.startswith(STAGE_PREFIX))
    parts = [f"t.activity in ({_listed(activities)})"] if activities else []
    parts += [_is_stage(name.removeprefix(STAGE_PREFIX)) for name in names if name.startswith(STAGE_PREFIX)]
    parts += ["t.is_purchase"] if PURCHASE in names else []
    return parts[0] if len(parts) == 1 else f"({' or '.join(parts)})"


def _is_stage(stage: str) -> str:
    """An active touchpoint of the stage on the way to the journey's purchase; the purchase itself is a decision."""
    is_stage = f"{_ACTIVE} and not coalesce(t.is_purchase, false) and t.stage = {quoted(stage)}"
    if stage == "post_purchase":
        return f"({is_stage})"
    is_stage = f"({is_stage} and (p.bought is null or row({_PLACE_KEY}) < p.bought))"
    return f"({is_stage} or coalesce(t.is_purchase, false))" if stage == DECISION else is_stage


def _entry(funnel: Funnel, relation: str) -> str:
    numbers = required_numbers(funnel)
    can_begin = numbers if funnel.is_open or funnel.order == "any" else numbers[:1]
    begins = " or ".join(f"is_{number}" for number in can_begin)
    entry_step = " ".join(f"when is_{number} then {place}" for place, number in enumerate(can_begin, 1))
    since = f"\n    and occurred_at >= {moment(funnel.since)}" if funnel.since else ""
    until = f"\n    and occurred_at < {moment(funnel.until)}" if funnel.until else ""
    over = f"occurred_at + {interval(funnel.window)}" if funnel.window else "'infinity'::timestamp"
    calm = ", calm_until" if _calm(funnel) else ""
    first = "\nqualify place = min(place) over (partition by unit_id)" if funnel.entry == "first" else ""
    return f"""
select
    unit_id, line_id, place as entry_place, touchpoint_id as entry_touchpoint_id, occurred_at as entered_at,
    customer_id, journey_id, session_id, case {entry_step} end as entry_step, {over} as over_at{calm}
from touchpoint
where
    ({begins})
    and line_id is not null{since}{until}{_of_active(funnel, relation, begins)}{first}"""


def _of_active(funnel: Funnel, relation: str, begins: str) -> str:
    """Journeys that nobody did anything in are never counted; only those that a passive touchpoint enters are asked."""
    if funnel.unit != "journey":
        return ""
    return f"""
    and (
        is_active
        or unit_id in (
            select t.journey_id
            from {relation} as t
            where
                {_ACTIVE}
                and t.journey_id in (select e.unit_id from touchpoint as e where not e.is_active and ({begins}))
        )
    )"""


def moment(at: datetime) -> str:
    """An instant as an SQL timestamp (naive UTC)."""
    return f"timestamp {quoted(at.isoformat(sep=' '))}"
