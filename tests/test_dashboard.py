"""The dashboard without a browser: links, access, headers, what is remembered, downloads, ids that never collide."""

import ast
import csv
import io
import json
import re
from base64 import b64encode
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from time import perf_counter
from urllib.parse import parse_qsl

import polars as pl
import pytest
from dashboard_world import publish_frames
from hypothesis import given, settings
from hypothesis import strategies as st
from report_attack import HOSTILE, hostile_frames
from report_world import world_frames

from journey_analytics.config import Config
from journey_analytics.contract import STAGES
from journey_analytics.dashboard import access, exports, gate, pages
from journey_analytics.dashboard.access import access_of
from journey_analytics.dashboard.app import make_app
from journey_analytics.dashboard.headers import security_headers
from journey_analytics.dashboard.published import Published
from journey_analytics.dashboard.server import listening
from journey_analytics.dashboard.shell import Freshness, badge
from journey_analytics.dashboard.state import STATES, Examples, State, language_of, state_of
from journey_analytics.errors import ConfigurationError, DataError
from journey_analytics.language import LANGUAGES, catalogue
from journey_analytics.report.markup import Html
from journey_analytics.report.selection import SEGMENTS, Choice
from journey_analytics.report.spreadsheet import disarmed
from journey_analytics.report.views import VIEWS

ANCHORS = [view.anchor for view in VIEWS]
HOUSE = Path(pages.__file__).parent

pytest.importorskip("dash")
pytest.importorskip("flask_httpauth")


@pytest.fixture(scope="module")
def calm(tmp_path_factory):
    return publish_frames(tmp_path_factory.mktemp("calm") / "published.duckdb", world_frames(journeys=400))


@pytest.fixture(scope="module")
def published(calm):
    return Published(calm, kept=200)


@pytest.fixture(scope="module")
def client(published):
    return make_app(published, access_of("127.0.0.1", {})).server.test_client()


choices = st.builds(
    Choice,
    st.dictionaries(st.sampled_from([one for one in SEGMENTS if one != "month"]), st.text(min_size=1, max_size=12))
    | st.fixed_dictionaries({"month": st.sampled_from(["2025-10", "2025-08..2025-10"])}),
    st.none() | st.integers(1, 3650),
)
states = st.builds(
    State,
    st.sampled_from(ANCHORS),
    choices,
    st.none() | choices,
    st.sampled_from(sorted(LANGUAGES)),
    st.none() | st.builds(Examples, st.sampled_from(STAGES), st.sampled_from(STATES)),
)


@given(states)
def test_a_link_brings_back_its_state(state):
    assert state_of(state.link(), views=ANCHORS) == state


@given(states)
def test_equal_states_have_equal_links_and_a_link_needs_no_escaping(state):
    assert state_of(state.link(), views=ANCHORS).link() == state.link()
    assert re.fullmatch(r"/[a-z-]+\?[A-Za-z0-9._~%=&-]*", state.link())


def test_the_bare_address_is_the_first_view_of_all_journeys():
    assert state_of("/", views=ANCHORS) == State(ANCHORS[0])
    assert state_of("/", views=ANCHORS, language="it").language == "it"
    assert state_of("/losses#map?a=1", views=ANCHORS) == State("losses")


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ("/loses", "did you mean 'losses'"),
        ("/losses?devise=mobile", "did you mean 'device'"),
        ("/losses?device=", "device"),
        ("/losses?device=a&device=b", "twice"),
        ("/losses?lang=de", "no pages are written in 'de'"),
        ("/losses?lang=en&lang=it", "twice"),
        ("/losses?window=soon", "whole number"),
        ("/losses?window=0", "1 to 3650"),
        ("/losses?vs=devise%3Dmobile", "did you mean 'device'"),
        ("/losses?vs=device%3Da%26device%3Db", "twice"),
        ("/losses?examples=decision", "no journey ends as"),
        ("/losses?examples=decison.dropped", "did you mean 'decision'"),
        ("/losses?" + "device=" + "x" * 5000, "longer than"),
    ],
)
def test_a_wrong_link_is_refused_in_words(link, words):
    with pytest.raises(ConfigurationError, match=re.escape(words)):
        state_of(link, views=ANCHORS)


