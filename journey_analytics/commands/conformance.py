"""`journey conformance`: planned journeys against those that people really took."""

from typing import Annotated

import typer

from journey_analytics.commands.options import DEFAULT_CONFIG, ConfigOption, JsonOption, WhereOption, print_json

EXAMPLE = "Example: journey conformance buying --where device=mobile"


def conformance(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="A [[planned]] of journey.toml.")] = None,
    top: Annotated[int, typer.Option("--top", min=1, help="So many deviations.")] = 15,
    where: WhereOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Planned and actual: who keeps to the plan, what is left out or added, what goes with it, what never happens."""
    from journey_analytics.config import read_config
    from journey_analytics.planned.answers import conformance as held_against_plans
    from journey_analytics.planned.answers import conformance_dict
    from journey_analytics.planned.text import conformance_text

    answers = held_against_plans(read_config(config), name=name, where=where or ())
    if as_json:
        print_json(conformance_dict(answers))
    else:
        print(conformance_text(answers, top=top))
