"""The section about the inference: its figures by their data, its words, and what it says when a table is absent."""

import json
import re
from datetime import datetime
from html import unescape
from typing import Any

import polars as pl
import pytest
from report_attack import HOSTILE, hostile_frames
from report_inference import BUILD_ID, UNKNOWN, inference_frames
from report_world import GENERATED, world_frames

from journey_analytics.publish import PUBLISHED_CORE, PUBLISHED_RUN
from journey_analytics.report.figures import inference as drawn
from journey_analytics.report.frames import TABLES, complete
from journey_analytics.report.inference import inference
from journey_analytics.report.inference_words import accept_command, cut_reason, item_words, link_rule, share_right
from journey_analytics.report.page import report_page
from journey_analytics.report.unknown_activities import unknown_activities
from journey_analytics.report.wording import count, interval, share

FRAMES = complete(world_frames(journeys=300))
RANGES = FRAMES["mart.sensitivity_range"]
LIMITS = FRAMES["core.inactivity_limit"]


def section(**changed: pl.DataFrame) -> str:
    """The section as text without markup and figures; tables by name with `__` for the dot."""
    frames = complete({**FRAMES, **{name.replace("__", "."): frame for name, frame in changed.items()}})
    return words(inference(frames).html())


def words(html: str) -> str:
    text = unescape(re.sub(r"<script.*?</script>|<[^>]+>", " ", html, flags=re.DOTALL))
    return " ".join(text.replace("\u00a0", " ").split())


def figure_words() -> str:
    """The labels and hover texts of all figures of the section."""
    figures = re.findall(r"<script[^>]*>(.*?)</script>", inference(FRAMES).html(), flags=re.DOTALL)
    found = [json.loads(figure) for figure in figures]
    hovers = [text for figure in found for trace in figure["data"] for text in trace.get("customdata", [])]
    return " | ".join([*hovers, *(text for figure in found for text in figure["layout"]["yaxis"]["ticktext"])])


SAID = section()


def trace(figure: Any, number: int = 0) -> dict[str, Any]:
    return figure.to_plotly_json()["data"][number]


def layout(figure: Any) -> dict[str, Any]:
    return figure.to_plotly_json()["layout"]


def test_the_lead_is_the_verdict_in_numbers():
    lead = words(inference(FRAMES).lead)
    assert "70.0 % of touchpoints name their customer themselves" in lead
    assert "right customer in 99.2 % of 2,020 tries (70.0 % where several people use the device)" in lead
    assert "of 100 judged touchpoints 91.0 % are right (95 % interval 84.0–96.0 %), the lowest of 2 kinds" in lead
    assert lead.endswith("; 20 journey cuts were judged, too few for a share.")
    assert "at least" not in lead


@pytest.mark.parametrize(
    ("judged", "said"),
    [
        ((29, 29, 29), "29 journey cuts, 29 identity links and 29 touchpoints were judged, too few for a share"),
        ((30, 0, 0), "of 30 judged touchpoints 91.0 % are right (95 % interval 84.0–96.0 %)."),
        ((0, 1, 0), "1 identity link was judged, too few for a share."),
    ],
)
def test_a_kind_of_which_few_were_judged_has_no_figure_in_the_lead(judged: tuple[int, ...], said: str):
    counts = dict(zip(("touchpoint", "link", "journey_cut"), judged, strict=True))
    rows = FRAMES["mart.audit_precision"].with_columns(judged_count=pl.col("kind").replace_strict(counts))
    lead = words(inference(complete({**FRAMES, "mart.audit_precision": rows})).lead)
    assert said in f"{lead[:1].lower()}{lead[1:]}"
    assert ("% are right" in lead) == (max(judged) >= 30)


def test_all_judged_right_is_said_with_its_interval():
    rows = FRAMES["mart.audit_precision"].with_columns(precision_share=1.0, low_share=0.528, high_share=1.0)
    lead = words(inference(complete({**FRAMES, "mart.audit_precision": rows})).lead)
    assert "of 60 judged identity links 100.0 % are right (95 % interval 52.8–100.0 %), the lowest of 2 kinds" in lead