def test_the_language_of_a_wrong_link_is_kept_where_it_can_be():
    assert language_of("/nothing?lang=it") == "it"
    assert language_of("/nothing?lang=xx") == "en"
    assert language_of("/nothing", language="it") == "it"


# --- access ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.0.1", "::1", "[::1]", "localhost"])
def test_this_machine_needs_no_password(host):
    assert access_of(host, {}).is_open


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "dashboard.example", "127.0.0.1.example", ""])  # noqa: S104
def test_another_address_is_refused_without_a_password_or_token(host):
    with pytest.raises(ConfigurationError, match=r"JOURNEY_PASSWORD or JOURNEY_TOKEN"):
        access_of(host, {})
    assert not access_of(host, {"JOURNEY_TOKEN": "a long token"}).is_open


@pytest.mark.parametrize("variable", [access.PASSWORD, access.TOKEN])
def test_a_short_secret_is_refused(variable):
    with pytest.raises(ConfigurationError, match=f"{variable} is too short"):
        access_of("127.0.0.1", {variable: "1234567"})


def test_an_empty_secret_is_none():
    with pytest.raises(ConfigurationError, match="other machines"):
        access_of("0.0.0.0", {"JOURNEY_PASSWORD": ""})  # noqa: S104


def _basic(password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"anna:{password}".encode()).decode()}


EVERYWHERE = ("/", "/losses", "/_dash-layout", "/_dash-dependencies", "/own/page.js", "/export/losses/mart.x.csv")


@pytest.mark.parametrize("path", EVERYWHERE)
def test_nothing_is_answered_without_the_password(calm, path):
    guarded = access_of("0.0.0.0", {"JOURNEY_PASSWORD": "a password", "JOURNEY_TOKEN": "a long token"})  # noqa: S104
    client = make_app(Published(calm), guarded).server.test_client()
    for headers in ({}, _basic("a passwore"), _basic(""), {"Authorization": "Bearer a password"}):
        assert client.get(path, headers=headers).status_code == 401
    for headers in (_basic("a password"), _basic("a long token"), {"Authorization": "Bearer a long token"}):
        assert client.get(path, headers=headers).status_code != 401


@pytest.mark.parametrize("path", EVERYWHERE)
def test_the_password_is_asked_for_whatever_the_method(calm, path):
    guarded = access_of("0.0.0.0", {"JOURNEY_PASSWORD": "a password"})  # noqa: S104
    client = make_app(Published(calm), guarded).server.test_client()
    assert client.options(path).status_code == 401
    assert client.head(path).status_code == 401
    assert client.options(path, headers=_basic("a password")).status_code == 200


def test_wrong_passwords_are_logged_without_them_and_slowed(calm, monkeypatch, caplog):
    clock = [1_000.0]
    monkeypatch.setattr(gate, "_now", lambda: clock[0])
    guarded = access_of("0.0.0.0", {"JOURNEY_PASSWORD": "a password"})  # noqa: S104
    client = make_app(Published(calm), guarded).server.test_client()
    for _ in range(20):
        assert client.get("/own/page.js").status_code == 401
    assert [client.get("/own/page.js", headers=_basic(f"guess {n}")).status_code for n in range(5)] == [401] * 5
    assert caplog.text.count("wrong password or token from 127.0.0.1") == 5
    assert "guess" not in caplog.text
    late = client.get("/own/page.js", headers=_basic("a password"))
    assert (late.status_code, late.headers["Retry-After"]) == (429, "60")
    other = {"REMOTE_ADDR": "10.0.0.9"}
    assert client.get("/own/page.js", headers=_basic("a password"), environ_overrides=other).status_code == 200
    clock[0] += 61
    assert client.get("/own/page.js", headers=_basic("a password")).status_code == 200
    assert client.options("/", headers=_basic("guess")).status_code == 401


