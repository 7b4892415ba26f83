"""The touches of each journey in order: what every model of attribution starts from. Pure: frames in, frames out."""

from dataclasses import dataclass, replace
from typing import Final

import polars as pl

DIMENSIONS: Final = ("channel", "campaign", "activity", "source", "page_path", "topic")
"""The columns of `core.touchpoint` whose values can be given credit."""

NONE: Final = "none"
"""Gets the credit for conversions without a touch in the look-back. A touchpoint with this value has none."""

OTHER: Final = "other"
"""The values that are not among the most frequent, together."""

MAXIMUM_VALUES: Final = 50
"""A dimension has at most so many values of its own: the chain of more is too thin to be told apart."""

CONVERTED: Final = "converted"
LOST: Final = "lost"
OPEN: Final = "open"


@dataclass(frozen=True)
class Paths:
    """Journeys and their touches, with the values of one dimension as numbers.

    Attributes:
        names: the values; a touch's `touchpoint` is an index into them.
        journeys: one row per journey, in the order of `journey`: `journey`, `bucket` (which of the groups of customers
            it is resampled with), `outcome` (converted | lost | open), `resolved_us` (when it converted or was closed;
            the cut-off for an open one), `amount` (ten-thousandths of the leading currency).
        touches: `journey`, `touchpoint`, `at_us`, in the order of journeys and, within one, of time.
        folded: how many values 'other' stands for.
    """

    names: tuple[str, ...]
    journeys: pl.DataFrame
    touches: pl.DataFrame
    folded: int = 0


def paths(journeys: pl.DataFrame, touchpoints: pl.DataFrame, *, gap_us: int, maximum: int = MAXIMUM_VALUES) -> Paths:
    """One touch per visit by a value: touchpoints of one journey and value without a pause longer than `gap_us`.

    So a page view after page view is one touch, a clicked e-mail and the visit it leads to are one, and a value that
    returns after a pause is another one. A touch is at its first touchpoint.

    Args:
        journeys: see `Paths`; in any order.
        touchpoints: `journey`, `value` (text; null or 'none': not a touch), `at_us`, `position` (in the journey; the
            tie-break), in any order.
        gap_us: the session gap in microseconds; a pause of exactly this does not split.
        maximum: values beyond this number, fewest journeys first (ties by name), become 'other'.
    """
    coded, names = _coded(touchpoints.filter(pl.col("value").is_not_null() & (pl.col("value") != NONE)))
    touches = _runs(coded, gap_us=gap_us)
    return fold(Paths(names=names, journeys=journeys.sort("journey"), touches=touches), maximum=maximum)


def _coded(touchpoints: pl.DataFrame) -> tuple[pl.DataFrame, tuple[str, ...]]:
    names = touchpoints["value"].unique().sort().to_list()
    number = pl.col("value").cast(pl.Enum(names)).to_physical().cast(pl.Int64)
    return touchpoints.select("journey", "at_us", "position", touchpoint=number), tuple(names)


def _runs(touchpoints: pl.DataFrame, *, gap_us: int) -> pl.DataFrame:
    ordered = touchpoints.sort("journey", "touchpoint", "at_us", "position")
    same = pl.all_horizontal(pl.col(name) == pl.col(name).shift(1) for name in ("journey", "touchpoint"))
    goes_on = same & (pl.col("at_us") - pl.col("at_us").shift(1) <= gap_us)
    begun = ordered.filter(~goes_on.fill_null(value=False))
    return begun.sort("journey", "at_us", "position", "touchpoint").select("journey", "touchpoint", "at_us")


def fold(paths: Paths, *, maximum: int) -> Paths:
    """Values beyond the most frequent (by journeys, ties by name) become 'other', the last name.

    With at most `maximum` values nothing changes; else there are `maximum` of them, 'other' among these.
    """
    names, touches = paths.names, paths.touches
    if len(names) <= maximum:
        return paths
    own = [number for number, name in enumerate(names) if name != OTHER]
    counts = touches.group_by("touchpoint").agg(count=pl.col("journey").n_unique())
    ranked = counts.filter(pl.col("touchpoint").is_in(own)).sort("count", "touchpoint", descending=[True, False])
    kept = sorted(ranked["touchpoint"].head(maximum - 1))
    renumbered = pl.col("touchpoint").replace_strict(kept, range(len(kept)), default=len(kept), return_dtype=pl.Int64)
    return replace(
        paths,
        names=(*(names[number] for number in kept), OTHER),
        touches=touches.with_columns(touchpoint=renumbered),
        folded=paths.folded + len(own) - len(kept),
    )
