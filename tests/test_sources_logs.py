"""Event logs as files: every event is read once with its case and place, and what is no log is one refusal."""

import gzip
import json
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journey_analytics.errors import ConfigurationError
from journey_analytics.sources import FileRead, FileRefusedError, Limits, RowBatch, reader_name
from journey_analytics.sources.ocel_rows import ocel_batches
from journey_analytics.sources.xes_rows import xes_batches

SMALL = Limits(row_bytes=2_000, chunk_bytes=64, batch_rows=2)
XES = """<?xml version="1.0" encoding="UTF-8"?>
<!-- a comment -->
<log xes.version="1.0" xmlns="http://www.xes-standard.org/">
  <extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
  <global scope="event"><string key="concept:name" value="a default"/></global>
  <string key="concept:name" value="the log"/>
  <trace>
    <string key="concept:name" value="NA"/>
    <event>
      <string key="concept:name" value="A &amp; B"/>
      <date key="time:timestamp" value="2026-01-01T10:00:00.000+01:00"/>
      <string key="org:resource" value="x"><string key="concept:name" value="nested"/></string>
      <list key="names"><string key="concept:name" value="in a list"/></list>
    </event>
    <event><string key="concept:name" value="B"/><string key="concept:name" value="twice"/></event>
  </trace>
  <trace><event><string key="concept:name" value="C"/></event><string key="concept:name" value="late"/></trace>
  <trace><string key="concept:name" value="NA"/><event><string key="concept:name" value="D"/></event></trace>
  <trace><event><string key="concept:name" value="E"/></event></trace>
  <event><string key="concept:name" value="F"/></event>
</log>
"""
OCEL: dict[str, Any] = {
    "events": [
        {
            "id": "e1",
            "type": "order placed",
            "time": "2026-01-01T10:00:00Z",
            "attributes": [{"name": "journey:channel", "value": "email"}],
            "relationships": [
                {"objectId": "o1", "qualifier": "about"},
                {"objectId": "c1", "qualifier": "by"},
                {"objectId": "o1", "qualifier": "again"},
            ],
        },
        {"id": "e2", "type": "paid", "time": "2026-01-01T10:00:00Z", "relationships": [{"objectId": "o1"}]},
        {"id": "e3", "type": "paid", "time": "2026-01-02T10:00:00Z", "relationships": [{"objectId": "nobody"}]},
        {"id": "e4", "type": "noted 🙂", "time": "2026-01-02T10:00:00Z"},
    ],
    "eventTypes": [],
    "objectTypes": [{"name": "order", "attributes": []}],
    "objects": [{"id": "o1", "type": "order"}, {"id": "c1", "type": "customer", "relationships": []}],
}


def chunks(content: bytes, size: int) -> Iterator[bytes]:
    return (content[at : at + size] for at in range(0, len(content), size))


def xes_rows(content: str | bytes, *, size: int = 64, limits: Limits = SMALL) -> list[tuple[int, dict[str, Any]]]:
    found = content.encode() if isinstance(content, str) else content
    return rows(xes_batches(chunks(found, size), limits=limits, warn=lambda _: None))


def warned(log: str | dict[str, Any]) -> list[str]:
    """What the reader warns of."""
    read = FileRead(SMALL)
    content, reader = (log, "xes") if isinstance(log, str) else (json.dumps(log), "ocel")
    rows(read.batches(BytesIO(content.encode()), name="log", reader=reader, delimiter=",", required=()))
    return read.warnings


def ocel_rows(log: object, *, size: int = 64, limits: Limits = SMALL) -> list[tuple[int, dict[str, Any]]]:
    found = log if isinstance(log, bytes) else json.dumps(log).encode()
    return rows(ocel_batches(lambda: chunks(found, size), limits=limits, warn=lambda _: None))


def rows(batches: Iterator[RowBatch]) -> list[tuple[int, dict[str, Any]]]:
    """Number and content of every row; a refused one by its code."""
    found: list[tuple[int, dict[str, Any]]] = []
    for batch in batches:
        found += zip(batch.numbers, map(json.loads, batch.payloads), strict=True)
        found += [(row.row_number, {"refused": row.code}) for row in batch.refused]
    return sorted(found, key=lambda row: row[0])


def test_every_event_comes_with_its_trace_and_place_and_nested_attributes_stay_out() -> None:
    found = xes_rows(XES)
    assert [number for number, _ in found] == [1, 2, 3, 4, 5, 6]
    named = [((row["trace"] or {}).get("concept:name"), row["event"], row["position"]) for _, row in found]
    first = {"concept:name": "A & B", "time:timestamp": "2026-01-01T10:00:00.000+01:00", "org:resource": "x"}
    assert named[:2] == [("NA", first, 1), ("NA", {"concept:name": "B"}, 2)]
    assert named[2] == ("late", {"concept:name": "C"}, 1)
    assert named[3] == ("NA", {"concept:name": "D"}, 3)
    assert named[4][::2] == (None, 0)
    assert found[4][1]["trace"] == {}
    assert found[5][1]["trace"] is None


