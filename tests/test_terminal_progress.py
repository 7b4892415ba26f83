"""Progress in the terminal: nothing of it is left where nobody watches."""

import pytest

from journey_analytics.terminal import counting, naming_steps


def test_progress_writes_nothing_when_stderr_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with counting("trying settings") as progress:
        progress(1, 2)
    with naming_steps() as name:
        name("staging")
    assert capsys.readouterr() == ("", "")
