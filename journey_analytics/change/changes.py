"""What changed: each stage, segment and edge in this period against the earlier ones, in one list with one error rate.

Pure: frames and periods in, the rows of `mart.change` out.
"""

import hashlib
from collections.abc import Sequence
from datetime import date
from typing import Final

import polars as pl
import polars.selectors as cs

from journey_analytics.change.comparison import compared_counts, compared_shares
from journey_analytics.change.periods import PRESENT, Periods
from journey_analytics.change.tallies import NOTHING, WHOLE, edge_tallies, sent_activities, stage_tallies
from journey_analytics.discovery import FALSE_DISCOVERY_RATE, q_values

ADVANCE: Final = "advance"
EDGE: Final = "edge"
ENTRANTS: Final = "entrants"
METRICS: Final = (ADVANCE, EDGE, ENTRANTS)
SUBJECT: Final = ("metric", "stage", "activity", "next_activity", "segment", "segment_value")
"""What a change is a change of."""
CHANGE_SCHEMA: Final = pl.Schema({
    "as_of_on": pl.Date(), "change_id": pl.String(), **dict.fromkeys(SUBJECT, pl.String()),
    "from_on": pl.Date(), "to_on": pl.Date(), "previous_from_on": pl.Date(), "previous_to_on": pl.Date(),
    "previous_period_count": pl.Int64(), "present_count": pl.Int64(), "previous_count": pl.Int64(),
    "present_share": pl.Float64(), "previous_share": pl.Float64(),
    "difference_points": pl.Float64(), "difference_low_points": pl.Float64(), "difference_high_points": pl.Float64(),
    "relative_change": pl.Float64(), "design_effect": pl.Float64(), "dispersion": pl.Float64(),
    "p_value": pl.Float64(), "q_value": pl.Float64(), "is_ranked": pl.Boolean(), "is_significant": pl.Boolean(),
})  # fmt: skip
_BY_SEGMENT: Final = ("stage", "segment", "segment_value")
_BY_EDGE: Final = ("activity", "next")
_DIGITS: Final = 10
_DECIMALS: Final = 12


def changes(
    stage_units: pl.DataFrame,
    edge_units: pl.DataFrame,
    *,
    periods: Periods,
    as_of_on: date,
    segments: Sequence[str],
    minimum_count: int,
) -> pl.DataFrame:
    """One row per stage and segment value (metrics `advance` and `entrants`) and per edge: `CHANGE_SCHEMA`.

    The order of the units changes nothing, to the last bit; the strongest evidence comes first, ties by subject.

    Args:
        stage_units: of `tallies.stage_units`.
        edge_units: of `tallies.edge_units`.
        periods: which ones; where the earlier ones are not enough, nothing is compared, and there is no row.
        as_of_on: the last day that T covers.
        segments: the columns of the stage units that stages are told by, besides the whole.
        minimum_count: units below which a row is not tested: p, q null, `is_ranked` false.
    """
    if not periods.is_enough:
        return pl.DataFrame(schema=CHANGE_SCHEMA)
    tallies = stage_tallies(stage_units, segments=segments)
    numbers = tallies.group_by(*_BY_SEGMENT, "period").agg(pl.col("n").sum())
    count = periods.previous_count
    rows = [
        _rows(ADVANCE, compared_shares(tallies, key=_BY_SEGMENT, minimum_count=minimum_count)),
        _rows(EDGE, _compared_edges(edge_units, minimum_count=minimum_count)),
        _rows(
            ENTRANTS,
            compared_counts(numbers, key=_BY_SEGMENT, previous=count, minimum_count=minimum_count),
        ),
    ]
    judged = _judged(rounded(pl.concat(rows))).with_columns(*_dates(periods, as_of_on))
    return rounded(judged.select(*CHANGE_SCHEMA).cast(CHANGE_SCHEMA))


