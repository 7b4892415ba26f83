"""The journey map as people read it in the terminal."""

from typing import Final

import polars as pl

from journey_analytics.contract import STAGES
from journey_analytics.journey_map import lanes
from journey_analytics.journey_map.answers import JourneyMap
from journey_analytics.report.journey_map_words import (
    interval_text,
    item_title,
    lane_title,
    persona_title,
    sample_text,
    stage_name,
    value_text,
)
from journey_analytics.report.wording import MISSING

_SHOWN: Final = (
    lanes.JOURNEYS, lanes.ACTIONS, lanes.MEASURED, lanes.INFERRED, lanes.THOUGHTS, lanes.BARRIERS,
    lanes.BARRIER_REACH, lanes.OPPORTUNITIES, lanes.IMPACT,
)  # fmt: skip
_EACH: Final = 3
_CAUTION: Final = "Barriers and what helps are associations, never causes; * rests on fewer than 30."


def map_text(found: JourneyMap, persona: str) -> str:
    """The map of one persona: stage by stage the first items of each lane, with interval and n."""
    cells = found.of(persona)
    parts = [f"Journey map: {persona_title(persona, found.titles)}"]
    parts += [_stage(cells.filter(pl.col("stage") == stage), stage, found.titles) for stage in STAGES]
    others = ", ".join(one for one in found.personas if one != persona)
    more = [f"Other personas (--persona): {others}"] if others else []
    return "\n\n".join([*parts, "\n".join([_CAUTION, *more])])


def _stage(cells: pl.DataFrame, stage: str, titles: dict[str, str]) -> str:
    lines = [stage_name(stage).upper()]
    for lane in _SHOWN:
        rows = cells.filter(pl.col("lane") == lane, pl.col("unit") != lanes.AMOUNT).sort("place").to_dicts()
        for number, row in enumerate(rows[:_EACH]):
            name = lane_title(lane) if number == 0 else ""
            lines.append(f"  {name:<26}{_cell(row, titles)}")
    return "\n".join(lines) if len(lines) > 1 else f"{lines[0]}\n  nothing seen"


def _cell(row: dict[str, object], titles: dict[str, str]) -> str:
    if row["unit"] == lanes.QUOTE:
        return item_title(row, titles)
    mark = "" if row["is_shown"] else " *"
    ends = interval_text(row)
    told = value_text(row) if ends == MISSING else f"{value_text(row)} ({ends})"
    return f"{item_title(row, titles)}: {told}, {sample_text(row)}{mark}"
