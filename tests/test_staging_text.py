"""What customers write goes through staging and admission, with who wrote it, and changes no id."""

from collections.abc import Iterator
from typing import Any

import pytest
from staging_case import Bench, Row, bench, someone

AT = "2026-06-01 12:00:00"


@pytest.fixture(scope="module")
def desk() -> Iterator[Bench]:
    with bench() as made:
        yield made


def only(desk: Bench) -> Row:
    events, refused = desk.admit()
    assert not refused
    return events[1][0]


def user(value: str) -> Row:
    return {"identity_type": "zendesk_user_id", "identity_value": value}


def test_a_ticket_brings_its_description_and_who_submitted_it(desk: Bench) -> None:
    ticket = {"id": "11", "created_at": AT, "requester_id": "22", "subject": "Late", "description": " Where is it? "}
    desk.stage("zendesk", zendesk_ticket=[ticket])
    event = only(desk)
    assert (event["text"], event["author"]) == ("Where is it?", user("22"))
    desk.stage("zendesk", zendesk_ticket=[{**ticket, "submitter_id": "9001"}])
    assert only(desk)["author"] == user("9001")


@pytest.mark.parametrize(("given", "author"), [("22", "22"), (" 9001 ", "9001"), (None, "unknown"), ("", "unknown")])
def test_a_comment_brings_its_body_and_its_author(desk: Bench, given: str | None, author: str) -> None:
    comment = {"id": "33", "ticket_id": "11", "created": AT, "public": "true", "user_id": given, "body": "Any news?"}
    desk.stage("zendesk", zendesk_ticket_comment=[comment])
    event = only(desk)
    assert (event["text"], event["author"]) == ("Any news?", user(author))


def message(**properties: Any) -> Row:
    return {"messageId": "m1", "type": "track", "event": "Product Reviewed", "anonymousId": "a1",
            "timestamp": "2026-06-01T12:00:00Z", "properties": properties}  # fmt: skip


@pytest.mark.parametrize("key", ["review_body", "review", "text", "comment"])
def test_a_review_brings_its_text_and_its_score(desk: Bench, key: str) -> None:
    desk.stage("segment", segment=[message(**{key: "Great boots", "rating": 4})])
    event = only(desk)
    assert (event["text"], float(event["score"]), event["author"]) == ("Great boots", 4.0, None)


@pytest.mark.parametrize("rating", ["five", {"stars": 5}, "", "1e3", None])
def test_a_rating_that_is_no_number_loses_itself_and_not_the_touchpoint(desk: Bench, rating: object) -> None:
    desk.stage("segment", segment=[message(review="Fine", rating=rating)])
    event = only(desk)
    assert (event["text"], event["score"]) == ("Fine", None)


def test_an_object_is_no_text_and_a_bracket_is_no_object(desk: Bench) -> None:
    desk.stage("segment", segment=[message(review={"a": 1})])
    assert only(desk)["text"] is None
    desk.stage("segment", segment=[message(review="[Update] still great")])
    assert only(desk)["text"] == "[Update] still great"


def test_other_messages_bring_neither(desk: Bench) -> None:
    desk.stage("segment", segment=[message(text="x", rating=1) | {"event": "Product Viewed"}])
    event = only(desk)
    assert (event["text"], event["score"]) == (None, None)


def test_a_text_is_bounded_and_clean(desk: Bench) -> None:
    assert desk.event(text="\ufeff  a\x00b \n")["text"] == "a\ufffdb"
    assert desk.event(text=" \t ")["text"] is None
    assert len(desk.event(text="ab" * 5000)["text"]) == 4000


def test_the_text_and_its_author_are_content_and_no_part_of_a_derived_id(desk: Bench) -> None:
    plain = desk.event()
    texts = [desk.event(text=text, author=author) for text in (None, "a", "b") for author in (None, someone("9")[0])]
    assert {event["source_event_id"] for event in texts} == {plain["source_event_id"]}
    assert len({event["content_hash"] for event in texts}) == len(texts)
    assert texts[0]["content_hash"] == plain["content_hash"]
