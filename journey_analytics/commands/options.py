"""Options that several commands share, and how they print JSON."""

import json
from pathlib import Path
from typing import Annotated

import typer

ConfigOption = Annotated[Path, typer.Option("--config", help="The workspace's configuration file.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
WhereOption = Annotated[
    list[str] | None,
    typer.Option("--where", metavar="NAME=VALUE", help="Only such journeys, e.g. device=mobile; may be repeated."),
]
DEFAULT_CONFIG = Path("journey.toml")


def print_json(value: object) -> None:
    """Print a result for a machine; what JSON has no type for becomes its text."""
    print(json.dumps(value, indent=2, default=str, ensure_ascii=False))
