"""Planned and actual through a whole run: a simulated world with a step taken out, the command and the report."""

import json
from collections.abc import Iterator
from hashlib import md5

import pytest
from tiny_shop import write_tiny_shop
from typer.testing import CliRunner

from journey_analytics import build
from journey_analytics import run as job
from journey_analytics.cli import app
from journey_analytics.config import Config, read_config
from journey_analytics.errors import ConfigurationError
from journey_analytics.simulate import simulate
from journey_analytics.warehouse import Warehouse, open_published

STEP, ORDER = "payment_info_entered", ("order_completed", "order_placed")
FORGOTTEN, NEVER = ("help_viewed", "wishlist_added"), ("loyalty_card_offered", "parcel_traced")
PLANS = """
[[planned]]
name = "checkout"
file = "planned/checkout.csv"

[[planned]]
name = "way"
file = "planned/way.ptree"
"""


def checkout(activities: list[str]) -> str:
    """Anything in any order, but a payment before an order; two activities are forgotten, two never happen."""
    free = [name for name in activities if name not in (STEP, *ORDER, *FORGOTTEN)]
    rows = ["touchpoint,order,optional,repeats", f"{STEP},2,no,no", f"{STEP},3,yes,yes", f"{'|'.join(ORDER)},4,no,yes"]
    rows += [f"{name},{order},yes,yes" for order in (1, 3, 5) for name in free]
    rows += [f"{name},6,yes,no" for name in NEVER]
    return "\n".join(rows)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """A simulated shop of which half of the payments before an order are not logged."""
    folder = tmp_path_factory.mktemp("planned") / "world"
    simulate(folder, customers=160, days=200, seed=8)
    for file in (folder / "landing" / "web").iterdir():
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
        file.write_text("".join(line for line in lines if not is_taken_out(line)), encoding="utf-8")
    config = read_config(folder / "journey.toml")
    activities = build.rule_frames(build.sql_files())["activity"]["activity"].to_list()
    text = config.file.read_text(encoding="utf-8")
    config.file.write_text(text[: text.index("[[planned]]")] + PLANS, encoding="utf-8")
    (folder / "planned" / "checkout.csv").write_text(checkout(activities), encoding="utf-8")
    (folder / "planned" / "way.ptree").write_text(
        "->( X( tau, 'awareness' ), X( tau, 'consideration' ), 'decision', 'post_purchase' )", encoding="utf-8"
    )
    job.run(read_config(config.file))
    return read_config(config.file)


def is_taken_out(line: str) -> bool:
    found = json.loads(line)
    return found.get("event") == "Payment Info Entered" and md5(found["messageId"].encode()).digest()[0] % 2 == 0


@pytest.fixture
def published(world: Config) -> Iterator[Warehouse]:
    with open_published(world.published) as found:
        yield found


def asked(config: Config, *words: str) -> list[dict]:
    found = CliRunner().invoke(app, ["conformance", *words, "--config", str(config.file), "--json"])
    assert found.exit_code == 0, found.output
    return json.loads(found.stdout)


def test_what_was_taken_out_is_listed_first_with_its_journeys(published):
    first = published.rows("select kind, activity, affected_count from mart.deviation where planned = 'checkout'")
    truth_count = published.value(
        """
        select count(*)
        from core.journey_at_cutoff
        where
            not is_passive and not is_left_censored and list_has_any(activities, $1)
            and not list_contains(
                activities[: list_min([list_position(activities, o) for o in $1 if list_contains(activities, o)])], $2
            )
        """,
        [list(ORDER), STEP],
    )
    missing = [row for row in first if row[0] == "missing"]
    assert missing == [("missing", STEP, truth_count)]
    assert truth_count > 15
    place = published.value("select place from mart.deviation where planned = 'checkout' and kind = 'missing'")
    unplanned = [row[2] for row in first if row[0] == "unplanned"]
    assert place == 1 + sum(count > truth_count for count in unplanned)


