"""What depends on the order of a customer's touchpoints: sessions, stages, journeys, stage visits.

Pure: Polars frames in, Polars frames out. One sort, then shifts, fills and cumulative sums; no database, no loop over
rows or customers. Customers do not see each other, so any split by customer gives the same rows.
"""

from journey_analytics.sequence.kernel import Sequence, build_sequence
from journey_analytics.sequence.learning import Learnt, learn, learnt_rules, learnt_until
from journey_analytics.sequence.rules import Rules, StageRule, read_rules

__all__ = [
    "Learnt",
    "Rules",
    "Sequence",
    "StageRule",
    "build_sequence",
    "learn",
    "learnt_rules",
    "learnt_until",
    "read_rules",
]
