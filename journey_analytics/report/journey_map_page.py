"""The journey map as one HTML file: the section alone, everything inline, and a policy that forbids the rest."""

import base64
import hashlib
from collections.abc import Mapping

import polars as pl
from plotly.offline import get_plotlyjs

from journey_analytics.journey_map.lanes import TABLE
from journey_analytics.language import language, said
from journey_analytics.report.journey_map import journey_map
from journey_analytics.report.markup import Html, tag
from journey_analytics.report.page import part

_BEGIN = 'journeyPage.show(document.body).then(() => document.documentElement.setAttribute("data-ready", "true"));'


def map_page(cells: pl.DataFrame, titles: Mapping[str, str]) -> str:
    """The page as text, in the language that is written now.

    Args:
        cells: rows of `mart.journey_map`.
        titles: titles of personas by their name.
    """
    personas = pl.DataFrame(
        {"persona": list(titles), "title": list(titles.values())}, schema={"persona": pl.String, "title": pl.String}
    )
    section = journey_map({TABLE: cells, "mart.persona": personas})
    shown = tag("p", said("No map yet: no journey was found.")) if section is None else section.html()
    scripts = (get_plotlyjs(), _script())
    main = tag("main", shown, tag("footer", _footer()), id="content")
    body = tag("body", tag("div", main, class_="wrap"), *(tag("script", Html(script)) for script in scripts))
    return f"<!doctype html>\n{tag('html', _head(scripts), body, lang=language())}\n"


def _footer() -> str:
    return said(
        "Drawn with plotly.js (MIT licence, © Plotly, Inc.), which is included in this file. The file needs no network "
        "and sends nothing. Every number comes from a published table."
    )


def _script() -> str:
    return "".join(part(file) for file in ("process_map.js", "panel_tools.js", "page.js")) + _BEGIN


def _head(scripts: tuple[str, str]) -> Html:
    policy = (
        f"default-src 'none'; script-src {' '.join(map(_hash, scripts))}; style-src 'unsafe-inline'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    )
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        Html(f'<meta http-equiv="Content-Security-Policy" content="{policy}">'),
        tag("meta", name="referrer", content="no-referrer"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", said("The customer journey map")),
        tag("style", Html(part("page.css"))),
    )


def _hash(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
