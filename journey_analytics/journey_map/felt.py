"""The cells of what customers said and felt, and of friction: rows of `mart.feeling`, `mart.friction` and `mart.voice`.

What was measured and what was inferred stand in lanes of their own and are never mixed. Pure: frames in, cells out.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import polars as pl

from journey_analytics.journey_map.lanes import (
    ALL,
    INFERRED,
    ITEMS_AT_MOST,
    MEASURED,
    QUOTE,
    QUOTES_AT_MOST,
    SCORE,
    SHARE,
    SMALL_GROUP,
    SMALL_SAMPLE,
    THOUGHTS,
)
from journey_analytics.journey_map.statements import looked_up, quote_query

Row = dict[str, Any]

ANY: Final = "any"
"""The signal that stands for all of them: the overall score says it better."""

_LANES: Final = {"measured": MEASURED, "inferred": INFERRED}
_MEASURES: Final = ("all", "friction", "csat", "nps", "rating", "text")
"""In the order of their places: the first ones are what the curves are drawn of."""


def feeling_cells(feeling: pl.DataFrame, personas: Sequence[str]) -> Iterator[Row]:
    """Mean scores (−1…+1) per persona, stage and measure, and inferred friction, each in the lane of its kind."""
    known = feeling.filter(pl.col("persona").is_in(list(personas)), pl.col("kind").is_in(list(_LANES)))
    order = pl.col("measure").replace_strict({name: n for n, name in enumerate(_MEASURES)}, default=len(_MEASURES))
    for group in _groups(known.sort(order, "measure"), ("persona", "stage", "kind")):
        for place, row in enumerate(group, start=1):
            yield _feeling(row, place)


def _feeling(row: Row, place: int) -> Row:
    key = {name: row[name] for name in ("persona", "stage", "kind", "measure")}
    cell = {
        "persona": row["persona"],
        "stage": row["stage"],
        "lane": _LANES[row["kind"]],
        "place": place,
        "item": row["measure"],
        "unit": SCORE,
        "fresh_at": row["freshest_at"],
    }
    if row["is_suppressed"]:
        return cell | _untold("mart.feeling", key)
    names = ("mean", "low", "high", "n")
    return cell | _figures(row, names) | {
        "is_shown": bool(row["is_shown"]),
        "is_suppressed": False,
        "query": looked_up("mart.feeling", names, key),
    }  # fmt: skip


def friction_cells(friction: pl.DataFrame, personas: Sequence[str], *, cutoff: datetime) -> Iterator[Row]:
    """Journeys with each signal of friction, as a share of those that entered the stage; after the overall score."""
    known = friction.filter(pl.col("persona").is_in(list(personas)), pl.col("signal") != ANY)
    names = ("journey_share", "journey_low_share", "journey_high_share", "journey_count")
    for group in _groups(
        known.sort("journey_count", "signal", descending=[True, False], nulls_last=True), ("persona", "stage")
    ):
        told = [row for row in group if (row["journey_count"] or 0) >= SMALL_GROUP]
        for place, row in enumerate(told, start=11):
            key = {name: row[name] for name in ("persona", "stage", "signal")}
            yield {
                "persona": row["persona"], "stage": row["stage"], "lane": INFERRED, "place": place,
                "item": row["signal"], "unit": SHARE, "fresh_at": cutoff, **_figures(row, names),
                "base_count": row["entered_count"], "is_shown": row["entered_count"] >= SMALL_SAMPLE,
                "is_suppressed": False, "query": looked_up("mart.friction", names, key),
            }  # fmt: skip


def thought_cells(voice: pl.DataFrame, quotes: pl.DataFrame, personas: Sequence[str]) -> Iterator[Row]:
    """Topics that customers wrote about, most texts first, with the negative share; then quotes, already redacted."""
    for group in _groups(_topics(voice, personas), ("persona", "stage")):
        shown = group[: ITEMS_AT_MOST[THOUGHTS]]
        for place, row in enumerate(shown, start=1):
            yield _topic(row, place)
        yield from _quote_cells(quotes, shown)


def _topics(voice: pl.DataFrame, personas: Sequence[str]) -> pl.DataFrame:
    """Rows of single topics over all kinds of text that are of enough customers, most texts first."""
    known = voice.filter(pl.col("persona").is_in(list(personas)), pl.col("kind") == ALL, pl.col("topic") != ALL)
    told = known.filter(~pl.col("is_suppressed"), pl.col("text_count") > 0)
    # What no topic fits comes last, however much it is.
    return told.sort(pl.col("topic") == "other", -pl.col("text_count"), "topic")


def _topic(row: Row, place: int) -> Row:
    """The negative share is of the texts whose feeling is known: without any, the texts are counted alone."""
    names = ("negative_share", "negative_low", "negative_high", "felt_count" if row["felt_count"] else "text_count")
    key = {name: row[name] for name in ("persona", "stage", "topic", "kind")}
    return {
        "persona": row["persona"], "stage": row["stage"], "lane": THOUGHTS, "place": place, "item": row["topic"],
        "unit": SHARE, "fresh_at": row["freshest_at"], **_figures(row, names), "base_count": row["text_count"],
        "is_shown": bool(row["is_shown"]), "is_suppressed": False, "query": looked_up("mart.voice", names, key),
    }  # fmt: skip


def _quote_cells(quotes: pl.DataFrame, topics: Sequence[Row]) -> Iterator[Row]:
    """One quote of each of the first topics that have any, negative ones first: `n` is the texts of its topic."""
    place = ITEMS_AT_MOST[THOUGHTS]
    for topic in topics:
        same = [pl.col(name) == topic[name] for name in ("persona", "stage", "topic")]
        found = quotes.filter(same).sort(pl.col("feeling_label") != "negative", "place", "feeling_label", "quote")
        if found.height and place < ITEMS_AT_MOST[THOUGHTS] + QUOTES_AT_MOST:
            place += 1
            yield _quote(found.row(0, named=True), topic, place)


def _quote(row: Row, topic: Row, place: int) -> Row:
    key = {name: row[name] for name in ("persona", "stage", "topic", "feeling_label", "place", "quote")}
    return {
        "persona": topic["persona"], "stage": topic["stage"], "lane": THOUGHTS, "place": place, "item": row["quote"],
        "unit": QUOTE, "n": topic["text_count"], "base_count": topic["text_count"], "fresh_at": topic["freshest_at"],
        "is_shown": True, "is_suppressed": False, "note": topic["topic"], "query": quote_query(key),
    }  # fmt: skip


def _figures(row: Row, names: Sequence[str]) -> Row:
    return dict(zip(("value", "low", "high", "n"), (row[name] for name in names), strict=True))


def _untold(table: str, key: Mapping[str, str]) -> Row:
    nothing = ("null::double", "null::double", "null::double", "null::bigint")
    return {
        "is_shown": False,
        "is_suppressed": True,
        "note": f"fewer than {SMALL_GROUP} customers",
        "query": looked_up(table, nothing, key),
    }


def _groups(frame: pl.DataFrame, by: Iterable[str]) -> Iterator[list[Row]]:
    """Rows of each group in their order, groups by name."""
    for _, group in sorted(frame.group_by(*by, maintain_order=True), key=lambda pair: tuple(map(str, pair[0]))):
        yield group.to_dicts()
