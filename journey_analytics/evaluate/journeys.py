"""How well a customer's touchpoints were cut into journeys, and how well one fixed gap would have cut them.

A *boundary* is a question about two neighbours in time within one resolved customer: do they belong to different
journeys? It is the same question for both sides, over the same neighbours, and a fixed gap may answer every one of them
rightly: a need that is taken up again amid another one makes a boundary on the way out and one on the way back, and
both are pauses at which a gap may cut. What a gap cannot say is that the need *after* two cuts is the one before them;
that shows in the pairs only, where it costs recall. The fixed gap is given an advantage: the truth chooses its length,
once for the boundaries and once for the pairs, and touchpoints without a true journey, such as newsletters that nobody
reacted to, are taken out before it measures a pause.
"""

from dataclasses import dataclass

import polars as pl

from journey_analytics.evaluate.pairs import Agreement, agreement, pair_score, ratio

GAP_DAYS = (0.5, 1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 14.0, 21.0, 30.0, 45.0, 60.0, 90.0)
"""The fixed gaps that are tried."""

_DAY_US = 86_400_000_000


@dataclass(frozen=True)
class JourneyScore:
    """Agreement of journeys with true needs, within rightly resolved customers.

    Attributes:
        pairs: over pairs of touchpoints that have a true journey.
        boundaries: over neighbours in time within one resolved customer: a boundary lies between two neighbours of
            different journeys. An after-sales touchpoint in the middle of a new need makes two boundaries.
        touchpoint_count: touchpoints judged.
        touchpoint_share: of all judged touchpoints with a true journey, those of rightly resolved customers.
        customer_count: rightly resolved customers.
        journey_count, true_journey_count: journeys the run made of those touchpoints, and the true ones.
    """

    pairs: Agreement
    boundaries: Agreement
    touchpoint_count: int
    touchpoint_share: float | None
    customer_count: int
    journey_count: int
    true_journey_count: int


@dataclass(frozen=True)
class FixedGapScore:
    """Journeys of one fixed gap: a cut wherever two neighbours in time are more than `gap_days` apart."""

    gap_days: float
    pairs: Agreement
    boundaries: Agreement


@dataclass(frozen=True)
class JourneyBaseline:
    """Every fixed gap of `GAP_DAYS` over the touchpoints of `JourneyScore`, and the best of each measure.

    Ties go to the shorter gap. `best_pairs` and `best_boundaries` are None when there was nothing to judge.
    """

    gaps: tuple[FixedGapScore, ...]
    best_pairs: FixedGapScore | None
    best_boundaries: FixedGapScore | None

    @property
    def best_pairs_f1(self) -> float | None:
        """The most that a fixed gap reaches over pairs."""
        return self.best_pairs.pairs.f1 if self.best_pairs else None

    @property
    def best_boundaries_f1(self) -> float | None:
        """The most that a fixed gap reaches over boundaries."""
        return self.best_boundaries.boundaries.f1 if self.best_boundaries else None


def journey_score(right: pl.DataFrame, *, judged: pl.DataFrame) -> JourneyScore:
    """Score the journeys of `right` (see `rightly_resolved`), a part of `judged`."""
    rows = _neighbours(right)
    return JourneyScore(
        pairs=pair_score(rows, predicted="journey_id", true="true_journey_id"),
        boundaries=_boundary_score(rows, cut=pl.col("journey_id") != pl.col("journey_id").shift()),
        touchpoint_count=rows.height,
        touchpoint_share=ratio(rows.height, judged["true_journey_id"].count()),
        customer_count=rows["customer_id"].n_unique(),
        journey_count=rows["journey_id"].n_unique(),
        true_journey_count=rows["true_journey_id"].n_unique(),
    )


def journey_baseline(right: pl.DataFrame) -> JourneyBaseline:
    """Score every fixed gap on the touchpoints that `journey_score` judges."""
    rows = _neighbours(right)
    gaps = tuple(_fixed_gap_score(rows, gap_days=gap_days) for gap_days in GAP_DAYS)
    return JourneyBaseline(
        gaps=gaps,
        best_pairs=max(gaps, key=lambda gap: gap.pairs.f1 or 0.0) if rows.height else None,
        best_boundaries=max(gaps, key=lambda gap: gap.boundaries.f1 or 0.0) if rows.height else None,
    )


def _neighbours(right: pl.DataFrame) -> pl.DataFrame:
    """The touchpoints with a true journey in their order, each with the pause since its customer's one before it.

    `pause_us` is null at a customer's first.
    """
    rows = right.filter(pl.col("true_journey_id").is_not_null())
    ordered = rows.sort("customer_id", "occurred_at", "source_rank", "source", "source_event_id")
    pause = (pl.col("occurred_at") - pl.col("occurred_at").shift()).dt.total_microseconds()
    return ordered.with_columns(pause_us=pl.when(pl.col("customer_id") == pl.col("customer_id").shift()).then(pause))


def _fixed_gap_score(rows: pl.DataFrame, *, gap_days: float) -> FixedGapScore:
    cut = pl.col("pause_us") > gap_days * _DAY_US
    journeys = rows.select("true_journey_id", journey_id=(cut | pl.col("pause_us").is_null()).cum_sum())
    return FixedGapScore(
        gap_days=gap_days,
        pairs=pair_score(journeys, predicted="journey_id", true="true_journey_id"),
        boundaries=_boundary_score(rows, cut=cut),
    )


def _boundary_score(rows: pl.DataFrame, *, cut: pl.Expr) -> Agreement:
    answers = rows.select(
        "pause_us", predicted=cut, true=pl.col("true_journey_id") != pl.col("true_journey_id").shift()
    ).drop_nulls("pause_us")
    return agreement(
        predicted_count=int(answers["predicted"].sum()),
        true_count=int(answers["true"].sum()),
        common_count=int((answers["predicted"] & answers["true"]).sum()),
    )
