"""`journey import`: a workspace for an event log, in which one trace, or one object, is one journey."""

import csv
import math
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any, Final

from journey_analytics.build import builtin_sql, sql_files
from journey_analytics.config import DEFAULT_FILE, Source
from journey_analytics.errors import ConfigurationError, DataError, nearest
from journey_analytics.exchange.kinds import USUAL, Kinds, kinds_of
from journey_analytics.exchange.log import Log, groups_of, log_format, read_log
from journey_analytics.exchange.words import several
from journey_analytics.sequence.rules import RULE_COLUMNS

SOURCE: Final = "log"
"""The name of the source in the workspace."""

LIFECYCLES: Final = ("complete", "all")
JOURNEY: Final = "journey"
CASE_TYPES: Final = (JOURNEY, "case", "customer")
"""The object types taken for cases when none is named, the first that there is."""

_TOML = """\
# {one}. What you may want to fill in, then `journey run` again:
#   sql/config/activity.csv    kind: purchase for the activity that is the goal, end for one that ends a journey
#   sql/config/stage_rule.csv  stage: awareness, consideration, decision or post_purchase in place of unknown
# After a purchase a touchpoint of an earlier stage, or of an unknown one, begins a journey of its own: give
# post_purchase to what follows the goal. Without a purchase no journey is converted.
# A journey is dropped when it has been silent for longer than {gap}, the longest pause within a {case} of the log
# (fixed_gap_days in sql/config/setting.csv); until then it is open.
[warehouse]
path = "warehouse.duckdb"

[report]
dir = "reports"

[[source]]
name   = "{source}"
format = "{format}"
path   = "landing/{file}"
"""


@dataclass(frozen=True)
class Imported:
    """The workspace that was made.

    `left_out` says what of the log is no touchpoint, `notes` how the rest was understood; a sentence each.
    """

    config: Path
    case: str
    log: Log
    gap_days: int
    left_out: Sequence[str]
    notes: Sequence[str] = ()

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "config": str(self.config),
            "case": self.case,
            "event_count": self.log.event_count,
            "touchpoint_count": self.log.touchpoint_count,
            "journey_count": self.log.case_count,
            "gap_days": self.gap_days,
            "activities": dict(self.log.activities),
            "left_out": list(self.left_out),
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        """As text for a person."""
        log = self.log
        lines = [
            f"{several(log.event_count, 'event')}: {several(log.touchpoint_count, 'touchpoint')} of "
            f"{several(log.case_count, 'journey')} ({_meaning(self.case)}), {several(len(log.activities), 'activity')}",
            *self.left_out,
            *self.notes,
            f"a journey is over after {several(self.gap_days, 'day')} of silence, the longest pause within a "
            f"{self.case}, rounded up",
            "fill in goals (without one nothing is bought) and stages where you know them: "
            f"{self.config.parent / 'sql' / 'config'}",
            f"next: journey run --config {self.config}",
        ]
        return "\n".join(lines)


def import_log(file: Path, folder: Path, *, case: str | None = None, lifecycle: str = "complete") -> Imported:
    """Make the workspace; the log is copied into it.

    Args:
        file: an XES log (.xes, .xes.gz) or an OCEL 2.0 log in JSON.
        folder: a new or empty one.
        case: for OCEL, the type of object that is a case; by default the first of `CASE_TYPES` that there is.
        lifecycle: for XES, `complete`: events whose transition is missing or complete count; or `all`.

    Raises:
        ConfigurationError: the log or the folder cannot be used, or there is no such object type.
        DataError: the log is malformed, or none of its events is a touchpoint.
    """
    kind = log_format(file)
    if lifecycle not in LIFECYCLES:
        raise ConfigurationError(f"--lifecycle {lifecycle!r}: {nearest(lifecycle, LIFECYCLES)}")
    if case is not None and kind == "xes":
        raise ConfigurationError("--case is for OCEL logs: in an XES log the traces are the cases")
    groups = groups_of(file, kind) if kind == "ocel" or lifecycle == "all" else {}
    what = "trace" if kind == "xes" else _case_type(groups, case)
    folder_was_there = folder.exists()
    try:
        return _make(file, folder, kind=kind, what=what, groups=groups, lifecycle=lifecycle)
    except BaseException:
        _remove(folder, keep=folder_was_there)
        raise


