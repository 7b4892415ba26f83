"""What became of those who entered a funnel, step by step, in three states, with two shares. Pure: frame in, frame out.

Every figure is at T. Nobody is lost between two rows: `entered = advanced + dropped + open`, and a required step is
entered by those who reached the required one before. Optional steps are counted beside that chain.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import polars as pl

from journey_analytics.contract import UNKNOWN
from journey_analytics.dropoff import MINIMUM_FOLLOWED, TOO_FEW_FOLLOWED, WHOLE, as_of_on, cumulative_incidence
from journey_analytics.funnel.definition import Funnel
from journey_analytics.funnel.shares import GROUP, incidence, shares, with_interval
from journey_analytics.funnel.timing import END, UNTIL_NOW, Rung, is_free, outcome_of, rungs, timed_attempts
from journey_analytics.intervals import wilson_high, wilson_low

PERCENTILES: Final = {"median_seconds": 0.5, "p75_seconds": 0.75, "p90_seconds": 0.9}
OTHER: Final = "other"
_WAITS: Final = dict.fromkeys(PERCENTILES, pl.Float64) | {"at_risk_count": pl.Int64}
BEST_IS_CHOSEN: Final = "the best attempt is chosen by how far it got, so its beginning is no fair start of a clock"
_CERTAIN: Final = 1e-9

FUNNEL_COLUMNS: Final = {
    "funnel": pl.String, "as_of_on": pl.Date, "unit": pl.String, "segment": pl.String, "segment_value": pl.String,
    "step_number": pl.Int64, "step": pl.String, "is_optional": pl.Boolean, "entered_count": pl.Int64,
    "advanced_count": pl.Int64, "dropped_count": pl.Int64, "open_count": pl.Int64, "started_count": pl.Int64,
    "observed_count": pl.Int64, "observed_step_share": pl.Float64, "observed_low_share": pl.Float64,
    "observed_high_share": pl.Float64, "estimated_step_share": pl.Float64, "estimated_low_share": pl.Float64,
    "estimated_high_share": pl.Float64, "entry_count": pl.Int64, "overall_share": pl.Float64,
    "overall_low_share": pl.Float64, "overall_high_share": pl.Float64, "median_seconds": pl.Float64,
    "p75_seconds": pl.Float64, "p90_seconds": pl.Float64, "at_risk_count": pl.Int64, "is_ranked": pl.Boolean,
    "estimate_note": pl.String, "definition": pl.String,
}  # fmt: skip
"""The columns of `mart.funnel` with their types, also of an empty one."""


def funnel_steps(
    attempts: pl.DataFrame,
    funnel: Funnel,
    *,
    cutoff: datetime,
    definition: str = "",
    minimum_count: int = 30,
    top_values: int = 30,
    segments: Sequence[str] = (),
    breakdown_from: str = "first",
) -> pl.DataFrame:
    """Attempts at each step, by what became of them, for the whole and for each value of each segment.

    Args:
        attempts: one row per attempt: the columns of `matching.matching_sql`, `closed_at` and `broken_at` (see
            `timing.timed_attempts`), and a column per segment: a list with the value at each step, as long as
            `step_at`.
        funnel: what was matched.
        cutoff: T; a naive one is UTC.
        definition: one sentence, put into every row.
        minimum_count: attempts at a step below which its row is marked and not ranked.
        top_values: of a segment with more values the most frequent ones are kept, the rest is 'other'.
        segments: columns to split by, besides the whole. A null is 'unknown'.
        breakdown_from: the touchpoint that gives the value: of the entry (`first`), the last matched (`last`), or, in
            each row, that of the required step before (`step`).

    Returns:
        One row per segment, value and step, sorted so. A step share is of the attempts that reached the required step
        before (of step 1: of all), an overall share of all attempts of that value (`entry_count`); all 0 to 1:

        - `observed_step_share`: of the `observed_count` attempts whose window is over at T, with Wilson's interval.
        - `overall_*`: Aalen–Johansen incidence of getting there within the window, the clock at the entry, open
          attempts censored at T; never more than that of the required step before. Null by `step`: a value that
          changes on the way has no entries of its own.
        - `estimated_*`: the ratio of two such incidences; where nobody is open, advanced / entered. See `shares`.
        - Estimates are null, with `estimate_note`, where too few were watched long enough, or entry is `best`.
        - `median_seconds`, `p75_seconds`, `p90_seconds`: within what time half (…) of those who take the step do so,
          from the step before; read off the incidence in the step, so that who is still waiting counts;
          `at_risk_count`: how many were still waiting, and seen, at the median. Null where nobody takes it.
    """
    timed = timed_attempts(attempts, funnel, cutoff=cutoff)
    parts = [_by_value(_ungrouped(timed), funnel, segment=WHOLE)]
    parts += [_broken_down(timed, funnel, segment=name, origin=breakdown_from, top=top_values) for name in segments]
    told = _told(pl.concat(parts), funnel, minimum_count=minimum_count)
    return told.with_columns(
        as_of_on=pl.lit(as_of_on(cutoff)),
        funnel=pl.lit(funnel.name),
        unit=pl.lit(funnel.unit),
        definition=pl.lit(definition),
    ).select(pl.col(name).cast(kind) for name, kind in FUNNEL_COLUMNS.items())


def empty_funnel() -> pl.DataFrame:
    """`mart.funnel` without a row."""
    return pl.DataFrame(schema=FUNNEL_COLUMNS)


def _ungrouped(timed: pl.DataFrame) -> pl.DataFrame:
    return timed.with_columns(pl.lit(WHOLE).alias(GROUP))


def _broken_down(timed: pl.DataFrame, funnel: Funnel, *, segment: str, origin: str, top: int) -> pl.DataFrame:
    if origin == "step":
        return _by_step_value(timed, funnel, segment=segment, top=top)
    place = pl.col("step_at").list.arg_min() if origin == "first" else _last_place()
    valued = timed.with_columns(_value(segment, place).alias(GROUP))
    return _by_value(_folded(valued, GROUP, top), funnel, segment=segment)


def _last_place() -> pl.Expr:
    """The place in the lists of the last matched step, in time; of equal times the later step."""
    return pl.col("step_at").list.len() - 1 - pl.col("step_at").list.reverse().list.arg_max()


def _value(segment: str, place: pl.Expr) -> pl.Expr:
    return pl.col(segment).list.get(place, null_on_oob=True).cast(pl.String).fill_null(UNKNOWN)


def _folded(valued: pl.DataFrame, column: str, top: int) -> pl.DataFrame:
    """All but the most frequent values become `other`; ties by name."""
    counts = valued.group_by(column).len().sort("len", column, descending=[True, False])
    kept = counts[column].head(top).to_list()
    value = pl.col(column)
    return valued.with_columns(pl.when(value.is_in(kept)).then(value).otherwise(pl.lit(OTHER)).alias(column))


def _by_value(valued: pl.DataFrame, funnel: Funnel, *, segment: str) -> pl.DataFrame:
    """The rows of one segment whose value is a fact of the attempt."""
    steps = rungs(funnel)
    curves = {rung.reached: _curve(valued, rung) for rung in steps}
    parts = []
    for rung in steps:
        way = _curve(valued, rung, pl.col(rung.before).is_not_null()) if funnel.is_open and rung.before else None
        taken = curves[rung.reached] if way is None else way
        rows = (
            _counts(valued, rung)
            .join(_share(valued, taken, curves[rung.before or rung.reached], name="step"), on=GROUP, how="left")
            .join(_share(valued, curves[rung.reached], None, name="overall"), on=GROUP, how="left")
            .join(_waits(valued, rung), on=GROUP, how="left")
        )
        parts.append(_named(rows, rung, segment))
    return pl.concat(parts)


def _by_step_value(timed: pl.DataFrame, funnel: Funnel, *, segment: str, top: int) -> pl.DataFrame:
    """The rows of one segment whose value is that of the touchpoint that reached the required step before.

    Each value of each row has curves of its own over all attempts: getting to the step before *with that value*, and
    on from there. So nothing of what happened before is conditioned on what comes later.
    """
    steps = {rung.reached: rung for rung in rungs(funnel)}
    parts = []
    for rung in steps.values():
        place = _place_of(funnel, rung.before or rung.reached)
        valued = _folded(timed.with_columns(_value(segment, place).alias("value")), "value", top)
        is_here = pl.col(rung.before or rung.reached).is_not_null()
        for value in valued.filter(is_here)["value"].unique().sort().to_list():
            own = valued.with_columns(pl.lit(value).alias(GROUP))
            has_value = (pl.col("value") == value) & is_here
            before = _curve(own, steps[rung.before], has_value) if rung.before else _curve(own, rung, has_value)
            rows = (
                _counts(own.filter(has_value), rung)
                .join(_share(own, _curve(own, rung, has_value), before, name="step"), on=GROUP, how="left")
                .join(_waits(own.filter(has_value), rung), on=GROUP, how="left")
                .with_columns(overall_share=pl.lit(None, pl.Float64), overall_variance=pl.lit(None, pl.Float64))
            )
            parts.append(_named(rows, rung, segment))
    return pl.concat(parts) if parts else _by_value(_ungrouped(timed.clear()), funnel, segment=segment)


def _place_of(funnel: Funnel, column: str) -> pl.Expr:
    """The place in the lists of the touchpoint that reached a step; in free order the k-th in time."""
    place = next(rung.number for rung in rungs(funnel) if rung.reached == column) - 1
    if is_free(funnel):
        return pl.col("step_at").list.eval(pl.element().arg_sort(nulls_last=True)).list.get(place, null_on_oob=True)
    return pl.lit(place)


def _named(rows: pl.DataFrame, rung: Rung, segment: str) -> pl.DataFrame:
    return rows.with_columns(
        segment=pl.lit(segment),
        step_number=pl.lit(rung.number),
        step=pl.lit(rung.name),
        is_optional=pl.lit(rung.is_optional),
        is_first=pl.lit(rung.before is None),
    ).select(*_ROW)


_ROW: Final = (
    "segment", GROUP, "step_number", "step", "is_optional", "is_first", "entry_count", "entered_count",
    "advanced_count", "dropped_count", "open_count", "started_count", "observed_count", "observed_advanced_count",
    "unknown_count", "followed_count", "step_share", "step_variance", "overall_share", "overall_variance",
    *PERCENTILES, "at_risk_count",
)  # fmt: skip


def _curve(valued: pl.DataFrame, rung: Rung, reached: pl.Expr | None = None) -> pl.DataFrame:
    return incidence(valued.select("entry", GROUP, *outcome_of(rung, reached=reached)))


def _share(valued: pl.DataFrame, reached: pl.DataFrame, before: pl.DataFrame | None, *, name: str) -> pl.DataFrame:
    found = shares(reached, before, valued.select("entry", "customer_id"))
    return found.rename({"share": f"{name}_share", "variance": f"{name}_variance"})


def _counts(valued: pl.DataFrame, rung: Rung) -> pl.DataFrame:
    """Attempts of each value by state, and those whose window is over. Of the first step, all that began there."""
    got_there = pl.col(rung.reached).is_not_null()
    was_before = got_there if rung.before is None else pl.col(rung.before).is_not_null()
    stopped = pl.min_horizontal(END, *rung.after).is_not_null()
    is_over = pl.col("until_now_us") >= pl.col("window_us")
    return valued.group_by(GROUP).agg(
        entry_count=pl.len(),
        entered_count=was_before.sum(),
        advanced_count=(was_before & got_there).sum(),
        dropped_count=(was_before & ~got_there & stopped).sum(),
        open_count=(was_before & ~got_there & ~stopped).sum(),
        started_count=(got_there & ~was_before).sum(),
        observed_count=(was_before & is_over).sum(),
        observed_advanced_count=(was_before & got_there & is_over).sum(),
        unknown_count=(~got_there & ~stopped).sum(),
        followed_count=(pl.col(UNTIL_NOW) >= 0.9 * pl.col("window_us")).sum(),
    )


def _waits(valued: pl.DataFrame, rung: Rung) -> pl.DataFrame:
    """Percentiles of the time from the required step before, of those who take the step; see `funnel_steps`."""
    if rung.before is None:
        return pl.DataFrame(schema={GROUP: pl.String} | _WAITS)
    waiting = valued.filter(pl.col(rung.before).is_not_null())
    timed = waiting.select("entry", GROUP, *outcome_of(rung, reached=None, since=rung.before)).sort(
        "duration_us", pl.col("outcome") == "open", "outcome", "entry"
    )
    events = cumulative_incidence(timed, group=[GROUP]).filter(pl.col("outcome") == "advanced")
    so_far = pl.col("step").cum_sum().over(GROUP)
    whole = pl.col("step").sum().over(GROUP)
    risen = events.with_columns(part=so_far / whole + _CERTAIN)
    found = risen.select(GROUP).unique()
    for name, part in PERCENTILES.items():
        found = found.join(_percentile(risen, name, part), on=GROUP, how="left")
    return found


def _percentile(risen: pl.DataFrame, name: str, part: float) -> pl.DataFrame:
    first = risen.filter(pl.col("part") >= part).group_by(GROUP, maintain_order=True).first()
    waiting = [pl.col("at_risk").cast(pl.Int64).alias("at_risk_count")] if part == 0.5 else []  # noqa: PLR2004
    return first.select(GROUP, (pl.col("duration_us") / 1e6).alias(name), *waiting)


def _told(rows: pl.DataFrame, funnel: Funnel, *, minimum_count: int) -> pl.DataFrame:
    """Add the shares that rest on enough, their intervals, and the note where they do not."""
    order = ["segment", "segment_value", "step_number"]
    is_told = (pl.col("unknown_count") == 0) | (pl.col("followed_count") >= MINIMUM_FOLLOWED)
    note = pl.when(~is_told).then(pl.lit(TOO_FEW_FOLLOWED))
    if funnel.entry == "best":
        is_told, note = pl.lit(False), pl.lit(BEST_IS_CHOSEN)
    return (
        rows.sort(pl.col("segment") != WHOLE, *order)
        .with_columns(estimate_note=note, is_told=is_told)
        .with_columns(overall_share="overall_share" if funnel.is_open else _never_more("overall_share"))
        .pipe(_with_observed)
        .with_columns(resolved_count=pl.col("advanced_count") + pl.col("dropped_count"))
        .with_columns(settled_count=pl.col("entry_count") - pl.col("unknown_count"))
        .pipe(_with_estimate, of="step", at_most="entered_count", resolved="resolved_count", into="estimated")
        .pipe(_with_estimate, of="overall", at_most="entry_count", resolved="settled_count", into="overall")
        .with_columns(
            is_ranked=(pl.col("entered_count") >= minimum_count) & pl.col("estimated_step_share").is_not_null()
        )
    )


def _never_more(name: str) -> pl.Expr:
    """Of what is reached one after the other, no later share is larger, which separate curves do not promise."""
    chain = pl.when(~pl.col("is_optional")).then(name).cum_min().forward_fill()
    return pl.min_horizontal(name, chain.over("segment", "segment_value"))


def _with_observed(rows: pl.DataFrame) -> pl.DataFrame:
    count = pl.col("observed_count")
    share = pl.when(count > 0).then(pl.col("observed_advanced_count") / count)
    is_given = pl.col("is_first") & (count > 0)
    ends = (wilson_low(share, count), wilson_high(share, count))
    low, high = (pl.when(is_given).then(1.0).otherwise(end) for end in ends)
    return rows.with_columns(observed_step_share=share, observed_low_share=low, observed_high_share=high)


def _with_estimate(rows: pl.DataFrame, *, of: str, at_most: str, resolved: str, into: str) -> pl.DataFrame:
    """`{into}_low_share` and `{into}_high_share` of `{of}_share`; all of the first step get there, by definition."""
    share, low, high = f"{of}_share", f"{into}_low_share", f"{into}_high_share"
    bounded = with_interval(
        rows, share=share, variance=f"{of}_variance", at_most=at_most, resolved=resolved, low=low, high=high
    )
    target = "estimated_step_share" if of == "step" else share
    is_given = pl.col("is_first") & (pl.col(share) > 1 - _CERTAIN)
    return bounded.with_columns(
        pl.when(is_given).then(1.0).otherwise(name).alias(name) for name in (share, low, high)
    ).with_columns(
        pl.when("is_told").then(name).alias(target if name == share else name) for name in (share, low, high)
    )
