"""The tables of a selection that no mart holds: several conditions at once, several months, another window."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import polars as pl

from journey_analytics.contract import STAGES
from journey_analytics.cutoff import last_cutoff
from journey_analytics.dropoff import counted_stays, dropoff_of, time_in_stage
from journey_analytics.paths import links
from journey_analytics.paths.selection import Condition, Selection
from journey_analytics.paths.step_flow import read_anchor, step_flow
from journey_analytics.paths.tree_step import path_tree
from journey_analytics.paths.variants import variants
from journey_analytics.report.cube_frames import (
    REACH_CUBE,
    STAY_CUBE,
    entrants_wanted,
    offered_days,
    stored_times,
    summed_flow,
    summed_stays,
    wanted_sql,
)
from journey_analytics.report.few_customers import told
from journey_analytics.report.frames import typed_frame
from journey_analytics.report.group_sizes import SMALLEST_GROUP
from journey_analytics.report.selection import WHOLE, Choice, headline_of
from journey_analytics.selecting.links import flow_by, stage_links
from journey_analytics.selecting.windows import OWN, rewindowed, windows_of
from journey_analytics.settings import setting
from journey_analytics.stage_exit import exits_of, stage_exit
from journey_analytics.stage_reach import reach_of, stage_reach
from journey_analytics.warehouse import Warehouse

Stored = Mapping[str, pl.DataFrame]
Compute = Callable[[Warehouse, Choice, Stored], pl.DataFrame | None]

_ENTRANT: Final = "mart.stage_entrant"
_JOURNEY: Final = "core.selection_journey"
_SEGMENTS: Final = (
    "first_channel", "first_source", "device", "country", "entry_month", "persona", "customer_kind",
)  # fmt: skip
_OF_PATHS: Final = frozenset({"month", "first_channel", "device", "persona", "customer_kind"})
"""What journeys of paths can be chosen by."""

BY_ENTRY: Final = frozenset({"country"})
"""What may change within a journey: it is that of entering the stage, and totals of whole journeys cannot follow it."""

_TOTALS: Final = """
select
    count(*)::bigint as journey_count,
    count(*) filter (where status = 'converted')::bigint as converted_count,
    count(*) filter (where status = 'dropped')::bigint as dropped_count,
    count(*) filter (where status = 'open')::bigint as open_count,
    count(*) filter (where is_left_censored)::bigint as left_censored_count,
    count(distinct customer_id)::bigint as customer_count,
    count(distinct customer_id) filter (where is_identified)::bigint as identified_customer_count,
    coalesce(sum(touchpoint_count), 0)::bigint as touchpoint_count,
    coalesce(sum(purchase_count), 0)::bigint as purchase_count,
    sum(amount) as amount
from core.selection_journey
where {wanted}
"""


_ENTERED: Final = """
select
    {value} as segment_value,
    count(distinct e.journey_id)::bigint as journey_count,
    count(distinct j.customer_id)::bigint as customer_count
