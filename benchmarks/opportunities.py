"""How often the opportunities name the planted barrier, and how often their intervals cover the true gain.

    python benchmarks/opportunities.py --runs 200
    python benchmarks/opportunities.py --workspace shop/journey.toml --truth shop/truth   # end to end, after a run

A world has four segment columns with small effects of their own on three stages, and one barrier: at one stage, one
value of one column advances 20 points less. Entrants go on from stage to stage, wait, are closed, and are cut off at T.
The true gain is the formula of `opportunity.gains` on the world's own parameters: true shares within the window of
those who enter the stage, the upper quartile of the true shares of the other values, the true rate, the true
probability of purchasing from the next stage on, the true mean amount. Beside it, what naive rankings would have said.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path

import numpy as np
import polars as pl

from journey_analytics.dropoff import stage_dropoff
from journey_analytics.opportunity.gains import MONTH_DAYS, TARGET_QUANTILE, Purchase
from journey_analytics.opportunity.table import opportunities
from journey_analytics.stage_reach import stage_reach

CUTOFF = datetime(2026, 7, 1)
STAGES = ("awareness", "consideration", "decision")
BEGIN_SHARES = (0.6, 0.3, 0.1)
BASE = (0.35, 0.5, 0.65)
"""Shares that advance where nothing is planted: the top of a funnel always loses most."""
WINDOW = 30.0
DAYS = 300
NEVER = 1e9
DAY_US = 86_400_000_000
MEAN_WAIT = 7.0
MEAN_AMOUNT, AMOUNT_SPREAD = 120.0, 0.9
COLUMNS = {
    "device": (0.5, 0.38, 0.12),
    "first_channel": (0.24, 0.2, 0.16, 0.14, 0.1, 0.08, 0.05, 0.03),
    "customer_kind": (0.65, 0.35),
    "country": (0.4, 0.25, 0.2, 0.1, 0.05),
}
SIZES = tuple(len(shares) for shares in COLUMNS.values())
CELLS = np.array(list(product(*map(range, SIZES))))
"""Every combination of segment values; a row per cell, a column per segment column."""
LEAST_SHARE = 0.2
"""Of the entrants, those of the value that the barrier is planted on, at least."""


@dataclass(frozen=True)
class World:
    """Parameters of one world; `effects` are points added to a stage's base share, per stage and column and value."""

    effects: tuple[tuple[np.ndarray, ...], ...]
    planted: tuple[str, str, str]
    drop: float
    per_day: float

    def advance(self) -> np.ndarray:
        """The chance to advance within the window, per cell and stage."""
        sums = [sum(effect[CELLS[:, c]] for c, effect in enumerate(stage)) for stage in self.effects]
        chances = np.array(BASE)[:, None] + np.array(sums)
        stage, column, value = self.place()
        chances[stage, CELLS[:, column] == value] -= self.drop
        return np.clip(chances, 0.02, 0.98).T

    def place(self) -> tuple[int, int, int]:
        """The planted barrier as numbers of stage, column and value."""
        stage, segment, value = self.planted
        return STAGES.index(stage), list(COLUMNS).index(segment), int(value[1:])


def world(random: np.random.Generator, *, spread: float, drop: float, per_day: float) -> World:
    """A world whose planted barrier is, in truth, the largest opportunity; others are drawn again."""
    while True:
        effects = tuple(tuple(random.normal(0, spread, size) for size in SIZES) for _ in STAGES)
        large = [(c, v) for c, shares in COLUMNS.items() for v, share in enumerate(shares) if share >= LEAST_SHARE]
        column, value = large[random.integers(len(large))]
        planted = (STAGES[random.integers(len(STAGES))], column, f"v{value}")
        drawn = World(effects=effects, planted=planted, drop=drop, per_day=per_day)
        truth = true_gains(drawn)
        if not drop or truth.row(0)[:3] == planted:
            return drawn


def true_gains(drawn: World) -> pl.DataFrame:
    """The true gain of every barrier per month, largest first: the formula on the parameters."""
    rows = [
        (name, column, *row)
        for stage, name in enumerate(STAGES)
        for number, column in enumerate(COLUMNS)
        for row in _true_rows(drawn, stage=stage, column=number)
    ]
    names = ["stage", "segment", "segment_value", "advance", "customers", "amount"]
    return pl.DataFrame(rows, schema=names, orient="row").sort("customers", *names[:3], descending=[True, *[False] * 3])


