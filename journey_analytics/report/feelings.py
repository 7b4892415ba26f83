"""How customers felt: the emotion curve per persona, and what went wrong for them, as a section."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from journey_analytics.contract import STAGES
from journey_analytics.feelings.rules import SIGNALS
from journey_analytics.language import said
from journey_analytics.report.blocks import Column, Section, chart, folded, switch, table
from journey_analytics.report.figures.dropoff import stage_order
from journey_analytics.report.figures.feelings import feelings_figure, friction_index
from journey_analytics.report.figures.forest import Estimate, forest_figure
from journey_analytics.report.journey_map_words import main_persona, persona_titles
from journey_analytics.report.markup import Html, join, tag
from journey_analytics.report.wording import (
    MISSING,
    count,
    day,
    interval,
    name,
    points_interval,
    share,
    signed,
    signed_interval,
    stage_title,
)

MAX_DRAWN = 10
"""Signals of a stage that are drawn: those that differ most for sure."""

_Row = dict[str, Any]
_ALL = "all"
_SIGNALS = {
    "error": "An error was shown",
    "refund": "Refund, cancellation",
    "repeated_contact": "Asked the support again",
    "waiting": "Waited for an answer",
    "rage_loop": "The same again at once",
    "any": "Any of these",
}
_MEASURES = {
    "all": "all scores and texts",
    "csat": "satisfaction (CSAT)",
    "nps": "recommendation (NPS)",
    "rating": "rating",
    "text": "text",
    "friction": "friction",
}
_FEELING_COLUMNS = (
    Column("Persona"), Column("Stage"), Column("Kind"), Column("Measure"), Column("Mean", number=True),
    Column("95 % interval", number=True), Column("n", number=True), Column("Customers", number=True),
    Column("Latest"),
)  # fmt: skip
_FRICTION_COLUMNS = (
    Column("What went wrong"), Column("Persona"), Column("Stage"), Column("Journeys", number=True),
    Column("of", number=True), Column("Share", number=True), Column("95 % interval", number=True),
    Column("Lost with it", number=True), Column("n", number=True), Column("Lost without", number=True),
    Column("n", number=True), Column("Difference, points", number=True), Column("95 % interval", number=True),
)  # fmt: skip


def feelings(frames: Mapping[str, pl.DataFrame]) -> Section | None:
    """The curve of all and of each persona, what went wrong with what it goes with, both as tables; None: nothing."""
    felt, friction = frames["mart.feeling"], frames["mart.friction"]
    if felt.is_empty() and friction.is_empty():
        return None
    titles = persona_titles(frames.get("mart.persona"))
    body = [*_curves(felt, titles), *_signals(friction), *_tables(felt, friction, titles)]
    return Section("feelings", said("How customers felt"), _lead(felt, friction), join(body))


def _lead(felt: pl.DataFrame, friction: pl.DataFrame) -> Html:
    shown = felt.filter(pl.col("is_shown") & (pl.col("persona") == main_persona(felt)) & pl.col("stage").is_in(STAGES))
    parts = [*_measured_words(shown), *_friction_words(shown), *_signal_words(friction)]
    return tag("span", " ".join(parts) or said("Too few scores and journeys to say how customers felt."))


def _measured_words(shown: pl.DataFrame) -> list[str]:
    rows = _extreme(shown.filter((pl.col("kind") == "measured") & (pl.col("measure") == _ALL)), worst_first=True)
    if not rows:
        return [said("No stage has enough scores to say how customers felt.")]
    worst = rows[0]
    return [
        said(
            "Customers said it was worst in {stage}: {mean} on a scale from −1 to +1 ({interval}).",
            stage=stage_title(worst["stage"]),
            mean=signed(worst["mean"], 2),
            interval=signed_interval(worst["low"], worst["high"], 2),
        )
        if len(rows) > 1
        else said(
            "Only {stage} has enough scores: {mean} on a scale from −1 to +1 ({interval}).",
            stage=stage_title(worst["stage"]),
            mean=signed(worst["mean"], 2),
            interval=signed_interval(worst["low"], worst["high"], 2),
        )
    ]


def _extreme(rows: pl.DataFrame, *, worst_first: bool) -> list[_Row]:
    """Stages by their mean; ties in their order."""
    return rows.sort("mean", stage_order(), descending=[not worst_first, False]).to_dicts()


def _friction_words(shown: pl.DataFrame) -> list[str]:
    rows = _extreme(shown.filter(pl.col("kind") == "inferred"), worst_first=False)[:1]
    return [
        said(
            "Most friction was inferred in {stage}: {mean} of 100 ({low} to {high}).",
            stage=stage_title(row["stage"]),
            mean=friction_index(row["mean"]),
            low=friction_index(row["low"]),
            high=friction_index(row["high"]),
        )
        for row in rows
        if row["mean"] > 0
    ]


def _signal_words(friction: pl.DataFrame) -> list[str]:
    return [
        said(
            "{signal}, in {stage}: {with_it} are lost with it, {without} without.",
            signal=_signal(row["signal"]),
            stage=stage_title(row["stage"]),
            with_it=share(row["dropoff_share_with"]),
            without=share(row["dropoff_share_without"]),
        )
        for row in _ranked(friction)[:1]
        if row["difference_low_points"] > 0
    ]


def _signal(signal: str) -> str:
    return said(_SIGNALS[signal]) if signal in _SIGNALS else name(signal)


def _ranked(friction: pl.DataFrame) -> list[_Row]:
    """The signals of all, or of the chosen persona, that are lost more, the surest first; ties by stage and name."""
    whole = friction.filter((pl.col("persona") == main_persona(friction)) & pl.col("signal").is_in(SIGNALS))
    told = whole.filter(pl.col("is_ranked") & ~pl.col("is_suppressed") & pl.col("difference_low_points").is_not_null())
    return told.sort("difference_low_points", stage_order(), "signal", descending=[True, False, False]).to_dicts()


def _curves(felt: pl.DataFrame, titles: Mapping[str, str]) -> list[Html]:
    main = main_persona(felt)
    personas = [main, *sorted(set(felt["persona"].drop_nulls().to_list()) - {main})]
    drawn = [
        (f"p{place}", _persona(persona, titles), _curve(place, persona, felt))
        for place, persona in enumerate(personas)
        if persona == main or felt.filter((pl.col("persona") == persona) & pl.col("is_shown")).height
    ]
    return [switch("feelings-persona", said("Persona"), drawn)] if drawn else []


def _curve(place: int, persona: str, felt: pl.DataFrame) -> Html:
    return chart(
        f"feelings-curve-{place}",
        feelings_figure(felt.filter(pl.col("persona") == persona)),
        title=said("What customers said, and the friction they met"),
        definition=said(
            "Measured: the mean of all scores and texts on a scale from −1 (worst) to +1 (best). Inferred: the mean "
            "friction of the journeys in the stage, from errors, refunds, repeated contact, waiting and repetition; "
            "nobody was asked. The two are never added up. Bars: 95 % intervals over customers. Nothing is drawn "
            "below n = 30; there only n is written."
        ),
        table="mart.feeling",
    )


def _signals(friction: pl.DataFrame) -> list[Html]:
    rows = _ranked(friction)[:MAX_DRAWN]
    if friction.is_empty():
        return []
    return [
        chart(
            "feelings-friction",
            forest_figure(
                [_estimate(row) for row in rows],
                axis=said("points more (+) or fewer (−) lost"),
                kind="signed",
                empty=said("Too few settled journeys on both sides to compare."),
            ),
            title=said("What went wrong, and whether more are lost"),
            definition=said(
                "Percentage points by which more (orange) or fewer (blue) are lost of the journeys that met it in the "
                "stage than of those that did not, with 95 % intervals; only entrants whose window is over, and what "
                "happened before they moved on or were lost. An association, no effect."
            ),
            table="mart.friction",
        )
    ]


def _estimate(row: _Row) -> Estimate:
    label = said("{signal}, {stage}", signal=_signal(row["signal"]), stage=stage_title(row["stage"]))
    return Estimate.of_difference(
        row,
        label=label,
        sample=row["settled_with_count"],
        hover=(
            label,
            said(
                "lost {with_it} of {n} with it, {without} of {others} without",
                with_it=share(row["dropoff_share_with"]),
                n=count(row["settled_with_count"]),
                without=share(row["dropoff_share_without"]),
                others=count(row["settled_without_count"]),
            ),
            said(
                "{journeys} of {entered} journeys met it, {share}",
                journeys=count(row["journey_count"]),
                entered=count(row["entered_count"]),
                share=share(row["journey_share"]),
            ),
        ),
        is_loss=row["difference_points"] > 0,
    )


def _tables(felt: pl.DataFrame, friction: pl.DataFrame, titles: Mapping[str, str]) -> list[Html]:
    told = felt.filter(~pl.col("is_suppressed")).sort("persona", stage_order(), "kind", "measure")
    met = friction.filter(~pl.col("is_suppressed") & (pl.col("journey_count") > 0))
    met = met.sort(stage_order(), "signal", "persona")
    hidden = felt.filter("is_suppressed").height + friction.filter("is_suppressed").height
    note = [
        tag(
            "p",
            said("Left out, as of fewer than 5 customers or journeys: {n} rows.", n=count(hidden)),
            class_="definition",
        )
    ]
    return [
        folded(said("Show every mean as a table"), _feeling_table(told.to_dicts(), titles)),
        folded(said("Show everything that went wrong as a table"), _friction_table(met.to_dicts(), titles)),
        *(note if hidden else []),
    ]


def _feeling_table(rows: Sequence[_Row], titles: Mapping[str, str]) -> Html:
    caption = said(
        "Means by persona and stage; measured from −1 to +1, friction from 0 to 100. n: scores and texts, for friction "
        "stages entered, of which a journey can have several"
    )
    return table(_FEELING_COLUMNS, [_feeling_cells(row, titles) for row in rows], caption=caption)


def _feeling_cells(row: _Row, titles: Mapping[str, str]) -> tuple[str, ...]:
    is_measured = row["kind"] == "measured"
    told = signed(row["mean"], 2) if is_measured else friction_index(row["mean"])
    ends = (
        signed_interval(row["low"], row["high"], 2)
        if is_measured
        else f"{friction_index(row['low'])}–{friction_index(row['high'])}"
    )
    return (
        _persona(row["persona"], titles),
        said("All stages") if row["stage"] == _ALL else stage_title(row["stage"]),
        said("measured") if is_measured else said("inferred"),
        said(_MEASURES[row["measure"]]) if row["measure"] in _MEASURES else name(row["measure"]),
        told,
        ends,
        count(row["n"]),
        count(row["customer_count"]),
        day(row["freshest_at"]),
    )


def _persona(persona: str, titles: Mapping[str, str]) -> str:
    """Its title; where there is none, its key."""
    return said("All personas") if persona == _ALL else titles.get(persona) or name(persona)


def _friction_table(rows: Sequence[_Row], titles: Mapping[str, str]) -> Html:
    caption = said("What went wrong by stage and persona, and the shares lost with it and without")
    return table(_FRICTION_COLUMNS, [_friction_cells(row, titles) for row in rows], caption=caption)


def _friction_cells(row: _Row, titles: Mapping[str, str]) -> tuple[str, ...]:
    points = row["difference_points"] if row["is_ranked"] else None
    return (
        _signal(row["signal"]),
        _persona(row["persona"], titles),
        stage_title(row["stage"]),
        count(row["journey_count"]),
        count(row["entered_count"]),
        share(row["journey_share"]),
        interval(row["journey_low_share"], row["journey_high_share"]),
        share(row["dropoff_share_with"]),
        count(row["settled_with_count"]),
        share(row["dropoff_share_without"]),
        count(row["settled_without_count"]),
        signed(points),
        points_interval(row) if points is not None else MISSING,
    )
