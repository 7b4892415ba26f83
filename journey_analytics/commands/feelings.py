"""`journey feelings`: what customers said, and the friction they met."""

from typing import Annotated

import typer

from journey_analytics.commands.options import DEFAULT_CONFIG, ConfigOption, JsonOption, print_json

EXAMPLE = "Example: journey feelings --persona regular --json"


def feelings(
    persona: Annotated[str, typer.Option("--persona", help="Of this persona alone.")] = "all",
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Measured scores and inferred friction by stage, what went wrong, and how many of those are lost."""
    from journey_analytics.config import read_config
    from journey_analytics.feelings.answers import felt
    from journey_analytics.feelings.text import feelings_text

    found = felt(read_config(config), persona=persona)
    if as_json:
        print_json(found)
    else:
        print(feelings_text(found))
