"""Texts as words: one row per word of a text, with what the rules know of it. Pure: frames in, frames out."""

from typing import Final

import polars as pl

BREAK: Final = "."
"""The token that ends a sentence, whatever ends it in the text."""

_SHORTEST_STEM: Final = 3
_TOKENS: Final = (
    r"\p{L}+n't\b|[\p{L}\p{M}]+|[:;]-?[()D]|[\x{1F300}-\x{1FAFF}\x{2639}\x{263A}\x{2764}\x{2B50}]|[.!?\n]+|;"
)
_MARK: Final = r"\[[\p{L}\-]+\]"
"""What redaction put in the place of something."""


def tokens_of(text: pl.Expr) -> pl.Expr:
    """The words of a text in lower case and its ends of sentences as `BREAK`, in order; a list."""
    plain = text.str.to_lowercase().str.replace_all("[\u2018\u2019\u02bc`´]", "'").str.replace_all(_MARK, " ")
    return plain.str.extract_all(_TOKENS).list.eval(
        pl.when(pl.element().str.contains(r"^[.!?\n;]+$")).then(pl.lit(BREAK)).otherwise(pl.element())
    )


def with_phrases(tokens: pl.Expr, phrases: list[str]) -> pl.Expr:
    """The tokens, those of a phrase as one with blanks in it; of phrases that overlap the first, then the longest."""
    found = sorted(set(phrases), key=lambda phrase: (-len(phrase), phrase))
    if not found:
        return tokens
    # Every token stands between two marks of its own, so that phrases that touch are both found.
    whole = pl.lit("\x02") + tokens.list.join("\x03\x02") + pl.lit("\x03")
    marked = [f"\x02{phrase.replace(' ', chr(3) + chr(2))}\x03" for phrase in found]
    joined = whole.str.replace_many(marked, [f"\x02{phrase}\x03" for phrase in found], leftmost=True)
    return joined.str.strip_chars("\x02\x03").str.split("\x03\x02")


def known_words(vocabulary: pl.DataFrame, rules: pl.DataFrame) -> pl.DataFrame:
    """What the rules know of words: an exact rule, else the longest one that ends in `*`; others are left out.

    Args:
        vocabulary: language, token; each pair once.
        rules: language, word, kind, weight; each language and word once.
    """
    exact = vocabulary.join(rules, left_on=["language", "token"], right_on=["language", "word"], how="inner")
    is_stem = pl.col("word").str.ends_with("*")
    stems = rules.filter(is_stem).with_columns(stem=pl.col("word").str.strip_suffix("*")).drop("word")
    rest = vocabulary.join(exact, on=["language", "token"], how="anti")
    lengths = pl.int_ranges(_SHORTEST_STEM, pl.col("token").str.len_chars() + 1)
    begun = rest.with_columns(length=lengths).explode("length").drop_nulls("length")
    begun = begun.with_columns(stem=pl.col("token").str.slice(0, pl.col("length")))
    stemmed = (
        begun.join(stems, on=["language", "stem"], how="inner")
        .sort("language", "token", "length")
        .unique(["language", "token"], keep="last", maintain_order=True)
    )
    return pl.concat([frame.select("language", "token", "kind", "weight") for frame in (exact, stemmed)])
