"""The step flow of a warehouse: the mart is what is counted on demand and by hand; its checks notice their faults."""

import json
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest
from mart_world import STAGE_OF, make_cutoff, mart_world
from polars.testing import assert_frame_equal
from step_flow_reference import Journey, counts_of, links_by_hand
from typer.testing import CliRunner, Result

from journey_analytics import build, config
from journey_analytics.cli import app
from journey_analytics.dropoff import stage_dropoff
from journey_analytics.errors import ConfigurationError
from journey_analytics.paths import step_answer
from journey_analytics.paths.link_shares import with_shares
from journey_analytics.paths.selection import EVERYTHING, parse_selection
from journey_analytics.paths.step_answer import FlowAnswer, flow_dict
from journey_analytics.paths.step_flow import StepFlow, read_anchor, step_flow
from journey_analytics.paths.step_links import LINK_SCHEMA, folded, ordered
from journey_analytics.paths.step_text import flow_text
from journey_analytics.warehouse import Warehouse

CHECKS = (
    "as_many_journeys_leave_every_step_of_the_step_flow_as_reach_it",
    "every_activity_begins_and_ends_as_many_journeys_in_the_step_flow_as_in_all",
    "the_step_flow_starts_and_ends_with_the_journeys_of_the_headline",
    "who_first_reaches_a_stage_in_the_step_flow_are_the_entrants_of_the_dropoff",
)
MARTS = ("mart.activity", "mart.headline", "mart.step_cube", "mart.step_flow")
VIEWS = [(level, anchor) for level in ("stage", "activity") for anchor in ("start", "end", "purchase")]


@pytest.fixture(scope="module")
def world() -> Iterator[Warehouse]:
    """A warehouse with its marts; tests that change it undo that."""
    with mart_world(journeys=400, seed=3) as warehouse:
        # The small world's visits know after-sales contact before a purchase; the real ones enter at the purchase.
        warehouse.execute("""
            delete from core.stage_visit where stage = 'post_purchase' and journey_id not in (
                select journey_id from core.journey where status = 'converted'
            )
        """)
        visits = warehouse.frame(
            "select v.*, j.first_channel from core.stage_visit as v join core.journey as j using (journey_id)"
        )
        cutoff = warehouse.value("select min(cutoff_at) from run.cutoff")
        warehouse.create_from("mart.stage_dropoff", stage_dropoff(visits, cutoff=cutoff, segments=("first_channel",)))
        make_cutoff(warehouse)
        models = build.read_models(build.sql_files(), "mart")
        build.run_models(warehouse, build.ordered(model for model in models if model.name in MARTS))
        yield warehouse


def mart(warehouse: Warehouse, level: str, anchor: str) -> pl.DataFrame:
    rows = warehouse.frame("select * from mart.step_flow where level = ? and anchor = ?", parameters=[level, anchor])
    return ordered(rows)


def asked(
    warehouse: Warehouse, text: str, *, level: str = "activity", steps: int = 8, where: tuple[str, ...] = ()
) -> StepFlow:
    selection = parse_selection(where, where="--where") if where else EVERYTHING
    anchor = read_anchor(warehouse, text, level=level)
    return step_flow(warehouse, selection, level=level, anchor=anchor, steps=steps)


def journeys(warehouse: Warehouse, level: str) -> list[Journey]:
    """The active journeys by hand; the step that is the purchase is marked, so that it can be matched."""
    touchpoints = warehouse.frame("""
        select t.* from core.touchpoint as t join core.journey as j using (journey_id)
        where not j.is_passive order by journey_id, position
    """)
    states = dict(warehouse.rows("select journey_id, status from core.journey"))
    until = warehouse.value("select settled_until_at from core.settled_until")
    begun = dict(warehouse.rows("select journey_id, started_at from core.journey"))
    visits = set(warehouse.rows("select journey_id, stage from core.stage_visit"))
    found = []
    for journey_id, rows in groupby(touchpoints.to_dicts(), key=lambda row: row["journey_id"]):
        nodes = [node for row in rows for node in _nodes(row, level)]
        entered = frozenset(stage for one, stage in visits if one == journey_id) if level == "stage" else None
        found.append(Journey(tuple(nodes), states[journey_id], entered, begun[journey_id] <= until))
    return found


def _nodes(row: dict[str, Any], level: str) -> list[str]:
    if level == "activity":
        return [row["activity"]]
    if row["is_purchase"]:
        return ["decision", "post_purchase"]
    return [] if row["is_passive"] or row["stage"] == "unknown" else [row["stage"]]


