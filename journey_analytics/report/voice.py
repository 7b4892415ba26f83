"""What customers wrote: topics and how negative they are, quotes, and how well feelings are known, as a section."""

from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from journey_analytics.contract import STAGES
from journey_analytics.language import said
from journey_analytics.report.blocks import Column, Section, chart, folded, switch, table
from journey_analytics.report.figures.voice import voice_figure
from journey_analytics.report.journey_map_words import main_persona
from journey_analytics.report.markup import Html, join, tag
from journey_analytics.report.wording import (
    MISSING,
    capital,
    count,
    day,
    interval,
    month,
    name,
    share,
    stage_title,
)
from journey_analytics.voice.rules import OTHER, OWN

_Row = dict[str, Any]
_ALL: Final = "all"
_LANGUAGES: Final = {"en": "English", "it": "Italian"}
_TOPICS: Final = {
    "wrong_or_damaged": "Wrong or damaged goods",
    "refund_or_return": "Refund or return",
    "payment": "Payment",
    "invoice": "Invoice",
    "order_change": "Changing an order",
    "delivery": "Delivery",
    "waiting": "Waiting",
    "size_and_fit": "Size and fit",
    "website_or_app": "Website or app",
    "service": "Service",
    "price": "Price",
    "availability": "Availability",
    "product_quality": "Product quality",
    "other": "Something else",
}
_KINDS: Final = {"review": "review", "ticket": "ticket", "comment": "comment", "survey": "survey"}
_FEELINGS: Final = {
    "negative": "Negative", "neutral": "Neutral", "positive": "Positive", "unknown": "Feeling not known",
}  # fmt: skip


def voice(frames: Mapping[str, pl.DataFrame]) -> Section | None:
    """Topics by how negative they are, for all and for each persona; quotes; tables. None where nobody wrote."""
    told, quotes = frames["mart.voice"], frames["mart.voice_quote"]
    if told["text_count"].drop_nulls().is_empty():
        return None
    body = [
        _charts(told, frames["mart.text_quality"]),
        *_quotes(quotes),
        *_tables(told),
        *_known(frames["mart.text_quality"]),
    ]
    return Section("voice", said("What customers say"), _lead(told), join(body))


def _lead(told: pl.DataFrame) -> Html:
    main = main_persona(told)
    whole = _of(told, persona=main).filter(pl.col("topic") == _ALL).to_dicts()
    parts = [_whole_words(row) for row in whole if row["text_count"] is not None]
    named = [row for row in _topics(told, main) if row["topic"] != OTHER]
    worst = [row for row in named if row["is_shown"] and row["negative_count"]]
    parts += [
        said(
            "Most complaints are about: {topic} ({n} negative texts, {share} of those about it).",
            topic=_topic(row["topic"]).lower(),
            n=count(row["negative_count"]),
            share=share(row["negative_share"]),
        )
        for row in worst[:1]
    ]
    return tag("span", " ".join(parts))


def _whole_words(row: _Row) -> str:
    texts, customers = count(row["text_count"]), count(row["customer_count"])
    if not row["is_shown"]:
        return said("{texts} texts by {customers} customers.", texts=texts, customers=customers)
    return said(
        "{texts} texts by {customers} customers: {share} of those with a feeling are negative ({interval}).",
        texts=texts,
        customers=customers,
        share=share(row["negative_share"]),
        interval=interval(row["negative_low"], row["negative_high"]),
    )


def _of(told: pl.DataFrame, *, persona: str, stage: str = _ALL, kind: str = _ALL) -> pl.DataFrame:
    return told.filter((pl.col("persona") == persona) & (pl.col("stage") == stage) & (pl.col("kind") == kind))


def _topics(told: pl.DataFrame, persona: str) -> list[_Row]:
    """The topics of a persona: most negative texts first, then most texts, ties by name; `other` comes last."""
    rows = _of(told, persona=persona).filter((pl.col("topic") != _ALL) & ~pl.col("is_suppressed"))
    is_other = pl.col("topic") == OTHER
    order = [is_other, pl.col("negative_count"), pl.col("text_count"), pl.col("topic")]
    found = rows.sort(order, descending=[False, True, True, False], nulls_last=True)
    return [row | {"label": _topic(row["topic"])} for row in found.to_dicts()]


def _topic(topic: str) -> str:
    return said(_TOPICS[topic]) if topic in _TOPICS else capital(name(topic))


def _charts(told: pl.DataFrame, quality: pl.DataFrame) -> Html:
    personas = [one for one in _personas(told) if any(row["is_shown"] for row in _topics(told, one))]
    titles = [said("All personas") if one == _ALL else capital(name(one)) for one in personas]
    options = [
        (str(place), title, _chart(place, told, persona))
        for place, (persona, title) in enumerate(zip(personas, titles, strict=True))
    ]
    if not quality["is_used"].any():
        return tag("p", said("In no language are feelings known well enough to be shown: see below."), class_="empty")
    if not options:
        return tag("p", said("Too few texts to compare: fewer than 30 of each kind."), class_="empty")
    return switch("voice-persona", said("Persona"), options)


def _personas(told: pl.DataFrame) -> list[str]:
    main = main_persona(told)
    return [main, *sorted(set(told["persona"]) - {main})]


