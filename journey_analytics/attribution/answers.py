"""What `journey attribution` reads from the published copy."""

from typing import Any, Final

from journey_analytics.attribution.models import EXTRA_MODELS, MODELS
from journey_analytics.config import Config
from journey_analytics.errors import ConfigurationError, DataError, nearest
from journey_analytics.warehouse import open_published

_CREDITS: Final = """
select *
from mart.attribution
where dimension = ? and (model = ? or ? is null)
order by list_position(?, model), touchpoint
"""

_DIMENSIONS: Final = "select distinct dimension from mart.attribution order by dimension"


def credited(config: Config, *, dimension: str, model: str | None) -> list[dict[str, Any]]:
    """The rows of `mart.attribution` of one dimension, and of one model where it is given, in the order of the models.

    Raises:
        ConfigurationError: for a model or a dimension that there is not.
        DataError: when nothing is published, or by an earlier version.
    """
    known = (*MODELS, *EXTRA_MODELS)
    if model is not None and model not in known:
        raise ConfigurationError(f"there is no model {model!r}; {nearest(model, known)}")
    with open_published(config.published) as published:
        if not published.has("mart.attribution"):
            raise DataError(f"{config.published} holds no attribution yet: run `journey run` first")
        found = [row[0] for row in published.rows(_DIMENSIONS)]
        if found and dimension not in found:
            raise ConfigurationError(f"there is no dimension {dimension!r} in the table; {nearest(dimension, found)}")
        return published.frame(_CREDITS, parameters=[dimension, model, model, list(known)]).to_dicts()
