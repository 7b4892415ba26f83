"""Whether a stated confidence is the share that is right.

The expected calibration error is that of Naeini, Cooper and Hauskrecht (2015, "Obtaining well calibrated probabilities
using Bayesian binning", AAAI): ten bins of equal width over 0–1, in each the distance of the mean confidence from the
measured accuracy, and the mean of the distances, weighted by how much lies in each bin. A bin holds its lower end; the
last one holds both. Rules that are too sure and rules that are too careful can cancel out within a bin, so the same
mean over the rules, each one by itself, stands beside it: it is never smaller where a rule states one confidence.
"""

from dataclasses import dataclass

import polars as pl

from journey_analytics.contract import UNKNOWN
from journey_analytics.evaluate.observed import Observed
from journey_analytics.evaluate.pairs import ratio
from journey_analytics.evaluate.truth import EVENT_KEY

BIN_COUNT = 10


@dataclass(frozen=True)
class Reliability:
    """What is stated, and what is measured, over the touchpoints or links of one bin or rule.

    Attributes:
        name: the bin, such as `0.9–1.0`, or the rule's id.
        count: touchpoints or links.
        confidence: mean of what was stated, 0–1.
        accuracy: the share that is right, 0–1.
    """

    name: str
    count: int
    confidence: float
    accuracy: float

    @property
    def cost(self) -> float:
        """What it adds to the calibration error, before the division by everything that was judged."""
        return self.count * abs(self.confidence - self.accuracy)


@dataclass(frozen=True)
class Calibration:
    """How far to trust a confidence.

    Attributes:
        error: the expected calibration error over `bins`, 0–1; None when there was nothing to judge.
        rule_error: the same over `rules`.
        count: touchpoints or links judged.
        bins: bins that are not empty, ascending.
        rules: every rule, the most used first; ties by name.
    """

    error: float | None
    rule_error: float | None
    count: int
    bins: tuple[Reliability, ...]
    rules: tuple[Reliability, ...]


def stage_calibration(judged: pl.DataFrame) -> Calibration:
    """`stage_confidence` of the touchpoints with a true stage that were placed in one: a touchpoint is right or not."""
    placed = judged.filter(pl.col("true_stage").is_not_null() & (pl.col("stage").fill_null(UNKNOWN) != UNKNOWN))
    is_right = pl.col("stage") == pl.col("true_stage")
    return _calibration(
        placed.select(rule="stage_rule", confidence="stage_confidence", accuracy=is_right.cast(pl.Float64))
    )


def link_calibration(judged: pl.DataFrame, observed: Observed) -> Calibration:
    """The confidence of `core.customer_identity`, every link counted once whatever its size.

    A link is right in the share of its touchpoints (those that carry the identity and were given to the customer)
    whose true customer is the one that most of the resolved customer's touchpoints belong to; ties go to the smaller
    id. Links without a judged touchpoint are not judged.
    """
    rows = judged.join(_majority(judged), on="customer_id")
    carried = rows.join(observed.identity.select(*EVENT_KEY, "identity").unique(), on=EVENT_KEY)
    is_right = pl.col("true_customer_id") == pl.col("majority_id")
    shares = carried.group_by("identity", "customer_id").agg(accuracy=is_right.mean())
    return _calibration(observed.link.join(shares, on=("identity", "customer_id")))


def _majority(judged: pl.DataFrame) -> pl.DataFrame:
    held = judged.group_by("customer_id", majority_id="true_customer_id").len()
    ranked = held.sort("customer_id", "len", "majority_id", descending=[False, True, False])
    return ranked.unique("customer_id", keep="first", maintain_order=True).drop("len")


def _calibration(rows: pl.DataFrame) -> Calibration:
    """From one row per touchpoint or link: rule, confidence, accuracy."""
    number = (pl.col("confidence") * BIN_COUNT + 1e-9).floor().clip(0, BIN_COUNT - 1).cast(pl.Int64)
    bins = _reliability(rows.with_columns(name=number)).sort("name")
    named = bins.with_columns(name=pl.col("name").map_elements(_bin_name, return_dtype=pl.String))
    rules = _reliability(rows.rename({"rule": "name"})).sort("count", "name", descending=[True, False])
    return Calibration(
        error=_error(bins),
        rule_error=_error(rules),
        count=rows.height,
        bins=tuple(Reliability(**row) for row in named.iter_rows(named=True)),
        rules=tuple(Reliability(**row) for row in rules.iter_rows(named=True)),
    )


def _reliability(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.group_by("name").agg(
        count=pl.len().cast(pl.Int64), confidence=pl.col("confidence").mean(), accuracy=pl.col("accuracy").mean()
    )


def _bin_name(number: int) -> str:
    return f"{number / BIN_COUNT:.1f}–{(number + 1) / BIN_COUNT:.1f}"


def _error(groups: pl.DataFrame) -> float | None:
    distance = (pl.col("confidence") - pl.col("accuracy")).abs() * pl.col("count")
    return ratio(groups.select(distance.sum()).item(), int(groups["count"].sum()))
