"""The step `voice`: reads what customers wrote, and writes `core.touchpoint_text` and `mart.text_quality`."""

from collections.abc import Iterator
from typing import Final

import polars as pl

from journey_analytics.settings import setting
from journey_analytics.voice.feelings import feelings_of, label
from journey_analytics.voice.languages import languages_of
from journey_analytics.voice.quality import quality_of
from journey_analytics.voice.redaction import name_parts, redacted, without_words
from journey_analytics.voice.rules import RULE_TABLES, VoiceRules, read_voice_rules
from journey_analytics.voice.topics import topics_of
from journey_analytics.warehouse import Warehouse

TEXTS: Final = "core.touchpoint_text"
QUALITY: Final = "mart.text_quality"
VOICE_MAKES: Final = frozenset({TEXTS, QUALITY})
VOICE_READS: Final = frozenset(
    {"core.event", "core.touchpoint", "core.customer_identity", "config.setting"}
) | frozenset(f"config.{table}" for table in RULE_TABLES)

SCHEMA: Final = {
    "touchpoint_id": pl.String,
    "journey_id": pl.String,
    "kind": pl.String,
    "language": pl.String,
    "text": pl.String,
    "feeling": pl.Float64,
    "feeling_label": pl.String,
    "topic": pl.String,
}
"""`core.touchpoint_text`: one row per text that a customer wrote, redacted."""

_TEXTS_AT_A_TIME: Final = 50_000

_WRITTEN: Final = """
create or replace temp table written_text as
with kind as (
    select activity, min(kind) as kind
    from config.text_activity
    group by activity
),

written as (
    select
        md5(e.source || chr(31) || e.source_event_id) as touchpoint_id,
        k.kind,
        e.author,
        e.subject,
        coalesce(e.text, e.subject) as text
    from core.event as e
    inner join kind as k on e.activity = k.activity
    where coalesce(e.text, e.subject) is not null
)

select
    w.touchpoint_id,
    t.journey_id,
    t.customer_id,
    w.kind,
    w.subject,
    w.text
from written as w
inner join core.touchpoint as t on w.touchpoint_id = t.touchpoint_id
where
    w.author is null
    or exists (
        select 1
        from core.customer_identity as i
        where
            i.customer_id = t.customer_id
            and i.identity_type = w.author.identity_type
            and i.identity_value = w.author.identity_value
    )
qualify
    epoch_us(t.occurred_at) - lag(epoch_us(t.occurred_at), 1, -3600000001) over (
        partition by t.customer_id, w.text order by t.occurred_at, w.kind <> 'ticket', w.touchpoint_id
    ) > 3600000000
"""
"""Texts that the customer wrote: where an author is named, it is one of the customer's identities.

The same words again within an hour are one text: a help desk repeats a ticket's description as its first comment.
"""

_PART: Final = """
select *
from written_text
where customer_bucket(customer_id, ?) = ?
order by touchpoint_id
"""
_MAILBOXES: Final = """
select customer_id, identity_value
from core.customer_identity
where identity_type = 'email' and customer_id in (select customer_id from written_text)
order by customer_id, identity_value
"""


def make_voice(warehouse: Warehouse) -> None:
    """Write the texts with language, feeling and topic, and how well the feelings of each language are known."""
    rules = voice_rules(warehouse)
    neutral = setting(warehouse, "feeling_neutral_percent") / 100
    threshold = setting(warehouse, "feeling_minimum_agreement") / 100
    quality = quality_of(rules, threshold=threshold, neutral=neutral)
    used = quality.filter(pl.col("is_used"))["language"].to_list()
    counts: list[pl.DataFrame] = []
    warehouse.create_from(TEXTS, pl.DataFrame(schema=SCHEMA))
    for written in _written(warehouse):
        texts = text_rows(written, rules, used=used, neutral=neutral)
        warehouse.append(TEXTS, texts)
        counts.append(texts.group_by("language").len("text_count"))
    warehouse.create_from(QUALITY, _counted(quality, counts))


def voice_rules(warehouse: Warehouse) -> VoiceRules:
    """The rows that texts are read by, checked."""
    return read_voice_rules(
        {table: warehouse.frame(f"select * from config.{table} order by rowid") for table in RULE_TABLES}
    )


def _written(warehouse: Warehouse) -> Iterator[pl.DataFrame]:
    """The texts, some of the customers at a time, with the words of their customer's own mailboxes."""
    warehouse.execute(_WRITTEN, name="texts of customers")
    parts = 1 + warehouse.value("select count(*)::bigint from written_text") // _TEXTS_AT_A_TIME
    mailboxes = warehouse.frame(_MAILBOXES, name="mailboxes")
    words = mailboxes.select("customer_id", own_words=name_parts(pl.col("identity_value"))).explode("own_words")
    own = words.drop_nulls("own_words").group_by("customer_id").agg(pl.col("own_words").unique().sort())
    for part in range(parts):
        texts = warehouse.frame(_PART, parameters=[parts, part], name="texts of customers")
        yield texts.join(own, on="customer_id", how="left", maintain_order="left")
    warehouse.execute("drop table written_text")


def text_rows(written: pl.DataFrame, rules: VoiceRules, *, used: list[str], neutral: float) -> pl.DataFrame:
    """The rows of `core.touchpoint_text`, in the order of the texts; texts of which nothing is left are none.

    Args:
        written: touchpoint_id, journey_id, kind, subject, text, own_words (null: none).
        rules: what the words are.
        used: the languages whose feelings are known well enough; in the others feeling and label are null.
        neutral: feelings up to this far from 0 are neutral.
    """
    safe = _redacted(written).with_columns(text_id=pl.col("touchpoint_id"))
    known = safe.join(languages_of(safe, rules), on="text_id", maintain_order="left")
    about = known.with_columns(text=pl.concat_str("subject", "text", separator=". ", ignore_nulls=True))
    known = known.join(topics_of(about, rules), on="text_id", maintain_order="left")
    felt = known.join(feelings_of(known, rules), on="text_id", maintain_order="left").with_columns(
        feeling=pl.when(pl.col("language").is_in(used)).then(pl.col("feeling"))
    )
    return felt.with_columns(feeling_label=label(pl.col("feeling"), neutral=neutral)).select(*SCHEMA)


def _redacted(written: pl.DataFrame) -> pl.DataFrame:
    plain = written.with_columns(redacted(pl.col("text")), redacted(pl.col("subject")))
    own = plain["own_words"].to_list()
    columns = [
        pl.Series(name, without_words(plain[name].to_list(), own), dtype=pl.String) for name in ("text", "subject")
    ]
    return plain.with_columns(*columns).drop_nulls("text")


def _counted(quality: pl.DataFrame, counts: list[pl.DataFrame]) -> pl.DataFrame:
    """The quality of each language with the texts that are in it; texts of no known language have a row too."""
    empty = pl.DataFrame(schema={"language": pl.String, "text_count": pl.Int64})
    found = pl.concat([empty, *(part.cast({"text_count": pl.Int64}) for part in counts)])
    total = found.group_by("language").agg(pl.col("text_count").sum())
    joined = quality.join(total, on="language", how="full", coalesce=True).sort("language")
    return joined.with_columns(
        pl.col("text_count").fill_null(0),
        pl.col("labelled_count", "agreed_count").fill_null(0),
        pl.col("is_used").fill_null(value=False),
        note=pl.when(pl.col("threshold").is_null())
        .then(pl.lit("the language could not be told"))
        .otherwise(pl.col("note")),
    )
