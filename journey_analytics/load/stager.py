"""Staging and admission of some raw rows, in a database in memory: raw rows in, typed events and rejections out.

The SQL is the warehouse's own, unchanged; a batch of rows stands in for the whole raw table, which is possible because
a staging model looks at one raw row at a time.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl
import pyarrow as pa

from journey_analytics import build
from journey_analytics.build import Model, Step
from journey_analytics.config import Source
from journey_analytics.contract import EVENT_COLUMNS, STAGED_COLUMNS
from journey_analytics.errors import ConfigurationError, nearest
from journey_analytics.load.phone_number import check_regions, phone_number_step
from journey_analytics.load.tables import raw_table
from journey_analytics.warehouse import open_memory

LANDED_COLUMNS = ("load_id", "source", "file", "row_number", "payload")
"""The rows that go in: `payload` is a JSON object as text."""

REJECTION_SCHEMA = {
    "load_id": pl.Int64,
    "source": pl.String,
    "file": pl.String,
    "row_number": pl.Int64,
    "reason_code": pl.String,
    "reason": pl.String,
    "payload": pl.String,
}

_READS = re.compile(r"^-- reads: *([a-z]+) *$", re.MULTILINE)
_REQUIRED_STAGED = ("load_id", "row_number", "source")
_EVENTS = ", ".join(f"event.{name}" for name in EVENT_COLUMNS)

# A text that DuckDB cannot read as JSON must not reach a staging model: one such row would fail the whole batch.
_CHECKED = """
create or replace table admission.checked as
select
    load_id, source, file, row_number, payload,
    md5(payload) as content_hash,
    json_valid(payload) as is_json,
    case
        when json_valid(payload)
            then len(list_filter(json_type(payload, ?::varchar[]), lambda kind: kind is null)) = 0
    end as is_complete
from admission.landed
"""
_LANDED_ROWS = "select load_id, source, file, row_number, content_hash, payload from admission.checked"
_UNREADABLE = """
select load_id, source, file, row_number, 'json_syntax' as reason_code,
    'the database cannot read this JSON' as reason, payload
from admission.checked
where not is_json
"""
_REJECTED = """
select rejection.load_id, checked.source, checked.file, rejection.row_number,
    min(struct_pack(reason_code := rejection.reason_code, reason := rejection.reason)) as verdict
