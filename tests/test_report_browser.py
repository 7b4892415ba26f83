"""The page in a real browser, opened as a file: it draws, asks for nothing, fits a phone, and data does nothing."""

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from report_attack import hostile_frames
from report_inference import inference_frames
from report_world import GENERATED, world_frames

from journey_analytics.report import write_report
from journey_analytics.report.figures.map_graph import counted_again
from journey_analytics.report.figures.map_levels import first_position, levels
from journey_analytics.report.figures.map_looks import compared as of_two
from journey_analytics.report.figures.map_looks import look
from journey_analytics.report.map_groups import comparisons, selection

DESKTOP, PHONE = 1440, 390
Pages = dict[str, Path]


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
    chosen = {"calm", "hostile"}
    return {
        name: write_report(frames, folder / name, generated_at=GENERATED, has_selections=name in chosen)
        for name, frames in worlds.items()
    }


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
        assert len(sizes) >= 27
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


def _until(page: Any, expression: str) -> None:
    """Wait until it is true: the page's policy lets the browser evaluate a text once, not poll it."""
    for _ in range(100):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"not within ten seconds: {expression}")


def test_choosing_a_segment_shows_its_figure_alone(browser: Any, pages: Pages):
    with Visit(browser, pages["calm"], DESKTOP) as visit:
        visit.page.select_option("select[data-switch=segment]", "device")
        _until(visit.page, "document.querySelector('[data-option=\"segment:device\"] svg.main-svg') !== null")
        shown = visit.page.evaluate(
            "[...document.querySelectorAll('[data-option^=segment]')]"
            ".filter(part => !part.hidden).map(part => part.dataset.option)"
        )
        assert shown == ["segment:device"]
        assert visit.complaints == []


def test_hostile_texts_run_nothing_link_nowhere_and_are_shown_as_written(browser: Any, pages: Pages):
    with Visit(browser, pages["hostile"], DESKTOP) as visit:
        for select in ("[data-switch=segment]", "[data-map=m]", "[data-map=o]", "[data-map=v]"):
            for value in visit.page.eval_on_selector_all(f"select{select} option", "all => all.map(one => one.value)"):
                visit.page.select_option(f"select{select}", value)
            visit.page.select_option("select[data-map=v]", "none")
        _hover_all_boxes(visit.page)
        visit.page.locator("#map summary", has_text="Show the links as a list").click()
        visit.page.locator("#map [data-link]").first.click()
        assert "journey map --edge" in visit.page.inner_text("#map-panel")
        assert visit.page.evaluate("window.hurt") is None
        assert (
            visit.page.evaluate("[...document.links].filter(link => !link.getAttribute('href').startsWith('#')).length")
            == 0
        )
        assert visit.page.evaluate("document.querySelectorAll('svg a, img, iframe, object, embed').length") == 0
        assert "<img src=x onerror=window.hurt=1>" in visit.page.inner_text("#quality")
        assert "$\\href" in visit.page.inner_text("#content")
        assert "<img src=x onerror=window.hurt=1>" in visit.page.inner_text("#inference")
        assert visit.requests == [pages["hostile"].as_uri()]
        assert visit.complaints == []


def _hover_all_boxes(page: Any) -> None:
    """Move over the map, so that every hover text is drawn once."""
    for note in page.locator("#map-figure .annotation").all()[:40]:
        box = note.bounding_box()
        if box:
            page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def test_hovering_a_box_fades_the_arrows_of_others(browser: Any, pages: Pages):
    with Visit(browser, pages["calm"], DESKTOP) as visit:
        note = visit.page.locator("#map-figure .annotation", has_text="product viewed").first
        note.scroll_into_view_if_needed()
        box = note.bounding_box()
        visit.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        _until(
            visit.page,
            "[...document.querySelectorAll('#map-figure .scatterlayer > .trace')]"
            ".some(path => path.style.opacity === '0.12')",
        )
        assert "product viewed" in visit.page.locator("#map-figure .hoverlayer").text_content()


def drawn_arrows(page: Any) -> int:
    return page.evaluate(
        "document.getElementById('map-figure').data"
        ".filter(one => one.meta?.edge !== undefined && one.visible !== false).length"
    )


def numbers(page: Any) -> list[str]:
    return page.evaluate(
        "document.getElementById('map-figure').layout.annotations.filter(one => one.visible !== false)"
        ".map(one => one.text)"
    )


def line(page: Any) -> str:
    return page.inner_text("[data-map=line]")


