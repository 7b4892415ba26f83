"""What changed: how often a planted change is found within 7 days, and how often a quiet week raises an alarm.

    python benchmarks/changes.py                                   made-up shops: power by size, quiet weeks
    python benchmarks/changes.py --workspace shop/journey.toml     a built warehouse, looked at as of many days

Made-up shops have as many edges as a real one, customers who repeat themselves, and stages that are advanced from
over weeks; T lies 7 days after the change. A workspace is looked at every 7 days (touchpoints and visits after that day
are not used, but journeys, joined later, are as they are now), from `--from` to `--until`, its quiet time; then a tenth
of the occurrences of one edge in the last 7 days gets another next activity, for each of the commonest edges in turn.
The workspace is only read.
"""

import argparse
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from statistics import fmean

import numpy as np
import polars as pl
from copies import copied  # pyrefly: ignore[missing-import]

from journey_analytics.change.changes import changes
from journey_analytics.change.periods import Periods, periods
from journey_analytics.change.tallies import edge_units, stage_units

CHANGED = datetime(2026, 6, 1)
"""When the made-up change begins."""
_DAY_US = 86_400_000_000
_PREVIOUS = 8
_CHANGED_STAGE = "decision"
_SEGMENT = "first_channel"
_CHANNELS = ("paid_search", "organic_search", "direct", "email", "display")
_ALERT_Q = 0.01
_ALERT_CHANGE = 0.05


@dataclass(frozen=True)
class Shop:
    """A made-up shop.

    Attributes:
        occurrences: a week, of the activity whose edge changes; every other activity has `background` of them.
        share: how often that edge follows.
        entrants: a week, of the stage that changes; every other stage has `background`.
        edge_change: relative change of the edge's share from `CHANGED` on.
        stage_change: relative change of the stage's share that advances in the end, from `CHANGED` on.
        activities: how many there are; each has five edges, and is sometimes followed by nothing.
        repeats: how many occurrences a customer has in a week, on average.
        likeness: how often what follows is what followed an earlier one of the same customer and week.
    """

    occurrences: int = 4000
    share: float = 0.5
    entrants: int = 4000
    edge_change: float = 0.0
    stage_change: float = 0.0
    activities: int = 30
    background: int = 300
    repeats: float = 1.5
    likeness: float = 0.1


def occurrences_of(shop: Shop, rng: np.random.Generator) -> pl.DataFrame:
    """Touchpoints of 9 weeks and what followed each, the changed activity `a0` among others."""
    sizes = [shop.occurrences, *[shop.background] * (shop.activities - 1)]
    return pl.concat([_activity(shop, rng, number, weekly) for number, weekly in enumerate(sizes)])


def _activity(shop: Shop, rng: np.random.Generator, number: int, weekly: int) -> pl.DataFrame:
    count = weekly * (_PREVIOUS + 1)
    at = rng.uniform(-_PREVIOUS * 7, 7, count)
    customer = rng.integers(0, max(1, int(weekly / shop.repeats)), count)
    others = rng.dirichlet(np.full(5, 2.0))
    share = shop.share if number == 0 else float(rng.uniform(0.1, 0.6))
    base = np.array([share, *(others * (1 - share))])
    now = base.copy()
    if number == 0:
        now[0] *= 1 + shop.edge_change
        now[1:] *= (1 - now[0]) / (1 - base[0])
    drawn = np.where(at > 0, _drawn(rng, now, count), _drawn(rng, base, count))
    # What is alike about a customer: some occurrences are followed by what followed another one of that week.
    week = np.floor(at / 7).astype(int)
    key = customer * 100 + week
    first = dict(zip(key[::-1].tolist(), drawn[::-1].tolist(), strict=True))
    like = rng.random(count) < shop.likeness
    drawn = np.where(like, np.array([first[one] for one in key.tolist()]), drawn)
    names = pl.Series([f"a{number}_to_{place}" for place in range(5)] + [""])
    return pl.DataFrame(
        {
            "customer_id": pl.Series(customer).cast(pl.String),
            "journey_id": pl.Series(key).cast(pl.String),
            "activity": [f"a{number}"] * count,
            "occurred_at": _moments(at),
            "next_activity": names.gather(pl.Series(drawn)),
            "next_gap_us": np.full(count, 3_600_000_000),
            "is_passive": np.zeros(count, dtype=bool),
        }
    ).with_columns(pl.col("next_activity").replace("", None))


def _drawn(rng: np.random.Generator, shares: np.ndarray, count: int) -> np.ndarray:
    return np.searchsorted(np.cumsum(shares)[:-1], rng.random(count), side="right")


def _moments(days: np.ndarray) -> pl.Series:
    after = pl.Series((days * _DAY_US).astype(np.int64)).cast(pl.Duration("us"))
    return pl.select(pl.lit(CHANGED).cast(pl.Datetime("us")) + after).to_series()


