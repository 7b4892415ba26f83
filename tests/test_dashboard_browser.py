"""The dashboard in a real browser: every view in both languages and widths, filters, comparison, exports, history."""

from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import polars as pl
import pytest
from dashboard_world import frames_of, publish_frames, publish_run
from report_attack import hostile_frames, hostile_rest
from report_world import world_frames

from journey_analytics.dashboard.access import access_of
from journey_analytics.dashboard.app import make_app
from journey_analytics.dashboard.published import Published
from journey_analytics.dashboard.words import FILTERS
from journey_analytics.language import LANGUAGES
from journey_analytics.report.views import VIEWS

DESKTOP, PHONE = 1440, 390
WAIT = 60_000
ANCHORS = [view.anchor for view in VIEWS]

DEVICES = {
    "en": ("Device: mobile", "Device: desktop"),
    "it": ("Dispositivo: smartphone", "Dispositivo: computer"),
}
COMPARED = "device=mobile&vs=device%3Ddesktop"
FOLLOWING = {"overview", "losses", "flow", "time", "map", "steps", "paths", "variants"}
"""Views that a device narrows: these at least are there twice."""
STACKED = {"map", "journey-map", "steps", "flow"}
"""Too wide to stand beside each other."""

UNDRAWN = """all => all.filter(one => !one.closest('[hidden]') && !one.querySelector('svg')).map(one => one.id)"""
DOUBLED = """() => {
  const ids = [...document.querySelectorAll('[id]')].filter(one => !one.closest('svg')).map(one => one.id);
  return ids.filter((id, place) => id && ids.indexOf(id) !== place);
}"""
UNNAMED = """() => {
  const isNamed = one => one.textContent.trim() || one.getAttribute('aria-label') || one.labels?.length;
  return [...document.querySelectorAll('select, button, a[href], input')].filter(one => !isNamed(one)).length;
}"""

waitress = pytest.importorskip("waitress")


class Served:
    """A dashboard on a port of its own, in a thread."""

    def __init__(self, copy: Path) -> None:
        self.copy = copy
        app = make_app(Published(copy, kept=400), access_of("127.0.0.1", {}))
        self.server = waitress.create_server(app.server, host="127.0.0.1", port=0, threads=4)
        self.address = f"http://127.0.0.1:{self.server.effective_port}"
        self.thread = Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        try:
            self.server.run()
        except OSError:  # closed under it
            return

    def close(self) -> None:
        self.server.close()


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    served = Served(publish_frames(tmp_path_factory.mktemp("calm") / "p.duckdb", world_frames(journeys=400)))
    yield served
    served.close()


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    served = Served(publish_run(tmp_path_factory.mktemp("lived") / "world"))
    yield served
    served.close()


