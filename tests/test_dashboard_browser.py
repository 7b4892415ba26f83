"""The dashboard in a real browser: every view in both languages and widths, filters, comparison, exports, history."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import polars as pl
import pytest
from dashboard_world import publish_frames, publish_run
from report_attack import hostile_frames
from report_world import world_frames

from journey_analytics.dashboard.access import access_of
from journey_analytics.dashboard.app import make_app
from journey_analytics.dashboard.published import Published
from journey_analytics.language import LANGUAGES
from journey_analytics.report.views import VIEWS

CHROMIUM = shutil.which("chromium")
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP, PHONE = 1440, 390
WAIT = 60_000
ANCHORS = [view.anchor for view in VIEWS]

DOUBLED = """() => {
  const ids = [...document.querySelectorAll('[id]')].filter(one => !one.closest('svg')).map(one => one.id);
  return ids.filter((id, place) => id && ids.indexOf(id) !== place);
}"""
UNNAMED = """() => {
  const isNamed = one => one.textContent.trim() || one.getAttribute('aria-label') || one.labels?.length;
  return [...document.querySelectorAll('select, button, a[href], input')].filter(one => !isNamed(one)).length;
}"""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on the path: the browser tests did not run"),
]
waitress = pytest.importorskip("waitress")


class Served:
    """A dashboard on a port of its own, in a thread."""

    def __init__(self, copy: Path) -> None:
        self.copy = copy
        app = make_app(Published(copy, kept=200), access_of("127.0.0.1", {}))
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


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield chromium
        chromium.close()


class Visit:
    """One open page with what it asked for and complained about."""

    def __init__(self, browser: Any, served: Served, link: str, width: int = DESKTOP) -> None:
        self.served = served
        self.context = browser.new_context(viewport={"width": width, "height": 900}, accept_downloads=True)
        self.page = self.context.new_page()
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(served.address + link)
        self.ready(link if "?" in link else None)

    def ready(self, link: str | None = None) -> None:
        """Wait until the last answer is drawn, and for the link where one is given."""
        self.page.wait_for_selector(f'html[data-ready="{link}"]' if link else "html[data-ready]", timeout=WAIT)

    def click(self, selector: str) -> None:
        before = self.page.get_attribute("html", "data-ready")
        self.page.click(selector)
        self._after(before)

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

    def text(self, selector: str) -> str:
        return self.page.inner_text(selector)

    def require_calm(self) -> None:
        """Nothing was complained about, nothing was asked of another machine, nothing is wider than the screen."""
        assert self.complaints == []
        assert {url for url in self.requests if not url.startswith((self.served.address, "data:", "blob:"))} == set()
        widths = "[document.documentElement.scrollWidth, window.innerWidth]"
        scroll, inner = self.page.evaluate(widths)
        assert scroll <= inner
        assert self.page.evaluate("window.hurt") is None

    def __enter__(self) -> "Visit":
        return self

    def __exit__(self, *exc: object) -> None:
        self.context.close()


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_every_view_is_drawn(browser, calm, language, width):
    with Visit(browser, calm, f"/{ANCHORS[0]}?lang={language}", width) as visit:
        for anchor in ANCHORS:
            if width == DESKTOP:
                visit.page.click(f'nav a[href^="/{anchor}?"]')
            else:
                visit.page.select_option("#choose-view", value=f"/{anchor}?lang={language}")
            visit.ready(f"/{anchor}?lang={language}")
            undrawn = visit.page.eval_on_selector_all(
                "[data-figure]",
                "all => all.filter(one => !one.closest('[hidden]') && !one.querySelector('svg')).length",
            )
            assert undrawn == 0, anchor
            assert visit.page.locator("#look-0 .state.failed").count() == 0, anchor
            assert visit.page.get_attribute("html", "lang") == language
            visit.require_calm()


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


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
@pytest.mark.parametrize("anchor", ANCHORS)
def test_two_selections_stand_beside_each_other(browser, calm, anchor, width):
    link = f"/{anchor}?device=mobile&vs=device%3Ddesktop&lang=en"
    with Visit(browser, calm, link, width) as visit:
        first, second = (visit.page.locator(f"#look-{place}") for place in (0, 1))
        assert "Device: mobile" in first.locator(".which").inner_text()
        assert "Device: desktop" in second.locator(".which").inner_text()
        a, b = first.bounding_box(), second.bounding_box()
        assert (a["y"] == b["y"]) if width == DESKTOP else (b["y"] >= a["y"] + a["height"])
        assert (b["x"] >= a["x"] + a["width"]) if width == DESKTOP else (a["x"] == b["x"])
        assert visit.page.evaluate(DOUBLED) == []
        visit.require_calm()


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


def test_rows_and_pictures_are_downloaded(browser, calm):
    with Visit(browser, calm, "/losses?device=mobile&lang=en") as visit:
        visit.page.click("#look-0 details.rows summary")
        with visit.page.expect_download(timeout=WAIT) as asked:
            visit.page.click('#look-0 details.rows a[href*="mart.stage_dropoff.csv"]')
        rows = pl.read_csv(asked.value.path(), encoding="utf8-lossy")
        assert rows["selection"].unique().to_list() == ["device=mobile"]
        with visit.page.expect_download(timeout=WAIT) as asked:
            visit.page.click('#look-0 figure[data-panel="loss-share"] a[href*=".svg"]')
        assert "<svg" in Path(asked.value.path()).read_text(encoding="utf-8")
        with visit.page.expect_download(timeout=WAIT) as asked:
            visit.page.click('#look-0 figure[data-panel="loss-share"] [data-save="png"]')
        assert Path(asked.value.path()).read_bytes().startswith(b"\x89PNG")
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


def test_texts_from_outside_do_nothing(browser, tmp_path):
    served = Served(publish_frames(tmp_path / "p.duckdb", hostile_frames()))
    with Visit(browser, served, f"/{ANCHORS[0]}?lang=en") as visit:
        for anchor in ANCHORS:
            link = f"/{anchor}?vs=all&lang=it"
            visit.page.goto(served.address + link)
            visit.ready(link)
            visit.page.wait_for_timeout(100)
            visit.require_calm()
            assert visit.page.locator("#content img, #content iframe").count() == 0
    served.close()
