"""The Python steps among the SQL models: what depends on order, the survival statistics, the discovered model."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from importlib.metadata import version

import polars as pl

from journey_analytics.affected import CUSTOMER_TABLES, find_affected, forget_affected, keep_state
from journey_analytics.attribution.step import ATTRIBUTION_READS, make_attribution
from journey_analytics.build import Step
from journey_analytics.change.step import CHANGE_MAKES, CHANGE_READS, make_change
from journey_analytics.cutoff import USUAL_DAYS, cutoff_rows
from journey_analytics.drivers.step import DRIVER_MAKES, DRIVER_READS, make_driver
from journey_analytics.dropoff_step import DROPOFF_MAKES, DROPOFF_READS, make_dropoff
from journey_analytics.entrants import ENTRANT_READS
from journey_analytics.feelings.step import FEELING_READS, make_feeling
from journey_analytics.funnel.declared import SavedFunnel
from journey_analytics.funnel.step import FUNNEL_MAKES, FUNNEL_READS, make_funnels
from journey_analytics.journey_map.persona_drivers import PERSONA_DRIVER_READS, make_persona_driver
from journey_analytics.journey_map.step import JOURNEY_MAP_MAKES, JOURNEY_MAP_READS, make_journey_map
from journey_analytics.mining.model import MODEL_READS, process_model_table
from journey_analytics.opportunity.step import OPPORTUNITY_READS, make_opportunity
from journey_analytics.paths.tree_step import TREE_READS, make_path_tree
from journey_analytics.personas.card_step import CARD_MAKES, CARD_READS, make_persona_card
from journey_analytics.personas.step import CLUSTER_MAKES, CLUSTER_READS, make_persona
from journey_analytics.planned.declared import DeclaredPlan
from journey_analytics.planned.step import PLANNED_MAKES, PLANNED_READS, make_planned
from journey_analytics.sequence import Rules, build_sequence, learn, learnt_rules, learnt_until, read_rules
from journey_analytics.sequence.kernel import TOUCHPOINT_COLUMNS
from journey_analytics.sequence.learning import SAMPLE_TOUCHPOINTS, needs_data
from journey_analytics.sequence.outcomes import JOURNEY_COLUMNS
from journey_analytics.sequence.visits import VISIT_COLUMNS
from journey_analytics.settings import setting
from journey_analytics.suggestion import SUGGESTION_READS, make_stage_suggestion
from journey_analytics.voice.shown import GROUPS, VOICE, make_voice_shown
from journey_analytics.voice.step import VOICE_MAKES, VOICE_READS, make_voice
from journey_analytics.warehouse import Warehouse

_RULE_TABLES = ("stage_rule", "activity", "stage_window", "inactivity_limit", "setting")
_LEARNT_TABLES = ("inactivity_limit", "need_signal")
_NO_BUCKET = -1
_ORDER = "occurred_at, source_rank, source, source_event_id"


def python_steps(
    cutoff: datetime,
    *,
    segment_tables: frozenset[str] = frozenset(),
    funnels: Sequence[SavedFunnel] = (),
    plans: Sequence[DeclaredPlan] = (),
) -> list[Step]:
    """The steps at cut-off T, each with what it reads and makes, for `build.ordered`; funnels and plans are declared.

    Whatever reads `core.stage_visit` reads it with its segments (`entrants`), and so after `segment_tables`.
    """
    segments_too = ENTRANT_READS | segment_tables
    return [
        replace(step, reads=step.reads | segments_too) if "core.stage_visit" in step.reads else step
        for step in [*_steps(cutoff), _funnel_step(cutoff, funnels), _planned_step(plans)]
    ]


def _funnel_step(cutoff: datetime, funnels: Sequence[SavedFunnel]) -> Step:
    return Step(
        name="funnel",
        reads=FUNNEL_READS,
        makes=FUNNEL_MAKES,
        execute=lambda warehouse: make_funnels(warehouse, funnels, cutoff=cutoff),
    )


def _planned_step(plans: Sequence[DeclaredPlan]) -> Step:
    return Step(
        name="planned",
        reads=PLANNED_READS,
        makes=PLANNED_MAKES,
        execute=lambda warehouse: make_planned(warehouse, plans),
    )


def _steps(cutoff: datetime) -> list[Step]:
    rule_tables = frozenset(f"config.{table}" for table in _RULE_TABLES)
    learnt_tables = frozenset(f"core.{table}" for table in _LEARNT_TABLES)
    return [
        Step(
            name="learning",
            reads=frozenset({"core.customer_event"}) | rule_tables,
            makes=learnt_tables,
            execute=lambda warehouse: _make_learning(warehouse, cutoff=cutoff),
        ),
        Step(
            name="sequence",
            reads=frozenset({"core.customer_event"}) | rule_tables | learnt_tables,
            makes=frozenset(f"core.{table}" for table in CUSTOMER_TABLES),
            execute=lambda warehouse: _make_sequence(warehouse, cutoff=cutoff),
        ),
        Step(
            name="dropoff",
            reads=DROPOFF_READS,
            makes=DROPOFF_MAKES,
            execute=lambda warehouse: make_dropoff(warehouse, cutoff=cutoff),
        ),
        Step(
            name="change",
            reads=CHANGE_READS,
            makes=CHANGE_MAKES,
            execute=lambda warehouse: make_change(warehouse, cutoff=cutoff),
        ),
        Step(
            name="opportunity",
            reads=OPPORTUNITY_READS,
            makes=frozenset({"mart.opportunity"}),
            execute=lambda warehouse: make_opportunity(warehouse, cutoff=cutoff),
        ),
        Step(
            name="attribution",
            reads=ATTRIBUTION_READS,
            makes=frozenset({"mart.attribution"}),
            execute=lambda warehouse: make_attribution(warehouse, cutoff=cutoff),
        ),
        Step(
            name="driver",
            reads=DRIVER_READS,
            makes=DRIVER_MAKES,
            execute=lambda warehouse: make_driver(warehouse, cutoff=cutoff),
        ),
        Step(
            name="persona",
            reads=CLUSTER_READS,
            makes=CLUSTER_MAKES,
            execute=lambda warehouse: make_persona(warehouse, cutoff=cutoff),
        ),
        Step(name="persona_card", reads=CARD_READS, makes=CARD_MAKES, execute=make_persona_card),
        Step(
            name="persona_driver",
            reads=PERSONA_DRIVER_READS,
            makes=frozenset({"mart.persona_driver"}),
            execute=lambda warehouse: make_persona_driver(warehouse, cutoff=cutoff),
        ),
        Step(
            name="journey_map",
            reads=JOURNEY_MAP_READS,
            makes=JOURNEY_MAP_MAKES,
            execute=lambda warehouse: make_journey_map(warehouse, cutoff=cutoff),
        ),
        Step(name="feeling", reads=FEELING_READS, makes=frozenset({"mart.feeling"}), execute=make_feeling),
        Step(
            name="process_model",
            reads=MODEL_READS,
            makes=frozenset({"mart.process_model"}),
            execute=process_model_table,
        ),
        Step(name="voice", reads=VOICE_READS, makes=VOICE_MAKES, execute=make_voice),
        Step(name="voice_shown", reads=frozenset({GROUPS}), makes=frozenset({VOICE}), execute=make_voice_shown),
        Step(name="path_tree", reads=TREE_READS, makes=frozenset({"mart.path_tree"}), execute=make_path_tree),
        Step(
            name="stage_suggestion",
            reads=SUGGESTION_READS | rule_tables,
            makes=frozenset({"mart.stage_suggestion"}),
            execute=lambda warehouse: make_stage_suggestion(warehouse, rules=rules_of(warehouse)),
        ),
    ]


def rules_of(warehouse: Warehouse) -> Rules:
    """The analyst's rules from the `config` tables, checked; their order (`rowid`) is their rank."""
    frames: Mapping[str, pl.DataFrame] = {
        table: warehouse.frame(f"select * from config.{table} order by rowid") for table in _RULE_TABLES
    }
    return read_rules(frames)


