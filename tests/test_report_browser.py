"""The page in a real browser, opened as a file: it draws, asks for nothing, fits a phone, and data does nothing."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from report_attack import hostile_frames
from report_inference import inference_frames
from report_world import GENERATED, world_frames

from journey_analytics.report import write_report

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
Pages = dict[str, Path]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on the path: the browser tests did not run"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    worlds = {
        "calm": world_frames(journeys=400),
        "hostile": hostile_frames(),
        "empty": {},
        "unmeasured": {
            name: frame for name, frame in world_frames(journeys=400).items() if name not in inference_frames()
        },
    }
    folder = tmp_path_factory.mktemp("pages")
    return {name: write_report(frames, folder / name, generated_at=GENERATED) for name, frames in worlds.items()}


class Visit:
    """One open page with what it asked for and complained about."""

    def __init__(self, browser: Any, path: Path, width: int) -> None:
        self.page = browser.new_page(viewport={"width": width, "height": 900})
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(path.as_uri())
        self.page.wait_for_selector("html[data-ready]", timeout=30_000)

    def __enter__(self) -> "Visit":
        return self

    def __exit__(self, *exc: object) -> None:
        self.page.close()


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
@pytest.mark.parametrize("world", ["calm", "hostile", "empty", "unmeasured"])
def test_it_draws_without_a_request_a_complaint_or_an_overflow(browser: Any, pages: Pages, world: str, width: int):
    with Visit(browser, pages[world], width) as visit:
        assert visit.requests == [pages[world].as_uri()]
        assert visit.complaints == []
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= width


def test_every_shown_figure_is_drawn_and_fits_its_place(browser: Any, pages: Pages):
    with Visit(browser, pages["calm"], DESKTOP) as visit:
        sizes = visit.page.evaluate(
            "[...document.querySelectorAll('[data-figure]')].filter(plot => !plot.closest('[hidden]'))"
            ".map(plot => [plot.querySelectorAll('svg.main-svg').length, plot.scrollWidth - plot.clientWidth])"
        )
        assert len(sizes) == 27
        assert all(drawn > 0 and overflow <= 1 for drawn, overflow in sizes)


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_no_title_of_an_axis_is_cut(browser: Any, pages: Pages, width: int):
    with Visit(browser, pages["calm"], width) as visit:
        cut = visit.page.evaluate(
            "[...document.querySelectorAll('[data-figure] .g-xtitle text')].filter(title => {"
            "const [own, room] = [title, title.closest('[data-figure]')].map(one => one.getBoundingClientRect());"
            "return own.left < room.left - 1 || own.right > room.right + 1 || own.bottom > room.bottom + 1;"
            "}).map(title => title.textContent)"
        )
        assert visit.page.locator("[data-figure] .g-xtitle text").count() > 10
        assert cut == []


def test_choosing_a_segment_shows_its_figure_alone(browser: Any, pages: Pages):
    with Visit(browser, pages["calm"], DESKTOP) as visit:
        visit.page.select_option("select[data-switch=segment]", "device")
        visit.page.wait_for_function("document.querySelector('[data-option=\"segment:device\"] svg.main-svg') !== null")
        shown = visit.page.evaluate(
            "[...document.querySelectorAll('[data-option^=segment]')]"
            ".filter(part => !part.hidden).map(part => part.dataset.option)"
        )
        assert shown == ["segment:device"]
        assert visit.complaints == []


def test_hostile_texts_run_nothing_link_nowhere_and_are_shown_as_written(browser: Any, pages: Pages):
    with Visit(browser, pages["hostile"], DESKTOP) as visit:
        for select in ("map", "segment"):
            for value in visit.page.eval_on_selector_all(
                f"select[data-switch={select}] option", "all => all.map(one => one.value)"
            ):
                visit.page.select_option(f"select[data-switch={select}]", value)
        _hover_all_boxes(visit.page)
        assert visit.page.evaluate("window.hurt") is None
        assert (
            visit.page.evaluate("[...document.links].filter(link => !link.getAttribute('href').startsWith('#')).length")
            == 0
        )
        assert visit.page.evaluate("document.querySelectorAll('svg a, img, iframe, object, embed').length") == 0
        assert "<img src=x onerror=window.hurt=1>" in visit.page.inner_text("#quality")
        assert "$\\href" in visit.page.inner_text("#variants")
        assert "<img src=x onerror=window.hurt=1>" in visit.page.inner_text("#inference")
        assert visit.requests == [pages["hostile"].as_uri()]
        assert visit.complaints == []


def _hover_all_boxes(page: Any) -> None:
    """Move over the map, so that every hover text is drawn once."""
    for note in page.locator("#map-50 .annotation").all()[:40]:
        box = note.bounding_box()
        if box:
            page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def test_hovering_a_box_fades_the_arrows_of_others(browser: Any, pages: Pages):
    with Visit(browser, pages["calm"], DESKTOP) as visit:
        note = visit.page.locator("#map-50 .annotation", has_text="product viewed").first
        note.scroll_into_view_if_needed()
        box = note.bounding_box()
        visit.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        visit.page.wait_for_function(
            "[...document.querySelectorAll('#map-50 .scatterlayer > .trace')]"
            ".some(path => path.style.opacity === '0.12')"
        )
        assert "product viewed" in visit.page.locator("#map-50 .hoverlayer").text_content()


def test_the_keyboard_reaches_links_switches_and_scrolled_figures(browser: Any, pages: Pages):
    with Visit(browser, pages["calm"], PHONE) as visit:
        reached = set()
        for _ in range(60):
            visit.page.keyboard.press("Tab")
            reached.add(visit.page.evaluate("document.activeElement.tagName + '.' + document.activeElement.className"))
        assert {"A.skip", "A.", "SELECT.", "SUMMARY.", "DIV.scroll fixed", "DIV.table"} <= reached


def test_on_paper_nothing_is_cut_off(browser: Any, pages: Pages):
    with Visit(browser, pages["calm"], DESKTOP) as visit:
        visit.page.emulate_media(media="print")
        visit.page.set_viewport_size({"width": 1031, "height": 740})
        visit.page.evaluate("dispatchEvent(new Event('beforeprint'))")
        visit.page.wait_for_function("document.documentElement.scrollWidth <= 1031")
        assert visit.page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
