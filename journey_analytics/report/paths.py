"""The section about paths: those to drop-off against those to a purchase, where each ends, and where they part."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import plotly.graph_objects as go
import polars as pl

from journey_analytics.paths.branches import OUTCOMES, arrivals
from journey_analytics.report.blocks import Column, Section, chart, folded, grid, switch, table
from journey_analytics.report.figures import theme
from journey_analytics.report.figures.forest import Estimate, forest_figure
from journey_analytics.report.markup import Html, join, tag
from journey_analytics.report.path_tree import path_tree_figure
from journey_analytics.report.wording import count, duration, interval, name, several, share, stage_title

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
    options = [(level, title, _level(tree, level, stages)) for level, title in _LEVELS]
    return Section("paths", "Paths to drop-off, paths to purchase", _lead(tree), switch("paths", "Steps are", options))


def _lead(tree: pl.DataFrame) -> Html:
    words = [
        _ending(tree, "dropped", "lost journeys", "end after"), _ending(tree, "purchase", "purchases", "come by")
    ]  # fmt: skip
    found = [word for word in words if word]
    return tag("span", " ".join(found) if found else "No journey has ended yet.")


def _ending(tree: pl.DataFrame, outcome: str, what: str, verb: str) -> str:
    top = arrivals(tree, level="stage", outcome=outcome, limit=1)
    total = _total(tree, "stage", outcome)
    if not top or not total:
        return ""
    here = _arrived(top[0], outcome)
    part = f"{count(here)} ({share(here / total)})"
    words = _path_words(top[0]["path"], "stage", outcome)
    alone = " alone" if len(top[0]["path"]) == 1 and outcome == "dropped" else ""
    return f"Of {count(total)} {what}, {part} {verb} {words}{alone}."


def _total(tree: pl.DataFrame, level: str, outcome: str) -> int:
    root = tree.filter((pl.col("level") == level) & (pl.col("depth") == 0))
    return int(root[OUTCOMES[outcome][0]].sum())


def _arrived(row: _Row, outcome: str) -> int:
    return sum(int(row[column]) for column in OUTCOMES[outcome][1])


def _path_words(path: Sequence[str], level: str, outcome: str = "any") -> str:
    """The steps in words; a path of stages to a purchase ends before the stage that the purchase enters."""
    told = path[:-1] if level == "stage" and outcome == "purchase" and path[-1:] == ["post_purchase"] else path
    words = [stage_title(step) if level == "stage" else name(step) for step in told]
    return " › ".join(words) if words else ("no stage" if level == "stage" else "no step")


def _level(tree: pl.DataFrame, level: str, stages: Mapping[str, str]) -> Html:
    drawn = chart(
        f"path-tree-{level}",
        path_tree_figure(tree, level=level, stages=stages),
        title="What lost journeys and purchases began with, and where each branch ends",
        definition="Heights are journeys; each half is as high as all journeys of its outcome, so equal heights are "
        "equal shares of it. A block is followed, to the right, by the next steps of its journeys, by those on rarer "
        "paths together (grey), and by those that end there: lost after this step (orange) or bought on it (black). "
        "Purchases: up to the first one. “x % buy”, before the purchase, is over the settled journeys that begin so, "
        "whatever became of them: those closed of the ones begun long enough before the cut-off for a loss to be "
        f"known. Open journeys are in neither half. {_LEVEL_WORDS[level]}",
    )
    ends = grid("two", *(_end_table(tree, level, outcome) for outcome in ("dropped", "purchase")))
    more = tag("div", _beginnings(tree, level), class_="part")
    return join([drawn, folded("Show where most paths end as tables", ends), more])


_LEVEL_WORDS: Final = {
    "stage": "Stages are those of what the customer did, repeats left out; a purchase enters post-purchase.",
    "activity": "Immediate repeats of an activity are one step. Colours: the stage in which the activity mostly "
    "happens. Steps that fewer than 30 journeys take are followed no further.",
}


def _end_table(tree: pl.DataFrame, level: str, outcome: str) -> Html:
    total = _total(tree, level, outcome)
    is_lost = outcome == "dropped"
    rows = [
        (_path_words(row["path"], level, outcome), count(_arrived(row, outcome)),
         share(_arrived(row, outcome) / total), duration(row["median_seconds"]))
        for row in arrivals(tree, level=level, outcome=outcome, limit=_LISTED)
    ]  # fmt: skip
    columns = (
        Column("Path"), Column("Lost after it" if is_lost else "Bought on it", number=True),
        Column("of all lost" if is_lost else "of all purchases", number=True),
        Column("Median from the start", number=True),
    )  # fmt: skip
    what = f"Paths that most {'lost journeys' if is_lost else 'purchases'} end with"
    return table(columns, rows, caption=f"{what}, of {several(total, 'journey')}", empty="None yet.")


def _beginnings(tree: pl.DataFrame, level: str) -> Html:
    shown, found = chosen(tree, level)
    return chart(
        f"path-beginnings-{level}",
        beginnings_figure(shown, level=level),
        title="How often journeys that begin alike lead to a purchase",
        definition="Converted ÷ (converted + lost) of the settled journeys that begin with these one or two steps, "
        "before any purchase. Settled: begun long enough before the cut-off for a loss to be known; of the younger "
        "mainly those that bought are closed. Open ones are left out. Lines: 95 % intervals (Wilson). Only beginnings "
        f"of at least 30 settled journeys{_which(shown, found)}. They go together; that one causes the other is not "
        "said.",
    )


def _which(shown: Sequence[_Row], found: int) -> str:
    if len(shown) == found:
        return ""
    return (
        f", {several(found, 'beginning')} in all: the {_BEST} surest to lead to one (highest lower end) and "
        f"the {_BEST} surest not to (lowest upper end)"
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


def beginnings_figure(rows: Sequence[_Row], *, level: str) -> go.Figure:
    """A row for each beginning: its share of purchases with its interval."""
    estimates = [
        Estimate(
            label=_path_words(row["path"], level),
            told=f"{share(row['conversion_share'])} of {count(row['settled_count'])}",
            value=row["conversion_share"],
            low=row["conversion_low_share"],
            high=row["conversion_high_share"],
            sample=row["settled_count"],
            hover=_estimate_words(row, level),
            colour=theme.ADVANCED,
        )
        for row in rows
    ]
    return forest_figure(
        estimates, axis="purchased, of settled journeys", kind="share", empty="Too few settled journeys to compare."
    )


def _estimate_words(row: _Row, level: str) -> list[str]:
    between = interval(row["conversion_low_share"], row["conversion_high_share"])
    return [
        _path_words(row["path"], level),
        f"{share(row['conversion_share'])} of {count(row['settled_count'])} settled journeys purchased, "
        f"95 % interval {between}",
        f"all that begin so: {count(row['converted_count'])} purchased, {count(row['dropped_count'])} lost, "
        f"{count(row['open_count'])} still open",
    ]
