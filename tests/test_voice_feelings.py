"""Feelings follow the words: the frames agree with a plain loop, whatever the order and the batch of the texts."""

import math
import re
from functools import cache
from random import Random
from typing import Any

import polars as pl
import pytest
from sklearn.metrics import f1_score

from journey_analytics import build
from journey_analytics.errors import ConfigurationError
from journey_analytics.voice.feelings import feelings_of, label
from journey_analytics.voice.languages import languages_of
from journey_analytics.voice.quality import macro_f1, quality_of
from journey_analytics.voice.rules import LABELS, OWN, VoiceRules, read_voice_rules
from journey_analytics.voice.topics import topics_of

_TOKEN = re.compile(r"[^\W\d_]+n't\b|[^\W\d_]+|[:;]-?[()D]|[\U0001F300-\U0001FAFF☹☺❤⭐]|[.!?\n]+|;")


@cache
def rules() -> VoiceRules:
    return read_voice_rules(build.rule_frames(build.sql_files()))


def frame(*texts: str, language: str = "en") -> pl.DataFrame:
    rows = [(number, text, language) for number, text in enumerate(texts)]
    return pl.DataFrame(rows, schema={"text_id": pl.Int64, "text": pl.String, "language": pl.String}, orient="row")


def feeling(text: str, language: str = "en") -> float:
    return feelings_of(frame(text, language=language), rules())["feeling"][0]


def reference(text: str, language: str) -> float:
    """The same, word by word: what the frames are held against."""
    words = {row["word"]: row for row in rules().words.filter(pl.col("language") == language).to_dicts()}
    sentences: list[list[str]] = [[]]
    for token in _TOKEN.findall(text.lower().replace("’", "'")):
        sentences.append([]) if re.fullmatch(r"[.!?\n;]+", token) else sentences[-1].append(token)
    total = sum(_part(_phrased(sentence, words), words) for sentence in sentences)
    return round(total / math.sqrt(total**2 + 15), 4)


def _phrased(sentence: list[str], words: dict[str, Any]) -> list[str]:
    found, place = [], 0
    while place < len(sentence):
        sizes = [n for n in range(len(sentence) - place, 1, -1) if " ".join(sentence[place : place + n]) in words]
        best = max(sizes, key=lambda n: len(" ".join(sentence[place : place + n])), default=1)
        found.append(" ".join(sentence[place : place + best]))
        place += best
    return found


def _rule(token: str, words: dict[str, Any]) -> dict[str, Any] | None:
    stems = [f"{token[:n]}*" for n in range(len(token), 2, -1)]
    return next((words[name] for name in [token, *stems] if name in words), None)


def _part(tokens: list[str], words: dict[str, Any]) -> float:
    known = [_rule(token, words) for token in tokens]
    kinds = [rule["kind"] if rule else None for rule in known]
    point = max((place for place, kind in enumerate(kinds) if kind == "contrast"), default=None)
    total = 0.0
    for place, rule in enumerate(known):
        if rule is None or rule["kind"] != "feeling":
            continue
        weight = rule["weight"]
        if weight > 0 and "wish" in kinds[max(0, place - 4) : place]:
            continue
        for back in (1, 2):
            if place >= back and kinds[place - back] == "degree":
                weight *= known[place - back]["weight"]
        if "negation" in kinds[max(0, place - 4) : place]:
            weight *= -0.74
        if point is not None:
            weight *= 0.5 if place < point else 1.5
        total += weight
    return total


@pytest.mark.parametrize("language", ["en", "it"])
def test_the_frames_agree_with_a_plain_loop(language: str) -> None:
    random = Random(7)
    every = rules().words.filter(pl.col("language") == language)["word"].to_list()
    pool = [word.removesuffix("*") for word in every] + ["parcel", "tenda", ".", "!", "but", "ma", "not", "non", "very"]
    texts = [" ".join(random.choices(pool, k=random.randint(1, 12))) for _ in range(300)]
    texts += rules().examples.filter(pl.col("language") == language)["text"].to_list()
    found = feelings_of(frame(*texts, language=language), rules())["feeling"].to_list()
    assert found == pytest.approx([reference(text, language) for text in texts], abs=2e-4)


