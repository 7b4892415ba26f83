"""The whole journey mining over a synthetic log, beside pm4py on the same log and machine.

    python benchmarks/mining.py --touchpoints 10000000

Writes a log as Parquet (30 activities, about ten touchpoints a journey, 2 % of them at the same moment as the one
before), then measures every side in a process of its own: CPU seconds of all threads and peak memory. *Same results*
is what both make: the sequence, directly-follows with waiting times, starts, ends, variants, durations. *All* is every
table about paths that a nightly run makes of it. The counts of both sides are compared; a difference ends with an
error.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from end_to_end import cpu_seconds, peak_bytes  # pyrefly: ignore[missing-import]

if TYPE_CHECKING:
    from journey_analytics.build import Model, Step
    from journey_analytics.warehouse import Warehouse

ACTIVITIES = 30
SAME = ("mart.activity", "mart.directly_follows", "mart.variant")
ALSO = (
    "mart.path_link", "mart.path_activity", "mart.path_example", "mart.stage_variant", "mart.step_flow",
    "mart.path_tree", "mart.rework", "mart.bottleneck", "mart.handover",
)  # fmt: skip
PEER_LIMIT_SECONDS = 3600

_LOG = """
with drawn as (
    select
        (number / 10.15)::bigint as journey_number,
        number,
        hash(number) as one,
        hash(number + 1000000007) as two,
        hash((number / 10.15)::bigint) as taste
    from range(?) as numbers(number)
)
select
    'j_' || journey_number as journey_id,
    number,
    'activity_' || lpad((
        case when one % 3 = 0 then (taste + number % 5) % ? else floor(sqrt(two % (? * ?)))::bigint end
    )::varchar, 2, '0') as activity,
    timestamp '2025-01-01' + to_seconds((journey_number % 8640000) * 3)
        + to_seconds(number * 60 - (case when two % 50 = 0 then 60 else 0 end)
        - (journey_number * 10.15)::bigint * 60) as occurred_at,
    'j_' || journey_number || '.' || (number // 6) as session_id,
    ['direct', 'email', 'paid_search', 'organic_search'][(1 + two % 4)::bigint] as channel,
    ['mobile', 'desktop'][(1 + taste % 2)::bigint] as device,
    ['awareness', 'consideration', 'decision'][(1 + one % 3)::bigint] as stage,
    activity = 'activity_03' as is_purchase
from drawn
order by one
"""

_TOUCHPOINTS = """
create table core.touchpoint as
select
    * exclude (number),
    number::varchar as touchpoint_id,
    'web' as source,
    journey_id as customer_id,
    'rule' as stage_rule,
    0.9::double as stage_confidence,
    false as is_passive,
    case when is_purchase then 25 end::decimal(18, 4) as amount,
    case when is_purchase then 'EUR' end as currency,
    null::varchar as country,
    null::varchar as campaign,
    null::varchar as category,
    null::varchar as topic,
    null::varchar as order_id,
    row_number() over journey as position,
    lead(activity) over journey as next_activity,
    epoch_us(lead(occurred_at) over journey) - epoch_us(occurred_at) as next_gap_us
from raw.log
window journey as (partition by journey_id order by occurred_at, number)
"""

_JOURNEYS = """
create table core.journey as
select
    journey_id,
    customer_id,
    min(occurred_at) as started_at,
    max(occurred_at) as ended_at,
    case
        when bool_or(is_purchase) then 'converted'
        when hash(journey_id) % 10 = 0 then 'open'
        else 'dropped'
    end as status,
    min(case when is_purchase then occurred_at end) as converted_at,
    count(*)::bigint as touchpoint_count,
    min_by(channel, position) as first_channel,
    'web' as first_source,
    min_by(device, position) as device,
    null::varchar as country,
    false as is_returning,
    false as is_passive,
    'first' as cut_reason,
    list(activity order by position) as activities,
    ['consideration', 'decision'] as stages
from core.touchpoint
group by journey_id, customer_id
"""

_EMPTY = """
create table core.stage_visit as select journey_id, 'consideration' as stage, started_at as entered_at
from core.journey where false;
create table core.left_censored_journey (journey_id varchar);
create table core.settled_until as select timestamp '2100-01-01' as settled_until_at;
create table core.touchpoint_object (touchpoint_id varchar, object_type varchar, object_id varchar);
create table run.cutoff as select timestamp '2100-01-01' as cutoff_at, 'web' as source;
create table mart.headline as select 'EUR' as currency;
create table core.journey_segment as
select journey_id, first_channel, device, 'unknown' as persona, 'new' as customer_kind from core.journey
"""


def main() -> None:
    """Write the log, measure each side, print the ratios."""
    options = _options()
    if options.side:
        print(json.dumps(SIDES[options.side](options.log)))
        return
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        log = Path(folder) / "log.parquet"
        write_log(log, touchpoints=options.touchpoints)
        ours = in_own_process("ours", log)
        peer = None if options.alone else in_own_process("pm4py", log)
    print(report(ours, peer))


def write_log(file: Path, *, touchpoints: int) -> None:
    """The synthetic log, in no order: the same for the same number of touchpoints."""
    from journey_analytics.warehouse import open_memory

    with open_memory() as warehouse:
        warehouse.frame(_LOG, parameters=[touchpoints, ACTIVITIES, ACTIVITIES, ACTIVITIES]).write_parquet(file)


def in_own_process(side: str, log: Path) -> dict[str, Any]:
    """What one side measured, with a memory of its own."""
    command = [sys.executable, __file__, "--side", side, "--log", str(log)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PEER_LIMIT_SECONDS, check=False)
    if done.returncode:
        raise SystemExit(f"{side} failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def ours_side(log: Path) -> dict[str, Any]:
    """Sequence, then every mart about paths, with CPU seconds each."""
    from journey_analytics import build
    from journey_analytics.warehouse import open_memory

    files = build.sql_files()
    with open_memory() as warehouse:
        build.load_config(warehouse, files)
        build.load_macros(warehouse, files)
        spent = {"sequence": cpu_of(lambda: _sequence(warehouse, log))}
        for node in _nodes():
            name = next(iter(node.makes)) if hasattr(node, "makes") else node.name
            spent[name] = cpu_of(lambda node=node: build.run_models(warehouse, [node]))
        return {"spent": spent, "peak_bytes": peak_bytes(), "counts": _counts(warehouse)}


def _sequence(warehouse: "Warehouse", log: Path) -> None:
    import polars as pl

    warehouse.create_from("raw.log", pl.read_parquet(log))
    warehouse.execute(_TOUCHPOINTS)
    warehouse.execute("drop table raw.log")
    warehouse.execute(_JOURNEYS)
    for statement in _EMPTY.split(";"):
        warehouse.execute(statement)


def _nodes() -> "list[Model | Step]":
    """The models that make the tables, and the core models of their own that they read."""
    from journey_analytics import build
    from journey_analytics.paths.tree_step import TREE_READS, make_path_tree

    files = build.sql_files()
    models = {model.name: model for schema in ("core", "mart") for model in build.read_models(files, schema)}
    given = {"core.touchpoint", "core.journey", "core.stage_visit", "core.journey_segment", "core.touchpoint_object"}
    given |= {"core.left_censored_journey", "core.settled_until", "mart.headline"}
    tree = build.Step("path_tree", TREE_READS, frozenset({"mart.path_tree"}), make_path_tree)
    wanted, asked = [], [*SAME, *ALSO]
    while asked:
        name = asked.pop()
        node = tree if name == "mart.path_tree" else models.get(name)
        if node is not None and node not in wanted and name not in given:
            wanted.append(node)
            asked += sorted(node.reads)
    return build.ordered([n for n in wanted if n is not tree], [tree])


def _counts(warehouse: "Warehouse") -> dict[str, int]:
    return {
        "touchpoints": warehouse.value("select count(*) from core.touchpoint"),
        "links": warehouse.value("select count(*) from mart.directly_follows"),
        "follows": warehouse.value("select sum(follow_count)::bigint from mart.directly_follows"),
        "variants": warehouse.value("select count(*) from mart.variant"),
        "starts": warehouse.value("select count(*) from mart.activity where start_count > 0"),
    }


def pm4py_side(log: Path) -> dict[str, Any]:
    """The calls of pm4py that make the same results, on pandas, in the same order of touchpoints."""
    import pandas
    import pm4py

    spent: dict[str, float] = {}
    frame: Any = None

    def load() -> None:
        nonlocal frame
        columns = ["journey_id", "activity", "occurred_at", "number"]
        frame = pandas.read_parquet(log, columns=columns).sort_values(["journey_id", "occurred_at", "number"])
        frame = pm4py.format_dataframe(
            frame, case_id="journey_id", activity_key="activity", timestamp_key="occurred_at"
        )

    found: dict[str, Any] = {}

    def keep(name: str, work: Callable[[], Any]) -> Callable[[], None]:
        return lambda: found.update({name: work()})

    spent["sequence"] = cpu_of(load)
    spent["directly-follows"] = cpu_of(keep("follows", lambda: pm4py.discover_dfg(frame)))
    spent["waiting times"] = cpu_of(keep("waits", lambda: pm4py.discover_performance_dfg(frame)))
    spent["variants"] = cpu_of(keep("variants", lambda: pm4py.get_variants(frame)))
    spent["durations"] = cpu_of(keep("durations", lambda: pm4py.get_all_case_durations(frame)))
    follows, starts, _ = found["follows"]
    counts = {
        "touchpoints": len(frame),
        "links": len(follows),
        "follows": sum(follows.values()),
        "variants": len(found["variants"]),
        "starts": len(starts),
    }
    return {"spent": spent, "peak_bytes": peak_bytes(), "counts": counts}


SIDES = {"ours": ours_side, "pm4py": pm4py_side}


def cpu_of(work: Callable[[], object]) -> float:
    """CPU seconds of all threads that some work takes."""
    before, began = cpu_seconds(), time.perf_counter()
    work()
    spent = cpu_seconds() - before
    print(f"  {spent:.2f} s CPU, {time.perf_counter() - began:.2f} s", file=sys.stderr, flush=True)
    return spent


def report(ours: dict[str, Any], peer: dict[str, Any] | None) -> str:
    """A line per table, then the ratios."""
    counts = ours["counts"]
    same = [name for name in ours["spent"] if name == "sequence" or name in SAME]
    both = sum(ours["spent"][name] for name in same)
    lines = [
        f"{counts['touchpoints']:,} touchpoints, {counts['links']:,} links, {counts['variants']:,} variants; "
        f"{os.cpu_count()} CPUs; CPU seconds of all threads",
        *(f"{name:28} {seconds:8.2f}" for name, seconds in ours["spent"].items()),
        f"{'same results as the peer':28} {both:8.2f}",
        f"{'all':28} {sum(ours['spent'].values()):8.2f}   peak memory {ours['peak_bytes'] / 1e6:,.0f} MB",
    ]
    if peer is None:
        return "\n".join(lines)
    if peer["counts"] != counts:
        raise SystemExit(f"the sides differ: {counts} against {peer['counts']}")
    theirs = sum(peer["spent"].values())
    lines += ["", *(f"pm4py {name:22} {seconds:8.2f}" for name, seconds in peer["spent"].items())]
    lines += [
        f"pm4py together               {theirs:8.2f}   peak memory {peer['peak_bytes'] / 1e6:,.0f} MB",
        f"pm4py takes {theirs / both:.1f} times the CPU for the same results, "
        f"{theirs / sum(ours['spent'].values()):.1f} times what all our tables take; "
        f"{peer['peak_bytes'] / ours['peak_bytes']:.1f} times the memory",
    ]
    return "\n".join(lines)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--touchpoints", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, default=None, help="where the log is written; deleted at the end")
    parser.add_argument("--alone", action="store_true", help="leave the peer out")
    parser.add_argument("--side", choices=sorted(SIDES), help=argparse.SUPPRESS)
    parser.add_argument("--log", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