@pytest.mark.parametrize(("level", "anchor"), VIEWS)
def test_the_mart_is_what_is_counted_on_demand(world: Warehouse, level: str, anchor: str):
    expected = mart(world, level, anchor)
    assert expected.height > 10
    assert_frame_equal(asked(world, anchor, level=level).links, expected)
    # Days cut through kinds of journeys: then each journey's steps are read.
    assert_frame_equal(asked(world, anchor, level=level, where=("started_on=1900-01-01..",)).links, expected)


@pytest.mark.parametrize(("level", "anchor"), [view for view in VIEWS if view[1] != "purchase"])
def test_the_mart_is_what_is_counted_by_hand(world: Warehouse, level: str, anchor: str):
    by_hand = links_by_hand(journeys(world, level), steps=8, anchor=anchor)
    assert counts_of(mart(world, level, anchor)) == by_hand


def test_the_purchase_is_the_activity_that_only_it_has(world: Warehouse):
    by_hand = links_by_hand(journeys(world, "activity"), steps=8, anchor="pattern", pattern=("order_placed",))
    assert counts_of(mart(world, "activity", "purchase")) == by_hand


def test_at_stage_level_the_purchase_follows_a_decision(world: Warehouse):
    rows = mart(world, "stage", "purchase")
    into, out = rows.filter(pl.col("step_number") == -1), rows.filter(pl.col("step_number") == 0)
    bought = world.value("select converted_count from mart.headline")
    assert into.select("node", "next_node", "journey_count").rows() == [("decision", "post_purchase", bought)]
    assert out["node"].unique().to_list() == ["post_purchase"]
    assert out["journey_count"].sum() == bought


def test_a_pattern_is_found_where_its_steps_follow_each_other(world: Warehouse):
    found = asked(world, "cart_viewed > help_viewed", steps=2)
    by_hand = links_by_hand(
        journeys(world, "activity"), steps=2, anchor="pattern", pattern=("cart_viewed", "help_viewed")
    )
    assert counts_of(found.links) == by_hand
    assert 0 < found.journey_count < found.selected_count == world.value("select journey_count from mart.headline")


def test_a_stage_in_a_pattern_is_any_activity_of_it(world: Warehouse):
    names = [activity for activity, stage in STAGE_OF.items() if stage == "consideration"]
    assert_frame_equal(
        asked(world, "cart_viewed > stage:consideration").links,
        asked(world, f"cart_viewed > {'|'.join(names)}").links,
    )


def test_the_parts_of_a_selection_add_up_to_the_whole(world: Warehouse):
    parts = [asked(world, "start", where=(f"status={status}",)).links for status in ("converted", "dropped", "open")]
    key = ["step_number", "node", "next_node"]
    counts = [column for column in LINK_SCHEMA if column not in key]
    summed = pl.concat(parts).group_by(key).agg(pl.col(counts).sum())
    assert_frame_equal(ordered(summed), asked(world, "start").links)


def test_an_unknown_level_or_activity_is_refused(world: Warehouse):
    with pytest.raises(ConfigurationError, match="did you mean 'stage'"):
        read_anchor(world, "start", level="stages")
    with pytest.raises(ConfigurationError, match="did you mean 'cart_viewed'"):
        read_anchor(world, "cart_vewed", level="activity")


def failures(warehouse: Warehouse, check: str) -> list[tuple[object, ...]]:
    models = {model.name: model.sql for model in build.read_models(build.sql_files(), "check")}
    return warehouse.rows(models[f"check.{check}"], name=check)


@pytest.mark.parametrize("check", CHECKS)
def test_a_sound_world_passes(world: Warehouse, check: str):
    assert failures(world, check) == []


STEP = "update mart.step_flow set"


@pytest.mark.parametrize(
    ("check", "fault"),
    [
        (CHECKS[0], "delete from mart.step_flow where step_number = 2 and node = 'cart_viewed'"),
        (CHECKS[0], "delete from mart.step_flow where anchor = 'end' and node = 'MORE'"),
        (CHECKS[0], "delete from mart.step_flow where anchor = 'start' and node = 'MORE'"),
        (CHECKS[0], f"{STEP} open_count = open_count + 1 where level = 'stage' and step_number = 1"),
        (CHECKS[1], f"{STEP} next_node = 'cart_viewed' where anchor = 'start' and next_node = 'home_viewed'"),
        (CHECKS[1], f"{STEP} node = 'cart_viewed' where anchor = 'end' and step_number = -1 and node = 'help_viewed'"),
        (CHECKS[2], "delete from mart.step_flow where level = 'stage' and anchor = 'purchase'"),
        (CHECKS[2], f"{STEP} next_node = 'OPEN' where next_node = 'DROPPED'"),
        (CHECKS[2], f"{STEP} journey_count = journey_count + 1 where node = 'START'"),
        (CHECKS[3], f"{STEP} first_count = first_count - 1 where anchor = 'start' and next_node = 'decision'"),
        (CHECKS[3], "delete from mart.step_flow where anchor = 'end' and next_node = 'post_purchase'"),
    ],
)
def test_a_check_notices_its_fault(world: Warehouse, check: str, fault: str):
    world.execute("begin transaction")
    world.execute(fault)
    found = failures(world, check)
    world.execute("rollback")
    assert found


