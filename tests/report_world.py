"""A small synthetic world in the shape of the mart tables, for the report's tests. All numbers are made up."""

import math
from collections import Counter, defaultdict
from datetime import date, datetime
from itertools import pairwise
from random import Random
from statistics import median
from typing import Any

import polars as pl
from report_decisions import decision_frames
from report_inference import inference_frames, unknown_rows
from report_paths import path_frames
from report_steps import step_frames
from report_variants import variant_frames

STAGES = ("awareness", "consideration", "decision", "post_purchase")
CUTOFF = datetime(2026, 3, 1, 3, 30)
GENERATED = datetime(2026, 3, 1, 4, 5)
ADVANCING = {"awareness": 0.58, "consideration": 0.42, "decision": 0.66, "post_purchase": 0.28}
WINDOWS = {"awareness": 30, "consideration": 30, "decision": 30, "post_purchase": 180}
ACTIVITIES = {
    "awareness": ["landing_viewed", "home_viewed", "blog_viewed", "email_clicked", "promotion_clicked", "email_opened"],
    "consideration": [
        "product_viewed", "product_list_viewed", "products_searched", "pricing_viewed", "help_viewed", "wishlist_added",
        "product_shared", "ticket_opened", "ticket_commented",
    ],
    "decision": [
        "product_added", "cart_viewed", "checkout_started", "checkout_step_completed", "payment_info_entered",
        "coupon_applied", "checkout_error_shown", "order_placed", "order_completed", "product_removed",
    ],
    "post_purchase": ["order_status_viewed", "account_viewed", "product_reviewed", "order_refunded", "ticket_solved"],
    "unknown": ["email_delivered", "page_viewed"],
}  # fmt: skip
SEGMENTS = {
    "first_channel": ["paid_search", "organic_search", "email", "direct", "referral", "affiliate"],
    "first_source": ["web", "email", "store", "support"],
    "device": ["mobile", "desktop", "tablet"],
    "country": ["DE", "FR", "NL", "PL", "unknown"],
    "entry_month": ["2025-11", "2025-12", "2026-01", "2026-02"],
    "customer_kind": ["new", "returning"],
}


Row = dict[str, Any]


def world_frames(*, journeys: int = 2000, per_stage: int | None = None, seed: int = 7) -> dict[str, pl.DataFrame]:
    """Frames of a whole world. `per_stage`: that many activities per stage, with made-up names."""
    random = Random(seed)
    activities = _many(per_stage) if per_stage else ACTIVITIES
    walks = [_walk(random, activities) for _ in range(journeys)]
    return {
        **_path_frames(walks, activities),
        **variant_frames(walks),
        **_dropoff_frames(walks, random),
        **_quality_frames(walks),
        **inference_frames(),
        **decision_frames(),
    }


def _many(per_stage: int) -> dict[str, list[str]]:
    return {stage: [f"{stage}_touch_number_{n}" for n in range(per_stage)] for stage in STAGES}


def _walk(random: Random, activities: dict[str, list[str]]) -> dict[str, Any]:
    """One journey: steps (activity, stage, wait in seconds), the stages entered with their outcome, status."""
    steps: list[tuple[str, str, float]] = []
    visits: list[tuple[str, str]] = []
    position = random.choices(range(3), weights=[6, 3, 1])[0]
    while True:
        stage = STAGES[position]
        steps += _steps(random, activities, stage)
        outcome = (
            "advanced" if random.random() < ADVANCING[stage] else random.choices(["dropped", "open"], weights=[7, 2])[0]
        )
        visits.append((stage, outcome))
        if outcome != "advanced" or stage == "post_purchase":
            break
        position += 2 if position == 0 and random.random() < 0.12 else 1
    status = "converted" if any(stage == "post_purchase" for stage, _ in visits) else visits[-1][1]
    segments = {
        name: random.choices(values, weights=range(len(values) * 3, 0, -3))[0] for name, values in SEGMENTS.items()
    }
    if random.random() < 0.01:
        segments["first_channel"] = "display"
    return {"steps": steps, "visits": visits, "status": status, "segments": segments}


