"""The filter bar: one list per segment, each entry the link of the state that it leads to."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from journey_analytics.dashboard.state import State
from journey_analytics.dashboard.words import FILTERS, NO_WINDOW
from journey_analytics.language import said
from journey_analytics.report.markup import Html, tag
from journey_analytics.report.segment_words import segment_title, value_title
from journey_analytics.report.selection import ALL, WINDOW, Choice
from journey_analytics.report.wording import count


def filter_bar(
    state: State, place: int, *, values: Mapping[str, Mapping[str, int]], windows: Sequence[int], letter: str
) -> Html:
    """The lists of one selection.

    Args:
        state: what is on the screen; the selection at `place` is the one that the lists change.
        place: 0 for the first selection, 1 for the one it is compared with.
        values: for each segment its values with their journeys.
        windows: the windows to choose from, in days.
        letter: names the selection in a comparison; empty where there is one only.
    """
    choice = state.choices[place]
    lists = [_segment(state, place, segment, values.get(segment, {})) for segment in FILTERS]
    lists.append(_window(state, place, windows))
    mark = tag("span", letter, class_=f"letter {letter.lower()}", aria_hidden="true") if letter else None
    label = said("Selection {letter}", letter=letter) if letter else said("Filters")
    bar = tag("div", mark, *lists, _clear(state, place), class_="bar-filters", role="group", aria_label=label)
    chosen = len(choice.conditions) + (choice.window_days is not None)
    summary = said("{label} ({n} chosen)", label=label, n=count(chosen))
    return tag("details", tag("summary", summary), bar, class_="filter", open=True, id=f"filter-{place}")


def _segment(state: State, place: int, segment: str, values: Mapping[str, int]) -> Html | None:
    if not values:
        return None
    now = state.choices[place].conditions.get(segment)
    entries = [_entry(said(FILTERS[segment]), _with(state, place, segment, None), is_on=now is None)]
    entries += [
        _entry(
            _value(segment, value, journeys, is_on=now == value),
            _with(state, place, segment, value),
            is_on=now == value,
        )
        for value, journeys in values.items()
    ]
    return _list(f"{segment}-{place}", segment_title(segment), entries, is_on=now is not None)


def _value(segment: str, value: str, journeys: int, *, is_on: bool) -> str:
    """The value and how many journeys it has; the chosen one alone, as the view says how many they are."""
    title = value_title(segment, value)
    return title if is_on else said("{value} ({n})", value=title, n=count(journeys))


def _window(state: State, place: int, windows: Sequence[int]) -> Html:
    choice = state.choices[place]
    entries = [
        _entry(
            said(NO_WINDOW), _changed(state, place, replace(choice, window_days=None)), is_on=choice.window_days is None
        )
    ]
    days = sorted({*windows, *([choice.window_days] if choice.window_days else [])})
    entries += [
        _entry(
            said("{n} days", n=count(n)),
            _changed(state, place, replace(choice, window_days=n)),
            is_on=n == choice.window_days,
        )
        for n in days
    ]
    return _list(f"window-{place}", segment_title(WINDOW), entries, is_on=choice.window_days is not None)


def _list(anchor: str, title: str, entries: Sequence[Html], *, is_on: bool) -> Html:
    chooser = tag("select", *entries, id=f"choose-{anchor}", data_links=True)
    return tag("label", tag("span", title), chooser, class_="on" if is_on else None)


def _entry(title: str, state: State, *, is_on: bool) -> Html:
    return tag("option", title, value=state.link(), selected=is_on)


def _with(state: State, place: int, segment: str, value: str | None) -> State:
    choice = state.choices[place]
    conditions = {name: chosen for name, chosen in choice.conditions.items() if name != segment}
    if value is not None:
        conditions[segment] = value
    return _changed(state, place, replace(choice, conditions=conditions))


def _changed(state: State, place: int, choice: Choice) -> State:
    return replace(state, choice=choice) if place == 0 else replace(state, versus=choice)


def _clear(state: State, place: int) -> Html | None:
    if not state.choices[place]:
        return None if state.versus is None else tag("span", said("Clear"), class_="clear none", aria_hidden="true")
    return tag("a", said("Clear"), href=_changed(state, place, ALL).link(), class_="clear", data_go=True)
