"""What was chosen: its key, its link and back, and frames narrowed to it; small groups are never shown."""

from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from journey_analytics.errors import ConfigurationError
from journey_analytics.report.frames import complete
from journey_analytics.report.group_sizes import SMALLEST_GROUP, group_counts
from journey_analytics.report.selection import (
    ALL,
    SEGMENTS,
    Choice,
    choice_of,
    choice_of_query,
    fixed_choices,
    narrowed,
    suppressed,
)

_TEXT = st.text(min_size=1, max_size=12)
_MONTHS = st.sampled_from(["2025-10", "2025-08..2025-10"])
_CONDITIONS = st.dictionaries(st.sampled_from([one for one in SEGMENTS if one != "month"]), _TEXT)
CHOICES = st.builds(
    lambda conditions, month, window: Choice(conditions | ({"month": month} if month else {}), window),
    _CONDITIONS,
    st.none() | _MONTHS,
    st.none() | st.integers(1, 3650),
)


@given(choice=CHOICES)
def test_a_choice_comes_back_from_its_query_and_its_parameters(choice: Choice) -> None:
    assert choice_of_query(choice.query()) == choice == choice_of_query(f"?{choice.query()}")
    assert choice_of(choice.parameters) == choice
    assert hash(choice_of(choice.parameters)) == hash(choice)
    assert bool(choice) == (choice.key != "all")


def test_the_key_does_not_depend_on_the_order_of_the_conditions() -> None:
    one, other = Choice({"month": "2025-10", "device": "mobile"}), Choice({"device": "mobile", "month": "2025-10"})
    assert one == other
    assert one.key == other.key == "device=mobile,month=2025-10"
    assert Choice({"device": "mobile"}, 14).query() == "device=mobile&window=14"


