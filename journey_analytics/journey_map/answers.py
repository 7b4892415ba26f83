"""What `journey experience` reads from the published copy."""

from dataclasses import dataclass

import polars as pl

from journey_analytics.config import Config
from journey_analytics.errors import ConfigurationError, DataError, nearest
from journey_analytics.journey_map.lanes import ALL, PERSONA, TABLE
from journey_analytics.warehouse import Warehouse, open_published


@dataclass(frozen=True)
class JourneyMap:
    """The cells of `mart.journey_map` in their order, titles of personas, and the personas, `all` first."""

    cells: pl.DataFrame
    personas: tuple[str, ...]
    titles: dict[str, str]

    def of(self, persona: str) -> pl.DataFrame:
        """The cells of one persona."""
        return self.cells.filter(pl.col("persona") == persona)


def published_map(config: Config, *, persona: str | None = None) -> JourneyMap:
    """The map of all personas, or of one.

    Raises:
        ConfigurationError: for a persona that has no map; names the nearest.
        DataError: when nothing is published, or by an earlier version.
    """
    with open_published(config.published) as published:
        if not published.has(TABLE):
            raise DataError(f"{config.published} holds no journey map yet: run `journey run` first")
        cells = published.frame(f"select * from {TABLE}", name=TABLE)
        titles = _titles(published)
    personas = _personas(cells)
    if persona is not None and persona not in personas:
        raise ConfigurationError(f"there is no map of the persona {persona!r}; {nearest(persona, personas)}")
    chosen = personas if persona is None else (persona,)
    return JourneyMap(cells.filter(pl.col("persona").is_in(list(chosen))), chosen, titles)


def _personas(cells: pl.DataFrame) -> tuple[str, ...]:
    """`all`, then by journeys, ties by name: the order of the map, whatever the order of the rows."""
    sizes = cells.filter(pl.col("lane") == PERSONA).sort(pl.col("persona") != ALL, -pl.col("n"), "persona")
    return tuple(sizes["persona"].to_list())


def _titles(published: Warehouse) -> dict[str, str]:
    if "title" not in published.columns("mart.persona"):
        return {}
    return dict(published.rows("select persona, title from mart.persona where title is not null order by persona"))
