"""The parts that the section about the inference is made of."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from journey_analytics.report.markup import Html, phrase, tag

TABLES = (
    "mart.inference_quality", "mart.sensitivity_range", "mart.audit_precision", "mart.stage_regression",
    "mart.unknown_activity", "mart.stage_suggestion",
)  # fmt: skip
CONTEXT = (
    "mart.headline", "mart.stage_dropoff", "core.login_reliability", "core.inactivity_limit", "core.need_signal",
    "run.build",
)  # fmt: skip
"""What the section reads beside its `TABLES`: they do not make it follow a selection."""


def part(title: str, *content: Html | None) -> Html:
    """One part of the section under its own heading."""
    return tag("div", tag("h3", title), *content, class_="part")


def not_yet(words: str, command: str) -> Html:
    """What to run for something that is not there yet; the command stands where the words have `{command}`."""
    return tag("p", phrase(words, command=tag("code", command)), class_="empty")


def quality_items(frames: Mapping[str, pl.DataFrame], section: str) -> list[dict[str, Any]]:
    """The rows of one section of the inference quality, in its order."""
    quality = frames["mart.inference_quality"].filter(pl.col("section") == section)
    return quality.filter(pl.col("n").is_not_null()).sort("sort_order", "item").to_dicts()
