"""What stands in the middle of the screen: a view under one selection, or why there is none."""

import re
from dataclasses import dataclass
from html import escape

import polars as pl

from journey_analytics.dashboard.examples import examples_panel
from journey_analytics.dashboard.published import Published
from journey_analytics.dashboard.shell import Freshness, Shell, shell
from journey_analytics.dashboard.state import State
from journey_analytics.errors import ConfigurationError
from journey_analytics.language import said, written_in
from journey_analytics.report.against import against, are_apart
from journey_analytics.report.chosen import choice_title, follows, frames_of, section_html
from journey_analytics.report.group_sizes import SMALLEST_GROUP
from journey_analytics.report.markup import Html, tag
from journey_analytics.report.selected_frames import Choosable, choosable, selected_frames
from journey_analytics.report.selection import ALL, Choice, Narrowed
from journey_analytics.report.views import VIEWS, View
from journey_analytics.report.wording import count, several
from journey_analytics.selecting.windows import OFFERED
from journey_analytics.warehouse import Warehouse

WITH_EXAMPLES = ("Overview", "Where", "Why", "What to do", "Paths")
"""Groups of views that are about journeys."""

_DROPOFF = "mart.stage_dropoff"
_IDS = re.compile(r'( (?:id|aria-labelledby|aria-controls|for)=")([^"]*)(")|( href="#)([^"]+)(")')
_TAGS = re.compile(r"<[a-z][^<>]*>")
_TO_VIEW = re.compile(r'(<a )href="#([a-z-]+)"')


@dataclass(frozen=True)
class Look:
    """A view under one selection."""

    html: Html


def shell_of(published: Published, state: State) -> Shell:
    """What stands around the views of a state."""
    values, freshness = choosable_in(published), _freshness(published)
    with written_in(state.language):
        return shell(state, values=values, windows=OFFERED, freshness=freshness)


def look_of(published: Published, state: State, place: int) -> Look:
    """The view of a state under its first (0) or second (1) selection.

    Raises:
        ConfigurationError: the selection asks for a value that there is none of.
    """
    key = ("look", state.link(), place)
    return published.found(key, lambda: _look(published, state, place))


def _look(published: Published, state: State, place: int) -> Look:
    choice = state.choices[place]
    letter = "AB"[place] if state.versus is not None else ""
    view = view_of(state.view)
    with written_in(state.language), published.opened() as warehouse:
        narrowed = selected_frames(warehouse, choice)
        if _is_same_twice(warehouse, state, view):
            return Look(html=_once(view, narrowed, state) if place == 0 else Html(""))
        parts = (
            _heading(choice, narrowed, letter),
            _against(warehouse, state, place, narrowed),
            _section(view, narrowed, choice),
            _examples(warehouse, state, place, narrowed),
        )
        html = _linked(Html("".join(part for part in parts if part is not None)), state)
        return Look(html=prefixed(html, f"{letter.lower()}-") if letter else html)


def _is_same_twice(warehouse: Warehouse, state: State, view: View) -> bool:
    """Whether a comparison would draw the same rows twice: something is chosen, and the view follows none of it."""
    if state.versus is None or not any(state.choices):
        return False
    found = [(choice, selected_frames(warehouse, choice)) for choice in state.choices if choice]
    return not any(one.is_suppressed or follows(view, one) for _, one in found)


def _once(view: View, narrowed: Narrowed, state: State) -> Html:
    """The view of all journeys over the full width, under one sentence that says why it stands there once."""
    words = said("This view follows neither A nor B: it shows all journeys, once for both.")
    shown = section_html(view, narrowed, ALL) or _empty(
        said("Nothing to show here"), said("There are no rows for this view. Try another one.")
    )
    return _linked(Html(tag("p", words, class_="whom whole once") + shown), state)


def view_of(anchor: str) -> View:
    """The view of an anchor that `state_of` has checked."""
    return next(view for view in VIEWS if view.anchor == anchor)


def rows_of(published: Published, state: State, table: str) -> tuple[pl.DataFrame, Choice]:
    """The rows of one of the view's tables as the page shows them, and what they are of.

    Under the first selection, or all journeys where the table, or the view, does not follow it.

    Raises:
        ConfigurationError: the selection is too small to show.
    """
    with published.opened() as warehouse:
        narrowed = selected_frames(warehouse, state.choice)
        _check_size(narrowed)
        return frames_of(view_of(state.view), narrowed)[table], shown_of(narrowed, state, table)


def shown_of(narrowed: Narrowed, state: State, *tables: str) -> Choice:
    """What a view shows: the first selection, or all journeys where it, or all of these tables, do not follow."""
    is_followed = follows(view_of(state.view), narrowed) and (
        not tables or len(narrowed.unfollowed(tables)) < len(tables)
    )
    return state.choice if is_followed else ALL


def figures_of(published: Published, state: State) -> Choice:
    """What the figures of a view are of.

    Raises:
        ConfigurationError: the selection is too small to show.
    """
    with published.opened() as warehouse:
        narrowed = selected_frames(warehouse, state.choice)
        _check_size(narrowed)
        return shown_of(narrowed, state)


