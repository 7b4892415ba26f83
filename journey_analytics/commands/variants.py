"""`journey variants`: the orders of steps that journeys took, or the tree of how they went on from the start."""

from typing import Annotated

import typer

from journey_analytics.commands.options import DEFAULT_CONFIG, ConfigOption, JsonOption, WhereOption, print_json

EXAMPLE = "Example: journey variants --level activity --tree --where first_channel=paid_search"


def variants(  # noqa: PLR0917 - one parameter per option
    level: Annotated[str, typer.Option("--level", metavar="stage|activity", help="What a step is.")] = "stage",
    tree: Annotated[
        bool, typer.Option("--tree", help="How journeys went on from the start, and where each branch ends.")
    ] = False,
    top: Annotated[int, typer.Option("--top", min=1, help="So many variants, or nodes of the tree.")] = 20,
    where: WhereOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """The orders of stages or activities that journeys took: how many, how they ended, how long, how much money."""
    from journey_analytics.config import read_config
    from journey_analytics.paths.variant_answer import tree_answer, tree_dict, variant_answer, variants_dict
    from journey_analytics.paths.variant_text import tree_text, variants_text

    read, as_dict, as_text = (
        (tree_answer, tree_dict, tree_text) if tree else (variant_answer, variants_dict, variants_text)
    )
    answer = read(read_config(config), level=level, where=where or (), top=top)
    if as_json:
        print_json(as_dict(answer))
    else:
        print(as_text(answer))
