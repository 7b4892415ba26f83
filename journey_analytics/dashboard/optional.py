"""Libraries that only the dashboard needs: one clear message where the extra is not installed."""

from importlib import import_module
from typing import Any

from journey_analytics.errors import ConfigurationError


def of_the_dashboard(module: str) -> Any:
    """Import a library of the extra `dashboard`.

    Raises:
        ConfigurationError: when it is not installed; names the extra.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"the dashboard needs {error.name}: install the extra with pip install 'journey-analytics[dashboard]'"
        ) from error
