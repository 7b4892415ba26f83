"""The section about paths: those to drop-off against those to a purchase, where each ends, and where they part."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import polars as pl

from journey_analytics.language import said
from journey_analytics.paths.branches import OUTCOMES, arrivals
from journey_analytics.report.blocks import Column, Section, chart, folded, grid, switch, table
from journey_analytics.report.figures.path_tree import path_tree_figure
from journey_analytics.report.figures.paths import beginnings_figure, path_words
from journey_analytics.report.markup import Html, join, tag
from journey_analytics.report.wording import count, duration, several, share

_LEVELS: Final = (("stage", "Stages"), ("activity", "Activities"))
_LISTED: Final = 10
_BEST: Final = 6
_BEGINNING: Final = 2
"""Steps of a beginning: longer ones would not fit beside the figure, and are in the tree."""

_Row = Mapping[str, Any]


def paths(frames: Mapping[str, pl.DataFrame]) -> Section | None:
    """Prefix trees of stages and of activities; null where there are none."""
    tree = frames["mart.path_tree"]
    if tree.is_empty():
        return None
    stages = dict(frames["mart.activity"].select("activity", "stage").iter_rows())
    options = [(level, said(title), _level(tree, level, stages)) for level, title in _LEVELS]
    return Section(
        "paths", said("Paths to drop-off, paths to purchase"), _lead(tree), switch("paths", said("Steps are"), options)
    )


def _lead(tree: pl.DataFrame) -> Html:
    found = [word for outcome in ("dropped", "purchase") if (word := _ending(tree, outcome))]
    return tag("span", " ".join(found) if found else said("No journey has ended yet."))


def _ending(tree: pl.DataFrame, outcome: str) -> str:
    top = arrivals(tree, level="stage", outcome=outcome, limit=1)
    total = _total(tree, "stage", outcome)
    if not top or not total:
        return ""
    here = _arrived(top[0], outcome)
    figures = {"total": count(total), "part": f"{count(here)} ({share(here / total)})"}
    words = path_words(top[0]["path"], "stage", outcome)
    if outcome != "dropped":
        return said("Of {total} purchases, {part} come by {path}.", **figures, path=words)
    if len(top[0]["path"]) == 1:
        return said("Of {total} lost journeys, {part} end after {path} alone.", **figures, path=words)
    return said("Of {total} lost journeys, {part} end after {path}.", **figures, path=words)


def _total(tree: pl.DataFrame, level: str, outcome: str) -> int:
    root = tree.filter((pl.col("level") == level) & (pl.col("depth") == 0))
    return int(root[OUTCOMES[outcome][0]].sum())


def _arrived(row: _Row, outcome: str) -> int:
    return sum(int(row[column]) for column in OUTCOMES[outcome][1])


def _level(tree: pl.DataFrame, level: str, stages: Mapping[str, str]) -> Html:
    drawn = chart(
        f"path-tree-{level}",
        path_tree_figure(tree, level=level, stages=stages),
        title=said("What lost journeys and purchases began with, and where each branch ends"),
        definition=said(
            "Heights are journeys; each half is as high as all journeys of its outcome, so equal heights are "
            "equal shares of it. A block is followed, to the right, by the next steps of its journeys, by those "
            "on rarer paths together (grey), and by those that end there: lost after this step (orange) or "
            "bought on it (black). Purchases: up to the first one. “x % buy”, before the purchase, is over the "
            "settled journeys that begin so, whatever became of them: those closed of the ones begun long enough "
            "before the cut-off for a loss to be known. Open journeys are in neither half. {more}",
            more=said(_LEVEL_WORDS[level]),
        ),
    )
    ends = grid("two", *(_end_table(tree, level, outcome) for outcome in ("dropped", "purchase")))
    more = tag("div", _beginnings(tree, level), class_="part")
    return join([drawn, folded(said("Show where most paths end as tables"), ends), more])


_LEVEL_WORDS: Final = {
    "stage": "Stages are those of what the customer did, repeats left out; a purchase enters post-purchase.",
    "activity": "Immediate repeats of an activity are one step. Colours: the stage in which the activity mostly "
    "happens. Steps that fewer than 30 journeys take are followed no further.",
}


def _end_table(tree: pl.DataFrame, level: str, outcome: str) -> Html:
    total = _total(tree, level, outcome)
    is_lost = outcome == "dropped"
    rows = [
        (path_words(row["path"], level, outcome), count(_arrived(row, outcome)),
         share(_arrived(row, outcome) / total), duration(row["median_seconds"]))
        for row in arrivals(tree, level=level, outcome=outcome, limit=_LISTED)
    ]  # fmt: skip
    columns = (
        Column("Path"), Column("Lost after it" if is_lost else "Bought on it", number=True),
        Column("of all lost" if is_lost else "of all purchases", number=True),
        Column("Median from the start", number=True),
    )  # fmt: skip
    what = said("Paths that most lost journeys end with") if is_lost else said("Paths that most purchases end with")
    return table(
        columns,
        rows,
        caption=said("{what}, of {journeys}", what=what, journeys=several(total, "journey")),
        empty=said("None yet."),
    )


def _beginnings(tree: pl.DataFrame, level: str) -> Html:
    shown, found = chosen(tree, level)
    return chart(
        f"path-beginnings-{level}",
        beginnings_figure(shown, level=level),
        title=said("How often journeys that begin alike lead to a purchase"),
        definition=said(
            "Converted ÷ (converted + lost) of the settled journeys that begin with these one or two steps, "
            "before any purchase. Settled: begun long enough before the cut-off for a loss to be known; of the "
            "younger mainly those that bought are closed. Open ones are left out. Lines: 95 % intervals "
            "(Wilson). Only beginnings of at least 30 settled journeys{which}. They go together; that one causes "
            "the other is not said.",
            which=_which(shown, found),
        ),
    )


def _which(shown: Sequence[_Row], found: int) -> str:
    if len(shown) == found:
        return ""
    return said(
        ", {beginnings} in all: the {best} surest to lead to one (highest lower end) and the {best} surest "
        "not to (lowest upper end)",
        beginnings=several(found, "beginning"),
        best=_BEST,
    )


def chosen(tree: pl.DataFrame, level: str) -> tuple[Sequence[_Row], int]:
    """Beginnings before any purchase, as only those have a share: all of a few, else the surest at both ends.

    Highest share first.
    """
    at_most = pl.col("depth").is_between(1, _BEGINNING)
    found = tree.filter((pl.col("level") == level) & pl.col("is_ranked") & at_most)
    if found.height > 2 * _BEST:
        best = found.sort(["conversion_low_share", "node_id"], descending=[True, False]).head(_BEST)
        worst = found.join(best.select("node_id"), on="node_id", how="anti")
        worst = worst.sort("conversion_high_share", "node_id").head(_BEST)
        return _by_share(pl.concat([best, worst])), found.height
    return _by_share(found), found.height


def _by_share(rows: pl.DataFrame) -> Sequence[_Row]:
    return rows.sort(["conversion_share", "node_id"], descending=[True, False]).to_dicts()
