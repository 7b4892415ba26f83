"""Process rules in plain words, for a person at a terminal."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import polars as pl

from journey_analytics.errors import ConfigurationError
from journey_analytics.process_rules.sentences import CAUTION, PENDING, result_sentence
from journey_analytics.terminal import table

MAX_SHOWN: Final = 20


def rules_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """A line for each rule, in the given order: what it says, how often it was broken, and how journeys went on."""
    if not rows:
        return "there is no process rule: add rows in sql/config/process_rule.csv"
    return "\n".join([table([_cells(row) for row in rows], title="Rules of the process"), PENDING, CAUTION])


def _cells(row: Mapping[str, Any]) -> dict[str, str]:
    return {
        "rule": row["rule_id"],
        "says": row["description"],
        "result": result_sentence(row) + ("" if row["is_ranked"] or row["note"] else " (few)"),
        "lost when broken": _share(row["violated_dropoff_share"], row["violated_settled_count"]),
        "when kept": _share(row["fulfilled_dropoff_share"], row["fulfilled_settled_count"]),
        "points more lost": _points(row),
    }


def _share(share: float | None, n: int) -> str:
    return "–" if share is None else f"{100 * share:.1f} % of {n:,}"


def _points(row: Mapping[str, Any]) -> str:
    if row["difference_points"] is None:
        return row["dropoff_note"] or "–"
    told = "{:+.1f} ({:+.1f} to {:+.1f})".format(*(row[f"difference_{end}points"] for end in ("", "low_", "high_")))
    return told if row["is_dropoff_ranked"] else f"{told} (few)"


def violations_text(rule_id: str, violations: pl.DataFrame) -> str:
    """The newest violations of a rule, and how many there are in all."""
    if violations.is_empty():
        return f"{rule_id}: nothing certainly breaks it"
    shown = violations.head(MAX_SHOWN).drop("rule_id").to_dicts()
    title = f"{rule_id}: {violations.height:,} to look at, the newest {len(shown)}"
    return table(shown, title=title)


def write_violations(violations: pl.DataFrame, file: Path) -> str:
    """Write every violation as CSV, and say how many.

    Raises:
        ConfigurationError: when the file cannot be written.
    """
    try:
        file.write_text(violations.write_csv(), encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"cannot write {file}: {error.strerror}") from error
    return f"{violations.height:,} rows in {file}"