def _case_type(types: Mapping[str, int], asked: str | None) -> str:
    if not types:
        raise DataError("no event of the log is about an object that it lists: nothing can be a case")
    if asked is not None and asked not in types:
        raise ConfigurationError(f"--case {asked!r}: no event is about an object of this type; {nearest(asked, types)}")
    usual = [kind for kind in CASE_TYPES if kind in types]
    if asked is None and not usual and len(types) > 1:
        raise ConfigurationError(f"which objects are the cases? Name one with --case: {', '.join(types)}")
    return asked or (usual or list(types))[0]


def _make(file: Path, folder: Path, *, kind: str, what: str, groups: Mapping[str, int], lifecycle: str) -> Imported:
    rules = folder / "sql" / "config"
    landed = folder / "landing" / _landing_name(file)
    try:
        rules.mkdir(parents=True, exist_ok=True)
        landed.parent.mkdir(exist_ok=True)
        shutil.copyfile(file, landed)
    except OSError as error:
        raise ConfigurationError(f"cannot write the workspace {folder}: {error.strerror}") from error
    _write_cases(rules, kind, what=what, transitions=groups if lifecycle == "all" else {})
    source = Source(name=SOURCE, format=kind, paths={"": (str(landed),)})
    log = read_log(file, source, sql_files(folder / "sql"), case=what if kind == "ocel" else None)
    if not log.touchpoint_count:
        why = f": {_reasons(log)}" if log.refused else ""
        raise DataError(f"{file}: none of its {several(log.event_count, 'event')} is a touchpoint{why}")
    days = gap_days(log.longest_pause)
    kinds = kinds_of(log.activities, _builtin_kinds(), always_last=log.always_last)
    _write_rules(rules, log.activities, kinds, days=days)
    config = folder / DEFAULT_FILE
    case, gap = _in_comment(what), several(days, "day")
    name = _in_comment(file.name)
    one = f"The journeys are those of {name}" if what == JOURNEY else f"One {case} of {name} is one journey"
    text = _TOML.format(one=one, case=case, gap=gap, source=SOURCE, format=kind, file=landed.name)
    config.write_text(text, encoding="utf-8")
    notes = [*log.warnings, *_zones(log), *kinds.sentences()]
    return Imported(config, what, log, days, _left_out(kind, what, log, lifecycle), notes)


def gap_days(longest_pause: timedelta) -> int:
    """The longest pause in whole days, rounded up, at least one: no case has a longer one, so none is cut."""
    return max(1, math.ceil(longest_pause / timedelta(days=1)))


def _landing_name(file: Path) -> str:
    """`log` with the endings of the file, so that no name has to be quoted anywhere."""
    compressed = ".gz" if file.name.lower().endswith(".gz") else ""
    return f"log{Path(file.name.lower().removesuffix('.gz')).suffix}{compressed}"


def _in_comment(text: str) -> str:
    """A text of the log as part of a comment: nothing in it ends the line."""
    return "".join(mark if mark.isprintable() else "?" for mark in text)


def _meaning(case: str) -> str:
    return "the log's own" if case == JOURNEY else f"one {case} is one journey"


def _reasons(log: Log) -> str:
    """Every reason with its count and first event: the counts add up to what is refused."""
    return "; ".join(f"{found.count:,} {code} ({found.example})" for code, found in log.refused.items())


def _zones(log: Log) -> list[str]:
    if not log.no_zone_count:
        return []
    times = "1 event has a time" if log.no_zone_count == 1 else f"{log.no_zone_count:,} events have times"
    return [f"{times} without a zone: taken as UTC (for another zone: time_zone of the source in {DEFAULT_FILE})"]


def _builtin_kinds() -> dict[str, str]:
    with (builtin_sql() / "config" / "activity.csv").open(encoding="utf-8", newline="") as builtin:
        return {row["activity"]: row["kind"] for row in csv.DictReader(builtin)}


