"""What `journey voice` reads from the published copy."""

from typing import Any, Final

from journey_analytics.config import Config
from journey_analytics.contract import STAGES, UNKNOWN
from journey_analytics.errors import ConfigurationError, DataError, nearest
from journey_analytics.warehouse import Warehouse, open_published

ALL: Final = "all"
_TABLES: Final = ("mart.voice", "mart.voice_quote", "mart.text_quality")
_TOPICS: Final = """
select *
from mart.voice
where persona = ? and stage = ? and kind = 'all' and not is_suppressed
order by topic <> 'all', negative_count desc, text_count desc, topic
"""
_QUOTES: Final = """
select *
from mart.voice_quote
where persona = ? and stage = ?
order by topic <> 'all', topic, feeling_label, place
"""
_QUALITY: Final = "select * from mart.text_quality order by language"


def spoken(config: Config, *, persona: str = ALL, stage: str = ALL) -> dict[str, list[dict[str, Any]]]:
    """Topics, quotes and the quality of feelings; topics with the most negative texts first, `all` before them.

    Groups of fewer than five customers are left out.

    Raises:
        ConfigurationError: for a persona or a stage that there is not.
        DataError: when nothing is published, or by an earlier release.
    """
    if stage not in (ALL, *STAGES, UNKNOWN):
        raise ConfigurationError(f"--stage {stage}: there is no such stage; {nearest(stage, (*STAGES, UNKNOWN))}")
    with open_published(config.published) as published:
        if not all(published.has(table) for table in _TABLES):
            raise DataError(f"{config.published} holds no texts yet: run `journey run` first")
        _require_persona(published, persona)
        chosen = [persona, stage]
        return {
            "topics": published.frame(_TOPICS, parameters=chosen, name="mart.voice").to_dicts(),
            "quotes": published.frame(_QUOTES, parameters=chosen, name="mart.voice_quote").to_dicts(),
            "quality": published.frame(_QUALITY, name="mart.text_quality").to_dicts(),
        }


def _require_persona(published: Warehouse, persona: str) -> None:
    known = [row[0] for row in published.rows("select distinct persona from core.journey_segment order by persona")]
    if persona not in (ALL, *known):
        raise ConfigurationError(f"there is no persona {persona!r}; {nearest(persona, known)}")
