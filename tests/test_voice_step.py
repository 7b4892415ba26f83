"""`core.touchpoint_text`: what the customer wrote, once, without who it was; and none of what others wrote."""

from datetime import datetime, timedelta

import polars as pl
import pytest

from journey_analytics import build
from journey_analytics.voice.step import SCHEMA, make_voice
from journey_analytics.warehouse import Warehouse, open_memory

NOON = datetime(2026, 6, 1, 12)
PERSON = {"identity_type": "zendesk_user_id", "identity_value": "22"}
AGENT = {"identity_type": "zendesk_user_id", "identity_value": "9001"}
TICKET_OF_THAT_NUMBER = {"identity_type": "zendesk_ticket_id", "identity_value": "9001"}


def world(*events: dict[str, object], identities: tuple[dict[str, str], ...] = ()) -> Warehouse:
    """One customer's events as core tables; what is not given is a comment of the requester."""
    warehouse = open_memory()
    build.load_config(warehouse, build.sql_files())
    build.load_macros(warehouse, build.sql_files())
    sound = {"source": "support", "activity": "ticket_commented", "author": PERSON, "subject": None, "minute": 0}
    rows = [{**sound, "source_event_id": f"e{number}", **event} for number, event in enumerate(events)]
    frame = pl.DataFrame(rows, infer_schema_length=None).with_columns(
        pl.col("text", "subject").cast(pl.String), occurred_at=pl.lit(NOON) + pl.col("minute") * timedelta(minutes=1)
    )
    warehouse.create_from("core.event", frame.drop("minute"))
    warehouse.execute("""
        create table core.touchpoint as
        select md5(source || chr(31) || source_event_id) as touchpoint_id, 'j1' as journey_id,
            'c_00000001' as customer_id, occurred_at
        from core.event
    """)
    known = [PERSON, {"identity_type": "email", "identity_value": "anna.rossi@mail.example"}, *identities]
    warehouse.create_from(
        "core.customer_identity", pl.DataFrame([{**one, "customer_id": "c_00000001"} for one in known])
    )
    make_voice(warehouse)
    return warehouse


def texts(warehouse: Warehouse) -> list[str]:
    return [text for (text,) in warehouse.rows("select text from core.touchpoint_text order by text")]


def test_only_what_the_customer_wrote_is_kept() -> None:
    with world(
        {"text": "Mine"},
        {"text": "Of the support", "author": AGENT},
        {"text": "Of nobody", "author": {"identity_type": "zendesk_user_id", "identity_value": "unknown"}},
        {"text": "A review", "author": None, "activity": "product_reviewed"},
        {"text": "No kind", "author": None, "activity": "product_viewed"},
        {"text": None},
        identities=(TICKET_OF_THAT_NUMBER,),
    ) as warehouse:
        assert texts(warehouse) == ["A review", "Mine"]
        kinds = warehouse.rows("select text, kind from core.touchpoint_text order by text")
        assert kinds == [("A review", "review"), ("Mine", "comment")]
        assert warehouse.columns("core.touchpoint_text") == list(SCHEMA)


@pytest.mark.parametrize(("minute", "kept"), [(0, 1), (60, 1), (61, 2)])
def test_a_ticket_repeated_as_its_first_comment_is_one_text(minute: int, kept: int) -> None:
    opened = {"text": "It is late", "activity": "ticket_opened", "subject": "Delivery"}
    with world({"text": "It is late", "minute": minute}, opened) as warehouse:
        rows = warehouse.rows("select kind from core.touchpoint_text order by kind")
        assert rows == [("comment",), ("ticket",)][2 - kept :]


def test_a_ticket_without_a_text_has_its_subject_and_the_subject_tells_the_topic() -> None:
    with world(
        {"text": None, "subject": "My invoice", "activity": "ticket_opened"},
        {"text": "Please help", "subject": "Refund", "activity": "ticket_opened"},
    ) as warehouse:
        rows = warehouse.rows("select text, topic from core.touchpoint_text order by text")
        assert rows == [("My invoice", "invoice"), ("Please help", "refund_or_return")]


def test_the_customer_is_not_in_the_text() -> None:
    with world({"text": "this is for rossi at anna.rossi@mail.example, order 123456"}) as warehouse:
        assert texts(warehouse) == ["this is for [name] at [e-mail], order [number]"]


def test_feelings_of_a_language_that_is_not_used_are_null() -> None:
    events = ({"text": "This is terrible"}, {"text": "È pessimo e rotto"}, {"text": "qwerty"})
    feelings = "select language, feeling < 0, feeling_label from core.touchpoint_text order by language"
    with world(*events) as warehouse:
        assert {row[1:] for row in warehouse.rows(feelings)} == {(None, None)}, "no examples of others that agree"
        warehouse.execute("delete from config.feeling_example where origin <> 'own'")
        warehouse.execute("update config.feeling_example set origin = 'reviews'")
        make_voice(warehouse)
        known = [("en", True, "negative"), ("it", True, "negative"), ("unknown", None, None)]
        assert warehouse.rows(feelings) == known
        warehouse.execute("delete from config.feeling_example where language = 'it'")
        make_voice(warehouse)
        assert warehouse.rows(feelings) == [known[0], ("it", None, None), known[2]]
        quality = "select language, is_used, text_count, note is null from mart.text_quality order by language"
        assert warehouse.rows(quality) == [("en", True, 1, True), ("it", False, 1, False), ("unknown", False, 1, False)]


def test_without_texts_the_tables_are_there() -> None:
    with world({"text": None}) as warehouse:
        assert warehouse.value("select count(*) from core.touchpoint_text") == 0
        assert warehouse.value("select sum(text_count)::bigint from mart.text_quality") == 0


def test_several_parts_give_the_same_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    events = [{"text": f"This is a good text {word}", "minute": 0} for word in "abcdefghij"]
    with world(*events) as warehouse:
        whole = warehouse.frame("select * from core.touchpoint_text order by all")
        monkeypatch.setattr("journey_analytics.voice.step._TEXTS_AT_A_TIME", 3)
        make_voice(warehouse)
        assert warehouse.frame("select * from core.touchpoint_text order by all").equals(whole)
        assert whole.height == 10
