"""The rows that texts are read by: words with a weight, words that tell a language, topics, labelled examples; checked.

Pure: frames of text in. A word may end in `*`: then it stands for every word that begins so. Several words with blanks
between them are a phrase.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from journey_analytics.rule_cells import Row, numbered_rows

KINDS: Final = ("feeling", "negation", "degree", "wish", "contrast", "none")
"""What a word does: it has a feeling; turns, scales or only wishes for that of what follows; is where the point comes;
or nothing."""
LABELS: Final = ("negative", "neutral", "positive")
OWN: Final = "own"
"""The origin of examples whose writers knew the words: they flatter the feelings."""
TEXT_KINDS: Final = ("review", "ticket", "comment", "survey")
OTHER: Final = "other"
"""The topic of a text that no row of `voice_topic` fits."""
RULE_TABLES: Final = ("feeling_word", "language_word", "voice_topic", "feeling_example", "text_activity")

_LANGUAGE: Final = re.compile(r"[a-z]{2}")
_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_WEIGHT: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_WORD: Final = re.compile(r"[^\s*]+( [^\s*]+)*\*?")
_LARGEST: Final = 4.0


@dataclass(frozen=True)
class VoiceRules:
    """The checked rows; every column is text but `weight`.

    Attributes:
        words: language, word, kind, weight.
        language_words: language, word.
        topics: topic, language (null: every one), pattern; the first that fits counts.
        examples: language, text, label, origin (`OWN`, or the data set of others that it is from).
    """

    words: pl.DataFrame
    language_words: pl.DataFrame
    topics: pl.DataFrame
    examples: pl.DataFrame

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that can be told, in order of their names."""
        return tuple(sorted(self.language_words["language"].unique()))


def read_voice_rules(frames: Mapping[str, pl.DataFrame]) -> VoiceRules:
    """The rules of the tables `RULE_TABLES`, in their order.

    Raises:
        ConfigurationError: at the first cell that is not understood, or a word that stands twice.
    """
    check_text_activities(frames)
    words = _words(frames).with_columns(pl.col("weight").cast(pl.Float64).fill_null(0.0))
    return VoiceRules(words, _language_words(frames), _topics(frames), _examples(frames))


def check_text_activities(frames: Mapping[str, pl.DataFrame]) -> None:
    """`text_activity`: an activity with the kind of text that it brings.

    Raises:
        ConfigurationError: for anything else.
    """
    for row in numbered_rows(frames, "text_activity", columns=("activity", "kind")):
        if not _NAME.fullmatch(row.exact("activity").text):
            raise row.exact("activity").wrong("an activity in lower_snake_case")
        row.exact("kind").one_of(TEXT_KINDS, what=f"one of {', '.join(TEXT_KINDS)}")


def _words(frames: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    columns = ("language", "word", "kind", "weight")
    seen: set[tuple[str, str, str]] = set()
    for row in numbered_rows(frames, "feeling_word", columns=columns):
        _check_language(row)
        _check_word(row)
        row.exact("kind").one_of(KINDS, what=f"one of {', '.join(KINDS)}")
        _check_weight(row)
        key = (row.file, row.exact("language").text, row.exact("word").text)
        if key in seen:
            raise row.exact("word").wrong(f"new: the language {key[1]!r} has it twice in this file")
        seen.add(key)
    rows = frames["feeling_word"].select(columns)
    # Rows that were added to the built-in ones come first, and so count.
    return rows.unique(["language", "word"], keep="first", maintain_order=True)


def _check_language(row: Row) -> None:
    if not _LANGUAGE.fullmatch(row.exact("language").text):
        raise row.exact("language").wrong("a language in two letters, such as en or it")


def _check_word(row: Row) -> None:
    text = row.exact("word").text
    if not _WORD.fullmatch(text) or text != text.lower() or (" " in text and text.endswith("*")):
        raise row.exact("word").wrong("a word or phrase in lower case; only a single word may end in *")


def _check_weight(row: Row) -> None:
    cell, kind = row.exact("weight"), row.exact("kind").text
    if kind in ("feeling", "degree") and (not _WEIGHT.fullmatch(cell.text) or abs(float(cell.text)) > _LARGEST):
        raise cell.wrong(f"a number from -{_LARGEST:g} to {_LARGEST:g} such as 1.5")
    if kind not in ("feeling", "degree") and cell.text:
        raise cell.wrong(f"empty, as a word of the kind {kind!r} has no weight")


def _language_words(frames: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    for row in numbered_rows(frames, "language_word", columns=("language", "word")):
        _check_language(row)
        if not re.fullmatch(r"[^\s*]+", row.exact("word").text):
            raise row.exact("word").wrong("one word in lower case")
    return frames["language_word"].select("language", "word").unique(maintain_order=True)


def _topics(frames: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    for row in numbered_rows(frames, "voice_topic", columns=("topic", "language", "pattern")):
        if not _NAME.fullmatch(row.exact("topic").text):
            raise row.exact("topic").wrong("a name in lower_snake_case")
        if row.exact("language").text:
            _check_language(row)
        _check_pattern(row)
    return frames["voice_topic"].select("topic", "language", "pattern")


def _check_pattern(row: Row) -> None:
    cell = row.required("pattern")
    try:
        pl.Series(["a"]).str.contains(cell.text)
    except pl.exceptions.ComputeError as error:
        raise cell.wrong(f"a regular expression ({str(error).splitlines()[0]})") from error


def _examples(frames: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    for row in numbered_rows(frames, "feeling_example", columns=("language", "text", "label", "origin")):
        _check_language(row)
        row.required("text")
        row.exact("label").one_of(LABELS, what=f"one of {', '.join(LABELS)}")
        if not _NAME.fullmatch(row.exact("origin").text):
            raise row.exact("origin").wrong(f"{OWN}, or the name of a data set of others in lower_snake_case")
    return frames["feeling_example"].select("language", "text", "label", "origin")
