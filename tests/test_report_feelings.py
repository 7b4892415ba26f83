"""The section on feelings: what it says of given rows, what it leaves out, and that names from the data stay text."""

import csv
from collections.abc import Sequence
from datetime import datetime
from importlib import resources
from typing import Any

import plotly.graph_objects as go
import polars as pl
import pytest

from journey_analytics.contract import STAGES
from journey_analytics.feelings.text import feelings_text
from journey_analytics.language import written_in
from journey_analytics.report.feelings import feelings
from journey_analytics.report.figures.feelings import feelings_figure
from journey_analytics.report.frames import complete
from journey_analytics.report.views import VIEWS

Row = dict[str, Any]
HOSTILE = "<script>alert(1)</script>$x$"


def felt(stage: str, mean: float, **changed: Any) -> Row:
    row = {
        "persona": "all", "stage": stage, "kind": "measured", "measure": "all", "n": 120, "customer_count": 80,
        "mean": mean, "low": mean - 0.1, "high": mean + 0.1, "is_shown": True, "is_suppressed": False,
        "freshest_at": datetime(2026, 3, 2, 9),
    }  # fmt: skip
    return row | changed


def inferred(stage: str, mean: float, **changed: Any) -> Row:
    return felt(stage, mean, kind="inferred", measure="friction") | {"low": mean * 0.9, "high": mean * 1.1} | changed


def hidden(stage: str, **changed: Any) -> Row:
    return felt(stage, 0.0, is_shown=False, is_suppressed=True) | dict.fromkeys(
        ("n", "customer_count", "mean", "low", "high", "freshest_at")
    ) | changed  # fmt: skip


FRICTION: Row = {
    "persona": "all", "stage": "decision", "signal": "error", "entered_count": 500, "journey_count": 100,
    "journey_share": 0.2, "journey_low_share": 0.17, "journey_high_share": 0.24, "settled_with_count": 90,
    "dropoff_share_with": 0.9, "settled_without_count": 380, "dropoff_share_without": 0.4, "difference_points": 50.0,
    "difference_low_points": 41.0, "difference_high_points": 56.5, "is_ranked": True, "is_suppressed": False,
}  # fmt: skip
FEELINGS = (
    felt("consideration", 0.3),
    felt("post_purchase", -0.25),
    felt("decision", 0.0, n=17, is_shown=False),
    inferred("consideration", 0.02),
    inferred("decision", 0.14),
    hidden("awareness"),
)


def frames(feeling: Sequence[Row] = FEELINGS, friction: Sequence[Row] = (FRICTION,)) -> dict[str, pl.DataFrame]:
    return complete(
        {
            name: pl.DataFrame(rows, infer_schema_length=None)
            for name, rows in (("mart.feeling", feeling), ("mart.friction", friction))
            if rows
        }
    )


def test_without_rows_there_is_no_section_and_the_view_is_listed() -> None:
    assert feelings(frames((), ())) is None
    view = next(view for view in VIEWS if view.anchor == "feelings")
    assert (view.make, view.tables) == (feelings, ("mart.feeling", "mart.friction"))


def test_the_lead_names_the_worst_stage_the_most_friction_and_what_loses_most() -> None:
    section = feelings(frames())
    assert section is not None
    lead = section.lead.replace("\u00a0", " ")
    assert "worst in Post-purchase: −0.25 on a scale from −1 to +1 (−0.35 to −0.15)." in lead
    assert "Most friction was inferred in Decision: 14.0 of 100 (12.6 to 15.4)." in lead
    assert "An error was shown, in Decision: 90.0 % are lost with it, 40.0 % without." in lead
    assert "An association, no effect." in section.body
    assert "nobody was asked" in section.body


@pytest.mark.parametrize(
    ("language", "title"), [("en", "Newcomers, on mobile"), ("it", "Nuovi arrivati, da smartphone")]
)
def test_personas_are_called_by_their_titles(language: str, title: str) -> None:
    mine = {"persona": "newcomer_mobile"}
    rows = frames(
        [*FEELINGS, felt("decision", 0.2, **mine), felt("decision", 0.1, persona="nameless")], [FRICTION | mine]
    )
    known = {"persona": ["newcomer_mobile"], "title": ["Newcomers, on mobile"]}
    known["title_parts"] = [["past=newcomer", "device=mobile"]]
    with written_in(language):
        section = feelings(complete({**rows, "mart.persona": pl.DataFrame(known)}))
        without = feelings(rows)
    assert section is not None
    assert without is not None
    assert section.html().count(title) == 3, "to choose from, and in both tables"
    assert "newcomer_mobile" not in section.html().replace(" ", "_")
    assert "nameless" in section.html(), "a persona without a title"
    assert title not in without.html()


def test_one_persona_alone_is_told_as_the_whole_under_its_own_name() -> None:
    """As where it was chosen: the same words, no list to choose from, and nobody is called all of them."""
    every = feelings(frames())
    chosen = frames(tuple(row | {"persona": "regular"} for row in FEELINGS), (FRICTION | {"persona": "regular"},))
    chosen["mart.persona"] = complete(
        {"mart.persona": pl.DataFrame({"persona": ["regular"], "title": ["R"], "title_parts": [["past=newcomer"]]})}
    )["mart.persona"]
    alone = feelings(chosen)
    assert every is not None
    assert alone is not None
    assert alone.lead == every.lead
    assert "data-switch" not in alone.body
    assert "All personas" not in alone.body
    assert "Newcomers" in alone.body


