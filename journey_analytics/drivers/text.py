"""Drivers in plain words, for a person at a terminal."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from journey_analytics.contract import STAGES
from journey_analytics.errors import ConfigurationError, DataError, nearest
from journey_analytics.warehouse import Warehouse

CAUTION = "Association, not cause: who meets a driver may differ in what is not recorded."

_WHO = {
    "activity": "journeys with {name} in {stage}",
    "error": "journeys with {name} in {stage}",
    "channel": "journeys that came again by {name} in {stage}",
    "wait": "journeys with {name} in {stage}",
    "segment": "journeys of {name} in {stage}",
}


def read_drivers(warehouse: Warehouse, *, stage: str | None = None, every: bool = False) -> list[dict[str, Any]]:
    """The rows of `mart.driver` in its order: those found, or every one; of one stage, or of all.

    Raises:
        DataError: when an older release published the tables.
    """
    if not warehouse.has("mart.driver"):
        raise DataError("the published tables have no drivers yet: run `journey run` again")
    rows = warehouse.frame("select * from mart.driver order by rowid", name="mart.driver").to_dicts()
    return [row for row in rows if (every or row["is_found"]) and stage in (None, row["stage"])]


def require_stage(stage: str | None) -> None:
    """That a stage is one.

    Raises:
        ConfigurationError: when it is none.
    """
    if stage is not None and stage not in STAGES:
        raise ConfigurationError(f"--stage {stage}: there is no such stage; {nearest(stage, STAGES)}")


def drivers_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """A paragraph per stage, a line per driver, the strongest first; what was not tested says why."""
    if not rows:
        return "no driver was found; `journey drivers --all` lists what was asked"
    return "\n".join([*_stages(rows), CAUTION])


def _stages(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for stage, group in groupby(rows, key=lambda row: row["stage"]):
        yield f"{stage}:"
        yield from (f"  {driver_sentence(row)}" for row in group)
        yield ""


def driver_sentence(row: Mapping[str, Any]) -> str:
    """One row of `mart.driver` as a sentence: how many times as often they advance, how many points more are lost."""
    who = _WHO[row["kind"]].format(name=_shown(row), stage=row["stage"])
    seen = f"seen in {100 * row['exposed_share']:.0f} % of {row['entered_count']:,}"
    notes = [seen, *([row["note"]] if row["note"] else []), "association, not cause"]
    if row["hazard_ratio"] is None:
        return f"{who}: {'; '.join(notes)}"
    if not row["is_found"]:
        notes.insert(1, "no finding" if row["q_value"] is None else f"no finding (q = {row['q_value']:.2g})")
    return f"{who} advance {_ratio(row)}{_points(row)}; {'; '.join(notes)}"


def _shown(row: Mapping[str, Any]) -> str:
    if row["kind"] != "wait":
        return row["driver"]
    return row["driver"].replace("pause_", "a pause of more than ").replace("_", " ")


def _ratio(row: Mapping[str, Any]) -> str:
    ratio, low, high = (_number(row[f"hazard_ratio{end}"]) for end in ("", "_low", "_high"))
    return f"{ratio} times as often (95 % {low}–{high})"


def _number(value: float) -> str:
    return f"{value:.2g}" if value < 10 else f"{value:,.0f}"  # noqa: PLR2004 - two digits below ten


def _points(row: Mapping[str, Any]) -> str:
    if row["difference_points"] is None:
        return ""
    more = "more" if row["difference_points"] >= 0 else "fewer"
    low, high = row["difference_low_points"], row["difference_high_points"]
    ends = (low, high) if row["difference_points"] >= 0 else (-high, -low)
    size = abs(row["difference_points"])
    return f", {size:.0f} points {more} are lost (95 % {_whole(ends[0])} to {_whole(ends[1])})"


def _whole(points: float) -> str:
    return f"{round(points)}"