def test_a_failure_now_and_then_slows_nobody_and_clients_are_not_remembered_for_ever():
    failures = gate.Failures()
    for minute in range(50):
        failures.add("a", now=minute * 61.0)
        assert not failures.are_many("a", now=minute * 61.0)
    for number in range(5_000):
        failures.add(str(number), now=9_000.0)
    assert len(failures) <= 1_000


@pytest.mark.parametrize(("host", "status"), [("127.0.0.1:8050", 200), ("localhost", 200), ("[::1]:8050", 200)])
def test_an_open_server_answers_to_this_machine(client, host, status):
    assert client.get("/own/page.js", headers={"Host": host}).status_code == status


@pytest.mark.parametrize("path", EVERYWHERE)
def test_an_open_server_does_not_answer_to_a_foreign_name(client, path):
    assert client.get(path, headers={"Host": "evil.example"}).status_code == 403


@pytest.mark.parametrize("path", [*EVERYWHERE, "/own/nothing.js"])
def test_every_answer_has_the_headers(client, path):
    headers = client.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert re.fullmatch(r"script-src 'self'( 'sha256-[A-Za-z0-9+/=]+')*", scripts)
    assert "unsafe-eval" not in policy
    assert "http" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"


def test_only_hashes_are_added_to_the_policy():
    assert "script-src 'self' 'sha256-x';" in security_headers(["'sha256-x'"])["Content-Security-Policy"]


def test_only_our_own_files_are_served(client):
    for path in ("/own/app.py", "/own/..%2fapp.py", "/own/../app.py", "/own/page.pyc"):
        assert client.get(path).status_code == 404 or b"def " not in client.get(path).data


# --- what is remembered ----------------------------------------------------------------------------------------------


def test_what_was_read_is_remembered_until_the_copy_is_replaced(tmp_path):
    path = publish_frames(tmp_path / "p.duckdb", {"mart.x": pl.DataFrame({"n": [1]})})
    published = Published(path)
    reads = []

    def read() -> int:
        with published.opened() as warehouse:
            reads.append(warehouse.value("select n from mart.x"))
        return reads[-1]

    assert [published.found("n", read) for _ in range(3)] == [1, 1, 1]
    assert reads == [1]
    publish_frames(path, {"mart.x": pl.DataFrame({"n": [2]})})
    assert [published.found("n", read) for _ in range(3)] == [2, 2, 2]
    assert reads == [1, 2]


def test_a_copy_that_is_replaced_while_it_is_read_is_not_remembered(tmp_path):
    path = publish_frames(tmp_path / "p.duckdb", {"mart.x": pl.DataFrame({"n": [1]})})
    published = Published(path)

    def read() -> str:
        publish_frames(path, {"mart.x": pl.DataFrame({"n": [2]})})
        return "old"

    assert published.found("n", read) == "old"
    assert published.found("n", lambda: "new") == "new"


def test_only_the_last_used_are_kept(calm):
    published = Published(calm, kept=2)
    for key in "abac":
        published.found(key, lambda key=key: key)
    assert published.found("a", lambda: "again") == "a"
    assert published.found("b", lambda: "again") == "again"


def test_without_a_copy_it_says_what_to_do(tmp_path):
    with pytest.raises(DataError, match="run `journey run` first"):
        Published(tmp_path / "none.duckdb").stamp()


# --- pages -----------------------------------------------------------------------------------------------------------

_IDS = re.compile(r'<[a-z][^<>]*? id="([^"]*)"')


@pytest.mark.parametrize("anchor", ANCHORS)
def test_no_id_stands_on_a_page_twice(published, anchor):
    state = State(anchor, versus=Choice({"device": "mobile"}))
    made = pages.shell_of(published, state)
    parts = [made.side, made.head, *(pages.look_of(published, state, place).html for place in (0, 1))]
    ids = Counter(name for part in parts for name in _IDS.findall(part))
    assert len(ids) > 20
    assert [name for name, times in ids.items() if times > 1] == []


