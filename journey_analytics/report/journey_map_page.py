"""The journey map as one HTML file: the section alone."""

from collections.abc import Mapping

import polars as pl

from journey_analytics.journey_map.lanes import TABLE
from journey_analytics.language import said
from journey_analytics.report.journey_map import journey_map
from journey_analytics.report.markup import tag
from journey_analytics.report.offline import drawing_footer, drawing_scripts, offline_page

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
    main = tag("main", shown, drawing_footer(), id="content")
    return offline_page(
        said("The customer journey map"),
        tag("div", main, class_="wrap"),
        scripts=drawing_scripts("process_map.js", "panel_tools.js", "page.js", begin=_BEGIN),
    )
