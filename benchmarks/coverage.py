"""How often the 95 % intervals of the drop-off cover the truth, and the mean error of estimate and naive share.

    python benchmarks/coverage.py --runs 500

Entrants are drawn straight from a law that is known, without touchpoints: they enter and act in waking hours only, a
share advances, others are closed before the window ends, and all are cut off at a T at midnight. A run is a value of a
segment, so all runs of a setting are one call of `stage_dropoff`. A coverage over 500 runs has a standard error of 1.0
point by itself: of intervals that cover 95 % exactly, one setting in twenty shows less than 93 or more than 97 %.
"""

import argparse
import itertools
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl

WINDOW = 30
CUTOFF = datetime(2026, 7, 1)
WAKES, SLEEPS = 8.0, 24.0
"""Hours between which customers enter, advance, and are touched last."""
QUICK_SHARE = 0.2
"""Of the advances, those within minutes of entering."""
MEAN_DAYS = 8.0
"""Of the other advances, and of the closings, before they are cut at the window's end."""
CLOSED_SHARE = 0.6
"""Of those who never advance, those whose journey is closed before the window's end."""
COHORTS = {"light": 360, "heavy": 60, "recent": 30}
"""Days before T over which entrants come: a year, two windows, or the last 30 days, when no window is over."""


@dataclass(frozen=True)
class Setting:
    """One law to draw from: `dropoff_share` is the truth, `count` the entrants of a run, `cohort` one of `COHORTS`."""

    cohort: str
    count: int
    dropoff_share: float


SETTINGS = tuple(Setting(*case) for case in itertools.product(COHORTS, (200, 2000), (0.1, 0.5, 0.9)))


def main() -> None:
    """Print a row per setting."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print("cohort  entrants  truth   open  told   naive error  mean error      sd  width  covered  too low  too high")
    for setting in SETTINGS:
        print(_line(setting, coverage(setting, runs=options.runs, seed=options.seed)), flush=True)
    print("open: share of entrants in progress at T; told: runs with an estimate; errors, sd and width in points")


def coverage(setting: Setting, *, runs: int, seed: int) -> dict[str, float]:
    """Over the runs: how the estimate and its interval do.

    Returns:
        `open_share` of the entrants, `told_share` of the runs; of those told, `covered_share` (truth within the
        interval), `low_share` and `high_share` (interval below, above the truth); errors against the truth in points:
        `mean_error`, its `standard_error`, `naive_error` (not advanced / entered), `sd` of the estimate, `width`.
    """
    from journey_analytics.dropoff import stage_dropoff

    found = stage_dropoff(drawn(setting, runs=runs, seed=seed), cutoff=CUTOFF, segments=("run",))
    each = found.filter(segment="run")
    told = each.filter(pl.col("estimated_dropoff_share").is_not_null()).select(_measures(setting.dropoff_share))
    means = told.mean().row(0, named=True)
    spread = float(np.std(told["mean_error"].to_numpy(), ddof=1))
    return means | {
        "open_share": each["open_count"].sum() / (runs * setting.count),
        "told_share": told.height / runs,
        "sd": spread,
        "standard_error": spread / told.height**0.5,
    }


def _measures(truth: float) -> list[pl.Expr]:
    low, share, high = (pl.col(f"estimated_{part}_share") for part in ("low", "dropoff", "high"))
    naive = 1 - pl.col("advanced_count") / pl.col("entered_count")
    return [
        pl.lit(truth).is_between(low, high).alias("covered_share"),
        (high < truth).alias("low_share"),
        (low > truth).alias("high_share"),
        (100 * (share - truth)).alias("mean_error"),
        (100 * (naive - truth)).alias("naive_error"),
        (100 * (high - low)).alias("width"),
    ]


def drawn(setting: Setting, *, runs: int, seed: int, hour: float = 0.0) -> pl.DataFrame:
    """The entrants of all runs as visits at T, whose clock shows `hour`; the column `run` tells the runs apart."""
    number = SETTINGS.index(setting) if setting in SETTINGS else len(SETTINGS)
    random, count = np.random.default_rng([seed, number]), runs * setting.count
    entered_hour = random.uniform(WAKES, SLEEPS, count)
    span = COHORTS[setting.cohort]
    ago = (random.integers(1, span + 1, count) - (entered_hour - hour) / 24) % span
    advances = random.random(count) >= setting.dropoff_share
    closes = ~advances & (random.random(count) < CLOSED_SHARE)
    quick = advances & (random.random(count) < QUICK_SHARE)
    later = _days(random, count) + (random.uniform(WAKES, SLEEPS, count) - entered_hour) / 24
    end = np.where(quick, random.uniform(1, 15, count) / 1440, np.where(advances | closes, later, float(WINDOW)))
    return pl.DataFrame(
        {
            "run": np.repeat(np.arange(runs), setting.count).astype(str),
            "entered_at": pl.Series((ago * -86_400e6).astype(np.int64)).cast(pl.Duration("us")) + CUTOFF,
            "outcome": np.where(end > ago, "open", np.where(advances, "advanced", "dropped")),
            "duration_us": (np.minimum(end, ago) * 86_400e6).astype(np.int64),
        }
    ).with_columns(stage=pl.lit("awareness"), window_days=pl.lit(WINDOW, pl.Int64))


def _days(random: np.random.Generator, count: int) -> np.ndarray:
    """Whole days of an exponential wait, from the next day to the last one before the window's end."""
    within = 1 - np.exp(-(WINDOW - 1) / MEAN_DAYS)
    return 1 + np.floor(-MEAN_DAYS * np.log1p(-within * random.random(count)))


def _line(setting: Setting, found: dict[str, float]) -> str:
    shares = " ".join(f"{found[f'{name}_share']:8.1%}" for name in ("covered", "low", "high"))
    return (
        f"{setting.cohort:7} {setting.count:8,}  {setting.dropoff_share:5.1f} {found['open_share']:6.1%} "
        f"{found['told_share']:5.0%} {found['naive_error']:+13.2f} {found['mean_error']:+6.2f} "
        f"±{found['standard_error']:.2f} {found['sd']:7.2f} {found['width']:6.2f} {shares}"
    )


if __name__ == "__main__":
    main()
