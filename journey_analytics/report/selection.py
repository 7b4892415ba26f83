"""What somebody chose to look at, and the frames narrowed to it: rows of a value in the place of those of the whole.

Pure: frames in, frames out. A section that reads the rows all/all draws a narrowed selection without knowing of it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlencode

import polars as pl

from journey_analytics.errors import ConfigurationError, nearest
from journey_analytics.report.group_sizes import (
    DROPOFF,
    KEY,
    MONTHS,
    SELECTION_HEADLINE,
    WHOLE,
    group_counts,
    is_large,
    is_small_group,
    journeys_of,
    small_groups,
    suppressed,
    suppressed_table,
)

Frames = Mapping[str, pl.DataFrame]

SEGMENTS: Final = ("month", "first_channel", "device", "persona", "customer_kind", "country", "first_source")
"""What can be chosen by, in the order of display; `month` is each table's own period."""

WINDOW: Final = "window"
_MONTH: Final = re.compile(r"\d{4}-(0[1-9]|1[0-2])(\.\.\d{4}-(0[1-9]|1[0-2]))?", re.ASCII)
_FIRST_MONTH: Final = "1970-01"
_LAST_MONTH: Final = "2199-12"
_FIXED_SEGMENTS: Final = ("first_channel", "device", "persona", "customer_kind")
_FIXED_MONTHS: Final = 3
_LONGEST_WINDOW: Final = 3650
_HEADLINE: Final = "mart.headline"
_INSTEAD: Final = {"mart.stage_flow": "mart.selection_flow", "mart.stage_variant": "mart.selection_variant"}
"""Tables of all journeys, with those that hold the same by segment."""

_BY_PERSONA: Final = frozenset(
    {"mart.feeling", "mart.friction", "mart.voice", "mart.voice_quote", "mart.journey_map", "mart.persona"}
)
"""Tables with a column of the persona in place of a segment; its rows `all` are the whole. A choice keeps the name."""

_BY_GROUP: Final = frozenset({"mart.opportunity", "mart.process_model"})
"""Their rows keep the name of the group: each row says whom it is about."""


@dataclass(frozen=True)
class Choice:
    """A selection: the value wanted of each segment, all of them at once, and another window than the stages' own.

    Two choices of the same conditions are equal, in whatever order they were given.

    Args:
        conditions: value by segment; segments are those of `SEGMENTS`. A month is `2025-10`, several in a row
            `2025-08..2025-10`.
        window_days: the window of the stages before the purchase, 1 to 3650; null: each stage's own. The time after a
            purchase keeps its own: who buys again does so in months.

    Raises:
        ConfigurationError: for an unknown segment (with the nearest), an empty value, an impossible window, a period
            that ends before it begins or lies outside 1970 to 2199.
    """

    conditions: Mapping[str, str] = field(default_factory=dict)
    window_days: int | None = None

    def __post_init__(self) -> None:
        for segment, value in self.conditions.items():
            if segment not in SEGMENTS:
                raise ConfigurationError(f"nothing is chosen by {segment!r}; {nearest(segment, SEGMENTS)}")
            if not value:
                raise ConfigurationError(f"{segment}: expected a value of it, got nothing")
        if not _MONTH.fullmatch(self.conditions.get("month", "2025-01")):
            raise ConfigurationError(f"month={self.conditions['month']}: expected 2025-10, or 2025-08..2025-10")
        self._check_period()
        if self.window_days is not None and not 1 <= self.window_days <= _LONGEST_WINDOW:
            raise ConfigurationError(f"{WINDOW}={self.window_days}: expected 1 to {_LONGEST_WINDOW} days")
        object.__setattr__(self, "conditions", dict(sorted(self.conditions.items())))

    def _check_period(self) -> None:
        first, last = self.months or (_FIRST_MONTH, _LAST_MONTH)
        if first > last:
            raise ConfigurationError(f"month={self.conditions['month']}: it ends before it begins; try {last}..{first}")
        if first < _FIRST_MONTH or last > _LAST_MONTH:
            given = self.conditions["month"]
            raise ConfigurationError(f"month={given}: expected a month from {_FIRST_MONTH} to {_LAST_MONTH}")

    def __hash__(self) -> int:
        return hash(self.key)

    def __bool__(self) -> bool:
        """Whether anything was chosen: all journeys with the stages' own windows is no choice."""
        return bool(self.conditions) or self.window_days is not None

    @property
    def is_several_months(self) -> bool:
        """Whether the period is more than one month."""
        return ".." in self.conditions.get("month", "")

    @property
    def months(self) -> tuple[str, str] | None:
        """The first and the last month chosen; null when no period is."""
        first, _, last = self.conditions.get("month", "").partition("..")
        return (first, last or first) if first else None

    @cached_property
    def key(self) -> str:
        """A text that stands for the choice, such as `device=mobile,month=2025-10`; `all` when nothing is chosen."""
        return ",".join(f"{name}={quote(value, safe='')}" for name, value in self.parameters.items()) or WHOLE

    @property
    def parameters(self) -> dict[str, str]:
        """The choice as the parameters of a link, in the order of their names."""
        window = {} if self.window_days is None else {WINDOW: str(self.window_days)}
        return dict(sorted({**self.conditions, **window}.items()))

    def query(self) -> str:
        """The choice as the query of a link, such as `device=mobile&window=14`; empty when nothing is chosen."""
        return urlencode(self.parameters, quote_via=quote)