def _true_rows(drawn: World, *, stage: int, column: int) -> Iterator[tuple[str, float, float, float]]:
    """Of each value of a column: its name, its true share that advances, customers and money to be won per month."""
    entering, buying, chances = _entering(drawn), _buying(drawn), drawn.advance()[:, stage]
    cells = [CELLS[:, column] == value for value in range(SIZES[column])]
    advance = [np.average(chances[k], weights=entering[stage][k]) for k in cells]
    for value, k in enumerate(cells):
        target = np.quantile(np.delete(advance, value), TARGET_QUANTILE)
        goal = 1.0 if stage == len(STAGES) - 1 else np.average(buying[stage + 1][k], weights=entering[stage + 1][k])
        rate = drawn.per_day * MONTH_DAYS * entering[stage][k].sum()
        customers = float(rate * max(0.0, target - advance[value]) * goal)
        yield f"v{value}", float(advance[value]), customers, customers * MEAN_AMOUNT


def _entering(drawn: World) -> list[np.ndarray]:
    """Per stage the share of all journeys that enter it, by cell: those that begin there and those that go on."""
    chances, found = drawn.advance(), [BEGIN_SHARES[0] * cell_shares()]
    for stage in (1, 2):
        found.append(BEGIN_SHARES[stage] * cell_shares() + found[-1] * chances[:, stage - 1])
    return found


def _buying(drawn: World) -> list[np.ndarray]:
    """Per stage the chance of a purchase once it is reached, by cell."""
    chances = drawn.advance()
    return [np.prod(chances[:, stage:], axis=1) for stage in range(len(STAGES))]


def simulated(drawn: World, random: np.random.Generator) -> tuple[pl.DataFrame, Purchase]:
    """Stage visits of the world as they are known at T, and what a purchase was worth."""
    count = random.poisson(drawn.per_day * DAYS)
    cell, begin = random.choice(len(CELLS), size=count, p=cell_shares()), random.choice(3, size=count, p=BEGIN_SHARES)
    at, goes_on = random.uniform(0, DAYS, count), np.zeros(count, dtype=bool)
    entered, advanced, closed = np.full((3, count), NEVER), np.full((3, count), NEVER), np.full(count, NEVER)
    for stage, chances in enumerate(drawn.advance().T):
        here = goes_on | (begin == stage)
        goes_on = here & (random.random(count) < chances[cell])
        entered[stage, here] = at[here]
        at = np.where(goes_on, at + waits(random, count), at)
        advanced[stage, goes_on] = at[goes_on]
        closed = np.where(here & ~goes_on, at + closings(random, count), closed)
    visits = pl.concat(visits_of(stage, cell, entered, advanced, closed) for stage in range(3))
    bought = int((advanced[2] <= DAYS).sum())
    amounts = random.lognormal(np.log(MEAN_AMOUNT) - AMOUNT_SPREAD**2 / 2, AMOUNT_SPREAD, bought)
    return visits, Purchase(float(amounts.mean()), float(amounts.std(ddof=1) / np.sqrt(bought)), "EUR")


def cell_shares() -> np.ndarray:
    """The share of journeys in every cell: the columns are independent."""
    return np.prod([np.array(shares)[CELLS[:, column]] for column, shares in enumerate(COLUMNS.values())], axis=0)


def waits(random: np.random.Generator, count: int) -> np.ndarray:
    """Days until an advance: exponential, cut at the window's end."""
    return -MEAN_WAIT * np.log1p(-random.random(count) * (1 - np.exp(-WINDOW / MEAN_WAIT)))


def closings(random: np.random.Generator, count: int) -> np.ndarray:
    """Days until one who never advances is lost: most are closed before the window's end, the others with it."""
    return np.where(random.random(count) < 0.6, random.uniform(3, WINDOW, count), WINDOW)


