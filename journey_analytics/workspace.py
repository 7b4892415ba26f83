"""A workspace's warehouse, opened under its lock: for writing, or as the last run left it."""

from collections.abc import Iterator
from contextlib import contextmanager

from journey_analytics.config import Config
from journey_analytics.errors import DataError
from journey_analytics.lock import exclusive_run
from journey_analytics.warehouse import Warehouse, open_warehouse


@contextmanager
def writable(config: Config) -> Iterator[Warehouse]:
    """The warehouse, created when it is new.

    Raises:
        LockedError: another run is at work.
        ConfigurationError: it cannot be opened or written.
    """
    with (
        exclusive_run(config.warehouse),
        open_warehouse(config.warehouse, memory_limit=config.memory_limit, threads=config.threads) as warehouse,
    ):
        yield warehouse


@contextmanager
def existing(config: Config, *, table: str = "core.touchpoint") -> Iterator[Warehouse]:
    """The warehouse of a workspace in which a run has got as far as `table`.

    Raises:
        DataError: no run has yet.
        LockedError: another run is at work.
    """
    if not config.warehouse.is_file():
        raise DataError(f"there is no warehouse at {config.warehouse} yet: run `journey run` first")
    with writable(config) as warehouse:
        if not warehouse.has(table):
            raise DataError(f"{config.warehouse} holds no {table} yet: run `journey run` first")
        yield warehouse
