"""`journey stage`: stages suggested for activities that no rule knows, and their acceptance as a rule."""

from typing import Annotated

import typer

from journey_analytics.commands.options import DEFAULT_CONFIG, ConfigOption, JsonOption, print_json

app = typer.Typer(
    name="stage",
    help="Suggested stages for activities that no rule knows; accept one as a rule.",
    epilog="Example: journey stage suggest",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command(epilog="Example: journey stage suggest --config shop/journey.toml")
def suggest(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """List activities without a rule, each with a suggested stage and the evidence; '–' where it is too thin."""
    from journey_analytics.acceptance import stage_suggestions
    from journey_analytics.config import read_config
    from journey_analytics.terminal import suggestions_text

    rows = stage_suggestions(read_config(config))
    if as_json:
        print_json(rows)
    else:
        print(suggestions_text(rows))


@app.command(epilog="Example: journey stage accept size_guide_opened --stage consideration")
def accept(
    activity: Annotated[str, typer.Argument(metavar="ACTIVITY", help="As `journey stage suggest` lists it.")],
    source: Annotated[str | None, typer.Option("--source", help="Only as this source logs it; else any.")] = None,
    stage: Annotated[str | None, typer.Option("--stage", help="Another stage than the suggested one.")] = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Write the suggestion as a rule into the workspace's sql/config/stage_rule/accepted.csv, for the next run."""
    from journey_analytics.acceptance import accept_stage
    from journey_analytics.config import read_config

    print(accept_stage(read_config(config), activity, source=source, stage=stage))
