"""Rework, waiting and hand-overs in words, for the terminal and for the report."""

from collections.abc import Mapping
from typing import Any, Final

from journey_analytics.language import said

KINDS: Final = {
    "loop": "Comes again after others",
    "self_loop": "Directly again",
    "ping_pong": "To another channel and back",
    "repeated_contact": "Another contact about the same topic",
    "stage_regression": "Back to an earlier stage",
}
"""The kinds of rework in the order of their telling."""
SETTLED: Final = "settled journeys (begun long enough before the cut-off for their outcome to be known)"
CAUTION: Final = (
    f"Lost is of the {SETTLED}, compared for what came before the purchase. An association, no effect: longer journeys "
    "have more rework, and more time to buy."
)
HANDOVER_MEANING: Final = (
    "Compared is where a journey's next session was after its first one on the channel or source that has a next one: "
    f"on the other, or on the same again (stayed), before the purchase and whatever came later. Lost is of the "
    f"{SETTLED}; the difference is within equal numbers of sessions and furthest stages until then. An "
    "association, no effect."
)
NO_TOPIC: Final = "Where the source gives no topic, any further contact of the journey counts."


def subject_words(row: Mapping[str, Any]) -> str:
    """What was done again, as a phrase; names stay as they are logged."""
    subject = str(row["subject"])
    if row["kind"] == "ping_pong":
        return said("{one} and {two}", **_two(subject, " | "))
    if row["kind"] == "stage_regression":
        return said("{one} back to {two}", **_two(subject, " > "))
    if row["kind"] == "repeated_contact" and subject == "unknown":
        return said("any further contact, the topic not being given")
    return subject


def _two(subject: str, between: str) -> dict[str, str]:
    one, _, two = subject.partition(between)
    return {"one": one, "two": two}


def is_loss(row: Mapping[str, Any]) -> bool:
    """Whether more of the journeys with it are lost, for sure and of enough journeys."""
    return bool(row["is_ranked"] and row["difference_low_points"] is not None and row["difference_low_points"] > 0)


def losses_first(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """The sorting key of hand-overs: ranked ones by the lower end of what they lose more, then by journeys, by name."""
    low = row["difference_low_points"]
    return (
        not row["is_ranked"],
        -low if low is not None else 0.0,
        -row["journey_count"],
        row["from_value"],
        row["to_value"],
    )
