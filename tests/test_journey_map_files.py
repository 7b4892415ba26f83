"""The journey map as people get it: the figure's curves, the section, pages, pictures, rows and workbooks."""

import csv
import io
import json
import re
import shutil
import zipfile
from datetime import datetime
from html import unescape

import polars as pl
import pytest

from journey_analytics.contract import STAGES
from journey_analytics.errors import ConfigurationError
from journey_analytics.journey_map import lanes
from journey_analytics.journey_map.answers import JourneyMap
from journey_analytics.journey_map.exports import exported, write_map
from journey_analytics.journey_map.sheet import workbook
from journey_analytics.journey_map.text import map_text
from journey_analytics.language import catalogue, said, written_in
from journey_analytics.report import journey_map_words
from journey_analytics.report.blocks import Section
from journey_analytics.report.figures import theme
from journey_analytics.report.figures.journey_map import journey_map_figure
from journey_analytics.report.figures.journey_map_texts import fitted, text_width, wrapped
from journey_analytics.report.journey_map import journey_map

HOSTILE = "=cmd|' /C calc'!A0 <img src=x onerror=alert(1)>"
AT = datetime(2026, 3, 1)


def row(lane: str, stage: str = "decision", place: int = 1, **more: object) -> dict[str, object]:
    base = {
        "persona": "all", "stage": stage, "lane": lane, "place": place, "item": "thing", "value": 0.5, "unit": "share",
        "low": 0.4, "high": 0.6, "n": 50, "base_count": 100, "fresh_at": AT, "is_shown": True, "is_suppressed": False,
        "note": None, "query": "select 1",
    }  # fmt: skip
    return {**base, **more}


def map_rows(persona: str = "all") -> list[dict[str, object]]:
    """One cell of everything; measured scores at all stages but the second, which is of too few."""
    rows = [row("persona", "all", item="journeys", n=100, value=1.0)]
    for number, stage in enumerate(STAGES):
        n = 12 if number == 1 else 40
        score = {"unit": "score", "value": 0.2 * number, "low": -0.1, "high": 0.9, "n": n, "is_shown": n >= 30}
        rows += [
            row("journeys", stage, item="entered", unit="count", value=100.0, low=None, high=None, n=100),
            row("journeys", stage, 2, item="lost"),
            row("feelings_measured", stage, item="all", **score),
            row("friction_inferred", stage, item="friction", **score),
            row("actions", stage, item=HOSTILE),
        ]
    rows += [
        row("friction_inferred", place=11, item="waiting"),
        row("touchpoints", item="web"), row("channels", item=None, value=None, low=None, high=None, n=None,
                                            is_shown=False, is_suppressed=True),
        row("thoughts", item="delivery"), row("thoughts", place=5, item=HOSTILE, unit="quote", value=None, low=None,
                                             high=None, note="delivery"),
        row("barriers", item="checkout_error_shown", unit="points", value=53.7, low=48.3, high=59.1, note="driver"),
        row("barrier_reach", item="checkout_error_shown | device: mobile", note="checkout_error_shown"),
        row("opportunities", item="device: mobile", unit="customers_per_month", value=37.0, low=30.0, high=44.0),
        row("opportunities", place=2, item="device: mobile", unit="amount_per_month", value=11267.3, low=8946.0,
            high=14067.0, note="EUR"),
        row("impact", item="cart_viewed", unit="points", value=25.1, low=15.0, high=34.0, note="driver"),
    ]  # fmt: skip
    return [{**one, "persona": persona} for one in rows]


@pytest.fixture(scope="module")
def found() -> JourneyMap:
    rows = [*map_rows(), *map_rows(HOSTILE)]
    return JourneyMap(pl.DataFrame(rows, schema=lanes.SCHEMA, orient="row"), ("all", HOSTILE), {})


def section_of(found: JourneyMap) -> Section:
    section = journey_map({lanes.TABLE: found.cells})
    assert section is not None
    return section


def figure_of(found: JourneyMap):
    return journey_map_figure(found.of("all")).to_plotly_json()


def curves(figure: dict) -> tuple[list[dict], list[dict]]:
    """The markers of measured feelings, and those of inferred friction."""
    marks = [one for one in figure["data"] if one["mode"] == "markers" and one["marker"].get("size") == 9]
    measured = [one for one in marks if one["marker"]["symbol"] == "circle"]
    return measured, [one for one in marks if one["marker"]["symbol"] != "circle"]


def test_no_curve_is_drawn_below_thirty(found):
    measured, inferred = curves(figure_of(found))
    assert [len(one["x"]) for one in (*measured, *inferred)] == [3, 3]
    gap = (measured[0]["x"][0] + measured[0]["x"][1]) / 2
    lines = [one for one in figure_of(found)["data"] if one["mode"] == "lines" and len(set(one["x"])) > 1]
    assert len(lines) == 2
    assert all(not min(line["x"]) < gap < max(line["x"]) for line in lines), "drawn across the stage of too few"


def test_measured_and_inferred_are_two_kinds_of_curve(found):
    measured, inferred = curves(figure_of(found))
    assert measured[0]["marker"]["symbol"] != inferred[0]["marker"]["symbol"]
    dashes = {
        one["line"]["dash"] for one in figure_of(found)["data"] if one["mode"] == "lines" and "dash" in one["line"]
    }
    assert dashes == {"solid", "dot"}
    texts = " ".join(note["text"] for note in figure_of(found)["layout"]["annotations"])
    assert "Feelings, measured" in texts
    assert "Friction, inferred" in texts


def test_higher_is_better_measured_and_worse_inferred(found):
    for marks in curves(figure_of(found)):
        assert marks[0]["y"][0] > marks[0]["y"][1] > marks[0]["y"][2], "y grows downwards"


