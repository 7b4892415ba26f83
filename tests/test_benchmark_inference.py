"""The benchmark of the inference: a world is found again by its truth, scored, and nothing is left behind."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
import inference
from inference import Asked

SMALL = Asked("dirty", seed=3, customers=200, days=120)


@pytest.fixture(scope="module")
def worlds(tmp_path_factory):
    return tmp_path_factory.mktemp("worlds")


@pytest.fixture(scope="module")
def found(worlds):
    return inference.scored_world(SMALL, worlds)


def files(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def test_a_world_is_simulated_once_and_only_read_then(worlds, found):
    before = files(worlds)
    assert inference.existing_world(SMALL, worlds) == worlds / "dirty_3_customers_200_days_120"
    assert inference.scored_world(SMALL, worlds) == found
    assert files(worlds) == before
    assert not list(worlds.rglob("*.duckdb*"))


@pytest.mark.parametrize("other", [{"kind": "clean"}, {"seed": 4}, {"customers": 201}, {"days": 90}, {"overlap": 0.25}])
@pytest.mark.usefixtures("found")
def test_another_world_is_not_taken_for_it(worlds, other):
    asked = {"kind": "dirty", "seed": 3, "customers": 200, "days": 120, "overlap": 0.0} | other
    assert inference.existing_world(Asked(**asked), worlds) is None


@pytest.mark.usefixtures("found")
def test_an_incomplete_world_is_not_used(worlds, tmp_path):
    (tmp_path / "half").symlink_to(worlds / "dirty_3_customers_200_days_120", target_is_directory=True)
    assert inference.existing_world(SMALL, tmp_path) == tmp_path / "half"
    (tmp_path / "half").unlink()
    (tmp_path / "half" / "truth").mkdir(parents=True)
    (tmp_path / "half" / "truth" / "world.json").write_bytes(
        (worlds / "dirty_3_customers_200_days_120" / "truth" / "world.json").read_bytes()
    )
    assert inference.existing_world(SMALL, tmp_path) is None


def test_the_tables_show_every_world_promise_and_rule(found):
    head, _, row = inference.world_table({"dirty_3": found}).splitlines()
    assert head.split()[:3] == ["world", "precision", "of"]
    assert row.split()[:2] == ["dirty_3", f"{found['identity']['pairs']['precision']:.4f}"]
    promises = inference.promise_table([found]).splitlines()[2:]
    assert len(promises) == len(found["verdicts"])
    rules = inference.rule_table([found]).splitlines()[2:]
    assert len(rules) == len(found["stage_calibration"]["rules"])


def verdict(measured, *, is_met, claim="claim", wanted="≥ 0.9"):
    return {"claim": claim, "measured": measured, "baseline": 0.5, "wanted": wanted, "is_met": is_met}


def test_a_promise_is_met_when_it_is_in_every_world_that_can_judge_it():
    worlds = [
        {"verdicts": [verdict(1.0, is_met=True), verdict(0.1, is_met=None, claim="other")]},
        {"verdicts": [verdict(0.8, is_met=False), verdict(0.2, is_met=None, claim="other")]},
    ]
    first, second = (line.split() for line in inference.promise_table(worlds).splitlines()[2:])
    assert first == ["claim", "0.8000", "0.9000", "1.0000", "0.5000", "≥", "0.9", "1", "of", "2", "UNMET"]
    assert second == ["other", "–", "–", "–", "–", "0", "of", "0"]


def rules(*counted):
    names = ("name", "count", "confidence", "accuracy")
    return {"stage_calibration": {"rules": [dict(zip(names, row, strict=True)) for row in counted]}}


def test_rules_are_added_up_over_the_worlds():
    table = inference.rule_table(
        [rules(("cart", 100, 0.9, 1.0), ("help", 9, 0.7, 1.0)), rules(("cart", 300, 0.9, 0.6))]
    )
    cart, helped = (line.split() for line in table.splitlines()[2:])
    assert cart == ["cart", "400", "0.9000", "0.7000", "0.69"]  # (280 + 10) / 420, rounded down
    assert helped == ["help", "9", "0.7000", "1.0000", "keep"]


def test_what_is_certain_by_definition_stays_so():
    (bought,) = inference.rule_table([rules(("order_placed", 500, 1.0, 1.0))]).splitlines()[2:]
    assert bought.split() == ["order_placed", "500", "1.0000", "1.0000", "keep"]


@pytest.mark.parametrize(("right", "count", "advised"), [(99, 99, None), (100, 100, 0.91), (10**6, 10**6, 0.98)])
def test_few_and_faultless_rules_are_not_made_sure(right, count, advised):
    assert inference.advised_confidence(right=right, count=count) == advised


def test_seeds_and_kinds_are_lists():
    assert inference.numbers("1-3,7") == [1, 2, 3, 7]
    assert inference.kinds("dirty") == ["dirty"]
    with pytest.raises(Exception, match="'dusty'; expected clean or dirty"):
        inference.kinds("clean,dusty")
