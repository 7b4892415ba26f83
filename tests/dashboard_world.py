"""Published copies for the dashboard's tests: of any frames, and of a small simulated world that a run has built."""

from collections.abc import Collection, Mapping
from pathlib import Path

import polars as pl

from journey_analytics import run as job
from journey_analytics.config import read_config
from journey_analytics.report.frames import TABLES, report_frame
from journey_analytics.report.variant_tables import LONG_VARIANT_TABLES
from journey_analytics.simulate import simulate
from journey_analytics.warehouse import open_published, open_warehouse


def publish_frames(path: Path, frames: Mapping[str, pl.DataFrame]) -> Path:
    """A copy with these tables; one that is there is replaced, as a run does it."""
    fresh = path.with_name(f"{path.stem}-fresh.duckdb")
    with open_warehouse(fresh) as warehouse:
        for table, frame in frames.items():
            warehouse.create_from(table, _ranked(table, frame))
    fresh.replace(path)
    return path


def _ranked(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    """With the rank that copies have of what can be long, in the order of the rows."""
    is_long = table in LONG_VARIANT_TABLES and "variant_rank" not in frame.columns
    return frame.with_row_index("variant_rank") if is_long else frame


def publish_run(folder: Path, *, customers: int = 250, days: int = 150) -> Path:
    """The copy of a simulated world after one run; returns its path."""
    simulate(folder, customers=customers, days=days, seed=3)
    config = read_config(folder / "journey.toml")
    job.run(config)
    return config.published


def frames_of(copy: Path, *, without: Collection[str] = ()) -> dict[str, pl.DataFrame]:
    """The tables that the views read, as a published copy holds them."""
    with open_published(copy) as warehouse:
        tables = [table for table in TABLES if table not in without and warehouse.has(table)]
        return {table: report_frame(warehouse, table) for table in tables}