from admission.rejection
inner join admission.checked using (load_id, row_number)
group by all
"""
_ASTRAY = """
select staged.load_id, staged.row_number, staged.source, checked.source
from admission.staged left join admission.checked using (load_id, row_number)
where checked.load_id is null or staged.source is distinct from checked.source
order by all
limit 1
"""

_ANY_IDENTITY = """
insert into admission.staged by name
select place.source, list(seen_identity(type.identity_type, ?)) as identities
from (select source from config.source union all select null) as place
cross join config.identity_type as type
group by place.source
"""
_SPELLED = """
select distinct identity.identity_type, identity.identity_value
from (select unnest(identities) as identity from admission.identity_list)
order by all
"""


@dataclass(frozen=True)
class Staged:
    """What became of some rows: the raw rows as they land, their events, and the refused ones among them.

    `rejections` has load_id, source, file, row_number, reason_code, reason and payload; a null payload is that of the
    raw row. Rows that are no JSON to the database are in `rejections` with their payload, and not in `raw`.
    """

    raw: pa.Table
    events: pa.Table
    rejections: pl.DataFrame


def admission_nodes(files: Mapping[str, Path]) -> list[Model | Step]:
    """What makes `admission.*` of `admission.staged`, in order: the models, and the reading of phone numbers."""
    models, numbers = build.read_models(files, "admission"), phone_number_step()
    has_identities = numbers.reads <= {model.name for model in models}
    return build.ordered(models, [numbers] if has_identities else [])


class Stager:
    """A database in memory with the rules, ready to stage batch after batch."""

    def __init__(self, files: Mapping[str, Path], sources: Sequence[Source], *, loaded_at: datetime) -> None:
        """Load rules, macros and models; `loaded_at` (naive UTC) is the now of the checks on time.

        Raises:
            ConfigurationError: a rule file, or the `phone_region` of a source, is at fault.
        """
        check_regions(sources)
        self._inputs = (files, sources, loaded_at)
        self._models = {model.name.split(".")[1]: model for model in build.read_models(files, "staging")}
        self._admission = admission_nodes(files)
        # One thread: two of them work at the same time, and a batch is too small for the database to split.
        self._memory = open_memory(threads=1)
        build.load_config(self._memory, files)
        self._memory.create_from("config.source", _source_frame(sources))
        self._memory.create_from("config.load", pl.DataFrame({"loaded_at": [loaded_at]}))
        build.load_macros(self._memory, files)
        self._selects: dict[str, str] = {}

    def twin(self) -> "Stager":
        """Another one with the same rules, to stage at the same time."""
        files, sources, loaded_at = self._inputs
        return Stager(files, sources, loaded_at=loaded_at)

    def close(self) -> None:
        """Free the memory."""
        self._memory.close()

    def model(self, source: Source) -> Model:
        """The staging model of a source.

        Raises:
            ConfigurationError: there is none of that name.
        """
        if source.format not in self._models:
            raise ConfigurationError(
                f"source {source.name!r} has format {source.format!r}, but there is no "
                f"sql/staging/{source.format}.sql; {nearest(source.format, self._models)}"
            )
        return self._models[source.format]

    def table(self, source: Source, key: str) -> str:
        """The raw table that files under a key of a source's `path` go to.

        Raises:
            ConfigurationError: the staging model does not read it, or no raw table at all.
        """
        model = self.model(source)
        keys = _keys(model, raw_table(source.format, ""))
        if key not in keys:
            raise ConfigurationError(f"source {source.name!r}: {_wrong_key(source, key, keys, model)}")
        return raw_table(source.format, key)

    def required(self, source: Source, key: str) -> tuple[str, ...]:
        """The keys that every row of a raw table must have; a model names the table with or without its format."""
        declared = build.required_keys(self.model(source))
        name = raw_table(source.format, key).removeprefix("raw.")
        return declared.get(name) or declared.get(key, ())

    def declared_reader(self, source: Source) -> str | None:
        """What the staging model declares with `-- reads: …` for files whose ending does not tell."""
        declared = _READS.search(self.model(source).sql)
        return declared.group(1) if declared else None

    def stage(self, source: Source, key: str, landed: pl.DataFrame | pa.Table) -> Staged:
        """Stage and admit rows of one raw table (columns `LANDED_COLUMNS`).

        Raises:
            ConfigurationError: a model is at fault.
        """
        table, required = self.table(source, key), self.required(source, key)
        self._memory.create_from("admission.landed", landed)
        self._memory.execute(_CHECKED, [[f'$."{key}"' for key in required]], name="checked rows")
        self._show_raw(self.model(source), table)
        self._fill_staged(self.model(source))
        self._require_origin(self.model(source), table)
        build.run_models(self._memory, self._admission)
        rejected = self._rejections(required)
        return Staged(raw=self._raw(), events=self._events(rejected), rejections=rejected)

    def spell(self, written: str) -> list[tuple[str, str]]:
        """The identities that a text may stand for, by each type and each source's rules: type and value, sorted.

        Empty where it is a placeholder whatever its type.
        """
        self._empty_staged()
        self._memory.execute(_ANY_IDENTITY, [written], name="an identity as written")
        build.run_models(self._memory, self._admission)
        return [(kind, value) for kind, value in self._memory.rows(_SPELLED, name="admission.identity_list")]

    def _show_raw(self, model: Model, table: str) -> None:
        for name in (name for name in model.reads if name.startswith("raw.")):
            chosen = "is_complete" if name == table else "false"
            self._memory.execute(f"create or replace view {name} as {_LANDED_ROWS} where {chosen}", name=name)

    def _fill_staged(self, model: Model) -> None:
        self._empty_staged()
        if model.name not in self._selects:
            self._selects[model.name] = self._checked_select(model)
        self._memory.execute(self._selects[model.name], name=str(model.path))

    def _empty_staged(self) -> None:
        columns = ", ".join(f"{name} {kind}" for name, kind in STAGED_COLUMNS.items())
        self._memory.execute(f"create or replace table admission.staged ({columns})", name="admission.staged")

    def _require_origin(self, model: Model, table: str) -> None:
        """A staged row that no landed row has, or of another source, would be lost without a trace."""
        for load_id, row_number, source, landed in self._memory.rows(_ASTRAY, name=str(model.path)):
            found = f"load_id {load_id}, row_number {row_number}, source {source!r}"
            expected = f"source {landed!r} for that row" if landed else "a row that landed"
            raise ConfigurationError(
                f"{model.path}: staged {found}; expected {expected}: "
                f"pass load_id, row_number and source through from {table}"
            )

    def _checked_select(self, model: Model) -> str:
        """The insert of a model's rows, once its columns are known to be the contract's."""
        described = self._memory.rows(f"describe\n{model.sql}", name=str(model.path))
        names = [row[0] for row in described]
        for name in names:
            if name not in STAGED_COLUMNS:
                raise ConfigurationError(f"{model.path}: unknown column {name!r}; {nearest(name, STAGED_COLUMNS)}")
        for name in _REQUIRED_STAGED:
            if name not in names:
                raise ConfigurationError(f"{model.path}: the column {name!r} is missing; {nearest(name, names)}")
        return f"insert into admission.staged by name\n{model.sql}"

    def _raw(self) -> pa.Table:
        return self._memory.arrow(f"{_LANDED_ROWS} where is_json", name="raw rows")

    def _rejections(self, required: Sequence[str]) -> pl.DataFrame:
        unreadable = self._memory.frame(_UNREADABLE, name="rows that are no JSON")
        refused = self._memory.rows(
            "select load_id, source, file, row_number, verdict.reason_code, verdict.reason "
            f"from ({_REJECTED}) order by load_id, row_number",
            name="admission.rejection",
        )
        rows = [*self._incomplete(required), *refused]
        verdicts = pl.DataFrame([(*row, None) for row in rows], schema=REJECTION_SCHEMA, orient="row")
        return pl.concat([unreadable, verdicts])

    def _incomplete(self, required: Sequence[str]) -> list[tuple[int, str, str, int, str, str]]:
        found = self._memory.rows(
            "select load_id, source, file, row_number, json_keys(payload) from admission.checked "
            "where is_json and not is_complete order by load_id, row_number"
        )
        return [(*row[:4], "missing_required", _missing(required, tuple(row[4]))) for row in found]

    def _events(self, rejected: pl.DataFrame) -> pa.Table:
        self._memory.create_from("admission.rejected_row", rejected.select(["load_id", "row_number"]))
        return self._memory.arrow(
            f"select {_EVENTS} from admission.event anti join admission.rejected_row using (load_id, row_number)",
            name="admission.event",
        )


def _keys(model: Model, table: str) -> list[str]:
    """The keys of `path` that a model's raw tables stand for; '' for the format's own table, as with one file."""
    own = sorted(name for name in model.reads if name == table or name.startswith(f"{table}_"))
    return [name.removeprefix(table).removeprefix("_") for name in own]


def _wrong_key(source: Source, key: str, keys: Sequence[str], model: Model) -> str:
    if not keys:
        others = ", ".join(sorted(name for name in model.reads if name.startswith("raw."))) or "no raw table"
        return f"{model.path} reads {others}; expected: select … from raw.{source.format}{key and f'_{key}'}"
    if not key:
        paths = ", ".join(f"{name} = …" for name in keys)
        return f"format {source.format} needs path = {{ {paths} }}"
    if keys == [""]:
        return f'format {source.format} takes path = "…" or a list of them, not a table with the key {key!r}'
    return f"format {source.format} has no path.{key}; {nearest(key, filter(None, keys))}"


def _missing(required: Sequence[str], keys: tuple[str, ...]) -> str:
    return "; ".join(f"the key {name!r} is missing, {nearest(name, keys)}" for name in required if name not in keys)


def _source_frame(sources: Sequence[Source]) -> pl.DataFrame:
    return pl.DataFrame(
        [(s.name, s.format, s.time_zone, s.phone_region, s.guards_cutoff) for s in sources],
        schema={
            "source": pl.String,
            "format": pl.String,
            "time_zone": pl.String,
            "phone_region": pl.String,
            "guards_cutoff": pl.Boolean,
        },
        orient="row",
    )