@pytest.mark.parametrize("anchor", ANCHORS)
def test_what_ids_are_referred_to_exist(published, anchor):
    html = pages.look_of(published, State(anchor, versus=Choice({"device": "mobile"})), 1).html
    ids = set(_IDS.findall(html))
    labels = {name for names in re.findall(r' aria-labelledby="([^"]*)"', html) for name in names.split()}
    assert labels <= ids
    assert not re.findall(r' href="#(?!b-)', html)


def test_only_tags_are_rewritten():
    html = Html('<p id="x" aria-labelledby="x y">id="x" &quot; id=&quot;x</p><script>{"a":" id=\\"x\\""}</script>')
    assert pages.prefixed(html, "a-") == (
        '<p id="a-x" aria-labelledby="a-x a-y">id="x" &quot; id=&quot;x</p><script>{"a":" id=\\"x\\""}</script>'
    )


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_every_control_leads_to_a_state(published, language):
    state = State("losses", Choice({"device": "mobile"}), Choice(window_days=14), language)
    made = pages.shell_of(published, state)
    links = re.findall(r'(?:href|value)="(/[^"]*)"', made.side + made.head)
    found = {state_of(link.replace("&amp;", "&"), views=ANCHORS) for link in links}
    assert {one.view for one in found} == set(ANCHORS)
    assert {one.language for one in found} == set(LANGUAGES)
    assert State("losses", Choice({"device": "mobile"}), None, language) in found
    assert State("losses", Choice(), Choice(window_days=14), language) in found
    assert State("losses", Choice({"device": "mobile"}), Choice({"device": "mobile"}, 14), language) in found
    assert State("losses", Choice({"device": "mobile"}, 30), Choice(window_days=14), language) in found


def test_the_badge_says_which_source_is_silent():
    assert "No data" in badge(Freshness(None))
    assert "<b>Silent: web and store</b>" in badge(
        Freshness(world_frames(journeys=5)["mart.headline"]["as_of_at"][0], ("web", "store"))
    )


def test_links_to_other_views_keep_the_selection(published):
    state = State("overview", Choice({"device": "mobile"}), language="it")
    html = pages.look_of(published, state, 0).html
    assert f'href="{state.at("losses").link()}" data-go'.replace("&", "&amp;") in html
    assert 'href="#losses"' not in html


def _answers(client, link: str) -> dict[str, dict]:
    """What the server sends for a link, by store: as the page asks for it."""
    found = {}
    for store in ("shell-made", "look-0-made", "look-1-made"):
        asked = {
            "output": f"{store}.data",
            "outputs": {"id": store, "property": "data"},
            "inputs": [{"id": "asked", "property": "data", "value": link}],
            "changedPropIds": ["asked.data"],
        }
        answer = client.post("/_dash-update-component", json=asked)
        assert answer.status_code == 200
        found[store] = json.loads(answer.data)["response"][store]["data"]
    return found


GOOD = {
    "output": "look-0-made.data",
    "outputs": {"id": "look-0-made", "property": "data"},
    "inputs": [{"id": "asked", "property": "data", "value": "/losses"}],
    "changedPropIds": ["asked.data"],
}
VALUES = [{**GOOD["inputs"][0], "value": value} for value in (None, 5, [], {}, True, "\ud800", "/losses?device=\udfff")]
MALFORMED = [
    None, 5, [], {}, "x", *({**GOOD, "inputs": [value]} for value in VALUES), {**GOOD, "inputs": []},
    {**GOOD, "inputs": None}, {**GOOD, "inputs": [[]]}, {**GOOD, "inputs": [{}]}, {**GOOD, "output": "x.y"},
    {**GOOD, "output": []}, {**GOOD, "outputs": 5}, {**GOOD, "outputs": [{}]}, {**GOOD, "outputs": {}},
    {**GOOD, "changedPropIds": 5}, {**GOOD, "changedPropIds": [[]]}, {**GOOD, "state": 5},
]  # fmt: skip


@pytest.mark.parametrize("asked", MALFORMED)
def test_what_no_page_asks_is_refused_in_words(client, asked, caplog):
    answer = client.post("/_dash-update-component", data=json.dumps(asked), content_type="application/json")
    assert (answer.status_code, answer.mimetype) == (400, "text/plain")
    assert "cannot be read" in answer.text
    assert "Traceback" not in caplog.text


