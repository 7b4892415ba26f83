"""The table of opportunities: what may be compared, what is ranked, and why not where it is not. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import polars as pl

from journey_analytics.contract import UNKNOWN
from journey_analytics.instants import naive
from journey_analytics.opportunity.gains import BARRIER, SEGMENT, Parts, Purchase, gains
from journey_analytics.opportunity.goal import OPEN_ENDED, goal_shares
from journey_analytics.opportunity.overlaps import overlaps
from journey_analytics.opportunity.pooling import with_variance

SPAN_DAYS: Final = 90
"""Entrants per month are those of so many days before T."""

_NAMELESS: Final = (UNKNOWN, "other")
_TOLD_OVERLAP: Final = 0.5
_HELD_UP: Final = 0.5
_LEARNT_LATE: Final = 0.1
_NEARLY_ALL: Final = 0.8


def opportunities(
    visits: pl.DataFrame,
    dropoff: pl.DataFrame,
    reach: pl.DataFrame,
    *,
    cutoff: datetime,
    segments: Sequence[str],
    purchase: Purchase | None,
    minimum_count: int = 30,
) -> pl.DataFrame:
    """One row per barrier, that is stage × segment value, best first: what is won if it is lifted to its target.

    Args:
        visits: one row per journey and stage entered up to T, see `entrants`.
        dropoff: `dropoff.stage_dropoff` of these visits.
        reach: `stage_reach.stage_reach` of these visits.
        cutoff: T; a naive one is UTC.
        segments: columns of `visits` whose values can be barriers: not those that tell when a stage was entered.
        purchase: what one is worth; None where nobody knows.
        minimum_count: entrants below which a row is no target and not ranked.

    Returns:
        The columns of mart.opportunity; see its dictionary, and `gains` for the formula.
    """
    shares = _shares(visits, dropoff, columns=segments)
    days = _span_days(visits, cutoff)
    parts = Parts(
        advance=shares.select(*BARRIER, "share", "variance", "is_comparable"),
        goal=with_variance(goal_shares(reach, shares)),
        entrants=_entrances(visits, columns=segments, since=naive(cutoff) - timedelta(days=days)),
        days=days,
        purchase=purchase,
    )
    facts = shares.drop("share", "variance", "is_comparable", "low_share", "high_share")
    rows = gains(parts, open_ended=OPEN_ENDED).join(facts, on=[*BARRIER], how="left")
    noted = rows.with_columns(note=_note(minimum_count))
    return _ranked(noted, visits).pipe(_named, purchase=purchase, minimum_count=minimum_count)


def _shares(visits: pl.DataFrame, dropoff: pl.DataFrame, *, columns: Sequence[str]) -> pl.DataFrame:
    """The share that advances of every barrier, with its variance and whether it may set a target."""
    told = dropoff.filter(pl.col("segment").is_in(columns)).select(
        "as_of_on", *BARRIER, "entered_count", "estimate_note",
        is_counted="is_ranked",
        share=1 - pl.col("estimated_dropoff_share"),
        low_share=1 - pl.col("estimated_high_share"),
        high_share=1 - pl.col("estimated_low_share"),
    )  # fmt: skip
    instant = told.join(_at_once(visits, columns=columns), on=[*BARRIER], how="left")
    marked = instant.with_columns(
        is_nameless=pl.col("segment_value").is_in(_NAMELESS),
        is_held_up=pl.col("at_once_share").fill_null(0.0) < _HELD_UP,
    )
    is_comparable = pl.col("is_counted") & ~pl.col("is_nameless") & pl.col("is_held_up")
    compared = with_variance(marked).with_columns(is_comparable=is_comparable)
    marks = {"is_learnt_late": _is_learnt_late().over(SEGMENT), "is_nearly_all": _is_nearly_all().over(SEGMENT)}
    return compared.with_columns(**marks).drop("at_once_share", "is_counted")


def _at_once(visits: pl.DataFrame, *, columns: Sequence[str]) -> pl.DataFrame:
    """Of those who advance, the share that entered by what advanced them: a purchase at the till was never held up."""
    is_advance = pl.col("outcome") == "advanced"
    share = (is_advance & (pl.col("duration_us") <= 0)).sum() / is_advance.sum()
    return _by_barrier(visits, pl.when(is_advance.any()).then(share).alias("at_once_share"), columns=columns)


def _is_learnt_late() -> pl.Expr:
    """Whether the column is mostly known of those who went on: then its shares tell who is known, not who advances."""
    is_unknown = pl.col("segment_value") == UNKNOWN
    entered = pl.col("entered_count")
    weight = entered.filter(is_unknown).sum() / entered.sum()
    worst = pl.col("low_share").filter(pl.col("is_comparable")).min()
    is_below = pl.col("high_share").filter(is_unknown).first() < worst
    return ((weight >= _LEARNT_LATE) & is_below).fill_null(value=False)


def _is_nearly_all() -> pl.Expr:
    """Whether the value is that of most entrants: lifting it to the few others' level is lifting the whole stage."""
    named = pl.when(~pl.col("is_nameless")).then("entered_count").otherwise(0)
    return pl.col("entered_count") > _NEARLY_ALL * named.sum()


def _entrances(visits: pl.DataFrame, *, columns: Sequence[str], since: datetime) -> pl.DataFrame:
    is_recent = pl.col("entered_at") >= pl.lit(since).cast(pl.Datetime("us"))
    return _by_barrier(visits, is_recent.sum().cast(pl.Int64).alias("recent_count"), columns=columns)


