"""What alignments are told in: moves, and how much of a journey can be seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Move:
    """One step of an alignment.

    Attributes:
        kind: `sync` (planned and done), `log` (done, not planned there) or `model` (planned there, not done).
        activity: the touchpoint's or the plan's activity.
    """

    kind: Literal["sync", "log", "model"]
    activity: str | None


@dataclass(frozen=True, order=True)
class Sight:
    """How much of a journey can be seen at T.

    Attributes:
        is_cut_short: what the plan still has to come is no deviation: the journey is open, or dropped (it was left
            there), or has bought and can still go on.
        is_left_censored: nor is what the plan has before: it may have happened before the data begin.
    """

    is_cut_short: bool = False
    is_left_censored: bool = False


WHOLE = Sight()


def seen(moves: Sequence[Move], sight: Sight) -> tuple[Move, ...]:
    """The moves of an alignment to the whole plan without the planned touchpoints that are out of sight.

    After the last match where the journey is cut short, and before the first one where its beginning is not known.
    """
    matched = [place for place, move in enumerate(moves) if move.kind == "sync"]
    first = matched[0] if matched and sight.is_left_censored else len(moves) if sight.is_left_censored else 0
    last = (matched[-1] if matched else -1) if sight.is_cut_short else len(moves)
    return tuple(move for place, move in enumerate(moves) if move.kind != "model" or first <= place <= last)
