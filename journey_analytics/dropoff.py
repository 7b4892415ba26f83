"""Drop-off of each stage in three states, with an observed and a censoring-aware share. Pure: frame in, frame out.

Why our own estimator: statsmodels, lifelines and scikit-survival estimate one group per call from one row per subject
(and statsmodels gives no standard error on counts); here all groups are one sort and a few cumulative sums. The tests
hold it to statsmodels' `CumIncidenceRight`.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import polars as pl
from polars import selectors

from journey_analytics.contract import STAGES, UNKNOWN
from journey_analytics.incidence import stay_days, window_incidence
from journey_analytics.instants import naive
from journey_analytics.intervals import wilson_high, wilson_low

WHOLE = "all"
PERCENTILES = (25, 50, 75, 90)
MINIMUM_FOLLOWED = 10
TOO_FEW_FOLLOWED = f"fewer than {MINIMUM_FOLLOWED} entrants could be watched for 90 % of the window"

_DAY_US = 86_400_000_000
_GROUP = ("segment_value", "stage", "window_days")
_KEY = ("segment", *_GROUP)
_ADVANCED = pl.col("outcome") == "advanced"
_DROPPED = pl.col("outcome") == "dropped"
_OPEN = pl.col("outcome") == "open"
_WINDOW_US = pl.col("window_days").cast(pl.Int64) * _DAY_US
_N = pl.col("at_risk")
_NUMBER = "group_number"
_CERTAIN = 1e-9


def stage_dropoff(
    visits: pl.DataFrame, *, cutoff: datetime, minimum_count: int = 30, segments: Sequence[str] = ()
) -> pl.DataFrame:
    """Journeys that entered each stage, by what became of them, for the whole and for each value of each segment.

    Args:
        visits: one row per journey and stage entered: `stage`, `window_days`, `entered_at` (naive UTC), `outcome`
            (advanced | dropped | open), `duration_us` (from entering to advancing, to the journey's closing or to the
            cut-off, at most the window), and a column per segment, known when the stage is entered.
        cutoff: T; a naive one is UTC.
        minimum_count: entrants below which a row is marked and not ranked.
        segments: columns to split by, besides the whole (`segment` and `segment_value` = 'all'). A null is 'unknown'.

    Returns:
        One row per segment, value and stage, sorted so (stages in journey order). Every share is of entrants, 0 to 1:

        - `observed_*`: dropped / (advanced + dropped) of the `observed_count` entrants whose window is over at T, with
          Wilson's 95 % interval; null where there is none.
        - `estimated_*`: 1 − the Aalen–Johansen cumulative incidence of advancing at the window's end, over all
          entrants, open ones censored at T, the closing of a journey a competing end. Its 95 % interval is Wilson's
          at the effective count that the Greenwood-type variance implies (Dorey & Korn 1987), so it stays in [0, 1],
          has a width where nobody or everybody advanced, and equals the observed one where nobody is open. Null,
          with `estimate_note`, where too few were watched long enough.
        - `at_risk_count`: entrants still in the stage, and seen, at the window's end. `followed_days`: how long after
          entering the earliest entrant could be watched, at most the window.
    """
    counted = counted_stays(visits, cutoff=cutoff, segments=segments)
    return dropoff_of(counted, cutoff=cutoff, minimum_count=minimum_count)


def counted_stays(visits: pl.DataFrame, *, cutoff: datetime, segments: Sequence[str] = ()) -> pl.DataFrame:
    """Count the entrants of every segment's groups by outcome and day of the stay: what `dropoff_of` starts from.

    Args are those of `stage_dropoff`, but outcomes may have any names. These are few rows, by which several statistics
    of the same entrants cost the passes over them only once.
    """
    found = watched(_coded(visits, segments=segments), cutoff=cutoff)
    asked = [
        stay_days(found, cutoff=cutoff, group=[column.alias("segment_value"), *_GROUP[1:]], also=FOLLOWED)
        for _, column in _columns(segments)
    ]
    names = [name for name, _ in _columns(segments)]
    # All at once, because they share what is done to every visit.
    parts = zip(names, pl.collect_all(asked), strict=True)
    return pl.concat([_decoded(part).with_columns(segment=pl.lit(name)) for name, part in parts])


def dropoff_of(stays: pl.DataFrame, *, cutoff: datetime, minimum_count: int = 30) -> pl.DataFrame:
    """`stage_dropoff` of entrants that `counted_stays` has counted, their outcomes read as its three states."""
    return (
        stays.group_by(_KEY)
        .agg(*_COUNTS)
        .join(window_incidence(stays, group=_KEY), on=_KEY)
        .pipe(_with_observed)
        .pipe(_with_estimated)
        .with_columns(as_of_on=pl.lit(as_of_on(cutoff)), is_ranked=_is_ranked(minimum_count))
        .select(_DROPOFF_COLUMNS)
        .sort("segment", "segment_value", stage_rank())
    )


def time_in_stage(visits: pl.DataFrame, *, cutoff: datetime, segments: Sequence[str] = ()) -> pl.DataFrame:
    """How long entrants stay before they advance: percentiles 25, 50, 75 and 90 of the survival curve.

    Args are those of `stage_dropoff`. One row per segment, value, stage and percentile p: `seconds` is the first
    moment at which the estimated share of *all* entrants that has advanced reaches p, `at_risk_count` the entrants
    still in the stage, and seen, just before it. Both are null when the share does not reach p within the window:
    this is never a mean over those alone who made it. `low_seconds` and `high_seconds` are its 95 % interval, the
    pointwise bounds of the share inverted (Brookmeyer & Crowley 1982): null where the bound does not reach p either, so
    a null `high_seconds` means that it may be any later time.
    """
    stays = _coded(visits, segments=segments).sort("duration_us", _OPEN, "outcome").collect()
    parts = [_percentiles(stays, column).with_columns(segment=pl.lit(name)) for name, column in _columns(segments)]
    return (
        pl.concat(parts)
        .with_columns(as_of_on=pl.lit(as_of_on(cutoff)))
        .select(
            "as_of_on", *_KEY, "percentile", "seconds", "low_seconds", "high_seconds", "at_risk_count", "entered_count"
        )
        .sort("segment", "segment_value", stage_rank(), "percentile")
    )


def cumulative_incidence(entrants: pl.DataFrame, *, group: Sequence[str]) -> pl.DataFrame:
    """The Aalen–Johansen curve of advancing: one row per event (advanced or dropped), in time order within each group.

    Args:
        entrants: `outcome`, sorted by time in the stage and, within one moment, open ones last.
        group: the columns of a group; each has its own curve.

    Returns:
        The events with `at_risk` (n, the event's own subject included), `survival` (share that has neither advanced nor
        dropped before), `step` (what it adds to the incidence of advancing) and `remaining` (what later events add).
        Events of one moment are taken one after the other, which is the tied formula exactly:
        (1 − 1/n)(1 − 1/(n−1)) = (n−2)/n, and each of the two steps is survival/n of the first. Censorings of that
        moment come after them.

    Source: Aalen & Johansen 1978, Scand. J. Statist. 5:141.
    """
    return (
        entrants.with_columns(at_risk=(pl.len() - pl.int_range(pl.len())).over(group))
        .filter(~_OPEN)
        .with_columns(survival=(1 - 1 / _N).log().cum_sum().shift(1, fill_value=0.0).exp().over(group))
        .with_columns(step=pl.when(_ADVANCED).then(pl.col("survival") / _N).otherwise(0.0))
        .with_columns(remaining=(pl.col("step").cum_sum(reverse=True) - pl.col("step")).clip(0.0).over(group))
    )


def with_variance(events: pl.DataFrame, *, group: Sequence[str]) -> pl.DataFrame:
    """The events of `cumulative_incidence` with `incidence` (of each and all before) and its `variance` at that moment.

    Source: Marubini & Valsecchi 1995, eq. 10.12, whose Σ (F(t) − F(s))² over the events s up to t is written out as
    F(t)² Σ 1 − 2 F(t) Σ F(s) + Σ F(s)²: so one pass gives it for every t.
    """
    step, incidence = pl.col("step"), pl.col("incidence")
    ended = pl.when(_N > 1).then(1 / (_N * (_N - 1.0))).otherwise(0.0)
    own = pl.when(_ADVANCED).then(pl.col("survival") ** 2 * (_N - 1) / _N.cast(pl.Float64) ** 3).otherwise(0.0)
    sums = {
        "square": ended,
        "linear": ended * incidence + step / _N,
        "constant": ended * incidence**2 + 2 * step * incidence / _N + own,
    }
    variance = incidence**2 * pl.col("square") - 2 * incidence * pl.col("linear") + pl.col("constant")
    return (
        events.with_columns(incidence=step.cum_sum().over(group))
        .with_columns(value.cum_sum().over(group).alias(name) for name, value in sums.items())
        .with_columns(variance=variance.clip(0.0))
        .drop(sums)
    )


def _coded(visits: pl.DataFrame, *, segments: Sequence[str]) -> pl.LazyFrame:
    """What is read of the visits, texts as numbers: grouping by them is several times faster."""
    values = [pl.col(name).cast(pl.String).fill_null(UNKNOWN) for name in segments]
    read = visits.lazy().select("stage", "window_days", "entered_at", "outcome", "duration_us", *values)
    return read.with_columns(selectors.string().cast(pl.Categorical))


def _decoded(coded: pl.DataFrame) -> pl.DataFrame:
    return coded.with_columns(selectors.categorical().cast(pl.String))


def watched(visits: pl.LazyFrame, *, cutoff: datetime) -> pl.LazyFrame:
    """The visits with how long each could be watched (`followable_us`), at most the window."""
    followable = (pl.lit(naive(cutoff)).cast(pl.Datetime("us")) - pl.col("entered_at")).dt.total_microseconds()
    return visits.with_columns(followable_us=pl.min_horizontal(followable, _WINDOW_US))


def _columns(segments: Sequence[str]) -> list[tuple[str, pl.Expr]]:
    return [(WHOLE, pl.lit(WHOLE)), *((name, pl.col(name)) for name in segments)]


FOLLOWED = (
    (pl.col("followable_us") >= _WINDOW_US).sum().cast(pl.Int64).alias("over_count"),
    (pl.col("followable_us") >= 0.9 * _WINDOW_US).sum().cast(pl.Int64).alias("followed_count"),
    pl.col("followable_us").max(),
)
"""How long the visits of a group could be watched: what is counted of them beside their stays."""

_STAYS = pl.col("stay_count")
_OVER = pl.col("over_count")
_COUNTS = (
    _STAYS.sum().alias("entered_count"),
    _STAYS.filter(_ADVANCED).sum().alias("advanced_count"),
    _STAYS.filter(_DROPPED).sum().alias("dropped_count"),
    _STAYS.filter(_OPEN).sum().alias("open_count"),
    _OVER.filter(~_OPEN).sum().alias("observed_count"),
    _OVER.filter(_DROPPED).sum().alias("observed_dropped_count"),
    pl.col("followed_count").sum(),
    pl.col("lasting_count").sum().alias("at_risk_count"),
    (pl.col("followable_us").max() / _DAY_US).alias("followed_days"),
)


def _with_observed(counts: pl.DataFrame) -> pl.DataFrame:
    share = pl.col("observed_dropped_count") / pl.col("observed_count")
    return counts.with_columns(
        observed_dropoff_share=pl.when(pl.col("observed_count") > 0).then(share),
        observed_low_share=wilson_low(share, pl.col("observed_count")),
        observed_high_share=wilson_high(share, pl.col("observed_count")),
    )


def _with_estimated(counts: pl.DataFrame) -> pl.DataFrame:
    """Add the estimate where it rests on enough: all resolved, or enough entrants watched for most of the window."""
    is_told = (pl.col("open_count") == 0) | (pl.col("followed_count") >= MINIMUM_FOLLOWED)
    share = (1 - pl.col("incidence")).clip(0.0, 1.0)
    count = _effective_count(share)
    return counts.with_columns(
        estimated_dropoff_share=pl.when(is_told).then(share),
        estimated_low_share=pl.when(is_told).then(wilson_low(share, count)),
        estimated_high_share=pl.when(is_told).then(wilson_high(share, count)),
        estimate_note=pl.when(~is_told).then(pl.lit(TOO_FEW_FOLLOWED)),
    )


def _effective_count(share: pl.Expr) -> pl.Expr:
    """How many fully watched entrants give the same variance.

    With nobody open that is all of them; where all went one way, those whose end is known.
    """
    resolved = pl.col("entered_count") - pl.col("open_count")
    is_certain = (share < _CERTAIN) | (share > 1 - _CERTAIN)
    implied = pl.when(pl.col("open_count") > 0).then(share * (1 - share) / pl.col("variance"))
    return pl.when(is_certain).then(resolved).otherwise(pl.min_horizontal(implied, pl.col("entered_count")))


def _percentiles(stays: pl.DataFrame, column: pl.Expr) -> pl.DataFrame:
    """When each group's incidence reaches each percentile; a row without it where it never does."""
    grouped = stays.group_by(column.alias("segment_value"), *_GROUP[1:]).agg(*_LISTED).with_row_index(_NUMBER)
    # By one number, and one group after the other, the window functions are several times faster than by three names.
    rows = grouped.drop(_GROUP).explode("outcome", "duration_us")
    advances = with_variance(cumulative_incidence(rows, group=[_NUMBER]), group=[_NUMBER]).filter(_ADVANCED)
    share, count = pl.col("incidence"), pl.col("effective_count")
    counted = advances.with_columns(effective_count=_effective_count(share))
    reached = counted.with_columns(low_bound=wilson_low(share, count), high_bound=wilson_high(share, count))
    groups = _decoded(grouped.select(_NUMBER, *_GROUP, "entered_count"))
    found = pl.concat([_percentile(groups, reached, percentile) for percentile in PERCENTILES])
    return found.drop(_NUMBER)


