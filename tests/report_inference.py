"""The tables about the inference in the shape of the real ones, for the report's tests. All numbers are made up."""

from datetime import datetime
from typing import Any

import polars as pl

BUILT = datetime(2026, 3, 1, 4, 4)
JUDGED = datetime(2026, 3, 2, 9, 15)
BUILD_ID = 7
UNKNOWN = [f"store_locator_{place}" for place in "abcdefghijkl"]
"""Activities that no rule knows, beside `page_viewed`: more than are shown at once."""

_QUALITY = {
    "unresolved": (
        ("known by its own identity", 7_000), ("login within 30 minutes", 1_500), ("login within 7 days", 500),
        ("nobody logged in near it", 800), ("set aside: bot", 150), ("set aside: quarantined_identity", 50),
    ),
    "link_confidence": (
        ("own, 0.99 or more", 500), ("strong_link, 0.99 or more", 400), ("nearest_login, 0.80 to 0.95", 60),
        ("anonymous_device, below 0.50", 40),
    ),
    "shared_device": (("nobody logged in", 300), ("1 customer", 600), ("quarantined", 3)),
    "cluster_size": (("no strong identity", 300), ("2 to 3", 450)),
    "cut_reason": (("first", 900), ("inactivity", 400), ("new_need", 60), ("inactivity, passive", 40)),
    "stage_confidence": (("0.90 or more", 6_000), ("0.50 to 0.60", 2_000)),
}  # fmt: skip
_LOGINS = (
    ("one_customer", "same_visit", 2_000, 1_990, 0.994),
    ("one_customer", "same_day", 0, 0, 0.97),
    ("several_customers", "same_month", 20, 14, 0.65),
    ("no_login", "any", 900, 810, 0.9),
)
_RANGES = {
    "awareness": (0.30, 0.28, 0.40, 0.9),
    "consideration": (0.55, 0.50, 0.66, 0.25),
    "decision": (0.35, 0.35, 0.52, 0.5),
    "post_purchase": (0.70, 0.60, 0.80, 0.0),
}
_DIMENSIONS = {"all": 108, "stitching": 3, "gap_scale": 4, "window_scale": 3, "order_mode": 3}


def inference_frames() -> dict[str, pl.DataFrame]:
    """Every table that the section about the inference reads, but `mart.headline` and `mart.unknown_activity`."""
    return {
        "mart.inference_quality": pl.DataFrame(_quality_rows(), infer_schema_length=None),
        "core.login_reliability": pl.DataFrame([_login_row(*row) for row in _LOGINS], infer_schema_length=None),
        "core.inactivity_limit": pl.DataFrame(_limit_rows(), infer_schema_length=None),
        "core.need_signal": pl.DataFrame([
            {
                "signal": "topic", "pair_count": 4_000, "same_count": 3_800, "expected_share": 0.1, "agreement": 0.94,
                "is_used": True, "reason": "the topic stays with a need: agreement 0.94, needed 0.5",
            }
        ]),
        "mart.stage_suggestion": pl.DataFrame([suggestion(name) for name in ("page_viewed", *UNKNOWN)]),
        "mart.stage_regression": pl.DataFrame([
            {
                "from_stage": "decision", "to_stage": "consideration", "journey_count": 90, "regression_count": 120,
                "entered_count": 400, "journey_share": 0.225,
            },
            {
                "from_stage": "decision", "to_stage": "awareness", "journey_count": 0, "regression_count": 0,
                "entered_count": 400, "journey_share": 0.0,
            },
        ]),
        "mart.sensitivity_range": pl.DataFrame(_range_rows()),
        "mart.audit_precision": pl.DataFrame(_audit_rows(), infer_schema_length=None),
        "run.build": pl.DataFrame({"build_id": [BUILD_ID], "built_at": [BUILT]}),
    }  # fmt: skip


def unknown_rows() -> list[dict[str, Any]]:
    """Rows of `mart.unknown_activity` for `UNKNOWN`, fewer touchpoints one after the other."""
    return [
        {
            "source": "web", "activity": name, "touchpoint_count": 100 - place, "unmatched_count": 100 - place,
            "touchpoint_share": 1.0, "suggested_stage": "consideration", "suggested_share": 0.71,
        }
        for place, name in enumerate(UNKNOWN)
    ]  # fmt: skip