def visits_of(
    stage: int, cell: np.ndarray, entered: np.ndarray, advanced: np.ndarray, closed: np.ndarray
) -> pl.DataFrame:
    """Entries into one stage with what is known of them at T; days are those since the world began."""
    there = entered[stage] <= DAYS
    at, advance, end = entered[stage, there], advanced[stage, there], closed[there]
    left = np.minimum(advance, end)
    outcome = np.where(left > DAYS, "open", np.where(advance <= DAYS, "advanced", "dropped"))
    decision = np.where(entered[2, there] > at, entered[2, there], NEVER)
    values = {name: [f"v{value}" for value in CELLS[cell[there], column]] for column, name in enumerate(COLUMNS)}
    moments = {
        "entered_at": at, "advanced_at": advance, "decision_at": decision, "purchased_at": advanced[2, there],
        "closed_at": end,
    }  # fmt: skip
    return pl.DataFrame(
        {
            "stage": [STAGES[stage]] * len(at), "outcome": outcome, "window_days": [int(WINDOW)] * len(at),
            "duration_us": ((np.minimum(left, DAYS) - at) * DAY_US).astype(np.int64), **values,
            **{name: _known(days) for name, days in moments.items()},
        }
    )  # fmt: skip


def _known(days: np.ndarray) -> pl.Series:
    """Moments; null where they lie after T."""
    since = pl.Series(np.where(days <= DAYS, days, 0) * DAY_US).cast(pl.Int64).cast(pl.Duration("us"))
    moments = (CUTOFF - timedelta(days=DAYS)) + since
    return pl.select(pl.when(pl.Series(days <= DAYS)).then(moments)).to_series()


@dataclass(frozen=True)
class Score:
    """How one world's table compares with its truth; `place` is the planted barrier's, null where it has none."""

    place: int | None
    is_planted_covered: bool
    is_money_covered: bool
    covered_share: float
    top_three_share: float
    by_share: bool
    by_count: bool
    null_customers: float
    true_null_customers: float


def score(drawn: World, random: np.random.Generator) -> Score:
    """Simulate the world, make its table, compare."""
    visits, purchase = simulated(drawn, random)
    dropoff = stage_dropoff(visits, cutoff=CUTOFF, segments=tuple(COLUMNS))
    reach = stage_reach(visits, windows=dict.fromkeys(STAGES, int(WINDOW)), cutoff=CUTOFF, segments=tuple(COLUMNS))
    found = opportunities(visits, dropoff, reach, cutoff=CUTOFF, segments=tuple(COLUMNS), purchase=purchase)
    keys = ["stage", "segment", "segment_value"]
    both = found.join(true_gains(drawn), on=keys).with_columns(
        is_covered=_covers("customers", "customers_per_month"), is_money_covered=_covers("amount", "amount_per_month")
    )
    planted = both.filter(_is(drawn.planted)).row(0, named=True)
    others = both.filter(~_is(drawn.planted) & (pl.col("segment") != drawn.planted[1]))
    best = both.sort("customers", descending=True).head(3).select(keys).rows()
    told = both.filter(pl.col("place") <= 3).select(keys).rows()
    return Score(
        place=planted["place"],
        is_planted_covered=planted["is_covered"],
        is_money_covered=planted["is_money_covered"],
        covered_share=float(np.mean(both["is_covered"].to_list())),
        top_three_share=len({*best} & {*told}) / 3,
        by_share=drawn.planted in _first_two(dropoff, pl.col("estimated_dropoff_share")),
        by_count=drawn.planted in _first_two(dropoff, pl.col("dropped_count")),
        null_customers=float(others["customers_per_month"].sum()),
        true_null_customers=float(others["customers"].sum()),
    )


def _covers(true: str, name: str) -> pl.Expr:
    low, high = (pl.col(name.replace("_per_", f"_{end}_per_")) for end in ("low", "high"))
    return (low <= pl.col(true) + 1e-9) & (pl.col(true) <= high + 1e-9)


def _is(barrier: tuple[str, str, str]) -> pl.Expr:
    stage, segment, value = barrier
    return (pl.col("stage") == stage) & (pl.col("segment") == segment) & (pl.col("segment_value") == value)


def _first_two(dropoff: pl.DataFrame, figure: pl.Expr) -> list[tuple[str, str, str]]:
    """The two barriers that a ranking by the largest drop names."""
    ranked = dropoff.filter(pl.col("is_ranked") & (pl.col("segment") != "all"))
    ordered = ranked.sort(figure, "stage", "segment", "segment_value", descending=[True, False, False, False])
    return ordered.head(2).select("stage", "segment", "segment_value").rows()


def scores(*, runs: int, seed: int, spread: float, drop: float, per_day: float) -> list[Score]:
    """One score per run; the same seed gives the same worlds."""
    streams = np.random.default_rng(seed).spawn(runs)
    return [score(world(one, spread=spread, drop=drop, per_day=per_day), one) for one in streams]


