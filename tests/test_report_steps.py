"""The step flow in the report: links are drawn as thick as their journeys, ends are totals, no name is covered."""

import json
from collections import Counter, defaultdict
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import pytest
from plotly.offline import get_plotlyjs
from report_world import world_frames
from step_flow_reference import ENDS, Journey, frame_of, links_by_hand

from journey_analytics.paths.step_links import MORE, OTHER, folded, shortened
from journey_analytics.report.figures.step_flow import step_flow_figure
from journey_analytics.report.frames import complete
from journey_analytics.report.step_section import VIEWS, step_flow
from journey_analytics.report.step_tables import STEP_TABLES

FRAMES = world_frames(journeys=600)
FLOW = FRAMES["mart.step_flow"]


def links_of(level: str, anchor: str) -> pl.DataFrame:
    return FLOW.filter((pl.col("level") == level) & (pl.col("anchor") == anchor))


def figure(level: str, anchor: str, *, steps: int = 5, top: int = 6) -> dict[str, Any]:
    drawn = step_flow_figure(links_of(level, anchor), level=level, anchor=anchor, steps=steps, top=top)
    return drawn.to_plotly_json()


def ribbons(drawn: dict[str, Any]) -> list[dict[str, Any]]:
    return [trace for trace in drawn["data"] if "next_node" in trace["meta"]]


def bars(drawn: dict[str, Any]) -> list[dict[str, Any]]:
    return [trace for trace in drawn["data"] if "bar" in trace["meta"]]


def height(trace: dict[str, Any]) -> float:
    return max(trace["y"]) - min(trace["y"])


KEYS = [(view.level, view.anchor) for view in VIEWS]


@pytest.mark.parametrize(("level", "anchor"), KEYS)
def test_every_link_is_drawn_once_with_its_journeys(level: str, anchor: str):
    drawn = [trace["meta"] for trace in ribbons(figure(level, anchor))]
    expected = folded(shortened(links_of(level, anchor), 5), 6)
    columns = ("step_number", "node", "next_node", "journey_count")
    assert sorted(tuple(meta[name] for name in columns) for meta in drawn) == sorted(expected.select(columns).rows())


@pytest.mark.parametrize(("level", "anchor"), KEYS)
def test_the_ends_that_are_drawn_are_all_journeys_by_status(level: str, anchor: str):
    ends = Counter()
    for bar in bars(figure(level, anchor)):
        if bar["meta"]["bar"] in ENDS.values():
            ends[bar["meta"]["bar"]] += bar["meta"]["journey_count"]
    expected = links_of(level, anchor).filter(pl.col("next_node").is_in(ENDS.values()))
    totals = expected.group_by("next_node").agg(pl.col("journey_count").sum())
    assert ends == dict(totals.iter_rows())


def test_the_ribbons_that_touch_a_bar_fill_it():
    drawn = figure("activity", "start", steps=8, top=100)
    out: dict[tuple[int, str], float] = defaultdict(float)
    for ribbon in ribbons(drawn):
        out[ribbon["meta"]["step_number"], ribbon["meta"]["node"]] += ribbon["meta"]["journey_count"]
    full = {
        (b["meta"]["step_number"], b["meta"]["bar"]): b for b in bars(drawn) if b["meta"]["bar"] not in ENDS.values()
    }
    assert set(full) == set(out)
    scale = height(full[0, "START"]) / out[0, "START"]
    for place, bar in full.items():
        assert bar["meta"]["journey_count"] == out[place]
        assert height(bar) == pytest.approx(max(2.0, out[place] * scale), abs=0.1)


def test_what_is_folded_is_named_and_shares_have_their_base():
    words = [trace["text"] for trace in figure("activity", "start", steps=2, top=2)["data"]]
    assert any("other steps → further steps" in text for text in words)
    assert any("% of those at the first" in text for text in words)
    nodes = {trace["meta"]["node"] for trace in ribbons(figure("activity", "start", steps=2, top=2))}
    assert {OTHER, MORE} < nodes


def test_no_journeys_give_a_figure_and_a_section_that_say_so():
    empty = links_of("stage", "start").clear()
    assert (
        step_flow_figure(empty, level="stage", anchor="start").layout.annotations[0].text
        == "No journey has such steps yet."
    )
    assert "No journey has begun yet." in step_flow(complete({})).html()


def test_the_lead_counts_what_the_flow_counts():
    first = links_of("stage", "start").filter(pl.col("node") == "START")
    total = first["journey_count"].sum()
    begun = first.sort("journey_count", descending=True).row(0, named=True)
    html = step_flow(complete(FRAMES)).html()
    assert (
        f"{total:,} journeys, which most often begin in {begun['next_node'].capitalize()} ({begun['journey_count']:,},"
        in html
    )


def test_the_lead_says_of_how_many_journeys_the_beginning_may_be_missing():
    known = FRAMES | {"mart.headline": pl.DataFrame({"left_censored_count": [1234]})}
    assert "Of 1,234 journeys the beginning may be missing." in step_flow(complete(known)).html()
    unknown = FRAMES | {"mart.headline": pl.DataFrame({"left_censored_count": [0]})}
    assert "may be missing" not in step_flow(complete(unknown)).html()


