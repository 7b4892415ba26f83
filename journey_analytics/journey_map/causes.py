"""The cells of what stands in the way and what helps: barriers, whom they meet, opportunities, impact.

Barriers are ranked causes of being lost, in the sense of the sources they come from: association, never cause. First
the drivers that were found (adjusted, at a false-discovery rate of 5 %), then friction and rework whose interval leaves
out zero. Pure: frames in, cells out.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import polars as pl

from journey_analytics.contract import STAGES, UNKNOWN
from journey_analytics.journey_map.felt import ANY
from journey_analytics.journey_map.lanes import (
    ALL,
    AMOUNT,
    BARRIERS,
    CUSTOMERS,
    IMPACT,
    ITEMS_AT_MOST,
    OPPORTUNITIES,
    POINTS,
    SHARE,
    SMALL_GROUP,
    SMALL_SAMPLE,
)
from journey_analytics.journey_map.statements import looked_up

Row = dict[str, Any]

_BARRIER_KINDS: Final = ("activity", "error")
_UNANSWERED: Final = "ticket_unanswered"
"""The one wait that is ours to end; other pauses are the customer's, and go before being lost by their meaning."""
_HELPING_KINDS: Final = ("activity", "channel")
_REPEATS: Final = ("self_loop", "loop")
_POINTS: Final = ("difference_points", "difference_low_points", "difference_high_points")


@dataclass(frozen=True)
class Cause:
    """Something that goes with being lost more (points above 0) or less.

    Attributes:
        n: journeys with it.
        base_count: journeys that it is asked of.
        note: how it was found.
    """

    persona: str
    stage: str
    item: str
    points: float
    low: float
    high: float
    n: int
    base_count: int | None
    note: str
    query: str

    @property
    def journeys_lost(self) -> float:
        """Journeys lost more than without it: what causes are ranked by."""
        return self.n * self.points / 100


def barrier_cells(
    drivers: pl.DataFrame, friction: pl.DataFrame, rework: pl.DataFrame, personas: Sequence[str], *, cutoff: datetime
) -> Iterator[Row]:
    """The causes of each persona and stage by the journeys that they lose, ties by name.

    Args:
        drivers: `persona_drivers`: found drivers of all and of each persona.
        friction: rows of `mart.friction`.
        rework: rows of `mart.rework` with the `stage` of their activity; of all personas.
        personas: those that have a map.
        cutoff: T.
    """
    causes = [*_driver_causes(drivers, personas), *_friction_causes(friction, personas), *_rework_causes(rework)]
    for persona in personas:
        for stage in STAGES:
            found = _without_doubles([one for one in causes if (one.persona, one.stage) == (persona, stage)])
            ranked = sorted(found, key=lambda one: (-one.journeys_lost, one.item))
            yield from _ranked(ranked, BARRIERS, sign=1, cutoff=cutoff)


def impact_cells(drivers: pl.DataFrame, personas: Sequence[str], *, cutoff: datetime) -> Iterator[Row]:
    """Touchpoints with which more move on, per persona and stage: points, with 95 % intervals, the most moved first."""
    helping = list(_driver_rows(drivers, personas, helps=True))
    for persona in personas:
        for stage in STAGES:
            found = [one for one in helping if (one.persona, one.stage) == (persona, stage)]
            ranked = sorted(found, key=lambda one: (one.journeys_lost, one.item))
            yield from _ranked(ranked, IMPACT, sign=-1, cutoff=cutoff)


def _ranked(causes: Sequence[Cause], lane: str, *, sign: int, cutoff: datetime) -> Iterator[Row]:
    for place, cause in enumerate(causes[: ITEMS_AT_MOST[lane]], start=1):
        yield {
            "persona": cause.persona, "stage": cause.stage, "lane": lane, "place": place, "item": cause.item,
            "value": sign * cause.points, "low": min(sign * cause.low, sign * cause.high),
            "high": max(sign * cause.low, sign * cause.high), "unit": POINTS, "n": cause.n,
            "base_count": cause.base_count, "fresh_at": cutoff, "is_shown": cause.n >= SMALL_SAMPLE,
            "is_suppressed": False, "note": cause.note, "query": cause.query,
        }  # fmt: skip


