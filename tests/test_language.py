"""The pages in Italian: nothing left in English, nothing translated in vain, numbers written the Italian way."""

import ast
import csv
import json
import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from itertools import chain
from pathlib import Path

import polars as pl
import pytest
from report_inference import inference_frames
from report_world import world_frames

from journey_analytics import language
from journey_analytics.language import ENGLISH, LANGUAGES, catalogue, said, written_in
from journey_analytics.report import (
    attribution,
    changes,
    discovered_model,
    drivers,
    funnels,
    inference,
    journeys,
    losses,
    map_section,
    paths,
    planned,
    quality,
    rework,
    rules,
    step_section,
    stored,
    variants,
    wins,
)
from journey_analytics.report.active import active_frames
from journey_analytics.report.frames import complete
from journey_analytics.report.stored import retold
from journey_analytics.rework.sentences import CAUTION, HANDOVER_MEANING

PACKAGE = Path(language.__file__).parent
OTHERS = [code for code in LANGUAGES if code != ENGLISH]
FILES = sorted(PACKAGE.glob("locale/*/*.csv"))
SECTIONS = {
    "losses": losses.losses, "flow": journeys.flow, "time": journeys.time_in_stage, "funnels": funnels.funnels,
    "drivers": drivers.drivers, "changes": changes.changes, "rework": rework.rework, "wins": wins.wins,
    "attribution": attribution.attribution, "map": map_section.process_map, "steps": step_section.step_flow,
    "paths": paths.paths, "variants": variants.variants, "planned": planned.planned, "rules": rules.rules,
    "model": discovered_model.discovered_model, "quality": quality.load_quality, "inference": inference.inference,
    "definitions": lambda _: quality.definitions(),
}  # fmt: skip
_PLACE = re.compile(r"\{(\w+)\}")
_MARKUP = re.compile(r"<[^>]*>|&#?\w+;|`[^`]*`")
_SAYS = {"said", "phrase", "Column", "not_yet"}
_ENGLISH_WORDS = frozenset(
    [
        "the",
        "of",
        "and",
        "with",
        "without",
        "that",
        "which",
        "journeys",
        "journey",
        "lost",
        "open",
        "purchased",
        "entered",
        "touchpoint",
        "touchpoints",
        "share",
        "interval",
        "fewer",
        "than",
        "more",
        "hollow",
        "lines",
        "show",
        "as",
        "table",
        "every",
        "each",
        "before",
        "after",
    ]
)
"""Words that no Italian sentence has: what is left of an English one shows by them."""


def rows_of(file: Path) -> list[list[str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.reader(lines, strict=True))


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_a_catalogue_is_a_table_of_two_columns_with_the_same_places_in_both(file: Path):
    header, *rows = rows_of(file)
    assert header == ["english", {"it": "italian"}[file.parent.name]]
    assert [row for row in rows if len(row) != 2 or not all(cell.strip() for cell in row)] == []
    assert [row for row in rows if set(_PLACE.findall(row[0])) != set(_PLACE.findall(row[1]))] == []
    assert [english for english, _ in rows if sum(english == other for other, _ in rows) > 1] == []


@pytest.mark.parametrize("code", OTHERS)
def test_markup_stands_in_both(code: str):
    wrong = [row for row in catalogue(code).items() if _tags(row[0]) != _tags(row[1])]
    assert wrong == []


def _tags(text: str) -> list[str]:
    return sorted(re.findall(r"</?[a-z]+>|`[^`]*`", text))


def literals() -> Iterator[tuple[Path, ast.AST]]:
    for file in sorted(PACKAGE.rglob("*.py")):
        yield from ((file, node) for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))))