ALL: Final = Choice()
"""All journeys, each stage with its own window."""


def choice_of(parameters: Mapping[str, str]) -> Choice:
    """The choice that the parameters of a link stand for.

    Raises:
        ConfigurationError: as `Choice`, or for a window that is no whole number.
    """
    window = parameters.get(WINDOW)
    if window is not None and not (window.isascii() and window.isdigit()):
        raise ConfigurationError(f"{WINDOW}={window}: expected a whole number of days")
    conditions = {name: value for name, value in parameters.items() if name != WINDOW}
    return Choice(conditions, None if window is None else int(window))


def choice_of_query(query: str) -> Choice:
    """The choice of a link's query, with or without `?`; an empty one is all.

    Raises:
        ConfigurationError: as `choice_of`, or when a parameter is given twice.
    """
    return choice_of(_once(parse_qsl(query.removeprefix("?"), keep_blank_values=True)))


def _once(pairs: list[tuple[str, str]]) -> dict[str, str]:
    found = dict(pairs)
    if len(found) < len(pairs):
        doubled = sorted(name for name in found if sum(name == other for other, _ in pairs) > 1)
        raise ConfigurationError(f"{', '.join(doubled)}: given twice in the link, expected once")
    return found


@dataclass(frozen=True)
class Narrowed:
    """The frames of a choice. `follows`: by table, whether its rows are those of the choice; else they are as for all.

    `journey_count`: active journeys of the choice, null where that is not known. `is_suppressed`: they are fewer than
    `SMALLEST_GROUP`, so that every table that follows is empty. `whole`: the frames of all journeys, for the views that
    follow nothing; null: `frames`.
    """

    frames: Frames
    follows: Mapping[str, bool]
    journey_count: int | None = None
    is_suppressed: bool = False
    whole: Frames | None = None

    def unfollowed(self, tables: tuple[str, ...]) -> tuple[str, ...]:
        """Those of a view's tables that show all journeys, whatever is chosen; in the view's order."""
        return tuple(table for table in tables if not self.follows.get(table, False))


def narrowed(frames: Frames, choice: Choice) -> Narrowed:
    """The frames narrowed to a choice that the tables hold rows of: one condition, the stages' own windows.

    Args:
        frames: tables by name, as `complete` gives them.
        choice: of two conditions or more, of another window or of several months, no table holds rows: none follows
            then, and all frames stay as they are (`selected_frames` computes those).

    Returns:
        Of each table by segment the rows of the value, named all/all (those of `mart.opportunity` and
        `mart.process_model`, which say whom they are about, keep their names). `mart.stage_flow`, `mart.stage_variant`
        and `mart.headline` are those of the value, what is not counted by it null. All others stay as they are and do
        not follow.
    """
    if not choice:
        every = journeys_of(group_counts(frames), WHOLE, WHOLE)
        return Narrowed(suppressed(frames), dict.fromkeys(frames, True), every)
    if not is_stored(choice):
        whole = suppressed(frames)
        return Narrowed(whole, dict.fromkeys(frames, False), whole=whole)
    ((segment, value),) = choice.conditions.items()
    counts = group_counts(frames)
    journeys, is_small = journeys_of(counts, segment, value), is_small_group(counts, segment, value)
    small = small_groups(counts, frames.get(DROPOFF))
    of_value = {table: narrowed_table(frames, table, segment=segment, value=value, small=small) for table in frames}
    follows = {table: found is not None for table, found in of_value.items()}
    shown = {table: suppressed_table(table, frame, small) for table, frame in frames.items()}
    found = {table: shown[table] if rows is None else rows for table, rows in of_value.items()}
    cleared = {table: frame.clear() if is_small and follows[table] else frame for table, frame in found.items()}
    return Narrowed(cleared, follows, journeys, is_small, whole=shown)


