"""Rework, waiting and hand-overs in plain words, for a person at a terminal."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from journey_analytics.rework.answers import BOTTLENECK, HANDOVER
from journey_analytics.rework.sentences import CAUTION, HANDOVER_MEANING, KINDS, NO_TOPIC, subject_words
from journey_analytics.terminal import table

_UNITS: Final = ((86_400.0, "days"), (3_600.0, "h"), (60.0, "min"), (1.0, "s"))
_NOTES: Final = {"repeated_contact": NO_TOPIC, HANDOVER: HANDOVER_MEANING}
_FEW: Final = "* fewer journeys than minimum_count on one side: not to be ranked."


def rework_text(parts: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """A table for each part that has rows, with what it counts."""
    told = [
        table([_CELLS.get(part, _again)(row) for row in rows], title=_TITLES[part])
        for part, rows in parts.items()
        if rows
    ]
    if not told:
        return "nothing is done again, waited for or handed over"
    notes = [note for part, note in _NOTES.items() if parts.get(part)]
    return "\n\n".join([*told, "\n".join([*notes, CAUTION, _FEW])])


def _again(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "what": subject_words(row),
        "journeys": row["journey_count"],
        "of": row["base_count"],
        "share": f"{100 * row['journey_share']:.1f} %",
        "times": row["occurrence_count"],
        "median time it took": _time(row["median_extra_seconds"]),
        "lost with it": _share(row["dropoff_share_with"], row["settled_with_count"]),
        "without": _share(row["dropoff_share_without"], row["settled_without_count"]),
        "points more lost": _points(row),
    }


def _wait(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "from": row["activity"],
        "to": row["next_activity"],
        "times": row["follow_count"],
        "median wait": _time(row["median_seconds"]),
        "p90": _time(row["p90_seconds"]),
        "days of waiting in all": round(row["waiting_seconds"] / 86_400),
        "lost": _share(row["dropoff_share"], row["settled_count"]),
    }


def _handover(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "of": row["dimension"],
        "from": row["from_value"],
        "to": row["to_value"],
        "journeys": row["journey_count"],
        "times": row["handover_count"],
        "lost": _share(row["dropoff_share"], row["settled_count"]),
        "lost of those who stayed": _share(row["reference_share"], row["reference_count"]),
        "points more lost": _points(row),
    }


_CELLS: Final = {BOTTLENECK: _wait, HANDOVER: _handover}
_TITLES: Final = {
    **KINDS,
    BOTTLENECK: "Most waiting in all (times × median)",
    HANDOVER: "Hand-overs, those that lose most first",
}


def _share(share: float | None, n: int) -> str:
    return "–" if share is None else f"{100 * share:.1f} % of {n:,}"


def _points(row: Mapping[str, Any]) -> str:
    if row["difference_points"] is None:
        return "–"
    told = "{:+.1f} ({:+.1f} to {:+.1f})".format(*(row[f"difference_{end}points"] for end in ("", "low_", "high_")))
    return told if row["is_ranked"] else f"{told} *"


def _time(seconds: float | None) -> str:
    """Seconds in the largest unit that gives at least 1, as the report writes them."""
    if seconds is None:
        return "–"
    size, unit = next(((size, unit) for size, unit in _UNITS if seconds >= size), _UNITS[-1])
    return f"{seconds / size:.1f} {unit}"
