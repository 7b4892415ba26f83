"""The section about the inference itself: how sure identities, journeys and stages are, and what depends on choices."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from journey_analytics.report.blocks import Column, Section, chart, folded, grid, table
from journey_analytics.report.figures import inference as drawn
from journey_analytics.report.figures.dropoff import stage_order
from journey_analytics.report.figures.inference import Part
from journey_analytics.report.figures.segments import ranking_stage
from journey_analytics.report.inference_blocks import not_yet, part, quality_items
from journey_analytics.report.inference_checks import audit, sensitivity
from journey_analytics.report.inference_identity import OWN, identity
from journey_analytics.report.inference_words import (
    cut_reason,
    judged_item,
    share_right,
    stages_listed,
)
from journey_analytics.report.markup import Html, join, tag
from journey_analytics.report.unknown_activities import unknown_activities, unknown_words
from journey_analytics.report.wording import (
    MISSING,
    SMALL_SAMPLE,
    count,
    interval,
    listed,
    moment,
    name,
    several,
    share,
    stage_title,
)

Frames = Mapping[str, pl.DataFrame]
_Row = dict[str, Any]

_LIMIT_COLUMNS = (
    Column("Stage"), Column("Configured", number=True), Column("Learnt", number=True), Column("Used", number=True),
    Column("Pauses", number=True), Column("Returns", number=True), Column("Still silent", number=True),
    Column("New needs per day", number=True), Column("Wrongly cut, per pause", number=True),
    Column("Wrongly joined, per pause", number=True), Column("Why"),
)  # fmt: skip
_REGRESSION_COLUMNS = (
    Column("From"), Column("Back to"), Column("Journeys", number=True), Column("of journeys that entered", number=True),
    Column("Share", number=True), Column("Times", number=True),
)  # fmt: skip


def inference(frames: Frames) -> Section:
    """The score of our own stitching, cutting and staging, beside what other choices and people's judgement say."""
    parts = (identity(frames), _journeys(frames), _stages(frames), sensitivity(frames), audit(frames))
    return Section("inference", "How sure the inference is", _lead(frames), join(parts))


def _lead(frames: Frames) -> Html:
    said = [*_own_words(frames), *_login_words(frames), *_rank_words(frames), *_judged_words(frames)]
    if not said:
        return tag("span", "Nothing about the inference was measured yet: ", tag("code", "journey run"), " does it.")
    text = "; ".join(said)
    return tag("span", f"{text[0].upper()}{text[1:]}.")


