"""The best opportunities of the last run, from the published copy."""

from typing import Any

from journey_analytics.config import Config
from journey_analytics.errors import DataError
from journey_analytics.warehouse import open_published

_BEST = "select * from mart.opportunity where place <= ? order by place"


def best_opportunities(config: Config, *, top: int) -> list[dict[str, Any]]:
    """The first `top` ranked rows of mart.opportunity, best first.

    Raises:
        DataError: before the first run, or where an older release built the copy.
    """
    with open_published(config.published) as warehouse:
        if not warehouse.has("mart.opportunity"):
            raise DataError("there is no mart.opportunity yet: run `journey run --full` first")
        return warehouse.frame(_BEST, name="mart.opportunity", parameters=[top]).to_dicts()
