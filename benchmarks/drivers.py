"""Are drivers of drop-off found that are none, and are those found that are? Worlds in which the answer is known.

Whoever is active does more of everything and advances more often, so in these worlds every activity goes together with
advancing. `.venv/bin/python benchmarks/drivers.py` prints the tables of benchmarks/README.md;
`--config WORKSPACE/journey.toml` asks a finished workspace of `journey simulate`, with its planted checkout error.
"""

import argparse
import math
import random
import time
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from journey_analytics.build import load_macros, sql_files
from journey_analytics.config import read_config
from journey_analytics.discovery import p_of_z, q_values
from journey_analytics.drivers import Stays, driver_rows, stays_of
from journey_analytics.drivers.sentences import driver_sentence
from journey_analytics.drivers.step import stage_stays
from journey_analytics.instants import naive
from journey_analytics.workspace import existing

CUTOFF = datetime(2026, 1, 1)
VISIT_GAP_US = 30 * 60_000_000
WINDOW_DAYS = 30
PLANTED_FACTOR = 0.3
_LEVELS = (0.5, 1.0, 2.0, 3.0)
_ADVANCE, _LEAVE, _IN_VISIT = 0.03, 0.2, 0.7
_READY = 3
"""Who has touched this often advances as easily as anybody who has touched more."""
_DAYS = 120


def world(*, stays: int, neutral: int, planted: int = 0, planted_share: float = 0.02, seed: int = 1) -> Stays:
    """Entrants of one stage who differ in how active they are: an active one touches more, and advances more often.

    After each touchpoint the customer advances (not easily at first), leaves or does something else. What is done has
    one of `neutral` names drawn by chance, or, with `planted_share` each, one of `planted` names after which the chance
    to advance is `PLANTED_FACTOR` of what it was.
    """
    draw = random.Random(seed)
    entered, happened = [], []
    for number in range(stays):
        visit, touchpoints = _stay(draw, number, neutral=neutral, planted=planted, planted_share=planted_share)
        entered.append(visit)
        happened += touchpoints
    return stays_of(
        "consideration",
        pl.DataFrame(entered, schema_overrides={"duration_us": pl.Int64, "window_days": pl.Int64}),
        pl.DataFrame(happened, orient="row", schema=_HAPPENED),
        cutoff=CUTOFF,
        visit_gap_us=VISIT_GAP_US,
    )


_HAPPENED = {
    "journey_id": pl.String,
    "activity": pl.String,
    "channel": pl.String,
    "is_passive": pl.Boolean,
    "position": pl.Int64,
    "at_us": pl.Int64,
}


def _stay(
    draw: random.Random, number: int, *, neutral: int, planted: int, planted_share: float
) -> tuple[dict[str, Any], list[tuple[Any, ...]]]:
    window_us, level = WINDOW_DAYS * 86_400_000_000, draw.choice(_LEVELS)
    entered_at = CUTOFF - timedelta(days=_DAYS * draw.random())
    known_us = (CUTOFF - entered_at) // timedelta(microseconds=1)
    at, factor, names = 0.0, 1.0, []
    outcome, end = "dropped", window_us
    while at < window_us:
        name = _name(draw, neutral=neutral, planted=planted, planted_share=planted_share)
        names.append((name, int(at)))
        if name.startswith("planted"):
            factor = PLANTED_FACTOR
        chance = draw.random()
        gap = draw.expovariate(1 / 300e6) if draw.random() < _IN_VISIT else draw.expovariate(1 / (2 * 86_400e6))
        if chance < _ADVANCE * level * factor * min(len(names), _READY):
            if at + gap < window_us:
                outcome, end = "advanced", int(at + gap) + 1
            break
        if chance > 1 - _LEAVE / level:
            end = min(window_us, int(at) + 14 * 86_400_000_000)
            break
        at += gap + 1
    if end > known_us:
        outcome, end = "open", known_us
    journey_id = f"j_{number:07d}"
    visit = {
        "journey_id": journey_id,
        "customer_id": f"c_{number:07d}",
        "entered_at": entered_at,
        "outcome": outcome,
        "duration_us": end,
        "window_days": WINDOW_DAYS,
        "first_channel": draw.choice(("direct", "email", "search")),
        "device": draw.choice(("mobile", "desktop")),
    }
    rows = [(journey_id, name, None, False, row, us) for row, (name, us) in enumerate(names) if us < end]
    return visit, rows


def _name(draw: random.Random, *, neutral: int, planted: int, planted_share: float) -> str:
    chance = draw.random()
    if chance < planted * planted_share:
        return f"planted_{int(chance / planted_share)}"
    return f"neutral_{int(neutral * draw.random() ** 2)}"


def found(stays: Stays, kinds: tuple[str, ...] = ("activity",)) -> pl.DataFrame:
    """The rows about activities, with q-values over these alone."""
    rows = driver_rows([stays], as_of_on=date(2025, 12, 31), minimum_count=30, visit_gap_us=VISIT_GAP_US)
    activities = rows.filter(pl.col("kind").is_in(kinds)).with_columns(q_value=q_values(pl.col("p_value")))
    return activities.with_columns(is_found=(pl.col("q_value") <= 0.05).fill_null(value=False))


