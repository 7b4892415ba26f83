"""`journey changes`: what changed since the periods before, which segments explain it, and the alerts."""

from typing import Annotated

import typer

from journey_analytics.commands.options import DEFAULT_CONFIG, ConfigOption, JsonOption, print_json

ALERTED = 3
"""The exit code of `--fail-on-alert` when there are alerts."""

EXAMPLE = "Example: journey changes --alerts --fail-on-alert"


def changes(
    config: ConfigOption = DEFAULT_CONFIG,
    only_alerts: Annotated[bool, typer.Option("--alerts", help="Print the alerts alone.")] = False,
    fail_on_alert: Annotated[
        bool, typer.Option("--fail-on-alert", help=f"End with exit code {ALERTED} when there is an alert.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """What changed in the newest period against the ones before it, and why; alerts by the rules of alert_rule.csv.

    The figures are those of the last `journey run`. Exit code 0 also when there are alerts, unless asked otherwise.
    """
    from journey_analytics.change import answers
    from journey_analytics.change.text import alerts_text, changes_text
    from journey_analytics.config import read_config

    workspace = read_config(config)
    alerts = answers.current_alerts(workspace)
    found = [] if only_alerts else answers.significant_changes(workspace)
    periods = None if only_alerts else answers.compared_periods(workspace)
    if as_json:
        print_json(alerts if only_alerts else {"periods": periods, "changes": found, "alerts": alerts})
    else:
        print(alerts_text(alerts) if only_alerts else changes_text(found, alerts, periods))
    if alerts and fail_on_alert:
        raise typer.Exit(ALERTED)
