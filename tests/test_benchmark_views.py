"""The benchmark of the views stays runnable: more customers behind them, the same questions, seconds for each."""

import re
import sys
from pathlib import Path

import pytest

from journey_analytics import run
from journey_analytics.config import read_config
from journey_analytics.report.selection import choice_of_query
from journey_analytics.report.views import VIEWS
from journey_analytics.simulate import simulate
from journey_analytics.warehouse import open_published

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
import views


def test_views_are_timed_with_several_times_the_touchpoints_behind_them(tmp_path: Path) -> None:
    folder = tmp_path / "world"
    simulate(folder, customers=60, days=90, seed=3)
    config = read_config(folder / "journey.toml")
    run.run(config)
    with open_published(config.published) as before:
        there = before.value("select count(*) from core.touchpoint")
        counted = before.rows(_COUNTED)
    views.enlarge(config.published, touchpoints=2 * there)
    with open_published(config.published) as after:
        assert after.value("select count(*) from core.touchpoint") == 2 * there
        assert after.rows(_COUNTED) == [(table, days, 2 * stays) for table, days, stays in counted]
        assert after.value("select count(*) - count(distinct journey_id) from core.journey") == 0
        assert after.value("select max(entered_at) <= (select max(cutoff_at) from run.cutoff) from mart.stage_entrant")
    flow = next(view for view in VIEWS if view.anchor == "flow")
    assert min(views.seconds_of(config.published, flow, choice_of_query("customer_kind=new&window=14"))) > 0
    assert f"{2 * there:,} core.touchpoint" in views.size_of(config.published)


_COUNTED = """
select 'stay_cube' as table_name, offered_days, sum(stay_count)::bigint from mart.stay_cube group by all
union all
select 'headline', 0, journey_count from mart.selection_headline where segment = 'all'
order by all
"""


def test_what_takes_longer_than_a_second_is_marked_and_counted() -> None:
    found = [(title, "losses", (1.5 if title == "all" else 0.2, 0.1)) for title in views._QUERIES]
    told = views.report(found, size="10 core.touchpoint")
    assert told.count("*") == 1
    assert re.search(r"1\.50\* +0\.10", told)
    assert f"{len(found) - 1} of {len(found)} answers within 1 s by the clock" in told
    assert f"{len(found)} of {len(found)} answers within 1 s of CPU" in told


@pytest.mark.parametrize("query", views._QUERIES.values())
def test_every_question_is_a_choice(query: str) -> None:
    assert choice_of_query(query).query() == query