def test_first_times_alone_are_the_entrants_of_the_losses():
    entered = FRAMES["mart.stage_dropoff"].filter(pl.col("segment") == "all")
    first = links_of("stage", "start").group_by("next_node").agg(pl.col("first_count").sum())
    counted = dict(first.iter_rows())
    assert {stage: counted[stage] for stage in entered["stage"]} == dict(
        entered.select("stage", "entered_count").iter_rows()
    )


def test_every_view_has_its_figure_its_table_and_its_command():
    html = step_flow(complete(FRAMES)).html()
    for view in VIEWS:
        assert f'id="steps-{view.key}-data"' in html
        assert f"journey flow --level {view.level} --from {view.anchor}" in html
    assert html.count("<caption>") == len(VIEWS)


def test_names_from_the_data_are_shown_never_obeyed():
    hostile = Journey(("<b onclick=alert(1)>x</b>$y$",), "dropped")
    flow = frame_of(links_by_hand([hostile], steps=8, anchor="start"))
    drawn = step_flow_figure(flow, level="activity", anchor="start").to_plotly_json()
    texts = [note["text"] for note in drawn["layout"]["annotations"]] + [trace["text"] for trace in drawn["data"]]
    assert not any("<b onclick" in text or "$y" in text for text in texts)
    assert any("&lt;b onclick" in text for text in texts)


def test_the_same_rows_in_any_order_give_the_same_figure():
    rows = links_of("activity", "end")
    shuffled = rows.sample(fraction=1, shuffle=True, seed=4)
    first, second = (step_flow_figure(one, level="activity", anchor="end").to_json() for one in (rows, shuffled))
    assert first == second


def test_the_table_of_the_section_is_in_the_test_world():
    assert all(FRAMES[table].height for table in STEP_TABLES)


def wide_world(kinds: int) -> dict[str, pl.DataFrame]:
    """Flows of so many activities with long names, for each anchor of a figure."""
    random = Random(kinds)
    names = [
        f"{random.choice(['newsletter', 'support_ticket', 'cart'])}_delivered_to_customer_{n}" for n in range(kinds)
    ]
    weights = [1 / (place + 1) ** 0.8 for place in range(kinds)]
    journeys = [
        Journey(
            tuple(random.choices(names, weights, k=min(30, 1 + int(random.expovariate(0.2))))), random.choice([*ENDS])
        )
        for _ in range(1_200)
    ]
    return {
        anchor: frame_of(links_by_hand(journeys, steps=8, anchor=anchor, pattern=(names[0],)))
        for anchor in ("start", "end", "pattern")
    }


_COLLISIONS = """() => {
  const found = [];
  for (const plot of document.querySelectorAll("[data-figure]")) {
    const inside = plot.getBoundingClientRect();
    const texts = [...plot.querySelectorAll(".annotation-text")].filter((one) => one.textContent.trim());
    const boxes = texts.map((one) => [one.textContent, one.getBoundingClientRect()]);
    for (const [place, [words, a]] of boxes.entries()) {
      const isOut = a.left < inside.left - 1 || a.right > inside.right + 1 || a.bottom > inside.bottom + 1;
      if (isOut) found.push([plot.id, words]);
      for (const [others, b] of boxes.slice(place + 1)) {
        const isBeside = a.right <= b.left || b.right <= a.left;
        if (!isBeside && a.top + 1 < b.bottom && b.top + 1 < a.bottom) found.push([words, others]);
      }
    }
  }
  return [document.querySelectorAll(".annotation-text").length, found];
}"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of nothing but figures: every view, and worlds of 5, 30 and 120 activities."""
    drawn = {f"all-{level}-{anchor}": figure_of(links_of(level, anchor), level, anchor) for level, anchor in KEYS}
    for kinds in (5, 30, 120):
        for anchor, flow in wide_world(kinds).items():
            drawn[f"wide-{kinds}-{anchor}"] = figure_of(flow, "activity", anchor, top=8)
    parts = "".join(f'<div id="{key}" data-figure></div>' for key in drawn)
    figures = {key: {"data": (one := drawn[key].to_plotly_json())["data"], "layout": one["layout"]} for key in drawn}
    script = (
        f"Promise.all(Object.entries({json.dumps(figures)})"
        ".map(([id, one]) => Plotly.newPlot(id, one.data, one.layout)))"
        ".then(() => { document.documentElement.dataset.ready = true; })"
    )
    path = tmp_path_factory.mktemp("steps") / "figures.html"
    path.write_text(f"<html><body>{parts}<script>{get_plotlyjs()}</script><script>{script}</script>", encoding="utf-8")
    return path


def figure_of(flow: pl.DataFrame, level: str, anchor: str, top: int = 6) -> Any:
    steps = 5 if anchor in ("start", "end") else 3
    return step_flow_figure(flow, level=level, anchor=anchor, steps=steps, top=top)


def test_no_name_covers_another_with_5_30_or_120_activities(browser: Any, page: Path):
    tab = browser.new_page(viewport={"width": 1440, "height": 900})
    tab.goto(page.as_uri())
    tab.wait_for_selector("html[data-ready]", timeout=60_000, state="attached")
    count, found = tab.evaluate(_COLLISIONS)
    tab.close()
    assert count > 500
    assert found == []


def test_the_chart_says_what_its_ends_and_its_entries_are():
    html = step_flow(complete(FRAMES)).html()
    assert "Entries are those of the drop-off table" in html
    assert "Ends are not: lost is here a journey that ended, there one that did not go on within the window" in html
    assert html.count("how the journey stands at the cut-off") == len(VIEWS)