@given(size=st.integers(min_value=1, max_value=2_000))
def test_the_rows_depend_on_no_border_of_the_chunks(size: int) -> None:
    assert xes_rows(XES, size=size) == xes_rows(XES, size=1_000_000)
    assert ocel_rows(OCEL, size=size) == ocel_rows(OCEL, size=1_000_000)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "iso-8859-1"])
def test_the_encoding_that_the_file_declares_is_kept(encoding: str) -> None:
    declared = {"utf-8-sig": "UTF-8", "utf-16": "UTF-16", "iso-8859-1": "ISO-8859-1"}[encoding]
    text = XES.replace("UTF-8", declared).replace('value="B"', 'value="Bücher"')
    assert xes_rows(text.encode(encoding))[1][1]["event"] == {"concept:name": "Bücher"}


def test_elements_with_a_prefix_are_elements_of_a_log() -> None:
    text = '<x:log xmlns:x="http://www.xes-standard.org/"><x:trace><x:event/></x:trace></x:log>'
    assert len(xes_rows(text)) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('<!DOCTYPE log [<!ENTITY a "b">]><log><trace/></log>', "document type declaration"),
        ('<!DOCTYPE log SYSTEM "file:///etc/passwd"><log/>', "document type declaration"),
        ("<log><trace>&unknown;</trace></log>", "no well-formed XML"),
        ("<html><body/></html>", "root element is <html>"),
        ("<log><trace></log>", "mismatched tag"),
        (XES[:400], "no well-formed XML"),
        (XES + "<log/>", "no well-formed XML"),
        ("not xml at all", "no well-formed XML"),
        ('<?xml version="1.0" encoding="no-such"?><log/>', "no well-formed XML"),
        (b"<log>\xff\xfe</log>", "no well-formed XML"),
        ("<log><trace><string key='a' value='" + "x" * 9_000 + "'/></trace></log>", "longer than 2,000"),
    ],
)
def test_what_is_no_xes_log_is_refused_as_a_whole(content: str | bytes, said: str) -> None:
    with pytest.raises(FileRefusedError, match=said) as caught:
        xes_rows(content)
    assert caught.value.code == "unreadable_file"


def test_an_event_with_too_many_attributes_costs_itself() -> None:
    many = "".join(f'<string key="k{number}" value="{"x" * 100}"/>' for number in range(30))
    text = XES.replace('<event><string key="concept:name" value="C"/>', f"<event>{many}")
    found = xes_rows(text)
    assert found[2] == (3, {"refused": "too_long"})
    assert len(found) == 6


def test_an_empty_file_has_no_rows() -> None:
    assert xes_rows("") == ocel_rows(b"") == []


def test_events_wait_for_the_name_of_their_trace_but_not_for_ever() -> None:
    events = "".join(f'<event><string key="concept:name" value="{number}"/></event>' for number in range(5))
    found = xes_rows(f'<log><trace>{events}<string key="concept:name" value="late"/></trace></log>')
    assert [row["event"]["concept:name"] for _, row in found] == list("01234")
    assert found[-1][1]["position"] == 1
    assert [row["position"] for _, row in found[:4]] == [0] * 4


def test_events_about_objects_come_with_types_and_places() -> None:
    found = [row for _, row in ocel_rows(OCEL)]
    assert found[0] == {
        "id": "e1",
        "type": "order placed",
        "time": "2026-01-01T10:00:00Z",
        "attributes": {"journey:channel": "email"},
        "objects": [
            {"id": "o1", "type": "order", "qualifier": "about", "position": 1},
            {"id": "c1", "type": "customer", "qualifier": "by", "position": 1},
        ],
    }
    assert found[1]["objects"] == [{"id": "o1", "type": "order", "qualifier": None, "position": 2}]
    assert found[2]["objects"][0]["type"] is None
    assert (found[3]["type"], found[3]["objects"]) == ("noted 🙂", [])


def test_traces_of_one_name_are_counted_and_those_without_events_are_not() -> None:
    assert warned(XES) == ["2 traces share the name 'NA': traces of one name become one case, and so one journey"]
    again = '<trace><event/><string key="concept:name" value=" late&#160;"/></trace>'
    empty = '<trace><string key="concept:name" value="NA"/></trace>'
    text = XES.replace("</log>", f"{again}{empty}</log>")
    assert warned(text) == [
        "4 traces share 2 names, such as 'NA': traces of one name become one case, and so one journey"
    ]
    assert xes_rows(text)[-1][1]["position"] == 2
    assert not warned(XES.replace('value="NA"', 'value="other"', 1))


