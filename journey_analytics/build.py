"""SQL files → ordered models → statements. Pure but for reading the files; `run_models` executes.

The path of a file is the name of its table: `sql/core/journey.sql` defines `core.journey`. A workspace's own `sql/`
overlays the built-in one: a file of the same path replaces it, a new one adds to it.
"""

import csv
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from importlib import resources
from io import StringIO
from pathlib import Path

import polars as pl

from journey_analytics.errors import ConfigurationError, nearest
from journey_analytics.rule_cells import FILE, shown_file
from journey_analytics.warehouse import Warehouse

_COMMENT = re.compile(r"--[^\n]*")
_REFERENCE = re.compile(
    r"\b(?:from|join)\s+((?:config|raw|staging|admission|core|mart|run)\.[a-z_0-9]+)", re.IGNORECASE
)
_VIEW = re.compile(r"^-- as: view$", re.MULTILINE)
_REQUIRES = re.compile(r"^-- requires(?: ([a-z_0-9]+))?:(.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Model:
    """One SQL file: the table it defines, its text and the tables it reads."""

    name: str
    sql: str
    path: Path
    reads: frozenset[str]

    @property
    def schema(self) -> str:
        """The folder of the file, e.g. `core`."""
        return self.name.split(".")[0]


@dataclass(frozen=True)
class Step:
    """A Python step among the models: what it reads, what it makes, and how."""

    name: str
    reads: frozenset[str]
    makes: frozenset[str]
    execute: Callable[[Warehouse], None]


def builtin_sql() -> Path:
    """The folder of the built-in SQL: inside the installed package, or at the top of a checkout."""
    packaged = Path(str(resources.files("journey_analytics"))) / "sql"
    return packaged if packaged.is_dir() else packaged.parents[1] / "sql"


def sql_files(overlay: Path | None = None) -> dict[str, Path]:
    """Every SQL and CSV file by its path relative to its root, the overlay's in place of the built-in ones.

    Raises:
        ConfigurationError: for a file of the overlay that lies where nothing is looked for.
    """
    found: dict[str, Path] = {}
    for root in (builtin_sql(), overlay):
        if root is not None and root.is_dir():
            found |= {
                p.relative_to(root).as_posix(): p for p in sorted(root.rglob("*")) if p.suffix in (".sql", ".csv")
            }
    _check_places(found)
    return dict(sorted(found.items()))


_FOLDERS = ("admission", "check", "config", "core", "macro", "mart", "staging")


def _check_places(files: Mapping[str, Path]) -> None:
    for relative, path in files.items():
        folder = relative.split("/")[0] if "/" in relative else ""
        if folder not in _FOLDERS:
            raise ConfigurationError(f"{path}: nothing is read from this place; {nearest(folder, _FOLDERS)}")
    _check_tables(files)


def _check_tables(files: Mapping[str, Path]) -> None:
    """A rule table of the analyst's own is read by some SQL; one that nothing reads is a misspelled name."""
    known = {path.stem for path in (builtin_sql() / "config").glob("*.csv")}
    added = {name: path for name, path in files.items() if re.fullmatch(r"config/[^/]+\.csv", name)}
    if unknown := {path.stem: path for path in added.values() if path.stem not in known}:
        texts = [path.read_text(encoding="utf-8") for name, path in files.items() if name.endswith(".sql")]
        sql = "\n".join(_COMMENT.sub("", text) for text in texts)
        for name, path in unknown.items():
            if not re.search(rf"\bconfig\.{re.escape(name)}\b", sql, re.IGNORECASE):
                raise ConfigurationError(
                    f"{path}: there is no rule table {name!r}, and no SQL reads config.{name}; {nearest(name, known)}"
                )


def read_models(files: Mapping[str, Path], schema: str) -> list[Model]:
    """The models of one schema (folder), by name."""
    chosen = {name: p for name, p in files.items() if name.startswith(f"{schema}/") and name.endswith(".sql")}
    return [_read_model(name, path) for name, path in sorted(chosen.items())]


def _read_model(relative: str, path: Path) -> Model:
    sql = path.read_text(encoding="utf-8")
    name = relative.removesuffix(".sql").replace("/", ".")
    reads = frozenset(match.lower() for match in _REFERENCE.findall(_COMMENT.sub("", sql))) - {name}
    return Model(name=name, sql=sql.strip().removesuffix(";"), path=path, reads=reads)


def required_keys(model: Model) -> dict[str, tuple[str, ...]]:
    """The keys a staging model declares with `-- requires[ table]: a, b`, by raw table name without its schema."""
    default = model.name.split(".")[1]
    return {
        table or default: tuple(key.strip() for key in keys.split(",") if key.strip())
        for table, keys in _REQUIRES.findall(model.sql)
    }


def ordered(models: Iterable[Model], steps: Iterable[Step] = ()) -> list[Model | Step]:
    """Models and steps, each after what it reads; ties by name, so the order is always the same.

    Raises:
        ConfigurationError: when two of them need each other.
    """
    nodes: dict[str, Model | Step] = {node.name: node for node in [*models, *steps]}
    maker = {table: node.name for node in nodes.values() for table in _makes(node)}
    needs = {
        name: sorted({maker[table] for table in node.reads if table in maker} - {name}) for name, node in nodes.items()
    }
    sorter = TopologicalSorter({name: needs[name] for name in sorted(needs)})
    try:
        return [nodes[name] for name in sorter.static_order()]
    except CycleError as error:
        raise ConfigurationError(f"these models read each other: {' → '.join(error.args[1])}") from error


def _makes(node: Model | Step) -> frozenset[str]:
    return node.makes if isinstance(node, Step) else frozenset({node.name})


def run_models(
    warehouse: Warehouse, nodes: Sequence[Model | Step], *, progress: Callable[[str], None] = lambda _: None
) -> None:
    """Execute models and steps in the given order; the caller holds the transaction."""
    for node in nodes:
        progress(node.name)
        if isinstance(node, Step):
            node.execute(warehouse)
        else:
            kind = "view" if _VIEW.search(node.sql) else "table"
            warehouse.execute(f"create or replace {kind} {node.name} as\n{node.sql}", name=str(node.path))


def load_config(warehouse: Warehouse, files: Mapping[str, Path]) -> None:
    """Make a table `config.<name>` of text columns from every rule file; an empty cell is null.

    `config/<name>.csv` gives the rows; those of `config/<name>/*.csv` come before them, so that the rules of an added
    source need no copy of the built-in ones and are looked at first. The order of the rows is their `rowid`.

    Raises:
        ConfigurationError: when a file lacks a column of the built-in one, has an unknown one, or is no CSV.
    """
    for name, frame in rule_frames(files).items():
        warehouse.create_from(f"config.{name}", frame.drop(FILE))


def rule_frames(files: Mapping[str, Path]) -> dict[str, pl.DataFrame]:
    """The rows of every rule table in their order, with `rule_cells.FILE`: the file that each came from.

    Raises:
        ConfigurationError: as for `load_config`.
    """
    tables: dict[str, list[Path]] = {}
    for relative, path in files.items():
        if relative.startswith("config/") and relative.endswith(".csv"):
            tables.setdefault(relative.removesuffix(".csv").split("/")[1], []).append(path)
    for name, paths in tables.items():
        if f"config/{name}.csv" not in files:
            known = {Path(relative).stem for relative in files if relative.startswith("config/")} - {name}
            raise ConfigurationError(
                f"{paths[0].parent}: there is no rule table {name!r} to add to; {nearest(name, known)}"
            )
    return {name: _rule_frame(name, paths) for name, paths in tables.items()}


def _rule_frame(name: str, paths: Iterable[Path]) -> pl.DataFrame:
    added_first = sorted(paths, key=lambda path: (path.stem == name, path.stem))
    # In one chunk: several would be stored in any order.
    return pl.concat([_read_table(name, path) for path in added_first], rechunk=True)


def _read_table(name: str, path: Path) -> pl.DataFrame:
    """The rows of one file of a rule table, with the columns of the built-in one in its order, then the file."""
    rows = read_rules(path)
    builtin = builtin_sql() / "config" / f"{name}.csv"
    if not builtin.is_file():
        return rows.with_columns(pl.lit(str(path)).alias(FILE))
    expected = read_rules(builtin).columns
    faults = [f"unknown column {name!r}, {nearest(name, expected)}" for name in rows.columns if name not in expected]
    faults += [f"missing column {name!r}" for name in expected if name not in rows.columns]
    if faults:
        raise ConfigurationError(f"{path}: {'; '.join(faults)}; the header must be: {','.join(expected)}")
    return rows.select(*expected, pl.lit(shown_file(name) if path == builtin else str(path)).alias(FILE))


def read_rules(path: Path) -> pl.DataFrame:
    """A rule file: CSV in UTF-8 (a byte order mark is skipped) with a header, every cell text, empty cells null.

    Raises:
        ConfigurationError: the file cannot be read, or is no such CSV; a row has more or fewer cells than the header.
    """
    try:
        lines = csv.reader(StringIO(path.read_bytes().decode("utf-8-sig"), newline=""), strict=True)
        filled = [(lines.line_num, cells) for cells in lines if cells]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigurationError(f"{path} is no readable CSV with a header, in UTF-8: {error}") from error
    if not filled:
        raise ConfigurationError(f"{path} is no readable CSV with a header: it is empty")
    (_, header), *rows = filled
    _check_header(path, header)
    for line, cells in rows:
        if len(cells) != len(header):
            raise ConfigurationError(_ragged(path, line, cells, header))
    cells_or_null = [[cell or None for cell in cells] for _, cells in rows]
    return pl.DataFrame(cells_or_null, schema=dict.fromkeys(header, pl.String), orient="row")


def _check_header(path: Path, header: Sequence[str]) -> None:
    for delimiter in (";", "\t") if len(header) == 1 else ():
        if delimiter in header[0]:
            raise ConfigurationError(f"{path}: its delimiter is {delimiter!r}; save it with ',' between the cells")
    for number, column in enumerate(header):
        if column in header[:number]:
            raise ConfigurationError(f"{path}: the header has the column {column!r} twice")


def _ragged(path: Path, line: int, cells: Sequence[str], header: Sequence[str]) -> str:
    return (
        f"{path}, line {line}, row {cells[0]!r}: {len(cells)} cells, but the header has {len(header)}: "
        f"{','.join(header)}; a cell that holds a comma stands in double quotes"
    )


def load_macros(warehouse: Warehouse, files: Mapping[str, Path]) -> None:
    """Create every macro of `macro/*.sql` (each file one `create or replace macro` statement), in name order."""
    for relative, path in files.items():
        if relative.startswith("macro/"):
            warehouse.execute(path.read_text(encoding="utf-8"), name=str(path))


def fingerprint(files: Mapping[str, Path], folders: Iterable[str]) -> str:
    """SHA-256 over the names and contents of the files in some folders: it changes when a rule or a model does."""
    digest = hashlib.sha256()
    for relative, path in sorted(files.items()):
        if relative.split("/")[0] in set(folders):
            digest.update(relative.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
