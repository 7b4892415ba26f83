"""The tables that a decision starts from, in the shape of the real ones, for the report's tests. Made-up numbers."""

from datetime import date
from typing import Any

import polars as pl

from journey_analytics.attribution.models import EXTRA_MODELS, MODELS

AS_OF = date(2026, 3, 1)
STAGES = ("awareness", "consideration", "decision", "post_purchase")
DEFINITION = (
    "Of journeys with product_viewed, those that go on to product_added, then a purchase, in this order, with anything "
    "between, within 30 days of entering; those still on their way are open, not lost."
)
MESSAGE = (
    "In the 7 days to 2026-03-01 41.0 % of 1,204 journeys with first_channel paid_search that entered post_purchase "
    "had advanced by the end, not 52.3 % as before (-11.3 points; 95 % interval -15.2 to -7.4); device mobile, "
    "48.0 % of them, explains 83.0 % of it."
)
_CREDITS = {"direct": 0.4, "email": 0.25, "paid_search": 0.2, "display": 0.1, "none": 0.05}

Row = dict[str, Any]


def decision_frames() -> dict[str, pl.DataFrame]:
    """Every table of `decision_tables`."""
    rows = {
        "mart.stage_exit": [row for stage in STAGES for row in exit_rows(stage)],
        "mart.stage_reach": _reach_rows(),
        "mart.opportunity": [*(opportunity(place) for place in range(1, 13)), unranked()],
        "mart.driver": [*_found_drivers(), driver("awareness", "activity", "blog_viewed", 1.0, is_found=False)],
        "mart.change": _changes(),
        "mart.change_reason": _reasons(),
        "mart.alert": [alert("a1")],
        "mart.attribution": [credit(model, value) for model in (*MODELS, *EXTRA_MODELS) for value in _CREDITS],
        "mart.funnel": [step("buying", number) for number in (1, 2, 3)],
        "mart.funnel_instead": [
            instead("buying", 1, "product_added", 1, 60), instead("buying", 1, None, 2, 40),
            instead("buying", 2, "cart_viewed", 1, 30),
        ],
    }  # fmt: skip
    return {table: pl.DataFrame(found, infer_schema_length=None) for table, found in rows.items()}


def exit_rows(stage: str) -> list[Row]:
    """How stays in a stage end: shares that sum to 1."""
    shares = {"advanced": 0.5, "regressed": 0.05, "abandoned": 0.02, "inactive": 0.13, "window_over": 0.3}
    return [
        {
            "as_of_on": AS_OF, "segment": "all", "segment_value": "all", "stage": stage, "window_days": 30,
            "exit": name, "entered_count": 1_000, "exit_count": round(900 * value), "open_count": 100,
            "estimated_share": value, "estimated_low_share": value * 0.9, "estimated_high_share": value * 1.1,
            "is_ranked": True,
            "estimate_note": None,
        }
        for name, value in shares.items()
    ]  # fmt: skip


def _reach_rows() -> list[Row]:
    pairs = [(a, b) for place, a in enumerate(STAGES[:3]) for b in (*STAGES[place + 1 : 3], "purchase")]
    return [
        {
            "as_of_on": AS_OF, "segment": "all", "segment_value": "all", "from_stage": a, "to_stage": b,
            "window_days": 30 * (number + 1), "entered_count": 1_000, "reached_count": 300, "missed_count": 600,
            "open_count": 100, "observed_count": 900, "observed_reach_share": 0.33, "observed_low_share": 0.3,
            "observed_high_share": 0.36, "estimated_reach_share": 0.32 + number / 100, "estimated_low_share": 0.29,
            "estimated_high_share": 0.41, "is_ranked": True, "estimate_note": None,
        }
        for number, (a, b) in enumerate(pairs)
    ]  # fmt: skip


