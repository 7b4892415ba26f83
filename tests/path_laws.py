"""Random logs by the thousand, and what must hold of the paths made of each: marts, map, step flow and tree.

Each log is a device of one warehouse, so that the marts are made once for all of them.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from random import Random

import polars as pl
from mart_world import make_cutoff

from journey_analytics import build
from journey_analytics.contract import END_NODES, START
from journey_analytics.paths.step_links import folded, step_links
from journey_analytics.paths.tree import prefix_tree
from journey_analytics.report.figures.map_graph import map_graph
from journey_analytics.warehouse import Warehouse, open_memory

ENDS = tuple(END_NODES.values())
STAGES = ("awareness", "consideration", "decision", "post_purchase", "unknown")
_BEGUN = datetime(2025, 1, 1)
_CUTOFF = datetime(2026, 1, 1)
_MODELS = (
    "core.touchpoint_at_cutoff", "core.journey_at_cutoff", "core.path_journey", "core.path_segment", "mart.activity",
    "core.path_kind", "core.path_node", "core.path_passage", "mart.link_cube", "mart.activity_cube",
    "mart.path_link", "mart.path_activity", "mart.directly_follows", "mart.variant", "core.leading_currency",
    "core.journey_amount",
)  # fmt: skip


@dataclass(frozen=True)
class Path:
    """One journey: its activities in order, and its status at T."""

    activities: tuple[str, ...]
    status: str


@dataclass(frozen=True)
class Log:
    """A random log and how large it is to be drawn."""

    name: str
    paths: tuple[Path, ...]
    stage_of: dict[str, str]
    boxes: int
    top: int
    steps: int
    anchor: str
    support: int


def random_log(seed: int) -> Log:
    """Few or many activities and journeys, short and long, with repeats; sizes to draw at, from 1 on."""
    random = Random(f"paths {seed}")
    names = [f"activity_{number:03}" for number in range(random.choice([1, 2, 3, 5, 9, 20]))]
    longest = random.choice([1, 3, 6, 15])
    paths = [
        Path(tuple(random.choices(names, k=random.randint(1, longest))), random.choice(list(END_NODES)))
        for _ in range(random.choice([1, 2, 8, 25]))
    ]
    return Log(
        name=f"log_{seed:06}",
        paths=tuple(paths),
        stage_of={name: random.choice(STAGES) for name in names},
        boxes=random.randint(1, 12),
        top=random.randint(1, 6),
        steps=random.randint(1, 9),
        anchor=random.choice(["start", "end"]),
        support=random.randint(1, 5),
    )


def violations(logs: Sequence[Log]) -> Iterator[str]:
    """What does not hold of these logs, each with the name of the log."""
    with open_memory() as warehouse:
        _make(warehouse, logs)
        links, activities = (_by_log(warehouse, table) for table in ("mart.path_link", "mart.path_activity"))
        for log in logs:
            for fault in _faults(log, links[log.name], activities[log.name]):
                yield f"{log.name}: {fault}"
        yield from _whole(warehouse, logs)


def _faults(log: Log, links: pl.DataFrame, activities: pl.DataFrame) -> Iterator[str]:
    yield from _link_faults(log, links, activities)
    yield from _map_faults(log, links, activities)
    yield from _step_faults(log)
    yield from _tree_faults(log)


def follows(paths: Sequence[Path]) -> Counter[tuple[str, str]]:
    """What followed what, with START and the ends, counted in plain Python."""
    return Counter(
        pair for path in paths for pair in pairwise((START, *path.activities, END_NODES[path.status]))
    )  # fmt: skip


def _link_faults(log: Log, links: pl.DataFrame, activities: pl.DataFrame) -> Iterator[str]:
    found = {(a, b): n for a, b, n in links.select("activity", "next_activity", "follow_count").iter_rows()}
    if found != dict(follows(log.paths)):
        yield "the links differ from those counted one by one"
    occurred = Counter(name for path in log.paths for name in path.activities)
    if dict(activities.select("activity", "touchpoint_count").iter_rows()) != dict(occurred):
        yield "the activities differ from those counted one by one"
    touching = Counter(name for path in log.paths for name in set(path.activities))
    if dict(activities.select("activity", "journey_count").iter_rows()) != dict(touching):
        yield "the journeys of an activity differ"


def _map_faults(log: Log, links: pl.DataFrame, activities: pl.DataFrame) -> Iterator[str]:
    graph = map_graph(links, activities, max_activities=log.boxes, flow_share=0.6)
    by_status = Counter(END_NODES[path.status] for path in log.paths)
    if graph.terminals != {START: len(log.paths), **by_status}:
        yield f"{log.boxes} boxes: the map's starts and ends are not the journeys"
    if sum(node.touchpoints for node in graph.nodes) != sum(len(path.activities) for path in log.paths):
        yield f"{log.boxes} boxes: the map lost touchpoints"
    arriving = Counter[str]()
    for (_, target), number in graph.flows.items():
        arriving[target] += number
    for node in graph.nodes:
        if not arriving[node.key] == graph.leaving[node.key] == node.touchpoints:
            yield f"{log.boxes} boxes: in, out and occurrences differ at {node.key}"
    if any(graph.flows[edge.pair] != edge.count for edge in graph.edges):
        yield f"{log.boxes} boxes: an arrow does not carry its links"


def _step_faults(log: Log) -> Iterator[str]:
    rows = pl.DataFrame(
        [(number, path.status, True, name, True) for number, path in enumerate(log.paths) for name in path.activities],
        schema={
            "journey": pl.Int64,
            "status": pl.String,
            "is_settled": pl.Boolean,
            "node": pl.String,
            "is_entered": pl.Boolean,
        },
        orient="row",
    )
    shown = folded(step_links(rows, steps=log.steps, anchor=log.anchor), log.top)
    coming, going = Counter[tuple[int, str]](), Counter[tuple[int, str]]()
    for number, node, next_node, journeys in shown.select(
        "step_number", "node", "next_node", "journey_count"
    ).iter_rows():
        going[number, node] += journeys
        coming[number + 1, next_node] += journeys
    size = f"{log.anchor}, {log.steps} steps, top {log.top}"
    started = sum(n for (_, node), n in going.items() if node == START)
    ended = {end: sum(n for (_, node), n in coming.items() if node == end) for end in ENDS}
    if started != len(log.paths) or sum(ended.values()) != len(log.paths):
        yield f"{size}: the steps do not start and end with the journeys"
    if {end: n for end, n in ended.items() if n} != dict(Counter(END_NODES[path.status] for path in log.paths)):
        yield f"{size}: the steps end otherwise than the journeys"
    inner = {key for key in (*going, *coming) if key[1] not in (START, "MORE", *ENDS)}
    for key in sorted(inner):
        if going[key] != coming[key]:
            yield f"{size}: {coming[key]} come into {key}, {going[key]} go out"


def _tree_faults(log: Log) -> Iterator[str]:
    journeys = pl.DataFrame(
        [(number, path.status, True, None) for number, path in enumerate(log.paths)],
        schema={"journey": pl.Int64, "status": pl.String, "is_settled": pl.Boolean, "amount": pl.Decimal(38, 4)},
        orient="row",
    )
    runs = [[name for name, _ in groupby(path.activities)] for path in log.paths]
    steps = (
        pl.DataFrame(
            [(number, run[depth], 0, False) for number, run in enumerate(runs) if depth < len(run)],
            schema={"journey": pl.Int64, "step": pl.String, "after_us": pl.Int64, "is_purchase": pl.Boolean},
            orient="row",
        )
        for depth in range(13)
    )
    tree = prefix_tree(journeys, steps, level="activity", minimum_count=log.support)
    passed = Counter[str]()
    for parent, count in tree.select("parent_id", "journey_count").iter_rows():
        passed[parent] += count
    for row in tree.filter(~pl.col("is_rest")).iter_rows(named=True):
        ended = sum(row[f"ended_{status}_count"] for status in END_NODES)
        if row["journey_count"] != passed[row["node_id"]] + ended:
            yield f"support {log.support}: the tree loses journeys at {row['path']}"
    root = tree.filter(pl.col("depth") == 0).row(0, named=True)
    if root["journey_count"] != len(log.paths):
        yield f"support {log.support}: the tree does not begin with all journeys"


def _whole(warehouse: Warehouse, logs: Sequence[Log]) -> Iterator[str]:
    """Of all logs together: the tables that the contract names say the same as the paths."""
    every = [path for log in logs for path in log.paths]
    pairs = Counter({pair: n for pair, n in follows(every).items() if pair[0] != START and pair[1] not in ENDS})
    asked = "select activity, next_activity, follow_count from mart.directly_follows"
    if {(a, b): n for a, b, n in warehouse.rows(asked)} != dict(pairs):
        yield "all logs: directly-follows differs from the links"
    variants = Counter(path.activities for path in every)
    if {tuple(v): n for v, n in warehouse.rows("select activities, journey_count from mart.variant")} != dict(variants):
        yield "all logs: the variants differ"


def _by_log(warehouse: Warehouse, table: str) -> dict[str, pl.DataFrame]:
    frame = warehouse.frame(f"select * from {table} where segment = 'device'")
    return {str(key[0]): part for key, part in frame.partition_by("segment_value", as_dict=True).items()}


def _make(warehouse: Warehouse, logs: Sequence[Log]) -> None:
    build.load_config(warehouse, build.sql_files())
    build.load_macros(warehouse, build.sql_files())
    warehouse.execute("update config.setting set value = '100000' where setting = 'segment_value_cap'")
    touchpoints = pl.DataFrame(list(_touchpoints(logs)), infer_schema_length=None).with_columns(
        pl.col("amount").cast(pl.Decimal(18, 4)), pl.col("currency", "channel", "country", "category").cast(pl.String)
    )
    warehouse.create_from("core.touchpoint", touchpoints)
    warehouse.create_from("core.journey", pl.DataFrame(list(_journeys(logs)), infer_schema_length=None))
    warehouse.create_from("core.journey_segment", pl.DataFrame(list(_segments(logs))))
    warehouse.create_from("run.cutoff", pl.DataFrame({"source": ["web"], "cutoff_at": [_CUTOFF]}))
    make_cutoff(warehouse, names=())
    models = [model for schema in ("core", "mart") for model in build.read_models(build.sql_files(), schema)]
    build.run_models(warehouse, build.ordered(model for model in models if model.name in _MODELS))


def _numbered(logs: Sequence[Log]) -> Iterator[tuple[Log, str, Path]]:
    for log in logs:
        for number, path in enumerate(log.paths):
            yield log, f"{log.name}.{number}", path


def _touchpoints(logs: Sequence[Log]) -> Iterator[dict[str, object]]:
    for log, journey, path in _numbered(logs):
        for place, name in enumerate(path.activities):
            is_last = place + 1 == len(path.activities)
            yield {
                "touchpoint_id": f"{journey}.{place}", "source": "web", "source_event_id": f"{journey}.{place}",
                "customer_id": journey, "journey_id": journey, "session_id": journey, "activity": name,
                "occurred_at": _BEGUN + timedelta(minutes=place), "position": place + 1,
                "next_activity": None if is_last else path.activities[place + 1],
                "next_gap_us": None if is_last else 60_000_000, "stage": log.stage_of[name], "stage_confidence": 0.9,
                "stage_rule": "rule", "is_purchase": False, "is_passive": False, "amount": None, "currency": None,
                "channel": None, "device": log.name, "country": None, "category": None,
            }  # fmt: skip


def _journeys(logs: Sequence[Log]) -> Iterator[dict[str, object]]:
    for _, journey, path in _numbered(logs):
        yield {
            "journey_id": journey, "customer_id": journey, "started_at": _BEGUN,
            "ended_at": _BEGUN + timedelta(minutes=len(path.activities) - 1), "status": path.status,
            "first_channel": "direct", "first_source": "web", "is_passive": False, "cut_reason": "first",
            "touchpoint_count": len(path.activities), "activities": list(path.activities), "stages": ["awareness"],
        }  # fmt: skip


def _segments(logs: Sequence[Log]) -> Iterator[dict[str, object]]:
    for log, journey, _ in _numbered(logs):
        yield {
            "journey_id": journey, "first_channel": "direct", "device": log.name, "persona": "unknown",
            "customer_kind": "new",
        }  # fmt: skip
