"""How identity and sequence grow with the data: a world, and the same world many times over with other people in it.

    python benchmarks/growth.py --workspace shop/journey.toml --times 10

Copies the workspace's warehouse beside it, times every core model, the learning and the sequence, then repeats the
events under other ids and times them again. The peer is the single world of the same run: a step that takes more than
`--times` as long grows faster than the data. The copies are deleted; the workspace is only read. CPU seconds are of all
threads, so a busy machine tells less of them than of the clock.
"""

import argparse
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from copies import SUFFIXES, copied  # pyrefly: ignore[missing-import]
from end_to_end import cpu_seconds, peak_bytes  # pyrefly: ignore[missing-import]

if TYPE_CHECKING:
    from journey_analytics.build import Model, Step
    from journey_analytics.config import Config
    from journey_analytics.warehouse import Warehouse

_REPEAT = f"""
create or replace table staging.event as
select
    event.* replace (
        event.source_event_id || copied.suffix as source_event_id,
        event.line_of || copied.suffix as line_of,
        event.order_id || copied.suffix as order_id,
        list_transform(
            event.identities,
            lambda seen: struct_pack(
                identity_type := seen.identity_type, identity_value := seen.identity_value || copied.suffix
            )
        ) as identities
    )
from staging.event as event
cross join ({SUFFIXES}) as copied
"""


def main() -> None:
    """Time both sizes and print them beside each other."""
    from journey_analytics.config import read_config

    options = _options()
    with copied(read_config(options.workspace)) as config:
        single, touchpoints = timed(config, times=1)
        several, more_touchpoints = timed(config, times=options.times)
    load = " ".join(f"{part:.1f}" for part in os.getloadavg())
    print(f"{touchpoints:,} and {more_touchpoints:,} touchpoints, {os.cpu_count()} CPUs, load {load}; CPU seconds\n")
    for step in sorted(several, key=lambda name: -several[name]):
        print(f"{step:28} {single[step]:8.2f} {several[step]:9.2f}   × {several[step] / max(single[step], 0.01):.1f}")
    one, all_ = sum(single.values()), sum(several.values())
    print(f"{'together':28} {one:8.2f} {all_:9.2f}   × {all_ / one:.1f}, for {options.times} times the data")
    print(f"peak memory {peak_bytes() / 1e6:,.0f} MB")


def timed(config: "Config", *, times: int) -> tuple[dict[str, float], int]:
    """CPU seconds by step over the events repeated `times` times, and the number of touchpoints."""
    from journey_analytics import affected, build, run, steps
    from journey_analytics.cutoff import last_cutoff
    from journey_analytics.workspace import writable

    files = run.sql_files(config)
    with writable(config) as warehouse:
        if times > 1:
            warehouse.execute(_REPEAT, [times], name="repeated events")
        cutoff = last_cutoff(warehouse)
        affected.forget_state(warehouse)
        build.load_config(warehouse, files)
        build.load_macros(warehouse, files)
        chosen = [step for step in steps.python_steps(cutoff) if step.name in ("learning", "sequence")]
        spent = {
            node.name: _cpu_of(warehouse, node) for node in build.ordered(build.read_models(files, "core"), chosen)
        }
        return spent, warehouse.value("select count(*) from core.touchpoint")


def _cpu_of(warehouse: "Warehouse", node: "Model | Step") -> float:
    from journey_analytics import build

    began, clock = cpu_seconds(), time.perf_counter()
    build.run_models(warehouse, [node])
    spent = cpu_seconds() - began
    print(f"  {node.name}: {spent:.2f} s CPU, {time.perf_counter() - clock:.2f} s", flush=True)
    return spent


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workspace", type=Path, required=True, help="journey.toml of a workspace that has been run")
    parser.add_argument("--times", type=int, default=10)
    return parser.parse_args()


if __name__ == "__main__":
    main()
