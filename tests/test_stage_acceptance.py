"""From an activity that no rule knows to its rule: run, suggest, accept, run."""

import csv
import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from journey_analytics import run as job
from journey_analytics.acceptance import BY_HAND, OVERLAY_FILE, accept_stage, stage_suggestions
from journey_analytics.cli import app
from journey_analytics.config import Config, read_config
from journey_analytics.errors import ConfigurationError, DataError
from journey_analytics.simulate import simulate
from journey_analytics.warehouse import open_warehouse

STAGED = (
    "select source, source_event_id, activity, stage, stage_rule, stage_confidence from core.touchpoint order by all"
)
RENAMED = ('"Product Added"', '"Thing Grabbed"')
UNKNOWN = "thing_grabbed"


@pytest.fixture(scope="module")
def unsuggested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world whose shop calls one event by a name of its own."""
    folder = tmp_path_factory.mktemp("accept") / "shop"
    simulate(folder, customers=80, days=120, seed=3)
    for file in (folder / "landing/web").iterdir():
        text = file.read_text()
        assert RENAMED[0] in text
        file.write_text(text.replace(*RENAMED))
    job.run(read_config(folder / "journey.toml"))
    return folder


@pytest.fixture
def shop(unsuggested: Path, tmp_path: Path) -> Config:
    shutil.copytree(unsuggested, tmp_path / "shop")
    return read_config(tmp_path / "shop/journey.toml")


def accepted(config: Config) -> list[dict[str, str]]:
    with (config.overlay / OVERLAY_FILE).open(newline="") as file:
        return list(csv.DictReader(file))


def touchpoints(config: Config) -> list[tuple[object, ...]]:
    with open_warehouse(config.warehouse) as warehouse:
        return warehouse.rows(STAGED)


def test_an_accepted_suggestion_stages_the_activity_at_the_next_run(shop: Config) -> None:
    before = touchpoints(shop)
    (suggestion,) = stage_suggestions(shop)
    assert (suggestion["activity"], suggestion["suggested_stage"]) == (UNKNOWN, "decision")
    assert accept_stage(shop, UNKNOWN).outcome == "accepted"
    job.run(shop)
    after = touchpoints(shop)
    mine = [row for row in after if row[2] == UNKNOWN]
    confidence = suggestion["suggestion_confidence"]
    assert len(mine) == suggestion["touchpoint_count"] > 50
    assert {row[3:] for row in mine} == {("decision", f"accepted_{UNKNOWN}", confidence)}
    # Others keep their stage, unless their rule looks at the stage that the need is in.
    moved = [(was, now) for was, now in zip(before, after, strict=True) if was != now and now[2] != UNKNOWN]
    context_rules = {row["rule_id"] for row in rules_looking_back()}
    assert {row[4] for pair in moved for row in pair} <= context_rules
    assert stage_suggestions(shop) == []


def rules_looking_back() -> list[dict[str, str]]:
    """The rules next to which a need's stage decides; a rule without the condition may follow one with it."""
    with (Path(__file__).parents[1] / "sql/config/stage_rule.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    asks = [row["previous_stage"] or row["stage"] in ("previous", "opening") for row in rows]
    asking = {
        name for row, is_asking in zip(rows, asks, strict=True) if is_asking for name in row["activity"].split("|")
    }
    kinds = ("ticket", "email")
    return [row for row in rows if asking & {*row["activity"].split("|")} or any(k in row["activity"] for k in kinds)]


def test_the_row_says_why_and_only_concerns_what_people_did(shop: Config) -> None:
    (suggestion,) = stage_suggestions(shop)
    accept_stage(shop, UNKNOWN)
    (row,) = accepted(shop)
    assert (row["rule_id"], row["activity"], row["is_machine"]) == (f"accepted_{UNKNOWN}", UNKNOWN, "false")
    assert float(row["confidence"]) == suggestion["suggestion_confidence"]
    assert row["description"].startswith(f"Accepted for {suggestion['touchpoint_count']:,} touchpoints: ")
    assert suggestion["evidence"] in row["description"]


def test_accepting_twice_changes_nothing_and_another_stage_replaces_it(shop: Config) -> None:
    accept_stage(shop, UNKNOWN)
    first = accepted(shop)
    assert accept_stage(shop, UNKNOWN).outcome == "unchanged"
    assert accept_stage(shop, UNKNOWN, stage="decision").outcome == "unchanged"
    assert accepted(shop) == first
    assert accept_stage(shop, UNKNOWN, stage="awareness").outcome == "replaced"
    (row,) = accepted(shop)
    assert (row["stage"], float(row["confidence"])) == ("awareness", BY_HAND)
    (suggestion,) = stage_suggestions(shop)
    count = f"{suggestion['touchpoint_count']:,}"
    by_hand = f"Decided by hand; the evidence suggests decision for {count} touchpoints: {suggestion['evidence']}"
    assert row["description"] == by_hand
    assert accept_stage(shop, UNKNOWN, stage="decision").outcome == "replaced"
    assert accepted(shop) == first


def test_a_stage_against_the_evidence_says_that_a_person_decided(shop: Config) -> None:
    accept_stage(shop, UNKNOWN, stage="awareness")
    (row,) = accepted(shop)
    assert row["description"].startswith("Decided by hand; the evidence suggests decision for ")
    (shop.overlay / OVERLAY_FILE).unlink()
    accept_stage(shop, UNKNOWN, stage="decision")
    assert accepted(shop)[0]["description"].startswith("Accepted for ")


def test_another_stage_after_a_run_is_by_hand_and_keeps_what_was_said(shop: Config) -> None:
    accept_stage(shop, UNKNOWN)
    (first,) = accepted(shop)
    set_suggestion(shop, "delete from mart.stage_suggestion")
    for stage in ("awareness", "consideration"):
        accept_stage(shop, UNKNOWN, stage=stage)
        (row,) = accepted(shop)
        assert (row["stage"], float(row["confidence"])) == (stage, BY_HAND)
        assert row["description"] == f"Decided by hand; before, decision: {first['description']}"


def test_a_source_makes_a_rule_of_its_own(shop: Config) -> None:
    accept_stage(shop, UNKNOWN, source="web", stage="unknown")
    (row,) = accepted(shop)
    assert (row["rule_id"], row["source"], row["stage"], row["confidence"]) == (
        f"accepted_{UNKNOWN}_web", "web", "unknown", "1",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"activity": "thing_grabed"}, "did you mean 'thing_grabbed'?"),
        ({"activity": UNKNOWN, "source": "wep"}, "did you mean 'web'?"),
        ({"activity": UNKNOWN, "stage": "decide"}, "did you mean 'decision'?"),
        ({"activity": "product_viewed"}, "is without a rule"),
    ],
)
def test_a_name_that_is_not_known_is_an_error_with_the_nearest(
    shop: Config, arguments: dict[str, str], message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message.replace("?", r"\?")):
        accept_stage(shop, **arguments)
    assert not (shop.overlay / OVERLAY_FILE).exists()


