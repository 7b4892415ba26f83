"""The section about the inference itself: how sure identities, journeys and stages are, and what depends on choices."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from journey_analytics.language import said
from journey_analytics.report.blocks import Column, Section, chart, folded, grid, table
from journey_analytics.report.figures import inference as drawn
from journey_analytics.report.figures.inference import Part
from journey_analytics.report.figures.segments import ranking_stage
from journey_analytics.report.inference_blocks import not_yet, part, quality_items
from journey_analytics.report.inference_checks import audit, sensitivity
from journey_analytics.report.inference_cuts import cuts
from journey_analytics.report.inference_identity import OWN, identity
from journey_analytics.report.inference_words import judged_items, share_right
from journey_analytics.report.markup import Html, join, phrase, tag
from journey_analytics.report.stored import retold
from journey_analytics.report.unknown_activities import unknown_activities, unknown_words
from journey_analytics.report.wording import SMALL_SAMPLE, count, interval, listed, share, stage_title

Frames = Mapping[str, pl.DataFrame]
_Row = dict[str, Any]

_REGRESSION_COLUMNS = (
    Column("From"), Column("Back to"), Column("Journeys", number=True), Column("of journeys that entered", number=True),
    Column("Share", number=True), Column("Times", number=True),
)  # fmt: skip


def inference(frames: Frames) -> Section:
    """The score of our own stitching, cutting and staging, beside what other choices and people's judgement say."""
    parts = (identity(frames), cuts(frames), _stages(frames), sensitivity(frames), audit(frames))
    return Section("inference", said("How sure the inference is"), _lead(frames), join(parts))


def _lead(frames: Frames) -> Html:
    told = [*_own_words(frames), *_login_words(frames), *_rank_words(frames), *_judged_words(frames)]
    if not told:
        return tag(
            "span",
            phrase(
                "Nothing about the inference was measured yet: {command} does it.", command=tag("code", "journey run")
            ),
        )
    text = "; ".join(told)
    return tag("span", f"{text[0].upper()}{text[1:]}.")


def _own_words(frames: Frames) -> list[str]:
    own = [part["share"] for part in quality_items(frames, "unresolved") if part["item"] == OWN]
    return (
        [
            said(
                "{own} of touchpoints name their customer themselves, the others are inferred or set aside",
                own=share(own[0]),
            )
        ]
        if own
        else []
    )


def _login_words(frames: Frames) -> list[str]:
    """How often the nearest login is right, and where that is hard: on devices that several customers use."""
    logins = frames["core.login_reliability"].filter(pl.col("device_kind") != "no_login")
    tried = int(logins["tried_count"].sum())
    if not tried:
        return []
    shared = logins.filter(pl.col("device_kind") == "several_customers")
    hard = (
        (" " + said("({right_share} where several people use the device)", right_share=_right_share(shared)))
        if shared["tried_count"].sum()
        else ""
    )
    return [
        said(
            "a login hidden as a test was given to the right customer in {right_share} of {tried} tries{hard}",
            right_share=_right_share(logins),
            tried=count(tried),
            hard=hard,
        )
    ]


def _right_share(logins: pl.DataFrame) -> str:
    return share_right(int(logins["right_count"].sum()) / int(logins["tried_count"].sum()))


def _rank_words(frames: Frames) -> list[str]:
    """In how many of the other settings that rank the stage with the biggest loss it keeps its rank."""
    stage = ranking_stage(frames["mart.stage_dropoff"])
    whole = (
        pl.col("stage").eq_missing(pl.lit(stage)) & (pl.col("dimension") == "all") & pl.col("flip_share").is_not_null()
    )
    rows = frames["mart.sensitivity_range"].filter(whole).to_dicts()
    if not rows:
        return []
    kept = share(1 - rows[0]["flip_share"])
    ranked = rows[0]["ranked_count"]
    others = said("the {ranked} other", ranked=count(ranked)) if ranked is not None else said("the other")
    return [
        said(
            "the biggest loss ({lower}) keeps its rank in {kept} of {others} settings that rank it",
            lower=stage_title(str(stage)).lower(),
            kept=kept,
            others=others,
        )
    ]


