"""The nightly job: load → rebuild → check → publish → report. Each part runs alone too; repeating one is harmless.

Whether something is already done is answered by the warehouse alone. The parts take the workspace's lock themselves;
`run` takes it once for all.
"""

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

from journey_analytics import build, load, steps
from journey_analytics.affected import affected_count, forget_state
from journey_analytics.config import Config
from journey_analytics.cutoff import last_cutoff
from journey_analytics.entrants import check_place, segment_tables
from journey_analytics.errors import ConfigurationError, DataError, nearest
from journey_analytics.funnel.attempt_rows import check_funnels
from journey_analytics.language import written_in
from journey_analytics.load import LoadSummary
from journey_analytics.planned.declared import plans_digest
from journey_analytics.planned.step import check_plans
from journey_analytics.publish import publish
from journey_analytics.report import keep_report, report_frames, write_report
from journey_analytics.rule_tables import check_rule_tables
from journey_analytics.rule_warnings import undone_warnings
from journey_analytics.run_warnings import cutoff_warnings, refusal_warnings, refused_count, stage_warnings
from journey_analytics.segment_rules import read_segments
from journey_analytics.warehouse import Warehouse, open_memory
from journey_analytics.workspace import existing, writable

Progress = Callable[[str], None]

_VERSION = version("journey-analytics")
_STAGING_FOLDERS = ("staging", "admission", "macro", "config")
_BUILD_TABLE = """
create table if not exists run.build (
    build_id bigint, built_at timestamp, as_of_at timestamp, cutoff_at timestamp, newest_load_id bigint,
    staging_fingerprint varchar, model_fingerprint varchar, rebuilt_customer_count bigint
)
"""
_OLDER_BUILD_TABLE = "alter table run.build add column if not exists rebuilt_customer_count bigint"


@dataclass(frozen=True)
class RunSummary:
    """What a run did.

    `cutoff` is T (UTC); `rebuilt` is false when nothing had changed since the last build; `warnings` are sentences
    about files and about T; `step_seconds` are wall-clock seconds.
    """

    load: LoadSummary
    cutoff: datetime
    rebuilt: bool
    report: Path
    warnings: tuple[str, ...] = ()
    step_seconds: dict[str, float] = field(default_factory=dict)


def run(
    config: Config, *, as_of: date | None = None, full: bool = False, progress: Progress = lambda _: None
) -> RunSummary:
    """The whole job on a workspace, under its lock.

    Args:
        config: the workspace.
        as_of: T becomes the end of this day (UTC); by default T follows from the data (`run.cutoff`).
        full: stage every raw row again and rebuild, even when nothing changed.
        progress: called with the name of each step as it begins.

    Raises:
        LockedError: another run is at work.
        ConfigurationError: the configuration, a rule or a model is at fault; nothing was changed after the load.
        DataError: a check of `sql/check` found rows; the tables of the last good run stay.
    """
    clock = _Clock(progress)
    files = sql_files(config)
    _check_rules(config, files)
    with writable(config) as warehouse:
        with clock.step("load"):
            loaded = _load(config, warehouse, files=files, names=None, progress=progress)
        refused = refused_count(warehouse)
        rebuilt = _rebuild(config, warehouse, files=files, as_of=as_of, full=full, clock=clock)
        if rebuilt or loaded.read_count or not config.published.is_file():
            with clock.step("publish"):
                publish(warehouse, config.published)
        with clock.step("report"):
            page = _write_report(warehouse, config)
        cutoff = last_cutoff(warehouse)
        warnings = (
            *loaded.warnings,
            *refusal_warnings(refused_count(warehouse) - refused),
            *cutoff_warnings(warehouse, cutoff),
            *stage_warnings(warehouse, cutoff),
            *undone_warnings(warehouse),
        )
        return RunSummary(loaded, cutoff, rebuilt, page, warnings, clock.seconds)


def load_sources(
    config: Config, *, names: Sequence[str] | None = None, progress: Progress = lambda _: None
) -> LoadSummary:
    """Load new files of all sources, or of those named, under the lock.

    Raises:
        ConfigurationError: for a name that is not configured, or a source whose folder is missing.
    """
    files = sql_files(config)
    _check_rules(config, files)
    with writable(config) as warehouse:
        return _load(config, warehouse, files=files, names=names, progress=progress)


