"""Of which stages an activity is a mixture, judged by the contexts that known activities of each stage stand in.

P(context | stage) is learnt from known activities. The shares of an unknown activity are those that explain its
contexts best: the mode of a mixture with known components, found by expectation maximisation (Dempster, Laird & Rubin
1977). So an activity that half of the time belongs to one stage and half of the time to another is seen as such, and
the greatest share is how often a rule "always this stage" would be right.

Two things keep thousands of dependent touchpoints from giving certainty: a journey has one vote, and all votes together
count as at most `MOST_VOTES`. Another few votes are spread evenly from the start.
"""

from typing import Final

import polars as pl

from journey_analytics.contract import STAGES
from journey_analytics.suggestion.contexts import CELL

MOST_VOTES: Final = 100.0
"""What the journeys of one unknown activity count together at most."""
EVEN_VOTES: Final = 8.0
"""Votes that are spread evenly over the stages before anything is known."""

_SPEAKER_VOTES: Final = 300.0
"""What one known activity contributes to a stage at most, so that the most frequent one does not define it."""
_FEWEST_VOTES: Final = 30.0
"""A stage that is seen in fewer journeys is not learnt, and therefore never ruled out."""
_SMOOTHING: Final = 20.0
"""Votes that every stage is lent, spread as the contexts of all stages are."""
_ROUNDS: Final = 60
_KEY: Final = ("activity", "source")
_SHARES: Final = [pl.col(stage) for stage in STAGES]


def stage_shares(unknown: pl.DataFrame, known: pl.DataFrame, *, prior: pl.DataFrame | None = None) -> pl.DataFrame:
    """The estimated share of each stage among the touchpoints of each unknown activity.

    Args:
        unknown: votes of the unknown activities: `activity`, `source`, `CELL`, `vote_count`.
        known: votes of the known ones, with their `stage`.
        prior: extra votes by `activity`, `source` and a column per stage, e.g. of the name. An activity in it without
            any vote of its own keeps what the prior says.

    Returns:
        One row per activity and source of `unknown` and `prior`, sorted: a column per stage, adding up to 1.
    """
    start = _start(unknown, prior)
    votes = unknown.with_columns(vote_count=pl.col("vote_count") * _weight()).sort(*_KEY, *CELL)
    fits = votes.join(_fit(known, unknown), on=CELL, how="left", maintain_order="left")
    shares = _normal(start)
    for _ in range(_ROUNDS):
        shares = _next_shares(shares, fits, start)
    return shares


def _start(unknown: pl.DataFrame, prior: pl.DataFrame | None) -> pl.DataFrame:
    """The votes that hold before any context is looked at, for each activity."""
    columns = [pl.lit(EVEN_VOTES / len(STAGES)).alias(stage) for stage in STAGES]
    if prior is None:
        return unknown.select(_KEY).unique().sort(_KEY).with_columns(columns)
    keys = pl.concat([unknown.select(_KEY), prior.select(_KEY)]).unique().sort(_KEY)
    extra = keys.join(prior, on=_KEY, how="left", maintain_order="left").with_columns(pl.col(*STAGES).fill_null(0.0))
    return extra.select(*_KEY, *(pl.col(stage) + EVEN_VOTES / len(STAGES) for stage in STAGES))


def _weight() -> pl.Expr:
    return pl.min_horizontal(pl.lit(1.0), MOST_VOTES / pl.col("vote_count").sum().over(_KEY))


def _normal(votes: pl.DataFrame) -> pl.DataFrame:
    return votes.with_columns(pl.col(stage) / pl.sum_horizontal(_SHARES) for stage in STAGES)


def _next_shares(shares: pl.DataFrame, fits: pl.DataFrame, start: pl.DataFrame) -> pl.DataFrame:
    """One round: divide every vote among the stages by how well they explain it, then count."""
    weighed = fits.join(shares, on=_KEY, how="left", maintain_order="left")
    parts = {stage: pl.col(f"fit_{stage}") * pl.col(stage) for stage in STAGES}
    total = pl.sum_horizontal(*parts.values())
    divided = weighed.select(*_KEY, *((pl.col("vote_count") * part / total).alias(s) for s, part in parts.items()))
    counted = divided.group_by(_KEY, maintain_order=True).agg(pl.col(*STAGES).sum())
    return _normal(pl.concat([start, counted]).group_by(_KEY, maintain_order=True).agg(pl.col(*STAGES).sum()))


def _fit(known: pl.DataFrame, unknown: pl.DataFrame) -> pl.DataFrame:
    """P(context | stage) in columns `fit_<stage>`, for every context of either frame.

    A stage that cannot be learnt fits every context as well as the best one: nothing speaks against it.
    """
    spoken = pl.col("vote_count").sum().over("stage", *_KEY)
    heard = known.with_columns(vote_count=pl.col("vote_count") * pl.min_horizontal(1.0, _SPEAKER_VOTES / spoken))
    cells = pl.concat([known.select(CELL), unknown.select(CELL)]).unique().sort(CELL)
    counted = heard.sort("stage", *_KEY, *CELL).group_by(CELL, maintain_order=True).agg(_votes_of(s) for s in STAGES)
    counts = cells.join(counted, on=CELL, how="left", maintain_order="left").with_columns(
        pl.col(*STAGES).fill_null(0.0)
    )
    usual = (pl.sum_horizontal(_SHARES) + 0.5) / (pl.sum_horizontal(_SHARES) + 0.5).sum()
    smooth = {s: (pl.col(s) + _SMOOTHING * usual) / (pl.col(s).sum() + _SMOOTHING) for s in STAGES}
    is_learnt = {s: pl.col(s).sum() >= _FEWEST_VOTES for s in STAGES}
    best = pl.max_horizontal(pl.when(is_learnt[s]).then(smooth[s]).otherwise(0.0) for s in STAGES)
    fits = [pl.when(is_learnt[s]).then(smooth[s]).when(best > 0).then(best).otherwise(1.0) for s in STAGES]
    return counts.select(*CELL, *(fit.alias(f"fit_{s}") for s, fit in zip(STAGES, fits, strict=True)))


def _votes_of(stage: str) -> pl.Expr:
    return pl.col("vote_count").filter(pl.col("stage") == stage).sum().alias(stage)
