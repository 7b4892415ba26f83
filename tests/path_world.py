"""A small world of paths with several devices and channels, and what the marts say of it counted by hand."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from statistics import quantiles
from typing import Any

from mart_world import make_cutoff, mart_world
from segment_world import make_segments

from journey_analytics import build
from journey_analytics.contract import END_NODES, START
from journey_analytics.warehouse import Warehouse

MARTS = (
    "mart.activity", "mart.activity_cube", "mart.directly_follows", "mart.headline", "mart.path_activity",
    "mart.path_example",
    "mart.link_cube", "mart.path_link", "mart.variant",
)  # fmt: skip
Row = Mapping[str, Any]
Link = tuple[str, str]

_OWN_VALUES = """
update core.touchpoint set device = case ord(right(journey_id, 1)) % 5
    when 0 then null when 1 then 'other' when 2 then 'tablet' when 3 then 'desktop' else 'mobile'
end;
update core.journey set first_channel = case ord(right(journey_id, 1)) % 3
    when 0 then null when 1 then 'email' else 'ads'
end
"""


def path_world(*, journeys: int = 150, seed: int = 11, cap: int = 30) -> Warehouse:
    """The random world of the marts with devices and channels of its own, its path marts made."""
    warehouse = mart_world(journeys=journeys, seed=seed)
    for statement in _OWN_VALUES.split(";"):
        warehouse.execute(statement)
    warehouse.execute("update config.setting set value = ? where setting = 'segment_value_cap'", [str(cap)])
    make_segments(warehouse)
    make_path_marts(warehouse)
    return warehouse


def make_path_marts(warehouse: Warehouse) -> None:
    make_cutoff(warehouse)
    marts = [model for model in build.read_models(build.sql_files(), "mart") if model.name in MARTS]
    build.run_models(warehouse, build.ordered(marts))


def journeys_of(warehouse: Warehouse) -> list[dict[str, Any]]:
    """Active journeys with their segments and their touchpoints in order, read without any model of paths."""
    touched: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for journey, *rest in warehouse.rows(
        "select journey_id, activity, occurred_at, device from core.touchpoint order by journey_id, position"
    ):
        touched[journey].append(tuple(rest))
    rows = warehouse.frame(
        "select j.journey_id, j.customer_id, j.status, j.started_at, j.first_channel, s.persona, s.customer_kind "
        "from core.journey as j join core.journey_segment as s using (journey_id) where not j.is_passive"
    ).to_dicts()
    until = warehouse.value("select settled_until_at from core.settled_until")
    known = {row["journey_id"]: {"is_settled": row["started_at"] <= until} for row in rows}
    return [row | known[row["journey_id"]] | _beginning(row, touched[row["journey_id"]]) for row in rows]


def states_of(row: Row) -> list[str]:
    """What a journey is counted in: its status, and whether it is closed and began early enough for a share."""
    known = {"converted": ["settled_converted", "settled"], "dropped": ["settled"], "open": []}
    return [row["status"], *(known[row["status"]] if row["is_settled"] else [])]


def _beginning(row: Row, touched: Sequence[tuple[Any, ...]]) -> dict[str, Any]:
    return {
        "touchpoints": [one[:2] for one in touched],
        "device": touched[0][2] or "unknown",
        "first_channel": row["first_channel"] or "unknown",
        "started_month": f"{row['started_at']:%Y-%m}",
        "all": "all",
    }


def folded(journeys: Iterable[Row], segment: str, *, cap: int) -> Callable[[Row], str]:
    """The value of a journey, or `other` beyond the cap."""
    sizes = Counter(row[segment] for row in journeys)
    own = sorted((value for value in sizes if value not in ("unknown", "other")), key=lambda one: (-sizes[one], one))
    kept = {*own[:cap], "unknown"} if segment in ("first_channel", "device", "persona") else set(sizes)
    return lambda row: row[segment] if row[segment] in kept else "other"


def links_of(journeys: Iterable[Row]) -> dict[Link, dict[str, Any]]:
    """By link: passages, journeys by status, and exact waits."""
    waits: dict[Link, list[float]] = defaultdict(list)
    states: dict[Link, Counter[str]] = defaultdict(Counter)
    for row in journeys:
        passages = list(passages_of(row))
        for link, wait in passages:
            waits[link] += [] if wait is None else [wait]
            states[link]["passages"] += 1
        for link in {link for link, _ in passages}:
            states[link].update(states_of(row))
    return {link: _counted(states[link]) | _waited(waits[link]) for link in states}


def passages_of(row: Row) -> Iterator[tuple[Link, float | None]]:
    names = [START, *(activity for activity, _ in row["touchpoints"]), END_NODES[row["status"]]]
    times = [at for _, at in row["touchpoints"]]
    waits = [None, *((after - at).total_seconds() for at, after in pairwise(times)), None]
    yield from zip(pairwise(names), waits, strict=True)


def _counted(states: Mapping[str, int]) -> dict[str, Any]:
    statuses = {f"{status}_count": states[status] for status in END_NODES}
    settled = {f"{name}_count": states[name] for name in ("settled_converted", "settled")}
    return {"follow_count": states["passages"], "journey_count": sum(statuses.values()), **statuses, **settled}


def _waited(waits: Sequence[float]) -> dict[str, Any]:
    if not waits:
        return {"median_seconds": None, "p90_seconds": None}
    deciles = quantiles([*waits, *waits] if len(waits) == 1 else waits, n=10, method="inclusive")
    return {"median_seconds": deciles[4], "p90_seconds": deciles[8]}
