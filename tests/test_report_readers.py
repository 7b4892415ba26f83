"""What a reader takes away: no winner where intervals overlap, one name for one thing, captions of what is drawn."""

import json
from datetime import date

import polars as pl
import pytest
from report_world import world_frames

from journey_analytics.language import written_in
from journey_analytics.personas.naming import _key
from journey_analytics.personas.words import persona_title
from journey_analytics.report import changes, journeys, losses, map_groups, overview, wins
from journey_analytics.report.figures.forest import Estimate, forest_figure
from journey_analytics.report.frames import complete
from journey_analytics.report.page import _summary
from journey_analytics.report.segment_words import group_title
from journey_analytics.report.wording import name

FRAMES = complete(world_frames(journeys=300))


def stages(*rows: tuple[str, float, float, float]) -> pl.DataFrame:
    """The whole of each stage: estimated share lost, low, high."""
    return pl.DataFrame(
        [
            {
                "segment": "all", "segment_value": "all", "stage": stage, "window_days": 30, "entered_count": 100,
                "estimated_dropoff_share": share, "estimated_low_share": low, "estimated_high_share": high,
                "is_ranked": True,
            }
            for stage, share, low, high in rows
        ]
    )  # fmt: skip


def test_the_largest_loss_is_named_alone_only_where_no_other_interval_reaches_it():
    clear = stages(("awareness", 0.2, 0.1, 0.3), ("consideration", 0.5, 0.4, 0.6), ("post_purchase", 0.9, 0.4, 1.0))
    assert losses.loss_sentence(clear).startswith("Consideration: 50.0")
    close = stages(("awareness", 0.45, 0.38, 0.52), ("consideration", 0.5, 0.52, 0.6), ("decision", 0.1, 0.0, 0.2))
    said = losses.loss_sentence(close)
    assert said.startswith("No stage stands out: the intervals of Awareness 45.0\u00a0% and Consideration 50.0\u00a0%")
    assert "the largest is Consideration" in said
    assert "Decision" not in said
    with written_in("it"):
        assert losses.loss_sentence(close).startswith("Nessuna fase spicca: gli intervalli di Scoperta")


def test_overview_and_index_say_the_same_of_the_largest_loss():
    close = stages(("awareness", 0.45, 0.38, 0.52), ("consideration", 0.5, 0.42, 0.6))
    frames = FRAMES | {"mart.stage_dropoff": pl.concat([close, FRAMES["mart.stage_dropoff"].clear()], how="diagonal")}
    assert "No stage stands out" in overview.overview(frames).html()
    assert (
        "No stage stands out" in json.loads(_summary(frames).split('content="')[1][:-2].replace("&quot;", '"'))["loss"]
    )


def opportunity(**changed: object) -> pl.DataFrame:
    row = FRAMES["mart.opportunity"].filter("is_ranked").sort("place").head(1)
    values = {
        "segment": "device", "segment_value": "mobile", "stage": "decision", "customers_per_month": 2.3,
        "customers_low_per_month": 0.3, "customers_high_per_month": 4.5,
    }  # fmt: skip
    return row.with_columns(**{key: pl.lit(value) for key, value in (values | changed).items()})


def test_the_worth_says_what_it_is_about_and_the_action_that_it_belongs_to_says_so():
    html = overview.overview(FRAMES | {"mart.opportunity": opportunity()}).html()
    assert html.split('data-kpi="worth"')[1].startswith(">“Device: mobile” in Decision, the largest barrier:")
    assert "The gain above is that of this one." in html


def test_a_gain_that_may_be_nothing_belongs_to_no_action_and_is_told_in_words():
    low = opportunity(customers_low_per_month=0.0, customers_per_month=0.3, customers_high_per_month=2.0)
    driver = FRAMES["mart.driver"].head(1).with_columns(
        stage=pl.lit("decision"), kind=pl.lit("error"), driver=pl.lit("card_refused"), is_found=True,
        difference_points=pl.lit(20.0), difference_low_points=pl.lit(12.0), difference_high_points=pl.lit(28.0),
    )  # fmt: skip
    html = overview.overview(FRAMES | {"mart.opportunity": low, "mart.driver": driver}).html()
    assert "belongs to “Device: mobile” and to none of these" in html
    assert "less than one customer a month (at most 2" in html
    assert "&lt;1 customers" not in html


