"""How well touchpoints were joined to customers."""

from dataclasses import dataclass

import polars as pl

from journey_analytics.evaluate.observed import Observed
from journey_analytics.evaluate.pairs import Agreement, pair_count, pair_score, ratio
from journey_analytics.evaluate.truth import EVENT_KEY, Truth

PURE_SHARE = 0.99
"""A resolved customer is *pure* when at least this share of its touchpoints is one true customer's."""

WHOLE_SHARE = 0.95
"""… and *whole* when it holds at least this share of the touchpoints of that customer's largest part."""


@dataclass(frozen=True)
class IdentityScore:
    """Agreement of resolved with true customers, over pairs of touchpoints that the run kept and the truth knows.

    Attributes:
        pairs: precision = pairs of one resolved customer that are one true customer's; recall = pairs of one true
            customer that were joined.
        ceiling_share: share of the true pairs that any observer could join (see `ceiling`); the most recall can be.
        joined_of_ceiling_share: of the pairs that could be joined, the share that was.
        touchpoint_count: touchpoints judged.
        customer_count, resolved_customer_count: true customers, and customers the run made of them.
        unresolvable_customer_count: true customers in several parts that no link in the data joins.
        bot_count: bots in the truth; not judged.
        kept_bot_count: bots that the run kept as touchpoints; not judged.
        set_aside_count: events the run set aside; not judged.
        set_aside_person_count: of those, how many were a person's touchpoints.
        unmatched_count: touchpoints of the run that the truth does not know; not judged.
        missing_count: people's touchpoints that the run neither kept nor set aside: refused, or lost.
    """

    pairs: Agreement
    ceiling_share: float | None
    joined_of_ceiling_share: float | None
    touchpoint_count: int
    customer_count: int
    resolved_customer_count: int
    unresolvable_customer_count: int
    bot_count: int
    kept_bot_count: int
    set_aside_count: int
    set_aside_person_count: int
    unmatched_count: int
    missing_count: int


def judged_touchpoints(observed: Observed, truth: Truth, parts: pl.DataFrame) -> pl.DataFrame:
    """The touchpoints that are judged: kept by the run, known to the truth, no bots.

    Returns:
        The columns of `Observed.touchpoint`, true_customer_id, true_journey_id, true_stage, part_id and is_main.
    """
    person = truth.event.filter(~pl.col("is_bot")).select(
        *EVENT_KEY,
        true_customer_id="customer_id",
        true_journey_id="journey_id",
        true_stage="stage",
    )
    return observed.touchpoint.join(person, on=EVENT_KEY).join(parts, on=EVENT_KEY)


def identity_score(judged: pl.DataFrame, observed: Observed, truth: Truth) -> IdentityScore:
    """Score the customers of `judged_touchpoints`."""
    pairs = pair_score(judged, predicted="customer_id", true="true_customer_id")
    joinable_count = pair_count(judged, by=["part_id"])
    joined_count = pair_count(judged, by=["part_id", "customer_id"])
    part_count = judged.group_by("true_customer_id").agg(pl.col("part_id").n_unique())["part_id"]
    bots = truth.event.filter("is_bot")
    people = truth.event.filter(~pl.col("is_bot"))
    return IdentityScore(
        pairs=pairs,
        ceiling_share=ratio(joinable_count, pairs.true_count),
        joined_of_ceiling_share=ratio(joined_count, joinable_count),
        touchpoint_count=judged.height,
        customer_count=part_count.len(),
        resolved_customer_count=judged["customer_id"].n_unique(),
        unresolvable_customer_count=int((part_count > 1).sum()),
        bot_count=bots.height,
        kept_bot_count=observed.touchpoint.join(bots, on=EVENT_KEY, how="semi").height,
        set_aside_count=observed.set_aside.height,
        set_aside_person_count=observed.set_aside.join(people, on=EVENT_KEY, how="semi").height,
        missing_count=people.join(_seen(observed), on=EVENT_KEY, how="anti").height,
        unmatched_count=observed.touchpoint.join(truth.event, on=EVENT_KEY, how="anti").height,
    )


def _seen(observed: Observed) -> pl.DataFrame:
    return pl.concat([observed.touchpoint.select(EVENT_KEY), observed.set_aside.select(EVENT_KEY)])


def rightly_resolved(judged: pl.DataFrame) -> pl.DataFrame:
    """The touchpoints of customers that were resolved as well as the data allows.

    A resolved customer is rightly resolved when it is pure (`PURE_SHARE`) and whole (`WHOLE_SHARE`). Wholeness is
    measured on the true customer's largest part, because nobody could join more; so at most one resolved customer
    stands for a true one. Ties between parts of a size go to the lower `part_id`.
    """
    largest = _largest_parts(judged)
    held = judged.group_by("customer_id", "true_customer_id").agg(held_count=pl.len())
    held = held.with_columns(total_count=pl.col("held_count").sum().over("customer_id"))
    in_part = judged.join(largest, on="part_id").group_by("customer_id", "true_customer_id", "part_count")
    right = (
        held.filter(pl.col("held_count") >= PURE_SHARE * pl.col("total_count"))
        .join(in_part.agg(whole_count=pl.len()), on=("customer_id", "true_customer_id"))
        .filter(pl.col("whole_count") >= WHOLE_SHARE * pl.col("part_count"))
    )
    return judged.join(right, on="customer_id", how="semi")


def _largest_parts(judged: pl.DataFrame) -> pl.DataFrame:
    sizes = judged.group_by("true_customer_id", "part_id").agg(part_count=pl.len())
    sizes = sizes.sort("true_customer_id", "part_count", "part_id", descending=[False, True, False])
    return sizes.unique("true_customer_id", keep="first", maintain_order=True).select("part_id", "part_count")
