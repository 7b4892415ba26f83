"""The reports of past days: one page per day of the cut-off, and an index that lists them, newest first."""

import json
import re
from collections.abc import Mapping
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any

from journey_analytics.language import LANGUAGES, said
from journey_analytics.report.blocks import Column, table
from journey_analytics.report.markup import Html, tag
from journey_analytics.report.offline import offline_page, write_whole
from journey_analytics.report.page import SUMMARY, title
from journey_analytics.report.wording import MISSING, count, day

FOLDER = "archive"
INDEX_NAME = "index.html"

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\.html")
_SUMMARY = re.compile(f'<meta name="{SUMMARY}" content="([^"]*)">')
_HEAD_BYTES = 65_536
"""Where the summary of a page stands: before its styles."""


def keep(page: Path, *, days: int) -> Path:
    """Keep a report under the day of its cut-off T, drop the oldest beyond `days`, and write the index beside it.

    The same day is replaced. A report without a cut-off (no touchpoint yet) is not kept. Only files named by a day are
    ever dropped.

    Args:
        page: `report.html`, as `write_report` left it.
        days: how many days are kept, at least 1; days without a report do not count.

    Returns:
        The path of the index.

    Raises:
        OSError: when the folder cannot be written.
    """
    archive = page.parent / FOLDER
    summary = summary_of(page)
    if summary.get("as_of"):
        write_whole(archive / f"{summary['as_of'][:10]}.html", page.read_text(encoding="utf-8"))
    for old in kept(page.parent)[days:]:
        old.unlink(missing_ok=True)
    index = page.parent / INDEX_NAME
    write_whole(index, index_page(page.parent))
    return index


def kept(folder: Path) -> list[Path]:
    """The pages of past days in a folder of reports, newest first."""
    return sorted((one for one in (folder / FOLDER).glob("*.html") if _DAY.fullmatch(one.name)), reverse=True)


def summary_of(page: Path) -> Mapping[str, Any]:
    """The headline figures that a report carries in its head; nothing where it carries none."""
    with page.open("rb") as file:
        head = file.read(_HEAD_BYTES).decode("utf-8", errors="replace")
    found = _SUMMARY.search(head)
    return json.loads(unescape(found[1])) if found else {}


def index_page(folder: Path) -> str:
    """The index as text: a row per day with what was known then, in the language that is written now."""
    heading = said("Reports by date")
    return offline_page(
        heading,
        tag(
            "div",
            tag("header", tag("h1", heading), tag("p", _newest(), class_="meta")),
            tag("main", tag("section", _table(kept(folder)))),
            class_="page plain",
        ),
    )


def _newest() -> Html:
    before, after = said("Newest: {report}. Each row is the report of that day, as it was.").split("{report}")
    return tag("span", before, tag("a", title(), href="report.html"), after)


def _table(pages: list[Path]) -> Html:
    columns = (
        Column("Data until"), Column("Journeys", number=True), Column("Converted", number=True),
        Column("Lost", number=True), Column("Open", number=True), Column("Biggest loss"), Column("Language"),
    )  # fmt: skip
    rows = [_row(page, summary_of(page)) for page in pages]
    caption = said("Reports that are kept, newest first")
    return table(columns, rows, caption=caption, empty=said("No report is kept yet."), is_saved=False)


def _row(page: Path, summary: Mapping[str, Any]) -> tuple[str, ...]:
    counts = (count(summary.get(key)) for key in ("journey", "converted", "dropped", "open"))
    written = LANGUAGES.get(summary.get("language", ""), MISSING)
    link = tag("a", day(date.fromisoformat(page.stem)), href=f"{FOLDER}/{page.name}")
    return (link, *counts, summary.get("loss") or MISSING, written)