def is_stored(choice: Choice) -> bool:
    """Whether tables by segment hold the rows of a choice: one value, and the stages' own windows."""
    return len(choice.conditions) == 1 and choice.window_days is None and not choice.is_several_months


def narrowed_table(frames: Frames, table: str, *, segment: str, value: str, small: pl.DataFrame) -> pl.DataFrame | None:
    """One table's rows of a value, named all/all; null where the table does not follow.

    Args:
        frames: of them are read the table itself and what stands for it: the headline, flows and variants by segment,
            and the changes of which the reasons are asked.
        table: its name.
        segment: one of `SEGMENTS`.
        value: its value.
        small: the groups of which nothing is shown, as `small_groups` gives them.
    """
    if table == _HEADLINE:
        counts = _rows_of_value(frames, SELECTION_HEADLINE, segment, value, small)
        return None if counts is None else headline_of(frames[_HEADLINE], counts)
    if table == "mart.change_reason":
        changes = _rows_of_value(frames, "mart.change", segment, value, small)
        return None if changes is None else frames[table].join(changes, on="change_id", how="semi")
    if table in _INSTEAD:
        rows = _rows_of_value(frames, _INSTEAD[table], segment, value, small)
        return None if rows is None else rows.select(_as_in(frames[table], rows))
    if table in _BY_PERSONA:
        return frames[table].filter(pl.col("persona") == value) if segment == "persona" else None
    return _rows_of_value(frames, table, segment, value, small)


def _as_in(frame: pl.DataFrame, rows: pl.DataFrame) -> list[pl.Expr]:
    """The columns of a table, from rows that stand for it; null where these have none."""
    return [
        (pl.col(name) if name in rows.columns else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in frame.schema.items()
    ]


def _rows_of_value(frames: Frames, table: str, segment: str, value: str, small: pl.DataFrame) -> pl.DataFrame | None:
    own = _own_segment(frames[table], segment) if table in frames else None
    if own is None:
        return None
    is_wanted = (pl.col("segment") == own) & (pl.col("segment_value") == value)
    rows = suppressed_table(table, frames[table].filter(is_wanted), small)
    return rows if table in _BY_GROUP else rows.with_columns(pl.lit(WHOLE).alias(name) for name in KEY)


def _own_segment(frame: pl.DataFrame, segment: str) -> str | None:
    """What the table calls the segment; null where it has no rows by it."""
    if not set(KEY) <= set(frame.columns):
        return None
    names = MONTHS if segment == "month" else (segment,)
    present = set(frame["segment"].unique().to_list())
    return next((name for name in names if name in present), None)


def headline_of(headline: pl.DataFrame, counts: pl.DataFrame) -> pl.DataFrame:
    """The headline of a selection: its own counts, the moments of the whole, and null for what is not counted by it.

    Args:
        headline: `mart.headline`, one row.
        counts: the selection's row of `mart.selection_headline`; without one, every count is 0.
    """
    own = {name: value for name, value in _first(counts).items() if name in headline.columns}
    zero = {name: 0 for name in counts.columns if name.endswith("_count") and name in headline.columns}
    kept = {name: pl.col(name) for name, dtype in headline.schema.items() if dtype.is_temporal()}
    values = {**kept, **{name: pl.lit(value) for name, value in {**zero, **own}.items()}}
    return headline.select(
        values.get(name, pl.lit(None)).cast(dtype).alias(name) for name, dtype in headline.schema.items()
    )


def _first(frame: pl.DataFrame) -> dict[str, Any]:
    return frame.row(0, named=True) if frame.height else {}


def fixed_choices(frames: Frames) -> tuple[Choice, ...]:
    """The selections that every report carries: all, each value of the main segments, the last three months.

    Only groups of `SMALLEST_GROUP` journeys or more, and of known values: `unknown` is no group of customers. Values
    by name, months newest first.
    """
    counts = group_counts(frames).filter(is_large() & ~pl.col("segment_value").is_in(["unknown", "other"]))
    main = [Choice({segment: value}) for segment in _FIXED_SEGMENTS for value in _values(counts, segment)]
    named = {value for name in MONTHS for value in _values(counts, name)}
    months = sorted((value for value in named if _MONTH.fullmatch(value)), reverse=True)
    return (ALL, *main, *(Choice({"month": month}) for month in months[:_FIXED_MONTHS]))


def _values(counts: pl.DataFrame, segment: str) -> list[str]:
    return counts.filter(pl.col("segment") == segment)["segment_value"].to_list()
