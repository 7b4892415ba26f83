"""The feeling of a text from words with a weight, what turns them round and what scales them. Pure: frames in and out.

The rules follow Hutto & Gilbert 2014 (VADER): a weight is turned round and made weaker by a negation up to four words
before it, scaled by a word of degree up to two words before it, and counts half before and one and a half times after
the point of a sentence ("but"). Beyond them, what is good counts nothing up to four words after a wish ("would be",
"I hope"): it is not there yet. The sum s of a text becomes s / sqrt(s² + 15), within −1…1.
"""

from typing import Final

import polars as pl

from journey_analytics.voice.rules import VoiceRules
from journey_analytics.voice.words import BREAK, known_words, tokens_of, with_phrases

_NEGATED: Final = -0.74
_BEFORE, _AFTER = 0.5, 1.5
_FLATTENING: Final = 15.0
_NEGATION_WORDS: Final = 4
_DEGREE_WORDS: Final = 2
_WISH_WORDS: Final = 4


def feelings_of(texts: pl.DataFrame, rules: VoiceRules) -> pl.DataFrame:
    """Each text's feeling from −1 to 1; 0 where no word with a feeling is in it.

    Args:
        texts: text_id, text, language; each id once.
        rules: the words; a text in another language has the feeling null.

    Returns:
        text_id, feeling; a row per text, in the order of the texts.
    """
    known = texts.filter(pl.col("language").is_in(list(rules.languages)))
    sums = _weighed(_words_of(known, rules)).group_by("text_id", maintain_order=True).agg(total=pl.col("part").sum())
    found = known.select("text_id").join(sums, on="text_id", how="left").with_columns(pl.col("total").fill_null(0.0))
    feeling = (pl.col("total") / (pl.col("total") ** 2 + _FLATTENING).sqrt()).round(4)
    scored = found.select("text_id", feeling=feeling)
    return texts.select("text_id").join(scored, on="text_id", how="left", maintain_order="left")


def label(feeling: pl.Expr, *, neutral: float) -> pl.Expr:
    """`negative` below −neutral, `positive` above neutral, `neutral` between (bounds included); null for null."""
    return (
        pl.when(feeling < -neutral)
        .then(pl.lit("negative"))
        .when(feeling > neutral)
        .then(pl.lit("positive"))
        .when(feeling.is_not_null())
        .then(pl.lit("neutral"))
    )


def _words_of(texts: pl.DataFrame, rules: VoiceRules) -> pl.DataFrame:
    """One row per word in order: text_id, sentence, kind (null: unknown) and weight."""
    tokens = pl.concat([_tokens(texts, rules, language) for language in rules.languages])
    vocabulary = tokens.select("language", "token").unique()
    return tokens.join(
        known_words(vocabulary, rules.words), on=["language", "token"], how="left", maintain_order="left"
    ).with_columns(sentence=(pl.col("token") == BREAK).cum_sum(), place=pl.int_range(pl.len()))


def _tokens(texts: pl.DataFrame, rules: VoiceRules, language: str) -> pl.DataFrame:
    own = rules.words.filter(pl.col("language") == language)["word"]
    phrases = own.filter(own.str.contains(" ")).to_list()
    written = texts.filter(pl.col("language") == language)
    token = with_phrases(tokens_of(pl.col("text")), phrases)
    return written.select("text_id", "language", token=token).explode("token").drop_nulls("token")


def _weighed(words: pl.DataFrame) -> pl.DataFrame:
    """What each word with a feeling adds: text_id, part."""
    contrast = pl.col("place").filter(pl.col("kind") == "contrast").max()
    placed = words.with_columns(
        is_negated=_is_near("negation", _NEGATION_WORDS),
        scale=_scale(),
        contrast_place=contrast.over("text_id", "sentence"),
    )
    around = (
        pl.when(pl.col("contrast_place").is_null())
        .then(1.0)
        .when(pl.col("place") < pl.col("contrast_place"))
        .then(_BEFORE)
        .otherwise(_AFTER)
    )
    turned = pl.when(pl.col("is_negated")).then(_NEGATED).otherwise(1.0)
    is_only_wished = _is_near("wish", _WISH_WORDS) & (pl.col("weight") > 0)
    felt = placed.with_columns(is_only_wished=is_only_wished).filter(
        (pl.col("kind") == "feeling") & ~pl.col("is_only_wished")
    )
    return felt.select("text_id", part=pl.col("weight") * pl.col("scale") * turned * around)


def _is_near(kind: str, words: int) -> pl.Expr:
    """Whether a word of this kind stands so many words before, in the same sentence."""
    return pl.any_horizontal(*(_before("kind", back).eq_missing(pl.lit(kind)) for back in range(1, words + 1)))


def _scale() -> pl.Expr:
    """The product of the weights of the words of degree just before."""
    parts = [
        pl.when(_before("kind", back).eq_missing(pl.lit("degree"))).then(_before("weight", back)).otherwise(1.0)
        for back in range(1, _DEGREE_WORDS + 1)
    ]
    return parts[0] * parts[1]


def _before(column: str, back: int) -> pl.Expr:
    """What stands so many words before in the same sentence of the same text; null where nothing does."""
    is_same = (pl.col("text_id").shift(back) == pl.col("text_id")) & (
        pl.col("sentence").shift(back) == pl.col("sentence")
    )
    return pl.when(is_same).then(pl.col(column).shift(back))
