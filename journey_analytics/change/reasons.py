"""Which segments explain a change: what each value contributes, by its own rate and by its part in the mix.

A share is the sum over the values v of a segment of w(v) · p(v), its part of the units times its rate. The difference
of two such sums is, exactly, the sum over v of

    rate: mean of the two w(v) · difference of the p(v), and
    mix:  difference of the w(v) · (mean of the two p(v) − mean of the two shares)

(Kitagawa 1955, JASA 50:1168; the last term changes no sum, and lets a value count by how far it lies from the whole).
"""

from collections.abc import Sequence
from typing import Any, Final

import polars as pl

from journey_analytics.change.changes import ADVANCE, EDGE, rounded
from journey_analytics.change.periods import PRESENT, Periods
from journey_analytics.change.tallies import NOTHING, WHOLE
from journey_analytics.contract import UNKNOWN

REASON_SCHEMA: Final = pl.Schema({
    "change_id": pl.String(), "segment": pl.String(), "segment_value": pl.String(), "place": pl.Int64(),
    "contribution_points": pl.Float64(), "rate_points": pl.Float64(), "mix_points": pl.Float64(),
    "present_count": pl.Int64(), "present_share": pl.Float64(), "previous_share": pl.Float64(),
    "unit_share": pl.Float64(), "explained_share": pl.Float64(),
})  # fmt: skip
_IS_PRESENT = pl.col("period") == PRESENT


def reasons(
    changes: pl.DataFrame,
    stage_units: pl.DataFrame,
    edge_units: pl.DataFrame,
    *,
    journey_segments: pl.DataFrame,
    periods: Periods,
    segments: Sequence[str],
) -> pl.DataFrame:
    """One row per significant change and value of each other segment: `REASON_SCHEMA`.

    Args:
        changes: of `changes.changes`.
        stage_units: of `tallies.stage_units`.
        edge_units: of `tallies.edge_units`.
        journey_segments: `journey_id` and the segments of each journey, for the edges; a journey without a row is
            'unknown' in all of them.
        periods: those of the units.
        segments: which columns may explain; one that has a single value among the units explains nothing.

    Returns:
        `contribution_points` of one segment sum to the change's `difference_points` (of entrants: per cent of the
        earlier mean); `explained_share` is the part of it; `unit_share` the part that an even change would give the
        value (its part of the units). Places within a change go by how far the one exceeds the other: a value that is
        half of the units and explains half of the change explains nothing. Ties by segment and value. The order of the
        units changes nothing, to the last bit.
    """
    rows = [
        _reasons_of(change, stage_units, edge_units, journeys=journey_segments, periods=periods, segments=segments)
        for change in changes.filter("is_significant").to_dicts()
    ]
    if not rows:
        return pl.DataFrame(schema=REASON_SCHEMA)
    beyond = (pl.col("explained_share") - pl.col("unit_share")).round(9)
    return (
        rounded(pl.concat(rows))
        .with_columns(beyond=beyond)
        .sort("change_id", -pl.col("beyond"), "segment", "segment_value")
        .with_columns(place=pl.int_range(1, pl.len() + 1).over("change_id"))
        .select(*REASON_SCHEMA)
        .cast(REASON_SCHEMA)
    )


def _reasons_of(
    change: dict[str, Any],
    stage_units: pl.DataFrame,
    edge_units: pl.DataFrame,
    *,
    journeys: pl.DataFrame,
    periods: Periods,
    segments: Sequence[str],
) -> pl.DataFrame:
    others = [name for name in segments if name != change["segment"]]
    if change["metric"] == EDGE:
        units = _units_of_edge(change, edge_units).join(journeys, on="journey_id", how="left", maintain_order="left")
        units = units.with_columns(pl.col(others).fill_null(UNKNOWN))
    else:
        units = _units_of_stage(change, stage_units)
    parts = pl.concat([_of_segment(units, name) for name in others if units[name].n_unique() > 1] or [_NO_PARTS])
    is_share = change["metric"] in {ADVANCE, EDGE}
    told = _of_shares(parts) if is_share else _of_counts(parts, previous=periods.previous_count)
    total = pl.lit(change["difference_points"])
    return told.with_columns(
        change_id=pl.lit(change["change_id"]),
        explained_share=pl.when(total != 0).then(pl.col("contribution_points") / total),
    ).select(name for name in REASON_SCHEMA if name != "place")