def _driver_causes(drivers: pl.DataFrame, personas: Sequence[str]) -> Iterator[Cause]:
    yield from _driver_rows(drivers, personas, helps=False)


def _driver_rows(drivers: pl.DataFrame, personas: Sequence[str], *, helps: bool) -> Iterator[Cause]:
    points = pl.col("difference_points")
    is_kind = pl.col("kind").is_in(list(_HELPING_KINDS if helps else _BARRIER_KINDS))
    is_ours = pl.col("driver").str.starts_with(_UNANSWERED) & (not helps)
    chosen = drivers.filter(
        pl.col("is_found"),
        pl.col("persona").is_in(list(personas)),
        pl.col("exposed_count") >= SMALL_GROUP,
        points < 0 if helps else points > 0,
        is_kind | is_ours,
        (pl.col("difference_high_points") < 0) if helps else (pl.col("difference_low_points") > 0),
    )
    for row in chosen.sort("persona", "stage", "kind", "driver").to_dicts():
        yield _driver(row, helps=helps)


def _driver(row: Row, *, helps: bool) -> Cause:
    key = ("stage", "kind", "driver")
    note = "came again by this channel" if row["kind"] == "channel" else "driver"
    table, key = ("mart.driver", key) if row["persona"] == ALL else ("mart.persona_driver", ("persona", *key))
    shown = [f"-{_POINTS[0]}", f"-{_POINTS[2]}", f"-{_POINTS[1]}"] if helps else _POINTS
    counts = ("exposed_count", "entered_count")
    return _cause(row, table, key, persona=row["persona"], item=row["driver"], counts=counts, note=note, shown=shown)


def _friction_causes(friction: pl.DataFrame, personas: Sequence[str]) -> Iterator[Cause]:
    chosen = friction.filter(
        pl.col("is_ranked"),
        pl.col("persona").is_in(list(personas)),
        pl.col("stage").is_in(list(STAGES)),
        pl.col("signal") != ANY,
        pl.col("journey_count") >= SMALL_GROUP,
        pl.col("difference_low_points") > 0,
    )
    key, counts = ("persona", "stage", "signal"), ("journey_count", "entered_count")
    for row in chosen.sort("persona", "stage", "signal").to_dicts():
        persona, item = row["persona"], row["signal"]
        yield _cause(row, "mart.friction", key, persona=persona, item=item, counts=counts, note="friction")


def _rework_causes(rework: pl.DataFrame) -> Iterator[Cause]:
    chosen = rework.filter(
        pl.col("is_ranked"), pl.col("kind").is_in(list(_REPEATS)), pl.col("difference_low_points") > 0
    )
    key, counts = ("kind", "subject"), ("journey_count", "base_count")
    for row in chosen.sort("stage", "kind", "subject").to_dicts():
        note = "repeated at once" if row["kind"] == "self_loop" else "came back to it"
        yield _cause(row, "mart.rework", key, persona=ALL, item=row["subject"], counts=counts, note=note)


def _cause(
    row: Row,
    table: str,
    key: Sequence[str],
    *,
    persona: str,
    item: str,
    counts: tuple[str, str],
    note: str,
    shown: Sequence[str] = _POINTS,
) -> Cause:
    """One row of a table as a cause; `counts` are the columns of its n and of the journeys it is asked of."""
    points, low, high = (row[name] for name in _POINTS)
    n, base_count = (row[name] for name in counts)
    query = looked_up(table, [*shown, counts[0]], {name: row[name] for name in key})
    return Cause(persona, row["stage"], item, points, low, high, n, base_count, note, query)


