"""`journey rework`: what journeys do again, where they wait, and where they change hands."""

from typing import Annotated

import typer

from journey_analytics.commands.options import DEFAULT_CONFIG, ConfigOption, JsonOption, print_json

EXAMPLE = "Example: journey rework --kind ping_pong --top 5"


def rework(
    kind: Annotated[
        str | None,
        typer.Option(
            "--kind",
            help="Only loop, self_loop, ping_pong, repeated_contact, stage_regression, bottleneck or handover.",
        ),
    ] = None,
    top: Annotated[int, typer.Option("--top", min=1, help="So many of each.")] = 10,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Loops, ping-pong, repeated contact, falling back, waits and hand-overs, and how many of those are lost."""
    from journey_analytics.config import read_config
    from journey_analytics.rework.answers import rework as read_rework
    from journey_analytics.rework.text import rework_text

    parts = read_rework(read_config(config), kind=kind, top=top)
    if as_json:
        print_json(parts)
    else:
        print(rework_text(parts))
