"""The journey map as files: a page, a picture, rows, a workbook."""

import csv
import io
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from journey_analytics.errors import ConfigurationError, nearest
from journey_analytics.journey_map.answers import JourneyMap
from journey_analytics.journey_map.sheet import safe_text, workbook
from journey_analytics.language import said, written_in
from journey_analytics.report.figures.journey_map import journey_map_figure
from journey_analytics.report.images import image
from journey_analytics.report.journey_map_page import map_page
from journey_analytics.report.journey_map_words import fresh_text, persona_title


def exported(found: JourneyMap, kind: str) -> bytes:
    """The content of a file of one of `KINDS`; a picture is of the first persona of the map.

    Raises:
        ConfigurationError: for another kind; for a picture without kaleido or a browser; a workbook without xlsxwriter.
    """
    if kind not in KINDS:
        raise ConfigurationError(f"the map is not exported as {kind!r}; {nearest(kind, KINDS)}")
    return KINDS[kind](found)


def rows_json(found: JourneyMap) -> bytes:
    """Every cell as an object, with its query; times in ISO form, UTC."""
    rows = [{key: _plain(value) for key, value in row.items()} for row in found.cells.to_dicts()]
    return (json.dumps(rows, indent=2, ensure_ascii=False) + "\n").encode()


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def rows_csv(found: JourneyMap) -> bytes:
    """Every cell as a line, in quotes. What a spreadsheet would take for a formula gets an apostrophe before it."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    writer.writerow(found.cells.columns)
    for row in found.cells.iter_rows():
        writer.writerow([safe_text(value) if isinstance(value, str) else _plain(value) for value in row])
    return out.getvalue().encode("utf-8-sig")


def page(found: JourneyMap) -> bytes:
    """One HTML file with the map of every persona: nothing is fetched, a policy forbids it."""
    return map_page(found.cells, found.titles).encode()


def picture(found: JourneyMap, kind: str) -> bytes:
    """The map of the first persona as a picture that explains itself, drawn by a browser without a window."""
    persona = found.personas[0]
    cells = found.of(persona)
    figure = journey_map_figure(
        cells,
        titles=found.titles,
        heading=said("Customer journey map: {persona}", persona=persona_title(persona, found.titles)),
        footing=said(
            "Data until {day}. Shares are of the journeys that entered the stage, in brackets 95 % intervals; grey: n "
            "below 30. Measured feelings and inferred friction are never mixed. Barriers and what helps are "
            "associations, never causes. Nothing is shown of fewer than 5 customers.",
            day=fresh_text({"fresh_at": cells["fresh_at"].max()}),
        ),
    )
    return image(figure.to_plotly_json(), kind)


KINDS: Final[Mapping[str, Callable[[JourneyMap], bytes]]] = {
    "html": page,
    "pdf": lambda found: picture(found, "pdf"),
    "svg": lambda found: picture(found, "svg"),
    "json": rows_json,
    "csv": rows_csv,
    "xlsx": workbook,
}
"""What a map can be written as."""


def write_map(found: JourneyMap, out: Path | None, *, kind: str | None, language: str) -> Path:
    """Write the map to a file, of the kind that is asked for or that the file's ending says; returns the file.

    Raises:
        ConfigurationError: for no file, no known kind, an unknown language, or a folder that cannot be written.
    """
    if out is None:
        raise ConfigurationError(f"--format {kind} needs a file to write: add --out journey-map.{kind}")
    with written_in(language):
        content = exported(found, kind or out.suffix.removeprefix("."))
    fresh = out.with_name(f".{out.name}.{os.getpid()}.new")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_bytes(content)
        fresh.replace(out)
    except OSError as error:
        raise ConfigurationError(f"cannot write {out}: {error.strerror}") from error
    finally:
        fresh.unlink(missing_ok=True)
    return out
