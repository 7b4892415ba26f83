"""The sections that a decision starts from: their figures by their data, their words, what they say without rows."""

import json
import re
from html import unescape
from typing import Any

import polars as pl
import pytest
from report_attack import HOSTILE, hostile_frames
from report_decisions import alert, change, credit, driver, exit_rows, instead, opportunity, step
from report_world import GENERATED, world_frames

from journey_analytics.report import attribution, changes, drivers, funnels, stays, wins
from journey_analytics.report.decision_tables import DECISION_TABLES
from journey_analytics.report.figures import forest, theme
from journey_analytics.report.figures.axes import number_axis, short_label
from journey_analytics.report.frames import complete
from journey_analytics.report.journeys import time_in_stage
from journey_analytics.report.losses import losses
from journey_analytics.report.page import report_page
from journey_analytics.report.wording import signed, signed_interval

FRAMES = complete(world_frames(journeys=300))
SECTIONS = (wins.wins, drivers.drivers, changes.changes, attribution.attribution, funnels.funnels)


def with_rows(table: str, rows: list[dict[str, Any]]) -> dict[str, pl.DataFrame]:
    """The world with these rows alone in one table."""
    frame = pl.DataFrame(rows, infer_schema_length=None) if rows else FRAMES[table].clear()
    return complete({**FRAMES, table: frame})


def html(section: Any, frames: dict[str, pl.DataFrame] | None = None) -> str:
    return section(frames or FRAMES).html()


def words(text: str) -> str:
    """The text of a section without markup and figures."""
    bare = unescape(re.sub(r"<script.*?</script>|<[^>]+>", " ", text, flags=re.DOTALL))
    return " ".join(bare.replace("\u00a0", " ").split())


def figures(text: str) -> dict[str, dict[str, Any]]:
    """The figures of a section by their anchor."""
    found = re.findall(r'<script type="application/json" id="(.*?)-data">(.*?)</script>', text, flags=re.DOTALL)
    return {anchor: json.loads(figure) for anchor, figure in found}


def marks(figure: dict[str, Any]) -> list[tuple[float, float, float, float]]:
    """Row, value and both ends of the interval of every mark, from the top."""
    return sorted(
        (y, x, x - below, x + above)
        for trace in figure["data"]
        for x, y, above, below in zip(
            trace["x"], trace["y"], trace["error_x"]["array"], trace["error_x"]["arrayminus"], strict=True
        )
    )


def test_the_page_begins_with_what_a_decision_starts_from():
    page = report_page(FRAMES, generated_at=GENERATED, has_selections=False)
    links = re.findall(r'<a href="#(\w+)">', page.split("<nav")[1].split("</nav>")[0])
    assert links == re.findall(r'<section id="(\w+)"', page)
    assert links[:2] == ["overview", "losses"]
    where_why_what = ["losses", "drivers", "changes", "wins", "attribution"]
    assert [link for link in links if link in where_why_what] == where_why_what
    assert links.index("attribution") < min(links.index("paths"), links.index("quality"))


def test_the_best_opportunity_is_the_sentence_to_remember():
    assert words(str(wins.wins(FRAMES).lead)) == (
        "Consideration, “Channel: channel 1”: 40 % go on where comparable ones reach 60 %; about 280 customers a "
        "month (95 % 210–350), 21,000 EUR (15,000–28,000)."
    )


def test_the_first_ten_opportunities_are_drawn_with_their_intervals_and_all_are_in_the_table():
    text = html(wins.wins)
    drawn = figures(text)
    rows = FRAMES["mart.opportunity"].filter(pl.col("is_ranked")).sort("place").head(wins.MAX_WINS).to_dicts()
    for anchor, figure in (("wins-customers", "customers"), ("wins-money", "amount")):
        ends = [[row[f"{figure}{end}_per_month"] for end in ("", "_low", "_high")] for row in rows]
        assert [mark[1:] for mark in marks(drawn[anchor])] == [pytest.approx(end) for end in ends]
    assert all(row["segment_value"].replace("_", " ") in words(text) for row in FRAMES["mart.opportunity"].to_dicts())
    assert "Drawn: the first 10 of 12 ranked barriers." in words(text)
    assert "Barriers overlap, so their gains are not to be added up." in words(text)
    assert "12 *" in words(text)


