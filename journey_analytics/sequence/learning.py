"""How long needs pause before they are over, stage by stage, and whether topics tell needs apart: learnt from data.

A pause begins at an active touchpoint on the way to a purchase after which the session is over, and ends at the next
one in the same thread. Some pauses are still going on when the data ends, so the returns are counted per day and pause
at risk (a life table), as the drop-off is, and no percentile of the pauses that happened to end is taken.

Who returns late often comes with a new need. How often is seen where hardly any need goes on any more, after two
months: the *background*. Two things are assumed of the time before. New needs are no more frequent than later on:
people rarely want something new the day after. And the longer a pause gets, the rarer the old need is what ends it, so
once the returns have come down to the background, what comes later is new. A limit of d days cuts the needs that go on
after d, and joins the new ones that begin before: the limit is the day on which both are fewest together.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import accumulate
from operator import mul
from typing import Final

import polars as pl

from journey_analytics.instants import naive
from journey_analytics.sequence.agreement import (
    LEAST_AGREEMENT,
    LEAST_PAIRS,
    SIGNAL_SCHEMA,
    TOPIC,
    TOPIC_OF,
    Agreement,
    signal_row,
    source_agreements,
    topic_agreement,
)
from journey_analytics.sequence.arrivals import ARRIVAL_BY, LEAST_SHARE, Arrival, arrivals
from journey_analytics.sequence.kernel import microseconds, session_rows
from journey_analytics.sequence.rules import ALWAYS, AUTO, LEARNT, STAGE_CODES, Rules
from journey_analytics.sequence.stages import POST_PURCHASE, with_stages, would_be_awareness
from journey_analytics.sequence.threads import session_topics, with_threads

SAMPLE_TOUCHPOINTS: Final = 300_000
"""Learning stops to take in more customers beyond this many touchpoints: more would move no limit by a day."""

LEAST_RETURNS: Final = 200
"""A stage with fewer returns within `LONGEST` keeps its configured limit."""

SHORTEST, LONGEST = 7, 90
"""No limit is shorter or longer, in days."""

BACKGROUND_DAYS: Final = (60, 180)
"""New needs are counted on the days after the first up to the second."""

LIMIT_SCHEMA: Final = {
    "stage": pl.String, "configured_days": pl.Int64, "learnt_days": pl.Int64, "used_days": pl.Int64,
    "pause_count": pl.Int64, "return_count": pl.Int64, "censored_count": pl.Int64,
    "background_share_per_day": pl.Float64, "wrong_cut_share": pl.Float64, "wrong_join_share": pl.Float64,
    "learnt_until_at": pl.Datetime("us"), "reason": pl.String,
}  # fmt: skip

_DAY_US: Final = 86_400_000_000
_WATCHED: Final = BACKGROUND_DAYS[1]
_SMOOTHED: Final = 3


@dataclass(frozen=True)
class Learnt:
    """The tables `core.inactivity_limit` (a row per stage) and `core.need_signal` (a row per signal)."""

    inactivity_limit: pl.DataFrame
    need_signal: pl.DataFrame


@dataclass(frozen=True)
class LifeTable:
    """The pauses of one stage, by day: day 1 is up to 24 hours.

    Attributes:
        returns: per day, pauses that ended on it.
        at_risk: per day, pauses that were watched on it and had not ended; those whose watch ends on it count half.
        pause_count, censored_count: all pauses, and those whose end was not seen within `BACKGROUND_DAYS`' last.
    """

    returns: Sequence[int]
    at_risk: Sequence[float]
    pause_count: int
    censored_count: int

    @property
    def return_count(self) -> int:
        """Pauses that ended within `LONGEST` days."""
        return sum(self.returns[:LONGEST])

    @property
    def background(self) -> float | None:
        """New needs per pause at risk and day; null when less than `LEAST_RETURNS` pauses were watched so long."""
        first, last = BACKGROUND_DAYS
        if self.at_risk[first] < LEAST_RETURNS:
            return None
        return sum(self.returns[first:last]) / sum(self.at_risk[first:last])


@dataclass(frozen=True)
class Limit:
    """A limit in days, with what it costs per pause: needs cut though they go on, new needs joined to the old one."""

    days: int
    wrong_cut_share: float
    wrong_join_share: float


def learnt_until(cutoff: datetime) -> datetime:
    """The first instant of T's month, naive in UTC: limits change with the month, not with every run."""
    return naive(cutoff).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def needs_data(rules: Rules) -> bool:
    """Whether anything is to be learnt at all."""
    return not rules.cut.is_fixed and (rules.cut.limits == LEARNT or rules.cut.by_topic == AUTO)


