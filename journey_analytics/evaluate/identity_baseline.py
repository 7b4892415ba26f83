"""What simpler rules would make of the same touchpoints: the last login of a device, and no assignment at all.

Both leave events with a strong identity as the run resolved them and differ in anonymous ones only. Both profit from
the run's own work: placeholders, quarantined devices and bots are left out for them too.

- *last login*: every anonymous event of a device is the customer's who logged in on it last, however long before or
  after, as warehouses do that keep one row per cookie. Of several devices in one event, the latest login counts; ties
  go to the lower identity number, then to the smaller customer id. A device without a login is a customer of its own.
- *strong only*: every device is a customer of its own, so nothing anonymous is assigned to anybody known.
"""

from dataclasses import dataclass

import polars as pl

from journey_analytics.evaluate.observed import Observed
from journey_analytics.evaluate.pairs import Agreement, pair_count, pair_score, ratio
from journey_analytics.evaluate.truth import EVENT_KEY

_RULES = {
    "last_login": pl.coalesce("last_login_customer_id", "device_customer_id", "customer_id"),
    "strong_only": pl.coalesce("device_customer_id", "customer_id"),
}


@dataclass(frozen=True)
class RuleScore:
    """One simpler rule, over the touchpoints and pairs of `IdentityScore`.

    Attributes:
        pairs: agreement of its customers with the true ones.
        joined_of_ceiling_share: of the pairs that could be joined, the share that it joins.
        shared_pairs: the same as `pairs`, over the people of `IdentityBaseline.shared_customer_count` alone.
    """

    pairs: Agreement
    joined_of_ceiling_share: float | None
    shared_pairs: Agreement


@dataclass(frozen=True)
class IdentityBaseline:
    """Simpler rules beside ours.

    Where a device has one customer, the rules can hardly differ, and most devices have one; so ours and theirs are
    also compared over the people who share a device: every touchpoint of the true customers of whom at least one
    anonymous touchpoint lies on a device on which several customers logged in.

    Attributes:
        anonymous_count: judged touchpoints with weak identities only: all that the rules can differ in.
        differing_count: of those, how many the last-login rule gives to another customer than the run.
        shared_customer_count, shared_touchpoint_count: the people who share a device, and their touchpoints.
        shared_pairs: ours over them.
    """

    anonymous_count: int
    differing_count: int
    shared_customer_count: int
    shared_touchpoint_count: int
    shared_pairs: Agreement
    last_login: RuleScore
    strong_only: RuleScore


def identity_baseline(judged: pl.DataFrame, observed: Observed) -> IdentityBaseline:
    """Score both simpler rules on `judged_touchpoints`."""
    rows = judged.join(observed.anonymous, on=EVENT_KEY, how="left").with_columns(**_RULES)
    sharing = rows.filter("is_shared").select("true_customer_id").unique()
    shared = rows.join(sharing, on="true_customer_id", how="semi")
    return IdentityBaseline(
        anonymous_count=rows["device_customer_id"].count(),
        differing_count=int((rows["last_login"] != rows["customer_id"]).sum()),
        shared_customer_count=sharing.height,
        shared_touchpoint_count=shared.height,
        shared_pairs=_pairs(shared, "customer_id"),
        last_login=_score(rows, shared, rule="last_login"),
        strong_only=_score(rows, shared, rule="strong_only"),
    )


def _score(rows: pl.DataFrame, shared: pl.DataFrame, *, rule: str) -> RuleScore:
    return RuleScore(
        pairs=_pairs(rows, rule),
        joined_of_ceiling_share=ratio(pair_count(rows, by=["part_id", rule]), pair_count(rows, by=["part_id"])),
        shared_pairs=_pairs(shared, rule),
    )


def _pairs(rows: pl.DataFrame, rule: str) -> Agreement:
    return pair_score(rows, predicted=rule, true="true_customer_id")
