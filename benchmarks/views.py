"""Seconds until each view answers, with some ten million touchpoints behind it, through the dashboard's own function.

    python benchmarks/views.py --workspace benchmarks/worlds/customers_20000_days_365_seed_1/journey.toml

Copies the workspace's published copy beside it and repeats its journeys, with their touchpoints and entrants, as those
of other people until there are `--touchpoints`: each repeated one lies up to `_SPREAD` days earlier, and three in ten
have the channel, device, country and kind of customer of another journey, so that the counts of stays grow as they do
with more customers. Drop-off, exits, reach, times, totals and everything that selections are answered from are made
anew of these. The other marts stay as they were: they count by names, and repeated journeys bring no new ones, so they
have as many rows. Then each view is asked for all journeys, one filter, three filters, three filters with another
window, and another window alone: from opening the copy to the finished section, nothing kept from the question before.
The copy is deleted.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from copies import SUFFIXES  # pyrefly: ignore[missing-import]
from end_to_end import cpu_seconds, peak_bytes  # pyrefly: ignore[missing-import]

if TYPE_CHECKING:
    from journey_analytics.report.selection import Choice
    from journey_analytics.report.views import View
    from journey_analytics.warehouse import Warehouse

Seconds = tuple[float, float]
"""By the clock, and of all threads."""

_LIMIT = 1.0
_SPREAD = 90
_GIVEN = ("first_channel", "first_source", "device", "country", "persona", "customer_kind")
"""What three in ten repeated journeys have from another one."""

_REPEATED = f"""
create or replace temp table repeated as
with numbered as (
    select *, row_number() over (order by hash(journey_id)) as giver, count(*) over () as journeys
    from core.journey
    left join core.journey_segment using (journey_id)
),

copied as (
    select
        journey_id, suffix, numbered.journeys, suffix <> '' and hash(journey_id, suffix) % 10 < 3 as is_given,
        case when suffix = '' then 0 else (hash(suffix, journey_id) % {_SPREAD + 1})::integer end as days,
        (hash(journey_id, suffix, 1) % numbered.journeys)::bigint + 1 as giver
    from numbered
    cross join ({SUFFIXES}) as suffixes
)

select c.journey_id, c.suffix, c.days, c.is_given, {{given}}
from copied as c
inner join numbered as g on c.giver = g.giver
"""
_MOMENTS = {
    "core.touchpoint": ("occurred_at", "received_at"),
    "core.journey": ("started_at", "ended_at", "converted_at", "closed_at"),
    "core.journey_segment": (),
    "core.selection_journey": ("started_at", "ended_at"),
    "mart.stage_entrant": (
        "entered_at", "advanced_at", "decision_at", "purchased_at", "regressed_at", "abandoned_at", "closed_at",
    ),
}  # fmt: skip
"""The tables that grow, with their columns that move with the journey."""

_IDS = ("touchpoint_id", "journey_id", "customer_id", "session_id")
_MONTHS = {
    "core.selection_journey": ("started_month", "started_at"),
    "mart.stage_entrant": ("entry_month", "entered_at"),
}
_COUNTED = (
    "mart.selection_headline", "core.path_journey", "core.first_purchase", "core.path_kind", "core.path_node",
    "core.path_passage", "core.path_beginning", "core.journey_amount", "core.variant_steps", "core.variant_journey",
    "mart.link_cube",
    "mart.activity_cube", "mart.step_cube",
)  # fmt: skip
"""What is counted of journeys, in order."""
_QUERIES = {
    "all": "",
    "one filter": "device=mobile",
    "three filters": "customer_kind=new&device=mobile&first_channel=paid_search",
    "and a window": "customer_kind=new&device=mobile&first_channel=paid_search&window=14",
    "a window": "window=14",
}


def main() -> None:
    """Copy, repeat, ask, print."""
    from journey_analytics.config import read_config

    options = _options()
    source = read_config(options.workspace).published
    with tempfile.TemporaryDirectory(dir=source.parent) as folder:
        target = Path(shutil.copyfile(source, Path(folder) / "warehouse.published.duckdb"))
        started, spent = time.perf_counter(), cpu_seconds()
        enlarge(target, touchpoints=options.touchpoints)
        print(f"made in {time.perf_counter() - started:.0f} s, {cpu_seconds() - spent:.0f} s CPU", file=sys.stderr)
        print(report(list(asked(target)), size=size_of(target)))


def enlarge(target: Path, *, touchpoints: int) -> None:
    """Repeat the journeys of a published copy until it has so many touchpoints, and what is counted of them anew."""
    from journey_analytics.warehouse import open_warehouse

    with open_warehouse(target) as warehouse:
        times = -(-touchpoints // max(1, warehouse.value("select count(*) from core.touchpoint")))
        given = ", ".join(f"g.{name}" for name in _GIVEN)
        warehouse.execute(_REPEATED.format(given=given), [times], name="repeated")
        for table in _MOMENTS:
            repeat(warehouse, table)
            _tell(table)
        count_again(warehouse)
        _tell("counts")


def repeat(warehouse: "Warehouse", table: str) -> None:
    """One table with the rows of every repeated journey."""
    there = warehouse.columns(table)
    changed = {name: f"original.{name} || suffix" for name in _IDS if name in there}
    changed |= {name: f"original.{name} - to_days(days)" for name in _MOMENTS[table]}
    if table != "core.touchpoint":
        changed |= {
            name: f"case when is_given then coalesce(repeated.{name}, original.{name}) else original.{name} end"
            for name in _GIVEN
            if name in there
        }
    if table in _MONTHS:
        name, moment = _MONTHS[table]
        changed[name] = f"strftime(original.{moment} - to_days(days), '%Y-%m')"
    replaced = ", ".join(f"{value} as {name}" for name, value in changed.items())
    warehouse.execute(
        f"create or replace table {table} as select original.* replace ({replaced}) "
        f"from {table} as original inner join repeated on original.journey_id = repeated.journey_id",
        name=table,
    )


def count_again(warehouse: "Warehouse") -> None:
    """Everything that is counted of entrants and journeys, as the pipeline does."""
    from journey_analytics import build
    from journey_analytics.cutoff import last_cutoff
    from journey_analytics.dropoff_step import make_dropoff_of
    from journey_analytics.entrants import segments
    from journey_analytics.selecting.windows import rewindowed

    cutoff = last_cutoff(warehouse)
    visits = warehouse.frame(
        "select * exclude (from_state, to_state), strftime(date_trunc('week', entered_at), '%Y-%m-%d') as entry_week "
        "from mart.stage_entrant"
    )
    read = rewindowed(visits, windows={}, cutoff=cutoff)
    windows = dict(warehouse.rows("select distinct stage, window_days from mart.stage_entrant"))
    by = [name for name in segments(warehouse) if name in read.columns]
    make_dropoff_of(warehouse, read, windows=windows, segments=by, cutoff=cutoff)
    warehouse.execute(
        "create or replace table core.leading_currency as select max(currency) as currency from mart.selection_headline"
    )
    files = build.sql_files()
    build.load_macros(warehouse, files)
    models = {one.name: one for schema in ("core", "mart") for one in build.read_models(files, schema)}
    for name in _COUNTED:
        warehouse.execute(f"create or replace table {name} as {models[name].sql}", name=name)
        _tell(name)
    warehouse.execute("drop table core.path_journey")


def _tell(done: str) -> None:
    print(f"  {time.strftime('%H:%M:%S')} {done}", file=sys.stderr, flush=True)


def asked(target: Path) -> Iterator[tuple[str, str, Seconds]]:
    """(selection, view, seconds) of every view under every selection."""
    from journey_analytics.report.selection import choice_of_query
    from journey_analytics.report.views import VIEWS

    for title, query in _QUERIES.items():
        choice = choice_of_query(query)
        for view in VIEWS:
            spent = seconds_of(target, view, choice)
            print(f"  {title}, {view.anchor}: {spent[0]:.2f} s, {spent[1]:.2f} s CPU", file=sys.stderr, flush=True)
            yield title, view.anchor, spent


def seconds_of(target: Path, view: "View", choice: "Choice") -> Seconds:
    """From opening the copy to the section's HTML; what took too long is asked again: others may be at work here."""
    first = _once(target, view, choice)
    return first if first[0] < _LIMIT else min(first, _once(target, view, choice))


