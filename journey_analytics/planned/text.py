"""Planned and actual as people read it in the terminal."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from journey_analytics.planned.answers import Conformance
from journey_analytics.planned.sentences import (
    CAUTION,
    NEVER,
    SIGHT,
    UNPLANNED,
    costliest,
    deviation_words,
    fit_sentence,
)
from journey_analytics.terminal import table

_Row = Mapping[str, Any]
_LISTED: Final = 12


def conformance_text(answers: Sequence[Conformance], *, top: int) -> str:
    """Each plan: how many journeys keep to it, the deviations of most journeys, and what never or unplanned happens."""
    return "\n\n".join("\n\n".join(_parts(answer, top)) for answer in answers)


def _parts(answer: Conformance, top: int) -> Iterator[str]:
    fit = answer.fit
    yield f"{fit['planned']} ({answer.selection}): {fit_sentence(fit)}{_quality(fit)}."
    if fit["note"] and fit["aligned_journey_count"] is not None:
        yield f"Note: {fit['note']}"
    worst = costliest(answer.deviations)
    if worst:
        yield _costliest(worst)
    if answer.deviations:
        shown = answer.deviations[:top]
        title = f"Deviations, those of most journeys first ({len(shown)} of {len(answer.deviations)})"
        yield table([_deviation(row) for row in shown], title=title)
    yield from _lists(answer.touchpoints)
    yield "\n".join([SIGHT, CAUTION, *_marks(answer.deviations[:top])])


def _costliest(row: _Row) -> str:
    after = f", mostly after {row['after_activity']}" if row["after_activity"] else ""
    lost, other = _percent(row["dropoff_share_with"]), _percent(row["dropoff_share_without"])
    return (
        f"Costliest: {row['activity']}: {deviation_words(row)}{after}: {lost} are lost with it, {other} without "
        f"({row['settled_with_count']:,} and {row['settled_without_count']:,} settled journeys), "
        f"{_points(row)} points, at stake {_money(row)}."
    )


def _quality(fit: _Row) -> str:
    if fit["fitness"] is None:
        return ""
    precision = "–" if fit["precision"] is None else f"{fit['precision']:.2f}"
    return f"; fitness {fit['fitness']:.2f} (as if all were whole {fit['full_fitness']:.2f}), precision {precision}"


def _deviation(row: _Row) -> dict[str, Any]:
    mark = "" if row["is_ranked"] else " *"
    return {
        "what": f"{row['activity']}: {deviation_words(row)}{mark}",
        "journeys": row["affected_count"],
        "of": row["journey_count"],
        "share (95 %)": f"{_percent(row['affected_share'])} ({_ends(row, 'affected_{}_share')})",
        "lost with": _percent(row["dropoff_share_with"]),
        "without": _percent(row["dropoff_share_without"]),
        "points (95 %)": _points(row),
        "at stake": _money(row),
        "e.g.": next(iter(row["example_journey_ids"] or ()), None),
    }


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"


def _ends(row: _Row, column: str) -> str:
    return "–".join(f"{100 * row[column.format(end)]:.1f}" for end in ("low", "high"))


def _points(row: _Row) -> str:
    if row["difference_points"] is None:
        return "–"
    low, high = row["difference_low_points"], row["difference_high_points"]
    return f"{row['difference_points']:+.1f} ({low:+.1f} to {high:+.1f})".replace("-", "−")


def _money(row: _Row) -> str:
    if row["amount_at_stake"] is None or row["currency"] is None:
        return "–"
    return f"{row['amount_at_stake']:,.0f} {row['currency']}".replace("-", "−")


def _lists(touchpoints: Sequence[_Row]) -> Iterator[str]:
    never = [f"{row['activity']}{_hint(row)}" for row in touchpoints if row["state"] == NEVER]
    unplanned = [f"{row['activity']} ({row['journey_count']:,})" for row in touchpoints if row["state"] == UNPLANNED]
    yield f"Planned and never happens: {', '.join(never) or 'nothing'}"
    more = f" and {len(unplanned) - _LISTED} more" if len(unplanned) > _LISTED else ""
    yield f"Happens and nobody planned it (journeys): {', '.join(unplanned[:_LISTED]) or 'nothing'}{more}"


def _hint(row: _Row) -> str:
    return f" ({row['note']})" if row["note"] else ""


def _marks(rows: Sequence[_Row]) -> Iterator[str]:
    if any(not row["is_ranked"] for row in rows):
        yield "* out of fewer journeys than minimum_count: not ranked."