def test_what_nobody_could_tell_is_counted_beside_the_judged():
    assert "180 items judged, 6 could not be told, 3 outdated, as the answer has changed since;" in SAID
    audit = FRAMES["mart.audit_precision"]
    untold = audit.with_columns(
        judged_count=0, outdated_count=0, precision_share=None, cannot_tell_count=(pl.col("stratum") == "all").cast(int)
    )
    assert "0 items judged, 3 could not be told;" in section(mart__audit_precision=untold)
    none = untold.with_columns(cannot_tell_count=0)
    assert "journey audit sheet.csv draws a sample to judge." in section(mart__audit_precision=none)


def test_judgements_say_when_they_were_taken_in_and_that_the_tables_are_newer():
    assert "the newest judgement was taken in on 2 Mar 2026, 09:15 UTC; counted on build 7 of 1 Mar 2026, 04:04" in SAID
    builds = pl.DataFrame({"build_id": [BUILD_ID + 1], "built_at": [datetime(2026, 3, 3)]})
    stale = "What people judged Stale: the tables have been rebuilt since. 180 items judged"
    assert stale in section(run__build=builds)
    assert stale not in SAID
    older = FRAMES["mart.audit_precision"].with_columns(build_id=None, judged_at=None)
    said = section(run__build=builds, mart__audit_precision=older)
    assert "as the answer has changed since. journey audit" in said
    assert stale not in said


def test_the_biggest_loss_is_said_to_keep_its_rank_as_often_as_it_does():
    dropoff = FRAMES["mart.stage_dropoff"].with_columns(
        estimated_dropoff_share=pl.when(pl.col("stage") == "consideration").then(0.9).otherwise(0.1)
    )
    said = words(inference(complete({**FRAMES, "mart.stage_dropoff": dropoff})).lead)
    assert "the biggest loss (consideration) keeps its rank in 75.0 % of the 36 other settings that rank it" in said
    older = FRAMES["mart.sensitivity_range"].with_columns(ranked_count=None)
    frames = {**FRAMES, "mart.stage_dropoff": dropoff, "mart.sensitivity_range": older}
    assert "keeps its rank in 75.0 % of the other settings that rank it" in words(inference(complete(frames)).lead)


def test_the_page_has_the_section_in_its_navigation():
    page = report_page(FRAMES, generated_at=GENERATED, has_selections=False)
    assert 'href="#inference"' in page
    assert page.index('id="quality"') < page.index('id="inference"') < page.index('id="definitions"')


def test_a_bar_is_a_share_from_zero_with_its_count():
    parts = [drawn.Part("first", 30, 0.75, "all"), drawn.Part("second", 10, 0.25, "all")]
    figure = drawn.parts_figure(parts, axis="share")
    assert list(trace(figure)["x"]) == [0.75, 0.25]
    assert list(trace(figure)["text"]) == [share(0.75), share(0.25)]
    assert layout(figure)["xaxis"]["range"][0] == 0
    assert [count(part.count) in text for part, text in zip(parts, layout(figure)["yaxis"]["ticktext"], strict=True)]


def test_bars_without_any_share_still_have_an_axis():
    axis = layout(drawn.parts_figure([drawn.Part("none", 0, 0.0, "all")], axis="share"))["xaxis"]
    assert axis["range"][1] > axis["range"][0] == 0


def test_a_measured_share_has_its_interval_and_stands_beside_the_stated_one():
    rows = [drawn.Measured("a", 0.9, 0.8, 0.95, 100, 0.85), drawn.Measured("b", 0.7, 0.6, 0.8, 29, None)]
    figure = drawn.measured_figure(rows, measured="Right", stated="Stated", axis="right")
    dots, marks = trace(figure), trace(figure, 1)
    assert list(dots["x"]) == [0.9, 0.7]
    assert list(dots["error_x"]["array"]) == pytest.approx([0.05, 0.1])
    assert list(dots["error_x"]["arrayminus"]) == pytest.approx([0.1, 0.1])
    assert (list(marks["x"]), list(marks["y"])) == ([0.85], [0])
    assert dots["marker"]["color"][0] != dots["marker"]["color"][1], "fewer than 30 are hollow"


