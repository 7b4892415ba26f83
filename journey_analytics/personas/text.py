"""Personas as people read them in the terminal."""

from collections.abc import Mapping, Sequence
from typing import Any

from journey_analytics.terminal import table

_NONE = "no journey has begun yet: there are no personas"
_STEPS = 8
_Row = Mapping[str, Any]


def personas_text(found: Mapping[str, Sequence[_Row]]) -> str:
    """A table of the personas, the largest first, then each with what distinguishes it; last why there are so many."""
    rows = found["persona"]
    if not rows:
        return _NONE
    shown = [row for row in rows if not row["is_suppressed"]]
    parts = [table([_cells(row) for row in shown], title=_heading(rows[0])), *(_card(row) for row in shown)]
    return "\n\n".join([*parts, *_left_out(len(rows) - len(shown)), *_chosen(found["trial"]), *_note(rows[0])])


def _heading(row: _Row) -> str:
    made = "clusters of journeys that begin alike" if row["source"] == "data" else "by the rules of persona_rule.csv"
    return f"Personas: {made} ({row['base_count']:,} journeys; 95 % intervals)"


def _cells(row: _Row) -> dict[str, str]:
    return {
        "persona": row["persona"],
        "title": row["title"],
        "journeys": f"{row['journey_count']:,}",
        "share": _share(row, "journey"),
        "with a purchase": f"{_share(row, 'conversion')}{'' if row['is_ranked'] else ' *'}",
        "of settled": f"{row['settled_count']:,}",
        "stability": "–" if row["jaccard"] is None else f"{row['jaccard']:.2f}",
    }


def _share(row: _Row, what: str) -> str:
    share, low, high = (row[f"{what}_{end}share"] for end in ("", "low_", "high_"))
    return "–" if share is None else f"{100 * share:.1f} % ({100 * low:.1f}–{100 * high:.1f})"


def _card(row: _Row) -> str:
    steps = row["medoid_activities"] or []
    more = f" … {len(steps) - _STEPS} more" if len(steps) > _STEPS else ""
    lines = [*row["distinguishes"], f"a typical journey: {' > '.join(steps[:_STEPS])}{more}"]
    return "\n".join([row["title"], *(f"  {line}" for line in lines)])


def _left_out(amount: int) -> list[str]:
    return [f"Left out, because they have fewer than 5 customers: {amount}."] if amount else []


def _chosen(trials: Sequence[_Row]) -> list[str]:
    """What was tried, where anything was."""
    if not trials:
        return []
    cells = [
        {
            "personas": str(row["cluster_count"]),
            "lowest stability": f"{row['lowest_jaccard']:.2f}",
            "separation": f"{row['silhouette']:.3f}",
            "by chance": "–" if row["reference_silhouette"] is None else f"{row['reference_silhouette']:.3f}",
            "chosen": "kept" if row.get("is_kept") else "yes" if row["is_chosen"] else "",
        }
        for row in trials
    ]
    title = "How many: stability of at least 0.75, and 0.05 more separation than by chance; kept from 0.70 and 0.04"
    return [table(cells, title=title)]


def _note(row: _Row) -> list[str]:
    few = [] if row["is_ranked"] else ["* fewer settled journeys than minimum_count: not to be ranked."]
    return ["\n".join([*few, *([f"Note: {row['note']}."] if row["note"] else [])])] if few or row["note"] else []
