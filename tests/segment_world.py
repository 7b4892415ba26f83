"""The segments of journeys in the worlds of tests: those too small for personas from data have those of the rules."""

from journey_analytics import build
from journey_analytics.personas.tables import PERSONA_SCHEMA
from journey_analytics.warehouse import Warehouse


def make_segments(warehouse: Warehouse) -> None:
    """Make `core.journey_segment` from core.journey and core.touchpoint, with the personas of the rules."""
    warehouse.create_from("core.journey_persona", PERSONA_SCHEMA.to_frame())
    core = {model.name: model for model in build.read_models(build.sql_files(), "core")}
    build.run_models(warehouse, [core["core.journey_beginning"], core["core.journey_segment"]])
