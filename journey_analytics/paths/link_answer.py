"""What `journey map` answers from the published copy: the links of a selection, two of them, or what is behind one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from journey_analytics.config import Config
from journey_analytics.errors import ConfigurationError, DataError
from journey_analytics.paths.link_shares import compared, with_shares
from journey_analytics.paths.links import activities, common_count, journey_counts, journeys_behind, links, read_link
from journey_analytics.paths.selection import STARTED_ON, Selection, read_selection
from journey_analytics.paths.settled import settled_days
from journey_analytics.settings import setting
from journey_analytics.warehouse import Warehouse, open_published

_USUAL_MINIMUM: Final = 30
_PERIODS: Final = (STARTED_ON, "started_month")


@dataclass(frozen=True)
class MapAnswer:
    """The links of a selection.

    Attributes:
        selection: which journeys.
        counts: of these, by status, settled and left-censored; see `links.journey_counts`.
        links: with their conversion shares, most passages first, ties by name.
        activities: as in `mart.path_activity`, most touchpoints first, ties by name.
        settled_days: so many days before T a settled journey began at the latest.
    """

    selection: Selection
    counts: dict[str, int]
    links: pl.DataFrame
    activities: pl.DataFrame
    settled_days: int


@dataclass(frozen=True)
class ComparedMaps:
    """Two selections: their counts, the journeys that are in both, and `link_shares.compared` of their links."""

    selection: Selection
    counts: dict[str, int]
    versus: Selection
    versus_counts: dict[str, int]
    common_count: int
    links: pl.DataFrame


@dataclass(frozen=True)
class Edge:
    """One link of a selection, as in `MapAnswer.links`, and the journeys behind it; see `links.journeys_behind`."""

    selection: Selection
    link: dict[str, Any]
    journeys: pl.DataFrame
    settled_days: int


def map_answer(config: Config, *, where: Sequence[str]) -> MapAnswer:
    """The links of the journeys that meet the conditions.

    Raises:
        ConfigurationError: for a condition that is not known, or no journey meets.
        DataError: nothing is published yet, or by an older release.
    """
    with _published(config) as published:
        selection = read_selection(published, where)
        return MapAnswer(
            selection,
            journey_counts(published, selection),
            _links(published, selection),
            activities(published, selection).sort(["touchpoint_count", "activity"], descending=[True, False]),
            settled_days(published),
        )


def compared_maps(config: Config, *, where: Sequence[str], versus: Sequence[str]) -> ComparedMaps:
    """The links of two selections side by side, the largest difference first.

    Raises:
        ConfigurationError: for a condition that is not known, or no journey meets.
        DataError: nothing is published yet, or by an older release.
    """
    with _published(config) as published:
        one = read_selection(published, where)
        other = read_selection(published, versus, where="--versus")
        counts, versus_counts = (journey_counts(published, selection) for selection in (one, other))
        found = compared(
            links(published, one),
            links(published, other),
            of=counts["journey_count"],
            versus=versus_counts["journey_count"],
            minimum_count=setting(published, "minimum_count", _USUAL_MINIMUM),
            ends_known=_ends_known(one, counts) and _ends_known(other, versus_counts),
        )
        return ComparedMaps(one, counts, other, versus_counts, common_count(published, one, other), found)


def _ends_known(selection: Selection, counts: Mapping[str, int]) -> bool:
    """Whether a share of losses can be told: of a period only once all of its closed journeys are settled."""
    closed = counts["converted_count"] + counts["dropped_count"]
    is_period = any(condition.name in _PERIODS for condition in selection.conditions)
    return counts["settled_count"] == closed if is_period else counts["settled_count"] > 0


def edge_answer(config: Config, edge: tuple[str, str], *, where: Sequence[str], limit: int | None) -> Edge:
    """One link and the journeys behind it, at most `limit`; None: all.

    Raises:
        ConfigurationError: for a name that is no activity, naming the nearest, or a condition that is not known.
        DataError: no journey that meets the conditions has this link; or nothing is published yet.
    """
    with _published(config) as published:
        selection = read_selection(published, where)
        activity, next_activity = read_link(published, *edge)
        found = _links(published, selection).filter(activity=activity, next_activity=next_activity).to_dicts()
        if not found:
            raise DataError(f"{activity} is never directly followed by {next_activity} ({selection})")
        journeys = journeys_behind(published, activity, next_activity, selection, limit)
        return Edge(selection, found[0], journeys, settled_days(published))


def map_dict(answer: MapAnswer) -> dict[str, Any]:
    """The answer for a machine."""
    return {
        "where": [str(one) for one in answer.selection.conditions],
        **answer.counts,
        "settled_days": answer.settled_days,
        "links": answer.links.to_dicts(),
        "activities": answer.activities.to_dicts(),
    }


def compared_dict(answer: ComparedMaps) -> dict[str, Any]:
    """The answer for a machine."""
    return {
        "where": [str(one) for one in answer.selection.conditions],
        **answer.counts,
        "versus": {"where": [str(one) for one in answer.versus.conditions], **answer.versus_counts},
        "common_count": answer.common_count,
        "links": answer.links.to_dicts(),
    }


def edge_dict(answer: Edge) -> dict[str, Any]:
    """The answer for a machine."""
    where = [str(one) for one in answer.selection.conditions]
    return {
        "where": where,
        "settled_days": answer.settled_days,
        "link": answer.link,
        "journeys": answer.journeys.to_dicts(),
    }


def write_rows(rows: pl.DataFrame, file: Path) -> None:
    """Write rows as CSV with a header.

    Raises:
        ConfigurationError: when the file cannot be written.
    """
    try:
        rows.write_csv(file)
    except OSError as error:
        raise ConfigurationError(f"cannot write {file}: {error.strerror or error}") from error


def _published(config: Config) -> Warehouse:
    published = open_published(config.published)
    if not (published.has("mart.path_link") and published.has("core.settled_until")):
        published.close()
        raise DataError(f"{config.published} was published by an older release: run `journey run` first")
    return published


def _links(published: Warehouse, selection: Selection) -> pl.DataFrame:
    minimum = setting(published, "minimum_count", _USUAL_MINIMUM)
    order = ["follow_count", "activity", "next_activity"]
    return with_shares(links(published, selection), minimum_count=minimum).sort(order, descending=[True, False, False])
