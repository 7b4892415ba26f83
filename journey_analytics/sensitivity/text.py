"""The sensitivity for the terminal (plain text of at most 100 columns) and for a machine."""

from collections.abc import Mapping
from textwrap import fill
from typing import Any

import polars as pl

from journey_analytics.sensitivity.analysis import Sensitivity
from journey_analytics.sensitivity.grid import DIMENSIONS
from journey_analytics.sensitivity.ranges import ALL
from journey_analytics.terminal import table

_WIDTH = 100
_TITLE = "Estimated drop-off, % of entrants: as configured with its 95 % interval, then lowest–highest"
_NOTES = """\
all: over every setting; the four after it: that choice alone, the others as configured.
moved: share of the other settings in which the stage ranks elsewhere among the stages by drop-off."""
_HEADERS = {"stitching": "stitching", "gap_scale": "gap", "window_scale": "window", "order_mode": "order"}
_CHOICES = {
    "stitching": "how anonymous touchpoints are assigned",
    "gap_scale": "the inactivity limit",
    "window_scale": "the window",
    "order_mode": "what counts as moving on",
}
_NONE = "–"
_NOTHING = "no journey has entered a stage yet: nothing can depend on a setting"


def sensitivity_text(found: Sensitivity) -> str:
    """A row per stage, and in one sentence what is firm and what is not."""
    if not found.ranges.height:
        return _NOTHING
    rows = [
        _cells(list(stage.iter_rows(named=True))) for _, stage in found.ranges.group_by("stage", maintain_order=True)
    ]
    return f"{_TITLE}\n\n{table(rows)}\n\n{_NOTES}\n\n{fill(sentence(found), _WIDTH)}"


def sensitivity_dict(found: Sensitivity) -> dict[str, Any]:
    """Both tables as lists of rows, and the sentence."""
    return {
        "sentence": sentence(found) if found.ranges.height else _NOTHING,
        "sensitivity_range": found.ranges.to_dicts(),
        "sensitivity": found.sensitivity.to_dicts(),
    }


def sentence(found: Sensitivity) -> str:
    """Whether the stage that loses most stays so, and which single choice moves which figure furthest."""
    count = found.sensitivity["setting_id"].n_unique()
    return f"Of {count} settings: {_firmness(found.sensitivity)}; {_largest_move(found.ranges)}."


def _firmness(sensitivity: pl.DataFrame) -> str:
    first = sensitivity.filter(pl.col("stage_rank") == 1)
    default = first.filter("is_default")["stage"].to_list()
    if not default:
        return "as configured no stage has enough entrants to be ranked"
    count = first.filter(pl.col("stage") == default[0]).height
    return f"{default[0]} loses most as configured and in {count} of them"


def _largest_move(ranges: pl.DataFrame) -> str:
    alone = ranges.filter((pl.col("dimension") != ALL) & pl.col("spread_points").is_not_null())
    if not alone.height:
        return "nothing can be estimated yet"
    row = alone.sort("spread_points", descending=True, maintain_order=True).row(0, named=True)
    return (
        f"the choice that moves a figure furthest by itself is {_CHOICES[row['dimension']]}: "
        f"{row['stage']} loses {_span(row)} % with it, {100 * row['default_share']:.1f} % as configured"
    )


def _cells(rows: list[dict[str, Any]]) -> dict[str, Any]:
    by_dimension = {row["dimension"]: row for row in rows}
    whole = by_dimension[ALL]
    alone = {_HEADERS[dimension]: _span(by_dimension[dimension]) for dimension in DIMENSIONS}
    return {
        "stage": whole["stage"],
        "as_configured": _default(whole),
        "all": _span(whole),
        **alone,
        "moved": _NONE if whole["flip_share"] is None else f"{100 * whole['flip_share']:.0f} %",
    }


def _default(row: Mapping[str, Any]) -> str:
    if row["default_share"] is None:
        return _NONE
    return "{:.1f} ({:.1f}–{:.1f})".format(
        *(100 * row[name] for name in ("default_share", "default_low_share", "default_high_share"))
    )


def _span(row: Mapping[str, Any]) -> str:
    return _NONE if row["low_share"] is None else f"{100 * row['low_share']:.1f}–{100 * row['high_share']:.1f}"