def _steps(random: Random, activities: dict[str, list[str]], stage: str) -> list[tuple[str, str, float]]:
    names = activities[stage]
    weights = [1 / (rank + 1) ** 1.1 for rank in range(len(names))]
    chosen = random.choices(names, weights=weights, k=random.choices([1, 2, 3, 4], weights=[5, 3, 2, 1])[0])
    steps = [(activity, stage, random.lognormvariate(8, 2.2)) for activity in chosen]
    if "unknown" in activities and random.random() < 0.15:
        steps.append((random.choice(activities["unknown"]), "unknown", random.lognormvariate(9, 1.5)))
    if stage == "decision" and "order_placed" in names:
        steps.append(("checkout_started", "decision", random.lognormvariate(6, 1)))
    return steps


def _path_frames(walks: list[dict[str, Any]], activities: dict[str, list[str]]) -> dict[str, pl.DataFrame]:
    follows: dict[tuple[str, str], list[tuple[int, float]]] = defaultdict(list)
    for number, walk in enumerate(walks):
        for (a, _, _), (b, _, wait) in pairwise(walk["steps"]):
            follows[a, b].append((number, wait))
    stage_of = {activity: stage for stage, names in activities.items() for activity in names}
    return {
        **path_frames(walks, stage_of),
        **step_frames(walks),
        "mart.directly_follows": pl.DataFrame(
            [
                {
                    "activity": a,
                    "next_activity": b,
                    "journey_count": len({n for n, _ in seen}),
                    "follow_count": len(seen),
                    "median_seconds": median(w for _, w in seen),
                    "p90_seconds": sorted(w for _, w in seen)[int(len(seen) * 0.9)],
                }
                for (a, b), seen in sorted(follows.items())
            ]
        ),
        "mart.activity": _activity_frame(walks, stage_of),
        "mart.variant": _variants(walks, lambda walk: [step[0] for step in walk["steps"]], "activities"),
        "mart.stage_variant": _variants(walks, lambda walk: [visit[0] for visit in walk["visits"]], "stages"),
    }


def _activity_frame(walks: list[dict[str, Any]], stage_of: dict[str, str]) -> pl.DataFrame:
    seen, journeys = (
        Counter(s[0] for w in walks for s in w["steps"]),
        Counter(a for w in walks for a in {s[0] for s in w["steps"]}),
    )
    starts = Counter(w["steps"][0][0] for w in walks)
    ends = Counter((w["steps"][-1][0], w["status"]) for w in walks)
    return pl.DataFrame(
        [
            {
                "activity": a,
                "stage": stage_of[a],
                "touchpoint_count": n,
                "journey_count": journeys[a],
                "start_count": starts[a],
                "converted_end_count": ends[a, "converted"],
                "dropped_end_count": ends[a, "dropped"],
                "open_end_count": ends[a, "open"],
            }
            for a, n in sorted(seen.items())
        ]
    )


def _variants(walks: list[dict[str, Any]], sequence: Any, column: str) -> pl.DataFrame:
    groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for walk in walks:
        groups[tuple(sequence(walk))].append(walk["status"])
    rows = [
        {
            "variant_id": f"v{number:05d}",
            column: list(key),
            "journey_count": len(statuses),
            "converted_count": statuses.count("converted"),
            "dropped_count": statuses.count("dropped"),
            "open_count": statuses.count("open"),
            "median_duration_seconds": 3600.0 * len(key),
            "journey_share_of_all": len(statuses) / len(walks),
        }
        for number, (key, statuses) in enumerate(sorted(groups.items()))
    ]
    return pl.DataFrame(rows)


