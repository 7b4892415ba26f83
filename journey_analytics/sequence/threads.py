"""Several needs at a time: which of a customer's *threads* every touchpoint goes with.

A thread is a customer's line of needs about one topic. Needs begin, live and end within their thread; sessions, what
was bought before and after-sales contact stay with the customer. Threads are told apart session by session, since most
touchpoints carry no topic of their own:

- A session has the topic that most of its active touchpoints carry; of several, the one seen first.
- Sessions without topic go with the nearest one with a topic, before or after them, that a need could span: no longer
  pause than the reach, no purchase and no explicit end lies between. A run of them between two topics is parted at its
  longest pause. Where there is no topic to go with, they are a thread of their own.
- Arrivals, sessions without topic that are known to begin a need even in the middle of another, do not go with it: they
  go with the next topic that is new, or are one thread of looking around (see `arrivals`).
- An order that two sources log is in one thread: that of its first touchpoint.
- What the customer did not do goes with the last thing they did.
"""

from collections.abc import Collection
from datetime import timedelta
from typing import Final

import polars as pl

from journey_analytics.sequence.arrivals import with_arrivals

_NONE: Final = -1


def with_threads(
    rows: pl.DataFrame, *, by_topic: bool, reach: timedelta, cutoff_us: int, foreign: Collection[str] = (),
    arrivals: frozenset[str] = frozenset(),
) -> pl.DataFrame:  # fmt: skip
    """Add `thread`: the same number for touchpoints of one thread, rising from customer to customer.

    Sessions begun up to the cut-off do not know what is said after it.

    Args:
        rows: in order, with their sessions.
        by_topic: whether topics tell needs apart; without, a customer has one thread.
        reach: the longest pause that a need may span, inclusive.
        cutoff_us: T in microseconds.
        foreign: sources whose topics are not those of the others: they say nothing.
        arrivals: activities by which a session without topic begins a need of its own (see `arrivals`).
    """
    if not by_topic:
        return rows.with_columns(thread=pl.col("customer"))
    sessions = session_topics(rows, reach=reach, cutoff_us=cutoff_us, foreign=foreign)
    sessions = with_arrivals(sessions, activities=arrivals, reach=reach, cutoff_us=cutoff_us)
    thread = _by_topic(sessions, cutoff_us=cutoff_us)
    joined = rows.join(thread, on="session_row", how="left", maintain_order="left")
    return _with_passive(_with_orders(joined))


def session_topics(
    rows: pl.DataFrame, *, reach: timedelta, cutoff_us: int, foreign: Collection[str] = ()
) -> pl.DataFrame:
    """The sessions in which the customer did something, in the order of their first active touchpoints.

    Args:
        rows: in order, with their sessions.
        reach: a longer pause breaks the chain.
        cutoff_us: T in microseconds.
        foreign: sources whose topics say nothing.

    Returns:
        session_row, customer, source, activity and begins_us (of its first active touchpoint), pause_us (since the
        customer's active touchpoint before), chain (the same number for a customer's neighbouring sessions that could
        be about one need: no pause over `reach`, purchase or explicit end lies between), topic (null when no active
        touchpoint carries one that is known: of sessions begun up to the cut-off, up to there).
    """
    ends = (pl.col("is_purchase") | pl.col("is_end")).cast(pl.Int64)
    active = rows.select(
        "session_row",
        "customer",
        "source",
        "activity",
        "row",
        "us",
        "topic",
        "is_active",
        end_count=ends.cum_sum() - ends,
    ).filter("is_active")
    sessions = (
        active.with_columns(pause_us=pl.col("us") - pl.col("us").shift(1))
        .group_by("session_row", maintain_order=True)
        .agg(pl.col("customer", "source", "activity", "end_count", "pause_us").first(), begins_us=pl.col("us").first())
        .with_columns(chain=(~_goes_on(reach)).cum_sum())
    )
    begun = sessions.filter(pl.col("begins_us") <= cutoff_us).select("session_row")
    unsaid = active.filter(pl.col("us") > cutoff_us).join(begun, on="session_row").select("row")
    is_said = pl.col("topic").is_not_null() & ~pl.col("source").is_in(list(foreign))
    said = active.filter(is_said).join(unsaid, on="row", how="anti")
    return sessions.join(_most_frequent(said), on="session_row", how="left", maintain_order="left")


