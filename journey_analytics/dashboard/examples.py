"""Example journeys behind a view: pseudonymous, one stage and one end at a time, never of a group of fewer than 10."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from journey_analytics.contract import STAGES
from journey_analytics.dashboard.state import STATES, Examples, State
from journey_analytics.dashboard.words import STATE_TITLES
from journey_analytics.language import said
from journey_analytics.report.example_journeys import EXAMPLES_FROM, ExampleJourney, ExampleTouchpoint, example_journeys
from journey_analytics.report.markup import Html, tag
from journey_analytics.report.segment_words import value_title
from journey_analytics.report.wording import count, duration, name, several, stage_title
from journey_analytics.warehouse import Warehouse

_SHOWN: Final = 5
_CHIPS: Final = 24
_PAUSE_SECONDS: Final = 86_400.0
_NEEDS: Final = "core.selection_journey"


@dataclass(frozen=True)
class _Run:
    """The same activity in the same stage `times` times in a row, `after_seconds` after what came before it."""

    first: ExampleTouchpoint
    times: int
    after_seconds: float


def examples_panel(warehouse: Warehouse, state: State, place: int) -> Html | None:
    """The lists to choose by, and journeys of the selection at `place` where something is chosen.

    Null for a copy that an older release published: it does not tell which journeys are whose.
    """
    if not warehouse.has(_NEEDS):
        return None
    head = tag("h2", said("Example journeys"))
    lead = said("Single journeys behind these numbers. Their names are made up; nobody can be recognised by them.")
    found = None if state.examples is None else _found(warehouse, state, state.examples, place)
    return tag(
        "section", head, tag("p", lead, class_="lead"), _choosers(state), found, class_="examples", id="examples"
    )


def _found(warehouse: Warehouse, state: State, asked: Examples, place: int) -> Html:
    choice = state.choices[place]
    examples = example_journeys(warehouse, choice, stage=asked.stage, state=asked.state, limit=_SHOWN)
    if examples.group_count is None:
        text = said("Fewer than {n} customers: not shown, so that nobody can be recognised.", n=count(EXAMPLES_FROM))
        return tag("p", text, class_="empty")
    size = said("{shown} of {n}, chosen by chance.", shown=count(len(examples.journeys)), n=count(examples.group_count))
    how = said("Each box is a touchpoint, in order; the darker, the later its stage.")
    journeys = tag("ol", *(tag("li", *_journey(one)) for one in examples.journeys), class_="journeys")
    return tag("div", tag("p", size, " ", how, class_="definition"), journeys)


def _journey(journey: ExampleJourney) -> Iterator[Html]:
    touchpoints = journey.touchpoints
    facts = (
        said("began in {month}", month=value_title("month", journey.started_month)),
        several(len(touchpoints), "touchpoint"),
        said("over {duration}", duration=duration(touchpoints[-1].after_seconds)),
    )
    yield tag("p", tag("b", journey.pseudonym), tag("span", " · ".join(facts)), class_="who")
    runs = list(_runs(touchpoints))
    chips = [_chip(run) for run in runs[:_CHIPS]]
    if len(runs) > _CHIPS:
        chips.append(tag("span", said("{n} more", n=count(len(runs) - _CHIPS)), class_="chip more"))
    yield tag("div", *chips, class_="chips")


def _runs(touchpoints: Sequence[ExampleTouchpoint]) -> Iterator[_Run]:
    """What follows itself is one box; a pause of a day or more begins a new one."""
    current: list[ExampleTouchpoint] = []
    before = 0.0
    for one in touchpoints:
        if current and not _goes_on(current[-1], one):
            yield _Run(current[0], len(current), current[0].after_seconds - before)
            before = current[-1].after_seconds
            current = []
        current.append(one)
    if current:
        yield _Run(current[0], len(current), current[0].after_seconds - before)


def _goes_on(last: ExampleTouchpoint, following: ExampleTouchpoint) -> bool:
    is_same = (last.activity, last.stage) == (following.activity, following.stage)
    return is_same and following.after_seconds - last.after_seconds < _PAUSE_SECONDS


def _chip(run: _Run) -> Html:
    """The activity, how many times, and after which pause; on hovering, stage, source and channel."""
    one = run.first
    times = tag("small", f"×{count(run.times)}") if run.times > 1 else None
    is_pause = run.after_seconds >= _PAUSE_SECONDS
    pause = tag("small", said("after {duration}", duration=duration(run.after_seconds))) if is_pause else None
    facts = " · ".join(part for part in (stage_title(one.stage), name(one.source), name(one.channel)) if part)
    shade = f" s{STAGES.index(one.stage) + 1}" if one.stage in STAGES else ""
    return tag("span", name(one.activity), times, pause, class_=f"chip{shade}", title=facts)


def _choosers(state: State) -> Html:
    now = state.examples
    stages = [_entry(said("Choose a stage"), replace(state, examples=None), is_on=now is None)]
    stages += [
        _entry(
            stage_title(stage),
            replace(state, examples=Examples(stage, now.state if now else STATES[0])),
            is_on=now is not None and now.stage == stage,
        )
        for stage in STAGES
    ]
    lists = [_list("stage", said("Stage"), stages)]
    if now is not None:
        ends = [
            _entry(said(STATE_TITLES[end]), replace(state, examples=Examples(now.stage, end)), is_on=end == now.state)
            for end in STATES
        ]
        lists.append(_list("state", said("How it ended there"), ends))
    return tag("div", *lists, class_="bar-filters")


def _list(anchor: str, title: str, entries: list[Html]) -> Html:
    chooser = tag("select", *entries, id=f"choose-example-{anchor}", data_links=True)
    return tag("label", tag("span", title), chooser)


def _entry(title: str, state: State, *, is_on: bool) -> Html:
    return tag("option", title, value=state.link(), selected=is_on)