def _units_of_stage(change: dict[str, Any], units: pl.DataFrame) -> pl.DataFrame:
    chosen = units.filter(pl.col("stage") == change["stage"])
    if change["segment"] != WHOLE:
        chosen = chosen.filter(pl.col(change["segment"]) == change["segment_value"])
    return chosen if change["metric"] != ADVANCE else _standardised(chosen)


def _units_of_edge(change: dict[str, Any], units: pl.DataFrame) -> pl.DataFrame:
    followed = pl.col("next") == (change["next_activity"] or NOTHING)
    chosen = units.filter(pl.col("activity") == change["activity"])
    return _standardised(chosen.with_columns(x=followed.cast(pl.Int64), stratum=pl.lit(0, dtype=pl.Int64)))


def _standardised(units: pl.DataFrame) -> pl.DataFrame:
    """Weights that sum to 1 in this period and in the earlier ones together, with this period's mix of strata."""
    now, before = _IS_PRESENT.sum().over("stratum"), (~_IS_PRESENT).sum().over("stratum")
    comparable = units.filter((now > 0) & (before > 0))
    share = now / _IS_PRESENT.sum()
    return comparable.with_columns(weight=pl.when(_IS_PRESENT).then(1 / _IS_PRESENT.sum()).otherwise(share / before))


def _of_segment(units: pl.DataFrame, name: str) -> pl.DataFrame:
    """Of each value: units now and before, their weights (w), and the weights of those with the outcome (s).

    Units of one period and stratum weigh the same, so they are counted first, and floats summed in a fixed order.
    """
    weight = pl.col("weight").first() if "weight" in units.columns else pl.lit(1.0)
    counted = units.group_by("period", "stratum", segment_value=name).agg(
        n=pl.len().cast(pl.Int64), x=pl.col("x").sum(), weight=weight
    )
    parts = counted.sort("segment_value", "period", "stratum").group_by("segment_value", maintain_order=True)
    return parts.agg(
        count=pl.col("n").filter(_IS_PRESENT).sum(),
        **{
            f"{of}_{when}": (pl.col(column) * pl.col("weight")).filter(is_when).sum()
            for of, column in (("w", "n"), ("s", "x"))
            for when, is_when in ((1, _IS_PRESENT), (0, ~_IS_PRESENT))
        },
    ).select(segment=pl.lit(name), **{name: pl.col(name) for name in _NO_PARTS.columns[1:]})


_NO_PARTS: Final = pl.DataFrame(
    schema={"segment": pl.String, "segment_value": pl.String, "count": pl.Int64}
    | dict.fromkeys(("w_1", "w_0", "s_1", "s_0"), pl.Float64)
)


def _of_shares(parts: pl.DataFrame) -> pl.DataFrame:
    now, before = (pl.when(pl.col(f"w_{when}") > 0).then(pl.col(f"s_{when}") / pl.col(f"w_{when}")) for when in (1, 0))
    # A value of one period alone has no rate in the other: it counts as mix.
    rate_now, rate_before = pl.coalesce(now, before), pl.coalesce(before, now)
    whole = (pl.col("s_1").sum() + pl.col("s_0").sum()).over("segment") / 2
    weight = (pl.col("w_1") + pl.col("w_0")) / 2
    return parts.with_columns(
        rate_points=100 * weight * (rate_now - rate_before),
        mix_points=100 * (pl.col("w_1") - pl.col("w_0")) * ((rate_now + rate_before) / 2 - whole),
        present_count="count",
        present_share=now,
        previous_share=before,
        unit_share=weight,
    ).with_columns(contribution_points=pl.col("rate_points") + pl.col("mix_points"))


def _of_counts(parts: pl.DataFrame, *, previous: int) -> pl.DataFrame:
    """Of numbers there is no rate: a value contributes what it gained or lost, in per cent of the earlier mean."""
    total = pl.col("w_0").sum().over("segment") / previous
    none = pl.lit(None, dtype=pl.Float64)
    return parts.with_columns(
        contribution_points=100 * (pl.col("w_1") - pl.col("w_0") / previous) / total,
        rate_points=none,
        mix_points=none,
        present_count="count",
        present_share=none,
        previous_share=none,
        unit_share=pl.col("w_0") / previous / total,
    )
