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
_TITLE = "Estimated drop-off, % of entrants: as configured (95 % interval); lowest to highest over settings"
_NOTES = """\
over settings: lowest to highest over so many settings; how choices move it, no interval of chance.
stitching to order: points from lowest to highest for that choice alone, the others as configured.
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
    """Counted over the settings that `flip_share` is a share of: the others, as far as they rank the stage."""
    default = sensitivity.filter(pl.col("is_default") & (pl.col("stage_rank") == 1))["stage"].to_list()
    if not default:
        return "as configured no stage has enough entrants to be ranked"
    ranks = sensitivity.filter(~pl.col("is_default") & (pl.col("stage") == default[0]))["stage_rank"].drop_nulls()
    if not len(ranks):
        return f"{default[0]} loses most as configured, no other ranks it"
    kept = int((ranks == 1).sum())
    moved = f"{100 * (1 - kept / len(ranks)):.0f} %"
    return (
        f"{default[0]} loses most as configured and in {kept} of the {len(ranks)} others that rank it (moved: {moved})"
    )


def _largest_move(ranges: pl.DataFrame) -> str:
    alone = ranges.filter((pl.col("dimension") != ALL) & pl.col("spread_points").is_not_null())
    if not alone.height:
        return "nothing can be estimated yet"
    row = alone.sort("spread_points", descending=True, maintain_order=True).row(0, named=True)
    return (
        f"the choice that moves a figure furthest by itself is {_CHOICES[row['dimension']]}: "
        f"{row['stage']} loses {_span(row)} with it, {100 * row['default_share']:.1f} % as configured"
    )


def _cells(rows: list[dict[str, Any]]) -> dict[str, Any]:
    by_dimension = {row["dimension"]: row for row in rows}
    whole = by_dimension[ALL]
    alone = {_HEADERS[dimension]: _points(by_dimension[dimension]) for dimension in DIMENSIONS}
    return {
        "stage": whole["stage"],
        "as_configured": _default(whole),
        "over_settings": _NONE if whole["low_share"] is None else f"{_span(whole)} over {whole['setting_count']}",
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
    """A range of settings, in words: `38.7–56.2` is how an interval is written."""
    return f"{100 * row['low_share']:.1f} to {100 * row['high_share']:.1f} %"


def _points(row: Mapping[str, Any]) -> str:
    return _NONE if row["spread_points"] is None else f"{row['spread_points']:.1f}"
