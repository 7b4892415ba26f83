"""How often the 95 % interval of a credit holds the true credit, in simulated shops.

    python benchmarks/attribution_coverage.py --shops 500 --journeys 2000

Every shop draws its own journeys (their number, too, is random) over four channels and 90 days, so that a third of them
is still open. The truth is that of a shop so large that chance is gone: for the rules what is known by the cut-off, for
markov and shapley the shares of the same journeys followed to their end. Printed per model: the share of the intervals
that hold it, the mean error in conversions, and the mean width.
"""

import argparse
import sys
from pathlib import Path
from random import Random

import polars as pl

from journey_analytics.attribution import attribution

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from attribution_world import SCOPE, Shop  # pyrefly: ignore[missing-import]

MODELS = ("first", "last", "linear", "position", "time_decay", "markov", "shapley")
LARGE = 300_000


def main() -> None:
    """Simulate and print."""
    options = _options()
    shop, random = Shop(), Random(options.seed)
    truth = true_credits(shop, seed=options.seed + options.shops).with_columns(
        pl.col("truth") * options.journeys / LARGE
    )
    tables = []
    for number in range(options.shops):
        # As many as come in the time: a Poisson number, by its normal limit.
        count = max(1, round(random.gauss(options.journeys, options.journeys**0.5)))
        tables.append(attribution(shop.journeys(count, seed=options.seed + number).known(), scope=SCOPE))
    every = pl.concat(tables).join(truth, on=["model", "touchpoint"])
    print(f"{options.shops} shops of about {options.journeys:,} journeys")
    print(measured(every))


def true_credits(shop: Shop, *, seed: int) -> pl.DataFrame:
    """`model`, `touchpoint`, `truth` (conversions of `LARGE` journeys)."""
    world = shop.journeys(LARGE, seed=seed)
    known, ended = (attribution(found, scope=SCOPE) for found in (world.known(), world.in_full()))
    conversions = known["conversion_count"][0]
    shared = ended.filter(pl.col("model").is_in(["markov", "shapley"])).with_columns(
        conversion_credit=pl.col("credit_share") * conversions
    )
    rules = known.filter(~pl.col("model").is_in(["markov", "shapley"]))
    return pl.concat([rules, shared]).select("model", "touchpoint", truth="conversion_credit")


def measured(every: pl.DataFrame) -> str:
    """A line per model."""
    lines = []
    for model in MODELS:
        part = every.filter(model=model)
        held = part.select(pl.col("truth").is_between("credit_low", "credit_high").mean()).item()
        error = part.select((pl.col("conversion_credit") - pl.col("truth")).mean()).item()
        by_channel = part.group_by("touchpoint").agg((pl.col("conversion_credit") - pl.col("truth")).mean().abs())
        width = part.select((pl.col("credit_high") - pl.col("credit_low")).mean()).item()
        worst = by_channel["conversion_credit"].max()
        lines += [
            f"{model:11} holds {100 * held:5.1f} %, error {error:+.2f} (worst channel {worst:.2f}), width {width:.1f}"
        ]
    return "\n".join(lines)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shops", type=int, default=500)
    parser.add_argument("--journeys", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
