"""Time of each step of the whole job on a simulated world, and of a hand-written DuckDB script in the same run.

    python benchmarks/end_to_end.py --customers 20000 --days 365

The world is simulated once and kept in `benchmarks/worlds/`, so runs can be compared; the warehouse is new each time.
Both sides read the same files on the same machine, one after the other, each in a process of its own, so that the
memory of each is its own. Nothing is asserted: a time is a fact about a machine, a ratio in one run is worth more.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from journey_analytics.config import Config

HERE = Path(__file__).parent
WORLDS = HERE / "worlds"


def main() -> None:
    """Simulate when needed, run both sides, print both tables and the ratio."""
    options = _options()
    if options.side:
        print(json.dumps({"job": time_job, "hand": time_hand_written}[options.side](options.world)))
        return
    world = simulated(customers=options.customers, days=options.days, seed=options.seed)
    sides = {side: in_own_process(side, world) for side in ("job", "hand")}
    print(report(sides["job"], sides["hand"], world=world))


def simulated(*, customers: int, days: int, seed: int) -> Path:
    """The folder of this world; made when it is not there yet, complete or not at all."""
    world = WORLDS / f"customers_{customers}_days_{days}_seed_{seed}"
    if world.is_dir():
        return world
    from journey_analytics.simulate import simulate

    half = world.with_name(f"{world.name}.half")
    shutil.rmtree(half, ignore_errors=True)
    began = time.perf_counter()
    simulate(half, customers=customers, days=days, seed=seed, dirty=False, gzip=False, progress=lambda *_: None)
    half.rename(world)
    print(f"simulated {world.name} in {time.perf_counter() - began:.0f} s", file=sys.stderr)
    return world


def in_own_process(side: str, world: Path) -> dict[str, Any]:
    """Run one side of this script in a new process; returns what it measured."""
    command = [sys.executable, str(Path(__file__).absolute()), "--side", side, "--world", str(world)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def time_job(world: Path) -> dict[str, Any]:
    """A first run on a fresh warehouse, then a second one that finds nothing new."""
    from journey_analytics.config import read_config
    from journey_analytics.run import run
    from journey_analytics.warehouse import open_warehouse

    config = read_config(world / "journey.toml")
    for left in (*world.glob("*.duckdb*"), config.reports):
        shutil.rmtree(left) if left.is_dir() else left.unlink(missing_ok=True)
    began = time.perf_counter()
    steps = loading_seconds(config)
    steps |= run(config, progress=lambda step: print(f"  {step}", file=sys.stderr)).step_seconds
    ended = time.perf_counter()
    run(config)
    measured = {"steps": steps, "seconds": ended - began, "again_seconds": time.perf_counter() - ended}
    with open_warehouse(config.warehouse) as warehouse:
        counts = "select (select count(*) from staging.event), (select count(*) from core.touchpoint)"
        events, touchpoints = warehouse.rows(counts)[0]
    size = config.warehouse.stat().st_size
    return measured | {
        "events": events,
        "touchpoints": touchpoints,
        "peak_bytes": peak_bytes(),
        "warehouse_bytes": size,
    }


def loading_seconds(config: "Config") -> dict[str, float]:
    """Load source by source, as the flow does; the step `load` of the run that follows only finds nothing new."""
    from journey_analytics.run import load_sources

    seconds = {}
    for source in config.sources:
        began = time.perf_counter()
        load_sources(config, names=[source.name])
        seconds[f"load {source.name}"] = time.perf_counter() - began
    return seconds


def time_hand_written(world: Path) -> dict[str, Any]:
    """The script, statement by statement, into a database file of its own."""
    import duckdb

    file = world / "hand_written.duckdb"
    file.unlink(missing_ok=True)
    steps: dict[str, float] = {}
    with duckdb.connect(str(file)) as connection:
        connection.execute("set preserve_insertion_order = false")
        connection.execute("set enable_progress_bar = false")
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("set variable landing = ?", [str(world / "landing")])
        for statement in duckdb.extract_statements((HERE / "hand_written.sql").read_text(encoding="utf-8")):
            began = time.perf_counter()
            connection.execute(statement)
            steps[_table(statement.query)] = time.perf_counter() - began
        touchpoints = connection.execute("select count(*) from touchpoint").fetchall()[0][0]
    return {
        "steps": steps,
        "seconds": sum(steps.values()),
        "touchpoints": touchpoints,
        "peak_bytes": peak_bytes(),
        "warehouse_bytes": file.stat().st_size,
    }


def _table(statement: str) -> str:
    words = next(line for line in statement.splitlines() if line.startswith("create")).split()
    return words[words.index("table") + 1]


def cpu_seconds() -> float:
    """User and system seconds of this process so far, of all its threads."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def peak_bytes() -> int:
    """The most memory this process ever held (resident)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def report(job: dict[str, Any], hand: dict[str, Any], *, world: Path) -> str:
    """Both sides as text, seconds of wall clock."""
    parts = [
        f"{world.name}: {job['events']:,} events, {job['touchpoints']:,} touchpoints, {os.cpu_count()} CPUs",
        _side("journey run, first time", job),
        f"journey run again, nothing new: {job['again_seconds']:.1f} s",
        _side(f"hand-written DuckDB script ({hand['touchpoints']:,} touchpoints)", hand),
        f"ratio: {job['seconds'] / hand['seconds']:.1f} × the time, "
        f"{job['peak_bytes'] / hand['peak_bytes']:.1f} × the memory",
        f"events per second, whole job: {job['events'] / job['seconds']:,.0f}",
    ]
    return "\n\n".join(parts)


def _side(title: str, side: dict[str, Any]) -> str:
    width = max(map(len, side["steps"]))
    rows = [f"  {name:<{width}}  {seconds:8.2f}" for name, seconds in side["steps"].items()]
    sizes = f"peak memory {side['peak_bytes'] / 1e6:,.0f} MB, database {side['warehouse_bytes'] / 1e6:,.0f} MB"
    return "\n".join([f"{title}: {side['seconds']:.1f} s; {sizes}", *rows])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=20_000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--side", choices=("job", "hand"), help=argparse.SUPPRESS)
    parser.add_argument("--world", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
