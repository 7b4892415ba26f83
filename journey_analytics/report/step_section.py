"""The section on the step flow: what journeys did step by step, from the start, the end and the purchase."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from journey_analytics.contract import END_NODES, START
from journey_analytics.language import said
from journey_analytics.paths.link_shares import with_shares
from journey_analytics.paths.step_links import STEP_WORDS, folded, shortened
from journey_analytics.report.blocks import Column, Section, chart, switch, table
from journey_analytics.report.blocks import folded as behind
from journey_analytics.report.figures.step_flow import node_words, step_flow_figure
from journey_analytics.report.markup import Html, join, tag
from journey_analytics.report.wording import SMALL_SAMPLE, count, interval, several, share, stage_title

Frames = Mapping[str, pl.DataFrame]

_TOP: Final = 6
_LISTED_SHARE: Final = 0.01
_OUT_OF_PAGE: Final = "No journey has such steps yet."
_COLUMNS: Final = (
    Column("Step", number=True), Column("From"), Column("To"), Column("Journeys", number=True),
    Column("of those at From", number=True), Column("Purchased", number=True), Column("Lost", number=True),
    Column("Still open", number=True), Column("Purchased, of settled", number=True),
    Column("95 % interval", number=True), Column("of n settled", number=True),
)  # fmt: skip


@dataclass(frozen=True)
class View:
    """One way to look at the flow: which steps, counted from where, and so many each side."""

    level: str
    anchor: str
    title: str
    steps: int
    told: tuple[str, ...]

    @property
    def key(self) -> str:
        """Its name in the page."""
        return f"{self.level}-{self.anchor}"


_FROM_START: Final = "Steps are counted from the start of each journey."
_AS_ENTERED: Final = (
    "Entries are those of the drop-off table: first times alone, each stage has as many journeys as entered it there. "
    "Ends are not: lost is here a journey that ended, there one that did not go on within the window of the stage."
)
_TO_END: Final = (
    "Steps are counted back from the last one before each journey ended, or before the cut-off if it is open."
)
_ROUND_PURCHASE: Final = "Only journeys with a purchase; steps are counted from it, before and after."
VIEWS: Final = (
    View("stage", "start", "Stages, from the start", 5, (_FROM_START, _AS_ENTERED)),
    View("stage", "end", "Stages, back from the end", 5, (_TO_END,)),
    View("stage", "purchase", "Stages, around the purchase", 4, (_ROUND_PURCHASE,)),
    View("activity", "start", "Activities, from the start", 5, (_FROM_START,)),
    View("activity", "end", "Activities, back from the end", 5, (_TO_END,)),
    View("activity", "purchase", "Activities, around the purchase", 3, (_ROUND_PURCHASE,)),
)


def step_flow(frames: Frames) -> Section:
    """How journeys go on step by step, in six views to choose from, the links of each behind a line."""
    flow = frames["mart.step_flow"]
    stages = dict(frames["mart.activity"].select("activity", "stage").iter_rows())
    options = [(view.key, said(view.title), _view(_of(flow, view), view, stages)) for view in VIEWS]
    return Section(
        "steps", said("Step by step"), _lead(flow, _begun_before(frames)), switch("steps-view", said("Show"), options)
    )


def _begun_before(frames: Frames) -> int:
    """Journeys that may have begun before the data: 0 where that is not known."""
    return int(frames["mart.headline"]["left_censored_count"].sum())


def _of(flow: pl.DataFrame, view: View) -> pl.DataFrame:
    return flow.filter((pl.col("level") == view.level) & (pl.col("anchor") == view.anchor))


def _lead(flow: pl.DataFrame, begun_before: int) -> Html:
    """Where journeys begin, and what became of them right after their first stage."""
    links = _of(flow, VIEWS[0])
    first = links.filter(pl.col("node") == START).sort(["journey_count", "next_node"], descending=[True, False])
    total = int(first["journey_count"].sum())
    if not total:
        return tag("span", said("No journey has begun yet."))
    after = {
        end: _sum(links, (pl.col("step_number") == 1) & (pl.col("next_node") == end)) for end in END_NODES.values()
    }
    lost, open_ = after[END_NODES["dropped"]], after[END_NODES["open"]]
    begin = first.row(0, named=True)
    more = (
        (" " + said("Of {journeys} the beginning may be missing.", journeys=several(begun_before, "journey")))
        if begun_before
        else ""
    )
    return tag(
        "span",
        said(
            "{journeys}, which most often begin in {words} ({journey_count}, {journey_count_2}). {lost} "
            "({lost_2}) were lost right after their first stage, and {open} are still open there.{more}",
            journeys=several(total, "journey"),
            words=_words(begin["next_node"], "stage"),
            journey_count=count(begin["journey_count"]),
            journey_count_2=share(begin["journey_count"] / total),
            lost=count(lost),
            lost_2=share(lost / total),
            open=count(open_),
            more=more,
        ),
    )


def _sum(links: pl.DataFrame, holds: pl.Expr) -> int:
    return int(links.filter(holds)["journey_count"].sum())


def _view(links: pl.DataFrame, view: View, stages: Mapping[str, str]) -> Html:
    if links.is_empty():
        return tag("p", said(_OUT_OF_PAGE), class_="empty")
    drawn = chart(
        f"steps-{view.key}",
        step_flow_figure(links, level=view.level, anchor=view.anchor, steps=view.steps, top=_TOP, stages=stages),
        title=said(view.title),
        definition=_definition(links, view),
    )
    return join([drawn, behind(said("Show these numbers as a table"), _table(links, view))])


def _definition(links: pl.DataFrame, view: View) -> Html:
    total = _sum(links, pl.col("node") == START)
    order = said("stages") if view.level == "stage" else said("activities (immediate repeats are one step)")
    return join(
        [
            (
                said(
                    "Heights are journeys, {total} in all; at every step as many come in as go on or end. Steps are "
                    "the {order} of a journey, in order; a later return is a step of its own. {told} Purchased, lost, "
                    "still open: how the journey stands at the cut-off, drawn where its steps end. Other steps: all "
                    "but the {most} with most journeys there. Further steps: more than {steps} away. Colours are "
                    "stages. For other journeys and anchors:",
                    total=count(total),
                    order=order,
                    told=" ".join(said(part) for part in view.told),
                    most=_TOP,
                    steps=view.steps,
                )
                + " "
            ),
            tag("code", f"journey flow --level {view.level} --from {view.anchor}"),
        ]
    )


def _table(links: pl.DataFrame, view: View) -> Html:
    shown = with_shares(folded(shortened(links, view.steps), _TOP), minimum_count=SMALL_SAMPLE)
    total = _sum(links, pl.col("node") == START)
    at = shown.group_by("step_number", "node").agg(at_count=pl.col("journey_count").sum())
    listed = shown.join(at, on=["step_number", "node"], how="left", maintain_order="left")
    kept = listed.filter(pl.col("journey_count") >= _LISTED_SHARE * total)
    return table(
        _COLUMNS,
        _rows(kept, view.level),
        caption=said(
            "Links of at least {least} of the {journeys}; purchased, lost and still open: how these "
            "journeys stand at the cut-off; settled: those that began early enough before it for a loss to be "
            "known, and are purchased or lost; * fewer than 30",
            least=share(_LISTED_SHARE),
            journeys=several(total, "journey"),
        ),
    )


def _rows(links: pl.DataFrame, level: str) -> Iterator[tuple[str, ...]]:
    for row in links.iter_rows(named=True):
        yield _cells(row, level)


def _cells(row: Mapping[str, Any], level: str) -> tuple[str, ...]:
    return (
        str(row["step_number"]).replace("-", "−"),
        _words(row["node"], level),
        _words(row["next_node"], level),
        count(row["journey_count"]),
        share(row["journey_count"] / row["at_count"]),
        count(row["converted_count"]),
        count(row["dropped_count"]),
        count(row["open_count"]),
        share(row["conversion_share"]),
        interval(row["conversion_low_share"], row["conversion_high_share"]),
        count(row["settled_count"]) + ("" if row["is_ranked"] else " *"),
    )


def _words(node: str, level: str) -> str:
    return stage_title(node) if level == "stage" and node not in STEP_WORDS else node_words(node)
