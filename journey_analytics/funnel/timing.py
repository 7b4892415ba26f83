"""Matched attempts → when each reached which step, and how it ended, in microseconds since its entry. Pure.

An attempt is over when its window is, when its unit is (the journey closed, the session ended), when an excluded
touchpoint ended it, when the most time since the step before has passed, or, in strict order, when something else came.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import polars as pl

from journey_analytics.funnel.definition import Funnel
from journey_analytics.instants import naive

UNTIL_NOW: Final = "followable_us"
END: Final = "end_us"
_US: Final = timedelta(microseconds=1)
_DAY_US: Final = 86_400_000_000
_FREE_ORDERS: Final = ("any", "anchored")


@dataclass(frozen=True)
class Rung:
    """A row of the funnel: a step as it is counted.

    Attributes:
        number: place among all steps, from 1.
        name: the step's; in `any` and `anchored` order, where any of several steps is the k-th, "k of n steps".
        is_optional: counted beside the chain of the required ones.
        reached: the column that says when it was reached, µs since the entry; null: not.
        before: that column of the required step before; None: there is none.
        after: those of the required steps after it: who is there will not come back.
    """

    number: int
    name: str
    is_optional: bool
    reached: str
    before: str | None
    after: tuple[str, ...]


def rungs(funnel: Funnel) -> list[Rung]:
    """The rows of a funnel in its order."""
    required = [number for number, each in enumerate(funnel.steps, 1) if not each.is_optional]
    return [
        Rung(
            number=number,
            name=_name(funnel, number),
            is_optional=each.is_optional,
            reached=_column(number),
            before=next((_column(other) for other in reversed(required) if other < number), None),
            after=tuple(_column(other) for other in required if other > number),
        )
        for number, each in enumerate(funnel.steps, 1)
    ]


def is_free(funnel: Funnel) -> bool:
    """Whether steps may change places: then the k-th row is the k-th step reached, whichever it was."""
    return funnel.order in _FREE_ORDERS


def _name(funnel: Funnel, number: int) -> str:
    each = funnel.steps[number - 1]
    keeps_place = not is_free(funnel) or (funnel.order == "anchored" and (number == 1 or each.is_anchored))
    return each.name if keeps_place else f"{number} of {len(funnel.steps)} steps"


def _column(number: int) -> str:
    return f"step_{number}_us"


def timed_attempts(attempts: pl.DataFrame, funnel: Funnel, *, cutoff: datetime) -> pl.DataFrame:
    """One row per attempt, by entry: what became of it until T, in µs since its entry.

    Args:
        attempts: columns of `matching.matching_sql`, and `closed_at`: when the unit was over, null while it goes on;
            `broken_at`: the first touchpoint that a strict order does not allow, null elsewhere. Other columns stay.
        funnel: gives window, steps and order.
        cutoff: T; a naive one is UTC.

    Returns:
        The columns of `attempts`, `entry` (a number), one column per step (null: not reached; in `any` and `anchored`
        order the k-th is the k-th reached), `end_us` (when the attempt was over; null: it is open), `window_us` (the
        horizon of the shares: the window, or without one the longest that an attempt took to end), `until_now_us` (from
        the entry to T) and `followable_us` (the same, at most the horizon).
    """
    until_now = (pl.lit(naive(cutoff)).cast(pl.Datetime("us")) - pl.col("entered_at")).dt.total_microseconds()
    ordered = attempts.sort("entered_at", "entry_touchpoint_id").with_row_index("entry")
    numbered = ordered.with_columns(pl.col("entry").cast(pl.Int64), until_now_us=until_now)
    reached = _with_steps(numbered, funnel).with_columns(_end(funnel).alias(END))
    is_known = pl.col(END) <= pl.col("until_now_us")
    ended = reached.with_columns(pl.when(is_known).then(pl.max_horizontal(END, _last(funnel))).alias(END))
    return ended.with_columns(window_us=_horizon(funnel)).with_columns(
        pl.min_horizontal("until_now_us", "window_us").alias(UNTIL_NOW)
    )


def _with_steps(ordered: pl.DataFrame, funnel: Funnel) -> pl.DataFrame:
    count = len(funnel.steps)
    since = [_since_entry(pl.col("step_at").list.get(place, null_on_oob=True)) for place in range(count)]
    if is_free(funnel):
        in_time = pl.concat_list(since).list.sort(nulls_last=True)
        since = [in_time.list.get(place, null_on_oob=True) for place in range(count)]
    timed = ordered.with_columns(**{_column(number): each for number, each in enumerate(since, 1)})
    for rung in rungs(funnel):
        timed = timed.with_columns(_never_before(rung))
    return timed


def _never_before(rung: Rung) -> pl.Expr:
    """A tolerated swap of two touchpoints of one moment must not make time run backwards."""
    floor = [pl.lit(0, pl.Int64)] if rung.before is None else [pl.col(rung.before), pl.lit(0, pl.Int64)]
    reached = pl.col(rung.reached)
    return pl.when(reached.is_not_null()).then(pl.max_horizontal(reached, *floor)).alias(rung.reached)


def _since_entry(at: pl.Expr) -> pl.Expr:
    return (at - pl.col("entered_at")).dt.total_microseconds()


def _last(funnel: Funnel) -> pl.Expr:
    return pl.max_horizontal(*(rung.reached for rung in rungs(funnel)))


def _end(funnel: Funnel) -> pl.Expr:
    """The earliest of all that ends an attempt, whether T has come so far or not; null where nothing does."""
    window = pl.lit(None if funnel.window is None else funnel.window // _US, pl.Int64)
    moments = [_since_entry(pl.col(name)) for name in ("closed_at", "ended_by_exclusion_at", "broken_at")]
    return pl.min_horizontal(window, *moments, *_deadlines(funnel))


def _deadlines(funnel: Funnel) -> list[pl.Expr]:
    """Until when those who wait for a required step can still reach it by the longest gaps.

    In strict order nothing can take the place of the step before. In any other order a later touchpoint can, as long as
    its own longest gap lets it: so the gaps add up from the entry, and without one of them there is no deadline.
    """
    found: list[pl.Expr] = []
    total: timedelta | None = None if funnel.is_open else timedelta(0)
    for rung, each in zip(rungs(funnel), funnel.steps, strict=True):
        if rung.before is None or rung.is_optional:
            continue
        total = None if total is None or each.max_gap is None else total + each.max_gap
        waits = pl.col(rung.reached).is_null() & pl.col(rung.before).is_not_null()
        if funnel.order == "strict" and each.max_gap is not None:
            found.append(pl.when(waits).then(pl.col(rung.before) + each.max_gap // _US))
        elif funnel.order != "strict" and total is not None:
            found.append(pl.when(waits).then(pl.lit(total // _US, pl.Int64)))
    return found


def _horizon(funnel: Funnel) -> pl.Expr:
    if funnel.window is not None:
        return pl.lit(funnel.window // _US, pl.Int64)
    return pl.max_horizontal(END, _last(funnel)).max().fill_null(0)


def outcome_of(rung: Rung, *, reached: pl.Expr | None = None, since: str | None = None) -> list[pl.Expr]:
    """`outcome` (advanced | dropped | open), `duration_us` and `moment` (see `shares.incidence`) of getting to a step.

    Args:
        rung: the step.
        reached: who counts as having got there; None: everybody who did. Others who did are `dropped` at that moment.
        since: the clock starts at this column; None: at the entry.
    """
    got_there = pl.col(rung.reached).is_not_null()
    counts = got_there if reached is None else got_there & reached
    stop = pl.min_horizontal(END, rung.reached, *rung.after)
    ended = pl.when(stop.is_not_null()).then(pl.lit("dropped")).otherwise(pl.lit("open"))
    outcome = pl.when(counts).then(pl.lit("advanced")).otherwise(ended)
    until = pl.when(counts).then(pl.col(rung.reached)).otherwise(pl.coalesce(stop, UNTIL_NOW))
    began = pl.lit(0, pl.Int64) if since is None else pl.col(since)
    lasted = (until - began).clip(lower_bound=0)
    return [outcome.alias("outcome"), lasted.alias("duration_us"), _moment(lasted).alias("moment")]


def _moment(lasted: pl.Expr) -> pl.Expr:
    """The day of the attempt, days ending at T's hour, as in `incidence`; in a window below a week the microsecond."""
    day = pl.col("until_now_us") // _DAY_US - (pl.col("until_now_us") - lasted) // _DAY_US
    return pl.when(pl.col("window_us") >= 7 * _DAY_US).then(day).otherwise(lasted)