def test_what_may_not_be_said_is_not_said() -> None:
    few = frames([felt("decision", 0.5, is_shown=False, n=12)], [FRICTION | {"is_ranked": False}])
    section = feelings(few)
    assert section is not None
    assert "No stage has enough scores" in section.lead
    assert "are lost with it" not in section.lead
    assert "+50.0" not in section.html(), "a difference of few journeys is not told"
    one = feelings(frames([felt("decision", 0.5)], ()))
    assert one is not None
    assert "Only Decision has enough scores: +0.50" in one.lead


def test_suppressed_groups_are_counted_and_left_out_of_every_table() -> None:
    section = feelings(frames(friction=[FRICTION, FRICTION | {"signal": "refund", "is_suppressed": True}]))
    assert section is not None
    assert "Left out, as of fewer than 5 customers or journeys: 2 rows." in section.body
    assert "Refund, cancellation" not in section.body


def curves(figure: go.Figure) -> list[list[float | None]]:
    return [list(trace.y) for trace in figure.data]


def test_the_curve_has_gaps_below_thirty_and_never_mixes_the_kinds() -> None:
    figure = feelings_figure(frames()["mart.feeling"])
    assert curves(figure) == [[None, 0.3, None, -0.25], [None, 0.02, 0.14, None]]
    assert [trace.yaxis for trace in figure.data] == ["y", "y2"]
    assert all(trace.connectgaps is False for trace in figure.data)
    assert figure.layout.yaxis.domain[0] > figure.layout.yaxis2.domain[1], "one above the other, on axes of their own"
    notes = [note.text for note in figure.layout.annotations]
    assert "+0.30" in notes
    assert sum("n = 17" in text for text in notes) == 1
    assert sum("n below 5" in text for text in notes) == 1
    assert sum("Measured" in text for text in notes) == sum("Inferred" in text for text in notes) == 1


def test_the_intervals_of_the_curve_are_those_of_the_rows() -> None:
    measured, friction = feelings_figure(frames()["mart.feeling"]).data
    assert measured.error_y.array[1] == pytest.approx(0.1)
    assert measured.error_y.arrayminus[3] == pytest.approx(0.1)
    assert (friction.error_y.array[2], friction.error_y.arrayminus[2]) == pytest.approx((0.014, 0.014))
    assert measured.error_y.array[0] == friction.error_y.array[0] == 0
    assert "n = 120, of 80 customers" in measured.customdata[1]


def test_with_nothing_to_show_the_figure_says_so() -> None:
    assert "Too few" in feelings_figure(frames([hidden("decision")])["mart.feeling"]).layout.annotations[0].text


def test_a_persona_with_nothing_to_show_has_no_curve_of_its_own() -> None:
    mine = [felt("decision", 0.2, persona="regular"), felt("decision", 0.2, persona="rare", n=6, is_shown=False)]
    section = feelings(frames([*FEELINGS, *mine]))
    assert section is not None
    assert [part.split("<")[0] for part in section.body.split("<option")[1:3]] == [' value="p0">All personas',
                                                                                  ' value="p2">regular']  # fmt: skip
    assert ">rare<" in section.body, "the table has it"


def test_names_from_the_data_are_text() -> None:
    section = feelings(frames([*FEELINGS, felt("decision", 0.1, persona=HOSTILE)], [FRICTION | {"signal": HOSTILE}]))
    assert section is not None
    assert "<script>alert" not in section.html()
    assert "&lt;script&gt;" in section.html()


def test_the_italian_section_has_every_text_in_the_catalogue() -> None:
    with written_in("it"):
        section = feelings(frames([*FEELINGS, felt("decision", 0.1, persona="regular", measure="csat")]))
    assert section is not None
    lead = section.lead.replace("\u00a0", " ")
    assert "Secondo i clienti la fase peggiore è Post-acquisto: −0,25" in lead
    assert "90,0 %" in lead
    for english in ("Measured", "Inferred", "Left out", "Customers", "Percentage", "points more", "Show every"):
        assert english not in section.html()


def test_the_catalogue_keeps_every_value_of_a_text() -> None:
    text = resources.files("journey_analytics").joinpath("locale", "it", "feelings.csv").read_text(encoding="utf-8")
    rows = list(csv.reader(text.splitlines()))[1:]
    assert len({english for english, _ in rows}) == len(rows)
    for english, italian in rows:
        found, told = (sorted(part.split("}")[0] for part in one.split("{")[1:]) for one in (english, italian))
        assert found == told, english


def test_the_terminal_tells_the_same_and_marks_what_is_of_few() -> None:
    rows = [row for row in FEELINGS if not row["is_suppressed"]]
    told = feelings_text({"feeling": rows, "friction": [FRICTION, FRICTION | {"is_ranked": False}]})
    assert "-0.25 (-0.35 to -0.15)" in told
    assert "14.0 (12.6 to 15.4)" in told
    assert "+50.0 (+41.0 to +56.5)" in told
    assert told.count(" *") >= 2
    assert feelings_text({"feeling": [], "friction": []}) == "nothing is known of feelings yet"


def test_stages_stand_in_their_order() -> None:
    assert list(feelings_figure(frames()["mart.feeling"]).layout.xaxis.ticktext) == [
        "Awareness", "Consideration", "Decision", "Post-purchase",
    ]  # fmt: skip
    assert len(STAGES) == 4