def test_the_hover_of_an_opportunity_has_present_target_and_n():
    hover = figures(html(wins.wins))["wins-customers"]["data"][0]["customdata"][0].replace("\u00a0", " ")
    for part in ("401 entered (n)", "go on: 40.0 %, 95 % interval 37.0–43.0 %", "target: 60.0 %", "280 (95 % interval"):
        assert part in hover


def test_without_amounts_there_is_no_money_and_below_30_a_mark_is_hollow():
    nothing = dict.fromkeys(("currency", "amount_per_month", "amount_low_per_month", "amount_high_per_month"))
    drawn = figures(html(wins.wins, with_rows("mart.opportunity", [opportunity(1, entered_count=29, **nothing)])))
    assert list(drawn) == ["wins-customers"]
    assert drawn["wins-customers"]["data"][0]["marker"]["color"] == [theme.PAPER]


def test_a_gain_that_is_not_told_is_not_drawn():
    rows = [opportunity(1, customers_per_month=None)]
    assert words(str(wins.wins(with_rows("mart.opportunity", rows)).lead)).startswith("No barrier stands out")


def test_drivers_are_drawn_by_stage_from_most_lost_to_fewest_in_two_colours():
    drawn = figures(html(drivers.drivers))
    assert list(drawn) == ["drivers-0", "drivers-1", "drivers-2"]
    assert [mark[1:] for mark in marks(drawn["drivers-1"])] == [
        (48.5, 45.5, 51.5), (20.0, 17.0, 23.0), (6.0, 3.0, 9.0), (-12.0, -15.0, -9.0)
    ]  # fmt: skip
    colours = {trace["marker"]["line"]["color"]: trace["x"] for trace in drawn["drivers-1"]["data"]}
    assert colours == {theme.LOST: [48.5, 20.0, 6.0], theme.ADVANCED: [-12.0]}
    assert theme.PAPER in next(trace["marker"]["color"] for trace in drawn["drivers-1"]["data"] if 6.0 in trace["x"])


def test_of_many_drivers_the_eight_largest_are_drawn_and_what_is_not_found_is_not():
    text = html(drivers.drivers)
    assert [mark[1] for mark in marks(figures(text)["drivers-0"])] == [float(n) for n in range(11, 3, -1)]
    assert "The 8 largest of 11 drivers found, of 1,000 journeys that entered. Association, never cause." in words(text)
    assert "blog viewed" not in words(text).lower()
    assert "Without anybody to compare with, only in the table: 1." in words(text)


def test_the_words_on_drivers_are_those_of_the_command_with_rate_and_caution():
    said = words(html(drivers.drivers))
    assert (
        "Most of all: journeys with checkout error shown in decision advance 0.45 times as often (95 % 0.4–0.5), 48 "
        "points more are lost (95 % 46 to 52); seen in 25 % of 1,000; association, not cause. 17 drivers found of 18 "
        "tested."
    ) in said
    assert "false-discovery rate of 5 %" in said
    assert "Association, not cause: who meets a driver may differ" in said
    hovers = " ".join(figures(html(drivers.drivers))["drivers-1"]["data"][1]["customdata"])
    assert "pause of more than 7 days" in hovers.replace("<br>", " ")
    assert "0.45 times as often" in hovers


def test_no_driver_and_one_driver_are_said():
    none = with_rows("mart.driver", [driver("decision", "wait", "pause_7_days", 2.0, is_found=False)])
    assert "No driver was found: 1 possible one was tested." in words(html(drivers.drivers, none))
    one = with_rows("mart.driver", [driver("decision", "wait", "pause_7_days", -2.0)])
    assert words(str(drivers.drivers(one).lead)) == "1 driver found of 1 tested."
    assert "Nothing was tested yet." in words(html(drivers.drivers, with_rows("mart.driver", [])))