@pytest.mark.parametrize(("low", "begins"), [(0.93, "90"), (0.68, "60"), (0.05, None)])
def test_an_axis_that_does_not_begin_at_zero_says_so(low: float, begins: str | None):
    rows = [drawn.Measured("a", 0.97, low, 0.99, 100, None)]
    axis = layout(drawn.measured_figure(rows, measured="Right", stated="Stated", axis="right"))["xaxis"]
    assert axis["range"][0] <= low
    assert axis["range"][1] == 1
    assert ("axis begins at" in axis["title"]["text"]) == (begins is not None)
    assert begins is None or f"axis begins at {begins}\u00a0%" in axis["title"]["text"]


def test_the_pause_is_drawn_as_used_and_as_configured_in_journey_order():
    configured, used = (trace(drawn.limits_figure(LIMITS), number) for number in (0, 1))
    assert list(configured["x"]) == [30, 60]
    assert list(used["x"]) == [21, 60]
    assert layout(drawn.limits_figure(LIMITS))["xaxis"]["range"][0] == 0


def test_the_ranges_are_those_of_the_table_below_their_stage():
    figure = drawn.sensitivity_figure(RANGES.reverse())
    bars, dots = trace(figure), trace(figure, 1)
    assert list(dots["x"]) == [0.3, 0.55, 0.35, 0.7]
    assert list(bars["base"])[::5] == [0.28, 0.5, 0.35, 0.6]
    assert [base + x for base, x in zip(bars["base"], bars["x"], strict=True)][::5] == pytest.approx(
        [0.4, 0.66, 0.52, 0.8]
    )
    assert list(dots["error_x"]["array"]) == pytest.approx([0.02] * 4)
    assert len(bars["y"]) == len(set(bars["y"])) == 20
    assert list(layout(figure)["yaxis"]["ticktext"])[:2] == ["All settings", "Stitching"]
    assert list(layout(figure)["xaxis"]["range"]) == [0, 1]


def test_a_range_of_settings_is_not_written_like_an_interval():
    notes = [note["text"] for note in layout(drawn.sensitivity_figure(RANGES))["annotations"]]
    assert words(notes[0]) == "Awareness 30.0 % 28.0 to 40.0 % over 108 settings"
    assert "All settings 108 30.0 % 28.0–32.0 % 28.0 to 40.0 %" in SAID


def test_a_stage_without_an_estimate_has_no_range():
    gone = pl.when(pl.col("stage") != "decision").then("default_share")
    assert list(trace(drawn.sensitivity_figure(RANGES.with_columns(default_share=gone)), 1)["x"]) == [0.3, 0.55, 0.7]


def test_the_section_says_what_was_found_in_plain_words():
    for part in (
        "Seen in one event with another identity 0.99 or more 400 40.0 %",
        "Several customers, within a month 20 14 70.0 %",
        "Most of one customer 9",
        "learnt from what happened before 1 Mar 2026, 00:00 UTC for awareness; otherwise as configured",
        "Another topic is taken for another need",
        "Awareness 30 days 21 days 21 days 3,000 2,400 500 0.42 % 1.2 % 2.0 % learnt from the pauses",
        "Decision Consideration 90 400 22.5 % 120",
        "108 combinations of settings, tried on build 7 of 1 Mar 2026, 04:04 UTC; journey sensitivity tries them again",
    ):  # fmt: skip
        assert part in SAID, part


def test_the_figures_say_the_same_in_short():
    said = figure_words()
    for part in ("Login within 30 minutes", "Set aside: quarantined", "Several, ≤ 30 days", "After a long pause"):
        assert part in said, part


def test_no_name_of_a_table_or_column_is_left_in_the_words():
    names = set(re.findall(r"\b[a-z]+_[a-z_]+\b", f"{SAID} {figure_words()}"))
    assert names == {"page_viewed"}, "only in the command to copy"


def test_cases_never_tried_are_left_out_of_the_test_of_the_login():
    assert "One customer, within 30 minutes" in SAID
    assert "One customer, within a day" not in SAID