def _dropoff_frames(walks: list[dict[str, Any]], random: Random) -> dict[str, pl.DataFrame]:
    groups: dict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    flows: Counter[tuple[str, str]] = Counter()
    for walk in walks:
        flows["start", walk["visits"][0][0]] += 1
        for (stage, outcome), following in zip(walk["visits"], [*walk["visits"][1:], None], strict=True):
            goal = (following[0] if following else "next_purchase") if outcome == "advanced" else outcome
            flows[stage, goal] += 1
            for segment, value in (("all", "all"), *walk["segments"].items()):
                groups[segment, value, stage][outcome] += 1
    order = {stage: place for place, stage in enumerate(STAGES)}
    rows = [_dropoff_row(*key, groups[key]) for key in sorted(groups, key=lambda key: (key[0], key[1], order[key[2]]))]
    times = [
        {
            "as_of_on": date(2026, 3, 1),
            "segment": "all",
            "segment_value": "all",
            "stage": stage,
            "window_days": WINDOWS[stage],
            "percentile": percentile,
            "seconds": seconds,
            "low_seconds": None if seconds is None else seconds * 0.8,
            "high_seconds": None if seconds is None or percentile > 50 else seconds * 1.25,
            "at_risk_count": None if seconds is None else random.randrange(50, 900),
            "entered_count": groups["all", "all", stage].total(),
        }
        for stage in STAGES
        for percentile, seconds in zip((25, 50, 75, 90), _percentiles(stage), strict=True)
    ]
    return {
        "mart.stage_dropoff": pl.DataFrame(rows, infer_schema_length=None),
        "mart.time_in_stage": pl.DataFrame(times, infer_schema_length=None),
        "mart.stage_flow": pl.DataFrame(
            [{"from_stage": a, "to_state": b, "journey_count": n} for (a, b), n in sorted(flows.items())]
        ),
    }


def _percentiles(stage: str) -> list[float | None]:
    base = {"awareness": 7200.0, "consideration": 86400.0, "decision": 1500.0, "post_purchase": 2.1e6}[stage]
    return [base, base * 9, None if stage in ("consideration", "post_purchase") else base * 60, None]


def _dropoff_row(segment: str, value: str, stage: str, outcomes: Counter[str]) -> dict[str, Any]:
    entered, advanced, dropped, still_open = (
        outcomes.total(),
        outcomes["advanced"],
        outcomes["dropped"],
        outcomes["open"],
    )
    resolved = advanced + dropped
    observed = dropped / resolved if resolved else None
    low, high = _wilson(observed, resolved)
    estimated_low, estimated_high = _wilson(observed, entered)
    return {
        "as_of_on": date(2026, 3, 1),
        "segment": segment,
        "segment_value": value,
        "stage": stage,
        "window_days": WINDOWS[stage],
        "entered_count": entered,
        "advanced_count": advanced,
        "dropped_count": dropped,
        "open_count": still_open,
        "observed_dropoff_share": observed,
        "estimated_dropoff_share": observed,
        "estimated_low_share": estimated_low,
        "estimated_high_share": estimated_high,
        "observed_low_share": low,
        "observed_high_share": high,
        "observed_count": resolved,
        "is_ranked": entered >= 30 and observed is not None,
        "at_risk_count": entered // 5,
        "followed_count": entered,
        "followed_days": 88.5,
        "estimate_note": None if observed is not None else "too few",
    }


def _wilson(share: float | None, n: int) -> tuple[float | None, float | None]:
    if share is None or n == 0:
        return None, None
    z = 1.959964
    centre, half = (share + z * z / 2 / n), z * math.sqrt(share * (1 - share) / n + z * z / 4 / n / n)
    return max(0.0, (centre - half) / (1 + z * z / n)), min(1.0, (centre + half) / (1 + z * z / n))


