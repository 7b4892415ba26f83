"""The section about the process models that mining found, and how far each can be trusted."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from journey_analytics.report.blocks import Column, Section, folded, table
from journey_analytics.report.markup import Html, join, tag
from journey_analytics.report.model_outline import outline
from journey_analytics.report.wording import MISSING, count, name, share

Frames = Mapping[str, pl.DataFrame]

_LEVELS = {"activity": "Activities", "stage": "Stages"}
_KINDS = {"inductive": "Process tree", "powl": "Partial orders (POWL)", "dfg": "Directly-follows graph"}
_LEAST_COVERAGE = 0.5

_MEASURES = (Column("Fitness", number=True), Column("Precision", number=True), Column("Simplicity", number=True))
_DEFINITION = (
    "Fitness: how much of the journeys the model can replay (1 = all). Precision: how little it allows beyond them "
    "(1 = nothing unseen). Simplicity: 1 = fewest connections. All three on the most frequent variants only; the share "
    "is the journeys of those variants ÷ all active journeys, open ones included. A model is not shown when it allows "
    "nearly any order (a flower), has a dead end, or is below the limits of the settings. "
    "`journey model --out model.bpmn` writes one for other tools (BPMN, PNML, PTML); `--where device=mobile` makes one "
    "of those journeys alone, `--kind` the other kinds (heuristics, split)."
)


def discovered_model(frames: Frames) -> Section:
    """The process models that mining found, with how far they can be trusted."""
    rows = frames["mart.process_model"].to_dicts()
    outlines = [_outlined(row) for row in rows if row["tree_text"]]
    return Section(
        "model",
        "Discovered model",
        _lead(rows),
        join([_table(rows), *outlines, tag("p", _DEFINITION, class_="definition")]),
    )


def _lead(rows: Sequence[Mapping[str, Any]]) -> Html:
    """The sentence to remember: how many models hold, and the caution where most journeys are not spoken for."""
    said = "What process mining made of the journeys: the order that most of them follow, and how far to trust it."
    weak = [row for row in rows if _is_narrow(row)]
    if weak:
        part = share(weak[0]["journey_coverage_share"])
        level = _LEVELS.get(weak[0]["level"], name(weak[0]["level"])).lower()
        said += f" The models of {level} speak for {part} of the journeys only: read the map and the variants first."
    return tag("span", said)


def _is_narrow(row: Mapping[str, Any]) -> bool:
    return bool(row["tree_text"]) and (row["journey_coverage_share"] or 0) < _LEAST_COVERAGE


def _table(rows: Sequence[Mapping[str, Any]]) -> Html:
    columns = (
        Column("Model of"),
        Column("Kind"),
        Column("Judged on journeys", number=True),
        Column("Share of all", number=True),
        *_MEASURES,
        Column("Verdict"),
    )
    cells = [
        (
            _LEVELS.get(row["level"], name(row["level"])),
            _kind(row),
            _of(row["covered_journey_count"], row["journey_count"]),
            share(row["journey_coverage_share"]),
            *_scores(row),
            _verdict(row),
        )
        for row in rows
    ]
    caption = "Discovered models and how well they describe the journeys"
    return table(columns, cells, caption=caption, empty="No model was discovered.")


def _kind(row: Mapping[str, Any]) -> str:
    return _KINDS.get(row["kind"] or "", name(row["kind"])) if row["kind"] else MISSING


def _scores(row: Mapping[str, Any]) -> tuple[str, str, str]:
    return _score(row["fitness"]), _score(row["precision"]), _score(row["simplicity"])


def _score(value: float | None) -> str:
    return MISSING if value is None else f"{value:.2f}"


def _outlined(row: Mapping[str, Any]) -> Html:
    return folded(
        f"Read the model of {_LEVELS.get(row['level'], name(row['level'])).lower()}",
        outline(row["tree_text"]),
        is_open=row["level"] == "stage",
    )


def _of(part: int | None, whole: int | None) -> str:
    return MISSING if part is None else f"{count(part)} of {count(whole)}"


def _verdict(row: Mapping[str, Any]) -> str:
    if row["is_flower"]:
        return row["note"] or "Not shown: it allows nearly any order, which says nothing about the path."
    return row["note"] or f"Restricts the order; speaks for {share(row['journey_coverage_share'])} of all journeys."
