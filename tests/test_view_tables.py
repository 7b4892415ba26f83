"""What each view reads is what it declares, and a view that does not follow a choice is made of all journeys alone."""

from collections.abc import Iterator, Mapping

import polars as pl
import pytest
from report_attack import hostile_frames
from report_world import world_frames

from journey_analytics.report.active import active_frames
from journey_analytics.report.chosen import choice_note, follows, frames_of, section_html
from journey_analytics.report.frames import complete
from journey_analytics.report.selection import ALL, Choice, Narrowed, narrowed
from journey_analytics.report.views import VIEWS, View

_MOBILE_TOTALS = {"segment": "device", "segment_value": "mobile", "journey_count": 50, "customer_count": 40}
CALM = active_frames(complete(world_frames(journeys=150) | {"mart.selection_headline": pl.DataFrame([_MOBILE_TOTALS])}))
HOSTILE = active_frames(complete(hostile_frames()))
MOBILE = Choice({"device": "mobile"})
VIEW = {view.anchor: view for view in VIEWS}


class Watched(Mapping[str, pl.DataFrame]):
    """Frames that remember which of them were read."""

    def __init__(self, frames: Mapping[str, pl.DataFrame]) -> None:
        self.frames, self.read = frames, set[str]()

    def __getitem__(self, table: str) -> pl.DataFrame:
        self.read.add(table)
        return self.frames[table]

    def __iter__(self) -> Iterator[str]:
        return iter(self.frames)

    def __len__(self) -> int:
        return len(self.frames)


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.anchor)
def test_a_view_declares_every_table_that_it_reads(view: View) -> None:
    for frames in (CALM, HOSTILE):
        for make in (view.make, view.make_small):
            watched = Watched(frames)
            if make is not None:
                make(watched)
            assert watched.read <= {*view.tables, *view.context}
    assert set(view.tables).isdisjoint(view.context)


@pytest.mark.parametrize("view", [view for view in VIEWS if view.tables], ids=lambda view: view.anchor)
def test_a_view_that_does_not_follow_is_that_of_all_journeys(view: View) -> None:
    found = narrowed(CALM, MOBILE)
    if follows(view, found):
        return
    of_all = section_html(view, narrowed(CALM, ALL), ALL)
    if of_all is None:
        assert section_html(view, found, MOBILE) is None
        return
    note = choice_note(view, found, MOBILE)
    assert note is not None
    assert (section_html(view, found, MOBILE) or "").replace(note, "") == of_all


def test_the_files_that_were_read_are_those_of_everybody_under_any_choice() -> None:
    found = narrowed(CALM, MOBILE)
    assert found.follows["mart.headline"]
    assert found.frames["mart.headline"]["read_count"].to_list() == [None]
    assert frames_of(VIEW["quality"], found)["mart.headline"]["read_count"].to_list() != [None]


def test_sentences_around_figures_of_a_choice_do_not_count_all_journeys() -> None:
    """A copy of an older release has no totals of a choice: beside its paths nothing is said of all journeys."""
    found = Narrowed(CALM, {"mart.path_link": True, "mart.path_activity": True}, whole=CALM)
    head = frames_of(VIEW["map"], found)["mart.headline"].row(0, named=True)
    assert head["open_count"] is None
    assert head["as_of_at"] is not None
    assert "counted as they are seen" not in (section_html(VIEW["map"], found, MOBILE) or "")
    followed = Narrowed(CALM, dict(found.follows) | {"mart.headline": True}, whole=CALM)
    assert "counted as they are seen" in (section_html(VIEW["map"], followed, MOBILE) or "")


def test_an_answer_that_does_not_follow_says_so_itself() -> None:
    """Reasons are of everybody: the answer says it, not only the line above the view."""
    view = VIEW["overview"]
    follow = dict.fromkeys(view.tables, True)
    counts = {
        "mart.driver": "<li>For all journeys: ",
        "mart.opportunity": 'data-kpi="worth">For all journeys: ',
        "mart.headline": "These counts are of all journeys.",
    }
    for table, words in counts.items():
        marked = section_html(view, Narrowed(CALM, follow | {table: False}), MOBILE) or ""
        whole = section_html(view, Narrowed(CALM, follow), MOBILE) or ""
        assert words in marked, table
        assert words not in whole, table


def test_a_country_is_said_to_be_that_of_entering_a_stage() -> None:
    view, found = VIEW["losses"], Narrowed(CALM, {"mart.stage_dropoff": True}, 12)
    assert "entering a stage" in str(choice_note(view, found, Choice({"country": "it"})))
    assert "entering a stage" not in str(choice_note(view, found, MOBILE))


def test_the_losses_are_told_with_n_and_interval_and_few_entrants_are_no_share() -> None:
    columns = {
        "segment": "all", "segment_value": "all", "window_days": 30, "advanced_count": 6, "dropped_count": 6,
        "open_count": 0, "observed_count": 12,
    }  # fmt: skip
    rows = [
        {**columns, "stage": "decision", "entered_count": 240, "is_ranked": True, "estimated_dropoff_share": 0.5,
         "estimated_low_share": 0.44, "estimated_high_share": 0.56},
        {**columns, "stage": "purchase", "entered_count": 12, "is_ranked": False, "estimated_dropoff_share": 0.25,
         "estimated_low_share": 0.1, "estimated_high_share": 0.5},
    ]  # fmt: skip
    section = VIEW["losses"].make(complete({"mart.stage_dropoff": pl.DataFrame(rows)}))
    assert section is not None
    lead = section.lead.replace("\u00a0", " ")
    assert "Decision 50.0 % (95 % interval 44.0–56.0 %, n = 240)." in lead
    assert "(fewer than 30): Purchase." in lead
    assert "25.0" not in lead
