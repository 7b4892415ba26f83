"""A workspace of which only the identity tables are made, for what is asked of them and written into it."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from identity_world import CONFIG, Seen, event_frame, identity_models

from journey_analytics import build
from journey_analytics.config import Config
from journey_analytics.warehouse import Warehouse
from journey_analytics.workspace import writable

TOML = """
[warehouse]
path = "warehouse.duckdb"
[report]
dir = "reports"
[[source]]
name = "web"
format = "segment"
path = "landing/*.jsonl"
"""


@contextmanager
def rebuilt(config: Config, events: Iterable[Seen]) -> Iterator[Warehouse]:
    """The identity tables made again with the rules as they lie in the workspace now."""
    files = build.sql_files(config.overlay)
    chosen = {name: path for name, path in files.items() if name.split("/")[1].removesuffix(".csv") in CONFIG}
    with writable(config) as warehouse:
        build.load_config(warehouse, chosen)
        build.load_macros(warehouse, files)
        warehouse.create_from("staging.event", event_frame(events))
        build.run_models(warehouse, build.ordered(identity_models()))
        yield warehouse
