"""The flow on Prefect's own test server: tasks per source, artifacts, and what is worth a retry."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from journey_analytics.config import read_config
from journey_analytics.demo import make_demo_workspace
from journey_analytics.errors import DataError, LockedError
from journey_analytics.warehouse import open_published

pytestmark = [pytest.mark.prefect, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    from prefect.testing.utilities import prefect_test_harness

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PREFECT_HOME", str(tmp_path_factory.mktemp("prefect")))
        patch.setenv("DO_NOT_TRACK", "1")
        with prefect_test_harness(server_startup_timeout=180):
            yield


@pytest.mark.usefixtures("server")
def test_the_flow_loads_every_source_and_leaves_its_artifacts(tmp_path: Path) -> None:
    from prefect.artifacts import Artifact

    from pipelines.nightly import nightly

    file = make_demo_workspace(tmp_path / "demo")
    page = nightly(config=str(file))
    assert Path(page).is_file()
    with open_published(read_config(file).published) as published:
        loaded = {
            source for (source,) in published.rows("select distinct source from run.load where accepted_count > 0")
        }
    assert loaded == {"web", "email", "store", "support"}
    table, link = Artifact.get("stage-dropoff"), Artifact.get("journey-report")
    assert Artifact.get("journey-alerts") is not None
    assert table is not None
    assert "decision" in str(table.data)
    assert link is not None
    assert Path(page).as_uri() in str(link.data)
    index = Artifact.get("journey-reports")
    assert index is not None
    assert Path(page).with_name("index.html").as_uri() in str(index.data)
    assert Path(page).with_name("index.html").is_file()


def test_every_alert_is_one_event_whose_resource_stays_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    from pipelines import nightly

    rows = [
        {"alert_id": name, "as_of_on": date(2026, 6, 7), "rule": "stage_changed", "subject": f"advancing from {name}",
         "value": 0.24, "reference_value": 0.3, "difference": -0.06, "message": "In the 7 days …"}
        for name in ("awareness", "decision")
    ]  # fmt: skip
    events: list[dict[str, Any]] = []
    tables: list[dict[str, Any]] = []
    monkeypatch.setattr(nightly, "current_alerts", lambda _: rows)
    monkeypatch.setattr(nightly, "emit_event", lambda **event: events.append(event))
    monkeypatch.setattr(nightly, "create_table_artifact", lambda **table: tables.append(table))
    assert nightly.alert.fn(None) == 2
    assert [event["event"] for event in events] == ["journey.alert"] * 2
    assert events[1]["resource"]["prefect.resource.id"] == "journey-analytics.alert.decision"
    assert json.loads(json.dumps(events[1]["payload"])) == rows[1] | {"as_of_on": "2026-06-07"}
    assert tables[0]["key"] == "journey-alerts"
    assert [row["subject"] for row in tables[0]["table"]] == ["advancing from awareness", "advancing from decision"]


class _Failed:
    def __init__(self, error: Exception) -> None:
        self.error = error

    def result(self, *, raise_on_failure: bool) -> Exception:
        assert not raise_on_failure
        return self.error


def test_only_what_may_pass_with_time_is_tried_again() -> None:
    from pipelines.nightly import _may_pass_with_time

    assert _may_pass_with_time(None, None, _Failed(LockedError("held")))
    assert _may_pass_with_time(None, None, _Failed(OSError("disk full")))
    assert not _may_pass_with_time(None, None, _Failed(DataError("a check failed")))


def test_the_deployment_is_nightly_one_at_a_time_and_names_the_flow() -> None:
    import yaml

    root = Path(__file__).resolve().parents[1]
    (deployment,) = yaml.safe_load((root / "pipelines" / "prefect.yaml").read_text())["deployments"]
    assert deployment["entrypoint"] == "pipelines/nightly.py:nightly"
    assert deployment["schedules"] == [{"cron": "15 2 * * *", "timezone": "UTC"}]
    assert deployment["concurrency_limit"]["limit"] == 1
