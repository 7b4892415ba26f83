"""The journey map of a simulated world: the planted barrier and whom it meets, and every number run again."""

import json
import shutil
from collections import Counter
from random import Random

import pytest
from typer.testing import CliRunner

from journey_analytics import build
from journey_analytics import run as job
from journey_analytics.cli import app
from journey_analytics.config import Config, read_config
from journey_analytics.simulate import simulate
from journey_analytics.warehouse import open_published

OWN_PERSONAS = """\
persona,min_purchases,max_purchases,min_journeys,max_journeys,min_days,max_days,first_channel,device,description
desktop_shopper,,,,,,,,desktop,Begins on a computer
mobile_shopper,,,,,,,,mobile,Begins on a phone
other_shopper,,,,,,,,,Begins on something else
"""
CELLS = "select query, value, low, high, n from mart.journey_map order by persona, stage, lane, place"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Config:
    folder = tmp_path_factory.mktemp("map") / "world"
    simulate(folder, customers=500, days=240, seed=5)
    config = read_config(folder / "journey.toml")
    job.run(config)
    return config


@pytest.fixture(scope="module")
def by_device(world: Config, tmp_path_factory: pytest.TempPathFactory) -> Config:
    """The same world with personas by rules of the analyst's own: on which device a journey begins."""
    folder = tmp_path_factory.mktemp("map") / "by_device"
    shutil.copytree(world.root, folder)
    rules = folder / "sql" / "config"
    rules.mkdir(parents=True)
    settings = (build.builtin_sql() / "config" / "setting.csv").read_text(encoding="utf-8")
    (rules / "setting.csv").write_text(
        settings.replace("persona_source,data", "persona_source,rules"), encoding="utf-8"
    )
    (rules / "persona_rule.csv").write_text(OWN_PERSONAS, encoding="utf-8")
    config = read_config(folder / "journey.toml")
    job.run(config)
    return config


@pytest.fixture(scope="module")
def planted(world: Config) -> dict[str, str]:
    return json.loads((world.root / "truth" / "world.json").read_text(encoding="utf-8"))["planted_barrier"]


def test_fifty_cells_run_again_from_their_query_on_the_published_copy(world):
    with open_published(world.published) as published:
        rows = published.rows(CELLS)
        assert len(rows) > 200
        for query, *stored in Random(50).sample(rows, 50):
            assert published.rows(query) == [tuple(stored)], query


def test_the_planted_barrier_comes_first_among_those_of_its_stage(world, planted):
    found = told(world, "lane = 'barriers' and persona = 'all' and place = 1")
    assert {row["stage"]: row["item"] for row in found}[planted["stage"]] == planted["activity"]
    lost = {(row["stage"], row["item"]): row["n"] * row["value"] for row in found}
    assert max(lost, key=lambda key: lost[key]) == (planted["stage"], planted["activity"])


def test_the_map_says_whom_the_planted_barrier_meets(world, planted):
    met = told(world, f"lane = 'barrier_reach' and persona = 'all' and note = '{planted['activity']}'")
    named = dict(row["item"].partition(" | ")[2].split(": ") for row in met)
    assert named["device"] == planted["segment_value"]
    shares = mobile_shares(world)
    assert named["persona"] in shares
    assert shares[named["persona"]] >= shares["all"], "the persona that it meets most is more often there"


def test_the_map_names_the_planted_barrier_first_and_the_persona_it_is_planted_on(by_device, planted):
    """The barrier is planted on a device, and personas here are by device: whom it meets is known to be one of them."""
    first = told(by_device, f"lane = 'barriers' and place = 1 and stage = '{planted['stage']}'")
    assert {row["persona"]: row["item"] for row in first if row["persona"] in ("all", "mobile_shopper")} == {
        "all": planted["activity"], "mobile_shopper": planted["activity"],
    }  # fmt: skip
    met = told(by_device, f"lane = 'barrier_reach' and persona = 'all' and note = '{planted['activity']}'")
    named = dict(row["item"].partition(" | ")[2].split(": ") for row in met)
    assert (named["device"], named["persona"]) == (planted["segment_value"], f"{planted['segment_value']}_shopper")
    found = {row["persona"]: row["item"] for row in first}
    assert found.get("desktop_shopper") != planted["activity"], "it is planted on phones alone"


def mobile_shares(world: Config) -> dict[str, float]:
    """Of each persona, the share with an error of the journeys that entered the stage decision: counted by hand."""
    with open_published(world.published) as published:
        entered = published.rows(
            "select v.journey_id, s.persona from core.stage_visit as v join core.journey_segment as s "
            "using (journey_id) where v.stage = 'decision'"
        )
        failed = {row[0] for row in published.rows(
            "select journey_id from core.touchpoint where activity = 'checkout_error_shown'"
        )}  # fmt: skip
    size, met = Counter(), Counter()
    for journey, persona in entered:
        for name in (persona, "all"):
            size[name] += 1
            met[name] += journey in failed
    return {name: met[name] / size[name] for name in size if size[name] >= 30}


def test_measured_and_inferred_feelings_are_both_on_the_map(world):
    lanes = {row["lane"] for row in told(world, "persona = 'all' and unit = 'score'")}
    assert lanes == {"feelings_measured", "friction_inferred"}


def test_the_command_tells_and_writes_the_map(world, tmp_path):
    config = ["--config", str(world.file)]
    told_text = CliRunner().invoke(app, ["experience", *config])
    assert told_text.exit_code == 0
    assert "Checkout error shown" in told_text.stdout
    out = tmp_path / "map.csv"
    assert CliRunner().invoke(app, ["experience", *config, "--persona", "all", "--out", str(out)]).exit_code == 0
    assert out.read_text(encoding="utf-8-sig").startswith('"persona","stage","lane"')
    as_json = CliRunner().invoke(app, ["experience", *config, "--json"])
    assert len(json.loads(as_json.stdout)) == len(told(world, "true"))


def test_an_unknown_persona_is_refused_with_the_nearest(world):
    refused = CliRunner().invoke(app, ["experience", "--config", str(world.file), "--persona", "al"])
    assert refused.exit_code != 0
    assert "'all'" in str(refused.exception)


def told(world: Config, where: str) -> list[dict[str, object]]:
    with open_published(world.published) as published:
        return published.frame(f"select * from mart.journey_map where {where}").to_dicts()