def test_the_sliders_draw_what_they_say_by_keyboard_too(browser: Any, pages: Pages):
    with Visit(browser, pages["calm"], DESKTOP) as visit:
        before, first = drawn_arrows(visit.page), line(visit.page)
        visit.page.focus("input[data-map=c]")
        visit.page.keyboard.press("End")
        _until(visit.page, "document.getElementById('map-figure').data.length > 0")
        assert drawn_arrows(visit.page) > before
        assert line(visit.page) != first
        visit.page.focus("input[data-map=a]")
        visit.page.keyboard.press("End")
        assert "32 of 32 activities with a box of their own." in line(visit.page)
        assert visit.page.get_attribute("input[data-map=a]", "aria-valuetext") == "32 of 32"
        assert visit.complaints == []


def test_the_page_draws_each_view_as_python_does(browser: Any, pages: Pages):
    frames = world_frames(journeys=400)
    links, activities = frames["mart.path_link"], frames["mart.path_activity"]
    found = levels(selection(links, activities))
    level, connections = first_position(found)
    graph = found[level].graph
    drawn = replace(graph, edges=graph.edges[: found[level].drawn[connections]])
    compared = comparisons(links, activities)[0]
    sides = [counted_again(drawn, side.links, side.activities) for side in (compared.first, compared.second)]
    expected = {
        ("m", "median"): look(graph, mode="median"),
        ("o", "conversion"): look(graph, overlay="conversion"),
        ("v", "0"): of_two(sides[0], sides[1], compared.names),
    }
    with Visit(browser, pages["calm"], DESKTOP) as visit:
        for (key, value), view in expected.items():
            visit.page.select_option(f"select[data-map={key}]", value)
            lines = visit.page.evaluate(
                "document.getElementById('map-figure').data.filter(one => one.meta?.edge !== undefined && one.visible)"
                ".map(one => [one.meta.edge, one.line.color, one.line.width, one.hovertemplate])"
            )
            assert len(lines) == len(drawn.edges)
            for edge, colour, width, hover in lines:
                assert (colour, hover) == (view.colours[edge], f"{view.hovers[edge]}<extra></extra>")
                assert width == view.widths[edge]
            visit.page.select_option(f"select[data-map={key}]", "frequency" if key == "m" else "none")


def test_a_link_opens_the_map_as_it_was(browser: Any, pages: Pages):
    with Visit(browser, pages["calm"], DESKTOP) as visit:
        visit.page.focus("input[data-map=a]")
        visit.page.keyboard.press("ArrowRight")
        visit.page.select_option("select[data-map=m]", "journeys")
        visit.page.select_option("select[data-map=o]", "dropoff")
        address, shown, texts = visit.page.url, line(visit.page), numbers(visit.page)
        assert "#map?a=" in address
        again = browser.new_page(viewport={"width": DESKTOP, "height": 900})
        again.goto(address)
        again.wait_for_selector("html[data-ready]", timeout=30_000)
        assert line(again) == shown
        assert numbers(again) == texts
        assert again.locator("select[data-map=o]").input_value() == "dropoff"
        assert again.evaluate("Math.abs(document.getElementById('map').getBoundingClientRect().top) < 300")
        again.close()


@pytest.mark.parametrize("asked", ["a=99&c=99&m=nonsense&v=7777", "a=-3&c=&m=%3Cimg%3E&o=__proto__", "=&&?"])
def test_a_wrong_link_draws_a_map_all_the_same(browser: Any, pages: Pages, asked: str):
    with Visit(browser, pages["calm"], DESKTOP) as visit:
        visit.page.goto(f"{pages['calm'].as_uri()}#map?{asked}")
        visit.page.reload()
        visit.page.wait_for_selector("html[data-ready]", timeout=30_000)
        assert drawn_arrows(visit.page) > 0
        assert visit.complaints == []


def test_a_click_on_an_arrow_shows_the_journeys_behind_it(browser: Any, pages: Pages):
    with Visit(browser, pages["calm"], DESKTOP) as visit:
        visit.page.locator("#map-figure").scroll_into_view_if_needed()
        visit.page.evaluate("document.getElementById('map-figure').scrollIntoView({ behavior: 'instant' })")
        x, y, title = visit.page.evaluate(
            "(() => { const plot = document.getElementById('map-figure');"
            "const arrow = plot.data.find(one => one.meta?.edge !== undefined && one.visible && one.x.length < 30"
            " && one.hovertemplate.includes('wait: median') && one.x[0] !== one.x.at(-1));"
            "const at = Math.floor(arrow.x.length / 2), room = plot.getBoundingClientRect();"
            "return [room.left + arrow.x[at], room.top + arrow.y[at], arrow.hovertemplate.split('<')[1].slice(2)]; })()"
        )
        visit.page.mouse.move(x, y)
        visit.page.wait_for_selector("#map-figure .hoverlayer .hovertext")
        visit.page.mouse.click(x, y)
        visit.page.wait_for_selector("#map-panel [data-behind]:not([hidden])")
        words = visit.page.inner_text("#map-panel")
        assert words.startswith(title)
        for part in ("purchased", "lost", "still open", "wait: median", "Journey 1", "journey map --edge"):
            assert part in words
        assert visit.page.locator("#map-figure .trace.chosen").count() == 1