def learn(events: pl.DataFrame, *, rules: Rules, until: datetime) -> Learnt:
    """Topics first, since they decide what a pause is; then the limits, with stages found by the configured ones.

    The rows depend on no order of the input.

    Args:
        events: the kernel's `INPUT_COLUMNS` of all touchpoints of some customers; later ones than `until` are ignored.
        rules: as read.
        until: naive in UTC.

    Raises:
        DataError: when a column is missing.
    """
    rows = session_rows(events.filter(pl.col("occurred_at") < until), rules)
    signals = _need_signals(rows, rules, cutoff_us=microseconds(until))
    limits = _limits(rows, _with_signals(rules, signals), until=until)
    return Learnt(inactivity_limit=limits, need_signal=signals)


def learnt_rules(rules: Rules, *, limits: pl.DataFrame, signals: pl.DataFrame) -> Rules:
    """The rules with the limits and signals that are used.

    Args:
        rules: as read.
        limits: `core.inactivity_limit`.
        signals: `core.need_signal`.
    """
    days = dict(limits.select("stage", "used_days").iter_rows())
    inactivity = {stage: timedelta(days=days[stage]) for stage in STAGE_CODES}
    return _with_signals(replace(rules, inactivity=inactivity), signals)


def _with_signals(rules: Rules, signals: pl.DataFrame) -> Rules:
    is_used = dict(signals.select("signal", "is_used").iter_rows())
    return replace(
        rules,
        splits_by_topic=is_used[TOPIC],
        foreign_topics=frozenset(_named(TOPIC_OF, (name for name, used in is_used.items() if not used))),
        arrivals=frozenset(_named(ARRIVAL_BY, (name for name, used in is_used.items() if used))),
    )


def _named(kind: str, signals: Iterable[str]) -> Iterator[str]:
    return (signal.removeprefix(kind) for signal in signals if signal.startswith(kind))


def _need_signals(rows: pl.DataFrame, rules: Rules, *, cutoff_us: int) -> pl.DataFrame:
    cut = rules.cut
    if cut.is_fixed or cut.by_topic != AUTO:
        why = "journey_cut is fixed_gap" if cut.is_fixed else f"new_need_by_topic is {cut.by_topic}"
        is_used = not cut.is_fixed and cut.by_topic == ALWAYS
        return signal_row(TOPIC, Agreement(0, 0, None), is_used=is_used, reason=why)
    sessions = session_topics(rows, reach=rules.reach, cutoff_us=cutoff_us)
    by_source = source_agreements(sessions)
    foreign = [source for source, found in by_source.items() if not found.is_enough]
    heard = sessions.with_columns(topic=pl.when(~pl.col("source").is_in(foreign)).then("topic"))
    found = topic_agreement(heard)
    signals = [signal_row(TOPIC, found, is_used=found.is_enough, reason=_topic_reason(found))]
    for source, one in by_source.items():
        signals.append(signal_row(TOPIC_OF + source, one, is_used=one.is_enough, reason=_source_reason(one)))
    if found.is_enough:
        signals += _arrival_signals(rows, heard, rules)
    return pl.concat(signals)


