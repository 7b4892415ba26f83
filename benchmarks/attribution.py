"""How long attribution takes, and how stable its ranking is.

    python benchmarks/attribution.py --journeys 1000000 --channels 50

Generates journeys over so many channels (seeded; half a year, those of the last weeks still open) and times each
part: the touches, Markov with its intervals, Shapley with its intervals, and the whole table. Then the journeys are
halved by customer: Kendall's tau between the halves' rankings, per model, says how far a ranking can be trusted. On a
machine that does other work too, CPU seconds (of all threads) tell more than those of the clock.
"""

import argparse
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from itertools import combinations
from math import fsum
from random import Random

import polars as pl
from end_to_end import cpu_seconds, peak_bytes  # pyrefly: ignore[missing-import]

from journey_analytics.attribution import Paths, attribution, paths
from journey_analytics.attribution.following import followed
from journey_analytics.attribution.resampling import BUCKETS
from journey_analytics.attribution.shares import markov_shares, shapley_shares
from journey_analytics.attribution.table import Scope

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
HORIZON_US = 180 * DAY_US
LIMIT_US = 30 * DAY_US
GAP_US = 30 * 60_000_000
LONGEST = 8
LOST_SHARE = 0.3
SCOPE = Scope(dimension="channel", as_of_on=date(2026, 6, 30), lookback_days=30, minimum_count=30, currency="EUR")


def main() -> None:
    """Generate, time, and print."""
    options = _options()
    journeys, touchpoints = world(options.journeys, channels=options.channels, seed=options.seed)
    size = f"{journeys.height:,} journeys, {touchpoints.height:,} touchpoints, {options.channels} channels"
    print(f"{size}; {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}; seconds of the clock, of CPU")
    with timed("touches in order"):
        found = paths(journeys, touchpoints, gap_us=GAP_US)
    with timed("what followed"):
        follows = followed(found)
    with timed("markov, 200 resamples"):
        markov_shares(found, follows)
    with timed("shapley, 200 resamples"):
        shapley_shares(found, follows)
    with timed("the whole table"):
        table = attribution(found, scope=SCOPE)
    print(f"peak memory {peak_bytes() / 1e6:,.0f} MB")
    print(report(table, [attribution(half(found, number), scope=SCOPE) for number in (0, 1)]))


@contextmanager
def timed(name: str) -> Iterator[None]:
    """Print how long the block takes."""
    began, used = time.perf_counter(), cpu_seconds()
    yield
    print(f"{name:24} {time.perf_counter() - began:6.1f} {cpu_seconds() - used:6.1f}")


def world(count: int, *, channels: int, seed: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Journeys and touchpoints as `paths` reads them, up to a cut-off half a year after the first."""
    random = Random(seed)
    names = [f"channel_{number:02}" for number in range(channels)]
    popular = [1 / (1 + number) for number in range(channels)]
    chances = [random.uniform(0.02, 0.3) for _ in names]
    journeys: list[tuple[object, ...]] = []
    touchpoints: list[tuple[object, ...]] = []
    for number in range(count):
        visits, outcome, resolved = _journey(random, chances, popular)
        amount = random.randrange(100_000, 2_000_000) if outcome == "converted" else 0
        journeys.append((number, number * 7919 % BUCKETS, outcome, resolved, amount))
        touchpoints += [(number, names[channel], at, place) for place, (at, channel) in enumerate(visits)]
    return (
        pl.DataFrame(journeys, schema=["journey", "bucket", "outcome", "resolved_us", "amount"], orient="row"),
        pl.DataFrame(touchpoints, schema=["journey", "value", "at_us", "position"], orient="row"),
    )


def _journey(random: Random, chances: list[float], popular: list[float]) -> tuple[list[tuple[int, int]], str, int]:
    """Visits up to the cut-off, and the outcome as known then."""
    at, visits, outcome = int(random.uniform(0, HORIZON_US)), [], "open"
    for _ in range(LONGEST):
        channel = random.choices(range(len(popular)), popular)[0]
        visits.append((at, channel))
        fate = random.random()
        if fate < chances[channel] or fate > 1 - LOST_SHARE:
            outcome, at = ("converted", at + HOUR_US) if fate < chances[channel] else ("lost", at + LIMIT_US)
            break
        at += int(random.expovariate(1 / (5 * DAY_US)))
        if at > HORIZON_US:
            break
    else:
        outcome, at = "lost", at + LIMIT_US
    return (visits, outcome, at) if at <= HORIZON_US else (visits, "open", HORIZON_US)


def half(found: Paths, number: int) -> Paths:
    """The journeys of every other group of customers."""
    journeys = found.journeys.filter(pl.col("bucket") % 2 == number)
    return replace(found, journeys=journeys, touches=found.touches.join(journeys, on="journey", how="semi"))


def report(table: pl.DataFrame, halves: list[pl.DataFrame]) -> str:
    """Per model: how alike the halves rank the values, and how far the credits are from the conversions."""
    return "\n".join(
        f"{model:16} Kendall's tau of two halves {tau(halves, model):5.2f}, credits − conversions {_left(part):.0e}"
        for (model,), part in table.group_by("model", maintain_order=True)
    )


def _left(part: pl.DataFrame) -> float:
    return abs(fsum(part["conversion_credit"]) - part["conversion_count"][0])


def tau(halves: list[pl.DataFrame], model: str) -> float:
    """Kendall's tau-a of the credits that two tables give to the values both have: 1 is the same order."""
    one, other = (
        dict(half.filter(model=model).select("touchpoint", "conversion_credit").iter_rows()) for half in halves
    )
    pairs = list(combinations(sorted(one.keys() & other.keys()), 2))
    agreeing = sum((one[a] - one[b]) * (other[a] - other[b]) > 0 for a, b in pairs)
    return 2 * agreeing / len(pairs) - 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--journeys", type=int, default=1_000_000)
    parser.add_argument("--channels", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
