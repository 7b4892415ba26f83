"""`journey model`: the process model of all journeys or of some, with how far it can be trusted."""

from pathlib import Path
from typing import Annotated

import typer

from journey_analytics.commands.options import DEFAULT_CONFIG, ConfigOption, JsonOption, WhereOption, print_json

EXAMPLE = "Example: journey model --level activity --kind split --where device=mobile --out mobile.bpmn"


def model(  # noqa: PLR0917 - one parameter per option
    level: Annotated[str, typer.Option("--level", help="stage or activity: what the steps are.")] = "stage",
    kind: Annotated[str, typer.Option("--kind", help="inductive, heuristics, split, powl or dfg.")] = "inductive",
    where: WhereOption = None,
    top: Annotated[
        int, typer.Option("--top", min=1, max=500, help="Mine and judge so many of the most frequent variants.")
    ] = 30,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Write it: .bpmn, .pnml, .ptml, .ptree, or .dfg (the counts of all journeys)."),
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """The order that most journeys follow, discovered, with fitness, precision and coverage; never a flower model."""
    from journey_analytics.config import read_config
    from journey_analytics.mining.answers import model_answer
    from journey_analytics.mining.text import model_lines

    answer = model_answer(read_config(config), level=level, kind=kind, where=where or (), top=top, out=out)
    if as_json:
        print_json(answer)
    else:
        print(model_lines(answer))
