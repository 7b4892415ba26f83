"""`journey.toml` → a frozen `Config`. Strict: an unknown key is an error that names the nearest known one.

Pure: standard library only. All faults of a file are reported together.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from journey_analytics.errors import ConfigurationError, nearest
from journey_analytics.funnel.declared import SavedFunnel, declared_funnels
from journey_analytics.language import ENGLISH, LANGUAGES
from journey_analytics.planned.declared import DeclaredPlan, declared_plans

DEFAULT_FILE = "journey.toml"
KEPT_REPORTS = 60
"""Days whose report is kept, unless `[report] keep` says another number."""
_REGION = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True)
class Source:
    """One system that logs touchpoints, as configured.

    `paths` maps a table key ('' for a one-file format) to glob patterns, absolute. `time_zone` is the zone of naive
    times (null: naive times are refused unless the format documents one). `phone_region` is the country (ISO 3166,
    two letters) of phone numbers written without a country code (null: they stay as they are). `guards_cutoff`:
    whether silence of this source holds the cut-off T back.
    """

    name: str
    format: str
    paths: Mapping[str, tuple[str, ...]]
    time_zone: str | None = None
    delimiter: str = ","
    phone_region: str | None = None
    guards_cutoff: bool = True


@dataclass(frozen=True)
class Config:
    """A workspace: where its warehouse, published copy, reports and sources are. All paths absolute."""

    file: Path
    warehouse: Path
    reports: Path
    sources: tuple[Source, ...]
    memory_limit: str | None = None
    threads: int | None = None
    funnels: tuple[SavedFunnel, ...] = ()
    plans: tuple[DeclaredPlan, ...] = ()
    report_language: str = ENGLISH
    kept_reports: int = KEPT_REPORTS

    @property
    def root(self) -> Path:
        """The folder of `journey.toml`."""
        return self.file.parent

    @property
    def overlay(self) -> Path:
        """The folder whose SQL and rules overlay the built-in ones; it need not exist."""
        return self.root / "sql"

    @property
    def published(self) -> Path:
        """The copy that dashboards and BI tools read; replaced atomically after each run."""
        return self.warehouse.with_name(f"{self.warehouse.stem}.published.duckdb")


_KEYS: Mapping[str, Mapping[str, type | tuple[type, ...]]] = {
    "": {"warehouse": dict, "report": dict, "source": list, "funnel": list, "planned": list},
    "warehouse": {"path": str, "memory_limit": str, "threads": int},
    "report": {"dir": str, "language": str, "keep": int},
    "source": {
        "name": str,
        "format": str,
        "path": (str, list, dict),
        "time_zone": str,
        "delimiter": str,
        "phone_region": str,
        "guards_cutoff": bool,
    },
}
_TYPE_NAMES = {str: "text", int: "a whole number", bool: "true or false", dict: "a table", list: "a list"}


def read_config(file: Path) -> Config:
    """Read and check a `journey.toml`.

    Raises:
        ConfigurationError: naming every unknown key, wrong type, missing key and impossible value at once.
    """
    file = file.absolute()
    table = _read_toml(file)
    faults = _Faults(file)
    faults.check_keys("", table)
    warehouse = faults.table("warehouse", table.get("warehouse", {}))
    report = faults.table("report", table.get("report", {}))
    entries = table.get("source", [])
    sources = [
        faults.source(number, entry) for number, entry in enumerate(entries if isinstance(entries, list) else [], 1)
    ]
    if not entries:
        faults.add("no [[source]] given; add at least one with name, format and path")
    faults.duplicates([source.name for source in sources if source])
    faults.threads(warehouse)
    faults.report(report)
    funnels = declared_funnels(table.get("funnel", []), faults.add)
    plans = declared_plans(table.get("planned", []), faults.add, root=file.parent)
    faults.raise_if_any()
    return Config(
        file=file,
        warehouse=file.parent / warehouse.get("path", "warehouse.duckdb"),
        reports=file.parent / report.get("dir", "reports"),
        sources=tuple(source for source in sources if source),
        memory_limit=warehouse.get("memory_limit"),
        threads=warehouse.get("threads"),
        funnels=funnels,
        plans=plans,
        report_language=report.get("language", ENGLISH),
        kept_reports=report.get("keep", KEPT_REPORTS),
    )


def _read_toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise ConfigurationError(
            f"{file} does not exist; write one (README, 'Your own data'), name one with --config, or try `journey demo`"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file} is not valid TOML: {error}") from error
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror}") from error


class _Faults:
    """Collects what is wrong, so that one error can name all of it."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.found: list[str] = []

    def add(self, fault: str) -> None:
        self.found.append(fault)

    def raise_if_any(self) -> None:
        if len(self.found) == 1:
            raise ConfigurationError(f"{self.file}: {self.found[0]}")
        if self.found:
            raise ConfigurationError("\n  ".join([f"{self.file} has {len(self.found)} faults:", *self.found]))

    def check_keys(self, section: str, table: Mapping[str, Any], where: str = "") -> None:
        known = _KEYS[section]
        place = f"{where or f'[{section}]'} " if section else ""
        for key, value in table.items():
            if key not in known:
                self.add(f"{place}unknown key {key!r}; {nearest(key, known)}")
            elif not _is_of(value, known[key]):
                self.add(f"{place}{key} is {value!r}; expected {_expected(known[key])}")

    def table(self, section: str, value: object) -> dict[str, Any]:
        if not isinstance(value, dict):
            return {}
        self.check_keys(section, value)
        return value

    def source(self, number: int, entry: object) -> Source | None:
        if not isinstance(entry, dict):
            self.add(f"source {number} is {entry!r}; expected a table written as [[source]]")
            return None
        where = f"[[source]] {entry.get('name') or f'number {number}'}:"
        before = len(self.found)
        self.check_keys("source", entry, where)
        for key in ("name", "format", "path"):
            if not entry.get(key):
                self.add(f"{where} {key} is missing; expected {_expected(_KEYS['source'][key])}")
        if len(self.found) > before:
            return None
        self._source_values(where, entry)
        return Source(
            name=entry["name"],
            format=entry["format"],
            paths=self._paths(where, entry["path"]),
            time_zone=entry.get("time_zone"),
            delimiter=entry.get("delimiter", ","),
            phone_region=entry.get("phone_region"),
            guards_cutoff=entry.get("guards_cutoff", True),
        )

    def _source_values(self, where: str, entry: Mapping[str, Any]) -> None:
        for key in ("name", "format"):
            if not entry[key].replace("_", "a").isalnum() or entry[key] != entry[key].lower():
                self.add(f"{where} {key} {entry[key]!r}; expected lower-case letters, digits and underscores")
        if len(entry.get("delimiter", ",")) != 1:
            self.add(f"{where} delimiter {entry['delimiter']!r}; expected one character")
        if "time_zone" in entry and not _is_zone(entry["time_zone"]):
            self.add(
                f"{where} time_zone {entry['time_zone']!r} is unknown; expected a name such as 'Europe/Rome' or 'UTC'"
            )

        if not _REGION.fullmatch(entry.get("phone_region", "DE")):
            self.add(
                f"{where} phone_region {entry['phone_region']!r}; expected the two capital letters of a country like "
                "'DE' or 'GB'"
            )

    def _paths(self, where: str, path: object) -> dict[str, tuple[str, ...]]:
        tables = path if isinstance(path, dict) else {"": path}
        found = {}
        for key, patterns in tables.items():
            listed = patterns if isinstance(patterns, list) else [patterns]
            if not listed or not all(isinstance(pattern, str) and pattern for pattern in listed):
                self.add(f"{where} path {key} is {patterns!r}; expected a file pattern or a list of them")
                continue
            found[key] = tuple(str(self.file.parent / pattern) for pattern in listed)
        return found

    def duplicates(self, names: list[str]) -> None:
        for name in sorted({name for name in names if names.count(name) > 1}):
            self.add(f"two sources are called {name!r}; give each its own name, or one source a list of paths")

    def threads(self, warehouse: Mapping[str, Any]) -> None:
        if isinstance(warehouse.get("threads"), int) and warehouse["threads"] < 1:
            self.add(f"[warehouse] threads is {warehouse['threads']}; expected 1 or more")

    def report(self, report: Mapping[str, Any]) -> None:
        if report.get("language", ENGLISH) not in LANGUAGES:
            self.add(f"[report] language is {report['language']!r}; {nearest(str(report['language']), LANGUAGES)}")
        if isinstance(report.get("keep"), int) and report["keep"] < 1:
            self.add(f"[report] keep is {report['keep']}; expected 1 or more days")


def _is_of(value: object, kinds: type | tuple[type, ...]) -> bool:
    listed = kinds if isinstance(kinds, tuple) else (kinds,)
    return type(value) in listed


def _expected(kinds: type | tuple[type, ...]) -> str:
    listed = kinds if isinstance(kinds, tuple) else (kinds,)
    return " or ".join(_TYPE_NAMES[kind] for kind in listed)


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
