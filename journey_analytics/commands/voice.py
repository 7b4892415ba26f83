"""`journey voice`: what customers wrote, about what, and how negative it is."""

from typing import Annotated

import typer

from journey_analytics.commands.options import DEFAULT_CONFIG, ConfigOption, JsonOption, print_json

EXAMPLE = "Example: journey voice --stage post_purchase"


def voice(
    persona: Annotated[str, typer.Option("--persona", help="Of this persona alone.")] = "all",
    stage: Annotated[str, typer.Option("--stage", help="Written in this stage alone.")] = "all",
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """What customers wrote: topics, feelings with intervals, and quotes without names, addresses and numbers."""
    from journey_analytics.config import read_config
    from journey_analytics.voice.answers import spoken
    from journey_analytics.voice.text import voice_text

    found = spoken(read_config(config), persona=persona, stage=stage)
    if as_json:
        print_json(found)
    else:
        print(voice_text(found))