def _by_barrier(visits: pl.DataFrame, figure: pl.Expr, *, columns: Sequence[str]) -> pl.DataFrame:
    """A figure of every barrier; the last part is empty and gives the columns where there is no segment."""
    parts = [(name, visits) for name in columns]
    return pl.concat(
        rows.group_by("stage", segment_value=pl.col(name).cast(pl.String).fill_null(UNKNOWN))
        .agg(figure)
        .with_columns(segment=pl.lit(name))
        for name, rows in [*parts, ("stage", visits.clear())]
    )


def _span_days(visits: pl.DataFrame, cutoff: datetime) -> float:
    """The days before T in which entrants are counted: fewer where the first stage was entered later, one at least."""
    first = visits["entered_at"].min()
    seen = (naive(cutoff) - first).total_seconds() / 86_400 if isinstance(first, datetime) else SPAN_DAYS
    return min(float(SPAN_DAYS), max(1.0, seen))


def _note(minimum_count: int) -> pl.Expr:
    """Why a row is not ranked; null where it is."""
    few = f"fewer than {minimum_count} entrants"
    return (
        pl.when("is_nameless").then(pl.lit("no segment that anybody could work on"))
        .when(pl.col("entered_count") < minimum_count).then(pl.lit(few))
        .when(pl.col("share").is_null()).then("estimate_note")
        .when(~pl.col("is_held_up")).then(pl.lit("most who advance enter by the purchase itself: nobody is held up"))
        .when("is_learnt_late").then(pl.lit("mostly known of those who go on: the share says who is known"))
        .when("is_nearly_all").then(pl.lit("nearly all entrants of the stage: too few others to set a level"))
        .when(pl.col("level").is_null()).then(pl.lit(f"nothing to compare with: every other value has {few}"))
        .when(pl.col("goal").is_null()).then(pl.lit("not told yet how many purchase once the next stage is reached"))
        .when(pl.col("customers") <= 0).then(pl.lit("already at the level of comparable segments"))
    )  # fmt: skip


def _ranked(rows: pl.DataFrame, visits: pl.DataFrame) -> pl.DataFrame:
    """Best first, with `place`; a barrier that is the same journeys as a better one has none.

    All purchases have the same worth, so the order by customers is the order by money.
    """
    ordered = rows.sort("customers", *BARRIER, descending=[True, False, False, False], nulls_last=True)
    ranking = ordered.filter(pl.col("note").is_null()).select(*BARRIER).rows()
    marked = ordered.join(overlaps(visits, ranking), on=[*BARRIER], how="left", maintain_order="left")
    better = pl.concat_str("overlap_segment", pl.lit(" "), "overlap_value")
    is_same = pl.col("is_same").fill_null(value=False)
    is_ranked = pl.col("note").is_null() & ~is_same
    share = (100 * pl.col("overlap_share")).round(0).cast(pl.Int64)
    remark = (
        pl.when(is_same).then(pl.concat_str(pl.lit("the same journeys as "), better))
        .when(pl.col("overlap_share") >= _TOLD_OVERLAP)
        .then(pl.concat_str(share, pl.lit(" % of its entrants are also of "), better, pl.lit(": not to be added up")))
    )  # fmt: skip
    place = pl.when(is_ranked).then(is_ranked.cum_sum().cast(pl.Int64))
    return marked.with_columns(is_ranked=is_ranked, place=place, note=pl.coalesce("note", remark)).sort(
        "place", maintain_order=True, nulls_last=True
    )


def _named(rows: pl.DataFrame, *, purchase: Purchase | None, minimum_count: int) -> pl.DataFrame:
    """The columns of mart.opportunity in their order."""
    source = pl.format(
        "upper quartile of {} other values of {} with at least {} entrants",
        "other_count", "segment", pl.lit(minimum_count),
    )  # fmt: skip
    return rows.select(
        "as_of_on", "place", *BARRIER, "entered_count",
        entrants_per_month="rate",
        estimated_advance_share="share",
        present_advance_share="present",
        present_low_share="present_low",
        present_high_share="present_high",
        target_advance_share="level",
        target_source=pl.when(pl.col("level").is_not_null()).then(source),
        comparable_count="other_count",
        goal_share="goal",
        amount_per_purchase=pl.lit(None if purchase is None else purchase.amount, pl.Float64),
        currency=pl.lit(None if purchase is None else purchase.currency, pl.String),
        customers_per_month="customers",
        customers_low_per_month="customers_low",
        customers_high_per_month="customers_high",
        amount_per_month="amount",
        amount_low_per_month="amount_low",
        amount_high_per_month="amount_high",
        is_ranked="is_ranked",
        overlap_segment="overlap_segment",
        overlap_value="overlap_value",
        overlap_share="overlap_share",
        note=_with_left_out(purchase),
    )  # fmt: skip


def _with_left_out(purchase: Purchase | None) -> pl.Expr:
    """The note; where a row has an amount, with how many purchases that leaves out."""
    if purchase is None or not purchase.other_currency_count:
        return pl.col("note")
    said = pl.lit(f"amounts leave out purchases in other currencies: {purchase.other_currency_count:,}")
    noted = pl.concat_str("note", said, separator="; ", ignore_nulls=True)
    return pl.when(pl.col("amount").is_null()).then("note").otherwise(noted)
