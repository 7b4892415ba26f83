"""What many settings say together: each against the configured one, and how far each choice alone moves a figure.

Pure: frames in, frames out.
"""

from typing import Final

import polars as pl

from journey_analytics.contract import STAGES
from journey_analytics.sensitivity.grid import DEFAULT, DIMENSIONS

ALL: Final = "all"
"""The dimension of a range over every setting."""

_SHARE: Final = "estimated_dropoff_share"
_PLACES: Final = {stage: place for place, stage in enumerate(STAGES)}


def with_comparison(estimates: pl.DataFrame) -> pl.DataFrame:
    """Each setting and stage beside the configured setting: `mart.sensitivity`.

    Args:
        estimates: one row per setting and stage, with `setting_id`, the four choices, `stage`,
            `estimated_dropoff_share` (null where it cannot be told) and `is_ranked`.

    Returns:
        The rows in their order, with `is_default` (the configured setting), `difference_points` (the estimate minus
        the configured setting's, in percentage points; null where either is) and `stage_rank`: 1 for the stage that
        loses most in this setting, ties in journey order, null for a stage that is not ranked.
    """
    is_default = pl.col("setting_id") == DEFAULT.setting_id
    default_share = pl.col(_SHARE).filter(is_default).first().over("stage")
    return estimates.with_columns(
        is_default=is_default,
        difference_points=100 * (pl.col(_SHARE) - default_share),
        stage_rank=_stage_rank(),
    )


def _stage_rank() -> pl.Expr:
    """Equal shares differ by their place in the journey; the distance is far below any share's precision."""
    place = pl.col("stage").replace_strict(_PLACES, return_dtype=pl.Int64)
    told = pl.when("is_ranked").then(pl.struct(-pl.col(_SHARE), place))
    return pl.when("is_ranked").then(told.rank("ordinal").over("setting_id")).cast(pl.Int64)


def sensitivity_ranges(compared: pl.DataFrame) -> pl.DataFrame:
    """How far each stage's estimate moves over all settings, and by one choice alone: `mart.sensitivity_range`.

    Args:
        compared: as `with_comparison` returns it, with `top_channel`.

    Returns:
        One row per stage and dimension (`all` first, then the choices, all others as configured), stages in journey
        order. The configured setting belongs to every range.

        - `setting_count`: settings of the range in which the stage was entered.
        - `low_share`, `high_share`: smallest and largest estimate, with the settings they belong to (`low_setting_id`,
          `high_setting_id`; of several the first); `default_share` as configured, with its 95 % interval;
          `spread_points` between them in percentage points. Null where nothing can be estimated.
        - `flip_share`: of the settings other than the configured one in which the stage is ranked, those in which its
          rank by drop-off is another; `ranked_count`: how many those settings are. `top_flip_share`: of those with a
          ranked first channel at this stage, those in which another one loses most than `top_channel`, the configured
          setting's. Null: there is nothing to compare.
    """
    parts = [_range(compared, ALL, pl.lit(value=True))]
    parts += [_range(compared, dimension, _alone(dimension)) for dimension in DIMENSIONS]
    return pl.concat(parts).sort(pl.col("stage").replace_strict(_PLACES), maintain_order=True)


def _alone(dimension: str) -> pl.Expr:
    """The settings that differ from the configured one in nothing but this choice."""
    others = [pl.col(name) == getattr(DEFAULT, name) for name in DIMENSIONS if name != dimension]
    return pl.all_horizontal(others)


def _range(compared: pl.DataFrame, dimension: str, belongs: pl.Expr) -> pl.DataFrame:
    default = pl.col("is_default")
    rows = compared.filter(belongs).group_by("stage", maintain_order=True)
    return rows.agg(
        pl.lit(dimension).alias("dimension"),
        setting_count=pl.len().cast(pl.Int64),
        default_share=pl.col(_SHARE).filter(default).first(),
        default_low_share=pl.col("estimated_low_share").filter(default).first(),
        default_high_share=pl.col("estimated_high_share").filter(default).first(),
        low_share=pl.col(_SHARE).min(),
        high_share=pl.col(_SHARE).max(),
        low_setting_id=pl.col("setting_id").get(pl.col(_SHARE).arg_min(), null_on_oob=True),
        high_setting_id=pl.col("setting_id").get(pl.col(_SHARE).arg_max(), null_on_oob=True),
        spread_points=100 * (pl.col(_SHARE).max() - pl.col(_SHARE).min()),
        flip_share=_flip_share("stage_rank"),
        ranked_count=pl.col("stage_rank").filter(~default).count().cast(pl.Int64),
        top_channel=pl.col("top_channel").filter(default).first(),
        top_flip_share=_flip_share("top_channel"),
    )


def _flip_share(column: str) -> pl.Expr:
    """Of the settings other than the configured one that have a value, those with another; nulls say nothing."""
    default = pl.col("is_default")
    return (pl.col(column) != pl.col(column).filter(default).first()).filter(~default).mean()