def test_alerts_come_first_and_changes_name_periods_rate_and_who_explains_them():
    said = words(html(changes.changes))
    assert "23 Feb 2026 to 1 Mar 2026 against the 8 periods before it (from 29 Dec 2025)" in said
    assert "4 of 5 tested figures changed, at a false-discovery rate of 5 %." in said
    assert "with first channel paid search that entered post-purchase had advanced" in said
    assert "(\u221211.3 points; 95 % interval \u221215.2 to \u22127.4)" in said
    assert said.index("In the 7 days") < said.index("How many go on from a stage")
    assert "Device: mobile 83 %; Country: DE 35 %" in said
    assert "desktop" not in said
    assert "chance would have it" not in said


def test_each_kind_of_change_is_drawn_on_its_own_axis_and_only_fewer_who_go_on_are_a_loss():
    drawn = figures(html(changes.changes))
    assert list(drawn) == ["changes-advance", "changes-entrants", "changes-edge"]
    assert [mark[1:] for mark in marks(drawn["changes-edge"])] == [(7.5, 3.5, 11.5), (-3.5, -7.5, 0.5)]
    colours = {
        anchor: {trace["marker"]["line"]["color"] for trace in figure["data"]} for anchor, figure in drawn.items()
    }
    assert colours["changes-advance"] == {theme.LOST}
    assert colours["changes-edge"] == colours["changes-entrants"] == {theme.ADVANCED}
    labels = [text for figure in drawn.values() for text in figure["layout"]["yaxis"]["ticktext"]]
    assert [label.split("<span")[0].replace("<br>", " ").strip() for label in labels] == [
        "Post-purchase · Channel: paid search", "Decision", "Nothing after cart viewed",
        "Checkout started after cart viewed",
    ]  # fmt: skip


def test_where_nothing_changed_the_page_says_so_and_still_has_the_stages():
    calm = [change(f"c{n}", "advance", 0.3, is_significant=False, q_value=0.8) for n in range(2)]
    frames = with_rows("mart.change", calm) | {"mart.alert": FRAMES["mart.alert"].clear()}
    said = words(html(changes.changes, frames))
    assert "Nothing changed by more than chance would have it. 23 Feb 2026 to 1 Mar 2026" in said
    assert "0 of 2 tested figures changed" in said
    assert "No alert." in said
    assert "Show every stage, changed or not" in said
    assert not figures(html(changes.changes, frames))


def test_where_nothing_could_be_tested_no_verdict_is_given():
    few = [change(f"c{n}", "advance", 0.3, is_significant=False, p_value=None, q_value=None) for n in range(2)]
    said = words(html(changes.changes, with_rows("mart.change", few) | {"mart.alert": FRAMES["mart.alert"].clear()}))
    assert "Nothing could be tested, too few journeys: 23 Feb 2026 to 1 Mar 2026 against" in said
    assert "chance would have it" not in said


def test_more_than_ten_alerts_are_folded():
    text = html(changes.changes, with_rows("mart.alert", [alert(f"a{n:02}") for n in range(12)]))
    assert "Show 2 more alerts" in text
    assert text.split("<details")[0].count("<li>") == changes.MAX_ALERTS


def test_credits_are_the_marts_and_the_leading_model_has_its_interval():
    drawn = figures(html(attribution.attribution))["attribution-0"]
    order = ["direct", "email", "paid_search", "display", "none"]
    for trace in drawn["data"]:
        (model,) = [key for key, title in attribution.TITLES.items() if title == trace["name"]]
        rows = {
            row["touchpoint"]: row for row in FRAMES["mart.attribution"].filter(pl.col("model") == model).to_dicts()
        }
        assert trace["x"] == [rows[touchpoint]["credit_share"] for touchpoint in order]
        assert (trace.get("error_x") is not None) == (model == "markov")
    assert len(drawn["data"]) == 7
    markov = next(trace for trace in drawn["data"] if trace["name"] == "Markov")
    assert markov["error_x"]["array"] == pytest.approx([0.02] * 5)
    assert [fill == theme.PAPER for fill in markov["marker"]["color"]] == [False, False, False, True, False]


def test_the_words_on_attribution_define_the_models_and_name_the_two_with_most_credit():
    said = words(html(attribution.attribution))
    assert "Most credit for 1,000 purchases, by the Markov model: direct 45.0 % (95 % interval 43.0–47.0 %) and" in said
    assert "Touches of the 30 days before the purchase." in said
    assert "Association, not cause" in said
    assert "12 *" in said


