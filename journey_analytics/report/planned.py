"""Planned and actual: how journeys differ from those that were designed, as a section."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from journey_analytics.contract import START
from journey_analytics.language import number, said
from journey_analytics.planned.sentences import (
    CAUTION,
    NEVER,
    SIGHT,
    UNPLANNED,
    costliest,
    deviation_words,
    fit_sentence,
)
from journey_analytics.report.blocks import Column, Section, chart, folded, switch, table
from journey_analytics.report.figures.planned import deviation_figure, stake_words
from journey_analytics.report.markup import Html, join, tag
from journey_analytics.report.stored import retold
from journey_analytics.report.wording import (
    MISSING,
    capital,
    count,
    interval,
    name,
    points_interval,
    several,
    share,
    signed,
    stage_title,
)

MAX_DEVIATIONS = 10
"""Deviations that are drawn: the costliest first, then those of most journeys; the table has all of them."""

_Row = Mapping[str, Any]
_COLUMNS = (
    Column("What"), Column("Deviation"), Column("Mostly after"), Column("Stage"),
    Column("Journeys", number=True), Column("of", number=True),
    Column("Share", number=True), Column("95 % interval", number=True), Column("Lost with it", number=True),
    Column("Lost without", number=True), Column("Difference, points", number=True),
    Column("95 % interval", number=True), Column("At stake", number=True), Column("Note"),
)  # fmt: skip
_TOUCHPOINT_COLUMNS = (
    Column("Touchpoint"), Column("Stage"), Column("Journeys", number=True), Column("of all", number=True),
    Column("Note"),
)  # fmt: skip
_MEANING = (
    "Left out: of the journeys that are seen to go on past its place. Out of place: planned, and not there or not "
    "again; not planned: nowhere in the plan; both of the journeys that came to a planned step after which it occurs."
)


def planned(frames: Mapping[str, pl.DataFrame]) -> Section | None:
    """How many keep to each plan, their deviations, and what never happens or was not planned; None without a plan."""
    fits = frames["mart.planned_fit"].sort("planned").to_dicts()
    if not fits:
        return None
    parts = [(fit["planned"], capital(name(fit["planned"])), _plan(frames, fit, at)) for at, fit in enumerate(fits)]
    body = switch("planned-journey", said("Plan"), parts) if len(parts) > 1 else parts[0][2]
    return Section("planned", said("Planned and actual"), _lead(frames, fits[0]), body)


def _of(frames: Mapping[str, pl.DataFrame], table_name: str, fit: _Row) -> list[dict[str, Any]]:
    rows = frames[table_name].filter(pl.col("planned") == fit["planned"])
    return rows.sort("place").to_dicts()


def _lead(frames: Mapping[str, pl.DataFrame], fit: _Row) -> Html:
    rows = _of(frames, "mart.deviation", fit)
    worst = costliest(rows)
    costs = (" " + said("Costliest: {costs}", costs=_costs(worst))) if worst else ""
    most = [
        (
            " "
            + said(
                "Most often: {activity} {row}, in {affected_count} of {journeys} ({affected_share}).",
                activity=name(row["activity"]),
                row=deviation_words(row),
                affected_count=count(row["affected_count"]),
                journeys=several(row["journey_count"], "journey"),
                affected_share=share(row["affected_share"]),
            )
        )
        for row in rows[:1]
    ]
    return tag("span", f"{_told(fit)}.{costs}{''.join(most)}")


def _costs(row: _Row) -> str:
    lost, other = share(row["dropoff_share_with"]), share(row["dropoff_share_without"])
    return said(
        "{activity} {row}, {lost} of {journeys} lost with it and {other} of {settled_without_count} without "
        "that came to the same place ({difference_points} points, 95\u00a0% {points_interval}): {money} at "
        "stake.",
        activity=name(row["activity"]),
        row=deviation_words(row),
        lost=lost,
        journeys=several(row["settled_with_count"], "settled journey"),
        other=other,
        settled_without_count=count(row["settled_without_count"]),
        difference_points=signed(row["difference_points"]),
        points_interval=points_interval(row),
        money=stake_words(row),
    )


def _told(fit: _Row) -> str:
    return f"{capital(name(fit['planned']))}: {fit_sentence(fit)}".replace(" %", "\u00a0%")


def _plan(frames: Mapping[str, pl.DataFrame], fit: _Row, place: int) -> Html:
    deviations, touchpoints = (
        _of(frames, table_name, fit) for table_name in ("mart.deviation", "mart.planned_touchpoint")
    )
    return join(
        [*_drawn(deviations, fit, place), tag("p", _quality(fit), class_="definition"), *_touchpoints(touchpoints)]
    )


def _drawn(rows: Sequence[_Row], fit: _Row, place: int) -> list[Html]:
    if not rows:
        return []
    shown = _costliest_first(rows)[:MAX_DEVIATIONS]
    part = (
        (said("the {shown} costliest, then of most journeys, of", shown=len(shown)) + " ")
        if len(shown) < len(rows)
        else ""
    )
    figure = chart(
        f"planned-{place}",
        deviation_figure(shown),
        title=said("Deviations from {planned}", planned=name(fit["planned"])),
        definition=said(
            "{part}{deviations}. {meaning} {sight} Orange: more of the journeys with it are lost than of those "
            "without; blue: fewer, or it cannot be told.",
            part=capital(part),
            deviations=several(len(rows), "deviation"),
            meaning=said(_MEANING),
            sight=said(SIGHT),
        ),
    )
    caption = said("Deviations from the plan, those of most journeys first. {caution}", caution=said(CAUTION))
    listed = folded(said("Show every deviation as a table"), table(_COLUMNS, map(_cells, rows), caption=caption))
    return [figure, listed]


def _costliest_first(rows: Sequence[_Row]) -> list[_Row]:
    return sorted(rows, key=lambda row: (row["stake_place"] is None, row["stake_place"] or row["place"]))


def _cells(row: _Row) -> tuple[str, ...]:
    moved = (
        said("; {moved_count} have it elsewhere", moved_count=count(row["moved_count"])) if row["moved_count"] else ""
    )
    return (
        capital(name(row["activity"])),
        f"{deviation_words(row)}{moved}",
        _after(row),
        stage_title(row["stage"]) if row["stage"] else MISSING,
        count(row["affected_count"]),
        count(row["journey_count"]),
        share(row["affected_share"]),
        interval(row["affected_low_share"], row["affected_high_share"]),
        share(row["dropoff_share_with"]),
        share(row["dropoff_share_without"]),
        signed(row["difference_points"]),
        points_interval(row),
        stake_words(row),
        retold(row["note"] or MISSING),
    )


def _after(row: _Row) -> str:
    after = row["after_activity"]
    return MISSING if after is None else said("the start") if after == START else capital(name(after))


def _quality(fit: _Row) -> str:
    seen = said(
        "{journeys}, {open_count} of them still open and {left_censored_count} that may have begun before the data.",
        journeys=several(fit["journey_count"], "journey"),
        open_count=count(fit["open_count"]),
        left_censored_count=count(fit["left_censored_count"]),
    )
    if fit["fitness"] is None:
        return seen
    precision = MISSING if fit["precision"] is None else number(f"{fit['precision']:.2f}")
    return said(
        "{seen} Fitness {fitness}: 1 where nothing deviates from the plan, 0 where nothing matches it "
        "({full_fitness} if every journey had to be whole). Precision {precision}: of the next steps that "
        "the plan allows, the part that journeys took.",
        seen=seen,
        fitness=number(f"{fit['fitness']:.2f}"),
        full_fitness=number(f"{fit['full_fitness']:.2f}"),
        precision=precision,
    )


def _touchpoints(rows: Sequence[_Row]) -> list[Html]:
    never = [row for row in rows if row["state"] == NEVER]
    unplanned = [row for row in rows if row["state"] == UNPLANNED]
    return [
        _listing(said("Planned and never happens: {never}", never=len(never)), never, is_open=bool(never)),
        _listing(said("Happens and nobody planned it: {unplanned}", unplanned=len(unplanned)), unplanned),
    ]


def _listing(summary: str, rows: Sequence[_Row], *, is_open: bool = False) -> Html:
    cells = (
        (
            capital(name(row["activity"])),
            stage_title(row["stage"]) if row["stage"] else MISSING,
            count(row["journey_count"]),
            share(row["journey_share"]),
            retold(row["note"] or MISSING),
        )
        for row in rows
    )
    caption = said("Journeys in which it happens, of all active journeys")
    return folded(summary, table(_TOUCHPOINT_COLUMNS, cells, caption=caption, empty=said("None.")), is_open=is_open)
