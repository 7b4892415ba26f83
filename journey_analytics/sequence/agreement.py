"""Whether topics tell needs apart: do a customer's neighbouring sessions agree on their topic more than chance would?

Cohen's kappa (J. Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological Measurement 20,
1960): (observed − expected) / (1 − expected) agreement, where expected is what two unrelated sessions would reach.
"""

from dataclasses import dataclass
from typing import Final

import polars as pl

LEAST_PAIRS: Final = 200
LEAST_AGREEMENT: Final = 0.4
"""Needs that alternate lower the agreement, although it is there that topics are needed most: it is 0.99 in a simulated
world without overlap, 0.72 where nearly half of the journeys overlap another, 0.49 where four of five do, and 0 for
topics drawn at random."""

TOPIC: Final = "topic"
TOPIC_OF: Final = "topic of "
"""The signal `topic of <source>`: whether the topics of a source are those of the others."""

SIGNAL_SCHEMA: Final = {
    "signal": pl.String, "pair_count": pl.Int64, "same_count": pl.Int64, "expected_share": pl.Float64,
    "agreement": pl.Float64, "is_used": pl.Boolean, "reason": pl.String,
}  # fmt: skip
"""`core.need_signal`. For topics: pairs of sessions, those about the same, the share that chance would make the same,
and kappa. For `arrival by …` (see `arrivals`): its visits in the middle of a need, those that something new follows,
the share that is usual, and the estimated share that begins a need."""


@dataclass(frozen=True)
class Agreement:
    """How often neighbouring sessions are about the same.

    Attributes:
        pair_count: neighbouring sessions with a topic, near enough, and nothing between them that ended a need.
        same_count: of those, with the same topic.
        expected_share: of those, as many would be the same if topics were drawn at random; null without pairs.
    """

    pair_count: int
    same_count: int
    expected_share: float | None

    @property
    def kappa(self) -> float | None:
        """From below 0 (less than chance) to 1 (always the same); null without pairs or with one topic only."""
        if self.expected_share is None or self.expected_share >= 1:
            return None
        return (self.same_count / self.pair_count - self.expected_share) / (1 - self.expected_share)

    @property
    def is_enough(self) -> bool:
        """Whether topics tell needs apart."""
        return self.pair_count >= LEAST_PAIRS and self.kappa is not None and self.kappa >= LEAST_AGREEMENT


def topic_agreement(sessions: pl.DataFrame, *, of_source: str | None = None) -> Agreement:
    """Measure it on the sessions that carry a topic themselves.

    Args:
        sessions: see `threads.session_topics`; a pair lies in one chain.
        of_source: only the pairs of a session of this source with one of another.
    """
    told = sessions.filter(pl.col("topic").is_not_null())
    is_pair = pl.col("chain") == pl.col("chain").shift(1)
    if of_source is not None:
        is_of = pl.col("source") == of_source
        is_pair &= is_of != is_of.shift(1)
    paired = told.select("topic", previous=pl.when(is_pair).then(pl.col("topic").shift(1)))
    pairs = paired.filter(pl.col("previous").is_not_null())
    if pairs.is_empty():
        return Agreement(0, 0, None)
    counts = [pairs.group_by(pl.col(name).alias("name")).agg(pl.len().alias(name)) for name in ("previous", "topic")]
    expected = counts[0].join(counts[1], on="name").select((pl.col("previous") * pl.col("topic").cast(pl.Int64)).sum())
    same = pairs.select((pl.col("previous") == pl.col("topic")).sum()).item()
    return Agreement(len(pairs), int(same), expected.item() / len(pairs) ** 2)


def source_agreements(sessions: pl.DataFrame) -> dict[str, Agreement]:
    """Whether sources call the same thing the same: each with those before it whose topics are comparable.

    The source with the most sessions with a topic is the measure of the others, which follow by that number, then by
    name; it is not in the result. A source that does not agree is no measure of those after it.
    """
    told = sessions.filter(pl.col("topic").is_not_null())
    ranked = told.group_by("source").len().sort("len", "source", descending=[True, False])["source"].to_list()
    comparable, found = ranked[:1], {}
    for source in ranked[1:]:
        both = told.filter(pl.col("source").is_in([*comparable, source]))
        found[source] = topic_agreement(both, of_source=source)
        comparable += [source] * found[source].is_enough
    return found


def signal_row(signal: str, found: Agreement, *, is_used: bool, reason: str) -> pl.DataFrame:
    """One row of `core.need_signal`."""
    row = (signal, found.pair_count, found.same_count, found.expected_share, found.kappa, is_used, reason)
    return pl.DataFrame([row], schema=SIGNAL_SCHEMA, orient="row")
