"""Seconds of every mart and of the checks for about a million journeys.

    python benchmarks/marts.py --workspace benchmarks/worlds/customers_20000_days_365_seed_1/journey.toml

Copies the workspace's warehouse beside it, builds its core tables anew, repeats them with other customers, journeys
and touchpoints until there are `--journeys`, and times every model and step that makes a mart, whatever there are.
Tables of files and refused rows are not repeated, and repeated journeys have no new variants: what grows with these is
a bit too fast here. The copy is deleted; the workspace is only read.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from copies import SUFFIXES, copied  # pyrefly: ignore[missing-import]
from end_to_end import cpu_seconds, peak_bytes  # pyrefly: ignore[missing-import]

if TYPE_CHECKING:
    from journey_analytics.build import Model, Step
    from journey_analytics.config import Config
    from journey_analytics.warehouse import Warehouse

    Node = Model | Step

Seconds = tuple[float, float]
"""By the clock, and of all threads."""

_KEYED = """
select table_schema || '.' || table_name as name, list(column_name order by ordinal_position) as ids
from information_schema.columns
inner join information_schema.tables using (table_schema, table_name)
where
    table_schema = 'core' and table_type = 'BASE TABLE' and data_type = 'VARCHAR'
    and column_name like '%/_id' escape '/'
group by all
having list_has_any(ids, ['customer_id', 'journey_id', 'touchpoint_id'])
order by all
"""


def main() -> None:
    """Repeat, time, print the slowest first."""
    from journey_analytics.config import read_config

    options = _options()
    with copied(read_config(options.workspace)) as config:
        spent, journeys = timed(config, journeys=options.journeys)
    print(report(spent, journeys=journeys))


def timed(config: "Config", *, journeys: int) -> tuple[dict[str, Seconds], int]:
    """Seconds by node and of the checks over at least so many journeys, and how many there are."""
    from journey_analytics import affected, build, run, steps
    from journey_analytics.cutoff import last_cutoff
    from journey_analytics.entrants import segment_tables
    from journey_analytics.workspace import writable

    files = run.sql_files(config)
    with writable(config) as warehouse:
        build.load_config(warehouse, files)
        build.load_macros(warehouse, files)
        affected.forget_state(warehouse)
        cutoff = last_cutoff(warehouse)
        made = steps.python_steps(cutoff, segment_tables=segment_tables(warehouse), funnels=config.funnels)
        models = [model for schema in ("core", "mart") for model in build.read_models(files, schema)]
        nodes = build.ordered(models, made)
        build.run_models(warehouse, [node for node in nodes if made_by(node) - marts_of(node)])
        checks = build.read_models(files, "check")
        marts = [node for node in nodes if marts_of(node)]
        read = frozenset().union(*(node.reads for node in [*marts, *checks]))
        repeat(warehouse, tables=read, journeys=journeys)
        spent = dict(_timed(warehouse, node) for node in marts)
        spent["checks"] = seconds_of(lambda: [warehouse.frame(check.sql, name=check.name) for check in checks])
        return spent, warehouse.value("select count(*) from core.journey")


def made_by(node: "Node") -> frozenset[str]:
    """The tables that a model or a step makes."""
    from journey_analytics.build import Step

    return node.makes if isinstance(node, Step) else frozenset({node.name})


def marts_of(node: "Node") -> frozenset[str]:
    """The marts among these: a step may make core tables too, and is then run for them and timed for its marts."""
    return frozenset(name for name in made_by(node) if name.startswith("mart."))


def repeat(warehouse: "Warehouse", *, tables: Collection[str], journeys: int) -> None:
    """Repeat those of the core tables that name customers, journeys or touchpoints until there are so many journeys."""
    times = -(-journeys // max(1, warehouse.value("select count(*) from core.journey")))
    for table, ids in [row for row in warehouse.rows(_KEYED) if row[0] in tables]:
        other = ", ".join(f"{name} || suffix as {name}" for name in ids)
        warehouse.execute(
            f"create or replace table {table} as select original.* replace ({other}) "
            f"from {table} as original cross join ({SUFFIXES}) as copied",
            [times],
            name=table,
        )


def report(spent: dict[str, Seconds], *, journeys: int) -> str:
    """A line per node, the slowest first, and the sum."""
    load = " ".join(f"{part:.1f}" for part in os.getloadavg())
    lines = [f"{journeys:,} journeys, {os.cpu_count()} CPUs, load {load}; seconds by the clock, and of CPU\n"]
    slowest = sorted(spent, key=lambda name: -spent[name][0])
    lines += [f"{name:28} {spent[name][0]:8.2f} {spent[name][1]:8.2f}" for name in slowest]
    lines += [f"{'together':28} {_sum(spent.values(), 0):8.2f} {_sum(spent.values(), 1):8.2f}"]
    return "\n".join([*lines, f"peak memory {peak_bytes() / 1e6:,.0f} MB"])


def _sum(spent: Iterable[Seconds], which: int) -> float:
    return sum(seconds[which] for seconds in spent)


def _timed(warehouse: "Warehouse", node: "Node") -> tuple[str, Seconds]:
    from journey_analytics import build

    seconds = seconds_of(lambda: build.run_models(warehouse, [node]))
    print(f"  {node.name}: {seconds[0]:.2f} s, {seconds[1]:.2f} s CPU", file=sys.stderr, flush=True)
    return node.name, seconds


def seconds_of(work: Callable[[], object]) -> Seconds:
    """How long it takes."""
    clock, spent = time.perf_counter(), cpu_seconds()
    work()
    return time.perf_counter() - clock, cpu_seconds() - spent


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workspace", type=Path, required=True, help="journey.toml of a workspace that has been run")
    parser.add_argument("--journeys", type=int, default=1_000_000)
    return parser.parse_args()


if __name__ == "__main__":
    main()