class Visit:
    """One open page with what it asked for and complained about."""

    def __init__(self, browser: Any, served: Served, link: str, width: int = DESKTOP) -> None:
        self.served, self.width = served, width
        self.context = browser.new_context(viewport={"width": width, "height": 900}, accept_downloads=True)
        self.page = self.context.new_page()
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(served.address + link)
        self.ready(link if "?" in link else None)

    def go(self, link: str) -> None:
        """Load a link as if it were typed, in the same tab."""
        self.page.goto(self.served.address + link)
        self.ready(link)

    def open(self, anchor: str, query: str) -> None:
        """Go to a view by the navigation: its link on a desktop, the list on a phone."""
        link = f"/{anchor}?{query}"
        if self.width == DESKTOP:
            self.page.click(f'nav a[href^="/{anchor}?"]')
        else:
            self.page.select_option("#choose-view", value=link)
        self.ready(link)

    def ready(self, link: str | None = None) -> None:
        """Wait until the last answer is drawn, and for the link where one is given."""
        self.page.wait_for_selector(f'html[data-ready="{link}"]' if link else "html[data-ready]", timeout=WAIT)

    def click(self, selector: str) -> None:
        before = self.page.get_attribute("html", "data-ready")
        self.page.click(selector)
        self._after(before)

    def follow(self, selector: str, link: str) -> None:
        """Choose the entry of a list that leads to a link."""
        self.page.select_option(selector, value=link)
        self.ready(link)

    def choose(self, selector: str, label: str) -> None:
        before = self.page.get_attribute("html", "data-ready")
        title = next(one for one in self.page.locator(f"{selector} option").all_inner_texts() if one.startswith(label))
        self.page.focus(selector)
        self.page.select_option(selector, label=title)
        self._after(before)

    def _after(self, before: str | None) -> None:
        script = "before => (document.documentElement.dataset.ready ?? before) !== before"
        self.page.wait_for_function(script, arg=before, timeout=WAIT)

    @property
    def link(self) -> str:
        return self.page.url.removeprefix(self.served.address)

    def require_drawn(self, anchor: str) -> None:
        """Every figure that is shown has been drawn, nothing failed, and no id stands on the page twice."""
        assert self.page.eval_on_selector_all("[data-figure]", UNDRAWN) == [], anchor
        assert self.page.locator(".state.failed").count() == 0, anchor
        assert self.page.evaluate(DOUBLED) == [], anchor

    def downloaded(self, selector: str) -> Path:
        """What a click on it saves."""
        with self.page.expect_download(timeout=WAIT) as asked:
            self.page.click(selector)
        return Path(asked.value.path())

    def text(self, selector: str) -> str:
        return self.page.inner_text(selector)

    def require_calm(self) -> None:
        """Nothing was complained about, nothing was asked of another machine, nothing is wider than the screen.

        What was complained about is told once, so that one test of a shared session does not fail the next ones.
        """
        complaints, requests = self.complaints[:], self.requests[:]
        self.complaints.clear()
        self.requests.clear()
        assert complaints == []
        assert {url for url in requests if not url.startswith((self.served.address, "data:", "blob:"))} == set()
        widths = "[document.documentElement.scrollWidth, window.innerWidth]"
        scroll, inner = self.page.evaluate(widths)
        assert scroll <= inner
        assert self.page.evaluate("window.hurt") is None

    def __enter__(self) -> "Visit":
        return self

    def __exit__(self, *exc: object) -> None:
        self.context.close()


class Session(Visit):
    """A page that stays open for several tests: one per language and width."""

    def __init__(self, browser: Any, served: Served, language: str, width: int) -> None:
        super().__init__(browser, served, f"/{ANCHORS[0]}?lang={language}", width)
        self.language = language


@pytest.fixture(
    scope="module",
    params=[(language, width) for language in sorted(LANGUAGES) for width in (DESKTOP, PHONE)],
    ids=lambda param: f"{param[0]}-{param[1]}",
)
def session(browser: Any, lived: Served, request: pytest.FixtureRequest) -> Iterator[Session]:
    language, width = request.param
    with Session(browser, lived, language, width) as visit:
        yield visit


def test_every_view_is_drawn(session):
    for anchor in ANCHORS:
        session.open(anchor, f"lang={session.language}")
        session.require_drawn(anchor)
        assert session.page.locator("#look-0 > section").count() >= 1, anchor
        assert session.page.get_attribute("html", "lang") == session.language
        session.require_calm()


def test_two_selections_stand_beside_each_other_in_every_view(session):
    session.go(f"/{ANCHORS[0]}?{COMPARED}&lang={session.language}")
    for anchor in ANCHORS:
        session.open(anchor, f"{COMPARED}&lang={session.language}")
        first, second = (session.page.locator(f"#look-{place}") for place in (0, 1))
        if first.locator(".once").count():  # follows neither: all journeys, once
            assert anchor not in FOLLOWING and not second.inner_text().strip(), anchor
            session.require_drawn(anchor)
            session.require_calm()
            continue
        for look, device in zip((first, second), DEVICES[session.language], strict=True):
            assert device in look.locator(".which").inner_text(), anchor
        a, b = first.bounding_box(), second.bounding_box()
        is_beside = a["y"] == b["y"] and b["x"] >= a["x"] + a["width"]
        is_below = a["x"] == b["x"] and b["y"] >= a["y"] + a["height"]
        assert is_beside if session.width == DESKTOP and anchor not in STACKED else is_below, anchor
        session.require_drawn(anchor)
        session.require_calm()