def rounded(rows: pl.DataFrame) -> pl.DataFrame:
    """Floats to 10 significant digits, and all but p and q to 12 decimals: sums may differ in the last bits elsewhere.

    A difference of 0 has no significant digits, only what rounding left of it; p-values may be far below any decimal.
    """
    told = cs.float() - cs.by_name("p_value", "q_value", require_all=False)
    # 0.0 for 0.0: what is rounded to nothing from below is a minus zero.
    return rows.with_columns(cs.float().round_sig_figs(_DIGITS)).with_columns(told.round(_DECIMALS).replace(0.0, 0.0))


def _compared_edges(units: pl.DataFrame, *, minimum_count: int) -> pl.DataFrame:
    """Edges into what the shop sends are told, and not tested."""
    compared = compared_shares(edge_tallies(units), key=_BY_EDGE, minimum_count=minimum_count)
    is_sent = pl.col("next").is_in(sent_activities(units))
    return compared.with_columns(
        p_value=pl.when(~is_sent).then("p_value"), is_tested=pl.col("is_tested").fill_null(value=False) & ~is_sent
    )


def _rows(metric: str, compared: pl.DataFrame) -> pl.DataFrame:
    """The rows of one metric in common columns; shares are null where numbers are compared."""
    edge, share = metric == EDGE, metric != ENTRANTS
    text, number = pl.lit(None, dtype=pl.String), pl.lit(None, dtype=pl.Float64)
    before = pl.col("previous_share") if share else pl.lit(1.0)
    return compared.select(
        metric=pl.lit(metric),
        stage=text if edge else "stage",
        activity="activity" if edge else text,
        next_activity=pl.col("next").replace(NOTHING, None) if edge else text,
        segment=pl.lit(WHOLE) if edge else "segment",
        segment_value=pl.lit(WHOLE) if edge else "segment_value",
        present_count=pl.col("units").cast(pl.Int64),
        previous_count=pl.col("previous_units").cast(pl.Int64),
        present_share=pl.col("present_share").fill_nan(None) if share else number,
        previous_share=pl.col("previous_share").fill_nan(None) if share else number,
        relative_change=pl.when(before > 0).then(pl.col("difference_points") / 100 / before).fill_nan(None),
        **{
            name: pl.col(name).fill_nan(None)
            for name in ("difference_points", "difference_low_points", "difference_high_points", "p_value")
        },
        design_effect="design_effect" if share else number,
        dispersion="dispersion",
        is_ranked=pl.col("is_tested").fill_null(value=False) & pl.col("p_value").is_not_null(),
    )


def _judged(rows: pl.DataFrame) -> pl.DataFrame:
    """With the false-discovery rate over all rows of the run, of all metrics; the strongest evidence first."""
    judged = rows.with_columns(q_value=q_values(pl.col("p_value"))).with_columns(
        is_significant=(pl.col("q_value") <= FALSE_DISCOVERY_RATE).fill_null(value=False),
        change_id=pl.struct(SUBJECT).map_elements(_identifier, return_dtype=pl.String),
    )
    return judged.sort("p_value", *SUBJECT, nulls_last=True)


def _identifier(subject: dict[str, str | None]) -> str:
    """Of what changed, not of when: the same change keeps its id from run to run."""
    return hashlib.sha256(repr([subject[name] for name in SUBJECT]).encode()).hexdigest()[:12]


def _dates(periods: Periods, as_of_on: date) -> list[pl.Expr]:
    from_on, to_on = periods.days_of(PRESENT)
    days = {
        "as_of_on": as_of_on,
        "from_on": from_on,
        "to_on": to_on,
        "previous_from_on": periods.days_of(periods.previous_count)[0],
        "previous_to_on": periods.days_of(1)[1],
    }
    counted = pl.lit(periods.previous_count, dtype=pl.Int64).alias("previous_period_count")
    return [*(pl.lit(day).alias(name) for name, day in days.items()), counted]