@given(one=CHOICES, other=CHOICES)
def test_different_choices_have_different_keys(one: Choice, other: Choice) -> None:
    assert (one.key == other.key) == (one == other)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("devise=mobile", "did you mean 'device'"),
        ("device=", "expected a value"),
        ("window=0", "1 to 3650"),
        ("window=99999", "1 to 3650"),
        ("window=-3", "whole number"),
        ("window=abc", "whole number"),
        ("window=²", "whole number"),
        ("month=2025-13", "expected 2025-10"),
        ("month=last", "expected 2025-10"),
        ("month=2025-03..2025-01", "ends before it begins; try 2025-01..2025-03"),
        ("month=2025-01..9999-12", "from 1970-01 to 2199-12"),
        ("month=0001-01", "from 1970-01 to 2199-12"),
        ("device=mobile&device=tablet", "given twice"),
    ],
)
def test_a_wrong_link_says_what_is_wrong(query: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        choice_of_query(query)


def frames() -> dict[str, pl.DataFrame]:
    """Two devices, one of which has 4 journeys, and two months."""
    groups = [
        ("all", "all", 104, 90), ("device", "mobile", 100, 88), ("device", "watch", 4, 4), ("persona", "shared", 9, 3),
        ("started_month", "2025-09", 60, 50), ("started_month", "2025-10", 44, 40), ("device", "unknown", 40, 40),
    ]  # fmt: skip
    headline = [
        {"segment": a, "segment_value": b, "journey_count": n, "customer_count": c, "converted_count": n // 4}
        for a, b, n, c in groups
    ]
    dropoff = [
        {"segment": a, "segment_value": b, "stage": stage, "entered_count": n, "advanced_count": n // 2}
        for a, b, n in [
            ("all", "all", 104), ("device", "mobile", 100), ("device", "watch", 4), ("entry_month", "2025-10", 60),
        ]
        for stage, n in (("awareness", n), ("decision", n // 25))
    ]  # fmt: skip
    flow = [
        {"segment": a, "segment_value": b, "from_stage": "start", "to_state": "awareness", "journey_count": n}
        for a, b, n in [("all", "all", 104), ("device", "mobile", 100), ("device", "watch", 4)]
    ]
    return complete(
        {
            "mart.headline": pl.DataFrame({"as_of_at": [date(2025, 11, 1)], "journey_count": [104], "file_count": [7]}),
            "mart.selection_headline": pl.DataFrame(headline),
            "mart.stage_dropoff": pl.DataFrame(dropoff),
            "mart.selection_flow": pl.DataFrame(flow),
            "mart.stage_flow": pl.DataFrame(flow[:1]),
            "mart.driver": pl.DataFrame({"stage": ["decision"], "driver": ["checkout_error_shown"]}),
        }
    )


def test_the_rows_of_a_value_stand_in_the_place_of_the_whole() -> None:
    found = narrowed(frames(), Choice({"device": "mobile"}))
    rows = found.frames["mart.stage_dropoff"]
    assert rows.select("segment", "segment_value").unique().row(0) == ("all", "all")
    assert dict(rows.select("stage", "entered_count").iter_rows()) == {"awareness": 100}
    assert found.frames["mart.stage_flow"].columns == ["from_stage", "to_state", "journey_count"]
    assert found.frames["mart.stage_flow"]["journey_count"].to_list() == [100]
    head = found.frames["mart.headline"].row(0, named=True)
    assert (head["journey_count"], head["customer_count"], head["converted_count"]) == (100, 88, 25)
    assert head["as_of_at"] is not None
    assert head["file_count"] is None
    assert found.journey_count == 100


def test_a_table_without_the_segment_stays_and_is_said_not_to_follow() -> None:
    every = frames()
    found = narrowed(every, Choice({"device": "mobile"}))
    assert_frame_equal(found.frames["mart.driver"], every["mart.driver"])
    assert found.unfollowed(("mart.stage_dropoff", "mart.driver", "mart.stage_flow")) == ("mart.driver",)
    assert narrowed(every, ALL).unfollowed(tuple(every)) == ()


def test_a_month_is_that_of_each_table() -> None:
    found = narrowed(frames(), Choice({"month": "2025-10"}))
    assert found.journey_count == 44
    assert found.frames["mart.stage_dropoff"]["entered_count"].to_list() == [60]
    assert found.follows["mart.stage_dropoff"]
    assert not found.follows["mart.stage_flow"]


@pytest.mark.parametrize(
    "choice",
    [Choice({"device": "mobile", "month": "2025-10"}), Choice({}, 14), Choice({"month": "2025-08..2025-10"})],
)
def test_of_what_no_table_holds_nothing_is_said_to_follow(choice: Choice) -> None:
    found = narrowed(frames(), choice)
    assert not any(found.follows.values())
    assert_frame_equal(found.frames["mart.stage_dropoff"], suppressed(frames())["mart.stage_dropoff"])


@pytest.mark.parametrize("choice", [Choice({"device": "watch"}), Choice({"persona": "shared"})])
def test_a_group_of_fewer_than_five_journeys_or_customers_has_no_rows(choice: Choice) -> None:
    found = narrowed(frames(), choice)
    assert found.is_suppressed
    following = [table for table, follows in found.follows.items() if follows and table != "mart.headline"]
    assert following
    assert all(found.frames[table].is_empty() for table in following)
    assert choice not in fixed_choices(frames())


def test_small_groups_are_in_no_table_of_any_choice() -> None:
    for choice in (ALL, *fixed_choices(frames()), Choice({"device": "watch"})):
        for table, frame in narrowed(frames(), choice).frames.items():
            if {"segment", "segment_value"} <= set(frame.columns):
                assert not {"watch", "shared"} & set(frame["segment_value"].to_list()), (choice.key, table)
    shown = suppressed(frames())["mart.stage_dropoff"].filter(pl.col("segment") != "all")
    assert shown["entered_count"].min() >= SMALLEST_GROUP


def test_the_fixed_choices_are_all_known_values_and_the_last_months() -> None:
    assert [choice.key for choice in fixed_choices(frames())] == [
        "all", "device=mobile", "month=2025-10", "month=2025-09",
    ]  # fmt: skip
    assert fixed_choices(complete({})) == (ALL,)


def test_groups_are_counted_once_by_the_best_table() -> None:
    counts = group_counts(frames())
    assert not counts.select("segment", "segment_value").is_duplicated().any()
    assert counts.filter(pl.col("segment_value") == "mobile")["journey_count"].to_list() == [100]


def test_stages_that_fewer_than_five_customers_entered_are_in_no_table_of_entrants() -> None:
    """Ten journeys of four customers: nothing of them is shown, in whatever table of entrants; the whole stays."""
    every = frames()
    groups = [("all", "all"), ("device", "mobile")]
    keys = [{"segment": a, "segment_value": b, "stage": "decision"} for a, b in groups]
    dropoff = pl.DataFrame([key | {"entered_count": 10, "customer_count": 4} for key in keys])
    exits = pl.DataFrame([key | {"exit": "purchased", "entered_count": 10} for key in keys])
    flow = pl.DataFrame(
        [
            {"segment": a, "segment_value": b, "from_stage": "decision", "to_state": "dropped", "journey_count": 10}
            for a, b in groups
        ]
    )
    few = complete(every | {"mart.stage_dropoff": dropoff, "mart.stage_exit": exits, "mart.selection_flow": flow})
    tables = ("mart.stage_dropoff", "mart.stage_exit", "mart.selection_flow")
    for table in tables:
        assert suppressed(few)[table]["segment"].to_list() == ["all"], table
    of_mobile = narrowed(few, Choice({"device": "mobile"})).frames
    assert all(of_mobile[table].is_empty() for table in (*tables[:2], "mart.stage_flow"))
    enough = dropoff.with_columns(customer_count=pl.lit(5))
    shown = suppressed(complete(few | {"mart.stage_dropoff": enough}))
    assert all(shown[table]["segment"].to_list() == ["all", "device"] for table in tables)


def test_tables_by_persona_follow_it_and_no_other_choice() -> None:
    rows = pl.DataFrame({"persona": ["all", "all", "regular", "new"], "stage": ["all", "decision", "all", "all"]})
    headline = pl.DataFrame(
        [{"segment": "persona", "segment_value": "regular", "journey_count": 50, "customer_count": 50}]
    )
    tables = ("mart.feeling", "mart.friction", "mart.voice", "mart.voice_quote", "mart.journey_map")
    frames_ = frames() | complete({**dict.fromkeys(tables, rows), "mart.selection_headline": headline})
    every = {table: frames_[table] for table in (*tables, "mart.selection_headline", "mart.persona")}
    every["mart.persona"] = complete({"mart.persona": pl.DataFrame({"persona": ["regular", "new"]})})["mart.persona"]
    found = narrowed(every, Choice({"persona": "regular"}))
    for table in tables:
        assert found.follows[table]
        assert found.frames[table].select("persona", "stage").rows() == [("regular", "all")], table
    assert found.frames["mart.persona"]["persona"].to_list() == ["regular"]
    other = narrowed(every, Choice({"device": "mobile"}))
    assert not any(other.follows[table] for table in (*tables, "mart.persona"))
    assert_frame_equal(other.frames["mart.voice"], every["mart.voice"])
