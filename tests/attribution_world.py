"""Journeys with touches written down as text, and simulated ones whose whole course is known."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from random import Random

import polars as pl

from journey_analytics.attribution import Paths, paths
from journey_analytics.attribution.resampling import BUCKETS
from journey_analytics.attribution.table import Scope

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
GAP_US = HOUR_US // 2
SCOPE = Scope(dimension="channel", as_of_on=date(2026, 6, 30), lookback_days=30, minimum_count=2, currency="EUR")
ENDS = {"+": "converted", "-": "lost", "?": "open"}


def written(lines: Sequence[str], *, amounts: Sequence[int] = ()) -> Paths:
    """Paths such as 'a b a +': touches a day apart, then + (converted), - (lost) or ? (open) a day after the last."""
    journeys, touches = [], []
    for number, line in enumerate(lines):
        *values, end = line.split()
        amount = amounts[number] if amounts else 0
        journeys.append((number, number * 37 % BUCKETS, ENDS[end], len(values) * DAY_US, amount))
        touches += [(number, value, place * DAY_US, place) for place, value in enumerate(values)]
    return paths(journey_frame(journeys), touch_frame(touches), gap_us=GAP_US)


def journey_frame(rows: Sequence[tuple[object, ...]]) -> pl.DataFrame:
    schema = {
        "journey": pl.Int64,
        "bucket": pl.Int64,
        "outcome": pl.String,
        "resolved_us": pl.Int64,
        "amount": pl.Int64,
    }
    return pl.DataFrame(list(rows), schema=schema, orient="row")


def touch_frame(rows: Sequence[tuple[object, ...]]) -> pl.DataFrame:
    schema = {"journey": pl.Int64, "value": pl.String, "at_us": pl.Int64, "position": pl.Int64}
    return pl.DataFrame(list(rows), schema=schema, orient="row")


def credits_of(table: pl.DataFrame, model: str) -> dict[str, float]:
    return dict(table.filter(model=model).select("touchpoint", "conversion_credit").iter_rows())


@dataclass(frozen=True)
class Shop:
    """A chain in continuous time: popular channels first, those that convert best last.

    A conversion comes within hours, a loss is known 30 days after the last touch: what makes a naive count of the last
    weeks so wrong. `arrives_at` is the day before which the last channel did not exist.
    """

    names: tuple[str, ...] = ("a", "b", "c", "d")
    popularity: tuple[float, ...] = (0.4, 0.3, 0.2, 0.1)
    chance: tuple[float, ...] = (0.04, 0.1, 0.2, 0.3)
    goes_on: float = 0.45
    days: float = 90.0
    arrives_at: float = 0.0

    def journeys(self, count: int, *, seed: int) -> "Simulated":
        random = Random(seed)
        return Simulated(self, [self._journey(random) for _ in range(count)], seed=seed)

    def _journey(self, random: Random) -> tuple[list[tuple[float, int]], str, float]:
        at = random.uniform(0, self.days)
        known = len(self.names) - (at < self.arrives_at)
        touches: list[tuple[float, int]] = []
        while True:
            channel = random.choices(range(known), self.popularity[:known])[0]
            touches.append((at, channel))
            fate, pause = random.random(), random.expovariate(1 / 5)
            if fate < self.chance[channel]:
                return touches, "converted", at + random.expovariate(10)
            if fate > self.chance[channel] + self.goes_on or pause > 30:
                return touches, "lost", at + 30
            at += pause


@dataclass(frozen=True)
class Simulated:
    shop: Shop
    courses: list[tuple[list[tuple[float, int]], str, float]]
    seed: int

    def known(self, *, until: float | None = None) -> Paths:
        """What is known at the end of the shop's days, or later."""
        cutoff = self.shop.days if until is None else until
        random = Random(self.seed)
        journeys, touches = [], []
        for number, (visits, outcome, end) in enumerate(self.courses):
            is_known = end <= cutoff
            told = (outcome, end) if is_known else ("open", cutoff)
            journeys.append((number, random.randrange(BUCKETS), told[0], int(told[1] * DAY_US), 10_000))
            seen = [(at, channel) for at, channel in visits if at <= cutoff]
            touches += [(number, channel, int(at * DAY_US), place) for place, (at, channel) in enumerate(seen)]
        frame = pl.DataFrame(touches, schema=["journey", "touchpoint", "at_us", "position"], orient="row")
        return Paths(self.shop.names, journey_frame(journeys), frame.drop("position"))

    def in_full(self) -> Paths:
        """As it will be when every journey has ended."""
        return self.known(until=10_000.0)


def without_open(found: Paths) -> Paths:
    """What ignoring the journeys still open would look at."""
    journeys = found.journeys.filter(pl.col("outcome") != "open")
    return replace(found, journeys=journeys, touches=found.touches.join(journeys, on="journey", how="semi"))