def test_enter_on_a_link_of_the_list_shows_the_same(browser: Any, pages: Pages):
    with Visit(browser, pages["calm"], PHONE) as visit:
        visit.page.locator("#map summary", has_text="Show the links as a list").focus()
        visit.page.keyboard.press("Enter")
        visit.page.locator("#map [data-link]").nth(3).focus()
        title = visit.page.evaluate("document.activeElement.textContent")
        visit.page.keyboard.press("Enter")
        assert visit.page.evaluate("document.activeElement.textContent") == title
        assert visit.page.inner_text("#map-panel").startswith(title)
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= PHONE


@pytest.mark.parametrize("position", ["Home", "End"])
def test_no_text_on_the_map_covers_another_or_leaves_its_box(browser: Any, pages: Pages, position: str):
    with Visit(browser, pages["calm"], DESKTOP) as visit:
        for key in ("a", "c"):
            visit.page.focus(f"input[data-map={key}]")
            visit.page.keyboard.press(position)
        overlaps = visit.page.evaluate(
            "(() => { const rooms = [...document.querySelectorAll('#map-figure .annotation-text-g')]"
            ".filter(one => one.textContent.trim()).map(one => [one.textContent, one.getBoundingClientRect()]);"
            "const apart = (a, b) => a.right <= b.left + 1 || b.right <= a.left + 1"
            " || a.bottom <= b.top + 1 || b.bottom <= a.top + 1;"
            "return [rooms.length, rooms.flatMap(([text, a], i) => rooms.slice(i + 1).filter(([, b]) => !apart(a, b))"
            ".map(([other]) => text + ' | ' + other))]; })()"
        )
        assert overlaps[0] > 20
        assert overlaps[1] == []


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
        _until(visit.page, "document.documentElement.scrollWidth <= 1031")
        assert visit.page.pdf(prefer_css_page_size=True).startswith(b"%PDF")


def whom(page: Any, anchor: str) -> str:
    return page.inner_text(f"#{anchor} > .whom")


def test_a_choice_narrows_what_follows_it_labels_the_rest_and_can_be_undone(browser: Any, pages: Pages):
    with Visit(browser, pages["calm"], DESKTOP) as visit:
        before = visit.page.inner_text("#losses")
        assert visit.page.locator("#losses > .whom").count() == 0
        visit.page.select_option("select[data-show]", "device=mobile")
        _until(visit.page, "document.documentElement.dataset.shown === 'device=mobile'")
        _until(visit.page, "document.querySelector('#loss-share svg.main-svg') !== null")
        assert whom(visit.page, "losses").startswith("Device: mobile")
        assert visit.page.inner_text("#losses") != before
        assert "does not follow the choice" in whom(visit.page, "quality")
        ids = visit.page.evaluate("[...document.querySelectorAll('[id]')].map(one => one.id)")
        assert len(ids) == len(set(ids))
        visit.page.select_option("select[data-show]", "all")
        _until(visit.page, "document.documentElement.dataset.shown === 'all'")
        assert visit.page.inner_text("#losses") == before
        assert visit.page.locator(".whom").count() == 0
        assert visit.complaints == []


def test_a_link_opens_the_choice_where_it_was_and_back_undoes_it(browser: Any, pages: Pages):
    with Visit(browser, pages["calm"], DESKTOP) as visit:
        visit.page.select_option("select[data-show]", "device=mobile")
        _until(visit.page, "location.hash.includes('show=device=mobile')")
        visit.page.locator("nav a[href='#time']").click()
        _until(visit.page, "location.hash === '#time?show=device=mobile'")
        address, said = visit.page.url, visit.page.inner_text("#time .lead")
    with Visit(browser, pages["calm"], DESKTOP) as other:
        other.page.goto(f"{address}&")
        other.page.reload()
        other.page.wait_for_selector("html[data-ready]", timeout=30_000)
        assert other.page.inner_text("#time .lead") == said
        assert other.page.evaluate("Math.abs(document.getElementById('time').getBoundingClientRect().top) < 300")
        other.page.evaluate("location.hash = '#losses'")
        _until(other.page, "document.documentElement.dataset.shown === 'all'")
        other.page.go_back()
        _until(other.page, "document.documentElement.dataset.shown === 'device=mobile'")
        assert other.complaints == []


