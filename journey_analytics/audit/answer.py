"""What `journey audit` answers: a text of 100 columns that ends with what to do next, and the same for machines."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from journey_analytics.audit.command import Drawn, Judged, draw_sheet, take_in
from journey_analytics.audit.precision import ALL
from journey_analytics.config import Config
from journey_analytics.errors import ConfigurationError
from journey_analytics.terminal import table


def run_audit(
    config: Config, *, sheet: Path | None, judged: Path | None, count: int, seed: int
) -> tuple[str, dict[str, Any]]:
    """Draw or take in, whichever was asked for; the answer for a person, and the same for a machine.

    Raises:
        ConfigurationError: both were asked for, or neither.
    """
    if sheet is not None and judged is None:
        drawn = draw_sheet(config, sheet, count=count, seed=seed)
        return drawn_text(drawn, config.file), _drawn_dict(drawn)
    if judged is not None and sheet is None:
        found = take_in(config, judged)
        return judged_text(found, config.file), _judged_dict(found)
    raise ConfigurationError("name the new sheet to draw, SHEET.csv, or the one to take in, --judged SHEET.csv")


def drawn_text(drawn: Drawn, config: Path) -> str:
    """What was drawn, and how to judge it."""
    kinds = drawn.strata.group_by("kind", maintain_order=True).agg(
        strata=pl.len(), items=pl.col("stratum_count").sum(), drawn=pl.col("sample_count").sum()
    )
    return (
        f"{table(kinds.to_dicts(), title=f'Drawn into {drawn.sheet}')}\n\n"
        "The sheet shows people's identities and what they did: keep it as safe as the warehouse.\n"
        "next: is the `answer` right? Write right, wrong or cannot_tell into `verdict`, or nothing\n"
        "      (to take an earlier verdict back write cannot_tell); save as CSV UTF-8, then\n"
        f"      journey audit --judged {drawn.sheet} --config {config}"
    )


def judged_text(found: Judged, config: Path) -> str:
    """The precision per kind and stratum, what stands out, and what to do next."""
    rows = found.precision
    whole, strata = rows.filter(pl.col("stratum") == ALL), rows.filter(pl.col("stratum") != ALL)
    judged = strata.filter(pl.col("judged_count") + pl.col("cannot_tell_count") + pl.col("outdated_count") > 0)
    parts = [
        _taken_in(found),
        table([_whole_cells(row) for row in whole.to_dicts()], title="Right, of what was inferred (95 % intervals)"),
    ]
    if judged.height:
        parts.append(table([_cells(row) for row in judged.to_dicts()], title="By stratum"))
    notes = [*_uncovered(strata), *_miscalibrated(judged), *_stale(found)]
    return "\n\n".join([*parts, "\n".join([*notes, _next(found, config)])])


def _taken_in(found: Judged) -> str:
    """What became of the sheet's rows; a blank verdict is no statement, which a person may have meant otherwise."""
    judged, blank = _several(found.judged_count, "judgement"), _several(found.skipped_count, "row")
    told = f"{judged} taken in, {blank} without a verdict: {found.sheet}"
    if not found.kept_count:
        return told
    stays = "stays" if found.kept_count == 1 else "stay"
    kept = f"{_several(found.kept_count, 'earlier judgement')} of these rows {stays}: a blank verdict says nothing."
    return f"{told}\n{kept}\nTo take one back, write cannot_tell."


def _several(number: int, noun: str) -> str:
    return f"{number:,} {noun if number == 1 else noun + 's'}"


def _whole_cells(row: Mapping[str, Any]) -> dict[str, Any]:
    covered = row["covered_share"]
    return {"kind": row["kind"], **_counts(row), "covered": "–" if covered is None else f"{100 * covered:.1f} %"}


def _cells(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"kind": row["kind"], "stratum": row["stratum"], **_counts(row)}


def _counts(row: Mapping[str, Any]) -> dict[str, Any]:
    share, stated = row["precision_share"], row["mean_confidence"]
    interval = "" if share is None else f" ({100 * row['low_share']:.1f}–{100 * row['high_share']:.1f})"
    return {
        "items": row["stratum_count"],
        "judged": row["judged_count"],
        "can't tell": row["cannot_tell_count"],
        "right": "–" if share is None else f"{100 * share:.1f} %{interval}",
        "stated": "–" if stated is None else f"{100 * stated:.1f} %",
    }


def _uncovered(strata: pl.DataFrame) -> list[str]:
    rows = strata.filter(pl.col("judged_count") == 0)
    names = [f"{kind} {stratum} ({count:,})" for kind, stratum, count in rows.select(pl.nth(0, 1, 2)).iter_rows()]
    return [f"not covered, nobody judged any: {', '.join(names)}"] if names else []


def _miscalibrated(judged: pl.DataFrame) -> list[str]:
    """Strata whose stated confidence lies outside what the judgements allow."""
    claimed = judged.filter(pl.col("mean_confidence").is_not_null() & pl.col("low_share").is_not_null())
    over = claimed.filter(pl.col("mean_confidence") > pl.col("high_share"))["stratum"].to_list()
    under = claimed.filter(pl.col("mean_confidence") < pl.col("low_share"))["stratum"].to_list()
    told = [f"states more than the judgements allow: {', '.join(over)}"] if over else []
    return [*told, *([f"states less than the judgements show: {', '.join(under)}"] if under else [])]


def _stale(found: Judged) -> list[str]:
    outdated = int(found.precision.filter(pl.col("stratum") != ALL)["outdated_count"].sum())
    told = f"{_several(outdated, 'judgement')} of an answer that has changed since: not counted"
    gone = f"{_several(found.gone_count, 'judged item')} no longer there: not counted"
    return [*([told] if outdated else []), *([gone] if found.gone_count else [])]


def _next(found: Judged, config: Path) -> str:
    left = found.skipped_count - found.kept_count
    if left:
        return f"next: judge {'the other row' if left == 1 else f'the other {left:,} rows'} and take the sheet in again"
    return (
        "next: see what was judged wrong, and why; for narrower intervals judge items of another seed:\n"
        f"      journey audit NEW.csv --seed 2 --config {config}"
    )


def _drawn_dict(drawn: Drawn) -> dict[str, Any]:
    count = int(drawn.strata["sample_count"].sum())
    return {"sheet": str(drawn.sheet), "item_count": count, "strata": drawn.strata.to_dicts()}


def _judged_dict(found: Judged) -> dict[str, Any]:
    return {
        "sheet": str(found.sheet),
        "judged_count": found.judged_count,
        "skipped_count": found.skipped_count,
        "kept_count": found.kept_count,
        "gone_count": found.gone_count,
        "precision": found.precision.to_dicts(),
    }