def test_sensitivity_of_another_build_is_stale():
    builds = pl.DataFrame({"build_id": [BUILD_ID + 1], "built_at": [datetime(2026, 3, 2)]})
    assert "Stale: the tables have been rebuilt since" in section(run__build=builds)
    assert "Stale" not in SAID


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ("mart.sensitivity_range", "was not tried yet: journey sensitivity tries them"),
        ("mart.audit_precision", "journey audit sheet.csv draws a sample to judge."),
        ("core.login_reliability", "No login could be hidden as a test yet"),
        ("core.inactivity_limit", "The pauses that end a journey are learnt by journey run ."),
    ],
)
def test_without_a_table_the_section_says_what_to_run(table: str, sentence: str):
    assert sentence in section(**{table.replace(".", "__"): FRAMES[table].clear()})
    assert sentence not in SAID


@pytest.mark.parametrize("table", [*inference_frames(), "mart.headline", "mart.unknown_activity"])
def test_no_single_table_is_needed(table: str):
    assert "How sure the inference is" in section(**{table.replace(".", "__"): FRAMES[table].clear()})


@pytest.mark.parametrize("table", inference_frames())
def test_a_table_of_nulls_is_no_error(table: str):
    nulls = FRAMES[table].select(pl.lit(None, dtype=dtype).alias(name) for name, dtype in FRAMES[table].schema.items())
    assert "How sure the inference is" in section(**{table.replace(".", "__"): nulls})


def test_without_any_table_only_sentences_are_left():
    bare = complete({})
    said = words(inference(bare).html())
    assert "Nothing about the inference was measured yet: journey run does it." in said
    assert "data-figure" not in inference(bare).html()


def test_an_unknown_activity_has_its_suggestion_with_the_evidence_and_the_command():
    said = words(unknown_activities(FRAMES))
    assert "page viewed web 1,204 41.0 % Consideration, right for 62.0 %" in said
    assert "40 of 80 journeys have it between consideration and post-purchase" in said
    assert "journey stage accept page_viewed" in said


def test_rare_unknown_activities_and_those_left_by_a_rule_are_folded():
    shown, _, folded = unknown_activities(FRAMES).partition("<details>")
    assert UNKNOWN[0].replace("_", " ") in shown
    assert UNKNOWN[4].replace("_", " ") not in shown
    assert UNKNOWN[-1].replace("_", " ") in folded
    assert "email delivered" not in shown
    assert "email delivered" in folded


def test_unknown_activities_are_shown_once():
    assert (
        report_page(FRAMES, generated_at=GENERATED, has_selections=False).count(f">{UNKNOWN[0].replace('_', ' ')}</th>")
        == 1
    )


@pytest.mark.parametrize("activity", [*HOSTILE, "a;b", "a b", "-rf", "", "é"])
def test_no_command_is_offered_that_a_shell_takes_for_something_else(activity: str):
    assert accept_command(activity) is None


def test_hostile_names_stay_text_in_the_section():
    html = inference(complete(hostile_frames())).html()
    assert "&lt;img src=x onerror=window.hurt=1&gt;" in html
    assert not re.search(r"<(img|a|svg)\b", html)


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ("new_need", "A need beside another"),
        ("inactivity, passive", "After a long pause (contact only)"),
        ("odd_one", "Odd one"),
    ],
)
def test_a_cut_reason_is_said_in_words_and_an_unknown_one_without_underscores(item: str, said: str):
    assert cut_reason(item) == said


@pytest.mark.parametrize(("value", "said"), [(1.0, "100.0 %"), (0.99999, "> 99.9 %"), (0.9, "90.0 %"), (None, "–")])
def test_all_right_is_said_only_when_none_is_wrong(value: float | None, said: str):
    assert words(share_right(value)) == said


def test_other_items_are_said_in_words():
    assert link_rule("nearest_login, 0.80 to 0.95") == ("Nearest login on the device", "0.80 to 0.95")
    assert item_words("set aside: no_identity") == "Set aside: no identity"


def test_every_table_of_the_report_is_published():
    others = {table for table in TABLES if not table.startswith("mart.")}
    assert others <= {*PUBLISHED_CORE, *PUBLISHED_RUN}


def test_intervals_of_the_judged_are_in_the_table():
    assert words(interval(0.84, 0.96)) in SAID
