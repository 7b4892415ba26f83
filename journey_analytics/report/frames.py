"""Which tables the report reads, with the columns it needs; a table or column that is missing comes back empty."""

from collections.abc import Mapping

import polars as pl

from journey_analytics.report.decision_tables import DECISION_TABLES
from journey_analytics.report.feelings_tables import FEELING_TABLES
from journey_analytics.report.journey_map_tables import JOURNEY_MAP_TABLES
from journey_analytics.report.path_tables import PATH_TABLES
from journey_analytics.report.personas_tables import PERSONA_TABLES
from journey_analytics.report.planned_tables import PLANNED_TABLES
from journey_analytics.report.rework_tables import REWORK_TABLES
from journey_analytics.report.selection_tables import LONG_SELECTION_TABLES, SELECTION_TABLES
from journey_analytics.report.step_tables import STEP_TABLES
from journey_analytics.report.variant_tables import LONG_VARIANT_TABLES, VARIANT_TABLES
from journey_analytics.report.voice_tables import VOICE_TABLES
from journey_analytics.warehouse import Warehouse

_N = pl.Int64
_SHARE = pl.Float64
_AT = pl.Datetime("us")

TABLES: Mapping[str, Mapping[str, pl.DataType | type[pl.DataType]]] = {
    "mart.headline": {
        "as_of_at": _AT,
        "touchpoint_count": _N,
        "customer_count": _N,
        "session_count": _N,
        "purchase_count": _N,
        "unknown_share": _SHARE,
        "unmatched_share": _SHARE,
        "first_touchpoint_at": _AT,
        "last_touchpoint_at": _AT,
        "identified_customer_count": _N,
        "journey_count": _N,
        "converted_count": _N,
        "dropped_count": _N,
        "open_count": _N,
        "left_censored_count": _N,
        "passive_journey_count": _N,
        "passive_touchpoint_count": _N,
        "file_count": _N,
        "read_count": _N,
        "rejected_count": _N,
        "duplicate_count": _N,
    },
    "mart.stage_dropoff": {
        "segment": pl.String,
        "segment_value": pl.String,
        "stage": pl.String,
        "window_days": _N,
        "entered_count": _N,
        "customer_count": _N,
        "advanced_count": _N,
        "dropped_count": _N,
        "open_count": _N,
        "observed_dropoff_share": _SHARE,
        "observed_low_share": _SHARE,
        "observed_high_share": _SHARE,
        "observed_count": _N,
        "estimated_dropoff_share": _SHARE,
        "estimated_low_share": _SHARE,
        "estimated_high_share": _SHARE,
        "is_ranked": pl.Boolean,
        "at_risk_count": _N,
        "followed_days": _SHARE,
        "estimate_note": pl.String,
    },
    "mart.time_in_stage": {
        "segment": pl.String,
        "segment_value": pl.String,
        "stage": pl.String,
        "window_days": _N,
        "percentile": _N,
        "seconds": pl.Float64,
        "low_seconds": pl.Float64,
        "high_seconds": pl.Float64,
        "at_risk_count": _N,
        "entered_count": _N,
    },
    "mart.stage_flow": {"from_stage": pl.String, "to_state": pl.String, "journey_count": _N},
    "mart.directly_follows": {
        "activity": pl.String,
        "next_activity": pl.String,
        "journey_count": _N,
        "follow_count": _N,
        "median_seconds": pl.Float64,
        "p90_seconds": pl.Float64,
        "passive_journey_count": _N,
        "passive_follow_count": _N,
        "active_median_seconds": pl.Float64,
        "active_p90_seconds": pl.Float64,
    },
    "mart.activity": {
        "activity": pl.String,
        "stage": pl.String,
        "touchpoint_count": _N,
        "journey_count": _N,
        "start_count": _N,
        "converted_end_count": _N,
        "dropped_end_count": _N,
        "open_end_count": _N,
        "converted_last_act_count": _N,
        "dropped_last_act_count": _N,
        "open_last_act_count": _N,
        "passive_touchpoint_count": _N,
        "passive_journey_count": _N,
        "passive_start_count": _N,
        "passive_dropped_end_count": _N,
        "passive_open_end_count": _N,
    },
    "mart.source_quality": {
        "source": pl.String,
        "file_count": _N,
        "read_count": _N,
        "accepted_count": _N,
        "duplicate_count": _N,
        "rejected_count": _N,
        "touchpoint_count": _N,
        "unknown_share": _SHARE,
        "unmatched_share": _SHARE,
        "first_seen_at": _AT,
        "last_seen_at": _AT,
        "behind_seconds": pl.Float64,
        "is_silent": pl.Boolean,
    },
    "mart.rejected_reason": {
        "source": pl.String,
        "reason_code": pl.String,
        "rejected_count": _N,
        "file_count": _N,
        "example_reason": pl.String,
        "example_file": pl.String,
        "example_row": _N,
    },
    "mart.unknown_activity": {
        "activity": pl.String,
        "source": pl.String,
        "touchpoint_count": _N,
        "unmatched_count": _N,
        "touchpoint_share": _SHARE,
        "suggested_stage": pl.String,
        "suggested_share": _SHARE,
    },
    "mart.process_model": {
        "segment": pl.String,
        "segment_value": pl.String,
        "level": pl.String,
        "kind": pl.String,
        "journey_count": _N,
        "covered_journey_count": _N,
        "journey_coverage_share": _SHARE,
        "variant_count": _N,
        "fitness": _SHARE,
        "precision": _SHARE,
        "simplicity": _SHARE,
        "is_flower": pl.Boolean,
        "tree_text": pl.String,
        "note": pl.String,
    },
    "mart.inference_quality": {
        "sort_order": _N,
        "section": pl.String,
        "item": pl.String,
        "n": _N,
        "base_count": _N,
        "share": _SHARE,
    },
    "core.login_reliability": {
        "device_kind": pl.String,
        "distance_band": pl.String,
        "tried_count": _N,
        "right_count": _N,
        "right_share": _SHARE,
        "low_share": _SHARE,
        "high_share": _SHARE,
        "confidence": _SHARE,
    },
    "core.inactivity_limit": {
        "stage": pl.String,
        "configured_days": _N,
        "learnt_days": _N,
        "used_days": _N,
        "pause_count": _N,
        "return_count": _N,
        "censored_count": _N,
        "background_share_per_day": _SHARE,
        "wrong_cut_share": _SHARE,
        "wrong_join_share": _SHARE,
        "learnt_until_at": _AT,
        "reason": pl.String,
    },
    "core.need_signal": {
        "signal": pl.String,
        "pair_count": _N,
        "same_count": _N,
        "expected_share": _SHARE,
        "agreement": pl.Float64,
        "is_used": pl.Boolean,
        "reason": pl.String,
    },
    "mart.stage_suggestion": {
        "activity": pl.String,
        "source": pl.String,
        "touchpoint_count": _N,
        "customer_count": _N,
        "suggested_stage": pl.String,
        "suggestion_confidence": _SHARE,
        "context_stage": pl.String,
        "context_share": _SHARE,
        "resembles": pl.String,
        "resemblance": _SHARE,
        "before_purchase_share": _SHARE,
        "after_purchase_share": _SHARE,
        "evidence": pl.String,
    },
    "mart.stage_regression": {
        "from_stage": pl.String,
        "to_stage": pl.String,
        "journey_count": _N,
        "regression_count": _N,
        "entered_count": _N,
        "journey_share": _SHARE,
    },
    "mart.sensitivity_range": {
        "build_id": _N,
        "built_at": _AT,
        "stage": pl.String,
        "dimension": pl.String,
        "setting_count": _N,
        "default_share": _SHARE,
        "default_low_share": _SHARE,
        "default_high_share": _SHARE,
        "low_share": _SHARE,
        "high_share": _SHARE,
        "spread_points": pl.Float64,
        "flip_share": _SHARE,
        "ranked_count": _N,
    },
    "mart.audit_precision": {
        "kind": pl.String,
        "stratum": pl.String,
        "stratum_count": _N,
        "judged_count": _N,
        "right_count": _N,
        "cannot_tell_count": _N,
        "precision_share": _SHARE,
        "low_share": _SHARE,
        "high_share": _SHARE,
        "mean_confidence": _SHARE,
        "covered_share": _SHARE,
        "outdated_count": _N,
        "build_id": _N,
        "built_at": _AT,
        "judged_at": _AT,
    },
    "run.build": {"build_id": _N, "built_at": _AT},
    **DECISION_TABLES,
    **FEELING_TABLES,
    **JOURNEY_MAP_TABLES,
    **PATH_TABLES,
    **PERSONA_TABLES,
    **PLANNED_TABLES,
    **REWORK_TABLES,
    **SELECTION_TABLES,
    **STEP_TABLES,
    **VARIANT_TABLES,
    **VOICE_TABLES,
}

