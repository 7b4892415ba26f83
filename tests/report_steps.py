"""The table of the step flow, counted by hand from the walks of the report's synthetic world."""

from typing import Any

import polars as pl
from step_flow_reference import Journey, frame_of, links_by_hand

Walk = dict[str, Any]


def step_frames(walks: list[Walk]) -> dict[str, pl.DataFrame]:
    """mart.step_flow of walks."""
    levels = {"stage": [_stages(walk) for walk in walks], "activity": [_activities(walk) for walk in walks]}
    patterns = {"stage": ("post_purchase",), "activity": ("order_placed",)}
    parts = [
        frame_of(links_by_hand(journeys, steps=8, anchor=anchor, pattern=patterns[level])).select(
            pl.lit(level).alias("level"), pl.lit(anchor).alias("anchor"), pl.all()
        )
        for level, journeys in levels.items()
        for anchor in ("start", "end", "purchase")
    ]
    return {"mart.step_flow": pl.concat(parts)}


def _stages(walk: Walk) -> Journey:
    return Journey(tuple(stage for stage, _ in walk["visits"]), walk["status"])


def _activities(walk: Walk) -> Journey:
    return Journey(tuple(activity for activity, _, _ in walk["steps"]), walk["status"])