from mart.stage_entrant as e
inner join core.selection_journey as j on e.journey_id = j.journey_id
where {wanted}
group by 1
order by 1
"""


def journeys_wanted(choice: Choice) -> str:
    """The conditions of a choice on `core.selection_journey`, as SQL; the period is that of the beginning."""
    return wanted_sql(choice, month="started_month")


def is_by_entry(choice: Choice) -> bool:
    """Whether a choice asks for something of `BY_ENTRY`."""
    return not BY_ENTRY.isdisjoint(choice.conditions)


def entry_counts(warehouse: Warehouse, segment: str) -> pl.DataFrame | None:
    """Journeys, and their customers, that entered a stage with each value of a segment; one with two values in both.

    Null where entrants are not told by it. Columns as of `group_counts`.
    """
    if not warehouse.has(_JOURNEY) or segment not in warehouse.columns(_ENTRANT):
        return None
    return warehouse.frame(_ENTERED.format(value=f"e.{segment}", wanted="true"), name="journeys by entry").with_columns(
        segment=pl.lit(segment)
    )


def selected_counts(warehouse: Warehouse, choice: Choice) -> tuple[int, int] | None:
    """Active journeys that began with the conditions, and their customers; null in a copy of an older release.

    Of a choice by entry those that entered a stage with the conditions, which are the journeys of the stage tables.
    """
    if not warehouse.has(_JOURNEY):
        return None
    if is_by_entry(choice):
        if _segments(warehouse, choice) is None:
            return None
        asked = _ENTERED.format(value=f"'{WHOLE}'", wanted=entrants_wanted(choice, prefix="e."))
        return next(((row[1], row[2]) for row in warehouse.rows(asked, name="journeys chosen")), (0, 0))
    counts = "count(*)::bigint, count(distinct customer_id)::bigint"
    found = warehouse.rows(f"select {counts} from {_JOURNEY} where {journeys_wanted(choice)}", name="journeys chosen")
    return found[0][0], found[0][1]


def _headline(warehouse: Warehouse, choice: Choice, stored: Stored) -> pl.DataFrame | None:
    totals = _selection_headline(warehouse, choice, stored)
    return None if totals is None else headline_of(stored["mart.headline"], totals)


def _selection_headline(warehouse: Warehouse, choice: Choice, stored: Stored) -> pl.DataFrame | None:
    if not warehouse.has(_JOURNEY) or is_by_entry(choice):
        return None
    if not choice.conditions:
        return stored["mart.selection_headline"].filter(pl.col("segment") == WHOLE)
    found = warehouse.frame(_TOTALS.format(wanted=journeys_wanted(choice)), name="selection_headline")
    currency = stored["mart.selection_headline"]["currency"].drop_nulls().unique().sort().head(1).to_list()
    has_amount = pl.col("amount").is_not_null()
    return typed_frame(
        "mart.selection_headline",
        _as_whole(found.with_columns(currency=pl.when(has_amount).then(pl.lit((currency or [None])[0])))),
    )


def _as_whole(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(segment=pl.lit(WHOLE), segment_value=pl.lit(WHOLE))


def _dropoff(warehouse: Warehouse, choice: Choice, _: Stored) -> pl.DataFrame | None:
    """By every segment too, so that what is chosen can be compared further."""
    by = _segments(warehouse, choice)
    if by is None:
        return None
    days = offered_days(warehouse, choice)
    if days is None:
        stays = counted_stays(_entrants(warehouse, choice), cutoff=last_cutoff(warehouse), segments=by)
    else:
        stays = summed_stays(warehouse, choice, days=days, segments=by)
    found = _large(dropoff_of(stays, **_counting(warehouse)))
    return typed_frame("mart.stage_dropoff", told(warehouse, choice, found))


def entry_months(warehouse: Warehouse, choice: Choice) -> pl.DataFrame | None:
    """The drop-off of a choice by month of entering the stage; null where the copy does not count it."""
    if _segments(warehouse, choice) is None:
        return None
    days = offered_days(warehouse, choice)
    if days is None:
        return None
    stays = summed_stays(warehouse, choice, days=days, segments=["entry_month"])
    found = _large(dropoff_of(stays.filter(pl.col("segment") == "entry_month"), **_counting(warehouse)))
    return typed_frame("mart.stage_dropoff", told(warehouse, choice, found))


def _exit(warehouse: Warehouse, choice: Choice, _: Stored) -> pl.DataFrame | None:
    if _segments(warehouse, choice) is None:
        return None
    days = offered_days(warehouse, choice)
    if days is None:
        found = stage_exit(_entrants(warehouse, choice), **_counting(warehouse))
    else:
        found = exits_of(summed_stays(warehouse, choice, days=days, is_exit=True), **_counting(warehouse))
    return typed_frame("mart.stage_exit", told(warehouse, choice, _large(found)))


def _reach(warehouse: Warehouse, choice: Choice, _: Stored) -> pl.DataFrame | None:
    if _segments(warehouse, choice) is None:
        return None
    days = offered_days(warehouse, choice)
    if days is None:
        windows = _windows(warehouse, choice)
        found = stage_reach(_entrants(warehouse, choice), windows=windows, **_counting(warehouse))
    else:
        found = reach_of(summed_stays(warehouse, choice, days=days, cube=REACH_CUBE), **_counting(warehouse))
    return typed_frame("mart.stage_reach", told(warehouse, choice, _large(found)))


def _time(warehouse: Warehouse, choice: Choice, _: Stored) -> pl.DataFrame | None:
    if _segments(warehouse, choice) is None:
        return None
    days = offered_days(warehouse, choice)
    found = None if days is None else stored_times(warehouse, choice, days=days)
    if found is None:
        found = time_in_stage(_entrants(warehouse, choice), cutoff=last_cutoff(warehouse))
    return typed_frame("mart.time_in_stage", told(warehouse, choice, _large(found)))


def _flow(warehouse: Warehouse, choice: Choice, _: Stored) -> pl.DataFrame | None:
    """Another window changes what became of the journeys' other visits too, so all of these are read again."""
    if _segments(warehouse, choice) is None:
        return None
    days = offered_days(warehouse, choice)
    found = flow_by(_linked_anew(warehouse, choice)) if days is None else summed_flow(warehouse, choice, days=days)
    return typed_frame("mart.stage_flow", told(warehouse, choice, found))


def _linked_anew(warehouse: Warehouse, choice: Choice) -> pl.DataFrame:
    wanted = entrants_wanted(choice)
    others = f" where journey_id in (select journey_id from {_ENTRANT} where {wanted})" if choice.conditions else ""
    columns = "journey_id, stage, window_days, entered_at, advanced_at, closed_at"
    visits = warehouse.frame(f"select {columns}, ({wanted}) as is_chosen from {_ENTRANT}{others}", name=_ENTRANT)
    read = rewindowed(visits, windows=_windows(warehouse, choice), cutoff=last_cutoff(warehouse))
    return stage_links(read).filter("is_chosen")


