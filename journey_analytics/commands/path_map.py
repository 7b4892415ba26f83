"""`journey map`: what followed what, how often and after how long; and the journeys behind one link."""

from pathlib import Path
from typing import Annotated

import typer

from journey_analytics.commands.options import DEFAULT_CONFIG, ConfigOption, JsonOption, WhereOption, print_json

_EDGE = "The journeys in which B directly followed A; A may be START, B CONVERTED, DROPPED or OPEN."
_CSV = "Write all rows into this file as well: all links, or all journeys behind the link."

EXAMPLE = (
    "Example: journey map --where device=mobile --versus device=desktop · journey map --edge checkout_started DROPPED "
    "--csv lost.csv"
)


def path_map(  # noqa: PLR0917 - one parameter per option
    where: WhereOption = None,
    versus: Annotated[
        list[str] | None,
        typer.Option("--versus", metavar="NAME=VALUE", help="Beside such journeys, with the difference; repeatable."),
    ] = None,
    edge: Annotated[tuple[str, str] | None, typer.Option("--edge", metavar="A B", help=_EDGE)] = None,
    csv: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help=_CSV)] = None,
    top: Annotated[int, typer.Option("--top", min=1, help="So many links, or journeys, are shown.")] = 25,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """The links of the paths with their journeys, conversion and waits; open journeys are in, and told apart."""
    from journey_analytics.config import read_config
    from journey_analytics.paths import link_answer, link_text

    workspace = read_config(config)
    if edge:
        _refuse_both(versus)
        found = link_answer.edge_answer(workspace, edge, where=where or (), limit=None if csv else top)
        rows, made = found.journeys, link_answer.edge_dict(found)
        text = link_text.edge_text(found, top=top)
    elif versus:
        pair = link_answer.compared_maps(workspace, where=where or (), versus=versus)
        rows, made, text = pair.links, link_answer.compared_dict(pair), link_text.compared_text(pair, top=top)
    else:
        one = link_answer.map_answer(workspace, where=where or ())
        rows, made, text = one.links, link_answer.map_dict(one), link_text.map_text(one, top=top)
    if csv:
        link_answer.write_rows(rows, csv)
    if as_json:
        print_json(made)
    else:
        print(text)


def _refuse_both(versus: list[str] | None) -> None:
    from journey_analytics.errors import ConfigurationError

    if versus:
        raise ConfigurationError("--edge shows one link of one selection: leave out --versus, and use --where")
