"""The page as text: its numbers are the marts', it is one file, it is the same every time, and data stays data."""

import json
import re
from datetime import UTC, datetime, timedelta, timezone
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from report_attack import HOSTILE, hostile_frames
from report_world import GENERATED, world_frames

from journey_analytics.report import report_frames, write_report
from journey_analytics.report.frames import TABLES, complete
from journey_analytics.report.markup import Html, tag
from journey_analytics.report.model_outline import outline
from journey_analytics.report.page import report_page
from journey_analytics.report.wording import count, interval, share
from journey_analytics.warehouse import open_memory

FRAMES = world_frames(journeys=300)
PAGE = report_page(FRAMES, generated_at=GENERATED, has_selections=False)


class Reader(HTMLParser):
    """Elements with their attributes, and the texts of those with `data-kpi`."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.kpis: dict[str, str] = {}
        self._kpi: str | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._kpi = dict(attrs).get("data-kpi")

    def handle_data(self, data: str) -> None:
        if self._kpi:
            self.kpis[self._kpi] = data
            self._kpi = None


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(PAGE)


@pytest.mark.parametrize(
    "column", ["customer_count", "journey_count", "converted_count", "dropped_count", "open_count"]
)
def test_every_card_shows_the_value_of_the_mart(reader: Reader, column: str):
    assert reader.kpis[column] == count(FRAMES["mart.headline"][column][0])


def test_the_biggest_loss_is_named_with_interval_and_n(reader: Reader):
    rows = FRAMES["mart.stage_dropoff"].filter((pl.col("segment") == "all") & (pl.col("stage") != "post_purchase"))
    worst = rows.sort("estimated_dropoff_share", descending=True).to_dicts()[0]
    said = reader.kpis["biggest_loss"]
    assert share(worst["estimated_dropoff_share"]) in said
    assert interval(worst["estimated_low_share"], worst["estimated_high_share"]) in said
    assert f"{count(worst['entered_count'])} entered" in said


def test_no_stage_is_named_when_none_is_ranked():
    few = FRAMES | {"mart.stage_dropoff": FRAMES["mart.stage_dropoff"].with_columns(is_ranked=False)}
    assert (
        "Too few journeys to name"
        in Reader(report_page(few, generated_at=GENERATED, has_selections=False)).kpis["biggest_loss"]
    )


def test_the_table_has_every_count_of_the_whole():
    for row in FRAMES["mart.stage_dropoff"].filter(pl.col("segment") == "all").iter_rows(named=True):
        cells = [f">{count(row[f'{name}_count'])}<" for name in ("entered", "advanced", "dropped", "open", "observed")]
        assert all(cell in PAGE for cell in cells)


def test_the_same_frames_and_moment_give_the_same_bytes(tmp_path: Path):
    first = write_report(FRAMES, tmp_path / "a", generated_at=GENERATED).read_bytes()
    shuffled = {name: frame.sample(fraction=1.0, shuffle=True, seed=1) for name, frame in FRAMES.items()}
    assert write_report(shuffled, tmp_path / "b", generated_at=GENERATED).read_bytes() == first


def test_an_aware_moment_is_printed_in_utc():
    zone = timezone(timedelta(hours=2))
    moments = (datetime(2026, 3, 1, 6, 5, tzinfo=zone), GENERATED.replace(tzinfo=UTC))
    assert {report_page(FRAMES, generated_at=moment, has_selections=False) for moment in moments} == {PAGE}


def test_only_the_page_is_left_in_the_folder(tmp_path: Path):
    page = write_report(FRAMES, tmp_path / "new" / "folder", generated_at=GENERATED, has_selections=False)
    assert page.name == "report.html"
    assert [path.name for path in page.parent.iterdir()] == ["report.html"]


def test_a_failed_write_keeps_the_old_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    page = write_report(FRAMES, tmp_path, generated_at=GENERATED, has_selections=False)
    before = page.read_bytes()

    def fail(self: Path, target: Path) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        write_report({}, tmp_path, generated_at=GENERATED)
    assert page.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_plotly_is_inside_once_and_nothing_is_fetched(reader: Reader):
    assert PAGE.count("plotly.js v") == 1
    sources = [
        (name, key) for name, attrs in reader.elements for key in attrs if key in ("src", "srcset", "action", "data")
    ]
    links = [attrs["href"] for _, attrs in reader.elements if "href" in attrs]
    assert sources == []
    assert all(link is not None and link.startswith("#") for link in links)


def test_the_policy_names_exactly_the_scripts_of_the_page(reader: Reader):
    policy = next(attrs["content"] for name, attrs in reader.elements if attrs.get("http-equiv"))
    assert policy is not None
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    scripts = [attrs for name, attrs in reader.elements if name == "script" and attrs.get("type") != "application/json"]
    assert policy.count("'sha256-") == len(scripts) == 2
    assert "unsafe-inline" not in policy.split("style-src")[0]


def test_every_link_of_the_navigation_leads_to_a_section(reader: Reader):
    sections = {attrs.get("id") for name, attrs in reader.elements if name == "section"}
    links = {(attrs["href"] or "")[1:] for name, attrs in reader.elements if name == "a"} - {"content"}
    assert links == sections


def test_no_id_is_given_twice(reader: Reader):
    ids = [attrs["id"] for _, attrs in reader.elements if "id" in attrs]
    assert len(ids) == len(set(ids))


def test_every_figure_says_what_it_counts(reader: Reader):
    names = [name for name, _ in reader.elements]
    assert names.count("figure") == names.count("figcaption") > 5


def test_hostile_texts_make_no_element_of_their_own():
    calm, attacked = Reader(PAGE), Reader(report_page(hostile_frames(), generated_at=GENERATED, has_selections=False))
    assert {name for name, _ in attacked.elements} <= {name for name, _ in calm.elements} | {"pre"}
    assert {key for _, attrs in attacked.elements for key in attrs} <= {
        key for _, attrs in calm.elements for key in attrs
    }
    assert not [attrs for _, attrs in attacked.elements if "evil" in str(attrs.get("href"))]


def test_hostile_texts_reach_plotly_escaped():
    page = report_page(hostile_frames(), generated_at=GENERATED, has_selections=False)
    figures = re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', page, flags=re.DOTALL)
    markup = {
        text
        for figure in figures
        for text in _texts(json.loads(figure))
        if re.search(r"<(?!/?(b|br|span|extra)\b)", text)
    }
    assert len(figures) > 5
    assert markup == set()


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for child in children for text in _texts(child)]


def test_without_any_table_the_page_says_what_is_missing():
    page = report_page({}, generated_at=GENERATED, has_selections=False)
    for words in (
        "No journey has entered a stage yet",
        "No journeys yet",
        "No source was loaded yet",
        "No row was refused",
    ):
        assert words in page


def test_tables_without_rows_are_no_error():
    empty = {name: frame.clear() for name, frame in complete({}).items()}
    assert "No transitions yet" in report_page(empty, generated_at=GENERATED, has_selections=False)


def test_without_pm4py_the_page_says_so():
    note = "pm4py is not installed"
    models = FRAMES["mart.process_model"].with_columns(
        note=pl.lit(note), fitness=None, precision=None, is_flower=None, tree_text=None
    )
    assert note in report_page(FRAMES | {"mart.process_model": models}, generated_at=GENERATED, has_selections=False)


def test_a_silent_source_is_said_first():
    lead = PAGE.split('id="quality-title"')[1].split("</p>")[0]
    assert "Silent source: store" in lead


def test_the_frames_come_from_the_tables_alone():
    with open_memory() as warehouse:
        for name, frame in FRAMES.items():
            warehouse.create_from(name, _ranked(frame) if "variant_id" in frame.columns else frame)
        frames = report_frames(warehouse)
    assert set(frames) == set(TABLES)
    assert report_page(frames, generated_at=GENERATED, has_selections=False) == PAGE


def _ranked(variants: pl.DataFrame) -> pl.DataFrame:
    return variants.sort("journey_count", "variant_id", descending=[True, False]).with_row_index("variant_rank")


def test_a_missing_mart_has_no_rows():
    with open_memory() as warehouse:
        frames = report_frames(warehouse)
    assert all(frame.is_empty() for frame in frames.values())


def test_a_column_that_a_mart_lacks_is_null():
    frames = complete({"mart.stage_flow": pl.DataFrame({"from_stage": ["start"]})})
    assert frames["mart.stage_flow"].to_dicts() == [{"from_stage": "start", "to_state": None, "journey_count": None}]


def test_text_is_escaped_and_html_is_not():
    assert tag("p", "<b>", Html("<i>"), title='"') == '<p title="&quot;">&lt;b&gt;<i></p>'


def test_a_process_tree_reads_as_a_list():
    words = outline("->( 'landing_viewed', X( 'cart_viewed', tau ), *( 'help_viewed', tau ) )")
    assert "In this order" in words
    assert "<span>cart viewed<small> (may be skipped)</small></span>" in words
    assert "<span>help viewed<small> (once or several times)</small></span>" in words


@pytest.mark.parametrize("text", ["", "->(", "->( 'a'", "'a' 'b'", "nonsense", *HOSTILE])
def test_what_is_no_process_tree_is_shown_as_text(text: str):
    shown = outline(text)
    assert shown.startswith("<pre>")
    assert "<" not in shown.removeprefix("<pre>").removesuffix("</pre>")