def test_what_is_no_json_is_refused_and_what_a_page_asks_is_answered(client):
    address = "/_dash-update-component"
    assert client.post(address, data=b"\xff{", content_type="application/json").status_code == 400
    assert client.post(address, data="x", content_type="text/plain").status_code == 400
    assert client.post(address, json={**GOOD, "parsedChangedPropsIds": ["asked"]}).status_code == 200


@pytest.mark.parametrize(
    "link", ["/nothing", "/losses?device=mobil", "/losses?lang=xx", "/%3Cimg%3E", "/losses?vs=x%3Dy"]
)
def test_a_wrong_link_is_answered_with_a_page_that_leads_back(client, link):
    found = _answers(client, link)
    failed = [answer for answer in found.values() if answer.get("isFailure")]
    assert failed
    assert all('class="state failed"' in answer["html"] and "<img" not in answer["html"] for answer in failed)
    assert "<nav" in found["shell-made"]["side"]


def test_an_error_that_nobody_expected_tells_no_secrets(calm, monkeypatch, caplog):
    client = make_app(Published(calm), access_of("127.0.0.1", {})).server.test_client()
    monkeypatch.setattr(pages, "look_of", lambda *_: 1 / 0)
    answer = _answers(client, "/losses?lang=it")["look-0-made"]
    assert "Qualcosa è andato storto" in answer["html"]
    assert "ZeroDivisionError" not in answer["html"]
    assert "ZeroDivisionError" in caplog.text


def test_an_empty_copy_is_no_error(tmp_path):
    path = publish_frames(tmp_path / "p.duckdb", {"mart.headline": world_frames(journeys=5)["mart.headline"].clear()})
    client = make_app(Published(path), access_of("127.0.0.1", {})).server.test_client()
    for anchor in ANCHORS:
        found = _answers(client, f"/{anchor}")
        assert not any(answer.get("isFailure") for answer in found.values()), anchor


# --- downloads -------------------------------------------------------------------------------------------------------


FORMULAS = ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "  =1", "\n=1", "＝1", "\u00a0=1"]


@pytest.mark.parametrize("text", [*FORMULAS, *(f"x{end}{text}" for end in ";\t\n" for text in FORMULAS), 'x;"=1"'])
@pytest.mark.parametrize("split", [",", ";", "\t"])
def test_a_text_that_a_spreadsheet_would_run_is_none_wherever_the_file_is_split(text, split):
    content = exports.table_csv(pl.DataFrame({text: [text], "list": [["y", text]]}))
    lines = [line for line in re.split(r"[\r\n]", content) if line]
    cells = [cell.strip('" \t\u00a0') for line in lines for cell in line.split(split)]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "＝"))]
    assert all(line.startswith('"') for line in content.split("\r\n") if line)


def test_disarming_takes_no_longer_than_the_text_is():
    began = perf_counter()
    for hostile in (";" * 200_000, "\n" * 200_000, '"' * 200_000, ";   " * 50_000):
        disarmed(hostile)
    assert perf_counter() - began < 2


def test_numbers_stay_numbers_and_lists_are_joined():
    frame = pl.DataFrame({"a": [-1.5], "b": [["=x", "y"]], "c": [None], "d": ["plain, text"]})
    assert exports.table_csv(frame) == '"a","b","c","d"\r\n"-1.5","\'=x > y","","plain, text"\r\n'


@given(st.text(max_size=20))
@settings(max_examples=200)
def test_any_text_comes_back_from_the_csv(text):
    rows = list(csv.reader(io.StringIO(exports.table_csv(pl.DataFrame({"a": ["x"], "b": [text]})), newline="")))
    assert rows[1][1].replace("'", "") == text.replace("'", "")


def test_every_table_of_every_view_comes_as_csv(client):
    for view in VIEWS:
        for table in view.tables:
            answer = client.get(f"/export/{view.anchor}/{table}.csv?device=mobile")
            assert answer.status_code == 200, (view.anchor, table)
            assert answer.headers["Content-Disposition"].startswith('attachment; filename="journey_mart.')
            assert answer.data.decode("utf-8-sig").startswith('"selection",')