def entrants_of(shop: Shop, rng: np.random.Generator) -> pl.DataFrame:
    """Entrants of 9 weeks of four stages; of `decision` another share advances from the change on."""
    return pl.concat(
        [_stage(shop, rng, stage) for stage in ("awareness", "consideration", "decision", "post_purchase")]
    )


def _stage(shop: Shop, rng: np.random.Generator, stage: str) -> pl.DataFrame:
    count = (shop.entrants if stage == _CHANGED_STAGE else shop.background) * (_PREVIOUS + 1)
    at = rng.uniform(-_PREVIOUS * 7, 7, count)
    share = np.where(at > 0, 0.5 * (1 + shop.stage_change), 0.5) if stage == _CHANGED_STAGE else np.full(count, 0.5)
    advances = rng.random(count) < share
    wait = rng.exponential(4.0, count)
    return pl.DataFrame(
        {
            "stage": [stage] * count,
            "entered_at": _moments(at),
            "advanced_at": _moments(at + wait),
            "outcome": pl.Series(["dropped", "advanced"]).gather(pl.Series(advances).cast(pl.Int64)),
            _SEGMENT: pl.Series(_CHANNELS).gather(pl.Series(rng.integers(0, len(_CHANNELS), count))),
        }
    )


def week_after(shop: Shop, *, seed: int) -> pl.DataFrame:
    """The rows of `mart.change` 7 days after the change in one made-up shop."""
    rng = np.random.default_rng(seed)
    chosen = _periods(CHANGED + timedelta(days=7), since=CHANGED - timedelta(days=7 * _PREVIOUS))
    return compared(entrants_of(shop, rng), occurrences_of(shop, rng), chosen, segments=(_SEGMENT,))


def compared(
    entrants: pl.DataFrame, occurrences: pl.DataFrame, chosen: Periods, *, segments: tuple[str, ...]
) -> pl.DataFrame:
    """The rows of `mart.change` at the end of the present period."""
    stage = stage_units(entrants, periods=chosen, segments=segments)
    edge = edge_units(occurrences, periods=chosen)
    return changes(stage, edge, periods=chosen, as_of_on=chosen.end.date(), segments=segments, minimum_count=30)


def _periods(cutoff: datetime, *, since: datetime) -> Periods:
    return periods(
        cutoff=cutoff, since=since, length=timedelta(days=7), previous=_PREVIOUS, lag=timedelta(0),
        follow=timedelta(hours=24),
    )  # fmt: skip


def alarms(rows: pl.DataFrame) -> pl.DataFrame:
    """What the built-in alert rules ask for."""
    return rows.filter((pl.col("q_value") <= _ALERT_Q) & (pl.col("relative_change").abs() >= _ALERT_CHANGE))


def power(shop: Shop, found: pl.Expr, *, runs: int) -> tuple[float, float]:
    """Of how many runs the planted change is significant (q ≤ 0.05), and of how many it is an alert."""
    rows = [week_after(shop, seed=seed) for seed in range(runs)]
    significant = sum(run.filter(found & pl.col("is_significant")).height > 0 for run in rows)
    return significant / runs, sum(alarms(run).filter(found).height > 0 for run in rows) / runs


PLANTED_EDGE = (pl.col("metric") == "edge") & (pl.col("activity") == "a0") & (pl.col("next_activity") == "a0_to_0")
PLANTED_STAGE = (pl.col("metric") == "advance") & (pl.col("stage") == _CHANGED_STAGE) & (pl.col("segment") == "all")


def quiet_runs(shop: Shop, *, runs: int) -> tuple[int, int]:
    """How many of the runs without any change have a significant row, and an alert."""
    rows = [week_after(shop, seed=10_000 + seed) for seed in range(runs)]
    return sum(run["is_significant"].any() for run in rows), sum(alarms(run).height > 0 for run in rows)


def main() -> None:
    """Print one table for made-up shops, or one for a workspace."""
    options = _options()
    if options.workspace:
        _print_workspace(options)
    else:
        _print_shops(options.runs)


def _print_shops(runs: int) -> None:
    print(f"a change of -10 % of itself, 7 days later, {runs} runs each: share significant (q ≤ 0.05) / alerted")
    for share, sizes in ((0.5, (4000, 5000)), (0.3, (9500, 11_500)), (0.1, (38_000, 45_000))):
        for size in sizes:
            found, alerted = power(Shop(occurrences=size, share=share, edge_change=-0.1), PLANTED_EDGE, runs=runs)
            print(f"  edge {share:.0%} of {size:,} occurrences a week: {found:.2f} / {alerted:.2f}", flush=True)
    for size in (9000, 12_000):
        found, alerted = power(Shop(entrants=size, stage_change=-0.1), PLANTED_STAGE, runs=runs)
        print(f"  stage, 50 % advance in the end, {size:,} entrants a week: {found:.2f} / {alerted:.2f}", flush=True)
    significant, alerted = quiet_runs(Shop(), runs=2 * runs)
    print(f"quiet: {significant} of {2 * runs} runs with a significant row, {alerted} with an alert")


