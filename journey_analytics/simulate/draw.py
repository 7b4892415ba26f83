"""Random draws and times, from `.random()` alone, so that a seed gives the same world on every Python version.

Instants are whole milliseconds since the world's first midnight (UTC); spans are milliseconds or, where named, days.
"""

from bisect import bisect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from math import exp, log
from random import Random
from typing import Any, Final

SECOND: Final = 1_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
WEEK: Final = 7 * DAY

STARTED_AT: Final = datetime(2025, 1, 1, tzinfo=UTC)
"""Millisecond 0 of every world: a Wednesday."""

_EPOCH_MS: Final = int(STARTED_AT.timestamp()) * 1_000
_HOUR_WEIGHTS: Final = (2, 1, 1, 1, 1, 2, 5, 9, 11, 12, 12, 13, 14, 13, 12, 12, 13, 15, 18, 21, 22, 18, 11, 5)
_WEEKDAY_WEIGHTS: Final = (1.0, 1.0, 0.9, 1.1, 1.25, 1.05, 1.0)  # Wednesday first, as the world begins on one

Uniform = Callable[[], float]
"""A source of uniform numbers in [0, 1), i.e. `Random.random`."""


def random_of(seed: int, *names: object) -> Random:
    """A generator of its own for each thing, so that one more customer changes nobody else."""
    return Random(":".join(map(str, (seed, *names))))


@dataclass(frozen=True)
class Choice:
    """Values with weights; `pick` draws one."""

    values: tuple[Any, ...]
    bounds: tuple[float, ...]

    @classmethod
    def of(cls, weights: Mapping[Any, float]) -> "Choice":
        """From a mapping of value to weight; the weights need no common total."""
        total, bounds = 0.0, []
        for weight in weights.values():
            total += weight
            bounds.append(total)
        return cls(tuple(weights), tuple(bound / total for bound in bounds))

    def pick(self, uniform: Uniform) -> Any:
        """One value, by its weight."""
        return self.values[min(bisect(self.bounds, uniform()), len(self.values) - 1)]


def happens(share: float, uniform: Uniform) -> bool:
    """True with this probability."""
    return uniform() < share


def one_of(values: tuple[Any, ...], uniform: Uniform) -> Any:
    """One of equally likely values."""
    return values[int(uniform() * len(values))]


def between(low: float, high: float, uniform: Uniform) -> int:
    """A whole number of milliseconds, evenly from [low, high)."""
    return int(low + (high - low) * uniform())


def waiting_days(mean: float, cap: float, uniform: Uniform) -> float:
    """Exponential with this mean before being cut at `cap` days (so its true mean is a little lower)."""
    return -mean * log(1.0 - uniform() * (1.0 - exp(-cap / mean)))


def _week_bounds() -> tuple[float, ...]:
    weights = [day * hour for day in _WEEKDAY_WEIGHTS for hour in _HOUR_WEIGHTS]
    total, bounds = 0.0, [0.0]
    for weight in weights:
        total += weight
        bounds.append(total)
    return tuple(bound / total for bound in bounds)


_WEEK_BOUNDS: Final = _week_bounds()


def rhythm(even_at: float) -> int:
    """An evenly spread instant moved to where people are awake; order is kept, nothing moves by over a day or so."""
    week, rest = divmod(even_at, WEEK)
    share = rest / WEEK
    hour = min(bisect(_WEEK_BOUNDS, share), 168) - 1
    low = _WEEK_BOUNDS[hour]
    within = (share - low) / (_WEEK_BOUNDS[hour + 1] - low)
    return int(week * WEEK + (hour + within) * HOUR)


def evenly(at: int) -> float:
    """The evenly spread instant that `rhythm` moves to this one."""
    week, rest = divmod(at, WEEK)
    hour, within = divmod(rest, HOUR)
    low = _WEEK_BOUNDS[hour]
    return (week + low + (_WEEK_BOUNDS[hour + 1] - low) * within / HOUR) * WEEK


@lru_cache(maxsize=4096)
def day_text(day: int) -> str:
    """The date of day 0, 1, … as `2025-01-01`."""
    return (STARTED_AT + timedelta(days=day)).strftime("%Y-%m-%d")


def month_text(at: int) -> str:
    """The month an instant is in, as `2025-01`."""
    return day_text(at // DAY)[:7]


def iso(at: int, end: str = "Z") -> str:
    """ISO 8601 with milliseconds; `end` is the zone's designator."""
    day, rest = divmod(at, DAY)
    hour, rest = divmod(rest, HOUR)
    minute, rest = divmod(rest, MINUTE)
    return f"{day_text(day)}T{hour:02d}:{minute:02d}:{rest // 1000:02d}.{rest % 1000:03d}{end}"


def epoch_seconds(at: int) -> int:
    """Whole seconds since 1970, rounded down."""
    return (at + _EPOCH_MS) // SECOND


def seconds_text(at: int) -> str:
    """`2025-01-01 00:00:00`, in UTC, rounded down to the second."""
    return iso(at, "")[:19].replace("T", " ")