def test_the_rows_are_those_of_the_selection(client):
    answer = client.get("/export/losses/mart.stage_dropoff.csv?device=mobile")
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    dropoff = world_frames(journeys=400)["mart.stage_dropoff"]
    wanted = dropoff.filter((pl.col("segment") == "device") & (pl.col("segment_value") == "mobile"))
    entered = dict(wanted.filter(pl.col("entered_count") >= 5).select("stage", "entered_count").iter_rows())
    assert {row["stage"]: int(row["entered_count"]) for row in rows} == entered
    assert {row["selection"] for row in rows} == {"device=mobile"}


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/export/losses/core.touchpoint.csv", "no table"),
        ("/export/losses/loss-shar.png", "did you mean 'loss-share'"),
        ("/export/losses/loss-share.gif", "nothing is exported as"),
        ("/export/losses/mart.stage_dropoff.csv?device=none", "no journey has it"),
        ("/export/lossess/x.csv", "did you mean 'losses'"),
    ],
)
def test_a_download_that_there_is_not_is_refused_in_words(client, path, words):
    answer = client.get(path)
    assert answer.status_code == 400
    assert answer.mimetype == "text/plain"
    assert words in answer.text


def test_a_file_name_is_harmless():
    shown = Choice({"device": '"; x=\r\n../../etc'})
    assert re.fullmatch(r"[A-Za-z0-9.=_-]+\.csv", exports.file_name(shown, "mart.x", "csv"))


def test_rows_that_do_not_follow_are_of_all_in_the_column_and_the_name(client):
    """The reasons on the overview are of everybody, whatever is chosen; so are the files behind the data."""
    for path in ("overview/mart.driver", "quality/mart.source_quality"):
        answer = client.get(f"/export/{path}.csv?device=mobile")
        rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
        assert {row["selection"] for row in rows} == {"all"}, path
        assert "mobile" not in answer.headers["Content-Disposition"]
    answer = client.get("/export/overview/mart.stage_dropoff.csv?device=mobile")
    assert "device=mobile" in answer.headers["Content-Disposition"]


def test_of_a_selection_too_small_to_show_nothing_is_exported(client, monkeypatch):
    read = pages.selected_frames
    monkeypatch.setattr(pages, "selected_frames", lambda *asked: replace(read(*asked), is_suppressed=True))
    for what in ("mart.stage_dropoff.csv", "loss-share.svg"):
        answer = client.get(f"/export/losses/{what}?device=mobile")
        assert answer.status_code == 400
        assert "fewer than 5" in answer.text


@pytest.mark.parametrize("anchor", ANCHORS)
def test_every_figure_of_a_view_can_be_taken_out_again(published, anchor):
    html = pages.look_of(published, State(anchor), 0).html
    for panel in re.findall(r'<figure[^>]* data-panel="([^"]+)"', html):
        figure = exports.figure_of(html, panel)
        assert figure["data"], panel
        assert exports.title_of(html, panel), panel


def test_the_image_says_what_it_shows():
    figure = exports.titled({"data": [], "layout": {"margin": {"t": 10}, "height": 300}}, "A <b>", "Device: mobile")
    assert figure["layout"]["title"]["text"] == "A &lt;b&gt;"
    assert figure["layout"]["title"]["subtitle"]["text"] == "Device: mobile"
    assert figure["layout"]["height"] - 300 == figure["layout"]["margin"]["t"] - 10 > 0


@pytest.mark.browser
@pytest.mark.parametrize(("kind", "begins"), [("png", b"\x89PNG"), ("svg", b"<svg"), ("pdf", b"%PDF")])
def test_a_figure_is_drawn_on_the_server(client, kind, begins):
    answer = client.get(f"/export/losses/loss-share.{kind}?device=mobile")
    if answer.status_code == 400 and "rome" in answer.text:
        pytest.skip("no Chromium: the image was not drawn")
    assert answer.data.startswith(begins)
    assert len(answer.data) > 3000


