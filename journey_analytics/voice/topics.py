"""What a text is about: the first row of `voice_topic` whose pattern is found in it. Pure: frames in, frames out."""

import polars as pl

from journey_analytics.voice.rules import OTHER, VoiceRules


def topics_of(texts: pl.DataFrame, rules: VoiceRules) -> pl.DataFrame:
    """Each text's topic; `other` where no pattern fits.

    A pattern is a regular expression over the text in lower case. A row with a language is for texts in it, and for
    those whose language is not known.

    Args:
        texts: text_id, text, language; each id once.
        rules: the topics, in their order.

    Returns:
        text_id, topic; a row per text, in the order of the texts.
    """
    lower, language = pl.col("text").str.to_lowercase(), pl.col("language")
    found = [
        pl.when(lower.str.contains(row["pattern"]) & _is_for(language, row["language"])).then(pl.lit(row["topic"]))
        for row in rules.topics.to_dicts()
    ]
    return texts.select("text_id", topic=pl.coalesce(*found, pl.lit(OTHER)))


def _is_for(language: pl.Expr, wanted: str | None) -> pl.Expr:
    return pl.lit(value=True) if wanted is None else language.is_in([wanted, "unknown"])
