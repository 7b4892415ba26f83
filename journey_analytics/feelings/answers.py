"""What `journey feelings` reads from the published copy."""

from typing import Any, Final

from journey_analytics.config import Config
from journey_analytics.contract import STAGES
from journey_analytics.errors import ConfigurationError, DataError, nearest
from journey_analytics.feelings.estimates import ALL
from journey_analytics.warehouse import Warehouse, open_published

_FEELING: Final = """
select *
from mart.feeling
where persona = ? and not is_suppressed
order by kind desc, measure, coalesce(list_position(?, stage), 0)
"""

_FRICTION: Final = """
select *
from mart.friction
where persona = ? and not is_suppressed and journey_count > 0
order by list_position(?, stage), journey_count desc, signal
"""

_PERSONAS: Final = """
select persona from mart.feeling
union
select persona from mart.friction
order by persona
"""


def felt(config: Config, *, persona: str = ALL) -> dict[str, list[dict[str, Any]]]:
    """The feelings and the friction of a persona: measured before inferred, by stage in their order, `all` first.

    Groups of fewer than five are left out.

    Raises:
        ConfigurationError: for a persona that there is not.
        DataError: when nothing is published, or by an earlier release.
    """
    with open_published(config.published) as published:
        if not (published.has("mart.feeling") and published.has("mart.friction")):
            raise DataError(f"{config.published} holds no feelings yet: run `journey run` first")
        known = [row[0] for row in published.rows(_PERSONAS)]
        if persona != ALL and persona not in known:
            raise ConfigurationError(f"there is no persona {persona!r}; {nearest(persona, known)}")
        return {name: _rows(published, sql, persona) for name, sql in (("feeling", _FEELING), ("friction", _FRICTION))}


def _rows(published: Warehouse, sql: str, persona: str) -> list[dict[str, Any]]:
    return published.frame(sql, parameters=[persona, list(STAGES)]).to_dicts()
