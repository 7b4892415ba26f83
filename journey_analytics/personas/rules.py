"""The rows that say what personas are made from, checked. Pure: frames in."""

from collections.abc import Mapping
from typing import Final

import polars as pl

from journey_analytics.personas.features import FEATURES
from journey_analytics.rule_cells import keyed_rows

_MOST: Final = 100.0


def check_persona_features(frames: Mapping[str, pl.DataFrame]) -> None:
    """`persona_feature`: features that there are, each once, with a weight from 0; `channel_group`: a channel once.

    Raises:
        ConfigurationError: for anything else, or where no feature has a weight above 0.
    """
    rows = keyed_rows(frames, "persona_feature", key="feature", columns=("feature", "weight"))
    weights = []
    for row in rows:
        row.exact("feature").one_of(FEATURES, what=f"one of {', '.join(FEATURES)}")
        weights.append(row.exact("weight").number(expected=f"a number from 0 to {_MOST:g}", maximum=_MOST))
    if rows and not any(weights):
        raise rows[0].exact("weight").wrong("enough: one feature at least needs a weight above 0")
    for row in keyed_rows(frames, "channel_group", key="channel", columns=("channel", "channel_group")):
        if row.cell("channel_group") is None:
            raise row.required("channel_group").wrong("the name of a group of channels")
