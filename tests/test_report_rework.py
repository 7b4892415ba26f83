"""The sections on rules, rework and waiting: what they say of given rows, and that names from the data stay text."""

from typing import Any

import polars as pl

from journey_analytics.process_rules.sentences import notes
from journey_analytics.report.frames import complete
from journey_analytics.report.rework import bottleneck_figure, handover_figure, rework, rework_figure
from journey_analytics.report.rules import rules, rules_figure

HOSTILE = "<script>alert(1)</script>$x$"
RULE: dict[str, Any] = {
    "note": None, "dropoff_note": None,
    "rule_id": "late", "kind": "response", "scope": "journey", "description": "An answer comes within a day",
    "activation_count": 110, "fulfilled_count": 75, "violated_count": 25, "pending_count": 10, "violated_share": 0.25,
    "violated_low_share": 0.17, "violated_high_share": 0.34, "violated_settled_count": 20,
    "violated_dropoff_share": 0.5, "fulfilled_settled_count": 60, "fulfilled_dropoff_share": 0.25,
    "difference_points": 25.0, "difference_low_points": 1.0, "difference_high_points": 45.0, "is_ranked": True,
    "is_dropoff_ranked": True,
}  # fmt: skip
VIOLATION = {"rule_id": "late", "place": 1, "journey_id": "j_1", "touchpoint_id": "t_1"}
AGAIN = {
    "kind": "loop", "subject": "home_viewed", "place": 1, "journey_count": 50, "occurrence_count": 70,
    "base_count": 200, "journey_share": 0.25, "journey_low_share": 0.2, "journey_high_share": 0.31,
    "settled_with_count": 40, "dropoff_share_with": 0.9, "settled_without_count": 130, "dropoff_share_without": 0.5,
    "difference_points": 40.0, "difference_low_points": 25.0, "difference_high_points": 50.0,
    "median_extra_seconds": 7200.0, "is_ranked": True, "example_journey_ids": ["j_7"],
}  # fmt: skip
WAIT = {
    "activity": "ticket_opened", "next_activity": "ticket_solved", "follow_count": 10, "journey_count": 9, "place": 1,
    "settled_count": 8, "median_seconds": 86_400.0, "p90_seconds": 172_800.0, "waiting_seconds": 864_000.0,
    "dropoff_share": 0.5, "dropoff_low_share": 0.2, "dropoff_high_share": 0.8,
}  # fmt: skip
HAND = {
    "dimension": "channel", "from_value": "email", "to_value": "support", "place": 1, "handover_count": 60,
    "journey_count": 55, "settled_count": 50, "reference_count": 90, "compared_count": 45,
    "compared_reference_count": 80, "dropoff_share": 0.8, "reference_share": 0.5,
    "difference_points": 30.0, "difference_low_points": 14.0, "difference_high_points": 42.0, "is_ranked": True,
}  # fmt: skip


def frames(**rows: dict[str, Any]) -> dict[str, pl.DataFrame]:
    return complete({f"mart.{table}": pl.DataFrame([row]) for table, row in rows.items()})


def test_without_rows_there_is_no_section() -> None:
    assert rules(frames()) is None
    assert rework(frames()) is None


def test_the_lead_of_the_rules_names_the_most_broken_one() -> None:
    section = rules(frames(rule_conformance=RULE, rule_violation=VIOLATION))
    assert section is not None
    assert (section.anchor, "1 of 1 rule of the process certainly broken." in section.lead) == ("rules", True)
    assert (
        "“An answer comes within a day” was broken 25 of 100 times, 25.0\u00a0% (17.0–34.0\u00a0%); 10 pending."
        in section.lead
    )
    assert "t_1" not in section.body
    assert "j_1" not in section.body
    for text in ("journey rules late", "never a violation", "an association, no effect", "+25.0"):
        assert text in section.body


def test_a_rule_without_a_certain_case_is_listed_and_not_drawn() -> None:
    row = RULE | {"fulfilled_count": 0, "violated_count": 0, "violated_share": None, "is_ranked": False}
    assert "No case is certain yet." in rules_figure([row]).to_json()
    section = rules(frames(rule_conformance=row))
    assert section is not None
    assert "An answer comes within a day" in section.body


def test_why_a_rule_is_not_compared_and_few_journeys_are_told() -> None:
    nothing = dict.fromkeys(("difference_points", "difference_low_points", "difference_high_points"))
    after = RULE | nothing | {"dropoff_note": "every activation is at or after the purchase: not compared"}
    assert notes(after) == ["every activation is at or after the purchase: not compared"]
    assert notes(RULE | {"is_dropoff_ranked": False}) == ["few to compare the lost"]
    section = rules(frames(rule_conformance=after))
    assert section is not None
    assert "at or after the purchase: not compared" in section.body


def test_contacts_without_a_topic_are_any_further_ones() -> None:
    section = rework(frames(rework=AGAIN | {"kind": "repeated_contact", "subject": "unknown"}))
    assert section is not None
    assert "Any further contact, the topic not being given" in section.body


def test_rework_says_what_is_done_again_where_is_waited_and_what_loses() -> None:
    section = rework(frames(rework=AGAIN, bottleneck=WAIT, handover=HAND))
    assert section is not None
    lead = section.lead.replace("\u00a0", " ")
    assert "Home viewed comes again in 25.0 % of the 200 journeys that have it." in lead
    assert "from ticket opened to ticket solved, 1 day in the median, 10 times" in lead
    assert "email to support, +30.0 points against staying" in lead
    assert "j_7" not in section.body
    assert "longer journeys have more rework" in section.body


def test_what_loses_is_orange_only_where_that_is_certain_and_of_enough_journeys() -> None:
    colours = {
        figure([row]).data[0].marker.line.color or figure([row]).data[0].marker.color
        for figure, row in (
            (rework_figure, AGAIN), (handover_figure, HAND),
        )
    }  # fmt: skip
    calm = handover_figure([HAND | {"is_ranked": False}]).data[0].marker
    assert len(colours) == 1
    assert (calm.line.color or calm.color) not in colours


def test_a_handover_of_too_few_journeys_is_listed_and_not_drawn() -> None:
    section = rework(frames(handover=HAND | {"is_ranked": False}))
    assert section is not None
    assert "No hand-over certainly loses more than staying." in section.lead
    assert "No hand-over has enough journeys to compare." in section.body.replace(r"\u003cbr>", " ")


def test_the_waiting_is_drawn_in_days() -> None:
    assert list(bottleneck_figure([WAIT]).data[0].x) == [10.0]


def test_names_from_the_data_stay_text() -> None:
    again = rework(
        frames(
            rework=AGAIN | {"subject": HOSTILE},
            bottleneck=WAIT | {"activity": HOSTILE},
            handover=HAND | {"from_value": HOSTILE},
        )
    )
    kept = rules(frames(rule_conformance=RULE | {"description": HOSTILE}, rule_violation=VIOLATION))
    assert again is not None
    assert kept is not None
    for section in (again, kept):
        assert "<script>alert" not in section.html()
        assert "alert(1)" in section.html()
