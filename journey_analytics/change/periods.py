"""The period that is looked at, and the earlier ones it is held against: all of one length and one set of weekdays."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import polars as pl

from journey_analytics.instants import naive

_WEEK = timedelta(days=7)
_MONTH = timedelta(days=31)
_MICROSECOND = timedelta(microseconds=1)
PRESENT = 0
"""The number of the period that is looked at; 1 is the one before it, and so on back."""


@dataclass(frozen=True)
class Periods:
    """Periods (start, end] of one length, each a whole number of weeks before the next, so that weekdays cancel.

    Attributes:
        end: of the present period, naive UTC: T less the lag.
        length: of each of them.
        previous_count: how many earlier ones there are.
        follow: how long an activity has to be followed by another one; occurrences later than the end less this
            are left out, in every period alike.
    """

    end: datetime
    length: timedelta
    previous_count: int
    follow: timedelta

    @property
    def step(self) -> timedelta:
        """From one period to the one before: the length in whole weeks, rounded up."""
        return -(-self.length // _WEEK) * _WEEK

    def start_of(self, number: int) -> datetime:
        """The moment after which period `number` begins."""
        return self.end - number * self.step - self.length

    def days_of(self, number: int) -> tuple[date, date]:
        """The first and the last day of a period; one that ends during a day is named by that day."""
        return _day(self.start_of(number)) + timedelta(days=1), _day(self.end_of(number))

    def end_of(self, number: int) -> datetime:
        """The last moment of period `number`: from there on nothing is known to whoever looks at it."""
        return self.end - number * self.step

    @property
    def is_enough(self) -> bool:
        """Whether the earlier ones, two at least, cover a month: what comes once a month would look like a change."""
        return self.previous_count > 1 and self.previous_count * self.step >= _MONTH

    def number(self, moment: pl.Expr) -> pl.Expr:
        """In which period a moment lies; null outside all of them."""
        before_us = self.before_end_us(moment)
        number = before_us // _us(self.step)
        is_in = (before_us >= 0) & (before_us % _us(self.step) < _us(self.length)) & (number <= self.previous_count)
        return pl.when(is_in).then(number)

    def seen_us(self, moment: pl.Expr) -> pl.Expr:
        """From a moment to the end of its period: how long what began there could be watched; inside a period only."""
        return self.before_end_us(moment) % _us(self.step)

    def before_end_us(self, moment: pl.Expr) -> pl.Expr:
        """From a moment to the end of the present period, in microseconds."""
        return (pl.lit(self.end).cast(pl.Datetime("us")) - moment).dt.total_microseconds()


def periods(
    *, cutoff: datetime, since: datetime | None, length: timedelta, previous: int, lag: timedelta, follow: timedelta
) -> Periods:
    """The periods at T; of the earlier ones only those that lie wholly within the data.

    Args:
        cutoff: T; a naive one is UTC.
        since: the first touchpoint of all, null where there is none.
        length: of a period.
        previous: how many earlier ones are wanted.
        lag: what of the newest past is left out, because events of it may still come or be joined.
        follow: see `Periods`.
    """
    end = naive(cutoff) - lag
    step = Periods(end, length, previous, follow).step
    complete = (end - length - since) // step if since is not None else 0
    return Periods(end, length, max(0, min(previous, complete)), follow)


def _day(moment: datetime) -> date:
    """The day that a period up to this moment ends with: midnight belongs to the day before."""
    return (moment - _MICROSECOND).date()


def _us(duration: timedelta) -> int:
    return duration // _MICROSECOND
