"""What an alignment says about a journey of which the end, or the beginning, may not be known.

Pure. Cost alone would call every journey in progress a bad one: all that the plan still has to come costs a move.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from journey_analytics.mining.moves import Move, Sight


@dataclass(frozen=True)
class Judgement:
    """One variant held against the plan.

    Attributes:
        done: planned touchpoints that came where they were planned, in order.
        passed: those of them that could as well have been passed over, as far as can be seen: not where a journey was
            left, or is first seen, because had it not come there, nobody would know that it is missing.
        missing: planned, and passed over.
        unplanned: came, and not planned there.
        run: the planned way up to where the journey stands: done and missing; None where its beginning is out of sight.
    """

    done: tuple[str, ...]
    passed: tuple[str, ...]
    missing: tuple[str, ...]
    unplanned: tuple[str, ...]
    run: tuple[str, ...] | None

    @property
    def cost(self) -> int:
        """Deviations: touchpoints missing or unplanned."""
        return len(self.missing) + len(self.unplanned)


def judged(moves: Sequence[Move], sight: Sight) -> Judgement:
    """What the moves of what can be seen of a journey mean."""
    done = _names(move for move in moves if move.kind == "sync")
    run = _names(move for move in moves if move.kind != "log")
    return Judgement(
        done=done,
        passed=done[int(sight.is_left_censored) : len(done) - int(sight.is_cut_short)],
        missing=_names(move for move in moves if move.kind == "model"),
        unplanned=_names(move for move in moves if move.kind == "log"),
        run=None if sight.is_left_censored else run,
    )


def _names(moves: Iterable[Move]) -> tuple[str, ...]:
    return tuple(move.activity for move in moves if move.activity is not None)