def suggestion(activity: str) -> dict[str, Any]:
    """A row of `mart.stage_suggestion`."""
    return {
        "activity": activity, "source": "web", "touchpoint_count": 90, "customer_count": 70,
        "suggested_stage": "consideration", "suggestion_confidence": 0.71, "context_stage": "consideration",
        "context_share": 0.69, "resembles": "product_viewed", "resemblance": 0.5, "before_purchase_share": 0.2,
        "after_purchase_share": 0.05,
        "evidence": "40 of 80 journeys have it between consideration and post_purchase; the name resembles "
        "product_viewed (50 % of the words)",
    }  # fmt: skip


def _quality_rows() -> list[dict[str, Any]]:
    rows = []
    for section, items in _QUALITY.items():
        total = sum(n for _, n in items)
        rows += [
            {"section": section, "item": item, "n": n, "base_count": total, "share": n / total, "base": "items"}
            for item, n in items
        ]
    rows.append(
        {"section": "cluster_size", "item": "largest", "n": 9, "base_count": None, "share": None, "base": "identities"}
    )
    return [row | {"sort_order": place} for place, row in enumerate(rows, start=1)]


def _login_row(kind: str, band: str, tried: int, right: int, confidence: float) -> dict[str, Any]:
    value = right / tried if tried else None
    return {
        "device_kind": kind, "distance_band": band, "tried_count": tried, "right_count": right, "right_share": value,
        "low_share": None if value is None else value - 0.1 * value,
        "high_share": None if value is None else min(1.0, value + 0.004), "confidence": confidence,
    }  # fmt: skip


def _limit_rows() -> list[dict[str, Any]]:
    counts = {"pause_count": 3_000, "return_count": 2_400, "censored_count": 500}
    learnt = {"background_share_per_day": 0.0042, "wrong_cut_share": 0.012, "wrong_join_share": 0.02}
    until = {"learnt_until_at": datetime(2026, 3, 1)}
    configured = dict.fromkeys(("learnt_days", *learnt)) | dict.fromkeys(counts, 0) | until
    why = "configured: fewer than 200 returns within 90 days"
    return [
        {"stage": "awareness", "configured_days": 30, "learnt_days": 21, "used_days": 21}
        | counts | learnt | until | {"reason": "learnt from the pauses"},
        {"stage": "post_purchase", "configured_days": 60, "used_days": 60} | configured | {"reason": why},
    ]  # fmt: skip


def _range_rows() -> list[dict[str, Any]]:
    return [
        {
            "build_id": BUILD_ID, "built_at": BUILT, "stage": stage, "dimension": dimension, "setting_count": settings,
            "default_share": default, "default_low_share": default - 0.02, "default_high_share": default + 0.02,
            "low_share": low if dimension == "all" else default, "high_share": high if dimension == "all" else default,
            "spread_points": 100 * (high - low) if dimension == "all" else 0.0, "flip_share": flip,
            "ranked_count": 36 if dimension == "all" else settings - 1,
        }
        for stage, (default, low, high, flip) in _RANGES.items()
        for dimension, settings in _DIMENSIONS.items()
    ]  # fmt: skip


def _audit_rows() -> list[dict[str, Any]]:
    rows = (
        ("touchpoint", "all", 1_000, 100, 92, 0.91, 0.84, 0.96, 0.88),
        ("touchpoint", "no rule", 10, 0, 0, None, None, None, None),
        ("link", "all", 500, 60, 59, 0.985, 0.92, 0.997, 0.99),
        ("journey_cut", "all", 800, 20, 17, 0.85, 0.64, 0.95, None),
    )
    names = (
        "kind", "stratum", "stratum_count", "judged_count", "right_count", "precision_share", "low_share",
        "high_share", "mean_confidence",
    )  # fmt: skip
    rest = {"cannot_tell_count": 2, "covered_share": 1.0, "outdated_count": 1}
    rest |= {"build_id": BUILD_ID, "built_at": BUILT, "judged_at": JUDGED}
    return [dict(zip(names, row, strict=True)) | rest for row in rows]