def _judged_words(frames: Frames) -> list[str]:
    """The kind of which the fewest were judged right; of a kind with few judged items no share, but their number."""
    rows = frames["mart.audit_precision"].filter(
        (pl.col("stratum") == "all") & (pl.col("judged_count") > 0) & pl.col("precision_share").is_not_null()
    )
    is_enough = pl.col("judged_count") >= SMALL_SAMPLE
    told = rows.filter(is_enough).sort("precision_share", "kind").to_dicts()
    few = rows.filter(~is_enough).sort("judged_count", "kind", descending=[True, False]).to_dicts()
    return [*([_lowest(told)] if told else []), *([_too_few(few)] if few else [])]


def _lowest(rows: Sequence[_Row]) -> str:
    row = rows[0]
    others = said(", the lowest of {rows} kinds", rows=len(rows)) if len(rows) > 1 else ""
    judged = judged_items(row["judged_count"], row["kind"], is_said=True)
    return said(
        "of {judged} {precision_share} are right (95\u00a0% interval {interval}){others}",
        judged=judged,
        precision_share=share_right(row["precision_share"]),
        interval=interval(row["low_share"], row["high_share"]),
        others=others,
    )


def _too_few(rows: Sequence[_Row]) -> str:
    items = listed([judged_items(row["judged_count"], row["kind"]) for row in rows])
    if sum(row["judged_count"] for row in rows) == 1:
        return said("{items} was judged, too few for a share", items=items)
    return said("{items} were judged, too few for a share", items=items)


def _stages(frames: Frames) -> Html:
    title = said("Which stage it is")
    confidence, regressions = quality_items(frames, "stage_confidence"), _regressions(frames)
    charts = [
        *([_confidence_chart(confidence)] if confidence else []),
        *([_regression_chart(regressions)] if regressions else []),
    ]
    figures = grid("two", *charts) if charts else not_yet("How sure stages are is counted by {command}.", "journey run")
    return part(
        title,
        unknown_words(frames["mart.headline"]),
        figures,
        _regression_table(regressions),
        unknown_activities(frames),
    )


def _confidence_chart(confidence: Sequence[_Row]) -> Html:
    parts = [
        Part(_band(row["item"]), row["n"], row["share"] or 0.0, said("touchpoints with a stage")) for row in confidence
    ]
    return chart(
        "inference-stage",
        drawn.parts_figure(parts, axis=said("share of touchpoints")),
        title=said("How sure the stage is"),
        definition=said(
            "Touchpoints with a stage by the confidence that the rule states for it, 0 to 1: how often it is "
            "expected to be right."
        ),
        heading="h4",
    )


def _band(item: str) -> str:
    return said("Confidence {item}", item=retold(item))


def _regressions(frames: Frames) -> list[_Row]:
    rows = frames["mart.stage_regression"].filter(pl.col("journey_share").is_not_null())
    return rows.sort("journey_share", "from_stage", "to_stage", descending=[True, False, False]).to_dicts()


def _regression_chart(regressions: Sequence[_Row]) -> Html:
    parts = [
        Part(
            _way(row),
            row["journey_count"],
            row["journey_share"],
            said("journeys that entered {lower}", lower=_lower(row["from_stage"])),
        )
        for row in regressions
    ]
    return chart(
        "inference-regression",
        drawn.parts_figure(parts, axis=said("share of those that entered")),
        title=said("Journeys that fall back a stage"),
        definition=said(
            "Of the journeys that entered the first of the two stages, those in which an act before the purchase "
            "belongs to a lower stage than the act before it. People do go back; a sudden rise of it is a sign "
            "of wrong stages."
        ),
        heading="h4",
    )


def _way(row: _Row) -> str:
    return said("{from_stage} to {lower}", from_stage=stage_title(row["from_stage"]), lower=_lower(row["to_stage"]))


def _lower(stage: str) -> str:
    return stage_title(stage).lower()


def _regression_table(regressions: Sequence[_Row]) -> Html | None:
    rows = [
        (
            stage_title(row["from_stage"]), stage_title(row["to_stage"]), count(row["journey_count"]),
            count(row["entered_count"]), share(row["journey_share"]), count(row["regression_count"]),
        )
        for row in regressions
    ]  # fmt: skip
    return (
        folded(said("Show the falls back as a table"), table(_REGRESSION_COLUMNS, rows, caption=said("Falls back")))
        if rows
        else None
    )
