"""Pictures of every view of the dashboard, for docs/screenshots.md: `make screenshots`.

    python benchmarks/screenshots.py demo/journey.toml --out docs

Needs a workspace that has run, Chromium, and the extra `dashboard`.
"""

import argparse
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

from journey_analytics.config import read_config
from journey_analytics.dashboard.server import listening, port_of
from journey_analytics.report.views import VIEWS

DESKTOP, PHONE, HEIGHT = 1440, 390, 900
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
COMPARISON = "/losses?device=mobile&vs=device%3Ddesktop&lang=en"


@dataclass(frozen=True)
class Shot:
    """One picture: its file, the link it shows, and what stands above it on the page."""

    file: str
    link: str
    width: int
    title: str


def shots() -> Iterator[Shot]:
    """Every view on a desktop, then a comparison, examples, another language and a phone."""
    for view in VIEWS:
        yield Shot(f"{view.anchor}.png", f"/{view.anchor}?lang=en", DESKTOP, view.title)
    yield Shot("comparison.png", COMPARISON, DESKTOP, "Two selections beside each other")
    yield Shot("italian.png", "/overview?lang=it", DESKTOP, "In Italian")
    for anchor in ("overview", "losses", "journey-map"):
        yield Shot(f"{anchor}-phone.png", f"/{anchor}?lang=en", PHONE, f"On a phone: {anchor}")


def take(address: str, folder: Path) -> None:
    """Take every picture at the size of a screen."""
    from playwright.sync_api import sync_playwright

    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGS)
        for shot in shots():
            _take(browser, address, shot, folder)
        browser.close()


def _take(browser: Any, address: str, shot: Shot, folder: Path) -> None:
    page = browser.new_page(viewport={"width": shot.width, "height": HEIGHT})
    page.goto(address + shot.link)
    page.wait_for_selector(f'html[data-ready="{shot.link}"]', timeout=120_000)
    page.screenshot(path=folder / shot.file)
    page.close()
    print(shot.file)


def page_text() -> str:
    """The page that shows them, in Markdown."""
    parts = [f"## {shot.title}\n\n![{shot.title}](screenshots/{shot.file})\n" for shot in shots()]
    return "# What the dashboard looks like\n\nMade by `make screenshots` from the demo.\n\n" + "\n".join(parts)


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