def set_suggestion(config: Config, sql: str) -> None:
    with open_warehouse(config.warehouse) as warehouse:
        warehouse.execute(sql)


def test_without_a_suggestion_a_stage_must_be_given(shop: Config) -> None:
    set_suggestion(shop, "update mart.stage_suggestion set suggested_stage = null, suggestion_confidence = null")
    with pytest.raises(ConfigurationError, match="give one with --stage"):
        accept_stage(shop, UNKNOWN)
    assert accept_stage(shop, UNKNOWN, stage="consideration").stage == "consideration"
    assert float(accepted(shop)[0]["confidence"]) == BY_HAND
    assert accepted(shop)[0]["description"].startswith("Decided by hand; the evidence suggests no stage for ")


def test_sources_that_disagree_must_be_named(shop: Config) -> None:
    other = "insert into mart.stage_suggestion select * replace ('app' as source, 'awareness' as suggested_stage)"
    set_suggestion(shop, f"{other} from mart.stage_suggestion")
    with pytest.raises(ConfigurationError, match="name one with --source"):
        accept_stage(shop, UNKNOWN)
    assert accept_stage(shop, UNKNOWN, source="app").stage == "awareness"


def test_an_activity_that_rules_know_in_part_is_refused(shop: Config) -> None:
    set_suggestion(shop, "update mart.stage_suggestion set activity = 'help_viewed'")
    with pytest.raises(ConfigurationError, match="have a stage by help"):
        accept_stage(shop, "help_viewed")


def test_before_the_first_run_there_is_nothing_to_accept(tmp_path: Path) -> None:
    simulate(tmp_path / "new", customers=2, days=30, seed=1)
    with pytest.raises(DataError, match="journey run"):
        accept_stage(read_config(tmp_path / "new/journey.toml"), UNKNOWN)


def test_the_commands_print_a_table_or_json_and_accept(shop: Config) -> None:
    config = ["--config", str(shop.file)]
    listed = CliRunner(env={"COLUMNS": "160"}).invoke(app, ["stage", "suggest", "--json", *config])
    assert json.loads(listed.stdout)[0]["activity"] == UNKNOWN
    shown = CliRunner(env={"COLUMNS": "160"}).invoke(app, ["stage", "suggest", *config]).stdout
    assert all(word in shown for word in (UNKNOWN, "decision", "journey stage accept"))
    done = CliRunner(env={"COLUMNS": "160"}).invoke(app, ["stage", "accept", UNKNOWN, *config])
    assert (done.exit_code, "gives decision" in done.stdout) == (0, True)
    assert len(accepted(shop)) == 1
