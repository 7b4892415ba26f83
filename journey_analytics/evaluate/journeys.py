"""How well a customer's touchpoints were cut into journeys."""

from dataclasses import dataclass

import polars as pl

from journey_analytics.evaluate.pairs import Agreement, agreement, pair_score, ratio


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


def journey_score(right: pl.DataFrame, *, judged: pl.DataFrame) -> JourneyScore:
    """Score the journeys of `right` (see `rightly_resolved`), a part of `judged`."""
    rows = right.filter(pl.col("true_journey_id").is_not_null())
    return JourneyScore(
        pairs=pair_score(rows, predicted="journey_id", true="true_journey_id"),
        boundaries=_boundary_score(rows),
        touchpoint_count=rows.height,
        touchpoint_share=ratio(rows.height, judged["true_journey_id"].count()),
        customer_count=rows["customer_id"].n_unique(),
        journey_count=rows["journey_id"].n_unique(),
        true_journey_count=rows["true_journey_id"].n_unique(),
    )


def _boundary_score(rows: pl.DataFrame) -> Agreement:
    ordered = rows.sort("customer_id", "occurred_at", "source_rank", "source", "source_event_id")
    cut = ordered.select(
        predicted=pl.col("journey_id") != pl.col("journey_id").shift(),
        true=pl.col("true_journey_id") != pl.col("true_journey_id").shift(),
        has_previous=pl.col("customer_id") == pl.col("customer_id").shift(),
    ).filter("has_previous")
    return agreement(
        predicted_count=int(cut["predicted"].sum()),
        true_count=int(cut["true"].sum()),
        common_count=int((cut["predicted"] & cut["true"]).sum()),
    )
