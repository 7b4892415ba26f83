"""The benchmark of the views stays runnable: more customers behind them, the same questions, seconds for each."""

import sys
from pathlib import Path

import pytest

from journey_analytics import run
from journey_analytics.config import read_config
from journey_analytics.publish import publish
from journey_analytics.report.selection import choice_of_query
from journey_analytics.report.views import VIEWS
from journey_analytics.simulate import simulate
from journey_analytics.warehouse import open_published
from journey_analytics.workspace import writable

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
import copies
import views


def test_views_are_timed_with_several_times_the_touchpoints_behind_them(tmp_path: Path) -> None:
    folder = tmp_path / "world"
    simulate(folder, customers=60, days=90, seed=3)
    config = read_config(folder / "journey.toml")
    run.run(config)
    with open_published(config.published) as before:
        there = before.value("select count(*) from core.touchpoint")
        entered = before.value("select sum(stay_count) from mart.stay_cube")
    with copies.copied(config) as copy:
        with writable(copy) as warehouse:
            views.build_all(warehouse, copy, touchpoints=2 * there)
            publish(warehouse, copy.published)
        with open_published(copy.published) as after:
            assert after.value("select count(*) from core.touchpoint") == 2 * there
            assert after.value("select sum(stay_count) from mart.stay_cube") == 2 * entered
        flow = next(view for view in VIEWS if view.anchor == "flow")
        assert views.seconds_of(copy.published, flow, choice_of_query("customer_kind=new&window=14")) > 0
        assert f"{2 * there:,} core.touchpoint" in views.size_of(copy.published)


def test_what_takes_longer_than_a_second_is_marked_and_counted() -> None:
    found = [(title, "losses", 1.5 if title == "all" else 0.2) for title in views._QUERIES]
    told = views.report(found, size="10 core.touchpoint")
    assert told.count("*") == 1
    assert "1.50*" in told
    assert f"{len(found) - 1} of {len(found)} answers within 1 s" in told


@pytest.mark.parametrize("query", views._QUERIES.values())
def test_every_question_is_a_choice(query: str) -> None:
    assert choice_of_query(query).query() == query