def odds_ratios(stays: Stays) -> pl.DataFrame:
    """What a list of odds ratios does: seen or not against advanced or not, open journeys among the failures."""
    total, advanced = stays.stay.height, int(stays.stay["is_advance"].sum())
    seen = stays.state.filter(~pl.col("is_entry")).select("stay", "activity").unique()
    counts = (
        seen.join(stays.stay.select("stay", "is_advance"), on="stay")
        .group_by("activity")
        .agg(n=pl.len().cast(pl.Float64), a=pl.col("is_advance").sum().cast(pl.Float64))
    )
    share = advanced / total
    spread = (pl.col("n") * (1 - pl.col("n") / total) * share * (1 - share)).sqrt()
    tested = counts.filter(pl.col("n") >= 30).with_columns(p=p_of_z((pl.col("a") - pl.col("n") * share) / spread))
    return tested.with_columns(q=q_values(pl.col("p")))


def main() -> None:
    """Print both tables."""
    read = argparse.ArgumentParser(description=__doc__)
    read.add_argument("--runs", type=int, default=20)
    read.add_argument("--stays", type=int, default=10_000)
    read.add_argument("--config", type=Path, help="A finished workspace of a simulated world, instead of A and B.")
    asked = read.parse_args()
    if asked.config:
        print(f"C: {asked.config}")
        _workspace(asked.config)
        return
    print(f"A: 200 activities without effect, {asked.runs} runs of {asked.stays:,} journeys")
    _neutral(asked.runs, asked.stays)
    runs = max(1, asked.runs // 5)
    print(
        f"B: 5 with effect (hazard ratio {PLANTED_FACTOR}) among 1,000 without, {runs} runs of {asked.stays:,} journeys"
    )
    _planted(runs, asked.stays)


def _workspace(config: Path) -> None:
    """The planted error of a simulated shop, and its activities half of which were given 200 names by chance."""
    with existing(read_config(config)) as warehouse:
        load_macros(warehouse, sql_files())
        cutoff = naive(warehouse.value("select cutoff_at from run.cutoff limit 1"))
        for stays in stage_stays(warehouse, cutoff=cutoff, visit_gap_us=VISIT_GAP_US):
            begun = time.perf_counter()
            rows = found(stays, kinds=("activity", "error"))
            seconds = time.perf_counter() - begun
            renamed = found(replace(stays, state=_renamed(stays.state), passive=stays.passive.clear(), segments=()))
            tested = renamed.filter(pl.col("driver").str.starts_with("renamed")).with_columns(
                q_value=q_values(pl.col("p_value"))
            )
            false = int((tested["q_value"] <= 0.05).sum())
            print(
                f"  {stays.stage}: {stays.stay.height:,} journeys, {rows.height} activities in {seconds:.1f} s; ",
                end="",
            )
            print(f"renamed ones found {false} of {tested['p_value'].count()}")
            for row in rows.filter(pl.col("driver") == "checkout_error_shown").iter_rows(named=True):
                print(f"    {driver_sentence(row)}")


def _renamed(state: pl.DataFrame, names: int = 200) -> pl.DataFrame:
    draw = random.Random(1)
    drawn = [f"renamed_{int(names * draw.random() ** 2)}" if draw.random() < 0.5 else None for _ in range(state.height)]
    name = pl.Series("name", drawn, dtype=pl.String)
    return state.with_columns(activity=pl.when(~pl.col("is_entry")).then(pl.coalesce(name, "activity")))


def _neutral(runs: int, stays: int) -> None:
    ours, below, listed, controlled, begun = [], [], [], [], time.perf_counter()
    for seed in range(runs):
        made = world(stays=stays, neutral=200, seed=seed)
        rows, plain = found(made), odds_ratios(made)
        ours.append(int(rows["is_found"].sum()))
        below.append(rows.select((pl.col("p_value") < 0.05).mean()).item())
        listed.append(int((plain["p"] < 0.05).sum()))
        controlled.append(int((plain["q"] <= 0.05).sum()))
    print(f"  found, ours              {_mean(ours):6.2f} per run; runs with any {sum(n > 0 for n in ours)} of {runs}")
    print(f"  p < 0.05, ours           {100 * _mean(below):6.2f} % of the tests")
    print(f"  odds ratios, p < 0.05    {_mean(listed):6.2f} per run")
    print(f"  odds ratios, q <= 0.05   {_mean(controlled):6.2f} per run")
    print(f"  {(time.perf_counter() - begun) / runs:.1f} s per run")


def _planted(runs: int, stays: int) -> None:
    hits, false, ratios = [], [], []
    for seed in range(runs):
        rows = found(world(stays=stays, neutral=1000, planted=5, seed=1000 + seed))
        is_true = rows["driver"].str.starts_with("planted")
        named = rows.filter("is_found")
        right = int(named["driver"].str.starts_with("planted").sum())
        hits.append(right / 5)
        false.append((named.height - right) / max(1, named.height))
        ratios += rows.filter(is_true)["hazard_ratio"].drop_nulls().log().to_list()
    print(f"  found of the 5           {100 * _mean(hits):6.1f} %")
    print(f"  false among the found    {100 * _mean(false):6.1f} %")
    print(f"  hazard ratio, mean       {math.exp(_mean(ratios)):6.2f}")


def _mean(values: list[float] | list[int]) -> float:
    return sum(values) / len(values)


if __name__ == "__main__":
    main()
