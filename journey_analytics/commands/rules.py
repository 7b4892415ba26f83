"""`journey rules`: which rules of the process were kept, and what broke them."""

from pathlib import Path
from typing import Annotated

import typer

from journey_analytics.commands.options import DEFAULT_CONFIG, ConfigOption, JsonOption, print_json

EXAMPLE = "Example: journey rules no_campaign_while_ticket_open --csv campaigns.csv"


def rules(
    rule: Annotated[str | None, typer.Argument(metavar="RULE", help="What broke this rule, newest first.")] = None,
    csv: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write all that broke RULE.")] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """The rules of process_rule.csv: how often kept, broken, or not to be told yet; of one rule what broke it."""
    from journey_analytics.config import read_config
    from journey_analytics.errors import ConfigurationError
    from journey_analytics.process_rules.answers import rule_results, rule_violations
    from journey_analytics.process_rules.text import rules_text, violations_text, write_violations

    if csv is not None and rule is None:
        raise ConfigurationError("--csv writes what broke one RULE; name the rule")
    workspace = read_config(config)
    if rule is None:
        results = rule_results(workspace)
        print_json(results) if as_json else print(rules_text(results))
        return
    violations = rule_violations(workspace, rule)
    if csv is not None:
        print(write_violations(violations, csv))
    elif as_json:
        print_json(violations.to_dicts())
    else:
        print(violations_text(rule, violations))
