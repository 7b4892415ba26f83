"""How near our drop-off shares come to the truth, and how far off the naive share would be.

The naive share, not advanced / entered, counts journeys in progress as lost. It is computed here, to show what it would
have cost, and published nowhere.
"""

from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from journey_analytics.contract import STAGES
from journey_analytics.dropoff import stage_dropoff
from journey_analytics.evaluate.observed import Observed
from journey_analytics.evaluate.true_visits import observable_visits, true_shares
from journey_analytics.evaluate.truth import Truth

RECENT = timedelta(days=30)
"""The cohort on which censoring weighs most: entered within this long before T."""


@dataclass(frozen=True)
class StageDropoffScore:
    """One stage of one cohort. Shares are of the entrants of the stage, 0–1; errors in percentage points, signed.

    Attributes:
        true_share: of the whole world's true journeys, those that did not advance within W_s, fully followed.
        observable_share: the same over what the data lets anybody observe (see `true_visits`). Errors are against it.
        unresolvable_points: observable minus whole world: what visits cost that nobody can join to their customer.
        estimated_share, estimated_low_share, estimated_high_share: ours, with its 95 % interval; None = not told.
        observed_share: ours over entrants whose window is over.
        naive_share: not advanced / entered, by our own states.
        is_inside: whether the observable truth lies in the estimate's interval.
        estimated_error_points, naive_error_points: share minus observable truth.
        true_entered_count, observable_entered_count, entered_count: the denominators.
        watched_count: of the observable entrants, those who entered so long before T that nine tenths of the window
            could be watched. Where they are too few, nobody can tell the share, whatever the estimator.
    """

    stage: str
    true_share: float | None
    observable_share: float | None
    unresolvable_points: float | None
    estimated_share: float | None
    estimated_low_share: float | None
    estimated_high_share: float | None
    observed_share: float | None
    naive_share: float | None
    is_inside: bool | None
    estimated_error_points: float | None
    naive_error_points: float | None
    true_entered_count: int
    observable_entered_count: int
    entered_count: int
    watched_count: int


@dataclass(frozen=True)
class DropoffScore:
    """Every stage in journey order, over all entrants up to T and over those of the last `RECENT` before T."""

    whole: tuple[StageDropoffScore, ...]
    recent: tuple[StageDropoffScore, ...]


def dropoff_score(observed: Observed, truth: Truth, parts: pl.DataFrame) -> DropoffScore:
    """Compare our shares with both truths."""
    cutoff = observed.cutoff
    true_visit = truth.stage_visit
    observable = observable_visits(truth, parts, cutoff=cutoff)

    def cohort(visits: pl.DataFrame, since: timedelta | None) -> tuple[StageDropoffScore, ...]:
        start = None if since is None else cutoff - since
        return _stage_scores(
            _ours(visits, observed),
            true=true_shares(true_visit, observed.window, cutoff=cutoff, since=start),
            observable=true_shares(observable, observed.window, cutoff=cutoff, since=start),
        )

    recent = observed.visit.filter(pl.col("entered_at") > cutoff - RECENT)
    return DropoffScore(whole=cohort(observed.visit, None), recent=cohort(recent, RECENT))


def _ours(visits: pl.DataFrame, observed: Observed) -> pl.DataFrame:
    ours = stage_dropoff(visits, cutoff=observed.cutoff, minimum_count=observed.minimum_count)
    naive = (pl.col("dropped_count") + pl.col("open_count")) / pl.col("entered_count")
    return ours.select(
        "stage",
        "entered_count",
        estimated_share="estimated_dropoff_share",
        estimated_low_share="estimated_low_share",
        estimated_high_share="estimated_high_share",
        observed_share="observed_dropoff_share",
        naive_share=naive,
    )


def _stage_scores(ours: pl.DataFrame, *, true: pl.DataFrame, observable: pl.DataFrame) -> tuple[StageDropoffScore, ...]:
    rows = (
        pl.DataFrame({"stage": STAGES})
        .join(_named(true.drop("watched_count"), "true"), on="stage", how="left")
        .join(_named(observable, "observable"), on="stage", how="left")
        .join(ours, on="stage", how="left")
        .with_columns(pl.col("^.*_count$").fill_null(0))
        .with_columns(*_comparisons())
    )
    found = {row["stage"]: StageDropoffScore(**row) for row in rows.iter_rows(named=True)}
    return tuple(found[stage] for stage in STAGES)


def _named(shares: pl.DataFrame, truth: str) -> pl.DataFrame:
    return shares.rename({"dropoff_share": f"{truth}_share", "entered_count": f"{truth}_entered_count"})


def _comparisons() -> list[pl.Expr]:
    truth = pl.col("observable_share")
    return [
        (100 * (truth - pl.col("true_share"))).alias("unresolvable_points"),
        truth.is_between("estimated_low_share", "estimated_high_share").alias("is_inside"),
        (100 * (pl.col("estimated_share") - truth)).alias("estimated_error_points"),
        (100 * (pl.col("naive_share") - truth)).alias("naive_error_points"),
    ]
