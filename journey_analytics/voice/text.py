"""What customers wrote, for a person at a terminal."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from journey_analytics.terminal import table

_NO_TEXTS: Final = "no customer wrote anything, or fewer than 5 of them did"
_Row = Mapping[str, Any]


def voice_text(found: Mapping[str, Sequence[_Row]]) -> str:
    """Topics with their share of negative texts, quotes below, and how well the feelings are known."""
    if not found["topics"]:
        return _NO_TEXTS
    title = "What customers wrote about (texts up to T; 95 % intervals)"
    parts = [table([_cells(row) for row in found["topics"]], title=title), *_quotes(found["quotes"])]
    return "\n\n".join([*parts, "\n".join(map(_known, found["quality"]))])


def _cells(row: _Row) -> dict[str, str]:
    return {
        "topic": row["topic"],
        "texts": f"{row['text_count']:,}",
        "customers": f"{row['customer_count']:,}",
        "negative": _share(row),
        "newest": f"{row['freshest_at']:%Y-%m-%d}",
        "note": "" if row["is_shown"] else "few texts with a feeling: not to be ranked",
    }


def _share(row: _Row) -> str:
    if row["negative_share"] is None:
        return "–"
    low, high = 100 * row["negative_low"], 100 * row["negative_high"]
    return f"{100 * row['negative_share']:.0f} % ({low:.0f}–{high:.0f}) of {row['felt_count']:,}"


def _quotes(quotes: Sequence[_Row]) -> list[str]:
    """The first quote of each topic and feeling."""
    first = [row for row in quotes if row["place"] == 1 and row["topic"] != "all"]
    lines = [f"  {row['topic']}, {row['feeling_label']}: “{row['quote']}”" for row in first]
    return ["\n".join(["In their own words (names, addresses and numbers taken out):", *lines])] if lines else []


def _known(row: _Row) -> str:
    texts = f"{row['language']}: {row['text_count']:,} texts"
    if row["agreement_share"] is None:
        return f"{texts}, no feelings: {row['note']}"
    low, high = 100 * row["agreement_low"], 100 * row["agreement_high"]
    agreed = (
        f"agree with {100 * row['agreement_share']:.0f} % ({low:.0f}–{high:.0f}) of {row['labelled_count']} examples"
    )
    return f"{texts}; feelings {agreed}" + ("" if row["is_used"] else f" and are not used: {row['note']}")