def test_what_is_not_sure_is_marked_on_the_bars_of_wins():
    shown = [Estimate("a", "1", 1.0, low, 2.0, 99, ("a",), is_sure=low > 0) for low in (0.0, 0.5)]
    colours = {trace.marker.line.color for trace in forest_figure(shown, axis="x", kind="number", empty="").data}
    assert len(colours) == 2
    assert wins._told(0.3, 0.0, 2.0).endswith("not sure")
    assert not wins._told(1.0, 0.5, 2.0).endswith("not sure")


def test_without_months_one_sentence_says_why_and_nothing_is_drawn():
    dropoff = FRAMES["mart.stage_dropoff"].filter(pl.col("segment") != "entry_month")
    html = overview.overview(FRAMES | {"mart.stage_dropoff": dropoff}).html()
    assert "Here months are counted for all journeys only." in html
    assert "overview-trend" not in html
    assert 'data-kpi="trend"' not in html


def test_both_ends_of_the_link_to_changes_say_that_it_is_another_question():
    compared = FRAMES["mart.change"].head(1).with_columns(
        from_on=pl.lit(date(2025, 3, 1)), to_on=pl.lit(date(2025, 3, 7)), previous_from_on=pl.lit(date(2025, 1, 4)),
    )  # fmt: skip
    told = overview._changes_words(compared)
    assert told == "Another question, under Changes: the last 7 days against the 8 weeks before, not months"
    assert "The overview compares months" in changes.changes(FRAMES).html()


def test_few_journeys_are_marked_on_a_line_of_their_own():
    row = stages(("decision", 0.6, 0.4, 0.8)).to_dicts()[0] | {"is_ranked": False}
    assert '<small class="few">too few to rank</small>' in overview._stage_bar(row)


def test_captions_name_what_is_drawn_and_nothing_else():
    flows = FRAMES["mart.stage_flow"]
    plain = flows.filter((pl.col("from_stage") != "resumed") & (pl.col("to_state") != "merged"))
    html = journeys.flow(FRAMES | {"mart.stage_flow": plain}).html()
    assert "Come back to it" not in html
    assert "Short ends" not in html
    merged = plain.head(1).with_columns(to_state=pl.lit("merged"))
    assert "Short ends" in journeys.flow(FRAMES | {"mart.stage_flow": pl.concat([plain, merged])}).html()
    times = FRAMES["mart.time_in_stage"]
    seconds = pl.when(pl.col("percentile") <= 50).then(pl.lit(60.0))
    html = journeys.time_in_stage(FRAMES | {"mart.time_in_stage": times.with_columns(seconds=seconds)}).html()
    assert "at which 25\u00a0% and 50\u00a0% of them" in html


PARTS = [("past=newcomer",), ("past=bought_once", "channel=advertising", "device=mobile"), ("past=looked", "number=2")]


@pytest.mark.parametrize("parts", PARTS)
def test_the_name_of_a_cluster_alone_gives_the_title_of_its_card(parts: tuple[str, ...]):
    assert persona_title(_key(parts), ()) == persona_title(_key(parts), parts)


def test_a_persona_has_one_title_wherever_it_is_named():
    title = "One-time buyer, back"
    assert group_title("persona", "one_time_buyer_back") == f"Persona: {title}"
    assert title in wins._barrier({"segment": "persona", "segment_value": "one_time_buyer_back"})
    cells = losses._segment_cells(
        FRAMES["mart.stage_dropoff"].to_dicts()[0] | {"segment": "persona", "segment_value": "one_time_buyer_back"}
    )
    assert cells[0] == title
    links, activities = FRAMES["mart.path_link"], FRAMES["mart.path_activity"]
    found = {value for one in map_groups.comparisons(links, activities) for value in one.names}
    personas = FRAMES["mart.path_activity"].filter(pl.col("segment") == "persona")["segment_value"].unique().to_list()
    assert not found & {one for one in personas if persona_title(one, ()) != one}


def test_values_that_come_with_us_are_told_in_italian_and_others_stay():
    assert [name(one) for one in ("organic_search", "mobile", "unknown")] == ["organic search", "mobile", "unknown"]
    with written_in("it"):
        told = [name(one) for one in ("organic_search", "mobile", "unknown", "our_kiosk")]
        assert told == ["ricerca organica", "smartphone", "non noto", "our kiosk"]
        assert group_title("customer_kind", "new") == "Clienti: nuovi"
