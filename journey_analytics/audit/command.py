"""The command: a sheet out, a judged sheet in. It holds the workspace's lock while it reads or writes."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import polars as pl

from journey_analytics.audit.allocation import allocation
from journey_analytics.audit.context import sheet_rows
from journey_analytics.audit.judgement import JUDGEMENT, judgements, merged, unjudged
from journey_analytics.audit.population import drawn_items, items_of, load_items, strata
from journey_analytics.audit.precision import audit_precision, dated
from journey_analytics.audit.sheet import read_sheet, write_sheet
from journey_analytics.config import Config
from journey_analytics.errors import DataError
from journey_analytics.publish import publish
from journey_analytics.warehouse import Warehouse
from journey_analytics.workspace import existing

_JUDGEMENT_TABLE: Final = "run.audit_judgement"
_PRECISION_TABLE: Final = "mart.audit_precision"


@dataclass(frozen=True)
class Drawn:
    """A sheet that was written: its items per stratum (kind, stratum, stratum_count, sample_count)."""

    sheet: Path
    strata: pl.DataFrame


@dataclass(frozen=True)
class Judged:
    """A sheet that was taken in.

    Attributes:
        judged_count: its rows with a verdict.
        skipped_count: its rows without one, which state nothing.
        kept_count: of these, those with an earlier judgement, which stays.
        gone_count: judgements, of all sheets, of items that are no more.
        precision: `mart.audit_precision`, over all sheets taken in so far.
    """

    sheet: Path
    judged_count: int
    skipped_count: int
    kept_count: int
    gone_count: int
    precision: pl.DataFrame


def draw_sheet(config: Config, sheet: Path, *, count: int, seed: int) -> Drawn:
    """Write a sheet of about `count` items; the same seed and warehouse give the same sheet.

    Raises:
        ConfigurationError: the file exists or cannot be written.
        DataError: no run was finished yet, or there is nothing to judge.
    """
    with existing(config) as warehouse:
        load_items(warehouse)
        shares = allocation(strata(warehouse), count=count)
        if not shares.height:
            raise DataError("there is nothing to judge yet: no touchpoint was staged, no identity linked")
        items = drawn_items(warehouse, shares, seed=seed)
        write_sheet(sheet, sheet_rows(warehouse, items))
    return Drawn(sheet, shares)


def take_in(config: Config, sheet: Path) -> Judged:
    """Store a sheet's judgements, in place of earlier ones of the same items, and measure the precision.

    All or nothing. The published copy gets the result at once. Repeating it changes nothing. A row without a verdict
    states nothing, so an earlier judgement of its item stays; the verdict `cannot_tell` takes it back.

    Raises:
        ConfigurationError: the sheet cannot be read.
        DataError: it is no sheet of ours, or rows of it are at fault; or none of its items is in this warehouse.
    """
    rows = read_sheet(sheet)
    new = judgements(rows, name=str(sheet))
    with existing(config) as warehouse:
        load_items(warehouse)
        _require_known(warehouse, new, sheet)
        stored = _stored(warehouse)
        known = merged(stored, new.with_columns(judged_at=pl.lit(_now()).cast(pl.Datetime("us"))))
        today = items_of(warehouse, known["item_id"].to_list())
        measured = audit_precision(strata(warehouse), _compared(known, today))
        precision = dated(measured, build=_build(warehouse), judgements=known)
        with warehouse.transaction():
            warehouse.create_from(_JUDGEMENT_TABLE, known)
            warehouse.create_from(_PRECISION_TABLE, precision)
        publish(warehouse, config.published)
    blank = unjudged(rows)
    kept = blank.join(stored, on=("kind", "item_id"), how="semi")
    return Judged(sheet, new.height, blank.height, kept.height, known.height - today.height, precision)


def _require_known(warehouse: Warehouse, new: pl.DataFrame, sheet: Path) -> None:
    if new.height and not items_of(warehouse, new["item_id"].to_list()).height:
        raise DataError(f"none of the items judged in {sheet} is in this warehouse; was it drawn from another one?")


def _stored(warehouse: Warehouse) -> pl.DataFrame:
    if not warehouse.has(_JUDGEMENT_TABLE):
        return pl.DataFrame(schema=JUDGEMENT)
    return warehouse.frame(f"select * from {_JUDGEMENT_TABLE} order by kind, item_id", name=_JUDGEMENT_TABLE)


def _compared(known: pl.DataFrame, today: pl.DataFrame) -> pl.DataFrame:
    """Judgements with today's stratum and confidence of their items; outdated where our answer is another one now."""
    told = known.select("kind", "item_id", "verdict", judged_answer="answer")
    return today.join(told, on=("kind", "item_id")).with_columns(
        is_outdated=pl.col("answer") != pl.col("judged_answer")
    )


def _build(warehouse: Warehouse) -> pl.DataFrame:
    """The run that built the tables of today."""
    return warehouse.frame("select build_id, built_at, cutoff_at from run.build order by build_id desc limit 1")


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
