"""`journey flow`: what journeys did step by step, from the start, the end, or any pattern."""

from typing import Annotated

import typer

from journey_analytics.commands.options import DEFAULT_CONFIG, ConfigOption, JsonOption, WhereOption, print_json

_FROM = (
    "What steps are counted from: start, end, purchase, or steps that directly follow each other, such as "
    "'cart_viewed > checkout_started'; a|b is either, stage:NAME any of a stage."
)

EXAMPLE = "Example: journey flow --from 'cart_viewed > checkout_started' --steps 3 --where device=mobile"


def flow(  # noqa: PLR0917 - one parameter per option
    level: Annotated[str, typer.Option("--level", metavar="stage|activity", help="What a step is.")] = "activity",
    anchor: Annotated[str, typer.Option("--from", metavar="ANCHOR", help=_FROM)] = "start",
    steps: Annotated[int, typer.Option("--steps", min=1, max=50, help="So many each side; the rest is MORE.")] = 5,
    top: Annotated[int, typer.Option("--top", min=1, help="So many at each step keep their names.")] = 6,
    where: WhereOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Journeys step by step: at every step as many go in as go on, are lost, or are still open."""
    from journey_analytics.config import read_config
    from journey_analytics.paths.step_answer import flow_answer, flow_dict
    from journey_analytics.paths.step_text import flow_text

    answer = flow_answer(read_config(config), level=level, anchor=anchor, where=where or (), steps=steps, top=top)
    if as_json:
        print_json(flow_dict(answer))
    else:
        print(flow_text(answer))