def test_faults_between_the_parts_of_an_ocel_log_are_counted_each_with_the_first_of_them() -> None:
    types = [{"name": name, "attributes": []} for name in ("order placed", "noted 🙂")]
    assert warned({**OCEL, "eventTypes": types}) == [
        "2 events of types that eventTypes does not declare, such as 'paid' (event 2)",
        "1 reference to an object that the log does not list, such as 'nobody' (event 3)",
    ]
    sound = {
        **OCEL,
        "eventTypes": [*types, {"name": "paid"}],
        "objects": [*OCEL["objects"], {"id": "nobody", "type": "x"}],
    }
    assert not warned(sound)
    assert not warned(dict(reversed(sound.items())))


def test_an_event_whose_id_came_before_is_refused_and_takes_no_place() -> None:
    first, *others = OCEL["events"]
    found = ocel_rows({**OCEL, "events": [first, {**first, "type": "paid"}, *others]})
    assert found[1] == (2, {"refused": "repeated_id"})
    assert [number for number, row in found if "refused" in row] == [2]
    assert found[2][1]["objects"][0]["position"] == 2
    nameless = [{key: value for key, value in first.items() if key != "id"}] * 2
    assert all("refused" not in row for _, row in ocel_rows({**OCEL, "events": nameless}))


def test_objects_may_stand_before_the_events_or_after_them() -> None:
    turned = dict(reversed(OCEL.items()))
    assert list(turned) != list(OCEL)
    assert ocel_rows(turned) == ocel_rows(OCEL)


@pytest.mark.parametrize(
    ("log", "said"),
    [
        ([], "'{' is expected"),
        ({"rows": []}, "no OCEL 2.0 log"),
        ({"ocel:events": {}}, "OCEL 1.0"),
        ({"objects": [{"id": "o1"}]}, "without id or type"),
        ({"objects": ["o1"]}, "without id or type"),
        ({"events": [{"id": "x" * 9_000}]}, "an element is longer than 2,000"),
        (json.dumps(OCEL).encode()[:300], "no readable JSON"),
        (json.dumps(OCEL).encode() + b"{}", "something follows"),
        (b'{"events": [1,,2]}', "no readable JSON"),
        (b'{"events" []}', "':' is expected"),
        (b'{"events": ["\xff"]}', "no UTF-8"),
        (b'{"events": [' + b"[" * 5_000, "no readable JSON|longer than"),
    ],
)
def test_what_is_no_ocel_log_is_refused_as_a_whole(log: object, said: str) -> None:
    with pytest.raises(FileRefusedError, match=said) as caught:
        ocel_rows(log)
    assert caught.value.code == "unreadable_file"


@pytest.mark.parametrize(
    ("event", "code"),
    [
        ("e1", "not_object"),
        ({"id": "e1", "relationships": {"objectId": "o1"}}, "not_object"),
        ({"id": "e1", "relationships": [{"qualifier": "of"}]}, "not_object"),
        ({"id": "\ud800"}, "encoding"),
    ],
)
def test_a_malformed_event_costs_itself(event: object, code: str) -> None:
    found = ocel_rows({**OCEL, "events": [event, *OCEL["events"]]})
    assert found[0] == (1, {"refused": code})
    assert len(found) == 5


def test_a_log_goes_to_its_own_reader_whatever_its_ending() -> None:
    assert reader_name("a.json", "ocel") == reader_name("a.jsonocel") == "ocel"
    assert reader_name("a.xml.gz", "xes") == reader_name("a.XES.gz") == "xes"
    assert reader_name("a.json") == "json"
    with pytest.raises(ConfigurationError, match="did you mean 'xes'"):
        reader_name("a.xed")


@pytest.mark.parametrize(("reader", "content"), [("xes", XES.encode()), ("ocel", json.dumps(OCEL).encode())])
def test_a_compressed_log_is_the_same_log_and_a_cut_one_is_refused(reader: str, content: bytes) -> None:
    def read(raw: bytes) -> list[Any]:
        return rows(FileRead(SMALL).batches(BytesIO(raw), name="log.gz", reader=reader, delimiter=",", required=()))

    packed = gzip.compress(content)
    plain = xes_rows(content) if reader == "xes" else ocel_rows(content)
    assert read(packed) == plain
    with pytest.raises(FileRefusedError, match="cut"):
        read(packed[:-20])
