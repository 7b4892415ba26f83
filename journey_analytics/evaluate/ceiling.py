"""The ceiling of identity: what an observer could join who sees every link in the data, but no truth.

Within one true customer, two events can be joined when a chain of events leads from one to the other in which each
shares an identity value with the next: any value of any type, weak ones included, in any event of the data, even one
that is no touchpoint. The connected components are the *parts* of a customer. A customer of several parts is
unresolvable: nobody could join them.
"""

import polars as pl

from journey_analytics.evaluate.truth import EVENT_KEY

_NODE = ("customer_id", "identity")


def customer_parts(truth: pl.DataFrame, identity: pl.DataFrame) -> pl.DataFrame:
    """The part of every true event that carries an identity.

    Args:
        truth: source, source_event_id, customer_id, occurred_at; bots left out.
        identity: source, source_event_id, identity, is_strong; one row per event and identity.

    Returns:
        source, source_event_id, part_id (unique over customers), is_main. Every customer has one main part: one with a
        strong identity before one without, then that of the latest event, then the lower id. An event without truth
        (a login, a profile) links the identities of the customers known under a strong one of them, or, when there is
        none, under any of them, but is not itself returned.
    """
    known = identity.join(truth.select(*EVENT_KEY, "customer_id", "occurred_at"), on=EVENT_KEY, how="inner")
    links = pl.concat([known, _evidence(truth, identity, known)], how="diagonal")
    node = links.select(_NODE).unique().sort(_NODE).with_row_index("node")  # by content: ties must not follow the rows
    component = node.with_columns(part_id=_components(_edges(links.join(node, on=_NODE)), node_count=node.height))
    located = known.join(component, on=_NODE)
    parts = located.group_by(EVENT_KEY).agg(pl.col("part_id").first())
    is_main = pl.col("part_id").is_in(_main_parts(located).implode())
    return parts.with_columns(is_main=is_main)


def _evidence(truth: pl.DataFrame, identity: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Identities of events without truth, once for every customer they are evidence of.

    Strong identities go first: the login of one person on a shared device says nothing about the others.
    """
    unknown = identity.join(truth, on=EVENT_KEY, how="anti")
    owners = unknown.join(known.select(_NODE).unique(), on="identity").select(*EVENT_KEY, "customer_id", "is_strong")
    nearest = owners.filter(pl.col("is_strong") == pl.col("is_strong").any().over(EVENT_KEY))
    return unknown.join(nearest.drop("is_strong").unique(), on=EVENT_KEY)


def _edges(links: pl.DataFrame) -> pl.DataFrame:
    """Each of a customer's identity nodes with the lowest one that it shares an event with."""
    hub = pl.col("node").min().over("customer_id", *EVENT_KEY)
    return links.select("node", hub=hub).filter(pl.col("node") != pl.col("hub")).unique()


def _components(edges: pl.DataFrame, *, node_count: int) -> pl.Series:
    """The lowest node of each node's connected component: labels fall along edges, then jump, until nothing moves."""
    label = pl.int_range(node_count, dtype=pl.UInt32, eager=True)
    while True:
        fallen = _fall(edges, label)
        fallen = fallen.gather(fallen)
        if fallen.equals(label):
            return label
        label = fallen


def _fall(edges: pl.DataFrame, label: pl.Series) -> pl.Series:
    low = pl.min_horizontal(pl.lit(label).gather(pl.col("node")), pl.lit(label).gather(pl.col("hub")))
    lowest = edges.select("node", "hub", low=low)
    ends = [lowest.select("low", node=end) for end in ("node", "hub")]
    fallen = pl.concat(ends).group_by("node").agg(pl.col("low").min())
    labelled = pl.DataFrame({"label": label}).with_row_index("node")
    joined = labelled.join(fallen, on="node", how="left", maintain_order="left")
    return joined.select(pl.min_horizontal("label", "low")).to_series()


def _main_parts(located: pl.DataFrame) -> pl.Series:
    ranked = located.group_by("customer_id", "part_id").agg(pl.col("is_strong").any(), pl.col("occurred_at").max())
    ranked = ranked.sort("customer_id", "is_strong", "occurred_at", "part_id", descending=[False, True, True, False])
    return ranked.unique("customer_id", keep="first", maintain_order=True)["part_id"]
