"""Opportunities in plain words. Rows in, text out."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from journey_analytics.language import number, said

LEAD: Final = (
    "What would be won per month if a barrier were lifted to the level of comparable segments (the upper quartile of "
    "the other values of the column), with 95 % intervals. These are associations: who comes by another way may differ "
    "in more than that. Barriers overlap, so their gains are not to be added up."
)
NOTHING: Final = "no barrier stands out: no segment with enough entrants is below the level of comparable ones"

FEWER_THAN_ONE: Final = "<1"
"""What `rounded` makes of an amount above 0 and up to one half."""


def opportunities_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """The lead, then one numbered line per ranked row, best first, its note below it."""
    if not rows:
        return NOTHING
    as_of = f"As of {rows[0]['as_of_on']}."
    return "\n".join([f"{as_of} {LEAD}", "", *(line for row in rows for line in _lines(row))])


def sentence(row: Mapping[str, Any]) -> str:
    """One ranked row: barrier, present and target share, customers and money per month with their intervals."""
    place = f"{row['stage'].replace('_', ' ')}, {row['segment'].replace('_', ' ')} {_printable(row['segment_value'])}"
    return said(
        "{place}: {present} go on where comparable ones reach {target}; {customers} a month (95 % {low}–{high}){money}",
        place=place,
        present=_percent(row["present_advance_share"]),
        target=_percent(row["target_advance_share"]),
        customers=_customers(row["customers_per_month"]),
        low=rounded(row["customers_low_per_month"]),
        high=rounded(row["customers_high_per_month"]),
        money=_money(row),
    )


def rounded(amount: float) -> str:
    """Two leading digits, as more would promise too much; below 10 whole numbers, and '<1' up to one half."""
    if 0 < amount <= 0.5:  # noqa: PLR2004 - what would be rounded to nothing
        return FEWER_THAN_ONE
    digits = max(0, len(f"{amount:.0f}") - 2)
    return number(f"{round(amount, -digits):,.0f}")


def _customers(amount: float) -> str:
    told = rounded(amount)
    if told == FEWER_THAN_ONE:
        return said("under 1 customer")
    return said("about {n} customer", n=told) if told == "1" else said("about {n} customers", n=told)


def _lines(row: Mapping[str, Any]) -> Iterator[str]:
    yield f"{row['place']:3d}. {sentence(row)}"
    if row["note"]:
        yield f"     {_printable(row['note'])}"


def _money(row: Mapping[str, Any]) -> str:
    if row["amount_per_month"] is None:
        return ""
    low, high = row["amount_low_per_month"], row["amount_high_per_month"]
    return f", {rounded(row['amount_per_month'])} {row['currency']} ({rounded(low)}–{rounded(high)})"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _printable(text: str) -> str:
    """Control characters of logged text must not steer the terminal."""
    return "".join(char if char.isprintable() else "�" for char in text)
