"""`journey dropoff`: the three states of each stage, for the whole or broken down by any column."""

from typing import Annotated

import typer

from journey_analytics.commands.options import DEFAULT_CONFIG, ConfigOption, JsonOption, print_json

_BY = (
    "A segment such as persona, a column of a touchpoint such as campaign, or TABLE.COLUMN of a table with one row per "
    "journey or customer."
)

EXAMPLE = "Example: journey dropoff --by campaign --stage decision"


def dropoff(
    by: Annotated[str | None, typer.Option("--by", metavar="SEGMENT_OR_COLUMN", help=_BY)] = None,
    stage: Annotated[str | None, typer.Option("--stage", help="Only this stage.")] = None,
    at: Annotated[
        str | None,
        typer.Option("--at", metavar="entry|first", help="Whose column: the touchpoint that entered, or the first."),
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Advanced, dropped and still open at each stage, with both shares and their 95 % intervals."""
    from journey_analytics.config import read_config
    from journey_analytics.dropoff_by import dropoff_by
    from journey_analytics.terminal import dropoff_text

    rows = dropoff_by(read_config(config), by=by, at=at, stage=stage).to_dicts()
    if as_json:
        print_json(rows)
    else:
        print(dropoff_text(rows, by=by))
