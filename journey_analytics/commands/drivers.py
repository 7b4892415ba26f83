"""`journey drivers`: what goes together with being lost at each stage."""

from typing import Annotated

import typer

from journey_analytics.commands.options import DEFAULT_CONFIG, ConfigOption, JsonOption, print_json

EXAMPLE = "Example: journey drivers --stage decision"


def drivers(
    stage: Annotated[str | None, typer.Option("--stage", help="Only this stage.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Also what was asked and not found.")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Touchpoints, channels, waits, errors and segments that go together with being lost; at most 5 % are chance."""
    from journey_analytics.config import read_config
    from journey_analytics.drivers.text import drivers_text, read_drivers, require_stage
    from journey_analytics.warehouse import open_published

    require_stage(stage)
    with open_published(read_config(config).published) as warehouse:
        rows = read_drivers(warehouse, stage=stage, every=every)
    if as_json:
        print_json(rows)
    else:
        print(drivers_text(rows))