def test_other_dimensions_are_chosen_and_a_value_without_the_leading_model_is_kept():
    more = [credit("markov", "direct", dimension="topic"), credit("linear", "email", dimension="topic")]
    both = pl.concat(
        [FRAMES["mart.attribution"], complete({"mart.attribution": pl.DataFrame(more)})["mart.attribution"]]
    )
    text = html(attribution.attribution, FRAMES | {"mart.attribution": both})
    assert re.findall(r'<option value="(\w+)">', text) == ["channel", "topic"]
    assert len(figures(text)["attribution-1"]["layout"]["yaxis"]["ticktext"]) == 2
    assert "Email" in words(text)


def test_a_funnel_is_drawn_as_it_adds_up_with_its_definition_underneath():
    text = html(funnels.funnels)
    drawn = figures(text)
    bars = {bar["name"]: bar["x"] for bar in drawn["funnel-0"]["data"]}
    assert bars == {"Went on": [90, 60], "Lost": [100, 30], "Still open": [10, 0]}
    assert [mark[1:] for mark in marks(drawn["funnel-share-0"])] == [
        pytest.approx((0.5, 0.45, 0.55)), pytest.approx((0.67, 0.62, 0.72))
    ]  # fmt: skip
    said = words(text)
    assert "Buying: 30.0 % of 200 get through; the largest share is lost before product added (50.0 % of 200)." in said
    assert "Of journeys with product viewed, those that go on to product added" in said
    assert "before product added: product added 60.0 % and nothing 40.0 %" in said
    assert "before purchase: cart viewed 100.0 %" in said


def test_without_a_funnel_there_is_no_section_and_no_link_to_it():
    assert funnels.funnels(with_rows("mart.funnel", [])) is None
    page = report_page(with_rows("mart.funnel", []), generated_at=GENERATED, has_selections=False)
    assert "#funnels" not in page
    assert 'id="funnels"' not in page


def test_several_funnels_are_chosen_from_and_breakdowns_are_in_a_table():
    rows = [step(name, number) for name in ("a", "b") for number in (1, 2, 3)]
    rows += [step("b", number, segment="device", segment_value="mobile") for number in (1, 2, 3)]
    text = html(funnels.funnels, with_rows("mart.funnel", rows))
    assert re.findall(r'<option value="(\d)">', text) == ["0", "1"]
    assert "Show the steps by 1 value" in text
    assert len(figures(text)["funnel-1"]["data"][0]["x"]) == 2


def test_an_optional_step_loses_nobody_and_an_empty_funnel_says_so():
    rows = [step("a", 1), step("a", 2, is_optional=True), step("a", 3)]
    frames = with_rows("mart.funnel_instead", [instead("a", 1, "home_viewed", 1, 100)])
    frames["mart.funnel"] = with_rows("mart.funnel", rows)["mart.funnel"]
    said = words(html(funnels.funnels, frames))
    assert "product added (optional)" in said
    assert "What the lost did next instead, before purchase: home viewed 100.0 %." in said
    empty = with_rows("mart.funnel", [step("a", 1, entered_count=0), step("a", 2, entered_count=0)])
    assert "A: nobody has entered yet." in words(html(funnels.funnels, empty))


def test_the_ends_of_stays_are_stacked_to_the_whole():
    bars = stays.exit_figure(FRAMES["mart.stage_exit"]).to_plotly_json()["data"]
    assert [bar["name"] for bar in bars] == list(stays.EXIT_TITLES.values())
    assert [sum(bar["x"][place] for bar in bars) for place in range(4)] == pytest.approx([1.0] * 4)
    never = [row | {"estimated_share": 0.0} if row["exit"] == "abandoned" else row for row in exit_rows("decision")]
    drawn = stays.exit_figure(with_rows("mart.stage_exit", never)["mart.stage_exit"]).to_plotly_json()["data"]
    assert "Ended it" not in [bar["name"] for bar in drawn]


def test_reach_is_drawn_from_each_stage_to_the_purchase():
    text = html(losses)
    assert [mark[1] for mark in marks(figures(text)["stage-reach"])] == pytest.approx([0.34, 0.36, 0.37])
    assert "buy within 90, 150 and 180 days" in words(text)


