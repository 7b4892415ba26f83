"""Which number of clusters is stable and separate, and the clusters themselves. The only module with scikit-learn."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from journey_analytics.errors import ConfigurationError
from journey_analytics.personas.features import Points, made_points

if TYPE_CHECKING:
    import numpy as np

CLUSTER_COUNTS: Final = range(2, 9)
JACCARD_AT_LEAST: Final = 0.75
"""Mean over the resamples that each cluster must reach (Hennig 2007: below it is no stable cluster)."""
ROUNDS: Final = 25
REFERENCES: Final = 5
SEPARATION_AT_LEAST: Final = 0.05
"""By so much the silhouette on held-out journeys must exceed all of those of shuffled features."""
NEARLY_AS_SEPARATE: Final = 0.9
"""Part of the largest silhouette of the accepted numbers that more clusters must keep: else they only cut up fewer."""
STAYS_FROM_JACCARD: Final = 0.70
STAYS_FROM_SEPARATION: Final = 0.04
STAYS_AS_SEPARATE: Final = 0.85
"""The same three bars for the number of clusters of the last run: slightly lower, so that a night's few journeys more
or less do not change it where it lies at a bar."""
SILHOUETTE_JOURNEYS: Final = 2_000

_SEED: Final = 20_240_601
_STARTS: Final = 8
_RESTARTS: Final = 3


@dataclass(frozen=True)
class Trial:
    """One number of clusters that was tried.

    Attributes:
        cluster_count: k.
        jaccards: of each cluster the mean Jaccard similarity with the most similar one of a resample of customers.
        silhouette: mean over journeys of customers that the clusters were not made from (−1 to 1).
        reference_silhouette: the largest one of journeys whose features are shuffled, so that nothing goes together;
            null where the clusters are not stable enough even to stay.
    """

    cluster_count: int
    jaccards: tuple[float, ...]
    silhouette: float
    reference_silhouette: float | None = None

    @property
    def is_stable(self) -> bool:
        """Whether every cluster comes again in resamples."""
        return min(self.jaccards) >= JACCARD_AT_LEAST

    @property
    def is_separate(self) -> bool:
        """Whether features go together in the clusters, more than by chance."""
        reference = self.reference_silhouette
        return reference is not None and self.silhouette >= reference + SEPARATION_AT_LEAST

    @property
    def may_stay(self) -> bool:
        """Whether it is stable and separate enough for the number of the last run."""
        reference = self.reference_silhouette
        is_stable = min(self.jaccards) >= STAYS_FROM_JACCARD
        return is_stable and reference is not None and self.silhouette >= reference + STAYS_FROM_SEPARATION


@dataclass(frozen=True)
class Clusters:
    """What was tried, and the clusters of the trial that was chosen: none where no number was stable and separate.

    Attributes:
        trials: in order of their number of clusters; the same whatever the last run chose.
        chosen: the number of the last run where it may stay and its silhouette is at least `STAYS_AS_SEPARATE` of the
            largest one of the stable and separate ones; else of these that with most clusters whose silhouette is at
            least `NEARLY_AS_SEPARATE` of it. So a second run on the same data chooses the same.
        centres: one row per cluster, the largest cluster first, in the columns of `Points.matrix`.
    """

    trials: tuple[Trial, ...]
    chosen: Trial | None
    centres: "np.ndarray | None"


def require_library() -> None:
    """Check that scikit-learn is there.

    Raises:
        ConfigurationError: it is not; names the extra.
    """
    try:
        import sklearn  # noqa: F401 - asked for, not used
    except ImportError as error:
        raise ConfigurationError(
            "personas from data need scikit-learn: install journey-analytics[personas], or set persona_source to rules"
        ) from error


def find_clusters(points: Points, *, last_count: int | None = None) -> Clusters:
    """Try 2 to 8 clusters and choose; the same points and number of the last run give the same, in one thread.

    k-means (Lloyd) on profiles weighted by their journeys. Stability: customers are drawn with replacement `ROUNDS`
    times, and each cluster compared with the most similar one of the resample (Hennig 2007, Computational Statistics
    & Data Analysis 52:258). Separation: the silhouette (Rousseeuw 1987) of the journeys of every other customer under
    clusters made from the rest, against that of `REFERENCES` worlds in which each feature is shuffled by itself.
    """
    with _one_thread():
        trials = [_trial(points, k) for k in CLUSTER_COUNTS if k < len(points.codes) // 2]
        chosen = chosen_of(trials, last_count=last_count)
        return Clusters(tuple(trials), chosen, None if chosen is None else _fitted(points, chosen.cluster_count))


def chosen_of(trials: Sequence[Trial], *, last_count: int | None = None) -> Trial | None:
    """The trial that `Clusters` calls chosen; none where no number is stable and separate.

    Args:
        trials: each number of clusters once.
        last_count: the number of the last run that had clusters; null: there was none.
    """
    accepted = [one for one in trials if one.is_stable and one.is_separate]
    largest = max((one.silhouette for one in accepted), default=0.0)
    for one in trials:
        if one.cluster_count == last_count and one.may_stay and one.silhouette >= STAYS_AS_SEPARATE * largest:
            return one
    close = [one for one in accepted if one.silhouette >= NEARLY_AS_SEPARATE * largest]
    return max(close, key=lambda one: one.cluster_count) if close else None


def nearest(matrix: "np.ndarray", centres: "np.ndarray") -> "np.ndarray":
    """Of each profile the number of its nearest centre; of two alike the first."""
    import numpy as np

    distances = (centres**2).sum(axis=1)[None, :] - 2 * matrix @ centres.T
    return np.argmin(np.round(distances, 9), axis=1)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Threads add up in any order, and the last digits decide ties."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        yield


def _all_customers(points: Points) -> "np.ndarray":
    import numpy as np

    return np.ones(int(points.customer_of.max()) + 1)


def _fitted(points: Points, k: int) -> "np.ndarray":
    """The centres for all customers, the largest cluster first, of two alike by their numbers."""
    return _centres(points, _all_customers(points), k, starts=_STARTS)


def _centres(points: Points, customer_weights: "np.ndarray", k: int, *, starts: int) -> "np.ndarray":
    import numpy as np
    from sklearn.cluster import KMeans

    matrix, counts = points.matrix, points.counts(customer_weights)
    is_there = counts > 0
    model: Any = KMeans(k, n_init=starts, random_state=_SEED, algorithm="lloyd", tol=1e-3)
    centres = model.fit(matrix[is_there], sample_weight=counts[is_there]).cluster_centers_
    sizes = np.bincount(nearest(matrix, centres), weights=counts, minlength=k)
    order = sorted(range(k), key=lambda place: (-sizes[place], tuple(np.round(centres[place], 9))))
    return centres[order]


def _trial(points: Points, k: int) -> Trial:
    jaccards = _jaccards(points, k)
    may_be_chosen = min(jaccards) >= STAYS_FROM_JACCARD
    return Trial(k, jaccards, _silhouette(points, k), _reference(points, k) if may_be_chosen else None)


def _jaccards(points: Points, k: int) -> tuple[float, ...]:
    import numpy as np

    everybody = _all_customers(points)
    labels = nearest(points.matrix, _fitted(points, k))
    rounds = []
    for number in range(ROUNDS):
        random = np.random.default_rng([_SEED, number])
        drawn = random.multinomial(len(everybody), everybody / len(everybody))
        again = nearest(points.matrix, _centres(points, drawn, k, starts=_RESTARTS))
        rounds.append(_overlaps(labels, again, points.counts(drawn), k).max(axis=1))
    return tuple(float(value) for value in np.mean(rounds, axis=0))


def _overlaps(labels: "np.ndarray", others: "np.ndarray", counts: "np.ndarray", k: int) -> "np.ndarray":
    """Jaccard similarity of each cluster (row) with each other one (column), in journeys; 0 for two empty ones."""
    import numpy as np

    both = np.zeros((k, k))
    np.add.at(both, (labels, others), counts)
    either = both.sum(axis=1)[:, None] + both.sum(axis=0)[None, :] - both
    return np.divide(both, either, out=np.zeros_like(both), where=either > 0)


def _silhouette(points: Points, k: int) -> float:
    """Of journeys of every other customer under the centres of the rest; −1 where all of them fall into one cluster."""
    import numpy as np
    from sklearn.metrics import silhouette_score

    is_made_from = np.arange(len(_all_customers(points))) % 2
    labels = nearest(points.matrix, _centres(points, is_made_from, k, starts=_RESTARTS))
    held_out = np.flatnonzero(is_made_from[points.customer_of] == 0)
    if len(held_out) > SILHOUETTE_JOURNEYS:
        random = np.random.default_rng(_SEED)
        held_out = np.sort(random.choice(held_out, SILHOUETTE_JOURNEYS, replace=False))
    chosen = points.profile_of[held_out]
    if len(np.unique(labels[chosen])) < 2:  # noqa: PLR2004 - a silhouette compares clusters
        return -1.0
    places: Any = points.matrix[chosen]
    own: Any = labels[chosen]
    return float(silhouette_score(places, own))


def _reference(points: Points, k: int) -> float:
    return max(_silhouette(_shuffled(points, number), k) for number in range(REFERENCES))


def _shuffled(points: Points, number: int) -> Points:
    """The same journeys and customers, each feature's values dealt out anew: as often, but nothing goes together."""
    import numpy as np

    random = np.random.default_rng([_SEED, number])
    codes = points.codes[points.profile_of]
    dealt = np.column_stack([random.permutation(codes[:, place]) for place in range(codes.shape[1])])
    return made_points(dealt, sizes=points.sizes, weights=points.weights, customer_of=points.customer_of)
