"""The journey map as a workbook: a sheet per persona, lanes × stages, to paste into a mapping tool; then every cell.

Nothing in it is a formula: texts are written as texts, and every line of a map begins with a bullet.
"""

from io import BytesIO
from typing import Any, Final

import polars as pl

from journey_analytics.contract import STAGES
from journey_analytics.errors import ConfigurationError
from journey_analytics.journey_map import lanes
from journey_analytics.journey_map.answers import JourneyMap
from journey_analytics.language import said
from journey_analytics.report.journey_map_words import (
    evidence_text,
    interval_text,
    item_title,
    lane_meaning,
    lane_title,
    persona_title,
    sample_text,
    stage_name,
    value_text,
)
from journey_analytics.report.spreadsheet import disarmed
from journey_analytics.report.wording import MISSING, visible

_NAME_AT_MOST: Final = 31
_FORBIDDEN: Final = str.maketrans("[]:*?/\\'", " " * 8)
_WIDE: Final = 44
_CELL_AT_MOST: Final = 32_000


def workbook(found: JourneyMap) -> bytes:
    """The workbook as bytes; the same map gives the same texts.

    Raises:
        ConfigurationError: xlsxwriter is not installed.
    """
    xlsxwriter = _library()
    out = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(out, options)
    looks = _looks(book)
    taken: set[str] = set()
    for persona in found.personas:
        title = persona_title(persona, found.titles)
        _persona_sheet(book.add_worksheet(_sheet_name(title, taken)), found, persona, looks)
    _cell_sheet(book.add_worksheet(_sheet_name(said("All cells"), taken)), found.cells, looks)
    book.close()
    return out.getvalue()


def _library() -> Any:
    try:
        import xlsxwriter
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            "a spreadsheet needs xlsxwriter: install the extra with pip install 'journey-analytics[dashboard]'"
        ) from error
    return xlsxwriter


def _looks(book: Any) -> dict[str, Any]:
    text = {"text_wrap": True, "valign": "top", "font_size": 10}
    return {
        "title": book.add_format({"bold": True, "font_size": 16}),
        "head": book.add_format({**text, "bold": True, "bg_color": "#284a68", "font_color": "#ffffff"}),
        "lane": book.add_format({**text, "bold": True, "bg_color": "#f5f7f9"}),
        "text": book.add_format({**text, "border": 1, "border_color": "#dde2e8"}),
        "plain": book.add_format({"font_size": 10, "valign": "top"}),
    }


def _sheet_name(title: str, taken: set[str]) -> str:
    """At most 31 characters, none that spreadsheets refuse, and no name twice, whatever its letter case."""
    plain = " ".join(visible(title).translate(_FORBIDDEN).split()) or "persona"
    name, number = plain[:_NAME_AT_MOST], 1
    while name.lower() in taken:
        number += 1
        end = f" {number}"
        name = f"{plain[: _NAME_AT_MOST - len(end)]}{end}"
    taken.add(name.lower())
    return name


def _persona_sheet(sheet: Any, found: JourneyMap, persona: str, looks: dict[str, Any]) -> None:
    cells = found.of(persona)
    sheet.write_string(0, 0, safe_text(persona_title(persona, found.titles)), looks["title"])
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, len(STAGES), _WIDE)
    for column, stage in enumerate(STAGES, start=1):
        sheet.write_string(2, column, stage_name(stage), looks["head"])
    sheet.write_string(2, 0, "", looks["head"])
    shown = [lane for lane in lanes.LANES if lane != lanes.PERSONA]
    for line, lane in enumerate(shown, start=3):
        sheet.write_string(line, 0, _lane(lane), looks["lane"])
        for column, stage in enumerate(STAGES, start=1):
            here = cells.filter(pl.col("lane") == lane, pl.col("stage") == stage).sort("place")
            sheet.write_string(line, column, cell_text(here, found.titles), looks["text"])
    sheet.freeze_panes(3, 1)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)


def _lane(lane: str) -> str:
    meaning = lane_meaning(lane)
    return f"{lane_title(lane)}\n{meaning}" if meaning else lane_title(lane)


def cell_text(rows: pl.DataFrame, titles: dict[str, str]) -> str:
    """The items of a lane in a stage, one line each, with value, interval and n."""
    text = "\n".join(f"• {_line(row, titles)}" for row in rows.to_dicts())
    return visible(text)[:_CELL_AT_MOST] if text else MISSING


def _line(row: dict[str, Any], titles: dict[str, str]) -> str:
    if row["unit"] == lanes.QUOTE:
        return item_title(row, titles)
    if row["is_suppressed"]:
        return evidence_text(row)
    ends = interval_text(row)
    told = value_text(row) if ends == MISSING else f"{value_text(row)} ({ends})"
    weak = "" if row["is_shown"] else f", {evidence_text(row)}"
    return f"{item_title(row, titles)}: {told}, {sample_text(row)}{weak}"


def _cell_sheet(sheet: Any, cells: pl.DataFrame, looks: dict[str, Any]) -> None:
    """Every cell as it is stored: numbers as numbers, so that people can go on with them."""
    for column, name in enumerate(cells.columns):
        sheet.write_string(0, column, name, looks["head"])
    for line, row in enumerate(cells.iter_rows(), start=1):
        for column, value in enumerate(row):
            _write(sheet, line, column, value, looks["plain"])
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(cells.height, 1), len(cells.columns) - 1)
    sheet.set_column(0, len(cells.columns) - 1, 16)


def _write(sheet: Any, line: int, column: int, value: Any, looks: Any) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(line, column, value, looks)
    elif isinstance(value, int | float):
        sheet.write_number(line, column, value, looks)
    else:
        sheet.write_string(line, column, safe_text(str(value))[:_CELL_AT_MOST], looks)


def safe_text(text: str) -> str:
    """The text without hidden characters, and with an apostrophe before what a spreadsheet would run."""
    return disarmed(visible(text))
