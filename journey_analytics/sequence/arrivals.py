"""Visits that look around, in the middle of a need: do they belong to it, or does another need begin with them?

A landing page or an article carries no topic. Whoever comes to one while a need goes on may come for that need or for
something new. Which it is, is learnt by the activity that such a visit begins with, from what follows it: how often is
there a topic, within the reach of a need, that the customer was not after before?

- `usual_share`: so often after a visit with a topic, in the middle of a need: what the needs that go on bring about;
- `fresh_share`: so often after a visit that begins with this activity while no need goes on: it must begin one;
- `share`: so often after those in the middle of a need. As a mixture of both, (share − usual) / (fresh − usual) of them
  begin a need.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import polars as pl

LEAST_VISITS: Final = 200
LEAST_SHARE: Final = 0.5
ARRIVAL_BY: Final = "arrival by "
"""The signal `arrival by <activity>`."""

LOOKING_AROUND: Final = "\x1e"
"""The topic of arrivals that no new topic follows: they are about none of the topics that there are."""


@dataclass(frozen=True)
class Arrival:
    """What follows the visits without topic that begin with one activity, in the middle of a need.

    Attributes:
        activity: what they begin with.
        visit_count: such visits.
        new_count: of those, followed by a topic that is new in their chain of visits, within the reach of a need.
        usual_share, fresh_share: see above; null without such visits.
    """

    activity: str
    visit_count: int
    new_count: int
    usual_share: float | None
    fresh_share: float | None

    @property
    def begins_share(self) -> float | None:
        """Of those visits, the estimated share that begins a need; null when that cannot be told."""
        if self.usual_share is None or self.fresh_share is None or self.fresh_share <= self.usual_share:
            return None
        return (self.new_count / self.visit_count - self.usual_share) / (self.fresh_share - self.usual_share)

    @property
    def is_enough(self) -> bool:
        """Whether such a visit is taken for the beginning of a need."""
        return self.begins_share is not None and self.begins_share >= LEAST_SHARE


def arrivals(sessions: pl.DataFrame, *, reach: timedelta) -> list[Arrival]:
    """Every activity with at least `LEAST_VISITS` such visits in and out of needs, by name.

    Args:
        sessions: see `threads.session_topics`, with `is_looking`: it begins with what would be awareness without need.
        reach: a topic that begins later is not what the visit was for.
    """
    followed = _followed(sessions, reach_us=reach // timedelta(microseconds=1))
    told = followed.filter("is_in_need", pl.col("topic").is_not_null())
    usual = told.select(pl.col("is_followed").mean()).item()
    looking = followed.filter(pl.col("topic").is_null() & pl.col("is_looking"))
    counted = looking.group_by("activity").agg(
        visit_count=pl.col("is_in_need").sum().cast(pl.Int64),
        new_count=(pl.col("is_in_need") & pl.col("is_followed")).sum().cast(pl.Int64),
        fresh_count=(~pl.col("is_in_need")).sum().cast(pl.Int64),
        fresh_share=pl.col("is_followed").filter(~pl.col("is_in_need")).mean(),
    )
    often = counted.filter((pl.col("visit_count") >= LEAST_VISITS) & (pl.col("fresh_count") >= LEAST_VISITS))
    columns = ("activity", "visit_count", "new_count", "fresh_share")
    return [
        Arrival(activity, visits, new, usual, fresh)
        for activity, visits, new, fresh in often.sort("activity").select(columns).iter_rows()
    ]


def _followed(sessions: pl.DataFrame, *, reach_us: int) -> pl.DataFrame:
    begins = next_new("begins_us", from_here=False)
    is_followed = (begins - pl.col("begins_us") <= reach_us).fill_null(value=False)
    return sessions.with_columns(is_in_need=is_in_need(), is_followed=is_followed)


def is_in_need() -> pl.Expr:
    """Whether an earlier session of the chain has a topic."""
    chain = pl.when(pl.col("topic").is_not_null()).then("chain")
    return (chain.forward_fill().shift(1) == pl.col("chain")).fill_null(value=False)


def next_new(column: str, *, from_here: bool) -> pl.Expr:
    """`column` of the chain's next session, or with `from_here` this one, whose topic is new in the chain."""
    is_new = pl.col("topic").is_not_null() & pl.struct("chain", "topic").is_first_distinct()
    step = 0 if from_here else -1
    chain, value = (pl.when(is_new).then(name).shift(step).backward_fill() for name in ("chain", column))
    return pl.when(chain == pl.col("chain")).then(value)


def with_arrivals(
    sessions: pl.DataFrame, *, activities: frozenset[str], reach: timedelta, cutoff_us: int
) -> pl.DataFrame:
    """Give arrivals the next new topic of their chain, if it begins within the reach; else `LOOKING_AROUND`.

    Args:
        sessions: see `threads.session_topics`.
        activities: what a visit without topic in the middle of a need must begin with to be an arrival.
        reach: inclusive.
        cutoff_us: sessions begun up to T hear of no topic that begins later.
    """
    if not activities:
        return sessions
    begins = next_new("begins_us", from_here=True)
    is_near = begins - pl.col("begins_us") <= reach // timedelta(microseconds=1)
    is_told = (begins <= cutoff_us) | (pl.col("begins_us") > cutoff_us)
    coming = pl.when(is_near & is_told).then(next_new("topic", from_here=True))
    arrives = pl.col("topic").is_null() & pl.col("activity").is_in(list(activities)) & is_in_need()
    topic = pl.when(arrives).then(coming.fill_null(LOOKING_AROUND)).otherwise("topic")
    return sessions.with_columns(topic=topic)