def _own_words(frames: Frames) -> list[str]:
    own = [part["share"] for part in quality_items(frames, "unresolved") if part["item"] == OWN]
    return (
        [f"{share(own[0])} of touchpoints name their customer themselves, the others are inferred or set aside"]
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
    hard = f" ({_right_share(shared)} where several people use the device)" if shared["tried_count"].sum() else ""
    return [
        f"a login hidden as a test was given to the right customer in {_right_share(logins)} of {count(tried)} "
        f"tries{hard}"
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
    others = f"the {count(ranked)} other" if ranked is not None else "the other"
    return [
        f"the biggest loss ({stage_title(str(stage)).lower()}) keeps its rank in {kept} of {others} settings that "
        "rank it"
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
    others = f", the lowest of {len(rows)} kinds" if len(rows) > 1 else ""
    judged = several(row["judged_count"], f"judged {judged_item(row['kind'])}")
    return (
        f"of {judged} {share_right(row['precision_share'])} are right "
        f"(95\u00a0% interval {interval(row['low_share'], row['high_share'])}){others}"
    )


def _too_few(rows: Sequence[_Row]) -> str:
    were = "was" if sum(row["judged_count"] for row in rows) == 1 else "were"
    items = listed([several(row["judged_count"], judged_item(row["kind"])) for row in rows])
    return f"{items} {were} judged, too few for a share"


def _journeys(frames: Frames) -> Html:
    title = "Where a journey begins"
    reasons = quality_items(frames, "cut_reason")
    limits = frames["core.inactivity_limit"]
    if not reasons and limits.is_empty():
        return part(
            title, not_yet("Why journeys begin, and the pauses that end one, are measured by", "journey run", ".")
        )
    figures = grid("two", _cut_chart(reasons), _limit_chart(limits))
    return part(title, _limit_words(limits), _signal_words(frames["core.need_signal"]), figures, _limit_table(limits))


def _cut_chart(reasons: Sequence[_Row]) -> Html:
    if not reasons:
        return not_yet("Journeys by why they began are counted by", "journey run", ".")
    parts = [Part(cut_reason(row["item"]), row["n"], row["share"] or 0.0, "journeys") for row in reasons]
    return chart(
        "inference-cut",
        drawn.parts_figure(parts, axis="share of journeys"),
        title="Why journeys begin",
        definition="Every journey, contact-only ones included, by what separates it from the customer's one before.",
        heading="h4",
    )


def _limit_chart(limits: pl.DataFrame) -> Html:
    if limits.is_empty():
        return not_yet("The pauses that end a journey are learnt by", "journey run", ".")
    return chart(
        "inference-limit",
        drawn.limits_figure(limits),
        title="The pause that ends a journey",
        definition="By the stage the customer was in. Learnt: the day at which the fewest decisions are expected to be "
        "wrong, cut too early or joined too late; pauses that still last count for as long as they were seen. Where "
        "there is too little data the configured limit is used.",
        heading="h4",
    )


def _limit_words(limits: pl.DataFrame) -> Html | None:
    if limits.is_empty():
        return None
    learnt = limits.filter(pl.col("learnt_days").is_not_null()).sort(stage_order())
    if learnt.is_empty():
        return tag("p", "The pauses that end a journey are those configured; none was learnt.")
    until = learnt["learnt_until_at"][0]
    told = f" from what happened before {moment(until)}" if until is not None else ""
    return tag(
        "p", f"The pause that ends a journey was learnt{told} for {_stage_list(learnt)}; otherwise as configured."
    )


def _stage_list(rows: pl.DataFrame) -> str:
    return stages_listed(rows["stage"].to_list())


def _signal_words(signals: pl.DataFrame) -> Html | None:
    rows = signals.sort("signal", descending=True).to_dicts()
    if not rows:
        return None
    stays = [row for row in rows if (row["signal"] or "").startswith("arrival by") and not row["is_used"]]
    told = [_signal_sentence(row) for row in rows if row not in stays]
    return tag("p", " ".join([*told, *([_stays_sentence(stays)] if stays else [])]))


def _stays_sentence(rows: Sequence[_Row]) -> str:
    """The activities whose visits are left with the need they fall into, in one sentence."""
    names = [name(row["signal"].rpartition(" ")[2]) for row in rows]
    listed = " or ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
    visits = count(sum(row["pair_count"] or 0 for row in rows))
    return f"A visit that opens with {listed} in the middle of a need stays with it ({visits} visits)."


def _signal_sentence(row: _Row) -> str:
    kind, _, what = (row["signal"] or "").rpartition(" ")
    pairs = f"; {count(row['pair_count'])} pairs of visits compared" if row["pair_count"] else ""
    if kind == "arrival by":
        begins = "is taken for the beginning of another" if row["is_used"] else "goes with it"
        return (
            f"A visit in the middle of a need that opens with {name(what)} {begins} ({name(row['reason'])}; "
            f"{count(row['pair_count'])} visits)."
        )
    if kind == "topic of":
        told = "are read like those of the other sources" if row["is_used"] else "are left out"
        return f"Topics of {name(what)} {told} ({name(row['reason'])}{pairs})."
    used = "is taken for another need" if row["is_used"] else "does not begin another need"
    return f"Another {name(row['signal'])} {used} ({name(row['reason'])}{pairs})."


def _limit_table(limits: pl.DataFrame) -> Html | None:
    rows = [_limit_cells(row) for row in limits.sort(stage_order()).iter_rows(named=True)]
    if not rows:
        return None
    numbers = table(_LIMIT_COLUMNS, rows, caption="Pauses between the touchpoints of a customer before a purchase")
    return folded("Show how the pauses were learnt as a table", numbers)


def _limit_cells(row: _Row) -> tuple[str, ...]:
    return (
        stage_title(row["stage"]),
        _days(row["configured_days"]),
        _days(row["learnt_days"]),
        _days(row["used_days"]),
        count(row["pause_count"]),
        count(row["return_count"]),
        count(row["censored_count"]),
        _small(row["background_share_per_day"]),
        share(row["wrong_cut_share"]),
        share(row["wrong_join_share"]),
        name(row["reason"]),
    )


def _days(value: int | None) -> str:
    return MISSING if value is None else f"{count(value)} days"


def _small(value: float | None) -> str:
    """A share per day: it is far below a per cent."""
    return MISSING if value is None else f"{value * 100:.2f}\u00a0%"


def _stages(frames: Frames) -> Html:
    title = "Which stage it is"
    confidence, regressions = quality_items(frames, "stage_confidence"), _regressions(frames)
    charts = [
        *([_confidence_chart(confidence)] if confidence else []),
        *([_regression_chart(regressions)] if regressions else []),
    ]
    figures = grid("two", *charts) if charts else not_yet("How sure stages are is counted by", "journey run", ".")
    return part(
        title,
        unknown_words(frames["mart.headline"]),
        figures,
        _regression_table(regressions),
        unknown_activities(frames),
    )


def _confidence_chart(confidence: Sequence[_Row]) -> Html:
    parts = [Part(_band(row["item"]), row["n"], row["share"] or 0.0, "touchpoints with a stage") for row in confidence]
    return chart(
        "inference-stage",
        drawn.parts_figure(parts, axis="share of touchpoints"),
        title="How sure the stage is",
        definition="Touchpoints with a stage by the confidence that the rule states for it, 0 to 1: how often it is "
        "expected to be right.",
        heading="h4",
    )


def _band(item: str) -> str:
    return f"Confidence {item}"


def _regressions(frames: Frames) -> list[_Row]:
    rows = frames["mart.stage_regression"].filter(pl.col("journey_share").is_not_null())
    return rows.sort("journey_share", "from_stage", "to_stage", descending=[True, False, False]).to_dicts()


def _regression_chart(regressions: Sequence[_Row]) -> Html:
    parts = [
        Part(
            _way(row), row["journey_count"], row["journey_share"], f"journeys that entered {_lower(row['from_stage'])}"
        )
        for row in regressions
    ]
    return chart(
        "inference-regression",
        drawn.parts_figure(parts, axis="share of those that entered"),
        title="Journeys that fall back a stage",
        definition="Of the journeys that entered the first of the two stages, those in which an act before the "
        "purchase belongs to a lower stage than the act before it. People do go back; a sudden rise of it is a sign "
        "of wrong stages.",
        heading="h4",
    )


def _way(row: _Row) -> str:
    return f"{stage_title(row['from_stage'])} to {_lower(row['to_stage'])}"


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
        folded("Show the falls back as a table", table(_REGRESSION_COLUMNS, rows, caption="Falls back"))
        if rows
        else None
    )