def test_every_filter_narrows_what_is_shown(session):
    session.go(f"/losses?lang={session.language}")
    if session.width == PHONE:
        session.page.click("#filter-0 > summary")
    whole = session.text("#look-0")
    for segment in (*FILTERS, "window"):
        value = session.page.locator(f"#choose-{segment}-0 option").nth(1).get_attribute("value")
        session.follow(f"#choose-{segment}-0", value)
        assert session.link == value
        assert f"{segment}=" in value
        assert session.page.locator("#look-0 .whom b").count() == 1, segment
        assert session.text("#look-0") != whole, segment
        session.require_drawn(segment)
        session.click("#filter-0 .clear")
        assert session.text("#look-0") == whole, segment
    session.require_calm()


def test_rows_and_pictures_are_downloaded(session):
    session.go(f"/losses?device=mobile&lang={session.language}")
    session.page.click("#look-0 details.rows summary")
    rows = pl.read_csv(session.downloaded('#look-0 details.rows a[href*="mart.stage_dropoff.csv"]'))
    assert rows["selection"].unique().to_list() == ["device=mobile"]
    panel = '#look-0 figure[data-panel="loss-share"]'
    assert "<svg" in session.downloaded(f'{panel} a[href*=".svg"]').read_text(encoding="utf-8")
    assert session.downloaded(f'{panel} a[href*=".pdf"]').read_bytes().startswith(b"%PDF")
    assert session.downloaded(f'{panel} [data-save="png"]').read_bytes().startswith(b"\x89PNG")
    shown = session.downloaded('#look-0 [data-panel="table"] [data-save="csv"]').read_text(encoding="utf-8-sig")
    assert len(shown.splitlines()) > 1
    session.require_calm()


def test_views_follow_a_filter_and_the_link_says_so(browser, lived):
    with Visit(browser, lived, "/losses?lang=en") as visit:
        whole = visit.text("#look-0")
        visit.choose("#choose-device-0", "mobile")
        assert visit.link == "/losses?device=mobile&lang=en"
        assert "Device: mobile" in visit.text("#look-0 .whom")
        assert visit.text("#look-0") != whole
        visit.choose("#choose-customer_kind-0", "new")
        visit.choose("#choose-window-0", "14 days")
        assert "14 days" in visit.text("#look-0 table")
        link = visit.link
        assert link == "/losses?customer_kind=new&device=mobile&window=14&lang=en"
        assert visit.page.evaluate("document.activeElement.id") == "choose-window-0"
        shown = visit.text("#look-0")
        visit.require_calm()
    with Visit(browser, lived, link) as again:
        assert again.text("#look-0") == shown
        again.click(".clear")
        assert again.text("#look-0") == whole


def test_a_comparison_begins_and_ends_with_a_click(browser, calm):
    with Visit(browser, calm, "/losses?device=mobile&lang=en") as visit:
        visit.click("#compare")
        assert visit.link == "/losses?device=mobile&vs=all&lang=en"
        visit.choose("#choose-device-1", "desktop")
        assert visit.link == "/losses?device=mobile&vs=device%3Ddesktop&lang=en"
        visit.click("#compare")
        assert visit.link == "/losses?device=mobile&lang=en"
        assert visit.page.locator("#look-1 section").count() == 0
        visit.require_calm()


def test_back_and_forward_bring_the_view_back(browser, calm):
    with Visit(browser, calm, "/losses?lang=en") as visit:
        visit.choose("#choose-device-0", "mobile")
        filtered = visit.text("#look-0")
        visit.click('nav a[href^="/flow?"]')
        assert visit.text("h1") == "Flow"
        visit.page.go_back()
        visit.ready("/losses?device=mobile&lang=en")
        assert visit.text("#look-0") == filtered
        visit.page.go_back()
        visit.ready("/losses?lang=en")
        visit.page.go_forward()
        visit.ready("/losses?device=mobile&lang=en")
        assert visit.text("#look-0") == filtered
        visit.require_calm()


