"""The published copy: a database file of its own that readers open, replaced atomically after a good run."""

import os
import secrets
from pathlib import Path

import polars as pl

from journey_analytics.errors import ConfigurationError
from journey_analytics.warehouse import Warehouse

PUBLISHED_CORE = (
    "core.touchpoint", "core.session", "core.journey", "core.stage_visit", "core.login_reliability",
    "core.inactivity_limit", "core.need_signal", "core.journey_segment", "core.left_censored_journey",
    "core.settled_until", "core.touchpoint_object", "core.touchpoint_text", "core.selection_journey",
    "core.path_kind", "core.path_node", "core.path_passage", "core.path_beginning", "core.variant_journey",
    "core.variant_steps",
)  # fmt: skip
PUBLISHED_VIEWS = ("core.touchpoint_at_cutoff", "core.journey_at_cutoff")
"""The state at T, over the tables above: each after those that it reads."""
PUBLISHED_CONFIG = ("config.segment", "config.setting", "config.activity", "config.source_rank")
PUBLISHED_RUN = ("run.load", "run.cutoff", "run.build")
KEY = "run.pseudonym_key"
"""A random secret of this copy: names of journeys on pages cannot be told from their ids, nor from another copy's."""


def publish(warehouse: Warehouse, target: Path) -> None:
    """Write marts and journeys to a new file and put it in the place of `target`; readers see the old or the new one.

    Identities, raw rows and the quarantine are not in it.

    Raises:
        ConfigurationError: when the folder cannot be written.
    """
    fresh = target.with_name(f".{target.name}.{os.getpid()}.new")
    tables = [*warehouse.tables("mart"), *PUBLISHED_CORE, *PUBLISHED_CONFIG, *PUBLISHED_RUN, KEY]
    warehouse.create_from(KEY, pl.DataFrame({"key": [secrets.token_hex(32)]}))
    try:
        _sweep(target)
        there = [[name for name in names if warehouse.has(name)] for names in (tables, PUBLISHED_VIEWS)]
        warehouse.write_copy(fresh, there[0], views=there[1])
        replace_durably(fresh, target)
    except OSError as error:
        raise ConfigurationError(f"cannot publish to {target}: {error.strerror}") from error


def replace_durably(fresh: Path, target: Path) -> None:
    """Put `fresh` in the place of `target` so that a power cut leaves one of the two, whole."""
    _sync(fresh)
    fresh.replace(target)
    _sync(target.parent)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sweep(target: Path) -> None:
    """Remove what a killed publisher left; the run's lock makes sure that none is at work."""
    for left in target.parent.glob(f".{target.name}.*.new*"):
        left.unlink()