def rebuild(
    config: Config, *, as_of: date | None = None, full: bool = False, progress: Progress = lambda _: None
) -> bool:
    """Rebuild identities, journeys and marts when anything changed; check them. True when something was rebuilt."""
    files = sql_files(config)
    _check_rules(config, files)
    with writable(config) as warehouse:
        return _rebuild(config, warehouse, files=files, as_of=as_of, full=full, clock=_Clock(progress))


def publish_copy(config: Config) -> Path:
    """Write the published copy again; returns its path."""
    with existing(config) as warehouse:
        publish(warehouse, config.published)
    return config.published


def render_report(config: Config, *, out: Path | None = None, language: str | None = None) -> Path:
    """Render the report from the warehouse and keep it by date; returns the page's path.

    Args:
        config: the workspace.
        out: the folder; null: the configured one.
        language: of the page and the index; null: the configured one.

    Raises:
        ConfigurationError: for a language that there is no translation of, or a folder that cannot be written.
    """
    with existing(config) as warehouse:
        return _write_report(warehouse, config, out=out, language=language)


def check(config: Config) -> int:
    """Check configuration, rules, staging models and the data; returns the number of checks on the data.

    Raises:
        ConfigurationError: for a fault in the configuration, a rule or a model, as they are now on disk.
        DataError: naming each check that found rows, with an example; or when there is no warehouse yet.
    """
    files = sql_files(config)
    _check_rules(config, files)
    with open_memory() as memory:
        build.load_config(memory, files)
        build.load_macros(memory, files)
    load.rehearse(files, config.sources, loaded_at=_now())
    with existing(config) as warehouse:
        check_funnels(warehouse, config)
        _check_segments(warehouse, files)
        return _check(warehouse, files=files)


def _check_segments(warehouse: Warehouse, files: Mapping[str, Path]) -> None:
    """What segments are taken from, as the rules are now on disk; a model that was never built is left to the run."""
    models = {model.name for schema in ("core", "mart") for model in build.read_models(files, schema)}
    for segment in read_segments(build.rule_frames(files)):
        if segment.table is None or warehouse.has(segment.table) or segment.table not in models:
            check_place(warehouse, segment)


def sql_files(config: Config) -> dict[str, Path]:
    """The built-in SQL and rules, overlaid by the workspace's own."""
    return build.sql_files(config.overlay)


def _load(
    config: Config,
    warehouse: Warehouse,
    *,
    files: Mapping[str, Path],
    names: Sequence[str] | None,
    progress: Progress,
) -> LoadSummary:
    known = {source.name: source for source in config.sources}
    for name in names or ():
        if name not in known:
            raise ConfigurationError(f"{config.file}: no source {name!r}; {nearest(name, known)}")
    return load.load_sources(
        warehouse,
        sources=[known[name] for name in names or known],
        files=files,
        root=config.root,
        loaded_at=_now(),
        progress=progress,
    )


def _check_rules(config: Config, files: Mapping[str, Path]) -> None:
    """Before anything is read or changed: the formats of the sources, the planned journeys, and the rule tables."""
    _check_formats(config, files)
    check_plans(config.plans)
    check_rule_tables(build.rule_frames(files))


def _check_formats(config: Config, files: Mapping[str, Path]) -> None:
    known = {Path(name).stem for name in files if name.startswith("staging/")}
    for source in config.sources:
        if source.format not in known:
            raise ConfigurationError(
                f"{config.file}: source {source.name!r} has format {source.format!r}, but there is no "
                f"sql/staging/{source.format}.sql; {nearest(source.format, known)}"
            )


def _rebuild(
    config: Config, warehouse: Warehouse, *, files: Mapping[str, Path], as_of: date | None, full: bool, clock: "_Clock"
) -> bool:
    warehouse.execute(_BUILD_TABLE)
    warehouse.execute(_OLDER_BUILD_TABLE)
    state = _state(config, warehouse, files=files, as_of=as_of)
    previous = _previous(warehouse)
    if state == previous and not full:
        return False
    with warehouse.transaction():
        if full or (previous is not None and state.staging_fingerprint != previous.staging_fingerprint):
            with clock.step("restage"):
                load.restage(warehouse, files=files, sources=config.sources, loaded_at=_now())
        if full:
            forget_state(warehouse)
        build.load_config(warehouse, files)
        build.load_macros(warehouse, files)
        check_funnels(warehouse, config)
        cutoff = _cutoff(config, warehouse, state)
        models = [model for schema in ("core", "mart") for model in build.read_models(files, schema)]
        made = steps.python_steps(
            cutoff, segment_tables=segment_tables(warehouse), funnels=config.funnels, plans=config.plans
        )
        for node in build.ordered(models, made):
            with clock.step(node.name):
                build.run_models(warehouse, [node])
        with clock.step("check"):
            _check(warehouse, files=files)
        _record(warehouse, state=state, cutoff=cutoff)
    warehouse.execute("checkpoint")
    return True


