"""What stands around a view: navigation, filters, comparison, freshness and language. Every control is a link."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

from journey_analytics.dashboard.filters import filter_bar
from journey_analytics.dashboard.state import State
from journey_analytics.language import LANGUAGES, said
from journey_analytics.report.markup import Html, tag
from journey_analytics.report.selection import ALL
from journey_analytics.report.views import VIEWS, View
from journey_analytics.report.wording import listed, moment, name


@dataclass(frozen=True)
class Freshness:
    """Until when the data is known complete (null: nothing was loaded), and the sources that have fallen silent."""

    as_of_at: datetime | None
    silent_sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Shell:
    """The parts around the views, as HTML, and the title of the browser's window."""

    side: Html
    head: Html
    title: str


def shell(
    state: State, *, values: Mapping[str, Mapping[str, int]], windows: Sequence[int], freshness: Freshness
) -> Shell:
    """All of it for a state.

    Args:
        state: what is on the screen.
        values: for each segment its values with their journeys, none of fewer than 5.
        windows: the windows that can be chosen, in days.
        freshness: what the badge says.
    """
    view = next(view for view in VIEWS if view.anchor == state.view)
    return Shell(
        side=_side(state, freshness),
        head=_head(state, view, values, windows),
        title=said(view.title),
    )


def _side(state: State, freshness: Freshness) -> Html:
    brand = tag(
        "a",
        tag("span", class_="mark", aria_hidden="true"),
        tag("span", said("Customer journeys")),
        href=state.at(VIEWS[0].anchor).link(),
        class_="brand",
        data_go=True,
    )
    foot = tag("div", badge(freshness), _languages(state), class_="foot")
    return Html(brand + tag("nav", *_groups(state), aria_label=said("Views")) + _phone_views(state) + foot)


def _groups(state: State) -> Iterator[Html]:
    """The views by group; one that stands alone under its own name needs no heading."""
    for place, (group, members) in enumerate(groupby(VIEWS, key=lambda view: view.group)):
        views = list(members)
        items = [tag("li", _view_link(state, view)) for view in views]
        is_named = [view.title for view in views] != [group]
        if is_named:
            yield tag("p", said(group), class_="group", id=f"group-{place}")
        yield tag("ul", *items, aria_labelledby=f"group-{place}" if is_named else None)


def _view_link(state: State, view: View) -> Html:
    current = "page" if view.anchor == state.view else None
    return tag("a", said(view.title), href=state.at(view.anchor).link(), aria_current=current, data_go=True)


def _phone_views(state: State) -> Html:
    groups = [
        tag("optgroup", *(_view_option(state, view) for view in views), label=said(group))
        for group, views in groupby(VIEWS, key=lambda view: view.group)
    ]
    return tag(
        "label", tag("span", said("View")), tag("select", *groups, id="choose-view", data_links=True), class_="views"
    )


def _view_option(state: State, view: View) -> Html:
    return tag("option", said(view.title), value=state.at(view.anchor).link(), selected=view.anchor == state.view)


def badge(freshness: Freshness) -> Html:
    """Until when the data reaches, and which sources are silent, in words and not by colour alone."""
    if freshness.as_of_at is None:
        return tag("p", said("No data yet"), class_="fresh late")
    until = said("Data until {moment}", moment=moment(freshness.as_of_at))
    if not freshness.silent_sources:
        return tag("p", until, class_="fresh")
    sources = listed([name(source) for source in freshness.silent_sources])
    return tag("p", until, tag("b", said("Silent: {sources}", sources=sources)), class_="fresh late")


def _languages(state: State) -> Html:
    links = [
        tag(
            "a",
            title,
            href=replace(state, language=code).link(),
            lang=code,
            hreflang=code,
            aria_current="true" if code == state.language else None,
            data_go=True,
        )
        for code, title in LANGUAGES.items()
    ]
    return tag("div", *links, class_="languages", role="group", aria_label=said("Language"))


def _head(state: State, view: View, values: Mapping[str, Mapping[str, int]], windows: Sequence[int]) -> Html:
    title = tag("h1", said(view.title), id="view-title", tabindex="-1")
    actions = tag("div", _compare(state), _copy(), class_="head-actions")
    bars = [
        filter_bar(state, place, values=values, windows=windows, letter="AB"[place] if state.versus else "")
        for place in range(len(state.choices))
    ]
    return Html(tag("div", title, actions, class_="titles") + tag("div", *bars, class_="filters"))


def _compare(state: State) -> Html:
    if state.versus is None:
        other = replace(state, versus=ALL)
        return tag("a", said("Compare"), href=other.link(), class_="button", id="compare", data_go=True)
    alone = replace(state, versus=None)
    return tag("a", said("Stop comparing"), href=alone.link(), class_="button on", id="compare", data_go=True)


def _copy() -> Html:
    words = {"data_done": said("Link copied"), "data_copy": True}
    return tag("button", said("Copy link"), type="button", class_="button", id="copy-link", **words)
