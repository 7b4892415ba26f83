"""What may go together with being lost: the touchpoints, channels, errors, waits and segments that are asked."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import polars as pl

ERROR: Final = re.compile(r"error|fail|declin|reject|denied|timed_out|timeout|unavailable|out_of_stock")
"""An activity with one of these in its name is an error that the customer met."""

PAUSE_DAYS: Final = (1, 3, 7)
UNANSWERED_DAYS: Final = 1
DAY_US: Final = 86_400_000_000

_ASKED, _ANSWERS = "ticket_opened", "ticket_"
_MOST_VALUES = 50


@dataclass(frozen=True)
class Candidate:
    """One thing that happens in stays, and when it happened first in each.

    Attributes:
        kind: activity | channel | error | wait.
        name: the activity, the channel, or the wait.
        first: `stay`, `first_us` (after entering): one row per stay in which it happened.
        is_it: which of the customer's own touchpoints are it; false for what the customer did not do.
    """

    kind: str
    name: str
    first: pl.DataFrame
    is_it: pl.Expr


def kind_of(activity: str) -> str:
    """`error` or `activity`."""
    return "error" if ERROR.search(activity) else "activity"


def happenings(state: pl.DataFrame, passive: pl.DataFrame) -> Iterator[Candidate]:
    """Activities and errors, then channels, then the unanswered ticket; each by name.

    A channel counts where it is not the one that the journey began with. What was sent to the customer (passive) is
    asked like an activity, but is nothing that the customer did.

    Args:
        state: see `spells.Stage`.
        passive: `stay`, `at_us`, `activity` of what happened without the customer.
    """
    acts = state.filter(~pl.col("is_entry"))
    for column, names in (("activity", _names(acts, "activity")), ("channel", _names(acts, "channel"))):
        for name in names:
            kind = "channel" if column == "channel" else kind_of(name)
            yield Candidate(kind, name, _first(acts.filter(pl.col(column) == name)), _is(column, name))
    own = set(_names(acts, "activity"))
    for name in _names(passive, "activity"):
        shown = f"{name} (automatic)" if name in own else name
        yield Candidate(kind_of(name), shown, _first(passive.filter(pl.col("activity") == name)), _NOTHING)
    yield _unanswered(acts)


_NOTHING = pl.lit(False)


def _names(frame: pl.DataFrame, column: str) -> list[str]:
    return frame[column].drop_nulls().cast(pl.String).unique().sort().to_list()


def _is(column: str, name: str) -> pl.Expr:
    return (pl.col(column) == name).fill_null(value=False)


def _first(found: pl.DataFrame) -> pl.DataFrame:
    return found.group_by("stay").agg(first_us=pl.col("at_us").min()).sort("stay")


def _unanswered(acts: pl.DataFrame) -> Candidate:
    """A ticket that nothing happened to for a day; exposed from the end of that day on."""
    about = acts.filter(pl.col("activity").cast(pl.String).str.starts_with(_ANSWERS))
    same = pl.col("stay") == pl.col("stay").shift(-1)
    waited = about.with_columns(answered_us=pl.when(same).then(pl.col("at_us").shift(-1))).filter(
        pl.col("activity") == _ASKED
    )
    limit = UNANSWERED_DAYS * DAY_US
    silent = waited.filter((pl.col("answered_us") - pl.col("at_us") > limit).fill_null(value=True))
    first = silent.group_by("stay").agg(first_us=pl.col("at_us").min() + limit).sort("stay")
    return Candidate("wait", f"ticket_unanswered_{UNANSWERED_DAYS}_day", first, _NOTHING)


def pause_name(days: int) -> str:
    """`pause_1_day`, `pause_3_days`."""
    return f"pause_{days}_day{'s' if days > 1 else ''}"


def segment_values(stay: pl.DataFrame, segment: str) -> list[str]:
    """The values of a segment: the most frequent ones, by name."""
    counted = stay.group_by(segment).agg(n=pl.len()).drop_nulls(segment).sort("n", segment, descending=[True, False])
    return sorted(counted[segment].head(_MOST_VALUES).to_list())