def opportunity(place: int, **changed: Any) -> Row:
    """A ranked row of `mart.opportunity`: the higher the place, the less is to be won."""
    size = 1 / place
    return {
        "as_of_on": AS_OF, "place": place, "stage": STAGES[place % 3], "segment": "first_channel",
        "segment_value": f"channel_{place}", "entered_count": 400 + place, "entrants_per_month": 120.0,
        "present_advance_share": 0.4, "present_low_share": 0.37, "present_high_share": 0.43,
        "target_advance_share": 0.6, "target_source": "upper quartile of 4 other values of first_channel",
        "comparable_count": 4, "goal_share": 0.5, "currency": "EUR", "customers_per_month": 280 * size,
        "customers_low_per_month": 210 * size, "customers_high_per_month": 350 * size,
        "amount_per_month": 21_000 * size, "amount_low_per_month": 15_000 * size,
        "amount_high_per_month": 28_000 * size, "is_ranked": True,
        "note": None,
    } | changed  # fmt: skip


def unranked() -> Row:
    """A barrier with few entrants, as the table names it."""
    nothing = dict.fromkeys(
        ("place", "target_advance_share", "customers_per_month", "customers_low_per_month", "customers_high_per_month",
         "amount_per_month", "amount_low_per_month", "amount_high_per_month", "present_advance_share")
    )  # fmt: skip
    few = {"entered_count": 12, "segment_value": "tv", "is_ranked": False, "note": "fewer than 30 entrants"}
    return opportunity(13) | nothing | few


def driver(stage: str, kind: str, what: str, points: float | None, **changed: Any) -> Row:
    """A row of `mart.driver` with this difference in points."""
    low, high = (None, None) if points is None else (points - 3, points + 3)
    return {
        "as_of_on": AS_OF, "stage": stage, "kind": kind, "driver": what, "entered_count": 1_000, "exposed_count": 250,
        "exposed_share": 0.25, "hazard_ratio": 0.45, "hazard_ratio_low": 0.4, "hazard_ratio_high": 0.5,
        "exposed_dropoff_share": 0.7, "unexposed_dropoff_share": 0.5, "difference_points": points,
        "difference_low_points": low, "difference_high_points": high, "p_value": 0.001, "q_value": 0.004,
        "is_found": True, "adjusted_for": "first channel, entry month", "note": None,
    } | changed  # fmt: skip


def _found_drivers() -> list[Row]:
    return [
        driver("decision", "error", "checkout_error_shown", 48.5),
        driver("decision", "wait", "pause_7_days", 20.0),
        driver("decision", "channel", "email", -12.0, hazard_ratio=1.8, hazard_ratio_low=1.5, hazard_ratio_high=2.1),
        driver("decision", "segment", "device: mobile", 6.0, exposed_count=20),
        driver("post_purchase", "wait", "ticket_unanswered_1_day", 9.0),
        driver("post_purchase", "activity", "order_refunded", None),
        *(driver("consideration", "activity", f"page_{n}", 1.0 + n) for n in range(11)),
    ]


def change(change_id: str, metric: str, difference: float | None, **changed: Any) -> Row:
    """A significant row of `mart.change`."""
    low, high = (None, None) if difference is None else (difference - 4, difference + 4)
    is_count = metric == "entrants"
    return {
        "as_of_on": AS_OF, "change_id": change_id, "metric": metric, "stage": None if metric == "edge" else "decision",
        "activity": "cart_viewed" if metric == "edge" else None, "next_activity": None, "segment": "all",
        "segment_value": "all", "from_on": date(2026, 2, 23), "to_on": AS_OF, "previous_from_on": date(2025, 12, 29),
        "previous_to_on": date(2026, 2, 22), "previous_period_count": 8, "present_count": 1_204,
        "previous_count": 9_600, "present_share": None if is_count else 0.41,
        "previous_share": None if is_count else 0.523, "difference_points": difference, "difference_low_points": low,
        "difference_high_points": high, "p_value": 0.0001, "q_value": 0.002, "is_significant": True,
    } | changed  # fmt: skip