def _make_learning(warehouse: Warehouse, *, cutoff: datetime) -> None:
    rules, until = rules_of(warehouse), learnt_until(cutoff)
    learnt = learn(_learning_sample(warehouse, rules=rules, until=until), rules=rules, until=until)
    for table in _LEARNT_TABLES:
        warehouse.create_from(f"core.{table}", getattr(learnt, table))


def _learning_sample(warehouse: Warehouse, *, rules: Rules, until: datetime) -> pl.DataFrame:
    """All touchpoints before `until` of the customers of the first buckets; no rows when nothing is to be learnt."""
    parts: list[pl.DataFrame] = []
    for bucket in range(setting(warehouse, "bucket_count")) if needs_data(rules) else (_NO_BUCKET,):
        parts.append(
            warehouse.frame(
                "select * from core.customer_event where bucket = ? and occurred_at < ?",
                parameters=[bucket, until],
                name="core.customer_event",
            )
        )
        if sum(map(len, parts)) >= SAMPLE_TOUCHPOINTS:
            break
    return pl.concat(parts)


def used_rules(warehouse: Warehouse) -> Rules:
    """The analyst's rules with the limits and signals that were learnt: what journeys are cut by."""
    limits, signals = (warehouse.frame(f"select * from core.{table}") for table in _LEARNT_TABLES)
    return learnt_rules(rules_of(warehouse), limits=limits, signals=signals)


