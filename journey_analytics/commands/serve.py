"""`journey serve`: the dashboard."""

from typing import Annotated

import typer

from journey_analytics.commands.options import DEFAULT_CONFIG, ConfigOption

EXAMPLE = "Example: journey serve --port 8050 --language it"


def serve(
    port: Annotated[int, typer.Option("--port", min=0, max=65_535, help="0 takes a free one.")] = 8050,
    host: Annotated[
        str,
        typer.Option("--host", help="Another one needs JOURNEY_PASSWORD or JOURNEY_TOKEN in the environment."),
    ] = "127.0.0.1",
    language: Annotated[
        str | None, typer.Option("--language", metavar="en|it", help="By default that of [report].")
    ] = None,
    opens: Annotated[bool, typer.Option("--open/--no-open", help="Open it in a browser.")] = True,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """The dashboard, on this machine unless told otherwise; it reads the published copy and writes nothing."""
    from journey_analytics.config import read_config
    from journey_analytics.dashboard.server import serve as run
    from journey_analytics.language import written_in

    found = read_config(config)
    code = language or found.report_language
    with written_in(code):
        run(found, host=host, port=port, language=code, opens=opens)
