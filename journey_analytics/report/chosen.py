"""What the report carries of each selection, packed small, and how a view says whom it shows.

A selection's sections are compressed text (zlib, base64) inside a `<template>`: the page unpacks the one that is
chosen. So one file holds some twenty selections in little more room than one.
"""

import base64
import zlib
from collections import ChainMap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, cast

import polars as pl

from journey_analytics.language import said
from journey_analytics.report.blocks import Section, source_words
from journey_analytics.report.markup import Html, join, tag
from journey_analytics.report.segment_words import group_title, segment_title
from journey_analytics.report.selection import WHOLE, Choice, Narrowed, fixed_choices, headline_of, narrowed
from journey_analytics.report.views import VIEWS, View
from journey_analytics.report.wording import listed, several

Frames = Mapping[str, pl.DataFrame]
_HEADLINE: Final = "mart.headline"


@dataclass(frozen=True)
class Packed:
    """One selection of the report: its sections as compressed text, null for all journeys, which the page shows."""

    choice: Choice
    text: str | None = None


def choice_title(choice: Choice) -> str:
    """A choice in words, such as `Device: mobile and Month: Oct 2025`."""
    parts = [group_title(key, value) for key, value in choice.parameters.items()]
    return listed(parts) if parts else said("All journeys")


def choice_note(view: View, found: Narrowed, choice: Choice) -> Html | None:
    """Whom a view shows under a choice: what was chosen and how many, and which tables do not follow it, if any.

    Null where nothing was chosen.
    """
    if not choice:
        return None
    if not follows(view, found):
        return tag("p", unfollowed_words(), class_="whom whole")
    journeys = found.journey_count
    size = f" · {several(journeys, 'journey')}" if journeys is not None else ""
    return tag("p", tag("b", choice_title(choice)), size, *_by_entry(choice), *_rest(view, found), class_="whom")


def _by_entry(choice: Choice) -> list[str]:
    """Of what may change within a journey: when it is looked at."""
    if "country" not in choice.conditions:
        return []
    return [" · ", said("Country: where the customer was on entering a stage.")]


def unfollowed_words() -> str:
    """What a view says that shows all journeys whatever is chosen."""
    return said("All journeys: this view does not follow the choice.")


def follows(view: View, found: Narrowed) -> bool:
    """Whether any table behind a view is narrowed to the choice."""
    return len(found.unfollowed(view.tables)) < len(view.tables)


def frames_of(view: View, found: Narrowed) -> Frames:
    """What a view is made of: all of it of the choice, or where it does not follow, all of it of all journeys.

    Totals that cannot be told for the choice are null beside figures that can.
    """
    if found.whole is not None and not follows(view, found):
        return found.whole
    if _HEADLINE not in view.context or found.follows.get(_HEADLINE, False):
        return found.frames
    return ChainMap(
        {_HEADLINE: headline_of(found.frames[_HEADLINE], pl.DataFrame())}, cast("dict[str, pl.DataFrame]", found.frames)
    )


def section_html(view: View, found: Narrowed, choice: Choice, *, is_small: bool = False) -> Html | None:
    """A view under a choice, with whom it shows and where its numbers come from; null where there is nothing to say."""
    section = _made(view, found, is_small=is_small)
    if section is None:
        return None
    source = tag("p", source_words(*view.tables), class_="definition") if view.tables else None
    note = choice_note(view, found, choice)
    return section.html(*([note] if note else []), foot=source)


def _made(view: View, found: Narrowed, *, is_small: bool) -> Section | None:
    frames, rest = frames_of(view, found), found.unfollowed(view.tables)
    if view.make_partly and rest and len(rest) < len(view.tables):
        return view.make_partly(frames, rest)
    make = view.make_small if is_small and view.make_small else view.make
    return make(frames)


def _rest(view: View, found: Narrowed) -> list[Html | str]:
    """The tables of the view that are of all journeys, said by name."""
    rest = found.unfollowed(view.tables)
    if not rest:
        return []
    before, after = said("For all journeys: what comes from {tables}.").split("{tables}")
    return [
        " · ",
        tag("span", before, join([part for table in rest for part in (", ", tag("code", table))][1:]), after),
    ]


def packed_selections(frames: Frames) -> list[Packed]:
    """Every selection that the report carries, all journeys first.

    Of the others the sections that follow them; the page keeps showing the rest for all journeys, and says so.
    """
    return [Packed(choice, _packed(frames, choice) if choice else None) for choice in fixed_choices(frames)]


def _packed(frames: Frames, choice: Choice) -> str:
    found = narrowed(frames, choice)
    views = [view for view in VIEWS if follows(view, found)]
    html = join([part for view in views if (part := section_html(view, found, choice, is_small=True))])
    return base64.b64encode(zlib.compress(html.encode(), 9)).decode()


def templates(selections: Sequence[Packed]) -> Iterator[Html]:
    """The selections inside the page."""
    return (tag("template", one.text, data_selection=one.choice.key) for one in selections if one.text is not None)


def chooser(selections: Sequence[Packed]) -> Html | None:
    """The select that switches between them; null where there is nothing to choose."""
    if len(selections) < 2:  # noqa: PLR2004 - all journeys alone
        return None
    kinds = groupby(selections[1:], key=lambda one: next(iter(one.choice.parameters)))
    groups = [tag("optgroup", *map(_option, members), label=segment_title(kind)) for kind, members in kinds]
    whole = tag("option", said("All journeys"), value=WHOLE)
    return tag("label", tag("span", said("Show")), tag("select", whole, *groups, data_show=True), class_="show")


def _option(one: Packed) -> Html:
    ((segment, value),) = one.choice.parameters.items()
    return tag("option", group_title(segment, value), value=one.choice.key)
