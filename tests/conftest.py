"""What every test runs in, and the browser of those that look at pages."""

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium")
_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a browser, for `-m browser`."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(autouse=True)
def _wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables are as wide in a worker of pytest-xdist, which sets 80 columns, as in a single process."""
    monkeypatch.setenv("COLUMNS", "160")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium, started offline and as any user of a container; without one the test is skipped."""
    if CHROMIUM is None:
        pytest.skip("no chromium on the path: the browser tests did not run")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=_ARGS)
        yield chromium
        chromium.close()