def _chart(place: int, told: pl.DataFrame, persona: str) -> Html:
    rows = _topics(told, persona)
    hidden = sum(not row["is_shown"] for row in rows)
    left_out = said("Topics with fewer than 30 such texts are only in the table: {n}.", n=count(hidden))
    meaning = said(
        "Each bar: all texts about it whose feeling is known. Orange: negative, with the 95 % interval of that share "
        "(several texts of one customer count as a group). The topic with the most negative texts comes first."
    )
    return chart(
        f"voice-topics-{place}",
        voice_figure(rows),
        title=said("What they write about, and how much of it is negative"),
        definition=f"{meaning} {left_out}" if hidden else meaning,
        table="mart.voice",
    )


def _quotes(quotes: pl.DataFrame) -> list[Html]:
    whole = quotes.filter((pl.col("persona") == main_persona(quotes)) & (pl.col("stage") == _ALL))
    topics = [_ALL, *[topic for topic in _TOPICS if topic in set(whole["topic"])]]
    topics += sorted(set(whole["topic"]) - set(topics))
    options = [
        (str(place), said("All topics") if topic == _ALL else _topic(topic), _quoted(whole, topic))
        for place, topic in enumerate(topics)
    ]
    if whole.is_empty():
        return [tag("p", said("No group is large enough to quote from: at least 5 customers."), class_="empty")]
    note = said(
        "Real words of customers, as written: names, addresses and numbers are taken out, and nothing is quoted of "
        "fewer than 5 customers. The strongest feelings come first."
    )
    return [
        tag("h3", said("In their own words")),
        switch("voice-quotes", said("Topic"), options),
        tag("p", note, class_="definition"),
    ]


def _quoted(quotes: pl.DataFrame, topic: str) -> Html:
    found = quotes.filter(pl.col("topic") == topic).sort("feeling_label", "place")
    columns = [_column(feeling, found.filter(pl.col("feeling_label") == feeling)) for feeling in _FEELINGS]
    return tag("div", *columns, class_="quotes")


def _column(feeling: str, quotes: pl.DataFrame) -> Html | None:
    if quotes.is_empty():
        return None
    words = [_quote(row) for row in quotes.to_dicts()]
    return tag("div", tag("h4", said(_FEELINGS[feeling])), *words, class_=feeling)


def _quote(row: _Row) -> Html:
    kind = said(_KINDS[row["kind"]]) if row["kind"] in _KINDS else name(row["kind"])
    return tag("blockquote", tag("p", row["quote"]), tag("footer", f"{capital(kind)}, {month(row['occurred_month'])}"))


def _tables(told: pl.DataFrame) -> list[Html]:
    main = main_persona(told)
    by_topic = [_cells(row["label"], row) for row in _topics(told, main)]
    stages = told.filter((pl.col("persona") == main) & (pl.col("topic") == _ALL) & (pl.col("kind") == _ALL))
    rows = {row["stage"]: row for row in stages.filter(~pl.col("is_suppressed")).to_dicts()}
    by_stage = [_cells(stage_title(stage), rows[stage]) for stage in (*STAGES, "unknown") if stage in rows]
    return [
        folded(
            said("Show every topic and stage as a table"),
            table(_columns("Topic"), by_topic, caption=said("Texts by topic; groups of fewer than 5 left out")),
            table(_columns("Stage"), by_stage, caption=said("Texts by stage; groups of fewer than 5 left out")),
        )
    ]


def _columns(first: str) -> tuple[Column, ...]:
    return (
        Column(first), Column("Texts", number=True), Column("Customers", number=True),
        Column("With a feeling (n)", number=True), Column("Negative", number=True),
        Column("95 % interval", number=True), Column("Latest"),
    )  # fmt: skip


def _cells(title: str, row: _Row) -> tuple[str, ...]:
    return (
        title,
        count(row["text_count"]),
        count(row["customer_count"]),
        count(row["felt_count"]),
        share(row["negative_share"]),
        interval(row["negative_low"], row["negative_high"]),
        day(row["freshest_at"]) if row["freshest_at"] else MISSING,
    )


def _known(quality: pl.DataFrame) -> list[Html]:
    """How well feelings are known, a sentence for each language that texts are in."""
    rows = quality.filter((pl.col("text_count") > 0) | (pl.col("labelled_count") > 0)).sort("language").to_dicts()
    sentences = [_known_words(row) for row in rows]
    intro = said("Feelings are read from lists of words on this computer; nothing is sent anywhere.")
    return [tag("p", " ".join([intro, *sentences]), class_="definition")]


def _known_words(row: _Row) -> str:
    texts = count(row["text_count"])
    title = said(_LANGUAGES[row["language"]]) if row["language"] in _LANGUAGES else row["language"]
    if row["threshold"] is None:
        return said("The language of {n} texts could not be told: they have no feeling here.", n=texts)
    if row["agreement_share"] is None:
        return said("{language} ({n} texts): no labelled examples, so no feelings.", language=title, n=texts)
    values = {
        "language": title,
        "n": texts,
        "share": share(row["agreement_share"]),
        "interval": interval(row["agreement_low"], row["agreement_high"]),
        "labelled": count(row["labelled_count"]),
    }
    if row["origin"] == OWN:
        return said(
            "{language} ({n} texts): nobody else labelled examples. With our own they agree in {share} ({interval}) of "
            "{labelled}, which proves nothing, so no feeling is shown.",
            **values,
        )
    if row["is_used"]:
        return said(
            "{language} ({n} texts): they agree with {share} ({interval}) of {labelled} labelled examples.", **values
        )
    return said(
        "{language} ({n} texts): they agree with only {share} ({interval}) of {labelled} labelled examples, which is "
        "not good enough, so no feeling is shown.",
        **values,
    )