def row_of(found: list[Score]) -> dict[str, float]:
    """Shares of runs, and of barriers, in %."""
    percent = {
        "in the top two": [one.place is not None and one.place <= 2 for one in found],
        "by largest drop-off share": [one.by_share for one in found],
        "by most dropped": [one.by_count for one in found],
        "top three, 2 of 3 right": [one.top_three_share >= 0.66 for one in found],
        "planted: customers covered": [one.is_planted_covered for one in found],
        "planted: money covered": [one.is_money_covered for one in found],
        "all barriers covered": [one.covered_share for one in found],
    }
    return {name: 100 * float(np.mean(values)) for name, values in percent.items()}


def true_end_to_end(truth: Path) -> dict[str, float]:
    """The true gain of the barrier planted in a simulated world, from what became of every entrant in the end."""
    told = json.loads((truth / "world.json").read_text(encoding="utf-8"))
    planted, ends_at = told["planted_barrier"], datetime.fromisoformat(told["ends_at"]).replace(tzinfo=None)
    journeys = pl.read_csv(truth / "journey.csv", columns=["journey_id", planted["segment"]])
    visits = pl.read_csv(truth / "stage_visit.csv", try_parse_dates=True).filter(pl.col("stage") == planted["stage"])
    times = visits.with_columns(pl.col("entered_at", "advanced_at").dt.replace_time_zone(None)).sort("entered_at")
    entries = times.unique("journey_id", keep="first", maintain_order=True).filter(pl.col("entered_at") <= ends_at)
    in_time = (pl.col("advanced_at") - pl.col("entered_at") <= timedelta(days=WINDOW)).fill_null(value=False)
    is_recent = pl.col("entered_at") > ends_at - timedelta(days=90)
    named = entries.join(journeys, on="journey_id").drop_nulls(planted["segment"])
    by_value = named.group_by(planted["segment"]).agg(share=in_time.mean(), recent=is_recent.sum())
    value = {row[planted["segment"]]: row for row in by_value.to_dicts()}
    there = value.pop(planted["segment_value"])
    target = float(np.quantile([row["share"] for row in value.values()], TARGET_QUANTILE))
    rate = there["recent"] / 90 * MONTH_DAYS
    return {"present": there["share"], "target": target, "rate": rate, "customers": rate * (target - there["share"])}


def end_to_end(workspace: Path, truth: Path) -> str:
    """The planted barrier of a simulated world in mart.opportunity, beside the truth."""
    from journey_analytics.config import read_config
    from journey_analytics.opportunity.sentences import sentence
    from journey_analytics.warehouse import open_published

    planted = json.loads((truth / "world.json").read_text(encoding="utf-8"))["planted_barrier"]
    asked = "select * from mart.opportunity where stage = ? and segment = ? and segment_value = ?"
    keys = [planted["stage"], planted["segment"], planted["segment_value"]]
    with open_published(read_config(workspace).published) as warehouse:
        row = warehouse.frame(asked, parameters=keys).row(0, named=True)
    true = true_end_to_end(truth)
    is_covered = row["customers_low_per_month"] <= true["customers"] <= row["customers_high_per_month"]
    return (
        f"place {row['place']}: {sentence(row)}\n  truth: {100 * true['present']:.1f} % where others reach "
        f"{100 * true['target']:.1f} %, {true['rate']:.0f} entrants and {true['customers']:.0f} customers a month: "
        f"{'covered' if is_covered else 'NOT covered'} by {row['customers_low_per_month']:.0f} to "
        f"{row['customers_high_per_month']:.0f}"
    )


def main() -> None:
    options = _options()
    if options.workspace:
        print(end_to_end(options.workspace, options.truth))
        return
    for per_day, spread in ((10, 0.02), (30, 0.0), (30, 0.02), (30, 0.04), (100, 0.02)):
        found = scores(runs=options.runs, seed=options.seed, spread=spread, drop=0.2, per_day=per_day)
        print(f"{per_day} journeys a day, segments differ by {100 * spread:.0f} points (standard deviation)")
        for name, value in row_of(found).items():
            print(f"    {name:28s} {value:5.1f} %")
        told, true = (
            np.mean([getattr(one, name) for one in found]) for name in ("null_customers", "true_null_customers")
        )
        print(f"    customers to be won elsewhere, summed over barriers: {told:.1f} a month (truth {true:.1f})")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--workspace", type=Path, help="journey.toml of a simulated world with a finished run.")
    parser.add_argument("--truth", type=Path, help="The truth folder of that world.")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
