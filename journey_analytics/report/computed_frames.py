"""The tables of a selection that no mart holds: several conditions at once, several months, another window."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any, Final

import polars as pl

from journey_analytics.contract import STAGES
from journey_analytics.cutoff import last_cutoff
from journey_analytics.dropoff import dropoff_of, time_in_stage
from journey_analytics.paths import links
from journey_analytics.paths.selection import Condition, Selection
from journey_analytics.paths.step_flow import read_anchor, step_flow
from journey_analytics.paths.tree_step import path_tree
from journey_analytics.paths.variants import variants
from journey_analytics.report.frames import typed_frame
from journey_analytics.report.selection import SMALLEST_GROUP, WHOLE, Choice, headline_of
from journey_analytics.selecting.cube import stay_cube, stays_of
from journey_analytics.selecting.links import flow_by, stage_links
from journey_analytics.selecting.windows import rewindowed
from journey_analytics.settings import setting
from journey_analytics.stage_exit import exits_of, stage_exit
from journey_analytics.stage_reach import stage_reach
from journey_analytics.warehouse import Warehouse, quoted

Stored = Mapping[str, pl.DataFrame]
Compute = Callable[[Warehouse, Choice, Stored], pl.DataFrame | None]

_ENTRANT: Final = "mart.stage_entrant"
_CUBE: Final = "mart.stay_cube"
_JOURNEY: Final = "core.selection_journey"
_SEGMENTS: Final = (
    "first_channel", "first_source", "device", "country", "entry_month", "persona", "customer_kind",
)  # fmt: skip
_OF_PATHS: Final = frozenset({"month", "first_channel", "device", "persona", "customer_kind"})
"""What journeys of paths can be chosen by."""

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


def journeys_wanted(choice: Choice) -> str:
    """The conditions of a choice on `core.selection_journey`, as SQL; the period is that of the beginning."""
    return _wanted(choice, month="started_month")


def entrants_wanted(choice: Choice) -> str:
    """The conditions of a choice on the tables of entrants, as SQL; the period is that of entering the stage."""
    return _wanted(choice, month="entry_month")


def _wanted(choice: Choice, *, month: str) -> str:
    parts = [f"{name} = {quoted(value)}" for name, value in choice.conditions.items() if name != "month"]
    if choice.months:
        first, last = choice.months
        parts.append(f"{month} between {quoted(first)} and {quoted(last)}")
    return " and ".join(parts) or "true"


def selected_counts(warehouse: Warehouse, choice: Choice) -> tuple[int, int] | None:
    """Active journeys that began with the conditions, and their customers; null in a copy of an older release."""
    if not warehouse.has(_JOURNEY):
        return None
    counts = "count(*)::bigint, count(distinct customer_id)::bigint"
    found = warehouse.rows(f"select {counts} from {_JOURNEY} where {journeys_wanted(choice)}", name="journeys chosen")
    return found[0][0], found[0][1]


def _headline(warehouse: Warehouse, choice: Choice, stored: Stored) -> pl.DataFrame | None:
    totals = _selection_headline(warehouse, choice, stored)
    return None if totals is None else headline_of(stored["mart.headline"], totals)


def _selection_headline(warehouse: Warehouse, choice: Choice, stored: Stored) -> pl.DataFrame | None:
    if not warehouse.has(_JOURNEY):
        return None
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
    found = dropoff_of(stays_of(_cube(warehouse, choice, by), segments=by), **_counting(warehouse))
    return typed_frame("mart.stage_dropoff", _large(found))


def _cube(warehouse: Warehouse, choice: Choice, segments: list[str]) -> pl.DataFrame:
    """The stays of a choice, counted; with another window anew, once for all segments: that is the quicker way."""
    if choice.window_days is None:
        return _chosen(warehouse, _CUBE, choice)
    return stay_cube(_entrants(warehouse, choice), cutoff=last_cutoff(warehouse), segments=segments)


def _exit(warehouse: Warehouse, choice: Choice, _: Stored) -> pl.DataFrame | None:
    if _segments(warehouse, choice) is None:
        return None
    if choice.window_days is None:
        found = exits_of(stays_of(_chosen(warehouse, _CUBE, choice), read="exit"), **_counting(warehouse))
    else:
        found = stage_exit(_entrants(warehouse, choice), **_counting(warehouse))
    return typed_frame("mart.stage_exit", _large(found))


def _reach(warehouse: Warehouse, choice: Choice, _: Stored) -> pl.DataFrame | None:
    if _segments(warehouse, choice) is None:
        return None
    windows = dict(warehouse.rows(f"select distinct stage, window_days from {_ENTRANT}", name=_ENTRANT))
    read = {stage: windows.get(stage, 0) for stage in STAGES} | _windows(choice)
    found = stage_reach(_entrants(warehouse, choice), windows=read, **_counting(warehouse))
    return typed_frame("mart.stage_reach", _large(found))


def _time(warehouse: Warehouse, choice: Choice, _: Stored) -> pl.DataFrame | None:
    if _segments(warehouse, choice) is None:
        return None
    found = time_in_stage(_entrants(warehouse, choice), cutoff=last_cutoff(warehouse))
    return typed_frame("mart.time_in_stage", _large(found))


def _flow(warehouse: Warehouse, choice: Choice, _: Stored) -> pl.DataFrame | None:
    """Another window changes what became of the journeys' other visits too, so all of these are read again."""
    if _segments(warehouse, choice) is None:
        return None
    linked = _linked_anew(warehouse, choice) if choice.window_days else _chosen(warehouse, _ENTRANT, choice)
    return typed_frame("mart.stage_flow", flow_by(linked))


