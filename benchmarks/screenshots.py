"""Pictures of every view of the dashboard, for docs/screenshots.md: `make screenshots`.

    python benchmarks/screenshots.py demo/journey.toml --out docs

Needs a workspace that has run, Chromium, the extra `dashboard`, and of the development tools Playwright and Pillow.
"""

import argparse
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from threading import Thread
from typing import Any

from journey_analytics.config import read_config
from journey_analytics.dashboard.server import listening, port_of
from journey_analytics.report.views import VIEWS

ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
COLOURS = 192
INTRODUCTION = (
    "Every view at 1440 px and at 390 px, made by `make screenshots` from the demo: a small shop with simulated "
    "customers, so many intervals are wide. What can be done with a view stands at the end."
)
COMPARISON = "/losses?device=mobile&vs=device%3Ddesktop&lang=en"


@dataclass(frozen=True)
class Screen:
    """What it is taken on: the size in px, what the file's name ends with, how wide it stands on the page."""

    width: int
    height: int
    ending: str
    shown: str


DESKTOP = Screen(1440, 1080, "", "74%")
PHONE = Screen(390, 1150, "-phone", "24%")


@dataclass(frozen=True)
class Shot:
    """One picture: the name of its file, the link it shows, and what stands above it on the page."""

    name: str
    link: str
    title: str
    group: str

    def file(self, screen: Screen) -> str:
        """The name of the picture of one screen."""
        return f"{self.name}{screen.ending}.png"


def shots() -> Iterator[Shot]:
    """Every view in the order of the navigation, then what can be done with them."""
    for view in VIEWS:
        yield Shot(view.anchor, f"/{view.anchor}?lang=en", view.title, view.group)
    more = "And beside the views"
    yield Shot("comparison", COMPARISON, "Two selections beside each other", more)
    yield Shot("filtered", "/losses?customer_kind=new&device=mobile&window=14&lang=en", "Filters and a window", more)
    yield Shot("examples", "/rules?examples=decision.dropped&lang=en", "Example journeys, without a name", more)
    yield Shot("italian", "/overview?lang=it", "In Italian", more)
    yield Shot("wrong-link", "/losses?device=mobil&lang=en", "A link that leads nowhere says so", more)


def take(address: str, folder: Path) -> None:
    """Take every picture on both screens."""
    from playwright.sync_api import sync_playwright

    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGS)
        for screen in (DESKTOP, PHONE):
            page = browser.new_page(viewport={"width": screen.width, "height": screen.height})
            for shot in shots():
                _take(page, address, shot, folder / shot.file(screen))
            page.close()
        browser.close()


def _take(page: Any, address: str, shot: Shot, path: Path) -> None:
    page.goto(address + shot.link)
    page.wait_for_selector(f'html[data-ready="{shot.link}"]', timeout=120_000)
    page.wait_for_load_state("networkidle")
    if "examples=" in shot.link:
        page.evaluate("document.querySelector('section.examples').scrollIntoView({ behavior: 'instant' })")
        page.evaluate("scrollBy({ top: -190, behavior: 'instant' })")
        page.wait_for_timeout(600)
    page.screenshot(path=path)
    _shrink(path)
    print(path.name, f"{path.stat().st_size // 1024} kB")


def _shrink(path: Path) -> None:
    """The same picture in the few colours that it has: a third of the size."""
    from PIL import Image

    with Image.open(path) as picture:
        few = picture.convert("RGB").quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(path, optimize=True)


def page_text() -> str:
    """The page that shows them, in Markdown: each view on a desktop and on a phone beside it."""
    parts = ["# What the dashboard looks like\n", f"{INTRODUCTION}\n"]
    for group, members in groupby(shots(), key=lambda shot: shot.group):
        parts.append(f"## {group}\n")
        parts += [_entry(shot) for shot in members]
    return "\n".join(parts)


def _entry(shot: Shot) -> str:
    images = "\n".join(_image(shot, screen) for screen in (DESKTOP, PHONE))
    return f"### {shot.title}\n\n{images}\n"


def _image(shot: Shot, screen: Screen) -> str:
    words = f"{shot.title}, {screen.width} px wide"
    return f'<img src="screenshots/{shot.file(screen)}" width="{screen.shown}" alt="{words}">'


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("config", type=Path)
    parser.add_argument("--out", type=Path, default=Path("docs"))
    asked = parser.parse_args()
    server = listening(read_config(asked.config), host="127.0.0.1", port=0)
    Thread(target=server.run, daemon=True).start()
    take(f"http://127.0.0.1:{port_of(server)}", asked.out / "screenshots")
    (asked.out / "screenshots.md").write_text(page_text(), encoding="utf-8")


if __name__ == "__main__":
    main()