def _arrival_signals(rows: pl.DataFrame, sessions: pl.DataFrame, rules: Rules) -> Iterator[pl.DataFrame]:
    """One row per activity that was asked: its visits, those that something new follows, what is usual, the share."""
    begins = rows.filter("is_active").unique("session_row", keep="first", maintain_order=True)
    looking = begins.select("session_row", is_looking=would_be_awareness(begins, rules))
    seen = sessions.join(looking, on="session_row", how="left", maintain_order="left")
    for one in arrivals(seen, reach=rules.reach):
        row = (
            ARRIVAL_BY + one.activity, one.visit_count, one.new_count, one.usual_share, one.begins_share,
            one.is_enough, _arrival_reason(one),
        )  # fmt: skip
        yield pl.DataFrame([row], schema=SIGNAL_SCHEMA, orient="row")


def _arrival_reason(one: Arrival) -> str:
    share = one.begins_share
    if share is None:
        return "no more new topics follow it than follow other visits"
    word = "mostly begins another need" if one.is_enough else "mostly belongs to the need that goes on"
    return f"{word}: {100 * share:.0f} % begin one, needed {100 * LEAST_SHARE:.0f} %"


def _topic_reason(found: Agreement) -> str:
    word = "stays with a need" if found.is_enough else "changes within a need"
    return _too_little(found) or f"the topic {word}: agreement {found.kappa:.2f}, needed {LEAST_AGREEMENT}"


def _source_reason(found: Agreement) -> str:
    word = "those" if found.is_enough else "not those"
    words = f"its topics are {word} of the other sources: agreement {found.kappa or 0:.2f}, needed {LEAST_AGREEMENT}"
    return _too_little(found) or words


def _too_little(found: Agreement) -> str | None:
    if found.pair_count < LEAST_PAIRS:
        return f"fewer than {LEAST_PAIRS} pairs of neighbouring sessions with a topic"
    return "there is only one topic" if found.kappa is None else None


def _limits(rows: pl.DataFrame, rules: Rules, *, until: datetime) -> pl.DataFrame:
    tables: dict[int, LifeTable] = {}
    if rules.cut.limits == LEARNT and not rules.cut.is_fixed:
        tables = life_tables(_pauses(rows, rules, until_us=microseconds(until)))
    found = [_limit_row(stage, tables.get(code), rules) for stage, code in STAGE_CODES.items()]
    return pl.DataFrame([(*row[:-1], until, row[-1]) for row in found], schema=LIMIT_SCHEMA, orient="row")


