"""Time of `journey sensitivity`'s analysis on a simulated world, per setting, and of one run of the kernel beside it.

    python benchmarks/sensitivity.py --customers 28000 --days 365     # about 1,000,000 events
    python benchmarks/sensitivity.py --workspace shop/journey.toml    # on the last build of a workspace

Nothing of the workspace is changed: the analysis stores nothing but a temporary table. The ratio to one run of the
kernel over all touchpoints says more than seconds of two machines. CPU seconds are of all threads; the load of the
machine, where the system tells it, is printed, because other work on it makes wall-clock seconds longer.
"""

import argparse
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from end_to_end import cpu_seconds, peak_bytes, simulated  # pyrefly: ignore[missing-import]

if TYPE_CHECKING:
    from journey_analytics.warehouse import Warehouse


def main() -> None:
    """Make the world and its warehouse when needed, time both, print the figures."""
    from journey_analytics.config import read_config
    from journey_analytics.run import run
    from journey_analytics.workspace import existing

    options = _options()
    file = options.workspace or simulated(customers=options.customers, days=options.days, seed=options.seed) / (
        "journey.toml"
    )
    config = read_config(file)
    if not options.workspace:
        run(config, progress=lambda step: print(f"  {step}", file=sys.stderr))
    with existing(config, table="mart.stage_dropoff") as warehouse:
        print(report(warehouse))


def report(warehouse: "Warehouse") -> str:
    """Seconds of the analysis and of one run of the kernel on the same warehouse, one after the other."""
    from journey_analytics.sensitivity import analyse

    kernel_seconds, touchpoints = time_kernel(warehouse)
    began, cpu = time.perf_counter(), cpu_seconds()
    found = analyse(warehouse, progress=_progress)
    seconds, cpu = time.perf_counter() - began, cpu_seconds() - cpu
    count = found.sensitivity["setting_id"].n_unique()
    load = " ".join(f"{part:.1f}" for part in os.getloadavg())
    return "\n".join(
        [
            f"{count} settings, {touchpoints:,} touchpoints, {os.cpu_count()} CPUs, load {load}",
            f"sensitivity       {seconds:8.2f} s wall, {cpu:.2f} s CPU, {seconds / max(count, 1):.3f} s per setting",
            f"kernel, one run   {kernel_seconds:8.2f} s wall: sensitivity takes {seconds / kernel_seconds:.1f} × that",
            f"peak memory       {peak_bytes() / 1e6:8,.0f} MB",
        ]
    )


def time_kernel(warehouse: "Warehouse") -> tuple[float, int]:
    """Wall-clock seconds of reading and running every bucket once, and the number of touchpoints."""
    from journey_analytics import steps
    from journey_analytics.cutoff import last_cutoff
    from journey_analytics.sequence import build_sequence
    from journey_analytics.settings import setting

    rules, cutoff = steps.used_rules(warehouse), last_cutoff(warehouse)
    began, touchpoints = time.perf_counter(), 0
    for bucket in range(setting(warehouse, "bucket_count")):
        events = warehouse.frame("select * from core.customer_event where bucket = ?", parameters=[bucket])
        touchpoints += build_sequence(events, rules=rules, cutoff=cutoff).touchpoint.height
    return time.perf_counter() - began, touchpoints


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"\r  {done}/{total}", end="", file=sys.stderr)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=28_000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workspace", type=Path, help="journey.toml of a workspace with a finished run.")
    return parser.parse_args()


if __name__ == "__main__":
    main()
