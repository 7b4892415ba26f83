"""Names of clusters: from what distinguishes them, and kept from night to night. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

SAME_AT_LEAST: Final = 0.5
"""Share of the journeys of either night that a cluster and a former one have in common, to be the same persona."""

MOSTLY: Final = 0.6
"""Share of a cluster's journeys that a value must have to be in its name."""
NEARLY_ALL: Final = 0.8
"""Share of them that must have the past that it is called by."""

_PAST: Final = "past"
_PAST_GROUPS: Final = {
    "newcomer": ("newcomer",),
    "looked": ("looked",),
    "bought_once": ("bought_once",),
    "regular": ("regular",),
    "buyer": ("bought_once", "regular"),
    "known": ("looked", "bought_once", "regular"),
}
"""What a cluster can be called by its past, the narrowest first: the values that are in it."""

_ANYBODY: Final = "anybody"
_NAMED_FOR: Final = ("channel", "device", "entry_stage", "daypart", "weekpart")
_OTHERS: Final = "rest=others"
"""Instead of a value, where others of the same past have one in their name and this cluster has none."""


@dataclass(frozen=True)
class Name:
    """The name of a persona: `persona` in lower_snake_case, `parts` (`feature=value`) in the order of the title."""

    persona: str
    parts: tuple[str, ...]


def content_names(
    profiles: pl.DataFrame, traits: pl.DataFrame, *, order: Sequence[str], taken: Iterable[str]
) -> dict[str, Name]:
    """A name for each cluster from what its journeys have in common and others have not.

    First what the customers did before (`past`), then the value that most of its journeys have, that distinguishes it
    most and that no other cluster of the same past mostly has; where a name is taken, one value more; at last a number.

    Args:
        profiles: `persona` (the cluster), the features and `journey_count`.
        traits: of the clusters, as `traits_of` gives them.
        order: the clusters to name, the first one chooses first.
        taken: names that are in use.
    """
    pasts = {cluster: _past_of(own) for (cluster,), own in profiles.group_by("persona")}
    used, found = set(taken), {}
    for cluster in order:
        rivals = [other for other, past in pasts.items() if past == pasts[cluster] and other != cluster]
        own = _own_values(profiles, traits, cluster, rivals)
        found[cluster] = _free_name(_candidates(f"{_PAST}={pasts[cluster]}", own, has_rivals=bool(rivals)), used)
        used.add(found[cluster].persona)
    return found


def _own_values(profiles: pl.DataFrame, traits: pl.DataFrame, cluster: str, rivals: Sequence[str]) -> list[str]:
    own = traits.filter(
        pl.col("persona") == cluster, pl.col("feature").is_in(_NAMED_FOR), pl.col("here_share") >= MOSTLY
    )
    return [
        f"{row['feature']}={row['value']}"
        for row in own.sort("place").iter_rows(named=True)
        if all(_share(profiles, other, row["feature"], row["value"]) < MOSTLY for other in rivals)
    ]


def _share(profiles: pl.DataFrame, cluster: str, feature: str, value: str) -> float:
    own = profiles.filter(pl.col("persona") == cluster)
    return _count(own.filter(pl.col(feature) == value)) / _count(own)


def _count(profiles: pl.DataFrame) -> int:
    return int(profiles["journey_count"].sum())


def _candidates(who: str, own: Sequence[str], *, has_rivals: bool) -> list[tuple[str, ...]]:
    """The parts of a name, from few to many."""
    if not own:
        return [(who, _OTHERS) if has_rivals else (who,)]
    return [(who, *own[:count]) for count in range(1, len(own) + 1)]


def _past_of(own: pl.DataFrame) -> str:
    total = _count(own)
    for group, values in _PAST_GROUPS.items():
        if _count(own.filter(pl.col(_PAST).is_in(values))) >= NEARLY_ALL * total:
            return group
    return _ANYBODY


def _free_name(candidates: Sequence[tuple[str, ...]], used: set[str]) -> Name:
    for parts in candidates:
        if _key(parts) not in used:
            return Name(_key(parts), parts)
    parts = candidates[-1]
    number = next(count for count in range(2, len(used) + 3) if f"{_key(parts)}_{count}" not in used)
    return Name(f"{_key(parts)}_{number}", (*parts, f"number={number}"))


def _key(parts: Sequence[str]) -> str:
    return re.sub(r"[^a-z0-9]+", "_", "_".join(part.split("=")[1] for part in parts).lower()).strip("_")


def kept_names(overlap: pl.DataFrame, *, known: Mapping[str, Name]) -> dict[str, Name]:
    """The clusters that are those of the night before, with their names.

    Clusters and former personas are paired so that the sum of their overlaps is largest (Kuhn 1955); a pair that has
    less than `SAME_AT_LEAST` in common is none.

    Args:
        overlap: `cluster`, `persona` (the former one) and `share`: the journeys in both, of those in either; only
            journeys that both nights know. Pairs without a common journey may be left out.
        known: the former names.
    """
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    pairs = overlap.filter(pl.col("persona").is_in(list(known))).sort("cluster", "persona")
    clusters, former = sorted(pairs["cluster"].unique()), sorted(pairs["persona"].unique())
    shares = np.zeros((len(clusters), len(former)))
    for row in pairs.iter_rows(named=True):
        shares[clusters.index(row["cluster"]), former.index(row["persona"])] = row["share"]
    rows, columns = linear_sum_assignment(shares, maximize=True)
    return {
        clusters[row]: known[former[column]]
        for row, column in zip(rows, columns, strict=True)
        if shares[row, column] >= SAME_AT_LEAST
    }