def _linked_anew(warehouse: Warehouse, choice: Choice) -> pl.DataFrame:
    wanted = entrants_wanted(choice)
    others = f" where journey_id in (select journey_id from {_ENTRANT} where {wanted})" if choice.conditions else ""
    columns = "journey_id, stage, window_days, entered_at, advanced_at, closed_at"
    visits = warehouse.frame(f"select {columns}, ({wanted}) as is_chosen from {_ENTRANT}{others}", name=_ENTRANT)
    read = rewindowed(visits, windows=_windows(choice), cutoff=last_cutoff(warehouse))
    return stage_links(read).filter("is_chosen")


def _segments(warehouse: Warehouse, choice: Choice) -> list[str] | None:
    """By what entrants can be split; null where they cannot be chosen so: in an older copy, or by other rules."""
    columns = warehouse.columns(_CUBE)
    asked = {"entry_month" if name == "month" else name for name in choice.conditions}
    return [name for name in _SEGMENTS if name in columns] if columns and asked <= set(columns) else None


def _chosen(warehouse: Warehouse, table: str, choice: Choice) -> pl.DataFrame:
    return warehouse.frame(f"select * from {table} where {entrants_wanted(choice)}", name=table)


def chosen_entrants(warehouse: Warehouse, choice: Choice) -> pl.DataFrame | None:
    """The entrants of a choice, one row per journey and stage entered, with the window of the choice.

    Null where they cannot be chosen so: in an older copy, or by a segment that is not configured.
    """
    return None if _segments(warehouse, choice) is None else _entrants(warehouse, choice)


def _entrants(warehouse: Warehouse, choice: Choice) -> pl.DataFrame:
    """The entrants of a choice, with the window of the choice."""
    visits = _chosen(warehouse, _ENTRANT, choice)
    if choice.window_days is None:
        return visits
    return rewindowed(visits, windows=_windows(choice), cutoff=last_cutoff(warehouse))


def _windows(choice: Choice) -> dict[str, int]:
    """The window of a choice is that of the stages before the purchase."""
    return {} if choice.window_days is None else dict.fromkeys(STAGES[:-1], choice.window_days)


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
    return Selection((*conditions, *_days(choice)))


def _days(choice: Choice) -> list[Condition]:
    if not choice.months:
        return []
    first, last = choice.months
    if first == last:
        return [Condition("started_month", (first,))]
    year, month = map(int, last.split("-"))
    after = date(year + month // 12, month % 12 + 1, 1)
    return [Condition("started_on", (f"{first}-01", (after - timedelta(days=1)).isoformat()))]


def _path(table: str, make: Callable[[Warehouse, Selection], pl.DataFrame]) -> Compute:
    """A table of paths, computed from the journeys that were chosen; a window plays no part in it."""

    def computed(warehouse: Warehouse, choice: Choice, stored: Stored) -> pl.DataFrame | None:
        selection = of_paths(choice)
        if selection is None or not warehouse.has("core.journey_at_cutoff"):
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
    "mart.variant": _path("mart.variant", lambda w, s: variants(w, s, level="activity").head(200)),
    "mart.stage_variant": _path("mart.stage_variant", lambda w, s: variants(w, s, level="stage").head(200)),
}
"""How each table of a choice is computed; null where it cannot follow the choice."""
