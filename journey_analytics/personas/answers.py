"""What `journey personas` reads from the published copy."""

from typing import Any

from journey_analytics.config import Config
from journey_analytics.errors import DataError
from journey_analytics.warehouse import open_published


def read_personas(config: Config) -> dict[str, list[dict[str, Any]]]:
    """`persona`: the rows of `mart.persona` in their place, each with its `traits`; `trial`: those of what was tried.

    Raises:
        DataError: when nothing is published, or by an earlier version.
    """
    with open_published(config.published) as published:
        if not published.has("mart.persona"):
            raise DataError(f"{config.published} holds no personas yet: run `journey run` first")
        personas = published.frame("select * from mart.persona order by place").to_dicts()
        traits = published.frame("select * from mart.persona_trait order by persona, place").to_dicts()
        trials = published.frame("select * from mart.persona_trial order by cluster_count").to_dicts()
    own = {row["persona"]: [one for one in traits if one["persona"] == row["persona"]] for row in personas}
    return {"persona": [row | {"traits": own[row["persona"]]} for row in personas], "trial": trials}
