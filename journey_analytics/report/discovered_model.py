"""The section about the process models that mining found, and how far each can be trusted."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from journey_analytics.language import number, said
from journey_analytics.report.blocks import Column, Section, folded, table
from journey_analytics.report.markup import Html, join, tag
from journey_analytics.report.model_outline import outline
from journey_analytics.report.stored import retold
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
        said("Discovered model"),
        _lead(rows),
        join([_table(rows), *outlines, tag("p", *_with_code(said(_DEFINITION)), class_="definition")]),
    )


def _with_code(text: str) -> Iterator[Html | str]:
    """What stands between backticks as something to type."""
    for place, part in enumerate(text.split("`")):
        yield tag("code", part) if place % 2 else part


def _lead(rows: Sequence[Mapping[str, Any]]) -> Html:
    """The sentence to remember: how many models hold, and the caution where most journeys are not spoken for."""
    told = said(
        "What process mining made of the journeys: the order that most of them follow, and how far to trust it."
    )
    weak = [row for row in rows if _is_narrow(row)]
    if weak:
        part = share(weak[0]["journey_coverage_share"])
        level = _level(weak[0]).lower()
        told += " " + said(
            "The models of {level} speak for {part} of the journeys only: read the map and the variants first.",
            level=level,
            part=part,
        )
    return tag("span", told)


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
            _level(row),
            _kind(row),
            _of(row["covered_journey_count"], row["journey_count"]),
            share(row["journey_coverage_share"]),
            *_scores(row),
            _verdict(row),
        )
        for row in rows
    ]
    caption = said("Discovered models and how well they describe the journeys")
    return table(columns, cells, caption=caption, empty=said("No model was discovered."))


def _level(row: Mapping[str, Any]) -> str:
    return said(_LEVELS[row["level"]]) if row["level"] in _LEVELS else name(row["level"])


def _kind(row: Mapping[str, Any]) -> str:
    kind = row["kind"] or ""
    return said(_KINDS[kind]) if kind in _KINDS else name(kind) if kind else MISSING


def _scores(row: Mapping[str, Any]) -> tuple[str, str, str]:
    return _score(row["fitness"]), _score(row["precision"]), _score(row["simplicity"])


def _score(value: float | None) -> str:
    return MISSING if value is None else number(f"{value:.2f}")


def _outlined(row: Mapping[str, Any]) -> Html:
    return folded(
        said("Read the model of {lower}", lower=_level(row).lower()),
        outline(row["tree_text"]),
        is_open=row["level"] == "stage",
    )


def _of(part: int | None, whole: int | None) -> str:
    return MISSING if part is None else said("{part} of {whole}", part=count(part), whole=count(whole))


def _verdict(row: Mapping[str, Any]) -> str:
    if row["is_flower"]:
        return retold(row["note"] or "") or said(
            "Not shown: it allows nearly any order, which says nothing about the path."
        )
    return retold(row["note"] or "") or said(
        "Restricts the order; speaks for {journey_coverage_share} of all journeys.",
        journey_coverage_share=share(row["journey_coverage_share"]),
    )