def test_the_map_of_a_choice_keeps_both_in_the_link(browser: Any, pages: Pages):
    with Visit(browser, pages["calm"], DESKTOP) as visit:
        visit.page.select_option("select[data-show]", "device=mobile")
        _until(
            visit.page, "document.querySelector('#map .whom') !== null && document.querySelector('#map svg') !== null"
        )
        visit.page.select_option("select[data-map=m]", "journeys")
        _until(visit.page, "location.hash.startsWith('#map?') && location.hash.includes('m=journeys')")
        assert "show=device=mobile" in visit.page.url
        assert drawn_arrows(visit.page) > 0


@pytest.mark.parametrize("asked", ["show=nonsense", "show=%3Cimg%20src%3Dx%3E", "show=", "show=device=mobile,x=y"])
def test_a_choice_that_is_not_inside_shows_all_journeys(browser: Any, pages: Pages, asked: str):
    with Visit(browser, pages["calm"], DESKTOP) as visit:
        visit.page.goto(f"{pages['calm'].as_uri()}#losses?{asked}")
        visit.page.reload()
        visit.page.wait_for_selector("html[data-ready]", timeout=30_000)
        assert visit.page.locator(".whom").count() == 0
        assert visit.complaints == []


def test_every_choice_of_a_hostile_world_runs_nothing(browser: Any, pages: Pages):
    with Visit(browser, pages["hostile"], DESKTOP) as visit:
        values = visit.page.eval_on_selector_all("[data-show] option", "all => all.map(one => one.value)")
        assert len(values) > 4
        for value in values[1:]:
            visit.page.select_option("select[data-show]", value)
            _until(visit.page, f"document.documentElement.dataset.shown === {json.dumps(value)}")
        assert visit.page.evaluate("window.hurt") is None
        assert visit.complaints == []


def test_a_figure_is_saved_as_png_and_a_table_as_csv_without_a_network(browser: Any, pages: Pages):
    with Visit(browser, pages["calm"], DESKTOP) as visit:
        with visit.page.expect_download() as png:
            visit.page.locator("[data-panel=loss-share] [data-save=png]").click()
        assert png.value.suggested_filename == "losses-loss-share.png"
        assert Path(png.value.path()).read_bytes().startswith(b"\x89PNG")
        with visit.page.expect_download() as csv_file:
            visit.page.locator("#losses [data-save=csv]").first.focus()
            visit.page.keyboard.press("Enter")
        rows = list(csv.reader(Path(csv_file.value.path()).read_text(encoding="utf-8-sig").splitlines()))
        assert rows[0][0] == "Stage"
        assert len({len(row) for row in rows}) == 1
        assert len(rows) == 1 + visit.page.locator("#losses table").first.locator("tbody tr").count()
        assert [request for request in visit.requests if not request.startswith(("blob:", "data:"))] == [
            pages["calm"].as_uri()
        ]
        assert visit.complaints == []


def test_a_formula_is_saved_as_text(browser: Any, pages: Pages):
    with Visit(browser, pages["hostile"], DESKTOP) as visit:
        cells = visit.page.evaluate(
            "(() => { const table = document.createElement('table');"
            "for (const text of ['=1+1', '@x', '-1.5', '+3,1 %', '-1+cmd', 'a\"b']) {"
            "table.insertRow().insertCell().textContent = text; }"
            "return journeyTools.csv(table).trim().split('\\r\\n'); })()"
        )
        assert cells == ['"\'=1+1"', '"\'@x"', '"-1.5"', '"+3,1 %"', '"\'-1+cmd"', '"a""b"']


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_the_navigation_leads_to_every_view(browser: Any, pages: Pages, width: int):
    with Visit(browser, pages["calm"], width) as visit:
        assert visit.page.locator("nav > ul").is_visible() is (width == DESKTOP)
        assert visit.page.locator("[data-go]").is_visible() is (width == PHONE)
        if width == PHONE:
            visit.page.select_option("[data-go]", "variants")
        else:
            visit.page.locator("nav a[href='#variants']").click()
        _until(visit.page, "Math.abs(document.getElementById('variants').getBoundingClientRect().top) < 300")
        _until(visit.page, "document.querySelector('nav a[aria-current]').hash === '#variants'")
