"""The page that Dash serves: empty places, and the stores in which the server's answers arrive."""

from typing import Any

from journey_analytics.dashboard.optional import of_the_dashboard

INDEX = """<!doctype html>
<html lang="en">
  <head>
    {%metas%}
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="referrer" content="no-referrer">
    <title>{%title%}</title>
    <link rel="icon" href="/own/icon.svg" type="image/svg+xml">
    <link rel="stylesheet" href="/own/page.css">
    <link rel="stylesheet" href="/own/dashboard.css">
    {%css%}
  </head>
  <body class="dashboard">
    <noscript>This dashboard needs JavaScript. The report (reports/report.html) can be printed and sent.</noscript>
    {%app_entry%}
    <script src="/own/plotly.js"></script>
    <script src="/own/process_map.js"></script>
    <script src="/own/panel_tools.js"></script>
    <script src="/own/page.js"></script>
    <script src="/own/dashboard.js"></script>
    {%config%}
    {%scripts%}
    {%renderer%}
  </body>
</html>
"""


def page_layout() -> Any:
    """The places by id: `side` and `head` around the views, `look-0` and `look-1` for the selections."""
    dash = of_the_dashboard("dash")
    html, dcc = dash.html, dash.dcc
    stores = [dcc.Store(id=name) for name in ("asked", "shell-made", "look-0-made", "look-1-made")]
    return html.Div(
        [
            html.A("Skip to the content", href="#content", className="skip", id="skip"),
            html.Div(
                [
                    html.Aside(id="side", className="side"),
                    html.Div(
                        [
                            html.Header(id="head", className="head"),
                            html.Main(
                                [html.Div(id="look-0", className="look"), html.Div(id="look-1", className="look")],
                                id="content",
                                tabIndex=-1,
                                className="looks",
                            ),
                            html.Footer(id="foot"),
                        ],
                        className="stage",
                    ),
                ],
                className="app",
            ),
            html.Div(id="said", className="heard", role="status", **{"aria-live": "polite"}),
            html.Div(id="begun", hidden=True),
            *stores,
        ]
    )