def _goes_on(reach: timedelta) -> pl.Expr:
    return (
        (pl.col("customer") == pl.col("customer").shift(1))
        & (pl.col("end_count") == pl.col("end_count").shift(1))
        & (pl.col("pause_us") <= reach // timedelta(microseconds=1))
    ).fill_null(value=False)


def _most_frequent(rows: pl.DataFrame) -> pl.DataFrame:
    ranked = rows.group_by("session_row", "topic").agg(count=pl.len(), first_row=pl.col("row").min())
    order = ranked.sort("session_row", "count", "first_row", descending=[False, True, False])
    return order.unique("session_row", keep="first", maintain_order=True).select("session_row", "topic")


def _by_topic(sessions: pl.DataFrame, *, cutoff_us: int) -> pl.DataFrame:
    """`thread` of every session: the session that begins it."""
    filled = _with_neighbours_topic(sessions, cutoff_us=cutoff_us)
    alone = pl.when(pl.col("topic").is_null()).then("chain").otherwise(_NONE).alias("alone")
    begins = filled.group_by("customer", "topic", alone).agg(thread=pl.col("session_row").min())
    threads = filled.with_columns(alone).join(begins, on=["customer", "topic", "alone"], how="left", nulls_equal=True)
    return threads.select("session_row", "thread")


def _with_neighbours_topic(sessions: pl.DataFrame, *, cutoff_us: int) -> pl.DataFrame:
    """A run of sessions without topic is parted at its longest pause, the last of several of the same length."""
    known = pl.col("topic").is_not_null()
    run = known.cum_sum() - known.cast(pl.UInt32)
    place = pl.int_range(pl.len(), dtype=pl.Int64)
    longest = pl.col("place").sort_by("pause_us", "place").last().over("chain", "run")
    chain, begins = (pl.when(known).then(column) for column in ("chain", "begins_us"))
    is_told = (begins.backward_fill() <= cutoff_us) | (pl.col("begins_us") > cutoff_us)
    earlier = pl.when(chain.forward_fill() == pl.col("chain")).then(pl.col("topic").forward_fill())
    later = pl.when((chain.backward_fill() == pl.col("chain")) & is_told).then(pl.col("topic").backward_fill())
    is_before = pl.col("place") < longest
    nearer = [pl.when(is_before).then(earlier), pl.when(~is_before).then(later)]
    return sessions.with_columns(run=run, place=place).with_columns(topic=pl.coalesce("topic", *nearer, earlier, later))


def _with_orders(rows: pl.DataFrame) -> pl.DataFrame:
    ordered = rows.filter(pl.col("is_active") & pl.col("order_id").is_not_null())
    first = ordered.group_by("customer", "order_id", maintain_order=True).agg(order_thread=pl.col("thread").first())
    joined = rows.join(first, on=["customer", "order_id"], how="left", maintain_order="left")
    return joined.with_columns(thread=pl.coalesce("order_thread", "thread")).drop("order_thread")


def _with_passive(rows: pl.DataFrame) -> pl.DataFrame:
    """Before the first active touchpoint there is no need: any number of this customer's will do."""
    own = pl.when("is_active").then("thread").when("is_first").then("row")
    return rows.with_columns(thread=own.forward_fill())


def thread_order(rows: pl.DataFrame) -> pl.Series:
    """The rows thread by thread, each in its order: positions to gather by. Customers stay where they are."""
    key = pl.col("thread") * pl.len().cast(pl.Int64) + pl.col("row")
    return rows.select(key.arg_sort()).to_series()
