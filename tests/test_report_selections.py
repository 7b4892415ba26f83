"""The selections inside the report: what is packed is what the views draw of the narrowed frames, and no more."""

import base64
import re
import zlib

import polars as pl
import pytest
from report_attack import hostile_frames
from report_world import GENERATED, world_frames
from test_report_page import Reader

from journey_analytics.report.active import active_frames
from journey_analytics.report.blocks import source_words
from journey_analytics.report.chosen import choice_note, choice_title, follows, packed_selections, section_html
from journey_analytics.report.frames import complete
from journey_analytics.report.page import report_page
from journey_analytics.report.selection import ALL, Choice, Narrowed, fixed_choices, narrowed
from journey_analytics.report.views import VIEWS

TABLES = active_frames(complete(world_frames(journeys=150)))
PACKED = packed_selections(TABLES)
MOBILE = Choice({"device": "mobile"})
VIEW = {view.anchor: view for view in VIEWS}


def unpacked(text: str | None) -> str:
    assert text is not None
    return zlib.decompress(base64.b64decode(text)).decode()


def sections(html: str) -> dict[str, str]:
    found = {}
    for part in re.split(r"(?=<section )", html)[1:]:
        anchor = re.search(r'<section id="([a-z-]+)"', part)
        assert anchor is not None
        found[anchor[1]] = part
    return found


def test_the_fixed_selections_are_packed_all_journeys_first():
    assert [one.choice for one in PACKED] == list(fixed_choices(TABLES))
    assert PACKED[0].text is None
    assert len(PACKED) > 5


def test_a_selection_holds_the_views_that_follow_it_and_no_other():
    for one in PACKED[1:]:
        found = narrowed(TABLES, one.choice)
        following = {view.anchor for view in VIEWS if follows(view, found)}
        assert set(sections(unpacked(one.text))) <= following
    mobile = next(one for one in PACKED if one.choice == MOBILE)
    assert {"losses", "map", "overview"} <= set(sections(unpacked(mobile.text)))
    assert {"quality", "definitions", "inference"}.isdisjoint(sections(unpacked(mobile.text)))


def test_a_packed_section_is_the_view_of_the_narrowed_frames():
    mobile = next(one for one in PACKED if one.choice == MOBILE)
    section = VIEW["losses"].make(narrowed(TABLES, MOBILE).frames)
    assert section is not None
    assert section.body in sections(unpacked(mobile.text))["losses"]
    assert section.lead in sections(unpacked(mobile.text))["losses"]


def test_every_packed_section_says_whom_it_shows():
    for one in PACKED[1:]:
        for html in sections(unpacked(one.text)).values():
            assert f'<p class="whom"><b>{choice_title(one.choice)}</b>' in html


def test_a_table_that_does_not_follow_is_named():
    view = VIEW["overview"]
    found = Narrowed(TABLES, dict.fromkeys(view.tables, True) | {"mart.driver": False}, journey_count=12)
    note = choice_note(view, found, MOBILE)
    assert note is not None
    assert "12 journeys" in note
    assert "<code>mart.driver</code>" in note
    assert "mart.headline" not in note


def test_a_view_of_which_nothing_follows_says_so_and_all_journeys_need_no_words():
    found = Narrowed(TABLES, dict.fromkeys(TABLES, False))
    note = choice_note(VIEW["losses"], found, MOBILE)
    assert note is not None
    assert "does not follow the choice" in note
    assert choice_note(VIEW["losses"], narrowed(TABLES, ALL), ALL) is None


def test_no_id_is_twice_in_a_selection():
    for one in PACKED[1:]:
        ids = [attrs["id"] for _, attrs in Reader(unpacked(one.text)).elements if "id" in attrs]
        assert len(ids) == len(set(ids))


def test_hostile_texts_make_no_element_in_a_selection():
    calm = {name for one in PACKED[1:] for name, _ in Reader(unpacked(one.text)).elements}
    hostile = packed_selections(active_frames(complete(hostile_frames())))
    assert len(hostile) > 1
    for one in hostile[1:]:
        elements = Reader(unpacked(one.text)).elements
        assert {name for name, _ in elements} <= calm | {"pre", "ol", "li"}
        assert not [attrs for _, attrs in elements if any(key.startswith("on") for key in attrs)]
        assert not [attrs for _, attrs in elements if "evil" in str(attrs.get("href"))]


def test_the_chooser_offers_what_is_packed():
    page = report_page({name: TABLES[name] for name in ("mart.stage_dropoff", "mart.headline")}, generated_at=GENERATED)
    elements = Reader(page).elements
    packed = [attrs["data-selection"] for _, attrs in elements if "data-selection" in attrs]
    chooser = page.split("data-show")[1].split("</select>")[0]
    assert packed
    assert re.findall(r'<option value="([^"]*)"', chooser) == ["all", *packed]


def test_where_nothing_can_be_chosen_there_is_no_chooser():
    page = report_page({"mart.headline": TABLES["mart.headline"]}, generated_at=GENERATED)
    assert "<template" not in page
    assert "data-show>" not in page


def test_a_month_is_chosen_in_words():
    assert choice_title(Choice({"device": "mobile", "month": "2025-10"}, window_days=14)) == (
        "Device: mobile, Month: Oct\u00a02025 and Window: 14 days"
    )


@pytest.mark.parametrize("view", [view for view in VIEWS if view.tables], ids=lambda view: view.anchor)
def test_every_view_says_where_its_numbers_come_from(view):
    html = section_html(view, narrowed(TABLES, ALL), ALL)
    assert html is None or html.endswith(f'<p class="definition">{source_words(*view.tables)}</p></section>')


def test_a_smaller_map_counts_the_same_journeys():
    links = pl.Series([len(str(VIEW["map"].make(TABLES))), len(str(VIEW["map"].make_small(TABLES)))])  # type: ignore[misc]
    assert links[1] < links[0] / 2