def test_hostile_texts_are_shown_and_never_obeyed(found):
    texts = [note["text"] for note in figure_of(found)["layout"]["annotations"]]
    hovers = [text for one in figure_of(found)["data"] for text in one.get("text", ())]
    assert any("&lt;img" in text for text in hovers)
    assert not any("<img" in text for text in (*texts, *hovers))
    assert "<img" not in section_of(found).html().replace("\\u003cimg", "")


def test_what_is_too_little_is_written_in_grey(found):
    weak = found.of("all").with_columns(is_shown=pl.lit(False))
    layout = journey_map_figure(weak).to_plotly_json()["layout"]
    assert not [one for one in layout["shapes"] if one["fillcolor"] == theme.LOST]
    assert [one for one in figure_of(found)["layout"]["shapes"] if one["fillcolor"] == theme.LOST]


def test_texts_fit_their_column():
    for text in (HOSTILE * 3, "w" * 90, "a b c " * 40, ""):
        assert all(text_width(line) <= 200 for line in wrapped(text, 200, lines=3))
        assert len(wrapped(text, 200, lines=3)) <= 3
        assert text_width(fitted(text, 80)) <= 80
    assert wrapped("one two", 400) == ["one two"]


def test_the_section_names_the_barrier_that_costs_most(found):
    lead = section_of(found).lead
    assert "checkout error shown" in lead
    assert "mobile (50.0" in lead


def test_the_section_lists_every_cell_with_its_query(found):
    html = section_of(found).html()
    assert html.count("<pre>") == found.cells.height
    assert html.count("data-figure") == len(found.personas)


def test_without_a_map_there_is_no_section_and_the_figure_says_why():
    empty = pl.DataFrame(schema=lanes.SCHEMA)
    assert journey_map({lanes.TABLE: empty}) is None
    assert "No map yet" in journey_map_figure(empty).to_plotly_json()["layout"]["annotations"][0]["text"]
    assert "No map yet" in exported(JourneyMap(empty, (), {}), "html").decode()


def test_every_word_of_the_map_is_italian_too(found, monkeypatch):
    missing = set()

    def known(text: str, /, **values: object) -> str:
        missing.update({text} - set(catalogue("it")))
        return said(text, **values)

    for module in _modules():
        monkeypatch.setattr(module, "said", known)
    with written_in("it"):
        html = section_of(found).html()
        workbook(found)
    assert not missing
    assert "La mappa del percorso cliente" in html


def _modules():
    from journey_analytics.journey_map import exports, sheet
    from journey_analytics.report import journey_map as section
    from journey_analytics.report import journey_map_page
    from journey_analytics.report.figures import journey_map as figure
    from journey_analytics.report.figures import journey_map_cells, journey_map_curve

    return (
        exports, sheet, section, journey_map_page, figure, journey_map_cells, journey_map_curve, journey_map_words,
    )  # fmt: skip


def test_the_workbook_has_a_sheet_per_persona_and_no_formula(found):
    book = zipfile.ZipFile(io.BytesIO(workbook(found)))
    names = [unescape(name) for name in re.findall(r'<sheet name="([^"]+)"', book.read("xl/workbook.xml").decode())]
    assert len(names) == 3
    assert names[0] == "All customers"
    assert all(len(name) <= 31 for name in names)
    sheets = [book.read(name).decode() for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
    assert not any("<f>" in sheet or "<f " in sheet for sheet in sheets)
    texts = shared_texts(book)
    assert any(HOSTILE in text for text in texts)
    assert not any(text.startswith(("=", "+", "-", "@")) for text in texts)


def shared_texts(book: zipfile.ZipFile) -> list[str]:
    items = re.findall(r"<si>(.*?)</si>", book.read("xl/sharedStrings.xml").decode(), re.DOTALL)
    return [unescape(re.sub(r"<[^<>]+>", "", item)) for item in items]


def test_the_rows_are_safe_in_a_spreadsheet_and_whole(found):
    rows = list(csv.DictReader(io.StringIO(exported(found, "csv").decode("utf-8-sig"))))
    assert len(rows) == found.cells.height
    assert {row["item"] for row in rows if "cmd" in row["item"]} == {f"'{HOSTILE}"}
    assert rows[0]["query"] == "select 1"


def test_json_gives_every_cell_back(found):
    rows = json.loads(exported(found, "json"))
    assert [row["item"] for row in rows] == found.cells["item"].to_list()
    assert rows[0]["fresh_at"] == AT.isoformat()


def test_the_page_asks_for_nothing_from_elsewhere(found):
    html = exported(found, "html").decode()
    assert "default-src 'none'" in html
    assert not re.search(r'<(script|img|link)[^>]+(src|href)="http', html)


def test_the_terminal_tells_barrier_interval_and_n(found):
    text = map_text(found, "all")
    assert "Checkout error shown: +53.7 points (+48.3 to +59.1), n = 50 of 100" in text
    assert "n = 12 of 100 *" in text


def test_a_file_of_an_unknown_kind_or_without_a_name_is_refused(found, tmp_path):
    with pytest.raises(ConfigurationError, match="xlsx"):
        write_map(found, tmp_path / "map.xlsy", kind=None, language="en")
    with pytest.raises(ConfigurationError, match="--out"):
        write_map(found, None, kind="csv", language="en")
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_written_by_its_ending(found, tmp_path):
    assert write_map(found, tmp_path / "new" / "map.json", kind=None, language="it").is_file()
    assert json.loads((tmp_path / "new" / "map.json").read_text(encoding="utf-8"))


@pytest.mark.skipif(shutil.which("chromium") is None, reason="no browser")
def test_a_picture_explains_itself(found):
    svg = exported(found, "svg").decode()
    assert "Customer journey map: All customers" in svg
    assert "never causes" in svg
