"""Saved funnels: who went on, was lost or is still on the way at each step, and what the lost did instead."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from journey_analytics.language import said
from journey_analytics.report.blocks import Column, Section, chart, folded, grid, switch, table
from journey_analytics.report.figures.forest import Estimate, forest_figure
from journey_analytics.report.figures.funnels import activity_words, did_instead, funnel_figure, lost_before, step_words
from journey_analytics.report.markup import Html, join, tag
from journey_analytics.report.stored import retold
from journey_analytics.report.wording import (
    MISSING,
    SMALL_SAMPLE,
    capital,
    count,
    duration,
    interval,
    listed,
    name,
    readable,
    several,
    share,
)

_Row = dict[str, Any]
_STEP_COLUMNS = (
    Column("Step"), Column("Entered (n)", number=True), Column("Went on", number=True), Column("Lost", number=True),
    Column("Still open", number=True), Column("Went on, estimated", number=True), Column("95 % interval", number=True),
    Column("Went on, observed", number=True), Column("of n finished", number=True), Column("Of all", number=True),
    Column("95 % interval", number=True), Column("Half within", number=True),
)  # fmt: skip
_INSTEAD_COLUMNS = (
    Column("Lost after"), Column("Did next instead"), Column("Number", number=True), Column("of the lost", number=True),
)  # fmt: skip


def funnels(frames: Mapping[str, pl.DataFrame]) -> Section | None:
    """Each saved funnel, by name; null where none is saved."""
    rows = frames["mart.funnel"].filter(pl.col("funnel").is_not_null())
    names = rows["funnel"].unique().sort().to_list()
    if not names:
        return None
    parts = [
        (str(place), name(each), _funnel(_of(rows, each), _of(frames["mart.funnel_instead"], each), place))
        for place, each in enumerate(names)
    ]
    body = switch("funnel", said("Funnel"), parts) if len(parts) > 1 else parts[0][2]
    lead = join([tag("span", _said(_whole(_of(rows, each)))) for each in names])
    return Section("funnels", said("Your funnels") if len(names) > 1 else said("Your funnel"), lead, body)


def _of(rows: pl.DataFrame, funnel: str) -> pl.DataFrame:
    return rows.filter(pl.col("funnel") == funnel)


def _whole(rows: pl.DataFrame) -> list[_Row]:
    return rows.filter(pl.col("segment") == "all").sort("step_number").to_dicts()


def _said(steps: Sequence[_Row]) -> str:
    """How many get through, and the required step at which most are lost; ties go to the earlier one."""
    title = capital(name(steps[0]["funnel"])) if steps else ""
    required = [row for row in steps[1:] if not row["is_optional"]]
    if not required or not steps[0]["entered_count"]:
        return said("{title}: nobody has entered yet.", title=title) + " "
    told = [
        said(
            "{overall_share} of {entered_count} get through",
            overall_share=share(required[-1]["overall_share"]),
            entered_count=count(steps[0]["entered_count"]),
        )
    ]
    worst = min(
        (row for row in required if row["is_ranked"] and row["estimated_step_share"] is not None),
        key=lambda row: row["estimated_step_share"], default=None,
    )  # fmt: skip
    if worst:
        lost = share(1 - worst["estimated_step_share"])
        of = said("{lost} of {entered_count}", lost=lost, entered_count=count(worst["entered_count"]))
        told.append(said("the largest share is lost before {step} ({of})", step=name(worst["step"]), of=of))
    return f"{title}: {'; '.join(told)}. "


def _funnel(rows: pl.DataFrame, instead: pl.DataFrame, place: int) -> Html:
    steps = _whole(rows)
    if len(steps) < 2:  # noqa: PLR2004 - a step to get to, beside the entry
        return tag("p", said("Nobody has entered this funnel yet."), class_="empty")
    lost = instead.sort("step_number", "place", "activity", nulls_last=True).to_dicts()
    definition = _definition(steps[0])
    charts = grid("two", _counts(steps, lost, place, definition), _shares(steps, place))
    return join([charts, _step_table(steps, lost), *_instead_table(lost), *_split_table(rows)])


def _definition(row: _Row) -> str:
    return readable(retold(row["definition"])) if row["definition"] else said("No definition.")


def _counts(steps: Sequence[_Row], lost: Sequence[_Row], place: int, definition: str) -> Html:
    return chart(
        f"funnel-{place}",
        funnel_figure(steps, lost),
        title=said("What became of those at each step: {funnel}", funnel=name(steps[0]["funnel"])),
        definition=said(
            "{definition} Each bar: those who reached the step before = went on to this one + lost + still open.",
            definition=definition,
        ),
    )


def _shares(steps: Sequence[_Row], place: int) -> Html:
    shown = [row for row in steps[1:] if row["estimated_step_share"] is not None]
    notes = sorted({row["estimate_note"] for row in steps if row["estimate_note"]})
    untold = (
        (
            " "
            + said(
                "Instead of an estimate: {readable}.", readable="; ".join((retold(readable(note)) for note in notes))
            )
        )
        if notes
        else ""
    )
    return chart(
        f"funnel-share-{place}",
        forest_figure(
            [_estimate(row) for row in shown],
            axis=said("go on, share of those before"),
            kind="share",
            empty=said("Too few were watched long enough for a share."),
        ),
        title=said("Share that goes on to each step"),
        definition=said(
            "Of those who reach the step before, both within the funnel's time; open ones count for as long as "
            "they were seen. Lines: 95 % intervals. Hollow: fewer than {least}.{untold}",
            least=SMALL_SAMPLE,
            untold=untold,
        ),
    )


def _estimate(row: _Row) -> Estimate:
    low, high = row["estimated_low_share"], row["estimated_high_share"]
    return Estimate(
        label=step_words(row),
        told=f"{share(row['estimated_step_share'])} ({interval(low, high)})",
        value=row["estimated_step_share"],
        low=low,
        high=high,
        sample=row["entered_count"],
        hover=(
            step_words(row),
            said(
                "{estimated_step_share} of {entered_count} go on, 95 % interval {interval}",
                estimated_step_share=share(row["estimated_step_share"]),
                entered_count=count(row["entered_count"]),
                interval=interval(low, high),
            ),
            said(
                "observed {observed_step_share} of {observed_count} whose time is over",
                observed_step_share=share(row["observed_step_share"]),
                observed_count=count(row["observed_count"]),
            ),
            said(
                "half of those who go on do so within {median_seconds}", median_seconds=duration(row["median_seconds"])
            ),
        ),
    )


def _step_table(steps: Sequence[_Row], lost: Sequence[_Row]) -> Html:
    instead = [(row, did_instead(lost_before(row, steps, lost))) for row in steps[1:]]
    told = [said("before {step}: {did}", step=name(row["step"]), did=did) for row, did in instead if did]
    numbers = table(
        _STEP_COLUMNS, [_cells(row, step_words(row)) for row in steps], caption=said("Steps, each of those before it")
    )
    words = [tag("p", said("What the lost did next instead, {told}.", told="; ".join(told)))] if told else []
    return join([*words, numbers])


def _cells(row: _Row, first: str) -> tuple[str, ...]:
    is_first = row["step_number"] == 1
    mark = " *" if row["entered_count"] < SMALL_SAMPLE else ""
    return (
        first,
        count(row["entered_count"]) + mark,
        MISSING if is_first else count(row["advanced_count"]),
        MISSING if is_first else count(row["dropped_count"]),
        MISSING if is_first else count(row["open_count"]),
        MISSING if is_first else share(row["estimated_step_share"]),
        MISSING if is_first else interval(row["estimated_low_share"], row["estimated_high_share"]),
        MISSING if is_first else share(row["observed_step_share"]),
        MISSING if is_first else count(row["observed_count"]),
        share(row["overall_share"]),
        MISSING if is_first else interval(row["overall_low_share"], row["overall_high_share"]),
        duration(row["median_seconds"]),
    )


def _instead_table(lost: Sequence[_Row]) -> list[Html]:
    rows = [(name(row["step"]), activity_words(row), count(row["unit_count"]), share(row["share"])) for row in lost]
    if not rows:
        return []
    caption = said(
        "The first thing done after the last step reached; the rows of a step add up to all who were lost there"
    )
    return [
        folded(said("Show what the lost did instead as a table"), table(_INSTEAD_COLUMNS, rows, caption=caption)),
    ]


def _split_table(rows: pl.DataFrame) -> list[Html]:
    """The steps by the values of the funnel's breakdown, if it has one."""
    split = rows.filter(pl.col("segment") != "all").sort("segment", "segment_value", "step_number").to_dicts()
    if not split:
        return []
    columns = (Column("By"), *_STEP_COLUMNS)
    cells = [(f"{name(row['segment'])} {name(row['segment_value'])}", *_cells(row, step_words(row))) for row in split]
    caption = said(
        "Steps by {listed}. * fewer than {least} entered",
        listed=listed(sorted({name(row["segment"]) for row in split})),
        least=SMALL_SAMPLE,
    )
    what = several(len({(row["segment"], row["segment_value"]) for row in split}), "value")
    return [folded(said("Show the steps by {what}", what=what), table(columns, cells, caption=caption))]