def _quality_frames(walks: list[dict[str, Any]]) -> dict[str, pl.DataFrame]:
    statuses = Counter(walk["status"] for walk in walks)
    touchpoints = sum(len(walk["steps"]) for walk in walks)
    unknown = sum(step[1] == "unknown" for walk in walks for step in walk["steps"])
    headline = {
        "as_of_at": CUTOFF,
        "customer_count": int(len(walks) * 0.74),
        "journey_count": len(walks),
        "touchpoint_count": touchpoints,
        "converted_count": statuses["converted"],
        "dropped_count": statuses["dropped"],
        "open_count": statuses["open"],
        "unknown_share": unknown / touchpoints,
        "unmatched_share": unknown / touchpoints / 4,
        "identified_customer_count": int(len(walks) * 0.31),
        "session_count": len(walks) * 2,
        "purchase_count": statuses["converted"],
        "file_count": 135,
        "read_count": 57_326,
        "rejected_count": 137,
        "duplicate_count": 347,
    }
    return {
        "mart.headline": pl.DataFrame([headline]),
        "mart.source_quality": pl.DataFrame(
            [
                _source("web", 60, (41_240, 40_900, 210, 130), CUTOFF, is_silent=False),
                _source("email", 59, (12_004, 11_871, 133, 0), datetime(2026, 3, 1, 2, 10), is_silent=False),
                _source("store", 12, (2_210, 2_199, 4, 7), datetime(2026, 2, 26, 18, 0), is_silent=True),
                _source("support", 4, (1_872, 1_872, 0, 0), datetime(2026, 2, 28, 22, 41), is_silent=False),
            ]
        ),
        "mart.rejected_reason": pl.DataFrame(
            [
                {
                    "source": "web",
                    "reason_code": "json_truncated",
                    "rejected_count": 71,
                    "example_reason": "the line ends inside a string",
                    "example_file": "landing/web/2026-02-11.jsonl.gz",
                    "example_row": 512,
                },
                {
                    "source": "web",
                    "reason_code": "missing_time",
                    "rejected_count": 59,
                    "example_reason": "key 'timestamp' is missing",
                    "example_file": "landing/web/2026-02-12.jsonl.gz",
                    "example_row": 7,
                },
                {
                    "source": "store",
                    "reason_code": "currency",
                    "rejected_count": 7,
                    "example_reason": "currency 'EURO' is no ISO 4217 code",
                    "example_file": "landing/store/2026-01.jsonl",
                    "example_row": 88,
                },
            ]
        ),
        "mart.unknown_activity": pl.DataFrame(
            [
                {
                    "source": "web",
                    "activity": "page_viewed",
                    "touchpoint_count": 1_204,
                    "unmatched_count": 1_204,
                    "touchpoint_share": 0.41,
                    "suggested_stage": "consideration",
                    "suggested_share": 0.62,
                },
                {
                    "source": "email",
                    "activity": "email_delivered",
                    "touchpoint_count": 640,
                    "unmatched_count": 0,
                    "touchpoint_share": 1.0,
                    "suggested_stage": None,
                    "suggested_share": None,
                },
                *unknown_rows(),
            ]
        ),
        "mart.process_model": pl.DataFrame(
            [_model("activity", is_flower=False), _model("stage", is_flower=True)], infer_schema_length=None
        ),
    }


def _source(source: str, files: int, counts: tuple[int, int, int, int], last: datetime, *, is_silent: bool) -> Row:
    read, accepted, duplicate, rejected = counts
    return {
        "source": source,
        "file_count": files,
        "read_count": read,
        "accepted_count": accepted,
        "duplicate_count": duplicate,
        "rejected_count": rejected,
        "touchpoint_count": accepted,
        "unknown_share": 0.071,
        "behind_seconds": (CUTOFF - last).total_seconds(),
        "first_seen_at": datetime(2025, 11, 1),
        "last_seen_at": last,
        "is_silent": is_silent,
    }


def _model(level: str, *, is_flower: bool) -> dict[str, Any]:
    tree = "->( 'landing_viewed', X( 'product_viewed', tau ), *( 'cart_viewed', 'product_added' ) )"
    return {
        "segment": "all",
        "segment_value": "all",
        "level": level,
        "kind": "inductive",
        "journey_count": 2_000,
        "covered_journey_count": 1_330,
        "journey_coverage_share": 0.665,
        "variant_count": 50,
        "fitness": 0.934,
        "precision": 0.612,
        "simplicity": 0.71,
        "is_flower": is_flower,
        "tree_text": None if is_flower else tree,
        "note": "no model is shown: it allows any order" if is_flower else None,
    }
