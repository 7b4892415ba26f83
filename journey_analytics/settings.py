"""The numbers of `config.setting`, by name."""

from typing import Final

from journey_analytics.errors import ConfigurationError, nearest
from journey_analytics.warehouse import Warehouse

TABLE: Final = "config.setting"


def setting(warehouse: Warehouse, name: str, default: int | None = None) -> int:
    """A whole number of `config.setting`.

    Args:
        warehouse: the warehouse, or its published copy.
        name: of the row.
        default: the number where the table or the row is missing, as in a copy that an older release published.

    Raises:
        ConfigurationError: it is missing, and there is no default.
    """
    return int(_value(warehouse, name, default))


def fractional_setting(warehouse: Warehouse, name: str, default: float | None = None) -> float:
    """A number of `config.setting` that need not be whole, such as minutes; otherwise see `setting`."""
    return float(_value(warehouse, name, default))


def _value(warehouse: Warehouse, name: str, default: float | None) -> str | float:
    is_asked = default is None or warehouse.has(TABLE)
    found = warehouse.value(f"select value from {TABLE} where setting = ?", [name], name=TABLE) if is_asked else None
    if found is not None:
        return found
    if default is None:
        known = [row[0] for row in warehouse.rows(f"select setting from {TABLE}", name=TABLE)]
        raise ConfigurationError(f"{TABLE}: there is no setting {name!r}; {nearest(name, known)}")
    return default