def test_forgotten_and_imagined_touchpoints_are_all_found(published):
    rows = published.rows(
        "select state, activity, journey_count from mart.planned_touchpoint where planned = 'checkout'"
    )
    states = {state: {name for found, name, _ in rows if found == state} for state in ("never_happens", "unplanned")}
    known = dict(published.rows("select activity, journey_count - passive_journey_count from mart.activity"))
    happens = {name for name, count in known.items() if count}
    assert states == {"never_happens": {name for _, name, _ in rows} - happens, "unplanned": set(FORGOTTEN)}
    assert set(NEVER) <= states["never_happens"]
    assert all(count == known.get(name, 0) for _, name, count in rows)
    unplanned = (
        "select activity from mart.deviation where planned = 'checkout' and kind = 'unplanned' and not is_planned"
    )
    assert {row[0] for row in published.rows(unplanned)} == set(FORGOTTEN)


def test_a_plan_of_stages_counts_all_journeys_of_the_headline(published):
    fit = "select level, journey_count, aligned_journey_count, open_count from mart.planned_fit where planned = 'way'"
    ((level, journeys, aligned, open_count),) = published.rows(fit)
    headline = published.rows("select journey_count, open_count from mart.headline")
    assert (level, aligned, [(journeys, open_count)]) == ("stage", journeys, headline)


def test_the_command_tells_what_the_tables_hold(world, published):
    both = asked(world)
    assert [answer["planned"] for answer in both] == ["checkout", "way"]
    (one,) = asked(world, "checkout")
    assert one == both[0]
    assert len(one["deviations"]) == published.value("select count(*) from mart.deviation where planned = 'checkout'")
    text = CliRunner().invoke(app, ["conformance", "checkout", "--config", str(world.file)])
    assert text.exit_code == 0
    assert "payment_info_entered: left out" in text.stdout
    assert "Planned and never happens: " in text.stdout
    assert "loyalty_card_offered, parcel_traced" in text.stdout


def test_all_devices_together_are_the_whole(world, published):
    seen = "select distinct s.device from core.journey_segment as s inner join core.journey_at_cutoff as j"
    devices = [row[0] for row in published.rows(f"{seen} using (journey_id) where not j.is_passive order by 1")]
    parts = [asked(world, "checkout", "--where", f"device={device}")[0] for device in devices]
    (whole,) = asked(world, "checkout")
    for count in ("journey_count", "conforming_count", "open_count"):
        assert sum(part[count] for part in parts) == whole[count]
    affected = [row["affected_count"] for part in parts for row in part["deviations"] if row["kind"] == "missing"]
    assert sum(affected) == next(row["affected_count"] for row in whole["deviations"] if row["kind"] == "missing")


def test_the_report_has_the_section(world):
    page = (world.reports / "report.html").read_text(encoding="utf-8")
    assert 'id="planned"' in page
    assert "Payment info entered: left out" in page
    assert "Parcel traced" in page


def test_an_unknown_plan_and_none_at_all_are_told(world, tmp_path):
    found = CliRunner().invoke(app, ["conformance", "chekout", "--config", str(world.file)])
    assert isinstance(found.exception, ConfigurationError)
    assert "did you mean 'checkout'?" in str(found.exception)
    text = world.file.read_text(encoding="utf-8")
    (tmp_path / "journey.toml").write_text(text[: text.index("[[planned]]")], encoding="utf-8")
    found = CliRunner().invoke(app, ["conformance", "--config", str(tmp_path / "journey.toml")])
    assert "plans no journey" in str(found.exception)


def test_another_plan_is_another_build_and_a_wrong_one_changes_nothing(tmp_path):
    write_tiny_shop(tmp_path)
    plan, file = tmp_path / "way.ptree", tmp_path / "journey.toml"
    file.write_text(
        f'{file.read_text(encoding="utf-8")}\n[[planned]]\nname = "way"\nfile = "way.ptree"\n', encoding="utf-8"
    )
    plan.write_text("->( 'awareness', 'decision' )", encoding="utf-8")
    assert job.run(read_config(file)).rebuilt
    assert not job.run(read_config(file)).rebuilt
    plan.write_text("->( 'decision'", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"way\.ptree"):
        job.run(read_config(file))
    plan.write_text("->( 'decision', 'post_purchase' )", encoding="utf-8")
    assert job.run(read_config(file)).rebuilt
    with open_published(read_config(file).published) as published:
        planned = "select activity from mart.planned_touchpoint where state <> 'unplanned' order by place"
        assert published.rows(planned) == [("decision",), ("post_purchase",)]
