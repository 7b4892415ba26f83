"""A process rule's result in words, for the terminal and for the report."""

from collections.abc import Mapping
from typing import Any, Final

from journey_analytics.language import number, said

CAUTION: Final = (
    "Lost is of the settled journeys (begun long enough before the cut-off for their outcome to be known) that were "
    "first asked before their purchase, by what became of that first time. The difference is an association, no "
    "effect: what a rule asks for later is kept by those who stayed."
)
PENDING: Final = "Pending is what cannot be told yet; it is never a violation."


def result_sentence(row: Mapping[str, Any]) -> str:
    """How often the rule was broken, of how often that is certain, and what is still pending."""
    certain = row["fulfilled_count"] + row["violated_count"]
    if not certain:
        return said("nothing to judge yet{more}", more=f"{_pending(row)}{_note(row)}")
    share, low, high = (number(f"{100 * row[f'violated_{end}share']:.1f}") for end in ("", "low_", "high_"))
    return said(
        "broken {broken} of {certain} times, {share} % ({low}–{high} %){more}",
        broken=number(f"{row['violated_count']:,}"),
        certain=number(f"{certain:,}"),
        share=share,
        low=low,
        high=high,
        more=f"{_pending(row)}{_note(row)}",
    )


def _pending(row: Mapping[str, Any]) -> str:
    return said("; {n} pending", n=number(f"{row['pending_count']:,}")) if row["pending_count"] else ""


def _note(row: Mapping[str, Any]) -> str:
    return said("; {note}: see process_rule.csv", note=row["note"]) if row["note"] else ""


def notes(row: Mapping[str, Any]) -> list[str]:
    """What to know of a rule's row: what nothing fits, too few cases on a side, or why no drop-off is compared."""
    is_few = not row["is_ranked"] and not row["note"]
    is_few_lost = row["difference_points"] is not None and not row["is_dropoff_ranked"]
    told = [row["note"], "few" if is_few else None, "few to compare the lost" if is_few_lost else None]
    return [note for note in (*told, row["dropoff_note"]) if note]


def worst_first(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """The sorting key of rules: those that can be ranked by the violated share, then the others; ties by name."""
    return (not row["is_ranked"], -(row["violated_share"] or 0.0), row["rule_id"])
