"""`journey attribution`: who was there before the purchases, under every model side by side."""

from typing import Annotated

import typer

from journey_analytics.commands.options import DEFAULT_CONFIG, ConfigOption, JsonOption, print_json

EXAMPLE = "Example: journey attribution --model markov"


def attribution(
    model: Annotated[
        str | None, typer.Option("--model", help="One model in detail, e.g. markov or last_non_direct.")
    ] = None,
    dimension: Annotated[str, typer.Option("--dimension", help="A row of attribution_dimension.csv.")] = "channel",
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """The credit of each channel for the purchases, models side by side with intervals. Association, not cause."""
    from journey_analytics.attribution.answers import credited
    from journey_analytics.attribution.text import attribution_text
    from journey_analytics.config import read_config

    rows = credited(read_config(config), dimension=dimension, model=model)
    if as_json:
        print_json(rows)
    else:
        print(attribution_text(rows, model=model))
