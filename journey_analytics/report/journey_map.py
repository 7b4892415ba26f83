"""The customer journey map as a section: one canvas per persona, and every cell as a table with the query behind it."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from journey_analytics.contract import STAGES
from journey_analytics.journey_map import lanes
from journey_analytics.language import said
from journey_analytics.report.blocks import Column, Section, chart, folded, switch, table
from journey_analytics.report.figures.journey_map import journey_map_figure
from journey_analytics.report.journey_map_words import (
    evidence_text,
    fresh_text,
    interval_text,
    item_title,
    lane_title,
    main_persona,
    note_text,
    persona_title,
    persona_titles,
    reached_value,
    sample_text,
    stage_name,
    value_text,
)
from journey_analytics.report.markup import Html, join, tag
from journey_analytics.report.wording import MISSING, count, several, share, signed

ANCHOR = "journey-map"

Frames = Mapping[str, pl.DataFrame]
Row = Mapping[str, Any]
Titles = Mapping[str, str]


def journey_map(frames: Frames) -> Section | None:
    """The map of all customers first, then of each persona, the largest first; nothing where no map was made."""
    cells = frames[lanes.TABLE]
    titles = persona_titles(frames.get("mart.persona"))
    personas = personas_in_order(cells)
    if not personas:
        return None
    options = [
        (str(number), _option(cells, persona, titles), _of_persona(cells, persona, number, titles))
        for number, persona in enumerate(personas)
    ]
    body = [switch(f"{ANCHOR}-persona", said("Persona"), options), _how(cells)]
    return Section(ANCHOR, said("The customer journey map"), _lead(cells, titles), join(body))


def personas_in_order(cells: pl.DataFrame) -> list[str]:
    """`all`, then the personas by their journeys, ties by name."""
    sizes = cells.filter(pl.col("lane") == lanes.PERSONA)
    return sizes.sort(pl.col("persona") != lanes.ALL, -pl.col("n"), "persona")["persona"].to_list()


def _option(cells: pl.DataFrame, persona: str, titles: Titles) -> str:
    size = cells.filter(pl.col("lane") == lanes.PERSONA, pl.col("persona") == persona).row(0, named=True)
    return said(
        "{persona} ({n} journeys, {share})",
        persona=persona_title(persona, titles),
        n=count(size["n"]),
        share=share(size["value"]),
    )


def _lead(cells: pl.DataFrame, titles: Titles) -> Html:
    worst = cells.filter(
        pl.col("lane") == lanes.BARRIERS, pl.col("persona") == main_persona(cells), pl.col("place") == 1
    ).with_columns(lost=pl.col("n") * pl.col("value"))
    if worst.is_empty():
        return tag("span", said("No barrier was found that costs journeys for sure."))
    row = worst.sort("lost", "stage", descending=[True, False]).row(0, named=True)
    first = said(
        "What stands in the way most: {what}, in the stage {stage}: {points} points more are lost with it ({n}).",
        what=item_title(row).lower(),
        stage=stage_name(row["stage"]).lower(),
        points=signed(row["value"]),
        n=several(row["n"], "journey"),
    )
    return join([tag("strong", first), tag("span", _met(cells, row, titles))])


def _met(cells: pl.DataFrame, barrier: Row, titles: Titles) -> str:
    met = cells.filter(
        pl.col("lane") == lanes.BARRIER_REACH,
        pl.col("persona") == barrier["persona"],
        pl.col("stage") == barrier["stage"],
        pl.col("note") == barrier["item"],
    ).sort("place")
    parts = [
        said("{who} ({share} of them)", who=reached_value(row, titles), share=share(row["value"]))
        for row in met.to_dicts()
    ]
    return f" {said('It meets these most: {who}.', who=', '.join(parts))}" if parts else ""


def _of_persona(cells: pl.DataFrame, persona: str, number: int, titles: Titles) -> Html:
    own = cells.filter(pl.col("persona") == persona)
    figure = chart(
        f"{ANCHOR}-{number}",
        journey_map_figure(own, titles=titles),
        title=persona_title(persona, titles),
        definition=_definition(),
    )
    return join([figure, _cells(own, titles)])


def _definition() -> str:
    return said(
        "Shares are of the journeys that entered the stage. Grey: too little to rely on (n below 30); curves have a "
        "gap there. Measured feelings are scores and texts of customers, inferred friction is what we conclude from "
        "their journeys: the two are never mixed. Barriers and what helps are associations, never causes. Nothing is "
        "shown of fewer than 5 customers."
    )


_TITLES = ("Stage", "Lane", "What", "Value", "95 % interval", "n", "Data until", "How sure", "Note")
_NUMBERS = ("Value", "95 % interval", "n")


def _cells(own: pl.DataFrame, titles: Titles) -> Html:
    """Every cell as a row, stages in journey order: the map for those who read; then where each number comes from."""
    columns = [Column(said(title), number=title in _NUMBERS) for title in _TITLES]
    rows = _in_order(own)
    caption = said("Every cell of this map")
    listed = table(columns, [_row(row, titles) for row in rows], caption=caption)
    return join(
        [
            folded(said("Show every cell as a table"), listed),
            folded(said("Show the query behind every number"), _queries(rows, titles)),
        ]
    )


def _in_order(own: pl.DataFrame) -> list[Row]:
    stages = {stage: place for place, stage in enumerate((*STAGES, lanes.ALL))}
    order = {lane: place for place, lane in enumerate(lanes.LANES)}
    last = len(stages)
    return sorted(own.to_dicts(), key=lambda row: (stages.get(row["stage"], last), order[row["lane"]], row["place"]))


def _row(row: Row, titles: Titles) -> tuple[str, ...]:
    return (
        stage_name(row["stage"]),
        lane_title(row["lane"]),
        item_title(row, titles),
        value_text(row),
        interval_text(row),
        sample_text(row),
        fresh_text(row),
        evidence_text(row),
        note_text(row) or MISSING,
    )


def _queries(rows: list[Row], titles: Titles) -> Html:
    told = said("Each gives value, low, high and n as printed, from the published copy of the tables.")
    return join([tag("p", told, class_="definition"), *(_query(row, titles) for row in rows)])


def _query(row: Row, titles: Titles) -> Html:
    what = f"{stage_name(row['stage'])} · {lane_title(row['lane'])} · {item_title(row, titles)}: {value_text(row)}"
    return folded(what, tag("pre", row["query"]))


def _how(cells: pl.DataFrame) -> Html:
    newest = cells["fresh_at"].max()
    told = said(
        "Drawn anew with every run: {n} cells, the newest data of {day}. In a terminal: journey experience.",
        n=count(cells.height),
        day=fresh_text({"fresh_at": newest}),
    )
    return tag("p", told, class_="definition")
