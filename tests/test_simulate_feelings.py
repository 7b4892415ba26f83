"""What simulated people say and how satisfied they are: true to what happened, and nothing else is changed by it."""

import csv
import json
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from simulated_world import records, table, truth

from journey_analytics.simulate import satisfaction, simulate, simulation, words, world
from journey_analytics.simulate.draw import DAY, random_of
from journey_analytics.simulate.things import Device, Need, Order, Ticket, Touch, Visit


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    simulate(folder, customers=250, days=300, seed=8)
    return folder


def test_words_and_the_survey_change_no_event_and_no_row_but_texts(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulation, "speak", lambda *_: None)
    monkeypatch.setattr("journey_analytics.simulate.record.survey", lambda *_: [])
    simulate(tmp_path, customers=250, days=300, seed=8)
    for name in ("event", "stage_visit", "journey", "customer", "hazard"):
        assert truth(tmp_path, name) == truth(shop, name)
    assert Counter(map(without_texts, records(tmp_path, "web"))) == Counter(map(without_texts, records(shop, "web")))
    for name, text in (("ticket", "description"), ("ticket_comment", "body")):
        silent, told = table(tmp_path, name), table(shop, name)
        assert [row | {text: ""} for row in silent] == [row | {text: ""} for row in told]
        assert {row[text] for row in silent} != {row[text] for row in told}
    assert truth(tmp_path, "survey") == []


def without_texts(message: dict) -> str:
    kept = {
        name: value for name, value in message.get("properties", {}).items() if name not in ("rating", "review_body")
    }
    return json.dumps(message | {"properties": kept}, sort_keys=True)


def test_every_review_has_a_rating_and_the_words_of_it(shop: Path) -> None:
    reviews = [row["properties"] for row in records(shop, "web") if row.get("event") == "Product Reviewed"]
    assert len(reviews) >= 5
    for review in reviews:
        assert review["rating"] in range(1, 6)
        said = {text for found in words.REVIEWS.values() for text in found[words.tone(review["rating"])]}
        assert review["review_body"] in said


def test_people_write_one_language_each_and_both_are_written(shop: Path) -> None:
    languages = defaultdict(set)
    for row in table(shop, "ticket"):
        languages[row["requester_id"]].add(row["description"].split(",")[0])
    assert all(len(found) == 1 for found in languages.values())
    assert {next(iter(found)) for found in languages.values()} == {"Hello", "Buongiorno"}


def test_the_first_comment_is_the_ticket_and_no_text_breaks_a_line(shop: Path) -> None:
    first = {}
    for row in sorted(table(shop, "ticket_comment"), key=lambda row: (row["created"], row["id"])):
        first.setdefault(row["ticket_id"], row["body"])
        assert row["body"].strip() == row["body"] != ""
        assert "\n" not in row["body"]
    tickets = {row["id"]: row["description"] for row in table(shop, "ticket")}
    assert {key: first[key] for key in tickets} == tickets


def test_both_languages_have_the_same_kinds_of_texts() -> None:
    for found in (words.REVIEWS, words.OPENINGS, words.FOLLOW_UPS):
        assert found["en"].keys() == found["it"].keys()
    texts = [text for found in words.REVIEWS.values() for said in found.values() for text in said]
    assert len(set(texts)) == len(texts)
    for language in ("en", "it"):
        assert "Ada" in words.signature(language, "Ada Haas", "+49", "ada@x.example", 0.4)
        assert "+49" in words.signature(language, "Ada Haas", "+49", "ada@x.example", 0.1)
        assert "ada@x.example" in words.signature(language, "Ada Haas", "+49", "ada@x.example", 0.2)
        assert words.signature(language, "Ada Haas", "+49", "ada@x.example", 0.9) == ""


def test_the_survey_asks_about_stages_that_were_entered_and_nobody_unknown(shop: Path) -> None:
    rows = truth(shop, "survey")
    entered = {(row["journey_id"], row["stage"]) for row in truth(shop, "stage_visit")}
    keys = [(row["journey_id"], row["stage"]) for row in rows]
    assert len(set(keys)) == len(keys)
    assert set(keys) <= entered
    assert not any(key.startswith("visitor") for key, _ in keys)
    of_known = [key for key in entered if not key[0].startswith("visitor")]
    assert 0.4 * len(of_known) < len(keys) <= 0.52 * len(of_known), "half of them, but for needs nobody logged in for"
    assert {row["score"] for row in rows} <= set("12345")