def test_percentiles_have_their_interval_open_where_it_may_be_any_later_time():
    text = html(time_in_stage)
    assert "1.6 h to 2.5 h" in words(text)
    assert words(text).count("to any later time") == 2
    dots = figures(text)["time-in-stage"]["data"][-1]
    assert dots["error_x"]["array"].count(0) == 2


@pytest.mark.parametrize("section", SECTIONS[:-1])
def test_without_rows_a_section_says_what_is_missing(section: Any):
    frames = complete({})
    said = words(html(section, frames))
    assert re.search(r"yet|no barrier stands out", said, flags=re.IGNORECASE)
    assert not figures(html(section, frames))


def test_tables_without_rows_leave_the_losses_as_they_were():
    frames = complete({"mart.stage_dropoff": FRAMES["mart.stage_dropoff"]})
    assert not {"stage-exit", "stage-reach"} & set(figures(html(losses, frames)))


@pytest.mark.parametrize(
    ("table", "section", "rows"),
    [
        ("mart.opportunity", wins.wins, [opportunity(n) for n in range(1, 201)]),
        ("mart.driver", drivers.drivers, [driver("decision", "activity", f"a{n:03}", n + 0.5) for n in range(200)]),
        ("mart.change", changes.changes, [change(f"c{n:03}", "edge", n + 0.5) for n in range(200)]),
        (
            "mart.attribution", attribution.attribution,
            [credit("markov", "direct", touchpoint=f"t{n:03}") for n in range(200)],
        ),
    ],
)  # fmt: skip
def test_200_rows_are_all_in_the_table_and_the_figure_stays_small(table: str, section: Any, rows: list[dict[str, Any]]):
    text = html(section, with_rows(table, rows))
    assert max(figure["layout"]["height"] for figure in figures(text).values()) <= 760
    assert text.count('<th scope="row"') >= 200


def test_hostile_values_stay_text_in_every_section():
    frames = complete(hostile_frames())
    text = "".join(html(section, frames) for section in SECTIONS)
    assert "<img" not in re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)
    assert "&lt;img src=x onerror=window.hurt=1&gt;" in text
    labels = [label for figure in figures(text).values() for label in figure["layout"]["yaxis"]["ticktext"]]
    assert any("&lt;" in label for label in labels)
    assert not [label for label in labels if re.search(r"<(?!/?(b|br|span)\b)", label)]


def test_every_table_of_the_decisions_is_in_the_test_world():
    assert all(FRAMES[table].height for table in DECISION_TABLES)


@pytest.mark.parametrize("text", [*HOSTILE, "wide " * 60, "x" * 300])
def test_a_label_has_at_most_three_short_lines(text: str):
    lines = re.sub(r"<span.*?>|</span>", "", short_label(text, "1")).split("<br>")
    assert len(lines) <= 3
    assert all(len(unescape(line)) <= 22 for line in lines)


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 310, ["0", "100", "200", "300"]),
        (0, 91_000, ["0", "25k", "50k", "75k"]),
        (-12, 30, ["0", "+20"]),
        (0, 0.4, ["0", "0.1", "0.2", "0.3", "0.4"]),
    ],
)
def test_ticks_are_few_and_round(low: float, high: float, ticks: list[str]):
    assert list(number_axis(low, high, sign=low < 0)["ticktext"]) == ticks


def test_differences_have_their_sign_and_nothing_has_none():
    assert [signed(value) for value in (1.25, -3.0, 0.04, -0.04, None)] == ["+1.2", "\u22123.0", "0.0", "0.0", "–"]
    assert signed_interval(-3.1, 0.4) == "\u22123.1 to +0.4"
    assert signed_interval(None, 0.4) == "–"


def test_a_mark_without_an_end_has_no_line_on_that_side():
    row = forest.Estimate("a", "1", 1.0, 0.5, None, 100, ("a",))
    figure = forest.forest_figure([row], axis="n", kind="number", empty="").to_plotly_json()
    assert marks(figure) == [(0, 1.0, 0.5, 1.0)]
