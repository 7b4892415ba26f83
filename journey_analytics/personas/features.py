"""The features that journeys are clustered by, as numbers: which values there are, and how much each feature weighs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

if TYPE_CHECKING:
    import numpy as np

FEATURES: Final = (
    "past", "channel", "device", "entry_stage", "previous_channel", "recency", "daypart", "weekpart",
)  # fmt: skip
"""The columns of `core.journey_feature` that tell journeys apart, in the order in which they are told of a persona."""


@dataclass(frozen=True)
class Points:
    """Journeys as points; alike ones are one profile.

    The squared distance of two profiles is the sum of the weights of the features in which they differ (simple
    matching: Sokal & Michener 1958), so k-means on them is k-means on journeys.

    Attributes:
        codes: one row per profile, in order; one whole number per feature, its place in `sizes`.
        sizes: how many values each feature has.
        weights: of each feature, in the squared distance.
        profile_of: of each journey, the row of its profile.
        customer_of: of each journey, the number of its customer, from 0.
    """

    codes: "np.ndarray"
    sizes: tuple[int, ...]
    weights: tuple[float, ...]
    profile_of: "np.ndarray"
    customer_of: "np.ndarray"

    @property
    def matrix(self) -> "np.ndarray":
        """One row per profile: for each value of each feature √(weight/2) where it has it, else 0."""
        import numpy as np

        parts = [
            np.eye(size)[self.codes[:, place]] * (weight / 2) ** 0.5
            for place, (size, weight) in enumerate(zip(self.sizes, self.weights, strict=True))
        ]
        return np.hstack(parts)

    def counts(self, customer_weights: "np.ndarray") -> "np.ndarray":
        """Journeys of each profile, every customer's counted so many times."""
        import numpy as np

        return np.bincount(
            self.profile_of, weights=customer_weights[self.customer_of].astype(float), minlength=len(self.codes)
        )


def vocabularies(journeys: pl.DataFrame, features: Sequence[str]) -> dict[str, list[str]]:
    """The values of each feature, by name."""
    return {name: sorted(journeys[name].unique()) for name in features}


def points_of(journeys: pl.DataFrame, *, weights: Mapping[str, float], values: Mapping[str, Sequence[str]]) -> Points:
    """Journeys as points.

    Args:
        journeys: `journey_id`, `customer_id` and a column per feature, in any order: the points are in that of
            (`customer_id`, `journey_id`).
        weights: of the features, all above 0.
        values: of each feature, all that it may have.
    """
    import numpy as np

    in_order = journeys.sort("customer_id", "journey_id")
    coded = [in_order[name].cast(pl.Enum(list(values[name]))).to_physical().to_numpy() for name in weights]
    customers = in_order["customer_id"].rle_id().to_numpy()
    return made_points(
        np.column_stack(coded).astype(np.int64),
        sizes=tuple(len(values[name]) for name in weights),
        weights=tuple(weights.values()),
        customer_of=customers.astype(np.int64),
    )


def made_points(
    codes: "np.ndarray", *, sizes: tuple[int, ...], weights: tuple[float, ...], customer_of: "np.ndarray"
) -> Points:
    """Points of journeys that are already numbers: one row of `codes` per journey."""
    import numpy as np

    profiles, profile_of = np.unique(codes, axis=0, return_inverse=True)
    return Points(profiles, sizes, weights, profile_of.reshape(-1), customer_of)
