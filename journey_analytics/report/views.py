"""The views of the house, in their order: the report shows all of them, the dashboard one at a time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from journey_analytics.report import (
    attribution,
    changes,
    discovered_model,
    drivers,
    feelings,
    funnels,
    inference,
    journey_map,
    journeys,
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
    """

    anchor: str
    title: str
    group: str
    make: Callable[[Frames], Section | None]
    tables: tuple[str, ...] = ()
    make_small: Callable[[Frames], Section | None] | None = None
    """Draws less of it, for the selections inside the report's one file; null: `make`."""


VIEWS: tuple[View, ...] = (
    View("overview", "Overview", "Overview", overview.overview, overview.TABLES),
    View("losses", "Losses", "Where", journeys.losses, ("mart.stage_dropoff",)),
    View("flow", "Flow", "Where", journeys.flow, ("mart.stage_flow",)),
    View("time", "Time", "Where", journeys.time_in_stage, ("mart.time_in_stage", "mart.stage_exit")),
    View("funnels", "Funnels", "Where", funnels.funnels, ("mart.funnel", "mart.funnel_instead")),
    View("drivers", "Drivers", "Why", drivers.drivers, ("mart.driver",)),
    View("changes", "Changes", "Why", changes.changes, ("mart.change", "mart.change_reason", "mart.alert")),
    View("rework", "Rework", "Why", rework.rework, ("mart.rework", "mart.bottleneck", "mart.handover")),
    View("feelings", "Feelings", "Why", feelings.feelings, ("mart.feeling", "mart.friction")),
    View("voice", "Voice", "Why", voice.voice, ("mart.voice", "mart.voice_quote", "mart.text_quality")),
    View("personas", "Personas", "Why", personas.personas, personas.TABLES),
    View("journey-map", "Journey map", "What to do", journey_map.journey_map, ("mart.journey_map",)),
    View("wins", "Wins", "What to do", wins.wins, ("mart.opportunity",)),
    View("attribution", "Attribution", "What to do", attribution.attribution, ("mart.attribution",)),
    View(
        "map",
        "Map",
        "Paths",
        map_section.process_map,
        ("mart.path_link", "mart.path_activity", "mart.path_example"),
        map_section.small_process_map,
    ),
    View("steps", "Steps", "Paths", step_section.step_flow, ("mart.step_flow",)),
    View("paths", "Paths", "Paths", paths.paths, ("mart.path_tree",)),
    View("variants", "Variants", "Paths", variants.variants, ("mart.variant", "mart.stage_variant")),
    View("planned", "Planned", "Paths", planned.planned, ("mart.planned_fit", "mart.deviation")),
    View("rules", "Rules", "Paths", rules.rules, ("mart.rule_conformance", "mart.rule_violation")),
    View("model", "Model", "Paths", discovered_model.discovered_model, ("mart.process_model",)),
    View("quality", "Data", "Trust", quality.load_quality, ("mart.source_quality", "mart.rejected_reason")),
    View("inference", "Inference", "Trust", inference.inference, ("mart.inference_quality",)),
    View("definitions", "Definitions", "Trust", lambda _: quality.definitions()),
)
