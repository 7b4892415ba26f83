"""The views of the house, in their order: the report shows all of them, the dashboard one at a time."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from journey_analytics.report import (
    attribution,
    changes,
    discovered_model,
    drivers,
    feelings,
    funnels,
    inference,
    inference_blocks,
    journey_map,
    journeys,
    losses,
    map_section,
    overview,
    paths,
    personas,
    planned,
    quality,
    rework,
    rules,
    step_section,
    variants,
    voice,
    wins,
)
from journey_analytics.report.blocks import Section

Frames = Mapping[str, pl.DataFrame]


@dataclass(frozen=True)
class View:
    """One view: a section of the report, a page of the dashboard.

    `title` is what it is called in the navigation, `group` the heading there. `tables` are the marts behind it, whose
    rows are what can be downloaded. `make` draws it from the frames of a selection; null where there is nothing to say.
    `context`: tables that it reads besides, for names, orders and sentences around the numbers; a view follows a
    selection when one of its `tables` does.
    """

    anchor: str
    title: str
    group: str
    make: Callable[[Frames], Section | None]
    tables: tuple[str, ...] = ()
    make_small: Callable[[Frames], Section | None] | None = None
    """Draws less of it, for the selections inside the report's one file; null: `make`."""
    context: tuple[str, ...] = ()
    make_partly: Callable[[Frames, Collection[str]], Section | None] | None = None
    """Draws it where the tables given show all journeys, whatever is chosen, and says so beside them; null: `make`."""


_TITLES: Final = ("mart.persona",)
"""Where the names of personas come from."""

VIEWS: tuple[View, ...] = (
    View(
        "overview",
        "Overview",
        "Overview",
        overview.overview,
        overview.TABLES,
        context=("mart.change",),
        make_partly=overview.partly,
    ),
    View("losses", "Losses", "Where", losses.losses, ("mart.stage_dropoff", "mart.stage_exit", "mart.stage_reach")),
    View("flow", "Flow", "Where", journeys.flow, ("mart.stage_flow",)),
    View("time", "Time", "Where", journeys.time_in_stage, ("mart.time_in_stage",)),
    View("funnels", "Funnels", "Where", funnels.funnels, ("mart.funnel", "mart.funnel_instead")),
    View("drivers", "Drivers", "Why", drivers.drivers, ("mart.driver",)),
    View("changes", "Changes", "Why", changes.changes, ("mart.change", "mart.change_reason", "mart.alert")),
    View("rework", "Rework", "Why", rework.rework, ("mart.rework", "mart.bottleneck", "mart.handover")),
    View("feelings", "Feelings", "Why", feelings.feelings, ("mart.feeling", "mart.friction")),
    View("voice", "Voice", "Why", voice.voice, ("mart.voice", "mart.voice_quote", "mart.text_quality")),
    View("personas", "Personas", "Why", personas.personas, personas.TABLES),
    View("journey-map", "Journey map", "What to do", journey_map.journey_map, ("mart.journey_map",), context=_TITLES),
    View("wins", "Wins", "What to do", wins.wins, ("mart.opportunity",)),
    View("attribution", "Attribution", "What to do", attribution.attribution, ("mart.attribution",)),
    View(
        "map",
        "Map",
        "Paths",
        map_section.process_map,
        ("mart.path_link", "mart.path_activity", "mart.path_example"),
        map_section.small_process_map,
        context=("mart.headline",),
    ),
    View(
        "steps",
        "Steps",
        "Paths",
        step_section.step_flow,
        ("mart.step_flow",),
        context=("mart.activity", "mart.headline"),
    ),
    View("paths", "Paths", "Paths", paths.paths, ("mart.path_tree",), context=("mart.activity",)),
    View(
        "variants",
        "Variants",
        "Paths",
        variants.variants,
        ("mart.variant", "mart.stage_variant", "mart.variant_coverage"),
    ),
    View("planned", "Planned", "Paths", planned.planned, ("mart.planned_fit", "mart.deviation")),
    View("rules", "Rules", "Paths", rules.rules, ("mart.rule_conformance", "mart.rule_violation")),
    View("model", "Model", "Paths", discovered_model.discovered_model, ("mart.process_model",)),
    View(
        "quality",
        "Data",
        "Trust",
        quality.load_quality,
        ("mart.source_quality", "mart.rejected_reason"),
        context=("mart.headline",),
    ),
    View(
        "inference",
        "Inference",
        "Trust",
        inference.inference,
        inference_blocks.TABLES,
        context=inference_blocks.CONTEXT,
    ),
    View("definitions", "Definitions", "Trust", lambda _: quality.definitions()),
)