def texts_said() -> Iterator[tuple[Path, str]]:
    """What the sources say in words of their own, and count with `several`."""
    for file, node in literals():
        if not isinstance(node, ast.Call):
            continue
        called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        texts = [each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
        if called in _SAYS and node.args and isinstance(node.args[0], ast.Constant):
            yield file, texts[0]
        elif called == "several" and texts and "report" in file.parts:
            yield from ((file, text) for text in (texts if len(texts) > 1 else [texts[0], f"{texts[0]}s"]))


@pytest.mark.parametrize("code", OTHERS)
def test_every_text_that_the_sources_say_is_translated(code: str):
    missing = {f"{file.relative_to(PACKAGE)}: {text}" for file, text in texts_said() if text not in catalogue(code)}
    assert sorted(missing) == []


# what a reader sees


class Seen(HTMLParser):
    """The texts of a page that people see or hear; those of code are left out."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._inside: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("br", "hr", "img", "input", "meta"):
            self._inside.append(tag)
        self.texts += [value or "" for name, value in attrs if name in ("aria-label", "title", "placeholder")]

    def handle_endtag(self, tag: str) -> None:
        self._inside.pop()

    def handle_data(self, data: str) -> None:
        if not {"script", "code", "pre"} & set(self._inside):
            self.texts.append(data)
        elif "script" in self._inside:
            self.texts += drawn_texts(json.loads(data))


_DRAWN = {
    "text",
    "ticktext",
    "name",
    "customdata",
    "hovertext",
    "words",
    "line",
    "counts",
    "facts",
    "colour_words",
    "width_words",
}


def drawn_texts(value: object, key: str = "") -> Iterator[str]:
    """The texts of a figure that Plotly draws."""
    if isinstance(value, dict):
        yield from chain.from_iterable(drawn_texts(each, name) for name, each in value.items())
    elif isinstance(value, list):
        yield from chain.from_iterable(drawn_texts(each, key) for each in value)
    elif isinstance(value, str) and key in _DRAWN:
        yield value


@pytest.fixture(scope="module")
def worlds() -> dict[str, Mapping[str, pl.DataFrame]]:
    calm = world_frames(journeys=200)
    old = {name: frame for name, frame in calm.items() if name not in inference_frames()}
    tiny = world_frames(journeys=12, seed=3)
    worlds = {"calm": calm, "old": old, "tiny": tiny, "empty": {}}
    return {name: active_frames(complete(frames)) for name, frames in worlds.items()}


def page_of(frames: Mapping[str, pl.DataFrame], section: str) -> str:
    made = SECTIONS[section](frames)
    return "" if made is None else made.html()


class Strict(dict[str, str]):
    """A catalogue that notes what it has no text for; what it gave before may be asked for again."""

    def __init__(self, rows: Mapping[str, str], known: frozenset[str]) -> None:
        super().__init__(rows)
        self.missing: set[str] = set()
        self.asked: set[str] = set()
        self._answers = set(rows.values()) | known

    def get(self, key: str, default: str | None = None) -> str | None:
        self.asked.add(key)
        if key not in self and key not in self._answers and re.search(r"[A-Za-z]{2}", key):
            self.missing.add(key)
        return super().get(key, default)


def data_of(frames: Mapping[str, pl.DataFrame]) -> frozenset[str]:
    """Every text of the tables, as it is stored and as it is shown."""
    columns = [frame[name] for frame in frames.values() for name in frame.columns]
    flat = [column.explode(empty_as_null=True) if isinstance(column.dtype, pl.List) else column for column in columns]
    texts = chain.from_iterable(column.drop_nulls().to_list() for column in flat if column.dtype == pl.String)
    return frozenset(form for text in texts for form in _forms(text))


def _forms(text: str) -> Iterator[str]:
    words = text.replace("_", " ")
    yield from (
        text,
        words,
        words.strip(),
        words[:1].upper() + words[1:],
        words.replace("post purchase", "post-purchase"),
    )
    yield from words.split("; ")


WORLDS = ["calm", "old", "tiny", "empty"]


@pytest.fixture(scope="module")
def italian(worlds) -> dict[str, tuple[dict[str, list[str]], "Strict"]]:
    """By world: the texts of every section in Italian, and the catalogue that was asked for them."""
    found = {}
    for world, frames in worlds.items():
        strict = Strict(catalogue("it"), data_of(frames))
        with pytest.MonkeyPatch.context() as patch, written_in("it"):
            patch.setattr(language, "catalogue", lambda _, strict=strict: strict)
            texts = {section: Seen(page_of(frames, section)).texts for section in SECTIONS}
        found[world] = texts, strict
    return found


@pytest.mark.parametrize("world", WORLDS)
def test_nothing_is_asked_of_the_catalogue_that_it_does_not_have(italian, world: str):
    strict = italian[world][1]
    assert sorted(text for text in strict.missing if not _is_made_of_said(text, strict)) == []


def _is_made_of_said(text: str, rows: Mapping[str, str]) -> bool:
    """A title that was said with its places filled, and is said again as the title of a column."""
    return any(
        re.fullmatch("(.+)".join(map(re.escape, _PLACE.split(translated)[::2])), text)
        for translated in rows.values()
        if "{" in translated and re.search(r"[A-Za-z]{4}", _PLACE.sub("", translated))
    )


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("world", WORLDS)
def test_no_english_word_is_left_on_an_italian_page(worlds, italian, world: str, section: str):
    data = {word for text in data_of(worlds[world]) for word in re.findall(r"[a-z]+", text.lower())}
    texts = italian[world][0][section]
    plain = [_MARKUP.sub(" ", text.replace("\\u003c", "<")) for text in texts]
    words = {text: set(re.findall(r"(?<![\w.-])[a-z]+(?![\w-])", text.lower())) for text in plain}
    left = {text: found for text, each in words.items() if (found := (each & _ENGLISH_WORDS) - data)}
    assert left == {}


def test_no_row_translates_what_nobody_says(italian):
    """A text is one of the sources, a name of theirs or of the models in SQL, or was asked for by a page."""
    written = {node.value for _, node in literals() if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    models = "\n".join(file.read_text(encoding="utf-8") for file in sorted((PACKAGE.parent / "sql").rglob("*.*")))
    asked = set[str]().union(*(each.asked for _, each in italian.values()))
    known = (
        written
        | asked
        | {CAUTION, HANDOVER_MEANING}
        | {text for _, text in texts_said()}
        | set(language.area("it", "stored"))
    )
    names = {text: text.lower().replace(" ", "_") for text in catalogue("it") if text not in known}
    assert [
        text for text, name in names.items() if text not in models and name not in models and name not in known
    ] == []


def test_a_page_without_its_catalogue_is_found_out(worlds, monkeypatch):
    """The two tests above see what is missing: without the rows of one area they fail."""
    strict = Strict({}, data_of(worlds["calm"]))
    monkeypatch.setattr(language, "catalogue", lambda code: strict)
    with written_in("it"):
        texts = Seen(page_of(worlds["calm"], "losses")).texts
    assert len(strict.missing) > 30
    assert {"journeys", "the", "lost"} <= {word for text in texts for word in re.findall(r"[a-z]+", text.lower())}


def test_numbers_have_italian_separators(italian):
    texts = [text for each in italian["calm"][0].values() for text in each]
    figures = [
        text for text in texts if re.search(r"\d\.\d\d?\u00a0%|\d\.\d\u00a0(h|min|giorn)|[1-9],\d{3}(?!\d)", text)
    ]
    assert figures == []
    assert any(re.search(r"\d,\d\u00a0%", text) for text in texts)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("fewer than 30 entrants", "meno di 30 entrati"),
        ("0.80 to 0.95", "da 0,80 a 0,95"),
        (
            "upper quartile of 2 other values of device with at least 30 entrants",
            "quartile superiore di altri 2 valori di dispositivo con almeno 30 entrati",
        ),
        ("A note to the team, 3.5 times", "A note to the team, 3.5 times"),
    ],
)
def test_a_stored_sentence_is_told_again(text: str, told: str):
    assert retold(text) == text
    with written_in("it"):
        assert retold(text) == told


def test_an_alert_is_told_again_with_its_figures():
    alert = (
        "In the 7 days to 2026-03-01 41.0 % of 1,204 journeys that entered decision had advanced by the end, not "
        "52.3 % as before (-11.3 points; 95 % interval -15.2 to -7.4); no single segment explains it."
    )
    with written_in("it"):
        assert retold(alert) == (
            "Nei 7 giorni fino al 2026-03-01: è andato avanti entro la fine il 41,0 % di 1.204 percorsi entrati in "
            "decision, non il 52,3 % come prima (-11,3 punti; intervallo al 95 % da -15,2 a -7,4); nessun singolo "
            "segmento lo spiega."
        )


def test_what_is_told_again_is_of_the_language_and_not_of_the_one_before():
    assert {code: len(stored._patterns(code)) for code in LANGUAGES}[ENGLISH] == 0
    with written_in("it"):
        assert said("Lost") == "Persi"
    assert said("Lost") == "Lost"
