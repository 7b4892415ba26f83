"""The table of credits: every model beside the others, with intervals."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import polars as pl

from journey_analytics.attribution.following import followed
from journey_analytics.attribution.models import EXTRA_MODELS, FOR_CHANNELS, MODELS
from journey_analytics.attribution.paths import CONVERTED, NONE, OTHER, Paths
from journey_analytics.attribution.resampling import REPLICATES, Tallies, interval
from journey_analytics.attribution.rules import DIRECT, UNIT, rule_credits, rule_names
from journey_analytics.attribution.shares import Shares, markov_shares, shapley_shares

AMOUNT_UNIT: Final = 10_000
"""Amounts are whole ten-thousandths: what the warehouse keeps of them, and exact in any order."""

SCHEMA: Final = {
    "as_of_on": pl.Date,
    "model": pl.String,
    "dimension": pl.String,
    "touchpoint": pl.String,
    "conversion_count": pl.Int64,
    "touched_count": pl.Int64,
    "conversion_credit": pl.Float64,
    "credit_low": pl.Float64,
    "credit_high": pl.Float64,
    "credit_share": pl.Float64,
    "amount_credit": pl.Float64,
    "amount_low": pl.Float64,
    "amount_high": pl.Float64,
    "currency": pl.String,
    "lookback_days": pl.Int64,
    "is_ranked": pl.Boolean,
    "note": pl.String,
}


_NOTHING: Final = [0.0] * (1 + REPLICATES)


@dataclass(frozen=True)
class Scope:
    """What is said of every row.

    Attributes:
        dimension: the column whose values get the credit.
        as_of_on: the last day that T covers.
        lookback_days: how long before the conversion, or the journey's end, a touch counts.
        minimum_count: conversions with a touch below which a row is not ranked.
        currency: of the amounts, that of `core.leading_currency`; None where no conversion has one.
        other_currency_count: conversions whose amount is missing or in another currency.
    """

    dimension: str
    as_of_on: date
    lookback_days: int
    minimum_count: int
    currency: str | None = None
    other_currency_count: int = 0


@dataclass(frozen=True)
class Credit:
    """What one model gives to one value: credits and amounts of the data, then of each replicate."""

    model: str
    name: str
    touched_count: int
    conversions: list[float]
    amounts: list[float]
    folded: int = 0


def attribution(paths: Paths, *, scope: Scope) -> pl.DataFrame:
    """One row per model and value: its credit for the conversions, with a 95 % interval.

    In every model the credits of a dimension sum to the conversions, and the amounts to those in the leading currency:
    converted journeys without a touch in the look-back give theirs to 'none'. Rules share each conversion; `markov`
    and `shapley` share the conversions that had a touch, and their amounts, by one set of shares. Open journeys are
    censored (see `followed`), not failures.

    Intervals: percentiles of 200 resamples of 200 groups of customers, which also vary the number of conversions.

    Args:
        paths: journeys and touches, see `paths`.
        scope: what stands in every row.

    Returns:
        The columns of `SCHEMA`, in the order of the models, then by touchpoint.
    """
    converted = paths.journeys.filter(pl.col("outcome") == CONVERTED)
    untouched = converted.join(paths.touches, on="journey", how="anti")
    follows, is_channel = followed(paths), scope.dimension == "channel"
    given = [
        *_rule_credits(paths, converted, is_channel=is_channel),
        *_shared_credits("markov", markov_shares(paths, follows), converted),
        *_shared_credits("shapley", shapley_shares(paths, follows), converted),
    ]
    models = [model for model in (*MODELS, *EXTRA_MODELS) if is_channel or model not in FOR_CHANNELS]
    given += [_nobody(model, untouched) for model in models if untouched.height]
    given.sort(key=lambda credit: (models.index(credit.model), credit.name))
    rows = [_row(credit, scope=scope, conversion_count=converted.height) for credit in given]
    return pl.DataFrame(rows, schema=SCHEMA)


def _rule_credits(paths: Paths, converted: pl.DataFrame, *, is_channel: bool) -> Iterator[Credit]:
    direct = None
    if is_channel:
        direct = paths.names.index(DIRECT) if DIRECT in paths.names else -1
    touches = paths.touches.join(
        converted.select("journey", "resolved_us", "amount"), on="journey", maintain_order="left"
    )
    credited = rule_credits(touches, direct=direct).join(converted.select("journey", "bucket"), on="journey")
    counts = _touched_counts(paths, converted)
    for rule in rule_names(direct=direct):
        conversions = Tallies(credited, key=("touchpoint",), unit=pl.col(rule).sum()).in_units(UNIT)
        amounts = Tallies(credited, key=("touchpoint",), unit=pl.col(f"{rule}_amount").sum()).in_units(AMOUNT_UNIT)
        for number, name in enumerate(paths.names):
            yield Credit(
                model=rule,
                name=name,
                touched_count=counts.get(number, 0),
                conversions=conversions.get((number,), _NOTHING),
                amounts=amounts.get((number,), _NOTHING),
                folded=paths.folded,
            )


def _shared_credits(model: str, shares: Shares, converted: pl.DataFrame) -> Iterator[Credit]:
    touched = converted.join(shares.paths.touches, on="journey", how="semi")
    conversions, amounts = _totals(touched)
    counts = _touched_counts(shares.paths, converted)
    for number, name in enumerate(shares.paths.names):
        of_value = [row[number] for row in shares.by_resample]
        yield Credit(
            model=model,
            name=name,
            touched_count=counts.get(number, 0),
            conversions=[share * total for share, total in zip(of_value, conversions, strict=True)],
            amounts=[share * total for share, total in zip(of_value, amounts, strict=True)],
            folded=shares.paths.folded,
        )


def _nobody(model: str, untouched: pl.DataFrame) -> Credit:
    conversions, amounts = _totals(untouched)
    return Credit(model, NONE, touched_count=0, conversions=conversions, amounts=amounts)


def _totals(journeys: pl.DataFrame) -> tuple[list[float], list[float]]:
    """Conversions and amounts in every resample."""
    counts = Tallies(journeys, key=(), unit=pl.len()).in_units(1)
    amounts = Tallies(journeys, key=(), unit=pl.col("amount").sum()).in_units(AMOUNT_UNIT)
    return counts.get((), _NOTHING), amounts.get((), _NOTHING)


def _touched_counts(paths: Paths, converted: pl.DataFrame) -> dict[int, int]:
    """Converted journeys with a touch of each value."""
    touches = paths.touches.join(converted.select("journey"), on="journey", how="semi")
    counts = touches.group_by("touchpoint").agg(pl.col("journey").n_unique().cast(pl.Int64))
    return dict(counts.iter_rows())


def _row(credit: Credit, *, scope: Scope, conversion_count: int) -> dict[str, Any]:
    low, high = interval(credit.conversions)
    amount_low, amount_high = interval(credit.amounts)
    has_amount = scope.currency is not None
    return {
        "as_of_on": scope.as_of_on,
        "model": credit.model,
        "dimension": scope.dimension,
        "touchpoint": credit.name,
        "conversion_count": conversion_count,
        "touched_count": credit.touched_count,
        "conversion_credit": credit.conversions[0],
        "credit_low": low,
        "credit_high": high,
        "credit_share": credit.conversions[0] / conversion_count if conversion_count else None,
        "amount_credit": credit.amounts[0] if has_amount else None,
        "amount_low": amount_low if has_amount else None,
        "amount_high": amount_high if has_amount else None,
        "currency": scope.currency,
        "lookback_days": scope.lookback_days,
        "is_ranked": credit.touched_count >= scope.minimum_count,
        "note": "; ".join(_notes(credit, scope)) or None,
    }


def _notes(credit: Credit, scope: Scope) -> Iterator[str]:
    if credit.name == NONE:
        yield f"conversions without a touch in the {scope.lookback_days} days before"
    if credit.name == OTHER and credit.folded:
        yield f"{credit.folded} values with fewer journeys, together"
    if credit.conversions[0] < 0:
        yield "negative: journeys convert less often in its company than without it"
    if scope.currency is not None and scope.other_currency_count:
        yield f"amounts leave out {scope.other_currency_count} conversions without an amount in {scope.currency}"