def test_satisfaction_falls_with_what_went_wrong(shop: Path) -> None:
    scores = defaultdict(list)
    for row in truth(shop, "survey"):
        fall = float(row["fall"])
        scores["none" if fall == 0 else "some" if fall < 1 else "much"].append(int(row["score"]))
    means = {name: sum(found) / len(found) for name, found in scores.items()}
    assert min(map(len, scores.values())) >= 20
    assert means["none"] > means["some"] + 0.2 > means["much"] + 0.6
    assert means["none"] == pytest.approx(world.SATISFACTION_BASE, abs=0.15)


def need_with_troubles() -> Need:
    """Two errors and a repeated look at the cart in decision; a slow ticket, two comments and a refund after it."""
    visit = Visit(at=0, device=Device("mobile", "", ""), channel="direct")
    activities = ("Cart Viewed", "Cart Viewed", "Checkout Error Shown", "Product Viewed", "Product Viewed")
    visit.touches = [
        Touch(at, activity, "decision") for at, activity in enumerate((*activities, "Checkout Error Shown"))
    ]
    order = Order(at=100, order_id="1", topic="shoes", lines=[], is_in_store=False, cents=1, refunded_at=20 * DAY)
    rows = [(DAY, "comment", "a"), (2 * DAY, "comment", "b"), (3 * DAY, "status", "solved")]
    ticket = Ticket(opened_at=DAY, subject="", body="", rows=rows)
    return Need("n", "shoes", 0, "", "", entries=[(0, "decision")], visits=[visit], tickets=[ticket], order=order)


@pytest.mark.parametrize(
    ("stage", "before", "expected"),
    [
        ("decision", 30 * DAY, {"checkout_error": 2, "rage_loop": 1}),
        ("decision", 3, {"checkout_error": 1, "rage_loop": 1}),
        ("awareness", 30 * DAY, {}),
        ("post_purchase", 30 * DAY, {"refund": 1, "ticket_day": 2, "repeated_contact": 1}),
        ("post_purchase", 2 * DAY, {"ticket_day": 1}),
    ],
)
def test_what_goes_wrong_counts_in_its_stage_and_only_up_to_the_end(
    stage: str, before: int, expected: dict[str, float]
) -> None:
    found = satisfaction.troubles(need_with_troubles(), stage, before=before)
    assert {name: value for name, value in found.items() if value} == expected


def test_it_gets_no_worse_beyond_the_caps() -> None:
    falls, caps = world.SATISFACTION_FALLS, world.SATISFACTION_CAPS
    expected = falls["refund"] + falls["repeated_contact"] + falls["ticket_day"] * caps["ticket_day"]
    assert satisfaction.fallen(need_with_troubles(), "post_purchase", before=30 * DAY) == pytest.approx(expected)


def test_answers_are_about_normal_around_the_latent_score() -> None:
    draws = [satisfaction.normal(random_of(1, number)) for number in range(4_000)]
    mean = sum(draws) / len(draws)
    assert abs(mean) < 0.06
    assert sum((draw - mean) ** 2 for draw in draws) / len(draws) == pytest.approx(1, abs=0.08)
    assert {satisfaction.answer(9.0, random_of(2, number)) for number in range(50)} == {5}
    assert {satisfaction.answer(-3.0, random_of(2, number)) for number in range(50)} == {1}


def test_the_survey_is_nowhere_in_the_exports(shop: Path) -> None:
    with (shop / "truth" / "survey.csv").open(encoding="utf-8", newline="") as file:
        assert next(csv.reader(file)) == ["journey_id", "stage", "score", "fall"]
    assert not [file for file in (shop / "landing").rglob("*") if "survey" in file.name]
    assert "survey" not in (shop / "journey.toml").read_text(encoding="utf-8")