def test_the_language_is_changed_in_place(browser, calm):
    with Visit(browser, calm, "/losses?device=mobile&lang=en") as visit:
        visit.click('.languages a[lang="it"]')
        assert visit.link == "/losses?device=mobile&lang=it"
        assert visit.text("h1") == "Perdite"
        assert visit.page.get_attribute("html", "lang") == "it"


@pytest.mark.parametrize("link", ["/nothing", "/losses?device=mobil&lang=it", "/losses?lang=xx"])
def test_a_wrong_link_says_so_and_leads_back(browser, calm, link):
    with Visit(browser, calm, link) as visit:
        assert visit.page.locator('.state.failed[role="alert"]').count() == 1
        visit.click(".state.failed a")
        assert visit.page.locator(".state.failed").count() == 0
        assert visit.page.locator("#look-0 section").count() >= 1
        visit.require_calm()


def test_keys_alone_lead_through_it(browser, calm):
    with Visit(browser, calm, "/losses?lang=en") as visit:
        visit.page.keyboard.press("Tab")
        assert visit.page.evaluate("document.activeElement.className") == "skip"
        visit.page.keyboard.press("Enter")
        assert visit.page.evaluate("document.activeElement.id") == "content"
        visit.page.focus('nav a[href^="/time?"]')
        visit.page.keyboard.press("Enter")
        visit.ready("/time?lang=en")
        assert visit.page.evaluate(
            "document.activeElement.closest('nav') !== null || document.activeElement.id === 'view-title'"
        )
        assert visit.text("#said") == visit.page.title() == "Time"
        assert visit.page.evaluate(UNNAMED) == 0


def test_example_journeys_are_listed_without_a_customer(browser, lived):
    with Visit(browser, lived, "/losses?lang=en") as visit:
        visit.choose("#choose-example-stage", "Consideration")
        assert visit.link == "/losses?examples=consideration.dropped&lang=en"
        visit.choose("#choose-example-state", "Moved on")
        names = visit.page.locator(".journeys b").all_inner_texts()
        assert names
        assert all(name.startswith("J-") for name in names)
        assert visit.page.locator(".journeys .chip").count() > len(names)
        visit.require_calm()


def test_a_new_copy_is_read_at_the_next_click(browser, tmp_path):
    path = publish_frames(tmp_path / "p.duckdb", world_frames(journeys=60))
    served = Served(path)
    with Visit(browser, served, "/losses?lang=en") as visit:
        before = visit.text("#look-0 table")
        publish_frames(path, world_frames(journeys=300))
        visit.click('nav a[href^="/flow?"]')
        visit.click('nav a[href^="/losses?"]')
        assert visit.text("#look-0 table") != before
    served.close()


def test_a_server_that_is_gone_is_said(browser, tmp_path):
    served = Served(publish_frames(tmp_path / "p.duckdb", world_frames(journeys=60)))
    with Visit(browser, served, "/losses?lang=en") as visit:
        visit.page.route("**/*", lambda route: route.abort())
        visit.page.click('nav a[href^="/flow?"]')
        visit.page.wait_for_selector(".state.failed", timeout=WAIT)
        assert "does not answer" in visit.text("#look-0")
    served.close()


def test_texts_from_outside_do_nothing(browser, lived, tmp_path):
    frames = hostile_frames()
    more = hostile_rest(frames_of(lived.copy, without=[table for table, rows in frames.items() if not rows.is_empty()]))
    served = Served(publish_frames(tmp_path / "p.duckdb", frames | more))
    with Visit(browser, served, f"/{ANCHORS[0]}?vs=all&lang=it") as visit:
        for anchor in ANCHORS:
            visit.open(anchor, "vs=all&lang=it")
            visit.page.wait_for_timeout(100)
            visit.require_drawn(anchor)
            visit.require_calm()
            assert visit.page.locator("#content img, #content iframe").count() == 0
    served.close()
