"""What `journey variants` reads from the published copy: the variants, or the prefix tree, of the asked journeys."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from journey_analytics.config import Config
from journey_analytics.paths.selection import Selection, read_selection
from journey_analytics.paths.settled import settled_days
from journey_analytics.paths.tree_step import path_tree
from journey_analytics.paths.variants import STEPS, check_level, variants
from journey_analytics.warehouse import open_published


@dataclass(frozen=True)
class Asked:
    """An answer with its question.

    `rows` are variants or nodes; `top` of them are to be shown. Shares of nodes are of settled journeys, begun at least
    `settled_days` before T.
    """

    level: str
    selection: Selection
    rows: pl.DataFrame
    top: int
    settled_days: int


def variant_answer(config: Config, *, level: str, where: Sequence[str], top: int) -> Asked:
    """The variants of a level, most journeys first.

    Raises:
        ConfigurationError: for an unknown level, or a condition that selects nothing.
        DataError: when nothing is published, or by an earlier release.
    """
    return _asked(config, variants, level=level, where=where, top=top)


def tree_answer(config: Config, *, level: str, where: Sequence[str], top: int) -> Asked:
    """The prefix tree of a level, from the root down.

    Raises:
        ConfigurationError: as for `variant_answer`.
        DataError: as for `variant_answer`.
    """
    return _asked(config, path_tree, level=level, where=where, top=top)


def _asked(config: Config, read: Any, *, level: str, where: Sequence[str], top: int) -> Asked:
    check_level(level)
    with open_published(config.published) as published:
        selection = read_selection(published, where)
        days = settled_days(published)
        return Asked(level, selection, read(published, selection, level=level), top, days)


def variants_dict(asked: Asked) -> Mapping[str, Any]:
    """The answer for a machine: how many there are in all, and the rows of the first `top`."""
    return {
        "level": asked.level,
        "selection": str(asked.selection),
        "variant_count": asked.rows.height,
        "journey_count": int(asked.rows["journey_count"].sum()),
        "steps_column": STEPS[asked.level],
        "variants": asked.rows.head(asked.top).to_dicts(),
    }


def tree_dict(asked: Asked) -> Mapping[str, Any]:
    """The answer for a machine: every node, from the root down."""
    return {
        "level": asked.level,
        "selection": str(asked.selection),
        "settled_days": asked.settled_days,
        "nodes": asked.rows.to_dicts(),
    }
