"""Feelings and friction in plain words, for a person at a terminal."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from journey_analytics.terminal import table

MEANING: Final = (
    "Measured: scores and texts from −1 (worst) to +1 (best). Inferred: friction from 0 (none) to 100, from what went "
    "wrong; nobody was asked, and the two are never added up. In brackets 95 % intervals."
)
CAUTION: Final = (
    "Lost is of the entrants whose window is over; with it means that it happened before they moved on or were lost. "
    "An association, no effect."
)
_FEW: Final = "* too few to be drawn or ranked."


def feelings_text(found: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """A table of feelings and one of what went wrong, with what they mean; one sentence where there is nothing."""
    parts = [
        *_part([_feeling(row) for row in found["feeling"]], "How customers felt"),
        *_part([_friction(row) for row in found["friction"]], "What went wrong"),
    ]
    return "\n\n".join([*parts, "\n".join((MEANING, CAUTION, _FEW))]) if parts else "nothing is known of feelings yet"


def _part(rows: list[dict[str, Any]], title: str) -> list[str]:
    return [table(rows, title=title)] if rows else []


def _feeling(row: Mapping[str, Any]) -> dict[str, Any]:
    is_measured = row["kind"] == "measured"
    size, form = (1.0, "{:+.2f}") if is_measured else (100.0, "{:.1f}")
    mean, low, high = (form.format(size * row[end]) for end in ("mean", "low", "high"))
    return {
        "kind": row["kind"],
        "measure": row["measure"],
        "stage": row["stage"],
        "mean": f"{mean} ({low} to {high})" + ("" if row["is_shown"] else " *"),
        "n": row["n"],
        "customers": row["customer_count"],
        "latest": f"{row['freshest_at']:%Y-%m-%d}",
    }


def _friction(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "stage": row["stage"],
        "signal": row["signal"],
        "journeys": row["journey_count"],
        "of": row["entered_count"],
        "share": f"{100 * row['journey_share']:.1f} %",
        "lost with it": _share(row["dropoff_share_with"], row["settled_with_count"]),
        "without": _share(row["dropoff_share_without"], row["settled_without_count"]),
        "points more lost": _points(row),
    }


def _share(share: float | None, n: int) -> str:
    return "–" if share is None else f"{100 * share:.1f} % of {n:,}"


def _points(row: Mapping[str, Any]) -> str:
    if row["difference_points"] is None:
        return "–"
    told = "{:+.1f} ({:+.1f} to {:+.1f})".format(*(row[f"difference_{end}points"] for end in ("", "low_", "high_")))
    return told if row["is_ranked"] else f"{told} *"