def _once(target: Path, view: "View", choice: "Choice") -> Seconds:
    from journey_analytics.report.selected_frames import selected_frames
    from journey_analytics.warehouse import open_published

    started, spent = time.perf_counter(), cpu_seconds()
    with open_published(target) as warehouse:
        section = view.make(selected_frames(warehouse, choice).frames)
        if section is not None:
            section.html()
    return time.perf_counter() - started, cpu_seconds() - spent


def size_of(target: Path) -> str:
    """How much lies behind the views."""
    from journey_analytics.warehouse import open_published

    tables = ("core.touchpoint", "core.journey", "mart.stage_entrant", "mart.stay_cube")
    with open_published(target) as warehouse:
        counts = [f"{warehouse.value(f'select count(*) from {table}'):,} {table}" for table in tables]
    return f"{', '.join(counts)}; {target.stat().st_size / 1e6:,.0f} MB"


def report(found: list[tuple[str, str, Seconds]], *, size: str) -> str:
    """A line per view, a column per selection: seconds by the clock, of CPU; `*` marks more than a second by each."""
    seconds = {(title, view): spent for title, view, spent in found}
    load = " ".join(f"{part:.1f}" for part in os.getloadavg())
    titles = list(dict.fromkeys(title for title, _, _ in found))
    lines = [f"{size}; {os.cpu_count()} CPUs, load {load}; seconds by the clock, and of CPU"]
    lines += [f"{'':14}" + "".join(f"{title:>16}" for title in titles)]
    views = dict.fromkeys(view for _, view, _ in found)
    lines += [f"{view:14}" + "".join(_cell(seconds[title, view]) for title in titles) for view in views]
    for place, name in enumerate(("by the clock", "of CPU")):
        quick = sum(spent[place] < _LIMIT for spent in seconds.values())
        lines.append(f"{quick} of {len(seconds)} answers within {_LIMIT:g} s {name}")
    return "\n".join([*lines, f"peak {peak_bytes() / 1e6:,.0f} MB"])


def _cell(seconds: Seconds) -> str:
    return " ".join(f"{f'{one:.2f}' + ('*' if one >= _LIMIT else ' '):>7}" for one in seconds).rjust(16)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workspace", type=Path, required=True, help="journey.toml of a workspace that has been run")
    parser.add_argument("--touchpoints", type=int, default=10_000_000)
    return parser.parse_args()


if __name__ == "__main__":
    main()