def _left_out(kind: str, what: str, log: Log, lifecycle: str) -> list[str]:
    said = []
    other = {name: count for name, count in log.groups.items() if name not in ("", "complete")}
    if kind == "xes" and lifecycle != "all" and other:
        said.append(
            "events of other lifecycle transitions than complete are no touchpoints: "
            f"{_listed(other)} (--lifecycle all)"
        )
    if kind == "ocel":
        said.append(
            f"objects that events are about, by type: {_listed(log.groups)}; {what} is the case{_caseless(log)}"
        )
    if log.refused:
        events = several(sum(found.count for found in log.refused.values()), "event")
        said.append(f"{events} will be refused: {_reasons(log)}; after the run `journey rejected` shows them")
    return said


def _caseless(log: Log) -> str:
    if not log.caseless_count:
        return ""
    are = "is about none and no touchpoint" if log.caseless_count == 1 else "are about none and no touchpoints"
    return f": {several(log.caseless_count, 'event')} {are} (--case)"


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())


def _remove(folder: Path, *, keep: bool) -> None:
    """Take back what was written: the folder was new or empty."""
    for path in (folder / "sql", folder / "landing"):
        shutil.rmtree(path, ignore_errors=True)
    (folder / DEFAULT_FILE).unlink(missing_ok=True)
    if not keep and folder.exists():
        folder.rmdir()


def _write_cases(rules: Path, kind: str, *, what: str, transitions: Mapping[str, int]) -> None:
    if kind == "ocel":
        _write_csv(rules / "log_case.csv", ("object_type", "description"), [(what, "One of them is one journey")])
    elif transitions:
        rows = [(name, "true", "Counts: --lifecycle all") for name in transitions if name]
        _write_csv(rules / "log_lifecycle.csv", ("transition", "is_touchpoint", "description"), rows)


def _write_rules(rules: Path, activities: Mapping[str, int], kinds: Kinds, *, days: int) -> None:
    _write_csv(
        rules / "activity.csv",
        ("activity", "source_kind", "kind", "description"),
        [
            (name, SOURCE, kinds.proposed.get(name, USUAL), f"{several(count, 'touchpoint')} of the log")
            for name, count in activities.items()
        ],
    )
    _write_csv(rules / "stage_rule.csv", RULE_COLUMNS, _stage_rules(activities))
    _write_settings(rules / "setting.csv", days)


def _stage_rules(activities: Iterable[str]) -> list[Sequence[str]]:
    """A row for each name that a pattern can say; names that differ in case alone share one."""
    patterns = dict.fromkeys(filter(None, map(_rule_pattern, activities)))
    blank = dict.fromkeys(RULE_COLUMNS, "")
    rows = [
        {**blank, "rule_id": f"log_{number}", "activity": pattern, "stage": "unknown", "confidence": "1"}
        for number, pattern in enumerate(patterns, 1)
    ]
    return [tuple(row.values()) for row in rows]


def _rule_pattern(activity: str) -> str:
    """The activity as a pattern; from a mark on that a pattern has another use for, any ending."""
    name = activity.lower()
    place = min((name.find(mark) for mark in "|*" if mark in name), default=-1)
    return name if place < 0 else name[:place].strip() and f"{name[:place].strip()}*"


def _write_settings(file: Path, days: int) -> None:
    """The built-in settings, but for those that say how journeys are cut: one gap, nothing learnt."""
    ours = {"journey_cut": "fixed_gap", "fixed_gap_days": days, "post_purchase_tail_days": days}
    with (builtin_sql() / "config" / "setting.csv").open(encoding="utf-8", newline="") as builtin:
        rows = list(csv.DictReader(builtin))
    changed = [{**row, "value": ours.get(row["setting"], row["value"])} for row in rows]
    _write_csv(file, tuple(rows[0]), [tuple(row.values()) for row in changed])


def _write_csv(file: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    file.write_text(text.getvalue(), encoding="utf-8")
