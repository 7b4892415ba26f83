"""`journey personas`: who begins a journey, what distinguishes them and how they fare."""

from journey_analytics.commands.options import DEFAULT_CONFIG, ConfigOption, JsonOption, print_json

EXAMPLE = "Example: journey personas --json"


def personas(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Personas: size, what distinguishes them, purchases with interval, a typical journey, stability; why so many."""
    from journey_analytics.config import read_config
    from journey_analytics.personas.answers import read_personas
    from journey_analytics.personas.text import personas_text

    found = read_personas(read_config(config))
    if as_json:
        print_json(found)
    else:
        print(personas_text(found))