def test_a_negation_turns_and_a_degree_scales_and_the_point_counts_more() -> None:
    assert feeling("The boots are good") > 0 > feeling("The boots are not good")
    assert feeling("very good") > feeling("good") > feeling("slightly good") > 0
    assert feeling("good but useless") < 0 < feeling("useless but excellent")
    assert feeling("not now. good") == feeling("good"), "a negation ends with its sentence"


@pytest.mark.parametrize(
    ("text", "language", "sign"),
    [
        ("It could not be better", "en", 1),
        ("It could not be worse", "en", -1),
        ("I couldn't be more disappointed", "en", -1),
        ("Non potrei essere più soddisfatto", "it", 1),
        ("Non potrei essere più delusa", "it", -1),
        ("Poteva andare meglio", "it", -1),
        ("I would love to get a reply", "en", 0),
        ("That would be great", "en", 0),
        ("It would be a disaster", "en", -1),
        ("I would recommend it", "en", 1),
        ("Sarebbe bello ricevere una risposta", "it", 0),
    ],
)
def test_what_could_not_be_better_is_good_and_what_is_wished_for_is_not_there(
    text: str, language: str, sign: int
) -> None:
    found = feeling(text, language)
    assert (found > 0) - (found < 0) == sign


def test_a_phrase_counts_instead_of_its_words() -> None:
    assert feeling("I would like to ask") == 0
    assert feeling("non funziona", "it") < feeling("non", "it") == 0
    assert feeling("Grazie in anticipo", "it") == 0


def test_order_and_batch_change_nothing() -> None:
    texts = rules().examples.with_row_index("text_id")
    whole = feelings_of(texts, rules()).sort("text_id")
    shuffled = feelings_of(texts.sample(fraction=1, shuffle=True, seed=3), rules()).sort("text_id")
    parts = pl.concat([feelings_of(part, rules()) for part in texts.iter_slices(17)]).sort("text_id")
    assert whole.equals(shuffled)
    assert whole.equals(parts)


def test_a_text_of_no_known_language_has_no_feeling() -> None:
    assert feelings_of(frame("sehr gut", language="unknown"), rules())["feeling"].to_list() == [None]
    assert feelings_of(frame(), rules()).height == 0


def test_languages_are_told_by_their_own_words() -> None:
    texts = frame(
        "The parcel is late",
        "Il pacco è in ritardo",
        "xyz 123",
        "",
        "Excellent!",
        "Ottimo!",
        "Nobody answers my e-mails.",
        "Rivoglio i miei soldi.",
        "Le mie e-mail",
        "e-mail",
    )
    told = languages_of(texts.drop("language"), rules())["language"].to_list()
    assert told == ["en", "it", "unknown", "unknown", "en", "it", "en", "it", "it", "unknown"]


@pytest.mark.parametrize("origin", sorted(set(rules().examples["origin"])))
def test_nearly_every_example_has_its_language(origin: str) -> None:
    examples = rules().examples.filter(pl.col("origin") == origin).with_row_index("text_id")
    told = languages_of(examples.select("text_id", "text"), rules())["language"]
    assert (told == examples["language"]).mean() >= 0.95
    assert not ((told != examples["language"]) & (told != "unknown")).any()


def test_the_first_topic_that_fits_counts() -> None:
    texts = frame("My refund is late", "Where is my parcel?", "I say nothing", "The boots are damaged, I want a refund")
    topics = topics_of(texts, rules())["topic"].to_list()
    assert topics == ["refund_or_return", "delivery", "other", "wrong_or_damaged"]
    assert topics_of(frame("Dov'è il rimborso?", language="en"), rules())["topic"].to_list() == ["other"]


def test_labels_have_their_bounds() -> None:
    values = pl.DataFrame({"feeling": [-0.11, -0.1, 0.0, 0.1, 0.11, None]})
    told = values.select(label(pl.col("feeling"), neutral=0.1)).to_series().to_list()
    assert told == ["negative", "neutral", "neutral", "neutral", "positive", None]


