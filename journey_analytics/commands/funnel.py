"""`journey funnel`: an analyst's own steps, saved or ad hoc: who gets how far, who drops, and what they do instead."""

from pathlib import Path
from typing import Annotated, Any

import typer

from journey_analytics.commands.options import DEFAULT_CONFIG, ConfigOption, JsonOption, print_json

EXAMPLE = "Example: journey funnel product_viewed 'cart_viewed?' checkout_started is:purchase --window 14d --by device"


def funnel(  # noqa: PLR0917 - one parameter per option
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME | STEP STEP ...",
            help="A [[funnel]] of journey.toml, or steps: activities (a|b for either), stage:NAME or is:purchase; "
            "a ? at the end makes a step optional, a ! anchors it.",
        ),
    ],
    window: Annotated[
        str | None, typer.Option("--window", metavar="TIME", help="From the entry: 30d, 12h, 45m, or none.")
    ] = None,
    order: Annotated[str | None, typer.Option("--order", help="ordered, strict, any or anchored.")] = None,
    unit: Annotated[str | None, typer.Option("--unit", help="journey, customer or session.")] = None,
    entry: Annotated[str | None, typer.Option("--entry", help="first, every or best.")] = None,
    exclude: Annotated[
        list[str] | None, typer.Option("--exclude", metavar="ACTIVITY", help="Must not come between; may be repeated.")
    ] = None,
    exclude_mode: Annotated[
        str | None, typer.Option("--exclude-mode", help="end_at_exclusion (by default) or drop_journey.")
    ] = None,
    hold: Annotated[
        list[str] | None, typer.Option("--hold", metavar="COLUMN", help="The same in all steps, such as topic.")
    ] = None,
    by: Annotated[
        list[str] | None, typer.Option("--by", metavar="COLUMN", help="Break down by it, such as device.")
    ] = None,
    breakdown_from: Annotated[
        str | None, typer.Option("--from", help="Where its value is taken from: first, last or step.")
    ] = None,
    is_open: Annotated[bool, typer.Option("--open", help="Units may enter at any step.")] = False,
    same_time_seconds: Annotated[
        int | None, typer.Option("--same-time", metavar="SECONDS", help="Touchpoints this near are interchangeable.")
    ] = None,
    since: Annotated[str | None, typer.Option("--since", metavar="DATE", help="Entered from then on (UTC).")] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="DATE", help="Entered before then (UTC).")] = None,
    dropped: Annotated[
        str | None, typer.Option("--dropped", metavar="STEP", help="List those who dropped after this step.")
    ] = None,
    csv: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write that list to a file.")] = None,
    show_sql: Annotated[bool, typer.Option("--sql", help="Print the SQL for a shell on the published copy.")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Who gets how far through the steps, in three states: went on, lost, still open. From the published copy."""
    from journey_analytics.config import read_config
    from journey_analytics.errors import ConfigurationError
    from journey_analytics.funnel.declared import asked_funnel
    from journey_analytics.funnel.result import funnel_result

    if csv is not None and dropped is None:
        raise ConfigurationError("--csv writes the list of --dropped STEP; name the step")
    exclusion: Any = {"activities": exclude, "mode": exclude_mode} if exclude and exclude_mode else exclude
    workspace = read_config(config)
    asked = asked_funnel(
        workspace.funnels,
        words,
        {
            "window": window, "order": order, "unit": unit, "entry": entry, "exclude": exclusion, "hold": hold,
            "by": by, "breakdown_from": breakdown_from, "open": is_open, "same_time_seconds": same_time_seconds,
            "since": since, "until": until,
        },
    )  # fmt: skip
    _print(funnel_result(workspace, asked), dropped=dropped, csv=csv, show_sql=show_sql, as_json=as_json)


def _print(result: Any, *, dropped: str | None, csv: Path | None, show_sql: bool, as_json: bool) -> None:
    from journey_analytics.funnel import text

    if show_sql:
        print(text.sql_text(result.sql, result.definition))
    elif dropped is not None and csv is not None:
        print(text.write_dropped(result, dropped, csv))
    elif dropped is not None and as_json:
        print_json(text.dropped_dict(result, dropped))
    elif dropped is not None:
        print(text.dropped_text(result, dropped))
    elif as_json:
        print_json(text.funnel_dict(result))
    else:
        print(text.funnel_text(result))
