"""What a step flow is counted from: the start, the end, or a pattern of steps. Pure: text in, conditions out."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from journey_analytics.contract import STAGES
from journey_analytics.errors import ConfigurationError, nearest

LEVELS: Final = ("stage", "activity")
BOUNDS: Final = ("start", "end")
PURCHASE: Final = "is:purchase"
"""The purchase itself: at activity level its activity, at stage level the entry into `post_purchase` by it."""

_STAGE: Final = "stage:"
_FOLLOWED: Final = ">"
_ALTERNATIVE: Final = "|"


@dataclass(frozen=True)
class Element:
    """One step of a pattern: any of these nodes of the level, of these stages, or the purchase."""

    nodes: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    is_purchase: bool = False


@dataclass(frozen=True)
class Anchor:
    """Where steps are counted from, 0 being START, the end, or the last step of the first match of a pattern.

    `text` is what was asked for; `elements` are empty for `start` and `end`.
    """

    text: str
    elements: tuple[Element, ...] = ()


def check_level(level: str) -> None:
    """Check the name of a level.

    Raises:
        ConfigurationError: it is neither `stage` nor `activity`.
    """
    if level not in LEVELS:
        raise ConfigurationError(f"--level {level!r}: there is no such level; {nearest(level, LEVELS)}")


def parse_anchor(text: str, *, level: str, activities: Iterable[str] = ()) -> Anchor:
    """The anchor that a text stands for: `start`, `end`, or steps with `>` between those that directly follow.

    A step is an activity (at stage level: a stage), `stage:NAME`, or `is:purchase`; `|` separates alternatives.

    Args:
        text: such as `cart_viewed > checkout_started`. `purchase` stands for `is:purchase`.
        level: stage or activity.
        activities: all that there are; a name that is none of them is an error.

    Raises:
        ConfigurationError: for an empty step, or a name that is not known at this level.
    """
    wanted = text.strip()
    if wanted in BOUNDS:
        return Anchor(wanted)
    known = STAGES if level == "stage" else tuple(activities)
    return Anchor(wanted, tuple(_element(part, wanted, level, known) for part in wanted.split(_FOLLOWED)))


def _element(part: str, text: str, level: str, known: tuple[str, ...]) -> Element:
    names = [PURCHASE if name.strip() == "purchase" else name.strip() for name in part.split(_ALTERNATIVE)]
    if not all(names):
        raise ConfigurationError(f"--from {text!r}: a step is missing; expected a pattern such as 'a > b' or 'a|b > c'")
    stages = tuple(name.removeprefix(_STAGE).strip() for name in names if name.startswith(_STAGE))
    nodes = tuple(name for name in names if not name.startswith(_STAGE) and name != PURCHASE)
    for stage in stages:
        _check(stage, known=STAGES, may_be=STAGES, complaint=f"--from {text!r}: there is no stage")
    for node in nodes:
        may_be = (*known, *BOUNDS, PURCHASE)
        _check(node, known=known, may_be=may_be, complaint=f"--from {text!r}: {_missing(level)}")
    return Element(nodes=nodes, stages=stages, is_purchase=PURCHASE in names)


def _missing(level: str) -> str:
    if level == "stage":
        return "steps are stages here (--level activity takes activities); there is no stage"
    return "no journey has the activity"


def _check(name: str, *, known: tuple[str, ...], may_be: tuple[str, ...], complaint: str) -> None:
    if name not in known:
        raise ConfigurationError(f"{complaint} {name!r}; {nearest(name, may_be)}")
