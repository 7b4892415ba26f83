"""The state of the dashboard is its link: read strictly, written in one way, so that equal states have equal links."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode

from journey_analytics.contract import STAGES
from journey_analytics.errors import ConfigurationError, nearest
from journey_analytics.language import ENGLISH, LANGUAGES
from journey_analytics.report.selection import ALL, WHOLE, Choice, choice_of, choice_of_query

LANGUAGE: Final = "lang"
VERSUS: Final = "vs"
EXAMPLES: Final = "examples"
STATES: Final = ("dropped", "advanced", "open")
_LONGEST = 4_000


@dataclass(frozen=True)
class Examples:
    """Which journeys are listed: those of a stage that ended there in a state."""

    stage: str
    state: str


@dataclass(frozen=True)
class State:
    """What is on the screen.

    `view` is the anchor of a view. `versus` is the second selection of a comparison, null where nothing is compared.
    `examples` is null where no journeys are listed.
    """

    view: str
    choice: Choice = ALL
    versus: Choice | None = None
    language: str = ENGLISH
    examples: Examples | None = None

    @property
    def choices(self) -> tuple[Choice, ...]:
        """The selections in their order on the screen."""
        return (self.choice,) if self.versus is None else (self.choice, self.versus)

    def link(self) -> str:
        """The path and query that bring this state back."""
        pairs = [*self.choice.parameters.items()]
        if self.versus is not None:
            pairs.append((VERSUS, self.versus.query() or WHOLE))
        if self.examples is not None:
            pairs.append((EXAMPLES, f"{self.examples.stage}.{self.examples.state}"))
        pairs.append((LANGUAGE, self.language))
        return f"/{self.view}?{urlencode(pairs, quote_via=quote)}"

    def at(self, view: str) -> "State":
        """The same selections in another view; its examples are not listed there."""
        return replace(self, view=view, examples=None)


def state_of(link: str, *, views: Iterable[str], language: str = ENGLISH) -> State:
    """The state that a link asks for.

    Args:
        link: path and query, without the host; what follows a `#` belongs to the view and is left out.
        views: the known anchors, the first one for the bare address.
        language: of a link that names none.

    Raises:
        ConfigurationError: for a view, a parameter or a value that there is none of, one that is given twice, and a
            link that is too long.
    """
    if len(link) > _LONGEST:
        raise ConfigurationError(f"the link is longer than {_LONGEST} characters")
    path, _, query = link.partition("#")[0].partition("?")
    known = tuple(views)
    view = path.strip("/") or known[0]
    if view not in known:
        raise ConfigurationError(f"there is no view {view!r}; {nearest(view, known)}")
    asked = _pairs(query)
    ours = {name: asked.pop(name, None) for name in (LANGUAGE, VERSUS, EXAMPLES)}
    return State(
        view=view,
        choice=choice_of(asked),
        versus=None if ours[VERSUS] is None else _versus(ours[VERSUS]),
        language=_language(ours[LANGUAGE] or language),
        examples=None if ours[EXAMPLES] is None else _examples(ours[EXAMPLES]),
    )


def language_of(link: str, *, language: str = ENGLISH) -> str:
    """The language that a link asks for, else `language`: for what is said about a wrong link."""
    found = dict(parse_qsl(link.partition("#")[0].partition("?")[2])).get(LANGUAGE)
    return found if found in LANGUAGES else language


def _pairs(query: str) -> dict[str, str]:
    pairs = parse_qsl(query, keep_blank_values=True)
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(name for name in found if sum(name == other for other, _ in pairs) > 1)
        raise ConfigurationError(f"{twice!r} is given twice in the link")
    return found


def _versus(query: str) -> Choice:
    return ALL if query == WHOLE else choice_of_query(query)


def _language(code: str) -> str:
    if code not in LANGUAGES:
        raise ConfigurationError(f"no pages are written in {code!r}; {nearest(code, LANGUAGES)}")
    return code


def _examples(text: str) -> Examples:
    stage, _, state = text.partition(".")
    if stage not in STAGES:
        raise ConfigurationError(f"there is no stage {stage!r}; {nearest(stage, STAGES)}")
    if state not in STATES:
        raise ConfigurationError(f"no journey ends as {state!r}; {nearest(state, STATES)}")
    return Examples(stage, state)