_LISTED = (
    pl.len().cast(pl.Int64).alias("entered_count"),
    _OPEN.sum().cast(pl.Int64).alias("open_count"),
    pl.col("outcome", "duration_us"),
)


def _percentile(groups: pl.DataFrame, reached: pl.DataFrame, percentile: int) -> pl.DataFrame:
    """Inverted pointwise: the curve may have reached p as soon as its upper bound has, and has once the lower has."""
    found = groups.with_columns(percentile=pl.lit(percentile, dtype=pl.Int64))
    seconds = pl.col("duration_us") / 1e6
    for curve, values in (
        ("incidence", {"seconds": seconds, "at_risk_count": _N.cast(pl.Int64)}),
        ("high_bound", {"low_seconds": seconds}),
        ("low_bound", {"high_seconds": seconds}),
    ):
        there = reached.filter(pl.col(curve) + _CERTAIN >= percentile / 100)
        first = there.unique(_NUMBER, keep="first", maintain_order=True)
        found = found.join(first.select(_NUMBER, **values), on=_NUMBER, how="left")
    return found


def _is_ranked(minimum_count: int) -> pl.Expr:
    return (pl.col("entered_count") >= minimum_count) & pl.col("estimated_dropoff_share").is_not_null()


def stage_rank() -> pl.Expr:
    """The place of `stage` in a journey, to sort by; what is no stage comes last."""
    return pl.col("stage").replace_strict({stage: rank for rank, stage in enumerate(STAGES)}, default=len(STAGES))


def as_of_on(cutoff: datetime) -> date:
    """The last day that T covers: a T at midnight ends the day before."""
    return (naive(cutoff) - timedelta(microseconds=1)).date()


_DROPOFF_COLUMNS = (
    "as_of_on", *_KEY, "entered_count", "advanced_count", "dropped_count", "open_count",
    "observed_dropoff_share", "estimated_dropoff_share", "estimated_low_share", "estimated_high_share",
    "observed_low_share", "observed_high_share", "observed_count", "is_ranked", "at_risk_count", "followed_count",
    "followed_days", "estimate_note",
)  # fmt: skip