def _make_sequence(warehouse: Warehouse, *, cutoff: datetime) -> None:
    """Only affected customers are built again; the rows of all others stay as they are."""
    rules = used_rules(warehouse)
    digest = _digest(rules)
    keeps_others = find_affected(warehouse, rules_digest=digest, cutoff=cutoff)
    if keeps_others:
        forget_affected(warehouse)
    for bucket in range(setting(warehouse, "bucket_count")):
        sequence = build_sequence(_affected_events(warehouse, bucket), rules=rules, cutoff=cutoff)
        for table in CUSTOMER_TABLES:
            store = warehouse.append if keeps_others or bucket else warehouse.create_from
            store(f"core.{table}", getattr(sequence, table))
    keep_state(warehouse, rules_digest=digest, cutoff=cutoff)


def _affected_events(warehouse: Warehouse, bucket: int) -> pl.DataFrame:
    return warehouse.frame(
        "select * from core.customer_event semi join affected_customer using (customer_id) "
        f"where bucket = ? order by customer_id, {_ORDER}",
        parameters=[bucket],
        name="core.customer_event",
    )


def _digest(rules: Rules) -> str:
    """Changes when a rule, a learnt limit, or what the tables hold changes."""
    columns = (TOUCHPOINT_COLUMNS, JOURNEY_COLUMNS, VISIT_COLUMNS)
    made_of = (asdict(rules), columns, version("journey-analytics"))
    # A set has no order of its own, and its text another one in every process.
    text = json.dumps(
        made_of, sort_keys=True, default=lambda value: sorted(value) if isinstance(value, frozenset) else str(value)
    )
    return hashlib.sha256(text.encode()).hexdigest()


_NO_TOUCHPOINTS = datetime(1970, 1, 1)
"""T of an empty warehouse: nothing has happened before it."""

_SOURCE_TIMES = """
with touchpoint_time as (
    select
        source,
        occurred_at,
        occurred_at - lag(occurred_at) over (partition by source order by occurred_at) as gap,
        occurred_at >= max(occurred_at) over (partition by source) - to_days(?) as is_recent
    from staging.event
    where activity is not null and not is_bot
)
select
    source,
    min(occurred_at) as first_seen_at,
    max(occurred_at) as last_seen_at,
    coalesce(max(epoch_us(gap)) filter (where is_recent), 0)::bigint as longest_gap_us,
    (count(*) filter (where is_recent))::bigint as touchpoint_count
from touchpoint_time
group by source
order by source
"""


def decide_cutoff(warehouse: Warehouse, *, as_of: datetime | None, guarding: Sequence[str]) -> datetime:
    """T for this run, with the reason per source in `run.cutoff`; `as_of` (the instant T itself) wins over the data."""
    times = warehouse.frame(_SOURCE_TIMES, parameters=[USUAL_DAYS], name="source times")
    rows = cutoff_rows(times, guarding=guarding, as_of=as_of)
    warehouse.create_from("run.cutoff", rows)
    return as_of or next(iter(rows["cutoff_at"]), _NO_TOUCHPOINTS)
