"""The rows that say when to alert, `alert_rule.csv`, read and checked. Pure: frames of text in, rules out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from journey_analytics.contract import STAGES
from journey_analytics.rule_cells import Cell, Row, keyed_rows

THRESHOLD: Final = "threshold"
RELATIVE: Final = "relative"
SIGNIFICANT: Final = "significant"
KINDS: Final = (THRESHOLD, RELATIVE, SIGNIFICANT)
DROPOFF: Final = "dropoff"
METRICS: Final = ("advance", "edge", "entrants", DROPOFF)
UP: Final = "up"
DOWN: Final = "down"
ANY: Final = "any"
DIRECTIONS: Final = (UP, DOWN, ANY)
EVERY: Final = "*"
"""As segment: every segment, and the whole."""
NOTHING_NEXT: Final = "nothing"
"""As next activity: none within the time to follow."""
COLUMNS: Final = (
    "rule", "kind", "metric", "stage", "activity", "next_activity", "segment", "segment_value", "direction", "value",
    "minimum_count", "maximum_q", "description",
)  # fmt: skip

_MANY: Final = 1_000_000_000
_OF_STAGES: Final = ("stage", "segment", "segment_value")
_OF_EDGES: Final = ("activity", "next_activity")


@dataclass(frozen=True)
class AlertRule:
    """One row. What is None does not restrict; `segment` None is the whole, '*' every segment and the whole.

    Attributes:
        rule: its name.
        kind: threshold (the value itself), relative (its change, whether by chance or not) or significant.
        metric: one of `METRICS`.
        value: of a threshold on a share, and of a change, a part of 1; of a threshold on entrants, a number.
        minimum_count: units below which it is silent; None: the setting of that name.
        maximum_q: of a significant change, the false-discovery rate at which it still counts.
    """

    rule: str
    kind: str
    metric: str
    stage: str | None
    activity: str | None
    next_activity: str | None
    segment: str | None
    segment_value: str | None
    direction: str
    value: float
    minimum_count: int | None
    maximum_q: float | None


def read_alert_rules(frames: Mapping[str, pl.DataFrame], *, segments: Iterable[str] = ()) -> list[AlertRule]:
    """The rules in the order of their rows.

    Args:
        frames: by table; every column text, an empty cell null; with or without the column `rule_cells.FILE`.
        segments: the segments there are; when none is given, any name passes.

    Raises:
        ConfigurationError: for a missing column, a doubled rule, and a cell that is not understood or not of use
            for the rule's kind and metric.
    """
    known = [*segments]
    return [_rule(row, known) for row in keyed_rows(frames, "alert_rule", key="rule", columns=COLUMNS)]


def _rule(row: Row, segments: list[str]) -> AlertRule:
    kind = row.required("kind").one_of(KINDS, what=f"one of {', '.join(KINDS)}")
    metric = row.required("metric").one_of(METRICS, what=f"one of {', '.join(METRICS)}")
    if metric == DROPOFF and kind != THRESHOLD:
        raise row.required("kind").wrong("'threshold': drop-off is compared over time as metric 'advance'")
    _refuse_useless(row, metric)
    return AlertRule(
        rule=row.key,
        kind=kind,
        metric=metric,
        stage=_one_of(row, "stage", STAGES),
        activity=_text(row, "activity"),
        next_activity=_text(row, "next_activity"),
        segment=_one_of(row, "segment", [*segments, "all", EVERY] if segments else ()),
        segment_value=_segment_value(row),
        direction=_direction(row, kind),
        value=_value(row, kind=kind, metric=metric),
        minimum_count=cell.whole(0, _MANY) if (cell := row.cell("minimum_count")) else None,
        maximum_q=_maximum_q(row, kind),
    )


def _refuse_useless(row: Row, metric: str) -> None:
    for column in _OF_STAGES if metric == "edge" else _OF_EDGES:
        if cell := row.cell(column):
            raise cell.wrong(f"empty: metric {metric!r} is not told by {column}")


def _one_of(row: Row, column: str, known: Iterable[str]) -> str | None:
    names = [*known]
    cell = row.cell(column)
    if cell and names:
        return cell.one_of(names, what=f"a {column}, or empty")
    return cell.text if cell else None


def _text(row: Row, column: str) -> str | None:
    cell = row.cell(column)
    return cell.text if cell else None


def _segment_value(row: Row) -> str | None:
    cell, segment = row.cell("segment_value"), row.cell("segment")
    if cell and (segment is None or segment.text == EVERY):
        raise cell.wrong("empty: a value needs the name of its segment")
    return cell.text if cell else None


def _direction(row: Row, kind: str) -> str:
    allowed = (UP, DOWN) if kind == THRESHOLD else DIRECTIONS
    return row.required("direction").one_of(allowed, what=f"one of {', '.join(allowed)}")


def _value(row: Row, *, kind: str, metric: str) -> float:
    cell = row.required("value")
    if kind == THRESHOLD and metric != "entrants":
        return cell.number(expected="a share from 0 to 1, such as 0.6", maximum=1)
    what = "a number" if kind == THRESHOLD else "a change as a part of 1, such as 0.05 for 5 %"
    return cell.number(expected=what, maximum=_MANY if kind == THRESHOLD else 100)


def _maximum_q(row: Row, kind: str) -> float | None:
    cell: Cell | None = row.cell("maximum_q")
    if cell and kind != SIGNIFICANT:
        raise cell.wrong(f"empty: kind {kind!r} does not ask for significance")
    return cell.number(expected="a share from 0 to 0.05", maximum=0.05) if cell else None