def _check_size(narrowed: Narrowed) -> None:
    if narrowed.is_suppressed:
        raise ConfigurationError(
            f"this selection has fewer than {SMALLEST_GROUP} journeys or customers: nothing of it is exported"
        )


def _section(view: View, narrowed: Narrowed, choice: Choice) -> Html:
    if narrowed.is_suppressed:
        return _empty(
            said("Too few journeys to show"),
            said(
                "This selection has fewer than {n} journeys. So that nobody can be recognised, nothing of it is shown.",
                n=count(SMALLEST_GROUP),
            ),
        )
    return section_html(view, narrowed, choice) or _empty(
        said("Nothing to show here"),
        said("There are no rows for this view, or not under this selection. Try another view, or fewer filters."),
    )


def _empty(title: str, text: str) -> Html:
    return tag("div", tag("h2", title), tag("p", text), class_="state")


def _heading(choice: Choice, narrowed: Narrowed, letter: str) -> Html | None:
    """In a comparison: which selection this is, and of how many journeys."""
    if not letter:
        return None
    mark = tag("span", letter, class_=f"letter {letter.lower()}", aria_hidden="true")
    journeys = None if narrowed.is_suppressed else narrowed.journey_count
    size = None if journeys is None else tag("span", several(journeys, "journey"), class_="size")
    return tag("h2", mark, tag("span", choice_title(choice), class_="words"), size, class_="which", id="which")


def _against(warehouse: Warehouse, state: State, place: int, narrowed: Narrowed) -> Html | None:
    """In a comparison: what differs from the other selection; nothing where one of them is too small to show."""
    if state.versus is None or narrowed.is_suppressed:
        return None
    facing = state.choices[1 - place]
    other = selected_frames(warehouse, facing)
    if other.is_suppressed:
        return None
    return against(
        narrowed.frames[_DROPOFF],
        other.frames[_DROPOFF],
        letter="AB"[1 - place],
        is_apart=are_apart(state.choices[place], facing),
    )


def _examples(warehouse: Warehouse, state: State, place: int, narrowed: Narrowed) -> Html | None:
    if view_of(state.view).group not in WITH_EXAMPLES or narrowed.is_suppressed:
        return None
    return examples_panel(warehouse, state, place)


def _linked(html: Html, state: State) -> Html:
    """The same HTML with links to other views leading there, under the same selections."""
    return Html(_TO_VIEW.sub(lambda found: _way(found, state), html))


def _way(found: re.Match[str], state: State) -> str:
    if found[2] not in {view.anchor for view in VIEWS}:
        return found[0]
    return f'{found[1]}href="{escape(state.at(found[2]).link(), quote=True)}" data-go'


def prefixed(html: Html, prefix: str) -> Html:
    """The same HTML with every id, and every reference to one, behind a prefix: so that it can stand there twice.

    Only tags are touched: text and the data of figures have no bare `<`.
    """
    return Html(_TAGS.sub(lambda found: _IDS.sub(lambda part: _behind(part, prefix), found[0]), html))


def _behind(part: re.Match[str], prefix: str) -> str:
    before, value, after = (part[1], part[2], part[3]) if part[1] else (part[4], part[5], part[6])
    return before + " ".join(f"{prefix}{name}" for name in value.split(" ")) + after


def choosable_in(published: Published) -> dict[str, dict[str, int]]:
    """What can be chosen: for each segment its values with their journeys."""
    return published.found("choosable", lambda: _read_choosable(published))


def _read_choosable(published: Published) -> dict[str, dict[str, int]]:
    with published.opened() as warehouse:
        return {one.segment: _choosable_values(one) for one in choosable(warehouse)}


def _choosable_values(one: Choosable) -> dict[str, int]:
    """Those that a link can name: a month, for one, must look like a month."""
    return {value: journeys for value, journeys in one.values if _can_be_chosen(one.segment, value)}


def _can_be_chosen(segment: str, value: str) -> bool:
    try:
        return bool(Choice({segment: value}))
    except ConfigurationError:
        return False


def _freshness(published: Published) -> Freshness:
    return published.found("freshness", lambda: _read_freshness(published))


def _read_freshness(published: Published) -> Freshness:
    with published.opened() as warehouse:
        if not warehouse.has("mart.headline"):
            return Freshness(None)
        silent = "select source from mart.source_quality where is_silent order by source"
        sources = warehouse.rows(silent) if "is_silent" in warehouse.columns("mart.source_quality") else []
        moment = warehouse.value("select as_of_at from mart.headline")
    return Freshness(moment, tuple(row[0] for row in sources))


def failure(title: str, text: str, *, link: str, way_out: str) -> Html:
    """An error in words, with a way out of it."""
    button = tag("a", way_out, href=link, class_="button", data_go=True)
    return tag("div", tag("h2", title), tag("p", text), tag("p", button), class_="state failed", role="alert")


def export_link(state: State, place: int) -> dict[str, object]:
    """Where the downloads of one selection are asked for, and the tables that the view has."""
    alone = State(state.view, state.choices[place], language=state.language).link()
    path, _, query = alone.partition("?")
    return {"path": f"/export{path}", "query": f"?{query}", "tables": list(view_of(state.view).tables)}