def test_hostile_texts_stay_texts(tmp_path):
    published = Published(publish_frames(tmp_path / "p.duckdb", hostile_frames()))
    for anchor in ANCHORS:
        state = State(anchor)
        html = pages.look_of(published, state, 0).html + pages.shell_of(published, state).head
        assert not any(attack in html for attack in HOSTILE[:3]), anchor
        found = _Elements()
        found.feed(html)
        assert not found.elements & {"img", "svg", "iframe", "object", "embed", "base", "meta"}, anchor
        assert not {name for name in found.attributes if name.startswith("on") or name == "srcdoc"}, anchor


class _Elements(HTMLParser):
    """The names of all elements and attributes, as a browser reads them."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes |= {name for name, _ in attrs}


# --- words -----------------------------------------------------------------------------------------------------------


def test_every_text_of_the_dashboard_is_translated():
    texts = {text for file in HOUSE.glob("*.py") for text in _said(file.read_text(encoding="utf-8"))}
    assert len(texts) > 25
    assert sorted(texts - set(catalogue("it"))) == []


def test_the_groups_titles_and_lists_are_translated():
    from journey_analytics.dashboard.words import FILTERS, NO_WINDOW, STATE_TITLES

    texts = {*FILTERS.values(), NO_WINDOW, *STATE_TITLES.values()}
    texts |= {view.title for view in VIEWS} | {view.group for view in VIEWS}
    assert sorted(texts - set(catalogue("it"))) == []


def test_translations_keep_the_places():
    for english, italian in catalogue("it").items():
        assert sorted(re.findall(r"\{(\w+)\}", english)) == sorted(re.findall(r"\{(\w+)\}", italian)), english


def _said(source: str) -> set[str]:
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    return {
        call.args[0].value
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == "said" and isinstance(call.args[0], ast.Constant)
    }


def test_a_query_is_read_as_browsers_write_it():
    state = State("losses", Choice({"persona": "a b+c&d=e"}))
    assert dict(parse_qsl(state.link().split("?")[1]))["persona"] == "a b+c&d=e"


# --- the server ------------------------------------------------------------------------------------------------------


def _workspace(folder: Path) -> Config:
    return Config(file=folder / "journey.toml", warehouse=folder / "p.duckdb", reports=folder / "reports", sources=())


def test_the_server_refuses_another_host_before_it_listens(tmp_path, monkeypatch):
    monkeypatch.delenv(access.PASSWORD, raising=False)
    monkeypatch.delenv(access.TOKEN, raising=False)
    with pytest.raises(ConfigurationError, match="other machines could read"):
        listening(_workspace(tmp_path), host="0.0.0.0", port=0)  # noqa: S104


def test_the_server_says_that_nothing_is_published(tmp_path):
    with pytest.raises(DataError, match="run `journey run` first"):
        listening(_workspace(tmp_path), host="127.0.0.1", port=0)


def test_a_port_that_is_taken_is_said(tmp_path):
    publish_frames(tmp_path / "p.published.duckdb", {"mart.headline": world_frames(journeys=5)["mart.headline"]})
    first = listening(_workspace(tmp_path), host="127.0.0.1", port=0)
    try:
        assert first.effective_host == "127.0.0.1"
        with pytest.raises(ConfigurationError, match=f"cannot listen on 127.0.0.1, port {first.effective_port}"):
            listening(_workspace(tmp_path), host="127.0.0.1", port=first.effective_port)
    finally:
        first.close()


# --- a comparison that draws the same twice, and months within a choice ----------------------------------------------


@pytest.mark.parametrize(("anchor", "is_once"), [("quality", True), ("definitions", True), ("losses", False)])
def test_a_view_that_follows_neither_selection_stands_there_once(published, anchor, is_once):
    state = State(anchor, Choice({"device": "mobile"}), Choice({"device": "desktop"}))
    first, second = (pages.look_of(published, state, place).html for place in (0, 1))
    assert ("follows neither A nor B" in first) is is_once
    assert (second == "") is is_once
