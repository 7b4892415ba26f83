"""Small workspaces for the tests of the exchange: a simulated world, and event logs written by hand."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

import polars as pl
from needed_nodes import needed

from journey_analytics import build
from journey_analytics import run as job
from journey_analytics.config import Config, read_config
from journey_analytics.exchange.importing import Imported, import_log
from journey_analytics.publish import publish
from journey_analytics.simulate import simulate
from journey_analytics.steps import decide_cutoff, python_steps
from journey_analytics.warehouse import open_published
from journey_analytics.workspace import writable

Event = tuple[str, str] | tuple[str, str, str]
"""Activity, time and, if given, lifecycle transition."""

WANTED = (
    "mart.directly_follows", "mart.variant", "mart.headline", "core.journey_segment", "core.touchpoint_object",
    "core.path_kind",
)  # fmt: skip

_FOLLOWS = """
select activity, next_activity, follow_count - passive_follow_count
from mart.directly_follows where follow_count > passive_follow_count
"""
_VARIANTS = "select activities, journey_count - passive_count from mart.variant where journey_count > passive_count"


def world(folder: Path, *, customers: int = 100, days: int = 120) -> Config:
    """A simulated world, built and published."""
    simulate(folder, customers=customers, days=days, seed=3)
    return built(read_config(folder / "journey.toml"))


def built(config: Config) -> Config:
    """Load, build what the tests look at as a run does, and publish it."""
    job.load_sources(config)
    files = job.sql_files(config)
    with writable(config) as warehouse:
        build.load_config(warehouse, files)
        build.load_macros(warehouse, files)
        cutoff = decide_cutoff(warehouse, as_of=None, guarding=[source.name for source in config.sources])
        models = [model for schema in ("core", "mart") for model in build.read_models(files, schema)]
        for node in needed(build.ordered(models, python_steps(cutoff)), WANTED):
            build.run_models(warehouse, [node])
        publish(warehouse, config.published)
    return config


def imported(log: Path, folder: Path, **options: str) -> tuple[Imported, Config]:
    """The workspace of a log, built."""
    made = import_log(log, folder, **options)
    return made, built(read_config(made.config))


def paths(config: Config) -> tuple[Counter[tuple[str, str]], Counter[tuple[str, ...]]]:
    """Directly-follows and variants of the active journeys, as the marts have them."""
    with open_published(config.published) as published:
        follows = Counter({(a, b): count for a, b, count in published.rows(_FOLLOWS)})
        variants = Counter({tuple(activities): count for activities, count in published.rows(_VARIANTS)})
    return follows, variants


def write_xes(file: Path, traces: Sequence[tuple[str, Sequence[Event]]]) -> Path:
    """A log as other tools write it."""
    lines = ['<log xmlns="http://www.xes-standard.org/">']
    for name, events in traces:
        lines.append(f'<trace><string key="concept:name" value={quoteattr(name)}/>')
        lines += [_event(*event) for event in events]
        lines.append("</trace>")
    file.write_text("\n".join([*lines, "</log>"]), encoding="utf-8")
    return file


def _event(activity: str, at: str, transition: str | None = None) -> str:
    lifecycle = f'<string key="lifecycle:transition" value="{transition}"/>' if transition else ""
    name = f'<string key="concept:name" value={quoteattr(activity)}/>'
    return f'<event>{name}<date key="time:timestamp" value="{at}"/>{lifecycle}</event>'


def public_log(data: Path, file: Path) -> Path:
    """A public log, kept as a table of its events in order, as XES."""
    log = pl.read_parquet(data).sort("row_order")
    cases: Mapping[tuple[object, ...], pl.DataFrame] = dict(log.group_by("case_id", maintain_order=True))
    at = pl.col("timestamp").dt.strftime("%Y-%m-%dT%H:%M:%S.%3f+00:00")
    return write_xes(file, [(str(name), events.select("activity", at).rows()) for (name,), events in cases.items()])
