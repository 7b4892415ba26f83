"""The section on planned and actual: what it says and draws, and that no name in the data becomes markup."""

import polars as pl
import pytest

from journey_analytics.planned.tables import SCHEMAS
from journey_analytics.report.frames import complete
from journey_analytics.report.planned import MAX_DEVIATIONS, deviation_figure, planned
from journey_analytics.report.planned_tables import PLANNED_TABLES

FIT = {
    "planned": "buying", "level": "activity", "journey_count": 100, "aligned_journey_count": 90, "open_count": 10,
    "left_censored_count": 5, "conforming_count": 45, "conforming_share": 0.5, "conforming_low_share": 0.4,
    "conforming_high_share": 0.6, "fitness": 0.9, "full_fitness": 0.7, "precision": 0.5,
}  # fmt: skip
DEVIATION = {
    "planned": "buying", "place": 1, "kind": "missing", "activity": "cart_viewed", "stage": "decision",
    "is_planned": True, "journey_count": 60, "affected_count": 30, "affected_share": 0.5, "affected_low_share": 0.38,
    "affected_high_share": 0.62, "moved_count": 2, "settled_with_count": 25, "settled_without_count": 20,
    "stake_place": 1, "dropoff_share_with": 0.8,
    "dropoff_share_without": 0.4, "difference_points": 40.0, "difference_low_points": 15.0,
    "difference_high_points": 60.0, "amount_at_stake": 1234.5, "currency": "EUR", "is_ranked": True,
    "example_journey_ids": ["j_1", "j_2"],
}  # fmt: skip
NEVER = {"planned": "buying", "place": 1, "activity": "card_offered", "state": "never_happens", "journey_count": 0}


def html(*, fits=(FIT,), deviations=(DEVIATION,), touchpoints=(NEVER,)) -> str | None:
    rows = {"mart.planned_fit": fits, "mart.deviation": deviations, "mart.planned_touchpoint": touchpoints}
    frames = {table: pl.DataFrame(list(found), schema=PLANNED_TABLES[table]) for table, found in rows.items()}
    section = planned(complete(frames))
    return None if section is None else section.html()


def test_without_a_plan_there_is_no_section():
    assert html(fits=(), deviations=(), touchpoints=()) is None


def test_the_lead_says_how_many_keep_to_the_plan_and_what_most_do_not():
    found = html() or ""
    assert "Buying: 45 of 90 journeys (50.0\u00a0%, 95\u00a0% interval 40.0–60.0\u00a0%)" in found
    assert "Most often: cart viewed left out, in 30 of 60 journeys (50.0\u00a0%)." in found
    assert (
        "Costliest: cart viewed left out, 80.0\u00a0% of 25 settled journeys lost with it and 40.0\u00a0% of 20"
        in found
    )
    assert found.index("Costliest") < found.index("Most often")
    assert "Planned and never happens: 1" in found
    assert "Card offered" in found


def test_a_plan_that_was_not_aligned_says_why_and_still_lists_what_never_happens():
    bare = dict.fromkeys(FIT) | {"planned": "buying", "journey_count": 9, "open_count": 1, "left_censored_count": 0}
    found = html(fits=[bare | {"note": "r4pm is not installed"}], deviations=()) or ""
    assert "r4pm is not installed" in found
    assert "Card offered" in found


def test_figures_mark_what_goes_with_being_lost_and_what_is_thin():
    thin = DEVIATION | {"place": 2, "activity": "help_viewed", "kind": "unplanned", "is_planned": False}
    thin |= {"journey_count": 20, "difference_low_points": None, "difference_points": None, "affected_share": 0.1}
    figure = deviation_figure([DEVIATION, thin])
    assert sorted(value for trace in figure.data for value in trace.x) == [0.1, 0.5]
    assert {len(set(trace.marker.color)) for trace in figure.data} == {1}
    assert len({trace.marker.line.color for trace in figure.data}) == 2


def test_only_the_most_frequent_are_drawn_and_all_are_listed():
    many = [DEVIATION | {"place": n, "activity": f"step_{n}"} for n in range(1, MAX_DEVIATIONS + 4)]
    found = html(deviations=many) or ""
    assert f"The {MAX_DEVIATIONS} costliest, then of most journeys, of {MAX_DEVIATIONS + 3} deviations." in found
    assert found.count("<b>Step ") + found.count("\\u003cb>Step ") == MAX_DEVIATIONS
    assert f"Step {MAX_DEVIATIONS + 3}</th>" in found


def test_the_costliest_is_told_and_drawn_first_however_few_have_it():
    many = [
        DEVIATION | {"place": n, "activity": f"step_{n}", "stake_place": None} for n in range(1, MAX_DEVIATIONS + 4)
    ]
    many[-1] |= {"stake_place": 1}
    found = html(deviations=many) or ""
    assert f"Costliest: step {MAX_DEVIATIONS + 3} left out" in found
    drawn = found.replace("\\u003cb>", "<b>")
    assert drawn.index(f"<b>Step {MAX_DEVIATIONS + 3}") < drawn.index("<b>Step 1:")


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "$x$ %{y}", "\u202eevil"])
def test_names_from_data_are_shown_and_never_obeyed(name):
    found = html(
        deviations=[DEVIATION | {"activity": name, "currency": name, "example_journey_ids": [name]}],
        touchpoints=[NEVER | {"activity": name, "note": name}],
    )
    assert found is not None
    assert "<script>alert" not in found
    assert "\u202e" not in found


def test_the_report_reads_columns_that_the_tables_have():
    for table, columns in PLANNED_TABLES.items():
        assert {column: SCHEMAS[table][column] for column in columns} == dict(columns)
