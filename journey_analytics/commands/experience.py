"""`journey experience`: the customer journey map of every persona, in the terminal or as a file."""

from pathlib import Path
from typing import Annotated

import typer

from journey_analytics.commands.options import DEFAULT_CONFIG, ConfigOption, JsonOption, print_json

EXAMPLE = "Example: journey experience --persona regular --format xlsx --out journey-map.xlsx"


def experience(
    *,
    persona: Annotated[
        str | None, typer.Option("--persona", help="One persona; without it all of them (of a picture: all customers).")
    ] = None,
    kind: Annotated[
        str | None, typer.Option("--format", help="html, pdf, svg, json, csv or xlsx; by default the ending of --out.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Where the map is written.")] = None,
    language: Annotated[str, typer.Option("--language", help="Of pages, pictures and workbooks: en or it.")] = "en",
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """The customer journey map: what customers do, say and feel, what stops them, what it is worth. As of the run."""
    from journey_analytics.config import read_config
    from journey_analytics.journey_map.answers import published_map
    from journey_analytics.journey_map.exports import write_map
    from journey_analytics.journey_map.lanes import ALL
    from journey_analytics.journey_map.text import map_text
    from journey_analytics.language import language_named

    language_named(language)
    found = published_map(read_config(config), persona=persona)
    if out is not None or kind is not None:
        print(write_map(found, out, kind=kind, language=language))
    elif as_json:
        print_json(found.cells.to_dicts())
    else:
        print(map_text(found, persona or ALL))
