"""`journey rules` and `journey rework` on a shop whose mails and tickets are known, from the published copy."""

import json
from pathlib import Path

import polars as pl
import pytest
from tiny_shop import write_tiny_shop
from typer.testing import CliRunner

from journey_analytics import run as job
from journey_analytics.cli import app
from journey_analytics.config import Config, read_config
from journey_analytics.errors import ConfigurationError, DataError
from journey_analytics.process_rules.answers import rule_results, rule_violations
from journey_analytics.rework.answers import PARTS, rework

OWN_RULES = (
    "rule_id,kind,activity,category,other_activity,other_category,closing_activity,closing_category,within,times,same,"
    "scope,description\n"
    "never_bought,existence,is:purchase,,,,,,,,,journey,Every journey ends with a purchase\n"
    "misspelled,response,is:purchase,,email_delivred,,,,1h,,,customer,An order is confirmed\n"
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Config:
    config = read_config(write_tiny_shop(tmp_path_factory.mktemp("rules") / "shop"))
    own = config.overlay / "config" / "process_rule" / "own.csv"
    own.parent.mkdir(parents=True)
    own.write_text(OWN_RULES, encoding="utf-8")
    job.run(config)
    return config


def said(shop: Config, *words: str) -> str:
    done = CliRunner().invoke(app, [*words, "--config", str(shop.file)], catch_exceptions=False)
    assert done.exit_code == 0
    return done.output


def test_the_rules_are_those_of_the_file_and_agree_with_the_journeys(shop: Config) -> None:
    rows = {row["rule_id"]: row for row in rule_results(shop)}
    assert set(rows) == {"never_bought", "misspelled", "order_confirmed_by_email", "no_campaign_while_ticket_open"}
    assert rows["misspelled"]["note"] == "no touchpoint fits other_activity"
    with job.existing(shop) as warehouse:
        (active, converted) = warehouse.rows(
            "select count(*)::bigint, count(*) filter (where status = 'converted')::bigint "
            "from core.journey_at_cutoff where not is_passive"
        )[0]
    bought = rows["never_bought"]
    assert active > 0
    assert converted > 0
    assert (bought["activation_count"], bought["fulfilled_count"]) == (active, converted)
    assert bought["journey_count"] == active


def test_what_broke_a_rule_is_listed_and_written(shop: Config, tmp_path: Path) -> None:
    count = rule_violations(shop, "misspelled").height
    assert count > 0
    assert "misspelled: " in said(shop, "rules", "misspelled")
    file = tmp_path / "broken.csv"
    assert f"{count:,} rows in" in said(shop, "rules", "misspelled", "--csv", str(file))
    assert pl.read_csv(file).height == count
    assert len(json.loads(said(shop, "rules", "misspelled", "--json"))) == count


def test_all_rules_are_told_with_their_result(shop: Config) -> None:
    text = said(shop, "rules")
    assert "An order is confirmed by e-mail" in text
    assert "never a violation" in text
    assert len(json.loads(said(shop, "rules", "--json"))) == 4


def test_a_rule_or_a_kind_that_there_is_not_is_an_error_with_the_nearest(shop: Config) -> None:
    with pytest.raises(ConfigurationError, match=r"no process rule 'mispelled'.*'misspelled'"):
        rule_violations(shop, "mispelled")
    with pytest.raises(ConfigurationError, match=r"no kind of rework 'loops'.*'loop'"):
        rework(shop, kind="loops", top=3)
    done = CliRunner().invoke(app, ["rules", "--csv", "x.csv", "--config", str(shop.file)])
    assert isinstance(done.exception, ConfigurationError)


def test_rework_is_told_by_kind_and_for_machines(shop: Config) -> None:
    parts = json.loads(said(shop, "rework", "--json"))
    assert set(parts) == set(PARTS)
    assert parts["bottleneck"][0]["place"] == 1
    assert set(json.loads(said(shop, "rework", "--kind", "handover", "--json"))) == {"handover"}
    assert "Most waiting in all" in said(shop, "rework", "--kind", "bottleneck", "--top", "1")


def test_before_the_first_run_there_is_nothing_to_tell(tmp_path: Path) -> None:
    config = read_config(write_tiny_shop(tmp_path / "new"))
    with pytest.raises(DataError, match="journey run"):
        rule_results(config)
    with pytest.raises(DataError, match="journey run"):
        rework(config, kind=None, top=1)
