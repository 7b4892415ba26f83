"""The first view: where customers are lost, whether it gets worse, what it is worth, what to do; then the counts."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import polars as pl

from journey_analytics.language import said
from journey_analytics.opportunity.sentences import FEWER_THAN_ONE, rounded
from journey_analytics.report.blocks import Section, card, chart, grid
from journey_analytics.report.figures.dropoff import of_all, stage_order
from journey_analytics.report.figures.overview import trend_figure
from journey_analytics.report.figures.segments import ranking_stage
from journey_analytics.report.losses import loss_sentence, repeat_sentence
from journey_analytics.report.markup import Html, join, tag
from journey_analytics.report.overview_actions import to_do
from journey_analytics.report.overview_blocks import answer, marked, ranked_opportunities, said_below, said_first
from journey_analytics.report.segment_words import group_title
from journey_analytics.report.trend import Move, last_move, months
from journey_analytics.report.wording import (
    count,
    interval,
    month,
    name,
    several,
    share,
    signed,
    signed_interval,
    stage_title,
)

Frames = Mapping[str, pl.DataFrame]
TABLES = ("mart.headline", "mart.stage_dropoff", "mart.stage_variant", "mart.opportunity", "mart.driver")

_Row = dict[str, Any]


def overview(frames: Frames) -> Section:
    """Four answers that take ten seconds to read, each with a link to the view that it comes from."""
    return partly(frames, ())


def partly(frames: Frames, rest: Collection[str]) -> Section:
    """The same where the tables of `rest` show all journeys, whatever is chosen: each answer from them says so."""
    lost = tag("div", _where(frames), _worse(frames))
    next_ = tag("div", _worth(frames, rest), to_do(frames, rest))
    head = _first(frames["mart.headline"])
    counted = ("mart.headline" in rest) == ("mart.stage_variant" in rest)
    without = _without_stage(frames["mart.stage_variant"] if counted else frames["mart.stage_variant"].clear())
    whose = said_below(said("These counts are of all journeys.")) if "mart.headline" in rest else None
    cards = join([tag("div", *_cards(head, without), class_="cards"), *([whose] if whose else [])])
    apart = _left_apart(head["passive_journey_count"])
    foot = [*([apart] if apart else []), tag("p", _meaning(), class_="definition")]
    return Section(
        "overview", said("Overview"), tag("span", _lead()), join([cards, grid("two answers", lost, next_), *foot])
    )


def _lead() -> str:
    return said("Journeys still in progress are counted as open, never as lost; what is not sure says so.")


def _meaning() -> str:
    return said(
        "A journey is what one customer does, over all sources, toward one need. Lost means: the stage's window passed "
        "without moving on, or the journey was closed before. Journeys still in progress are counted as open, never as "
        "lost. Every share has its number of journeys (n) and a 95 % interval."
    ).replace(" %", "\u00a0%")


def _where(frames: Frames) -> Html:
    dropoff = frames["mart.stage_dropoff"]
    return answer(
        said("Where do we lose customers?"),
        said_first(loss_sentence(dropoff), "biggest_loss"),
        _stage_bars(dropoff),
        said_below(repeat_sentence(dropoff)),
        view="losses",
        more=said("All losses, with intervals and by segment"),
    )


def _stage_bars(dropoff: pl.DataFrame) -> Html | None:
    """Every stage before the purchase with its estimated share lost, as bars of one scale."""
    rows = of_all(dropoff).filter(pl.col("estimated_dropoff_share").is_not_null())
    bars = [_stage_bar(row) for row in rows.sort(stage_order()).to_dicts() if row["stage"] != "post_purchase"]
    return tag("ul", *bars, class_="bars") if bars else None


def _stage_bar(row: _Row) -> Html:
    width = f"width:{100 * row['estimated_dropoff_share']:.1f}%"
    small = None if row["is_ranked"] else tag("small", said("too few to rank"), class_="few")
    between = interval(row["estimated_low_share"], row["estimated_high_share"])
    return tag(
        "li",
        tag("span", stage_title(row["stage"])),
        tag("span", tag("i", style=width), class_="track"),
        tag("span", tag("b", share(row["estimated_dropoff_share"])), tag("small", between), small),
    )


def _worse(frames: Frames) -> Html:
    dropoff, head = frames["mart.stage_dropoff"], _first(frames["mart.headline"])
    stage = ranking_stage(dropoff)
    found = months(dropoff, stage, as_of=head.get("as_of_at"))
    by_month = (dropoff["segment"] == "entry_month").any()
    whole = of_all(dropoff).filter(pl.col("stage").eq_missing(pl.lit(stage)))["estimated_dropoff_share"].to_list()
    drawn = chart(
        "overview-trend",
        trend_figure(found, whole=next(iter(whole), None)),
        title=said("{stage}: share lost, by month of entering it", stage=stage_title(stage or "unknown")),
        definition=said(
            "Hollow: the window is not over for all of them, so the share may still move. Grey: fewer than 30 "
            "journeys. Bars: 95 % intervals. Dotted: all journeys."
        ),
        heading="h4",
    )
    return answer(
        said("Is it getting worse?"),
        said_first(_move_words(last_move(found)), "trend") if by_month else said_below(_without_months(stage)),
        drawn if found else None,
        view="changes",
        more=_changes_words(frames["mart.change"]),
    )


def _without_months(stage: str | None) -> str:
    if stage is None:
        return said("Too few journeys to say.")
    return said(
        "Here months are counted for all journeys only. The dashboard (journey serve) counts them for what is chosen "
        "too, if the last run was with this release."
    )


def _changes_words(compared: pl.DataFrame) -> str:
    """Where the link leads, which is another question: the last days against the weeks before, not months."""
    rows = compared.drop_nulls(["from_on", "to_on", "previous_from_on"]).head(1).to_dicts()
    if not rows:
        return said("Another question, under Changes: the latest days against the weeks before")
    row = rows[0]
    return said(
        "Another question, under Changes: the last {days} days against the {before} before, not months",
        days=count((row["to_on"] - row["from_on"]).days + 1),
        before=_weeks((row["from_on"] - row["previous_from_on"]).days),
    )


def _weeks(days: int) -> str:
    return several(days // 7, "week") if days % 7 == 0 else several(days, "day")


def _move_words(move: Move | None) -> str:
    if move is None:
        return said("Too early to tell: it takes two months with 30 journeys or more whose window is over.")
    values = {
        "after": month(move.after.month),
        "before": month(move.before.month),
        "share": share(move.after.share),
        "points": signed(move.points),
        "interval": signed_interval(move.low, move.high),
    }
    return {
        "worse": said(
            "Worse: {share} lost of those who entered in {after}, {points} points against {before} "
            "(95 % interval {interval}).",
            **values,
        ),
        "better": said(
            "Better: {share} lost of those who entered in {after}, {points} points against {before} "
            "(95 % interval {interval}).",
            **values,
        ),
        "same": said(
            "No clear change: {share} lost of those who entered in {after}, {points} points against {before} "
            "(95 % interval {interval}).",
            **values,
        ),
    }[move.verdict]


def _worth(frames: Frames, rest: Collection[str]) -> Html:
    ranked = ranked_opportunities(frames)
    best = ranked[0] if ranked else None
    return answer(
        said("What is it worth?"),
        said_first(marked(_worth_words(best), "mart.opportunity", rest), "worth"),
        said_below(_worth_basis(best)),
        view="wins",
        more=said("All that can be won, ranked"),
    )


def _worth_words(row: _Row | None) -> str:
    if row is None:
        return said("No barrier stands out: no group with enough journeys is below the level of comparable ones.")
    about = {"group": group_title(row["segment"], row["segment_value"]), "stage": stage_title(row["stage"])}
    customers = _customers_words(row)
    if row["amount_per_month"] is None:
        return said("“{group}” in {stage}, the largest barrier: {customers}.", customers=customers, **about)
    return said(
        "“{group}” in {stage}, the largest barrier: {amount} {currency} a month (95 % interval {low}–{high}), "
        "{customers}.",
        **about,
        amount=_rounded(row["amount_per_month"]),
        currency=name(row["currency"]),
        low=_rounded(row["amount_low_per_month"]),
        high=_rounded(row["amount_high_per_month"]),
        customers=customers,
    )


def _customers_words(row: _Row) -> str:
    """How many customers a month, in words where they are fewer than one."""
    values = {
        "n": _rounded(row["customers_per_month"]),
        "low": _rounded(row["customers_low_per_month"]),
        "high": _rounded(row["customers_high_per_month"]),
    }
    if values["n"] == FEWER_THAN_ONE and values["high"] == FEWER_THAN_ONE:
        return said("less than one customer a month")
    if values["n"] == FEWER_THAN_ONE:
        return said("less than one customer a month (at most {high}, 95 % interval)", **values)
    if values["n"] == "1":
        return said("about one customer a month (95 % interval {low}–{high})", **values)
    return said("about {n} customers a month (95 % interval {low}–{high})", **values)


def _rounded(value: float | None) -> str:
    return rounded(value or 0.0)


def _worth_basis(row: _Row | None) -> str | None:
    if row is None:
        return None
    return said(
        "This would be won if “{group}” moved on from {stage} as often as comparable groups do. Gains of barriers "
        "overlap: they are not to be added up.",
        group=group_title(row["segment"], row["segment_value"]),
        stage=stage_title(row["stage"]),
    )


def _first(headline: pl.DataFrame) -> Mapping[str, Any]:
    return next(iter(headline.to_dicts()), dict.fromkeys(headline.columns))


def _cards(head: Mapping[str, Any], without_stage: Mapping[str, int]) -> Sequence[Html]:
    known = head["identified_customer_count"]
    touchpoints = said("{n} touchpoints", n=count(_active_touchpoints(head)))
    never, lost = (without_stage[column] for column in ("journey_count", "dropped_count"))
    identified = "" if known is None else said("{n} of them identified", n=count(known))
    return (
        card("customer_count", said("Customers"), count(head["customer_count"]), identified),
        card("journey_count", said("Journeys"), count(head["journey_count"]), _with_never(touchpoints, never)),
        card("converted_count", said("Converted"), count(head["converted_count"]), said("with a purchase")),
        card(
            "dropped_count", said("Lost"), count(head["dropped_count"]),
            _with_never(said("closed without a purchase"), lost),
        ),
        card("open_count", said("Open"), count(head["open_count"]), said("still in progress")),
    )  # fmt: skip


def _with_never(text: str, without_stage: int) -> str:
    return said("{text}; {n} never entered a stage", text=text, n=count(without_stage)) if without_stage else text


def _active_touchpoints(head: Mapping[str, Any]) -> int | None:
    every = head["touchpoint_count"]
    return None if every is None else every - (head["passive_touchpoint_count"] or 0)


def _without_stage(variants: pl.DataFrame) -> Mapping[str, int]:
    """Journeys of which no touchpoint has a stage, and how many of them are lost."""
    rows = variants.filter(pl.col("stages").list.len() == 0)
    return {column: int(rows[column].sum()) for column in ("journey_count", "dropped_count")}


def _left_apart(contact_only: int | None) -> Html | None:
    """How many journeys are in no count of the page, and why; null where there are none."""
    if not contact_only:
        return None
    text = (
        said(
            "{what} is left apart, in no count of journeys here: the customer was only sent e-mails and reacted to "
            "none. Nobody began, so nobody was lost."
        )
        if contact_only == 1
        else said(
            "{what} are left apart, in no count of journeys here: the customer was only sent e-mails and reacted to "
            "none. Nobody began, so nobody was lost."
        )
    )
    before, after = text.split("{what}")
    what = tag("b", several(contact_only, "contact-only journey"), data_kpi="passive_journey_count")
    return tag("p", before, what, after, class_="meaning")
