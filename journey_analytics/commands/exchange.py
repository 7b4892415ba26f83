"""`journey export` and `journey import`: journeys for other tools, and event logs of other tools as journeys."""

from pathlib import Path
from typing import Annotated

import typer

from journey_analytics.commands.options import DEFAULT_CONFIG, ConfigOption, JsonOption, WhereOption, print_json
from journey_analytics.errors import ConfigurationError

EXPORT_EXAMPLE = "Example: journey export --format xes journeys.xes.gz --where persona=regular"
IMPORT_EXAMPLE = "Example: journey import log.xes.gz --dir log, then: journey run --config log/journey.toml"


def export(
    out: Annotated[
        Path,
        typer.Argument(
            metavar="OUT", help="A file: .xes for xes, .json for ocel (.gz after it: compressed); for parquet a folder."
        ),
    ],
    kind: Annotated[
        str,
        typer.Option("--format", help="xes, ocel (OCEL 2.0 JSON) or parquet (a star schema)."),
    ],
    where: WhereOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """The active journeys at the cut-off, pseudonymous, for other tools; open and left-censored ones are marked."""
    from journey_analytics.config import read_config
    from journey_analytics.exchange.export import export as write

    done = write(read_config(config), out, kind=kind, where=where or ())
    if as_json:
        print_json(done.as_dict())
    else:
        print(done)


def import_log(
    log: Annotated[Path, typer.Argument(metavar="LOG", help="XES (.xes, .xes.gz) or OCEL 2.0 (.json).")],
    directory: Annotated[Path, typer.Option("--dir", help="A new or empty folder: the workspace.")],
    case: Annotated[
        str | None, typer.Option("--case", metavar="TYPE", help="OCEL: one object of this type is one journey.")
    ] = None,
    lifecycle: Annotated[
        str, typer.Option("--lifecycle", help="XES: complete (an activity is one touchpoint), or all transitions.")
    ] = "complete",
    as_json: JsonOption = False,
) -> None:
    """A workspace for an event log of another tool, in which one case is one journey; then run it."""
    from journey_analytics.exchange.importing import import_log as make

    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise ConfigurationError(f"{directory} exists and is not an empty folder; name a new one")
    done = make(log, directory, case=case, lifecycle=lifecycle)
    if as_json:
        print_json(done.as_dict())
    else:
        print(done)