_LONGEST = {
    **LONG_VARIANT_TABLES,
    **LONG_SELECTION_TABLES,
    "run.build": ("build_id desc", 1),
}
"""Tables that can be long, with the column that ranks their rows and how many the report may need."""


def report_frames(warehouse: Warehouse) -> dict[str, pl.DataFrame]:
    """Every table of the report, as `write_report` wants them: all of them are in the published copy too."""
    return complete({table: warehouse.frame(_select(table), name=table) for table in TABLES if warehouse.has(table)})


def report_frame(warehouse: Warehouse, table: str) -> pl.DataFrame:
    """One table of the report, as `complete` gives it; without rows where there is none."""
    if not warehouse.has(table):
        return typed_frame(table, pl.DataFrame(schema=dict(TABLES[table])))
    return typed_frame(table, warehouse.frame(_select(table), name=table))


def typed_frame(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    """A frame with the columns and types that the report reads of a table, in an order of rows of its own."""
    return _typed(frame, TABLES[table])


def complete(frames: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The frames with every table and column that the report reads, typed, in an order of rows of its own.

    What is missing has no rows, or nulls.
    """
    return {
        table: _typed(frames.get(table, pl.DataFrame(schema=dict(schema))), schema) for table, schema in TABLES.items()
    }


def _select(table: str) -> str:
    rank, limit = _LONGEST.get(table, (None, 0))
    return f"select * from {table}" + (f" order by {rank} limit {limit}" if rank else "")


def _typed(frame: pl.DataFrame, schema: Mapping[str, pl.DataType | type[pl.DataType]]) -> pl.DataFrame:
    typed = frame.select(
        (pl.col(name).cast(dtype) if name in frame.columns else pl.lit(None, dtype=dtype).alias(name))
        for name, dtype in schema.items()
    )
    return typed.sort([name for name, dtype in typed.schema.items() if not dtype.is_nested()])