def test_every_column_is_explained(world: Warehouse):
    told = world.rows("select column_name from config.mart_column where table_name = 'step_flow'")
    assert sorted(name for (name,) in told) == sorted(world.columns("mart.step_flow"))


def answer(world: Warehouse, text: str, top: int) -> FlowAnswer:
    flow = asked(world, text, steps=3)
    shown = with_shares(folded(flow.links, top), minimum_count=30)
    return FlowAnswer(flow=flow, selection=EVERYTHING, top=top, minimum_count=30, settled_days=60, links=shown)


@pytest.fixture
def command(world: Warehouse, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """`journey flow` on the world in place of a published copy."""
    monkeypatch.setattr(config, "read_config", lambda _: SimpleNamespace(published=Path("world")))
    monkeypatch.setattr(step_answer, "open_published", lambda _: nullcontext(world))
    return lambda *options: CliRunner().invoke(app, ["flow", *options])


def test_the_command_answers_in_words_and_for_machines(world: Warehouse, command: Callable[..., Result]):
    told = command("--level", "stage", "--steps", "2")
    assert (told.exit_code, "Step flow by stages from start" in told.stdout) == (0, True)
    found = json.loads(command("--from", "cart_viewed > help_viewed", "--steps", "2", "--top", "3", "--json").stdout)
    expected = asked(world, "cart_viewed > help_viewed", steps=2)
    assert found["journey_count"] == expected.journey_count
    assert found["selected_count"] == expected.selected_count
    shown = with_shares(folded(expected.links, 3), minimum_count=30)
    assert found["links"] == shown.to_dicts()


def test_the_command_takes_conditions(world: Warehouse, command: Callable[..., Result]):
    found = json.loads(command("--where", "status=dropped", "--json").stdout)
    assert found["where"] == ["status=dropped"]
    assert found["journey_count"] == world.value("select dropped_count from mart.headline")
    refused = command("--where", "staus=dropped")
    assert isinstance(refused.exception, ConfigurationError)
    assert "did you mean 'status'" in str(refused.exception)


def test_the_command_says_when_no_journey_has_the_pattern(command: Callable[..., Result]):
    told = command("--from", "order_placed > order_placed")
    assert told.exit_code == 0
    assert "0 active journeys of " in told.stdout
    assert "nothing to show" in told.stdout


def test_the_terminal_shows_every_step_with_its_base(world: Warehouse):
    text = flow_text(answer(world, "start", 2))
    total = world.value("select journey_count from mart.headline")
    assert f"Step flow by activities from start: {total} active journeys (all journeys)" in text
    assert "other steps" in text
    assert "further steps" in text
    assert "100.0 %" in text


def test_the_terminal_names_the_base_of_a_pattern(world: Warehouse):
    found = answer(world, "cart_viewed", 2)
    assert f"{found.flow.journey_count} active journeys of {found.flow.selected_count} that have it" in flow_text(found)


def test_the_machine_gets_the_links_with_their_shares(world: Warehouse):
    told = flow_dict(answer(world, "start", 2))
    assert (told["level"], told["anchor"], told["steps"], told["top"]) == ("activity", "start", 3, 2)
    first = [link for link in told["links"] if link["node"] == "START"]
    assert sum(link["journey_count"] for link in first) == told["journey_count"]
    closed = [link for link in told["links"] if link["settled_count"]]
    assert closed
    assert all(link["conversion_share"] == link["settled_converted_count"] / link["settled_count"] for link in closed)
    assert any(link["converted_count"] > link["settled_converted_count"] for link in closed)


def test_the_terminal_says_which_journeys_a_share_is_of(world: Warehouse):
    found = answer(world, "start", 2)
    assert "of the settled journeys (begun at least 60 days before the cut-off, and closed)" in flow_text(found)
    recent = replace(found, links=with_shares(found.links.with_columns(pl.col("^settled.*$") * 0), minimum_count=30))
    assert "too recent to tell" in flow_text(recent)
