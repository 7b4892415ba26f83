"""What was planted in the world, as our estimates show it: a barrier on one segment, a change at one moment."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from journey_analytics.dropoff import stage_dropoff
from journey_analytics.evaluate.observed import Observed
from journey_analytics.evaluate.truth import Truth

_THERE, _ELSEWHERE = "there", "elsewhere"


@dataclass(frozen=True)
class Planted:
    """Entrants of `stage` with `segment` = `value` drop off more, from `since` on (None: always)."""

    kind: str
    stage: str
    segment: str
    value: str
    since: datetime | None = None

    @property
    def where(self) -> str:
        """The segment in words."""
        return self.value if self.since is None else f"{self.value} since {self.since:%Y-%m-%d}"


@dataclass(frozen=True)
class PlantedScore:
    """Our estimated drop-off where something was planted, and elsewhere; shares of entrants, 0–1.

    Elsewhere is, for what holds always, the other values of the segment; for what began at a moment, the same value
    before it.

    Attributes:
        difference_points: there minus elsewhere, in percentage points; None when either is not told.
        is_found: whether the share there is higher, with 95 % intervals that do not overlap.
    """

    kind: str
    where: str
    stage: str
    there_share: float | None
    there_low_share: float | None
    there_high_share: float | None
    elsewhere_share: float | None
    elsewhere_low_share: float | None
    elsewhere_high_share: float | None
    difference_points: float | None
    is_found: bool


def planted_scores(observed: Observed, truth: Truth) -> tuple[PlantedScore, ...]:
    """One score for each thing that `world.json` says was planted and whose segment is a column of the visits."""
    return tuple(_score(one, observed) for one in planted_in(truth.world) if one.segment in observed.visit.columns)


def planted_in(world: dict[str, Any]) -> Iterator[Planted]:
    """`planted_barrier` and `planted_change` of `world.json`; a change has the day it began, UTC."""
    for kind in ("barrier", "change"):
        entry = world.get(f"planted_{kind}")
        if entry is not None:
            since = entry.get("changed_on")
            yield Planted(
                kind=kind,
                stage=entry["stage"],
                segment=entry["segment"],
                value=entry["segment_value"],
                since=None if since is None else datetime.fromisoformat(since),
            )


def _score(planted: Planted, observed: Observed) -> PlantedScore:
    sides = observed.visit.filter(pl.col("stage") == planted.stage).with_columns(side=_side(planted)).drop_nulls("side")
    shares = stage_dropoff(sides, cutoff=observed.cutoff, minimum_count=observed.minimum_count, segments=("side",))
    found = {row["segment_value"]: row for row in shares.iter_rows(named=True) if row["segment"] == "side"}
    there, there_low, there_high = _interval(found.get(_THERE, {}))
    elsewhere, elsewhere_low, elsewhere_high = _interval(found.get(_ELSEWHERE, {}))
    return PlantedScore(
        kind=planted.kind,
        where=planted.where,
        stage=planted.stage,
        there_share=there,
        there_low_share=there_low,
        there_high_share=there_high,
        elsewhere_share=elsewhere,
        elsewhere_low_share=elsewhere_low,
        elsewhere_high_share=elsewhere_high,
        difference_points=None if there is None or elsewhere is None else 100 * (there - elsewhere),
        is_found=there_low is not None and elsewhere_high is not None and there_low > elsewhere_high,
    )


def _side(planted: Planted) -> pl.Expr:
    has_value = pl.col(planted.segment) == planted.value
    if planted.since is None:
        return pl.when(has_value).then(pl.lit(_THERE)).otherwise(pl.lit(_ELSEWHERE))
    is_after = pl.col("entered_at") >= planted.since
    return pl.when(has_value & is_after).then(pl.lit(_THERE)).when(has_value).then(pl.lit(_ELSEWHERE))


def _interval(row: dict[str, Any]) -> tuple[float | None, float | None, float | None]:
    names = ("estimated_dropoff_share", "estimated_low_share", "estimated_high_share")
    share, low, high = (row.get(name) for name in names)
    return share, low, high
