"""What is added up from kinds of journeys is what counting the journeys of the same selection gives."""

from collections.abc import Callable, Iterator

import polars as pl
import pytest
from path_world import path_world
from polars.testing import assert_frame_equal

from journey_analytics import build
from journey_analytics.paths.kinds import kinds_sql
from journey_analytics.paths.links import activities, links
from journey_analytics.paths.selection import Selection, parse_selection
from journey_analytics.paths.step_flow import read_anchor, step_flow
from journey_analytics.paths.tree_step import path_tree
from journey_analytics.paths.variants import variants
from journey_analytics.warehouse import Warehouse

EVER = "started_on=1900-01-01.."
"""True of every journey, and no kind tells it."""

WHERE = (
    (),
    ("device=mobile", "customer_kind=new"),
    ("device=mobile|desktop", "first_channel=email", "status=dropped|open"),
    ("started_month=2026-03|2026-04",),
    ("persona=newcomer_otherwise", "first_channel=ads|email", "status=converted"),
)

Answer = Callable[[Warehouse, Selection], pl.DataFrame]


def flow_of(warehouse: Warehouse, selection: Selection, *, level: str, anchor: str, steps: int = 8) -> pl.DataFrame:
    read = read_anchor(warehouse, anchor, level=level)
    found = step_flow(warehouse, selection, level=level, anchor=read, steps=steps)
    counted = pl.DataFrame({"selected": [found.selected_count], "begun": [found.journey_count]})
    return pl.concat([found.links, counted], how="diagonal")


ANSWERS: dict[str, Answer] = {
    "links": links,
    "activities": activities,
    "variants of activities": lambda w, s: variants(w, s, level="activity"),
    "variants of stages": lambda w, s: variants(w, s, level="stage"),
    "the first variants": lambda w, s: variants(w, s, level="activity", limit=3),
    "tree of activities": lambda w, s: path_tree(w, s, level="activity"),
    "tree of stages": lambda w, s: path_tree(w, s, level="stage"),
    "flow from the start": lambda w, s: flow_of(w, s, level="activity", anchor="start"),
    "flow to the end": lambda w, s: flow_of(w, s, level="stage", anchor="end"),
    "flow about the purchase": lambda w, s: flow_of(w, s, level="activity", anchor="purchase"),
    "a short flow": lambda w, s: flow_of(w, s, level="activity", anchor="is:purchase", steps=2),
    "a short flow of stages": lambda w, s: flow_of(w, s, level="stage", anchor="start", steps=3),
}


@pytest.fixture(scope="module")
def world() -> Iterator[Warehouse]:
    with path_world(journeys=400, seed=21) as warehouse:
        models = {model.name: model for model in build.read_models(build.sql_files(), "mart")}
        build.run_models(warehouse, [models["mart.step_cube"]])
        yield warehouse


@pytest.mark.parametrize("where", WHERE, ids=" and ".join)
@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_kinds_add_up_to_their_journeys(world: Warehouse, answer: Answer, where: tuple[str, ...]) -> None:
    by_kind, by_journey = (parse_selection(texts, where="--where") for texts in (where, (*where, EVER)))
    assert kinds_sql(world, by_kind) is not None
    assert kinds_sql(world, by_journey) is None
    found, expected = answer(world, by_kind), answer(world, by_journey)
    names = [name for name in ("segment", "segment_value") if name in found.columns]
    assert_frame_equal(found.drop(names), expected.drop(names))


def test_every_selection_here_has_journeys(world: Warehouse) -> None:
    counts = [activities(world, parse_selection(where, where="--where"))["journey_count"].sum() for where in WHERE]
    assert min(counts) > 0
    assert len(set(counts)) == len(counts)


def test_a_folded_value_is_counted_by_journey() -> None:
    """Of a cap of one channel the others are one kind; each of them is still told apart."""
    with path_world(journeys=400, seed=21, cap=1) as warehouse:
        kept = {row[0] for row in warehouse.rows("select distinct first_channel from core.path_kind")}
        channels = {row[0] for row in warehouse.rows("select distinct first_channel from core.journey_segment")}
        folded = min(channels - kept)
        selection = parse_selection((f"first_channel={folded}", "device=mobile"), where="--where")
        assert kinds_sql(warehouse, selection) is None
        counted = warehouse.value(
            "select count(*) from core.journey_at_cutoff join core.journey_segment using (journey_id) "
            f"where not is_passive and device = 'mobile' and journey_segment.first_channel = '{folded}'"
        )
        assert 0 < counted == variants(warehouse, selection, level="stage")["journey_count"].sum()
