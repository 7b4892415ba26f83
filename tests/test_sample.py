"""The sample through the whole job: its marts against pm4py, its scores against its truth."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from journey_analytics import run as job
from journey_analytics.config import Config, read_config
from journey_analytics.demo import make_demo_workspace
from journey_analytics.evaluate import evaluate
from journey_analytics.evaluate.feelings import agreement, answered_stages
from journey_analytics.warehouse import Warehouse, open_published, open_warehouse

MEANINGS = ("pairwise precision", "recall", "pairwise F1", "macro-F1", "coverage", "in our 95 % interval")
"""The claims that a sample of this size can carry; errors in points need more journeys."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Config:
    config = read_config(make_demo_workspace(tmp_path_factory.mktemp("sample") / "demo"))
    job.run(config)
    return config


@pytest.fixture
def published(demo: Config) -> Iterator[Warehouse]:
    with open_published(demo.published) as found:
        yield found


@pytest.fixture(scope="module")
def log(demo: Config) -> Any:
    """The sample's touchpoints as pm4py wants them, in the order of their journeys."""
    pytest.importorskip("pm4py")
    with open_published(demo.published) as published:
        frame = published.frame(
            """
            select journey_id as "case:concept:name", activity as "concept:name", occurred_at as "time:timestamp"
            from core.touchpoint order by journey_id, position
            """
        )
    return frame.to_pandas()


@pytest.mark.filterwarnings("ignore")
def test_directly_follows_and_variants_equal_pm4py(published: Warehouse, log: Any) -> None:
    sys._pm4py_welcome_shown = True
    import pm4py

    follows, starts, ends = pm4py.discover_dfg(log)
    ours = published.rows("select activity, next_activity, follow_count from mart.directly_follows")
    assert {(a, b): n for a, b, n in ours} == dict(follows)
    assert dict(published.rows("select activity, start_count from mart.activity where start_count > 0")) == starts
    assert dict(published.rows("select activity, end_count from mart.activity where end_count > 0")) == ends
    variants = {variant: n if isinstance(n, int) else len(n) for variant, n in pm4py.get_variants(log).items()}
    mine = published.rows("select activities, journey_count from mart.variant")
    assert {tuple(activities): n for activities, n in mine} == variants


def test_a_model_is_discovered_with_its_quality_beside_it(published: Warehouse) -> None:
    pytest.importorskip("pm4py")
    models = published.rows("""
        select level, kind, fitness, precision, is_shown, bpmn_xml is not null, pnml_xml is not null
        from mart.process_model
    """)
    assert {level for level, *_ in models} == {"activity", "stage"}
    for _, kind, fitness, precision, is_shown, has_bpmn, has_net in models:
        assert 0 < fitness <= 1
        assert 0 < precision <= 1
        assert has_net is is_shown
        assert has_bpmn is (is_shown and kind != "dfg")


def test_the_sample_scores_well_where_its_size_allows(demo: Config) -> None:
    with open_warehouse(demo.warehouse) as warehouse:
        verdicts = evaluate(warehouse, demo.root / "truth").verdicts
    judged = [verdict for verdict in verdicts if any(words in verdict.claim for words in MEANINGS)]
    assert len(judged) >= 9
    assert [verdict.claim for verdict in judged if not verdict.is_met] == []


def test_inferred_friction_agrees_with_the_held_back_survey(demo: Config) -> None:
    """As well as what truly went wrong does: the rest of a score is the person's. No rule of ours has seen a score."""
    truth = demo.root / "truth"
    survey = pl.read_csv(truth / "survey.csv")
    event = pl.read_csv(truth / "event.csv", schema_overrides={"source_event_id": pl.String})
    with open_warehouse(demo.warehouse) as warehouse:
        touchpoint = warehouse.frame("select source, source_event_id, journey_id from core.touchpoint")
        friction = warehouse.frame("select journey_id, stage, friction from core.stage_friction")
    true_event = event.with_columns(pl.col("journey_id").fill_null(""))
    answers = answered_stages(survey, true_event=true_event, touchpoint=touchpoint, friction=friction)
    assert answers.height >= 0.95 * survey.height
    for stage in ("decision", "post_purchase"):
        found, ceiling = (agreement(answers.filter(pl.col("stage") == stage), of) for of in ("friction", "fall"))
        assert found.rho is not None
        assert ceiling.rho is not None
        assert found.rho >= 0.5
        assert found.rho > ceiling.rho - 0.1


def test_every_malformed_row_is_in_quarantine_with_its_payload(demo: Config) -> None:
    with open_warehouse(demo.warehouse) as warehouse:
        rows = warehouse.rows("select reason_code, reason, payload from run.rejected_event")
    assert len({code for code, _, _ in rows}) >= 12
    assert all(reason and payload for _, reason, payload in rows)


def test_the_notebook_runs_on_the_published_copy(demo: Config) -> None:
    import runpy

    root = Path(__file__).resolve().parents[1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["first_look.py", str(demo.published)])
        names = runpy.run_path(str(root / "notebooks" / "first_look.py"))
    assert set(names["figures"]) == {"dropoff", "flow", "trend"}
    assert all(figure.data for figure in names["figures"].values())