def _changes() -> list[Row]:
    calm = {"is_significant": False, "p_value": 0.4, "q_value": 0.9}
    return [
        change("c1", "advance", -11.3, segment="first_channel", segment_value="paid_search", stage="post_purchase"),
        change("c2", "entrants", 25.4),
        change("c3", "edge", 7.5),
        change("c4", "edge", -3.5, next_activity="checkout_started"),
        change("c5", "advance", 0.5, stage="awareness", **calm),
        change("c6", "advance", -0.2, stage="post_purchase", is_significant=False, p_value=None, q_value=None),
    ]


def _reasons() -> list[Row]:
    rows = (("device", "mobile", 1, 0.48, 0.83), ("device", "desktop", 2, 0.4, 0.1), ("country", "DE", 3, 0.3, 0.35))
    names = ("segment", "segment_value", "place", "unit_share", "explained_share")
    return [{"change_id": "c1"} | dict(zip(names, row, strict=True)) for row in rows]


def alert(alert_id: str) -> Row:
    """A row of `mart.alert`."""
    return {
        "alert_id": alert_id, "as_of_on": AS_OF, "rule": "stage_changed", "kind": "significant", "metric": "advance",
        "subject": "advancing from post_purchase, first_channel paid_search", "value": 0.41, "reference_value": 0.523,
        "difference": -0.113, "change_id": "c1", "message": MESSAGE,
    }  # fmt: skip


def credit(model: str, value: str, **changed: Any) -> Row:
    """A row of `mart.attribution`: 1,000 purchases, each model leaning a little more to the first value."""
    lean = 0.01 * (*MODELS, *EXTRA_MODELS).index(model) * (1 if value == "direct" else -1 if value == "email" else 0)
    part = _CREDITS[value] + lean
    return {
        "as_of_on": AS_OF, "model": model, "dimension": "channel", "touchpoint": value, "conversion_count": 1_000,
        "touched_count": {"none": 0, "display": 12}.get(value, 300), "conversion_credit": 1_000 * part,
        "credit_low": 1_000 * part - 20, "credit_high": 1_000 * part + 20, "credit_share": part,
        "amount_credit": 80_000 * part, "amount_low": 70_000 * part, "amount_high": 90_000 * part, "currency": "EUR",
        "lookback_days": 30, "is_ranked": value not in ("none", "display"), "note": None,
    } | changed  # fmt: skip


def step(funnel: str, number: int, **changed: Any) -> Row:
    """A row of `mart.funnel`: 200 begin, half of those before go on to the second step, four of five to the third."""
    entered, went, lost, rest, own = {
        1: (200, 200, 0, 0, 1.0), 2: (200, 90, 100, 10, 0.5), 3: (90, 60, 30, 0, 0.67),
    }[number]  # fmt: skip
    return {
        "funnel": funnel, "as_of_on": AS_OF, "unit": "journey", "segment": "all", "segment_value": "all",
        "step_number": number, "step": ("product_viewed", "product_added", "purchase")[number - 1],
        "is_optional": False, "entered_count": entered, "advanced_count": went, "dropped_count": lost,
        "open_count": rest, "observed_count": entered - rest, "observed_step_share": own - 0.01,
        "estimated_step_share": own, "estimated_low_share": own - 0.05, "estimated_high_share": min(1.0, own + 0.05),
        "overall_share": went / 200, "overall_low_share": went / 220, "overall_high_share": min(1.0, went / 180),
        "median_seconds": None if number == 1 else 86_400.0, "is_ranked": True, "estimate_note": None,
        "definition": DEFINITION,
    } | changed  # fmt: skip


def instead(funnel: str, number: int, activity: str | None, place: int, units: int) -> Row:
    """A row of `mart.funnel_instead`."""
    lost = {1: 100, 2: 30}[number]
    return {
        "funnel": funnel, "step_number": number, "step": ("product_viewed", "product_added")[number - 1],
        "activity": activity, "place": place, "unit_count": units, "dropped_count": lost, "share": units / lost,
    }  # fmt: skip