def _print_workspace(options: argparse.Namespace) -> None:
    entrants, occurrences, since, names = read_workspace(options.workspace)
    days = pl.date_range(options.since, options.until, "7d", eager=True).to_list()
    seen = {day: compared(entrants, occurrences, _at(day, since), segments=names) for day in days}
    seen = {day: rows for day, rows in seen.items() if rows.height}
    print(f"{len(seen)} quiet days, on average {fmean(r['is_ranked'].sum() for r in seen.values()):.0f} tests each")
    for day, rows in seen.items():
        for row in rows.filter("is_significant").to_dicts():
            told = "ALERT" if row["q_value"] <= _ALERT_Q and abs(row["relative_change"]) >= _ALERT_CHANGE else "     "
            what = [row[name] for name in ("metric", "stage", "activity", "next_activity", "segment_value")]
            print(f"  {day} {told} q {row['q_value']:.4f} {row['relative_change']:+.0%} {what}")
    print(f"with a significant row: {sum(r['is_significant'].any() for r in seen.values())}, "
          f"with an alert: {sum(alarms(r).height > 0 for r in seen.values())}")  # fmt: skip
    _print_planted(entrants, occurrences, since, names, day=max(seen))


def _at(day: date, since: datetime) -> Periods:
    return _periods(datetime(day.year, day.month, day.day), since=since)


def _print_planted(
    entrants: pl.DataFrame, occurrences: pl.DataFrame, since: datetime, names: tuple[str, ...], *, day: date
) -> None:
    """A tenth of an edge's occurrences in the last 7 days gets the second commonest next activity."""
    chosen = _at(day, since)
    before = compared(entrants, occurrences, chosen, segments=names).filter(
        (pl.col("metric") == "edge") & pl.col("is_ranked") & pl.col("next_activity").is_not_null()
    )
    strongest = before.with_columns(
        promise=pl.col("present_count") * pl.col("previous_share") / (1 - pl.col("previous_share"))
    ).sort("promise", descending=True)
    print("planted: a tenth of one edge's occurrences in the last 7 days is relabelled")
    for edge in strongest.head(12).to_dicts():
        rows = compared(entrants, relabelled(occurrences, edge, chosen.start_of(0)), chosen, segments=names)
        found = rows.filter(
            (pl.col("metric") == "edge")
            & (pl.col("activity") == edge["activity"])
            & (pl.col("next_activity") == edge["next_activity"])
        ).row(0, named=True)
        size = f"{edge['present_count']:,} × {edge['previous_share']:.0%}, {found['relative_change']:+.1%}"
        print(f"  {edge['activity']} → {edge['next_activity']}: {size}, q {found['q_value']:.2g}")


def relabelled(
    occurrences: pl.DataFrame, edge: dict[str, object], start: datetime, *, part: float = 0.1, seed: int = 1
) -> pl.DataFrame:
    """The touchpoints with that part of an edge's occurrences after `start` followed by `another_activity` instead."""
    is_edge = (pl.col("activity") == edge["activity"]) & (pl.col("next_activity") == edge["next_activity"])
    drawn = pl.Series(np.random.default_rng(seed).random(occurrences.height) < part)
    moved = is_edge & (pl.col("occurred_at") > start) & drawn
    return occurrences.with_columns(
        next_activity=pl.when(moved).then(pl.lit("another_activity")).otherwise("next_activity")
    )


def read_workspace(file: Path) -> tuple[pl.DataFrame, pl.DataFrame, datetime, tuple[str, ...]]:
    """Entrants, touchpoints of active journeys, the first moment and the segments of a built warehouse (a copy)."""
    from journey_analytics.change import step
    from journey_analytics.config import read_config
    from journey_analytics.entrants import entrants, segment_rows
    from journey_analytics.warehouse import open_warehouse

    with copied(read_config(file)) as config, open_warehouse(config.warehouse) as warehouse:
        names = tuple(segment.name for segment in segment_rows(warehouse) if not segment.is_period)
        visits = entrants(warehouse)
        since, until = warehouse.rows("select min(occurred_at), max(occurred_at) from core.touchpoint")[0]
        seen = warehouse.frame(step.OCCURRENCES, parameters=[since - timedelta(days=1), until])
    return visits, seen, since, names


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workspace", type=Path, help="journey.toml of a workspace that has been run")
    parser.add_argument("--from", dest="since", type=date.fromisoformat, default=date(2025, 3, 12))
    parser.add_argument("--until", type=date.fromisoformat, default=date(2025, 8, 6))
    parser.add_argument("--runs", type=int, default=100)
    return parser.parse_args()


if __name__ == "__main__":
    main()