def _pauses(rows: pl.DataFrame, rules: Rules, *, until_us: int) -> pl.DataFrame:
    """`stage_code`, `length_us` and `is_return` of every pause; those that last are watched until `until_us`.

    For a session without topic the neighbours are looked for as long as pauses are watched: else its thread would end
    where the configured limit does.
    """
    threaded = with_threads(
        rows,
        by_topic=rules.splits_by_topic,
        reach=timedelta(days=_WATCHED),
        cutoff_us=until_us,
        foreign=rules.foreign_topics,
        arrivals=rules.arrivals,
    )
    way = with_stages(threaded, rules).filter("is_pre").sort("thread", "row")
    goes_on = (pl.col("thread") == pl.col("thread").shift(-1)).fill_null(value=False)
    pauses = way.select(
        "stage_code",
        is_return=goes_on,
        length_us=pl.when(goes_on).then(pl.col("us").shift(-1)).otherwise(until_us) - pl.col("us"),
        is_over=pl.col("is_purchase") | pl.col("is_end"),
    )
    return pauses.filter(~pl.col("is_over") & (pl.col("length_us") > rules.session_gap // timedelta(microseconds=1)))


def life_tables(pauses: pl.DataFrame) -> dict[int, LifeTable]:
    """The life table of every stage by its code.

    Args:
        pauses: stage_code, length_us (until the return, or as far as it was watched), is_return.
    """
    day = (pl.col("length_us") + _DAY_US - 1) // _DAY_US
    counted = pauses.group_by("stage_code", day=pl.min_horizontal(day, _WATCHED + 1).cast(pl.Int64)).agg(
        returns=pl.col("is_return").sum().cast(pl.Int64), count=pl.len().cast(pl.Int64)
    )
    return {code: _life_table(part) for (code,), part in counted.group_by("stage_code")}


def _life_table(counted: pl.DataFrame) -> LifeTable:
    """Pauses beyond the last day are at risk on all of them."""
    by_day = {day: (returns, count) for day, returns, count in counted.select("day", "returns", "count").iter_rows()}
    left = pause_count = int(counted["count"].sum())
    returns, at_risk = [], []
    for day in range(1, _WATCHED + 1):
        returned, ended = by_day.get(day, (0, 0))
        returns.append(returned)
        at_risk.append(left - (ended - returned) / 2)
        left -= ended
    return LifeTable(returns, at_risk, pause_count, pause_count - sum(returns))


def best_limit(table: LifeTable, background: float) -> Limit:
    """The day with the fewest expected wrong decisions per pause; of several, the earliest.

    With S the share of pauses that go on until a day, and returns = old + new per pause at risk, the cost of limit d is
    Σ S·old over the days after d (cut though the need goes on) plus Σ S·new over those up to d (joined though it is a
    new need).
    """
    old, new = _returns_to_old_and_new(table, background)
    costs = [(sum(old[day:]), sum(new[:day])) for day in range(SHORTEST, LONGEST + 1)]
    best = min(range(len(costs)), key=lambda index: (round(sum(costs[index]), 12), index))
    return Limit(SHORTEST + best, *costs[best])


def _returns_to_old_and_new(table: LifeTable, background: float) -> tuple[list[float], list[float]]:
    """Expected returns per pause on each day up to `LONGEST`, split into the old need's and new ones.

    Each day's hazard is the mean over the week around it, since returns have a weekly rhythm. New needs take the
    background of it, or the lowest hazard from the day on where that is lower; the old need the rest, but after the
    peak never more than on a day before.
    """
    hazards = [_hazard(table, max(0, day - _SMOOTHED), day + _SMOOTHED + 1) for day in range(LONGEST)]
    floors = list(accumulate(reversed(hazards), min, initial=background))[:0:-1]
    above = [hazard - floor for hazard, floor in zip(hazards, floors, strict=True)]
    peak = hazards.index(max(hazards))
    old = above[:peak] + list(accumulate(above[peak:], min))
    going_on = list(accumulate((1 - _hazard(table, day, day + 1) for day in range(LONGEST - 1)), mul, initial=1.0))
    return (
        [share * rate for share, rate in zip(going_on, old, strict=True)],
        [share * (hazard - rate) for share, hazard, rate in zip(going_on, hazards, old, strict=True)],
    )


def _hazard(table: LifeTable, first: int, last: int) -> float:
    at_risk = sum(table.at_risk[first:last])
    return sum(table.returns[first:last]) / at_risk if at_risk else 0.0


def _limit_row(stage: str, table: LifeTable | None, rules: Rules) -> tuple:
    configured = rules.inactivity[stage].days
    background = table.background if table else None
    reason = _why_not(stage, table, background, rules)
    counts = (table.pause_count, table.return_count, table.censored_count) if table else (0, 0, 0)
    if table is None or background is None or reason is not None:
        return stage, configured, None, configured, *counts, background, None, None, reason
    limit = best_limit(table, background)
    shares = (background, limit.wrong_cut_share, limit.wrong_join_share)
    return stage, configured, limit.days, limit.days, *counts, *shares, "learnt from the pauses"


def _why_not(stage: str, table: LifeTable | None, background: float | None, rules: Rules) -> str | None:
    """Why the configured limit is used; null when it is learnt."""
    if rules.cut.is_fixed:
        return "configured: journey_cut is fixed_gap"
    if rules.cut.limits != LEARNT:
        return "configured: inactivity_limits is configured"
    if STAGE_CODES[stage] == POST_PURCHASE:
        return "configured: no way to a purchase pauses in this stage"
    if table is None or table.return_count < LEAST_RETURNS:
        return f"configured: fewer than {LEAST_RETURNS} returns within {LONGEST} days"
    if background is None:
        return f"configured: fewer than {LEAST_RETURNS} pauses were watched for {BACKGROUND_DAYS[0]} days"
    return None
