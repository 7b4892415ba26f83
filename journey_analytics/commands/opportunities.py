"""`journey opportunities`: at which barrier customers and money are to be won."""

from typing import Annotated

import typer

from journey_analytics.commands.options import DEFAULT_CONFIG, ConfigOption, JsonOption, print_json

EXAMPLE = "Example: journey opportunities --top 5 --json"


def opportunities(
    top: Annotated[int, typer.Option("--top", min=1, metavar="N", help="So many, the best first.")] = 10,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Barriers by what would be won per month if they were at the level of comparable segments. An association."""
    from journey_analytics.config import read_config
    from journey_analytics.opportunity.answer import best_opportunities
    from journey_analytics.opportunity.sentences import opportunities_text

    rows = best_opportunities(read_config(config), top=top)
    if as_json:
        print_json(rows)
    else:
        print(opportunities_text(rows))
