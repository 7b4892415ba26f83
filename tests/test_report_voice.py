"""The section on what customers say: figures are those of the tables, words are words, and both languages are whole."""

import re
from datetime import datetime
from html import unescape
from typing import Any

import polars as pl
import pytest
from report_attack import HOSTILE

from journey_analytics.language import catalogue, written_in
from journey_analytics.report import voice
from journey_analytics.report.figures.voice import voice_figure
from journey_analytics.report.frames import complete

NOW = datetime(2026, 6, 1, 12)


def told(topic: str, negative: int, felt: int, **given: Any) -> dict[str, Any]:
    share = negative / felt if felt else None
    sound = {
        "persona": "all", "stage": "all", "topic": topic, "kind": "all", "text_count": felt + 5,
        "journey_count": felt, "customer_count": felt, "felt_count": felt, "negative_count": negative,
        "neutral_count": 0, "positive_count": felt - negative, "negative_share": share,
        "negative_low": None if share is None else share / 2, "freshest_at": NOW,
        "negative_high": None if share is None else (1 + share) / 2,
        "is_shown": felt >= 30, "is_suppressed": False,
    }  # fmt: skip
    return sound | given


def quote(topic: str, text: str, feeling: str = "negative", place: int = 1) -> dict[str, Any]:
    return {"persona": "all", "stage": "all", "topic": topic, "feeling_label": feeling, "place": place,
            "quote": text, "kind": "review", "occurred_month": "2026-05"}  # fmt: skip


def known(language: str, **given: Any) -> dict[str, Any]:
    sound = {"language": language, "origin": "reviews", "text_count": 50, "labelled_count": 74, "agreed_count": 66,
             "agreement_share": 0.89, "agreement_low": 0.8, "agreement_high": 0.94, "majority_share": 0.4,
             "macro_f1": 0.88, "threshold": 0.6, "is_used": True, "note": None}  # fmt: skip
    return sound | given


def frames(**changed: list[dict[str, Any]]) -> dict[str, pl.DataFrame]:
    rows = {
        "voice": [
            told("all", 50, 120), told("other", 30, 60), told("delivery", 20, 40), told("price", 1, 20),
            told("delivery", 15, 31, persona="regular"), told("all", 50, 120, stage="decision"),
            told("invoice", 0, 0, is_suppressed=True, text_count=None, customer_count=None, felt_count=None),
        ],
        "voice_quote": [
            quote("all", "It is late"), quote("delivery", "Great", "positive"), quote("all", "?", "unknown"),
        ],
        "text_quality": [
            known("en"), known("it", is_used=False), known("fr", agreement_share=None, is_used=False),
            known("unknown", threshold=None, agreement_share=None, is_used=False),
        ],
    } | changed  # fmt: skip
    return complete({f"mart.{name}": pl.DataFrame(found, infer_schema_length=None) for name, found in rows.items()})


def html(found: dict[str, pl.DataFrame]) -> str:
    section = voice.voice(found)
    assert section is not None
    return str(section.html())


def words(found: dict[str, pl.DataFrame]) -> str:
    without_data = re.sub(r"<script.*?</script>", " ", html(found), flags=re.DOTALL)
    return unescape(re.sub(r"<[^>]+>", " ", without_data)).replace("\u00a0", " ")


def test_the_lead_names_the_whole_and_the_topic_with_the_most_complaints() -> None:
    said = words(frames())
    assert "125 texts by 120 customers: 41.7 % of those with a feeling are negative (20.8–70.8 %)." in said
    assert "Most complaints are about: delivery (20 negative texts, 50.0 % of those about it)." in said


def test_bars_are_the_shares_of_the_topics_that_may_be_shown() -> None:
    rows = [told("a", 10, 40) | {"label": "A"}, told("b", 1, 29) | {"label": "B"}, told("c", 0, 30) | {"label": "C"}]
    figure = voice_figure(rows)
    bars = {trace.name: list(trace.x) for trace in figure.data if trace.type == "bar"}
    assert bars == {"Negative": [0.25, 0.0], "Neutral": [0.0, 0.0], "Positive": [0.75, 1.0]}
    marks = next(trace for trace in figure.data if trace.type == "scatter")
    assert list(marks.error_x.array) == pytest.approx([0.625 - 0.25, 0.5])
    assert voice_figure(rows[1:2]).data == ()


def test_what_is_left_out_is_counted_and_what_is_suppressed_is_nowhere() -> None:
    said = words(frames())
    assert "Topics with fewer than 30 such texts are only in the table: 1." in said
    assert "Invoice" not in said
    assert "Price" in said


def test_each_language_says_how_well_its_feelings_are_known() -> None:
    said = words(frames())
    assert "English (50 texts): they agree with 89.0 % (80.0–94.0 %) of 74 labelled examples." in said
    assert "Italian (50 texts): they agree with only 89.0 %" in said
    assert "fr (50 texts): no labelled examples, so no feelings." in said
    assert "The language of 50 texts could not be told" in said
    own = words(frames(text_quality=[known("it", origin="own", is_used=False)]))
    assert "Italian (50 texts): nobody else labelled examples. With our own they agree in 89.0 %" in own
    assert "In no language are feelings known well enough to be shown: see below." in own


def test_without_texts_there_is_no_section() -> None:
    assert voice.voice(complete({})) is None
    assert voice.voice(frames(voice=[told("all", 0, 0, text_count=None, is_suppressed=True)])) is None


def test_few_texts_and_no_quotes_say_so() -> None:
    said = words(frames(voice=[told("all", 3, 9), told("delivery", 3, 9)], voice_quote=[quote("x", "y")][:0]))
    assert "14 texts by 9 customers." in said
    assert "No group is large enough to quote from: at least 5 customers." in said
    assert "Most complaints" not in said


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_stay_words(text: str) -> None:
    found = frames(
        voice=[told("all", 40, 80), told(text, 40, 80)],
        voice_quote=[quote("all", text), quote(text, text) | {"kind": text, "occurred_month": text}],
    )
    page = html(found)
    assert not re.search(r"<(img|svg|script(?! type=\"application/json\")|a )", page)
    assert "onerror=window" not in re.sub(r"&lt;.*?&gt;", "", re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL))


def test_the_italian_section_has_no_english_text(monkeypatch: pytest.MonkeyPatch) -> None:
    with written_in("it"):
        missing: list[str] = []

        class Strict(dict[str, str]):
            def get(self, key: str, default: Any = None) -> Any:
                if key not in self:
                    missing.append(key)
                return super().get(key, default)

        strict = Strict(catalogue("it"))
        monkeypatch.setattr("journey_analytics.language.catalogue", lambda _: strict)
        said = words(frames())
        html(frames(voice=[told("all", 3, 9)], voice_quote=[quote("x", "y")][:0]))
    assert missing == []
    assert "125 testi di 120 clienti" in said
    assert "41,7 %" in said
