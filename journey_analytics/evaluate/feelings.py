"""How well inferred friction agrees with a survey that it never saw. Pure: frames in, figures out.

The survey of a simulated world (`truth/survey.csv`) is held back: nothing of it is in the exports, and friction is
computed from rules that know no score. So every journey with an answer is a held-out one.
"""

import math
from dataclasses import dataclass

import polars as pl

from journey_analytics.intervals import Z_95

_EVENT = ("source", "source_event_id")
_FEWEST = 4


@dataclass(frozen=True)
class Agreement:
    """Spearman's ρ between ease (1 − friction) and score, with its 95 % interval and the pairs it is over.

    ρ and its ends are null where fewer than four pairs, or no differences, are there to rank.
    """

    rho: float | None
    low: float | None
    high: float | None
    count: int


def answered_stages(
    survey: pl.DataFrame, *, true_event: pl.DataFrame, touchpoint: pl.DataFrame, friction: pl.DataFrame
) -> pl.DataFrame:
    """Every answer with the friction that was inferred for the same stage of the same journey.

    A true journey is taken to be the journey that holds most of its touchpoints, ties by id; answers about one that
    was not found, or about a stage that we do not know it entered, are left out.

    Args:
        survey: `journey_id` (true), `stage`, `score`, `fall` (by what it had fallen in truth).
        true_event: `source`, `source_event_id`, `journey_id` (true).
        touchpoint: `source`, `source_event_id`, `journey_id` (ours).
        friction: `journey_id` (ours), `stage`, `friction`, and what else is to be kept of a stage.

    Returns:
        `journey_id_true`, `score`, `fall` and the columns of `friction`, one row per answer that was found.
    """
    shared = touchpoint.join(true_event, on=_EVENT, suffix="_true").filter(pl.col("journey_id_true") != "")
    counts = shared.group_by("journey_id_true", "journey_id").len()
    ours = (
        counts.sort("journey_id_true", "len", "journey_id", descending=[False, True, False])
        .group_by("journey_id_true", maintain_order=True)
        .first()
    )
    asked = survey.rename({"journey_id": "journey_id_true"}).join(ours, on="journey_id_true")
    found = asked.select("journey_id_true", "journey_id", "stage", "score", "fall").join(
        friction, on=["journey_id", "stage"]
    )
    return found.sort("journey_id_true", "stage")


def agreement(answers: pl.DataFrame, of: str = "friction") -> Agreement:
    """ρ over `of` and `score`, ties by their mean rank. 1: who met less friction always answered better.

    `of` the truth (`fall`), it is the ceiling: what nobody can exceed who does not know the people themselves.

    The interval is Fisher's, with the standard error of Bonett & Wright 2000, Psychometrika 65:23.
    """
    count = answers.height
    rho = answers.select(pl.corr(-pl.col(of), pl.col("score"), method="spearman")).item() if count else None
    if rho is None or math.isnan(rho) or count < _FEWEST:
        return Agreement(None, None, None, count)
    rho = max(min(rho, 1.0), -1.0)
    if abs(rho) == 1:
        return Agreement(rho, rho, rho, count)
    reach = Z_95 * math.sqrt((1 + rho * rho / 2) / (count - 3))
    low, high = (math.tanh(math.atanh(rho) + sign * reach) for sign in (-1, 1))
    return Agreement(rho, low, high, count)


def journeys(answers: pl.DataFrame) -> pl.DataFrame:
    """One row per journey: the mean of its answers, and all friction of the stages that were answered for."""
    return (
        answers.group_by("journey_id_true")
        .agg(pl.col("fall", "score").mean(), friction=1 - (1 - pl.col("friction")).product())
        .sort("journey_id_true")
    )


def cells(answers: pl.DataFrame, *, minimum_count: int) -> pl.DataFrame:
    """Mean friction and mean score per persona and stage, of those with enough answers: the points of a curve."""
    return (
        answers.group_by("persona", "stage")
        .agg(pl.col("friction", "fall", "score").mean(), count=pl.len())
        .filter(pl.col("count") >= minimum_count)
        .sort("persona", "stage")
    )
