"""Kinds for the activities of a log that have the name of a built-in one, as far as they change no path.

A purchase or an end ends a journey: what follows it in its trace would be a journey of its own. So these kinds are
proposed only where nothing follows in any trace. A passive activity is on nobody's path; whether it is in this log, the
log does not say: it is left.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

USUAL: Final = "act"
ENDING: Final = ("purchase", "end")
"""The kinds after which a journey is over."""


@dataclass(frozen=True)
class Kinds:
    """Kind by activity: the proposed ones, and those of the built-in names that were left at `act`."""

    proposed: Mapping[str, str] = field(default_factory=dict)
    left: Mapping[str, str] = field(default_factory=dict)

    def sentences(self) -> list[str]:
        """What was done, in a line each; nothing where no activity has the name of a built-in one of such a kind."""
        said = []
        if self.proposed:
            said.append(f"activity.csv proposes the kinds of built-in activities: {_listed(self.proposed)}")
        if self.left:
            said.append(
                f"activity.csv leaves at act what by the built-in names were {_listed(self.left)}: "
                "it would cut traces apart or take touchpoints off the paths"
            )
        return said


def kinds_of(activities: Iterable[str], builtin: Mapping[str, str], *, always_last: Iterable[str]) -> Kinds:
    """Which kinds to propose.

    Args:
        activities: those of the log.
        builtin: kind by built-in activity.
        always_last: activities after which nothing follows in any trace.
    """
    named = {name: builtin[name] for name in sorted(activities) if builtin.get(name, USUAL) != USUAL}
    last = set(always_last)
    proposed = {name: kind for name, kind in named.items() if kind in ENDING and name in last}
    return Kinds(proposed, {name: kind for name, kind in named.items() if name not in proposed})


def _listed(kinds: Mapping[str, str]) -> str:
    return ", ".join(f"{name} ({kind})" for name, kind in kinds.items())