def _segments(warehouse: Warehouse, choice: Choice) -> list[str] | None:
    """By what entrants can be split; null where they cannot be chosen so: in an older copy, or by other rules."""
    columns = warehouse.columns(STAY_CUBE)
    asked = {"offered_days", *("entry_month" if name == "month" else name for name in choice.conditions)}
    return [name for name in _SEGMENTS if name in columns] if asked <= set(columns) else None


def chosen_entrants(warehouse: Warehouse, choice: Choice) -> pl.DataFrame | None:
    """The entrants of a choice, one row per journey and stage entered, with the window of the choice.

    Null where they cannot be chosen so: in an older copy, or by a segment that is not configured.
    """
    return None if _segments(warehouse, choice) is None else _entrants(warehouse, choice)


def _entrants(warehouse: Warehouse, choice: Choice) -> pl.DataFrame:
    """The entrants of a choice, with the window of the choice."""
    visits = warehouse.frame(f"select * from {_ENTRANT} where {entrants_wanted(choice)}", name=_ENTRANT)
    if choice.window_days is None:
        return visits
    return rewindowed(visits, windows=_windows(warehouse, choice), cutoff=last_cutoff(warehouse))


def _windows(warehouse: Warehouse, choice: Choice) -> dict[str, int]:
    """The window of every stage; those that nobody entered have none of their own."""
    own = dict(warehouse.rows(f"select distinct stage, window_days from {_ENTRANT}", name=_ENTRANT))
    return windows_of(OWN if choice.window_days is None else choice.window_days, dict.fromkeys(STAGES, 0) | own)


def _counting(warehouse: Warehouse) -> dict[str, Any]:
    return {"cutoff": last_cutoff(warehouse), "minimum_count": setting(warehouse, "minimum_count", 30)}


def _large(found: pl.DataFrame) -> pl.DataFrame:
    return found.filter(pl.col("entered_count") >= SMALLEST_GROUP)


def of_paths(choice: Choice) -> Selection | None:
    """The choice as the functions of paths select; null where they cannot (`country`, `first_source`)."""
    if not set(choice.conditions) <= _OF_PATHS:
        return None
    names = {name: value for name, value in choice.conditions.items() if name != "month"}
    conditions = [Condition(name, (value,)) for name, value in names.items()]
    return Selection((*conditions, *_months(choice)))


def _months(choice: Choice) -> list[Condition]:
    if not choice.months:
        return []
    first, last = (12 * int(month[:4]) + int(month[5:]) - 1 for month in choice.months)
    months = tuple(f"{number // 12:04}-{number % 12 + 1:02}" for number in range(first, last + 1))
    return [Condition("started_month", months)]


def _path(table: str, make: Callable[[Warehouse, Selection], pl.DataFrame]) -> Compute:
    """A table of paths, computed from the journeys that were chosen; a window plays no part in it."""

    def computed(warehouse: Warehouse, choice: Choice, stored: Stored) -> pl.DataFrame | None:
        selection = of_paths(choice)
        if selection is None or not warehouse.has("core.path_kind"):
            return None
        if not selection.conditions:
            return stored[table]
        return typed_frame(table, _renamed(make(warehouse, selection)))

    return computed


def _renamed(frame: pl.DataFrame) -> pl.DataFrame:
    return _as_whole(frame) if "segment" in frame.columns else frame


def _step_flows(warehouse: Warehouse, selection: Selection) -> pl.DataFrame:
    parts = []
    for level, anchor in warehouse.rows("select distinct level, anchor from mart.step_flow order by all"):
        found = step_flow(warehouse, selection, level=level, anchor=read_anchor(warehouse, anchor, level=level))
        parts.append(found.links.with_columns(level=pl.lit(level), anchor=pl.lit(anchor)))
    return pl.concat(parts, how="diagonal")


def _trees(warehouse: Warehouse, selection: Selection) -> pl.DataFrame:
    return pl.concat([path_tree(warehouse, selection, level=level) for level in ("stage", "activity")])


COMPUTED: Final[Mapping[str, Compute]] = {
    "mart.headline": _headline,
    "mart.selection_headline": _selection_headline,
    "mart.stage_dropoff": _dropoff,
    "mart.stage_exit": _exit,
    "mart.stage_reach": _reach,
    "mart.time_in_stage": _time,
    "mart.stage_flow": _flow,
    "mart.path_link": _path("mart.path_link", links.links),
    "mart.path_activity": _path("mart.path_activity", links.activities),
    "mart.step_flow": _path("mart.step_flow", _step_flows),
    "mart.path_tree": _path("mart.path_tree", _trees),
    "mart.variant": _path("mart.variant", lambda w, s: variants(w, s, level="activity", limit=200)),
    "mart.stage_variant": _path("mart.stage_variant", lambda w, s: variants(w, s, level="stage", limit=200)),
}
"""How each table of a choice is computed; null where it cannot follow the choice."""
