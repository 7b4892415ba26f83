"""What `journey rework` reads from the published copy."""

from typing import Any, Final

from journey_analytics.config import Config
from journey_analytics.errors import ConfigurationError, DataError, nearest
from journey_analytics.rework.sentences import KINDS, losses_first
from journey_analytics.warehouse import Warehouse, open_published

BOTTLENECK, HANDOVER = "bottleneck", "handover"
PARTS: Final = (*KINDS, BOTTLENECK, HANDOVER)


def rework(config: Config, *, kind: str | None, top: int) -> dict[str, list[dict[str, Any]]]:
    """The first `top` rows of each part, or of one: rework of most journeys, the most waiting, what loses most.

    Hand-overs come by what they certainly lose more than staying does (`losses_first`).

    Raises:
        ConfigurationError: for a kind that there is not.
        DataError: when nothing is published, or by an earlier release.
    """
    if kind is not None and kind not in PARTS:
        raise ConfigurationError(f"there is no kind of rework {kind!r}; {nearest(kind, PARTS)}")
    with open_published(config.published) as published:
        if not published.has("mart.rework"):
            raise DataError(f"{config.published} holds no rework yet: run `journey run` first")
        return {part: _rows(published, part)[:top] for part in PARTS if kind in (None, part)}


def _rows(published: Warehouse, part: str) -> list[dict[str, Any]]:
    if part == BOTTLENECK:
        sql = "select * from mart.bottleneck where place is not null order by place"
        return published.frame(sql, name="mart.bottleneck").to_dicts()
    if part == HANDOVER:
        rows = published.frame("select * from mart.handover order by dimension, place", name="mart.handover").to_dicts()
        return sorted(rows, key=losses_first)
    sql = "select * from mart.rework where kind = ? order by place"
    return published.frame(sql, parameters=[part], name="mart.rework").to_dicts()
