"""Copies of a workspace's warehouse to measure on, and its rows many times over with other people in them."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from journey_analytics.config import Config

SUFFIXES = "select case number when 0 then '' else '~' || number end as suffix from range(?) as copies(number)"
"""One row per copy, for a cross join: what to append to its ids; the first keeps them. Parameter: how many copies."""


@contextmanager
def copied(config: "Config") -> Iterator["Config"]:
    """The workspace with a copy of its warehouse, beside it and deleted at the end: the workspace is only read."""
    with tempfile.TemporaryDirectory(dir=config.warehouse.parent) as folder:
        file = Path(folder) / "warehouse.duckdb"
        shutil.copyfile(config.warehouse, file)
        yield replace(config, warehouse=file)