def _without_doubles(causes: Sequence[Cause]) -> list[Cause]:
    """The signal `error` stands behind the error itself, where that was found; one item once, drivers before others."""
    drivers = {one.item for one in causes if one.note == "driver"}
    names_an_error = any("error" in item or "fail" in item for item in drivers)
    seen: set[str] = set()
    kept = []
    for one in causes:
        is_said = one.item in seen or (one.note == "friction" and one.item == "error" and names_an_error)
        if not is_said:
            kept.append(one)
        seen.add(one.item)
    return kept


def opportunity_cells(opportunity: pl.DataFrame, personas: Sequence[str], *, cutoff: datetime) -> Iterator[Row]:
    """Customers and money per month to be won, with 95 % intervals: of all the best rows, of a persona its own."""
    ranked = opportunity.filter(pl.col("is_ranked"), pl.col("customers_per_month") > 0).sort("place")
    for stage in STAGES:
        here = ranked.filter(pl.col("stage") == stage)
        for persona in personas:
            rows = here.filter(_is_for(persona)).head(ITEMS_AT_MOST[OPPORTUNITIES]).to_dicts()
            for place, row in enumerate(rows, start=1):
                yield from _opportunity(row, persona, place, cutoff=cutoff)


def _is_for(persona: str) -> pl.Expr:
    if persona == ALL:
        return pl.col("segment_value") != UNKNOWN
    return (pl.col("segment") == "persona") & (pl.col("segment_value") == persona)


def _opportunity(row: Row, persona: str, place: int, *, cutoff: datetime) -> Iterator[Row]:
    key = {name: row[name] for name in ("stage", "segment", "segment_value")}
    for unit, word in ((CUSTOMERS, "customers"), (AMOUNT, "amount")):
        names = (f"{word}_per_month", f"{word}_low_per_month", f"{word}_high_per_month", "entered_count")
        if row[names[0]] is None:
            continue
        value, low, high, n = (row[name] for name in names)
        yield {
            "persona": persona, "stage": row["stage"], "lane": OPPORTUNITIES, "place": 2 * place - (unit == CUSTOMERS),
            "item": f"{row['segment']}: {row['segment_value']}", "value": value, "low": low, "high": high, "unit": unit,
            "n": n, "base_count": n, "fresh_at": cutoff, "is_shown": True, "is_suppressed": False,
            "note": row["currency"] if unit == AMOUNT else None,
            "query": looked_up("mart.opportunity", names, key),
        }  # fmt: skip


def credit_cells(attribution: pl.DataFrame, *, cutoff: datetime) -> Iterator[Row]:
    """The credit of each channel for the purchases of all journeys, by its removal effect (markov); of no one stage."""
    rows = attribution.filter(pl.col("model") == "markov", pl.col("dimension") == "channel", pl.col("is_ranked"))
    divided = "nullif(conversion_count, 0)"
    names = ("credit_share", f"credit_low / {divided}", f"credit_high / {divided}", "touched_count")
    for place, row in enumerate(_most_credit(rows), start=1):
        key = {name: row[name] for name in ("model", "dimension", "touchpoint")}
        yield {
            "persona": ALL, "stage": ALL, "lane": IMPACT, "place": place, "item": row["touchpoint"],
            "value": row["credit_share"], "low": row["credit_low"] / row["conversion_count"],
            "high": row["credit_high"] / row["conversion_count"], "unit": SHARE, "n": row["touched_count"],
            "base_count": row["conversion_count"], "fresh_at": cutoff, "is_shown": True, "is_suppressed": False,
            "note": "credit for the purchases", "query": looked_up("mart.attribution", names, key),
        }  # fmt: skip


def _most_credit(rows: pl.DataFrame) -> Iterable[Mapping[str, Any]]:
    told = rows.filter(pl.col("touched_count") >= SMALL_GROUP, pl.col("conversion_count") > 0)
    return told.sort("credit_share", "touchpoint", descending=[True, False]).head(8).to_dicts()