@dataclass(frozen=True)
class _State:
    """What a build depends on; an equal state needs no new build."""

    as_of: datetime | None
    newest_load_id: int
    staging_fingerprint: str
    model_fingerprint: str


def _state(config: Config, warehouse: Warehouse, *, files: Mapping[str, Path], as_of: date | None) -> _State:
    # The numbering plans of the world change: another release of the library may read a phone number otherwise.
    declared = [(s.name, s.format, s.time_zone, s.phone_region) for s in config.sources]
    settings = hashlib.sha256(repr((declared, version("phonenumbers"))).encode()).hexdigest()
    guards = repr([(s.name, s.guards_cutoff) for s in config.sources])
    return _State(
        as_of=None if as_of is None else datetime.combine(as_of + timedelta(days=1), datetime.min.time()),
        newest_load_id=warehouse.value("select coalesce(max(load_id), 0)::bigint from run.load"),
        staging_fingerprint=_staging_fingerprint(files) + settings,
        model_fingerprint=build.fingerprint(files, ("core", "mart", "check", "config"))
        + guards
        + repr(config.funnels)
        + plans_digest(config.plans)
        + _VERSION,
    )


def _staging_fingerprint(files: Mapping[str, Path]) -> str:
    """Of the models that stage and admit rows, and of the rules that these read: other rules do not touch the rows."""
    models = [*build.read_models(files, "staging"), *build.read_models(files, "admission")]
    read = {table for model in models for table in model.reads}
    chosen = {
        name: path
        for name, path in files.items()
        if not name.startswith("config/") or f"config.{name.split('/')[1].removesuffix('.csv')}" in read
    }
    return build.fingerprint(chosen, _STAGING_FOLDERS)


def _previous(warehouse: Warehouse) -> _State | None:
    found = warehouse.rows(
        "select as_of_at, newest_load_id, staging_fingerprint, model_fingerprint from run.build "
        "order by build_id desc limit 1"
    )
    return _State(*found[0]) if found else None


def _cutoff(config: Config, warehouse: Warehouse, state: _State) -> datetime:
    guarding = [source.name for source in config.sources if source.guards_cutoff]
    return steps.decide_cutoff(warehouse, as_of=state.as_of, guarding=guarding)


def _record(warehouse: Warehouse, *, state: _State, cutoff: datetime) -> None:
    warehouse.execute(
        "insert into run.build select coalesce(max(build_id), 0) + 1, ?, ?, ?, ?, ?, ?, ? from run.build",
        [
            _now(),
            state.as_of,
            cutoff,
            state.newest_load_id,
            state.staging_fingerprint,
            state.model_fingerprint,
            affected_count(warehouse),
        ],
    )


def _check(warehouse: Warehouse, *, files: Mapping[str, Path]) -> int:
    models = build.read_models(files, "check")
    failures = []
    for model in models:
        rows = warehouse.frame(model.sql, name=str(model.path))
        if rows.height:
            failures.append(
                f"{model.name.split('.')[1].replace('_', ' ')}: {rows.height} rows, e.g. {rows.row(0, named=True)}"
            )
    if failures:
        raise DataError("the data failed its checks; nothing was published:\n  " + "\n  ".join(failures))
    return len(models)


def _write_report(
    warehouse: Warehouse, config: Config, *, out: Path | None = None, language: str | None = None
) -> Path:
    folder = out or config.reports
    try:
        with written_in(language or config.report_language):
            page = write_report(report_frames(warehouse), folder, generated_at=_built_at(warehouse))
            keep_report(page, days=config.kept_reports)
        return page
    except OSError as error:
        raise ConfigurationError(
            f"cannot write the report to {folder}: {error.strerror}; [report] dir or --out needs a folder that this "
            "user may write; the tables are complete"
        ) from error


def _built_at(warehouse: Warehouse) -> datetime:
    return warehouse.value("select built_at from run.build order by build_id desc limit 1")


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


class _Clock:
    """Tells the progress of a run and measures its steps in wall-clock seconds."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        self.progress(name)
        began = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - began
