"""The step that writes `mart.process_model`: the models that are read every day, or the reason why there is none."""

from typing import Final

import polars as pl

from journey_analytics.mining.discovery import DIRECTLY_FOLLOWS, MAX_VARIANTS, ProcessModel, discover_model
from journey_analytics.mining.guard import INSTEAD, Limits
from journey_analytics.mining.model_file import bpmn_text
from journey_analytics.mining.pm4py_library import NOT_INSTALLED, is_available
from journey_analytics.mining.pnml import pnml_text
from journey_analytics.mining.variant_log import VariantLog, whole_log
from journey_analytics.settings import setting
from journey_analytics.warehouse import Warehouse

NO_JOURNEYS = "there is no journey with steps in an order to discover a model from"
NOT_SHOWN = "not shown: "
MODEL_READS: Final = frozenset({"mart.variant", "mart.stage_variant", "config.setting"})

_KINDS: Final = {
    "activity": ("inductive", DIRECTLY_FOLLOWS),
    "stage": ("inductive", "powl", DIRECTLY_FOLLOWS),
}
"""By level; the other kinds, and models of a segment, are made when `journey model` asks for one."""

_SCHEMA = {
    "segment": pl.String,
    "segment_value": pl.String,
    "level": pl.String,
    "kind": pl.String,
    "journey_count": pl.Int64,
    "covered_journey_count": pl.Int64,
    "journey_coverage_share": pl.Float64,
    "variant_count": pl.Int64,
    "mined_variant_count": pl.Int64,
    "threshold": pl.Float64,
    "fitness": pl.Float64,
    "precision": pl.Float64,
    "simplicity": pl.Float64,
    "is_flower": pl.Boolean,
    "is_shown": pl.Boolean,
    "tree_text": pl.String,
    "bpmn_xml": pl.String,
    "pnml_xml": pl.String,
    "note": pl.String,
}


def process_model_table(warehouse: Warehouse) -> None:
    """Write `mart.process_model`: a row per level and kind, of all active journeys.

    At the level of activities the process tree, at that of stages the partially ordered model too; of both the
    directly-follows graph, beside which the others are judged. At the level of activities immediate repeats are
    collapsed, and journeys of a single step left out. Passive journeys are left out everywhere.

    Fitness and precision are those on the variants used (at most MAX_VARIANTS, of a bounded length; see
    `variant_log.STEPS_PER_VARIANT`), which `covered_journey_count` of `journey_count` journeys took:
    `journey_coverage_share`. A flower, or a model below the limits of config.setting, is measured but not handed on:
    `is_shown` is false, the model's texts are null and `note` says why, as it does without pm4py or without journeys.
    """
    limits = limits_of(warehouse)
    logs = [(whole_log(warehouse, level=level, top=MAX_VARIANTS), kinds) for level, kinds in _KINDS.items()]
    rows = [_row(log, kind, limits=limits) for log, kinds in logs for kind in kinds]
    warehouse.create_from("mart.process_model", pl.DataFrame(rows, schema=_SCHEMA))


def limits_of(warehouse: Warehouse) -> Limits:
    """What a model must reach to be shown: two rows of config.setting, in percent."""
    usual = Limits()
    precision = setting(warehouse, "model_minimum_precision", default=round(100 * usual.precision))
    fitness = setting(warehouse, "model_minimum_fitness", default=round(100 * usual.fitness))
    return Limits(precision=precision / 100, fitness=fitness / 100)


def _row(log: VariantLog, kind: str, *, limits: Limits) -> dict[str, object]:
    counts: dict[str, object] = {
        "segment": log.segment,
        "segment_value": log.segment_value,
        "level": log.level,
        "kind": kind,
        "journey_count": log.journey_count,
        "covered_journey_count": log.covered_count,
        "journey_coverage_share": log.coverage_share,
        "variant_count": len(log.variants),
    }
    if not log.variants or not is_available():
        return counts | {"note": NOT_INSTALLED if log.variants else NO_JOURNEYS}
    try:
        return counts | _measured(discover_model(log.variants, kind=kind, limits=limits))
    except ValueError as error:
        return counts | {"note": str(error)}


def measures(model: ProcessModel) -> dict[str, object]:
    """How far a model can be trusted, and whether it is shown, by the columns of `mart.process_model`."""
    return {
        "mined_variant_count": model.mined_variant_count,
        "threshold": model.threshold,
        "fitness": model.fitness,
        "precision": model.precision,
        "simplicity": model.simplicity,
        "is_flower": model.is_flower,
        "is_shown": model.refusal is None,
    }


def _measured(model: ProcessModel) -> dict[str, object]:
    shown = None if model.refusal else model
    return measures(model) | {
        "tree_text": str(shown.tree) if shown and shown.tree else None,
        "bpmn_xml": bpmn_text(shown) if shown else None,
        "pnml_xml": pnml_text(shown.net) if shown else None,
        "note": refused(model) if model.refusal else None,
    }


def refused(model: ProcessModel) -> str | None:
    """Why the model is not shown, and what to look at instead; None where it is shown."""
    return f"{NOT_SHOWN}{model.refusal.reason}; {INSTEAD}" if model.refusal else None
