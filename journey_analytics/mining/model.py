"""The step that writes `mart.process_model`: one model per level, or the reason why there is none."""

from dataclasses import dataclass

import polars as pl

from journey_analytics.mining.bpmn import bpmn_xml
from journey_analytics.mining.discovery import MAX_VARIANTS, Counted, ProcessModel, discover_model, is_available
from journey_analytics.warehouse import Warehouse

KIND = "inductive_miner_infrequent"
NOT_INSTALLED = 'pm4py is not installed: pip install "journey-analytics[mining]"'
NO_JOURNEYS = "there is no journey with steps in an order to discover a model from"
ONLY_FLOWERS = "no model is shown: all that were found allow nearly any order, which says nothing about the path"

_ACTIVITY_VARIANTS = """
with collapsed_variant as (
    select
        list_filter(activities, lambda activity, place: place = 1 or activity <> activities[place - 1]) as steps,
        journey_count - passive_count as journey_count
    from mart.variant
    where journey_count > passive_count
)

select steps, sum(journey_count)::bigint as journey_count
from collapsed_variant
where len(steps) > 1
group by steps
order by journey_count desc, steps
limit ?
"""
_STAGE_VARIANTS = """
select stages as steps, journey_count - passive_count as journey_count
from mart.stage_variant
where len(stages) > 0 and journey_count > passive_count
order by 2 desc, stages
limit ?
"""
_LEVELS = {"activity": _ACTIVITY_VARIANTS, "stage": _STAGE_VARIANTS}

_SCHEMA = {
    "segment": pl.String,
    "level": pl.String,
    "kind": pl.String,
    "journey_count": pl.Int64,
    "covered_journey_count": pl.Int64,
    "journey_coverage_share": pl.Float64,
    "variant_count": pl.Int64,
    "mined_variant_count": pl.Int64,
    "noise": pl.Float64,
    "fitness": pl.Float64,
    "precision": pl.Float64,
    "simplicity": pl.Float64,
    "is_flower": pl.Boolean,
    "tree_text": pl.String,
    "bpmn_xml": pl.String,
    "note": pl.String,
}


@dataclass(frozen=True)
class Log:
    """What a model is discovered from: the most frequent variants, and how many journeys there are in all.

    Journeys are active ones; a passive one, of e-mails that nobody reacted to, is nobody's way.
    """

    level: str
    variants: tuple[Counted, ...]
    journey_count: int

    @property
    def covered_count(self) -> int:
        """Journeys of the variants used."""
        return sum(count for _, count in self.variants)


def process_model_table(warehouse: Warehouse) -> None:
    """Write `mart.process_model`: a row per level, `activity` and `stage`.

    At the level of activities immediate repeats are collapsed, and journeys of a single step left out: they have no
    order, and as the most frequent variants they would make every model a mere list of activities. Passive journeys
    are left out everywhere.

    Fitness and precision are those on the variants used (at most MAX_VARIANTS), which `covered_journey_count` of
    `journey_count` journeys took: `journey_coverage_share`. A flower is measured but not handed on: its `tree_text` and
    `bpmn_xml` are null and `note` says why, as it does without pm4py or without journeys.
    """
    rows = [_row(_log(warehouse, level)) for level in _LEVELS]
    warehouse.create_from("mart.process_model", pl.DataFrame(rows, schema=_SCHEMA))


def _log(warehouse: Warehouse, level: str) -> Log:
    found = warehouse.rows(_LEVELS[level], [MAX_VARIANTS], name=f"variants of level {level}")
    table = "variant" if level == "activity" else "stage_variant"
    total = warehouse.value(f"select coalesce(sum(journey_count - passive_count), 0)::bigint from mart.{table}")
    return Log(level=level, variants=tuple((tuple(steps), count) for steps, count in found), journey_count=total)


def _row(log: Log) -> dict[str, object]:
    counts: dict[str, object] = {
        "segment": "all",
        "level": log.level,
        "kind": KIND,
        "journey_count": log.journey_count,
        "covered_journey_count": log.covered_count,
        "journey_coverage_share": log.covered_count / log.journey_count if log.journey_count else None,
        "variant_count": len(log.variants),
    }
    if not log.variants or not is_available():
        return counts | {"note": NOT_INSTALLED if log.variants else NO_JOURNEYS}
    return counts | _measured(discover_model(log.variants))


def _measured(model: ProcessModel) -> dict[str, object]:
    shown = None if model.is_flower else model
    return {
        "mined_variant_count": model.mined_variant_count,
        "noise": model.noise,
        "fitness": model.fitness,
        "precision": model.precision,
        "simplicity": model.simplicity,
        "is_flower": model.is_flower,
        "tree_text": str(shown.tree) if shown else None,
        "bpmn_xml": bpmn_xml(shown.tree) if shown else None,
        "note": None if shown else ONLY_FLOWERS,
    }
