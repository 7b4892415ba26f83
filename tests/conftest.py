"""What every test runs in."""

import pytest


@pytest.fixture(autouse=True)
def _wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables are as wide in a worker of pytest-xdist, which sets 80 columns, as in a single process."""
    monkeypatch.setenv("COLUMNS", "160")
