"""The language of a text, by the small words that only one language has. Pure: frames in, frames out."""

from typing import Final

import polars as pl

from journey_analytics.voice.rules import VoiceRules
from journey_analytics.voice.words import known_words, tokens_of

UNKNOWN: Final = "unknown"
_EMAIL: Final = r"(?i)\be-mails?\b"


def languages_of(texts: pl.DataFrame, rules: VoiceRules) -> pl.DataFrame:
    """Each text's language: that with the most words of its own in it; `unknown` where none has more than the others.

    Words of `language_word` count, and those that feelings are read by, so that a text of one word has a language too.
    "E-mail" is no Italian "e".

    Args:
        texts: text_id, text; each id once.
        rules: what the words are.

    Returns:
        text_id, language; a row per text, in the order of the texts.
    """
    tokens = (
        texts.select("text_id", token=tokens_of(pl.col("text").str.replace_all(_EMAIL, " ")))
        .explode("token")
        .drop_nulls("token")
    )
    counted = tokens.group_by("text_id", "token").len("times")
    counts = counted.join(_own_words(counted, rules), on="token", how="inner")
    per_language = counts.group_by("text_id", "language").agg(pl.col("times").sum())
    best = per_language.group_by("text_id").agg(
        language=pl.col("language").filter(pl.col("times") == pl.col("times").max()),
    )
    alone = best.filter(pl.col("language").list.len() == 1).with_columns(pl.col("language").list.first())
    return (
        texts.select("text_id")
        .join(alone, on="text_id", how="left", maintain_order="left")
        .with_columns(pl.col("language").fill_null(UNKNOWN))
    )


def _own_words(tokens: pl.DataFrame, rules: VoiceRules) -> pl.DataFrame:
    """The tokens that are words of exactly one language."""
    vocabulary = tokens.select("token").unique()
    every = vocabulary.join(pl.DataFrame({"language": rules.languages}), how="cross").select("language", "token")
    felt = known_words(every, rules.words).select("language", "token")
    small = (
        rules.language_words.rename({"word": "token"})
        .select("language", "token")
        .join(vocabulary, on="token", how="semi")
    )
    words = pl.concat([felt, small]).unique()
    return words.filter(pl.len().over("token") == 1)
