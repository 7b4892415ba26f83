"""The sections about the numbers themselves: the quality of the load, the definitions."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from journey_analytics.language import said
from journey_analytics.report.blocks import Column, Section, folded, table
from journey_analytics.report.markup import Html, join, tag
from journey_analytics.report.wording import MISSING, count, duration, listed, moment, name, several, share

Frames = Mapping[str, pl.DataFrame]

_REASONS_SHOWN = 10

DEFINITIONS = (
    ("Touchpoint", "one event that a customer could notice: a page view, a click in an e-mail, an order, a ticket."),
    (
        "Customer",
        "whom several identities (logins, e-mail addresses, devices) were resolved to. Customers and journeys are "
        "never mixed in one figure.",
    ),
    (
        "Journey",
        "the touchpoints of one customer over all sources toward one need. It ends with inactivity, an explicit end "
        "such as "
        "unsubscribing, or when a new need begins after a purchase.",
    ),
    (
        "Contact-only journey",
        "one in which the customer was only sent e-mails (delivered, bounced, or opened by a machine) and reacted to "
        "none. It is kept and counted, but in no figure about journeys: nobody began there.",
    ),
    (
        "Converted, lost, open",
        "a journey is converted when it has a purchase, lost when it was closed without one, open when it is neither "
        "yet. "
        "Open journeys are shown apart, never as lost.",
    ),
    (
        "Stage",
        "awareness, then consideration, decision, post-purchase, given to each touchpoint by documented rules that "
        "also look at what came "
        "before. No rule matches: no stage, counted under the inference.",
    ),
    (
        "Opportunity",
        "what would be won per month if a barrier, a stage for one value of a segment, were lifted to the level of "
        "comparable values. Barriers overlap: their gains are not to be added up.",
    ),
    (
        "Driver",
        "something that goes with being lost more, or less, often than comparable journeys without it; an "
        "association, never a cause.",
    ),
    (
        "Entered",
        "a journey enters a stage at its first touchpoint there; post-purchase at the purchase. Denominator of the "
        "estimated share.",
    ),
    (
        "Moved on",
        "within the stage's window after entering, a later touchpoint of a higher stage; from decision: the "
        "purchase; from post-purchase: "
        "the next purchase.",
    ),
    (
        "Confidence",
        "how often something inferred (an identity, a stage) is expected to be right, 0 to 1: measured where the data "
        "allow it, stated by a rule where not.",
    ),
    ("Lost in a stage", "the window passed without moving on, or the journey was closed before."),
    (
        "Estimated share lost",
        "1 − the share expected to move on within the window (Aalen–Johansen), over all journeys that entered; open "
        "ones count "
        "for as long as they were seen.",
    ),
    ("Observed share lost", "lost ÷ (moved on + lost), only over journeys whose window was over at the cut-off."),
    ("95 % interval", "where the true share plausibly lies. Below 30 journeys a value is marked and not ranked."),
    ("Time in stage", "percentiles of the time to moving on, of all that entered; not a mean over those who made it."),
    ("Transition", "one activity directly followed by another within a journey."),
    (
        "Variant",
        "the ordered list of activities (or stages) of a journey. Shares are of all journeys except contact-only ones.",
    ),
    (
        "Cut-off",
        "the last moment up to which every source is known to be complete. A silent source holds it back, so missing "
        "data does not look like "
        "lost customers.",
    ),
)


def load_quality(frames: Frames) -> Section:
    """What was read and refused, and how fresh each source is."""
    body = [
        _source_table(frames["mart.source_quality"]),
        tag("h3", said("Refused rows by reason")),
        _rejected_table(frames["mart.rejected_reason"]),
    ]
    return Section("quality", said("Data quality"), _quality_lead(frames), join(body))


def _quality_lead(frames: Frames) -> Html:
    silent = [row["source"] for row in frames["mart.source_quality"].iter_rows(named=True) if row["is_silent"]]
    warning = (
        tag(
            "strong",
            (said("Silent source: {listed}.", listed=listed([name(source) for source in silent])) + " "),
            class_="warn",
        )
        if silent
        else None
    )
    rows = frames["mart.headline"].to_dicts()
    if not rows:
        return tag("span", warning, said("Nothing was loaded yet."))
    row = rows[0]
    return tag(
        "span",
        warning,
        said(
            "{rows} read from {files}; {rejected_count} refused, {duplicate_count} known already.",
            rows=several(row["read_count"] or 0, "row"),
            files=several(row["file_count"] or 0, "file"),
            rejected_count=count(row["rejected_count"]),
            duplicate_count=count(row["duplicate_count"]),
        ),
    )


def _source_table(sources: pl.DataFrame) -> Html:
    columns = (
        Column("Source"),
        Column("Files", number=True),
        Column("Rows read", number=True),
        Column("Accepted", number=True),
        Column("Duplicates", number=True),
        Column("Refused", number=True),
        Column("Refused, of rows read", number=True),
        Column("Without stage, of touchpoints", number=True),
        Column("Last event", number=True),
        Column("State"),
    )
    rows = [_source_cells(row) for row in sources.sort("source").iter_rows(named=True)]
    return table(
        columns,
        rows,
        caption=said("Rows by source: read = accepted + duplicates + refused"),
        empty=said("No source was loaded yet."),
    )


def _source_cells(row: dict[str, Any]) -> tuple[str, ...]:
    refused = row["rejected_count"] / row["read_count"] if row["read_count"] else None
    return (
        row["source"],
        count(row["file_count"]),
        count(row["read_count"]),
        count(row["accepted_count"]),
        count(row["duplicate_count"]),
        count(row["rejected_count"]),
        share(refused),
        share(row["unknown_share"]),
        moment(row["last_seen_at"]),
        _state(row),
    )


def _state(row: dict[str, Any]) -> str | Html:
    if row["is_silent"]:
        return tag(
            "strong",
            said("silent, {behind_seconds} behind", behind_seconds=duration(row["behind_seconds"])),
            class_="warn",
        )
    return said("up to date") if row["last_seen_at"] is not None else said("no touchpoints")


def _rejected_table(reasons: pl.DataFrame) -> Html:
    """The most frequent reasons, the others behind a line that opens them."""
    ranked = reasons.sort(["rejected_count", "source", "reason_code"], descending=[True, False, False])
    first = _reason_table(ranked.head(_REASONS_SHOWN), said("Refused rows are kept in quarantine and can be replayed"))
    rest = ranked.slice(_REASONS_SHOWN)
    if rest.is_empty():
        return first
    rows = int(rest["rejected_count"].sum())
    what = f"{several(rest.height, 'rarer reason')}, {several(rows, 'row')}"
    return join([first, folded(said("Show {what}", what=what), _reason_table(rest, what))])


def _reason_table(reasons: pl.DataFrame, caption: str) -> Html:
    columns = (Column("Reason"), Column("Source"), Column("Rows", number=True), Column("Example"), Column("Where"))
    rows = [
        (
            said(name(row["reason_code"])),
            row["source"],
            count(row["rejected_count"]),
            row["example_reason"] or MISSING,
            _where(row),
        )
        for row in reasons.iter_rows(named=True)
    ]
    return table(columns, rows, caption=caption, empty=said("No row was refused."))


def _where(row: dict[str, Any]) -> str:
    file = row["example_file"] or MISSING
    return said("{file}, row\u00a0{row}", file=file, row=count(row["example_row"])) if row["example_row"] else file


def definitions() -> Section:
    """What every number means, with its denominator."""
    pairs = [tag("div", tag("dt", said(word)), tag("dd", said(meaning))) for word, meaning in DEFINITIONS]
    lead = tag("span", said("What the words and numbers of this report mean."))
    return Section("definitions", said("Definitions"), lead, tag("dl", *pairs))