def with_examples(examples: pl.DataFrame) -> VoiceRules:
    return VoiceRules(rules().words, rules().language_words, rules().topics, examples)


def test_no_language_is_used_by_default_as_no_examples_of_others_say_that_it_may_be() -> None:
    quality = quality_of(rules(), threshold=0.6, neutral=0.1)
    assert quality.select("language", "origin", "is_used").rows() == [
        ("en", "own", False),
        ("it", "own", False),
    ]
    assert quality["note"].str.contains("below 0.60|our own").all()


def test_only_examples_of_others_count() -> None:
    own = rules().examples.filter(pl.col("origin") == OWN)
    others = own.with_columns(origin=pl.lit("reviews"))
    alone = quality_of(with_examples(own), threshold=0.6, neutral=0.1)
    assert alone["origin"].to_list() == [OWN, OWN]
    assert not alone["is_used"].any()
    assert (alone["agreement_low"] > 0.6).all(), "our own would have let every language pass"
    found = quality_of(with_examples(others), threshold=0.6, neutral=0.1)
    assert found["is_used"].all()
    assert found["note"].to_list() == [None, None]
    swapped = own.with_columns(pl.col("label").replace({"positive": "negative", "negative": "positive"}))
    assert quality_of(with_examples(pl.concat([others, swapped])), threshold=0.6, neutral=0.1).equals(found)


def test_feelings_that_do_not_agree_are_not_used() -> None:
    theirs = rules().examples.filter(pl.col("origin") == OWN).with_columns(origin=pl.lit("reviews"))
    swapped = theirs.with_columns(pl.col("label").replace({"positive": "negative", "negative": "positive"}))
    few = theirs.group_by("language", "label", maintain_order=True).head(1)
    one_label = theirs.filter(pl.col("label") == "positive")
    for examples in (swapped, few, one_label, theirs.clear()):
        quality = quality_of(with_examples(examples), threshold=0.6, neutral=0.1)
        assert not quality["is_used"].any(), examples
        assert quality["note"].null_count() == 0


def test_macro_f1_is_that_of_the_library() -> None:
    random = Random(1)
    for _ in range(20):
        said = pl.DataFrame({"label": random.choices(LABELS, k=40), "said": random.choices(LABELS, k=40)})
        known = sorted(set(said["label"]))
        expected = f1_score(said["label"].to_list(), said["said"].to_list(), labels=known, average="macro")
        assert macro_f1(said) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("table", "row", "message"),
    [
        ("feeling_word", {"language": "en", "word": "Good", "kind": "feeling", "weight": "1"}, "lower case"),
        ("feeling_word", {"language": "en", "word": "a b*", "kind": "feeling", "weight": "1"}, "single word"),
        ("feeling_word", {"language": "en", "word": "x", "kind": "feeling", "weight": "9"}, "from -4 to 4"),
        ("feeling_word", {"language": "en", "word": "x", "kind": "negation", "weight": "1"}, "empty"),
        ("feeling_word", {"language": "en", "word": "x", "kind": "mood", "weight": None}, "one of feeling"),
        ("feeling_word", {"language": "english", "word": "x", "kind": "none", "weight": None}, "two letters"),
        ("feeling_word", {"language": "en", "word": "good", "kind": "none", "weight": None}, "twice"),
        ("voice_topic", {"topic": "x", "language": "en", "pattern": "(", "description": None}, "regular expression"),
        ("feeling_example", {"language": "en", "text": "x", "label": "happy", "origin": "own"}, "one of negative"),
        ("feeling_example", {"language": "en", "text": "x", "label": "neutral", "origin": None}, "own, or the name"),
        ("text_activity", {"activity": "x", "kind": "poem", "description": None}, "one of review"),
    ],
)
def test_a_wrong_row_is_refused(table: str, row: dict[str, str | None], message: str) -> None:
    frames = build.rule_frames(build.sql_files())
    added = pl.DataFrame([row], schema=dict.fromkeys(row, pl.String))
    own = frames[table].drop("file of the row").select(list(row))
    with pytest.raises(ConfigurationError, match=message):
        read_voice_rules({**frames, table: pl.concat([own, added])})
