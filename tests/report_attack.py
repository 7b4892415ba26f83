"""A synthetic world in which every text from outside attacks, for the report's tests."""

from collections.abc import Mapping

import polars as pl
from report_world import world_frames

HOSTILE = (
    "<img src=x onerror=window.hurt=1>",
    "</script><script>window.hurt=2</script>",
    '<a href="https://evil.example/">click</a>',
    "$\\href{https://evil.example/}{x}$",
    "=cmd|' /C calc'!A0",
    "%{customdata} <b onmouseover=window.hurt=3>bold</b> &lt;i&gt;",
    "'\"><svg onload=window.hurt=4>",
    "\u202ereversed\u0000null",
)


def hostile_frames() -> dict[str, pl.DataFrame]:
    """A world in which every text from outside attacks: activities, segment values, sources, files, reasons, models."""
    frames = dict(world_frames(journeys=300))
    names = frames["mart.activity"]["activity"].to_list()
    names += sorted(set(frames["mart.stage_suggestion"]["activity"].to_list()) - set(names))
    attack = {name: f"{HOSTILE[place % len(HOSTILE)]} {place}" for place, name in enumerate(names)}
    for table, column in (
        ("mart.activity", "activity"),
        ("mart.directly_follows", "activity"),
        ("mart.directly_follows", "next_activity"),
        ("mart.path_link", "activity"),
        ("mart.path_link", "next_activity"),
        ("mart.path_activity", "activity"),
        ("mart.path_example", "activity"),
        ("mart.path_example", "next_activity"),
        ("mart.unknown_activity", "activity"),
        ("mart.stage_suggestion", "activity"),
    ):
        frames[table] = frames[table].with_columns(pl.col(column).replace(attack))
    for table in ("mart.unknown_activity", "mart.stage_suggestion"):
        frames[table] = frames[table].with_columns(pl.col("source").replace("web", f"{HOSTILE[0]}web"))
    frames["mart.variant"] = frames["mart.variant"].with_columns(
        pl.col("activities").list.eval(pl.element().replace(attack))
    )
    for table, columns in _TEXTS.items():
        frames[table] = frames[table].with_columns(_attacked(column) for column in columns)
    segments = pl.when(pl.col("segment") == "all").then("segment_value").otherwise(_attacked("segment_value"))
    frames["mart.stage_dropoff"] = frames["mart.stage_dropoff"].with_columns(segment_value=segments)
    for table in ("mart.path_link", "mart.path_activity"):
        values = frames[table].filter(pl.col("segment") != "all")["segment_value"].unique().sort().to_list()
        swap = {value: f"{HOSTILE[place % len(HOSTILE)]} {value}" for place, value in enumerate(values)}
        frames[table] = frames[table].with_columns(pl.col("segment_value").replace(swap))
    frames["mart.change"] = frames["mart.change"].with_columns(segment_value=segments)
    frames["mart.funnel"], frames["mart.funnel_instead"] = (
        frames[table].with_columns(funnel=pl.lit(f"{HOSTILE[0]}buying"))
        for table in ("mart.funnel", "mart.funnel_instead")
    )
    return frames


_TEXTS = {
    "mart.source_quality": ("source",),
    "mart.rejected_reason": ("source", "reason_code", "example_reason", "example_file"),
    "mart.process_model": ("segment", "segment_value", "level", "kind", "note", "tree_text"),
    "mart.unknown_activity": ("suggested_stage",),
    "mart.stage_suggestion": ("resembles", "evidence"),
    "mart.inference_quality": ("item",),
    "core.login_reliability": ("device_kind", "distance_band"),
    "core.inactivity_limit": ("stage", "reason"),
    "core.need_signal": ("signal", "reason"),
    "mart.stage_regression": ("from_stage", "to_stage"),
    "mart.audit_precision": ("kind",),
    "mart.opportunity": ("segment", "segment_value", "target_source", "currency", "note"),
    "mart.driver": ("driver", "adjusted_for", "note"),
    "mart.change": ("activity", "next_activity"),
    "mart.change_reason": ("segment", "segment_value"),
    "mart.alert": ("message",),
    "mart.path_example": ("journey_id", "status"),
    "mart.attribution": ("touchpoint", "currency", "note"),
    "mart.funnel": ("unit", "step", "definition", "estimate_note"),
    "mart.funnel_instead": ("step", "activity"),
}


def _attacked(column: str) -> pl.Expr:
    attacks = pl.lit(pl.Series(HOSTILE)).gather(pl.int_range(pl.len()) % len(HOSTILE))
    return pl.concat_str(attacks, pl.col(column)).alias(column)


_FREE = frozenset({
    "activity", "next_activity", "from_activity", "to_activity", "item", "quote", "topic", "title", "rule",
    "description", "touchpoint", "campaign", "funnel", "planned", "deviation", "channel", "from_channel", "to_channel",
    "medoid_activities", "distinguishes", "value",
})  # fmt: skip
"""Columns that hold what others wrote, in any table; notes and queries are our own, and are read back."""


def hostile_rest(frames: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The same tables with an attack in every text from outside, whatever the table."""
    return {table: rows.with_columns(_assaulted(rows)) for table, rows in frames.items()}


def _assaulted(rows: pl.DataFrame) -> list[pl.Expr]:
    texts = [name for name in rows.columns if name in _FREE and rows.schema[name] == pl.String]
    lists = [name for name in rows.columns if name in _FREE and rows.schema[name] == pl.List(pl.String)]
    attack = pl.concat_str(pl.lit(HOSTILE[0]), pl.element())
    return [
        *(_any_attack(name) for name in texts),
        *(pl.col(name).list.eval(attack) for name in lists),
    ]


def _any_attack(column: str) -> pl.Expr:
    """Another attack in every row, before what stood there; null stays null."""
    place = pl.int_range(pl.len()) % len(HOSTILE)
    found = pl.lit(None, dtype=pl.String)
    for number, text in enumerate(HOSTILE):
        found = pl.when(place == number).then(pl.concat_str(pl.lit(text), pl.col(column))).otherwise(found)
    return found.alias(column)
