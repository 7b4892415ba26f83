"""The nightly flow: a task per source, then rebuild, publish, report, each retried, with artifacts and alerts.

Without a server: `python -m pipelines.nightly --config shop/journey.toml`. As a deployment: README, "Every night".
"""

import argparse
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from prefect import Task, flow, get_run_logger, task
from prefect.artifacts import create_link_artifact, create_table_artifact
from prefect.events import emit_event

from journey_analytics import run as job
from journey_analytics.answers import stage_dropoff
from journey_analytics.change.answers import current_alerts
from journey_analytics.change.text import alert_cells, alert_payload
from journey_analytics.config import Config, read_config
from journey_analytics.errors import ConfigurationError, DataError, JourneyError
from journey_analytics.report.archive import INDEX_NAME
from journey_analytics.terminal import dropoff_cells

ALERT_EVENT = "journey.alert"
ALERT_RESOURCE = "journey-analytics.alert"

P = ParamSpec("P")
R = TypeVar("R")


def _may_pass_with_time(_task: object, _run: object, state: Any) -> bool:
    """A held lock or a full disk may pass; a fault in the data or the configuration stays what it is."""
    return not isinstance(state.result(raise_on_failure=False), ConfigurationError | DataError)


def _nightly_task(task_run_name: str) -> Callable[[Callable[P, R]], Task[P, R]]:
    """A task that waits and tries again where that may help; its result is not kept."""
    return task(
        task_run_name=task_run_name,
        retries=3,
        retry_delay_seconds=[10, 60, 300],
        retry_condition_fn=_may_pass_with_time,
        persist_result=False,
    )


@_nightly_task("load {name}")
def load_source(config: Config, name: str) -> str:
    """Load what is new of one source; returns the counts as a sentence."""
    return str(job.load_sources(config, names=[name]))


@_nightly_task("rebuild")
def rebuild(config: Config, as_of: date | None) -> bool:
    """Identities, journeys and marts from what is loaded, checked; false when nothing had changed."""
    return job.rebuild(config, as_of=as_of)


@_nightly_task("publish")
def publish(config: Config) -> Path:
    """The copy that readers open."""
    return job.publish_copy(config)


@_nightly_task("report")
def report(config: Config) -> Path:
    """The page for people."""
    return job.render_report(config)


@task(task_run_name="show", persist_result=False)
def show(config: Config, page: Path) -> None:
    """The drop-off table, a link to the report and one to the index of past ones among the run's artifacts."""
    rows = [dropoff_cells(row) for row in stage_dropoff(config).to_dicts()]
    create_table_artifact(table=rows, key="stage-dropoff", description="Journeys lost at each stage, 95 % intervals")
    create_link_artifact(link=page.absolute().as_uri(), link_text="Journey report", key="journey-report")
    index = page.with_name(INDEX_NAME).absolute()
    create_link_artifact(link=index.as_uri(), link_text="Journey reports by date", key="journey-reports")


@task(task_run_name="alert", persist_result=False)
def alert(config: Config) -> int:
    """An event `journey.alert` for each alert, and a table of them all; returns how many there are.

    The resource of an event names what changed, not when: the same alert keeps it from night to night.
    """
    rows = current_alerts(config)
    for row in rows:
        emit_event(
            event=ALERT_EVENT,
            resource={
                "prefect.resource.id": f"{ALERT_RESOURCE}.{row['alert_id']}",
                "prefect.resource.name": row["subject"],
            },
            payload=alert_payload(row),
        )
    create_table_artifact(table=[alert_cells(row) for row in rows], key="journey-alerts", description="Alerts")
    return len(rows)


@flow(name="nightly", persist_result=False, validate_parameters=True)
def nightly(config: str = "journey.toml", as_of: date | None = None) -> str:
    """The nightly job on one workspace; returns the path of the report.

    Args:
        config: the workspace's `journey.toml`.
        as_of: state of affairs at the end of this day (UTC) instead of the data's own end.
    """
    workspace = read_config(Path(config))
    logger = get_run_logger()
    for source in workspace.sources:
        logger.info("%s: %s", source.name, load_source(workspace, source.name))
    logger.info("rebuilt" if rebuild(workspace, as_of) else "nothing new: the tables stay")
    publish(workspace)
    page = report(workspace)
    show(workspace, page)
    logger.info("alerts: %d", alert(workspace))
    return str(page)


def main() -> None:
    """Run the flow once from the command line."""
    parser = argparse.ArgumentParser(description=nightly.description)
    parser.add_argument("--config", default="journey.toml")
    parser.add_argument("--as-of", type=date.fromisoformat, default=None)
    arguments = parser.parse_args()
    try:
        nightly(config=arguments.config, as_of=arguments.as_of)
    except JourneyError as error:
        sys.stderr.write(f"nightly: {error}\n")
        raise SystemExit(error.exit_code) from None


if __name__ == "__main__":
    main()
