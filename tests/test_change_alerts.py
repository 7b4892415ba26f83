"""Alerts: the rules an analyst writes, the rows they find, and silence where nothing happened."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from journey_analytics import build
from journey_analytics.change.alerts import ALERT_SCHEMA, alerts
from journey_analytics.change.changes import CHANGE_SCHEMA
from journey_analytics.change.reasons import REASON_SCHEMA
from journey_analytics.change.rules import AlertRule, read_alert_rules
from journey_analytics.cli import app
from journey_analytics.errors import ConfigurationError
from journey_analytics.warehouse import open_warehouse

AS_OF = date(2026, 6, 7)
QUIET: dict[str, Any] = {
    "as_of_on": AS_OF, "change_id": "c1", "metric": "advance", "stage": "decision", "activity": None,
    "next_activity": None, "segment": "all", "segment_value": "all", "from_on": date(2026, 6, 1), "to_on": AS_OF,
    "previous_from_on": date(2026, 4, 6), "previous_to_on": date(2026, 5, 31), "previous_period_count": 8,
    "present_count": 500, "previous_count": 4000, "present_share": 0.3, "previous_share": 0.3,
    "difference_points": 0.1, "difference_low_points": -4.0, "difference_high_points": 4.2, "relative_change": 0.003,
    "design_effect": 1.0, "dispersion": 1.0, "p_value": 0.9, "q_value": 0.95, "is_ranked": True,
    "is_significant": False,
}  # fmt: skip
FELL = QUIET | {
    "present_share": 0.24, "difference_points": -6.0, "difference_low_points": -9.0, "difference_high_points": -3.0,
    "relative_change": -0.2, "p_value": 1e-6, "q_value": 1e-4, "is_significant": True,
}  # fmt: skip
EDGE = FELL | {
    "change_id": "c2", "metric": "edge", "stage": None, "activity": "product_viewed", "next_activity": "product_added",
}  # fmt: skip
FEWER = QUIET | {
    "change_id": "c3", "metric": "entrants", "present_count": 340, "present_share": None, "previous_share": None,
    "difference_points": -32.0, "difference_low_points": -40.0, "difference_high_points": -23.0,
    "relative_change": -0.32, "design_effect": None,
}  # fmt: skip
PAID = {
    "change_id": "c1", "segment": "first_channel", "segment_value": "paid_search", "place": 1,
    "contribution_points": -5.0, "rate_points": -5.0, "mix_points": 0.0, "present_count": 100, "present_share": 0.05,
    "previous_share": 0.3, "unit_share": 0.2, "explained_share": 0.83,
}  # fmt: skip
LOST = {
    "as_of_on": AS_OF, "segment": "all", "segment_value": "all", "stage": "decision", "window_days": 30,
    "entered_count": 900, "estimated_dropoff_share": 0.62, "estimated_low_share": 0.58, "estimated_high_share": 0.66,
}  # fmt: skip


def builtin_frames() -> dict[str, pl.DataFrame]:
    return build.rule_frames(build.sql_files())


def written(**cells: str) -> AlertRule:
    """One rule as an analyst writes it; what is not named is empty."""
    empty = dict.fromkeys(builtin_frames()["alert_rule"].columns)
    row = empty | {"rule": "mine", "kind": "relative", "metric": "advance", "direction": "any", "value": "0.05"} | cells
    (rule,) = read_alert_rules({"alert_rule": pl.DataFrame([row], schema=dict.fromkeys(empty, pl.String))})
    return rule


def found(
    *rules: AlertRule,
    changes: tuple[dict[str, Any], ...] = (),
    reasons: tuple[dict[str, Any], ...] = (),
    dropoff: tuple[dict[str, Any], ...] = (),
) -> list[dict[str, Any]]:
    lost = pl.DataFrame(list(dropoff or [LOST]), infer_schema_length=None)
    rows = alerts(
        pl.DataFrame(list(changes), schema=CHANGE_SCHEMA),
        pl.DataFrame(list(reasons), schema=REASON_SCHEMA),
        lost if dropoff else lost.clear(),
        rules=rules,
        minimum_count=30,
        length=timedelta(days=7),
        follow=timedelta(hours=24),
    )
    assert dict(rows.schema) == dict(ALERT_SCHEMA)
    return rows.to_dicts()


def builtin_rules() -> list[AlertRule]:
    return read_alert_rules(builtin_frames())


def test_a_quiet_week_gives_no_row() -> None:
    assert found(*builtin_rules(), changes=(QUIET, QUIET | {"metric": "entrants", "change_id": "c9"})) == []


def test_a_significant_change_is_one_plain_sentence_with_the_segment_behind_it() -> None:
    (alert,) = found(*builtin_rules(), changes=(FELL,), reasons=(PAID,))
    assert alert["message"] == (
        "In the 7 days to 2026-06-07 24.0 % of 500 journeys that entered decision had advanced by the end, not 30.0 % "
        "as before (-6.0 points; 95 % interval -9.0 to -3.0); first_channel paid_search, 20.0 % of them, explains "
        "83.0 % of it."
    )
    assert (alert["rule"], alert["kind"], alert["change_id"]) == ("stage_changed", "significant", "c1")
    assert (alert["value"], alert["reference_value"]) == (0.24, 0.3)
    assert alert["difference"] == pytest.approx(-0.06)


def test_a_segment_that_explains_what_its_size_explains_is_not_named() -> None:
    (alert,) = found(*builtin_rules(), changes=(FELL,), reasons=(PAID | {"unit_share": 0.8},))
    assert alert["message"].endswith("; no single segment explains it.")


def test_an_edge_is_told_by_what_followed() -> None:
    (alert,) = found(*builtin_rules(), changes=(EDGE,))
    assert alert["subject"] == "product_added after product_viewed"
    assert "product_viewed was followed within 24 hours by product_added 24.0 % of 500 times" in alert["message"]
    (nothing,) = found(*builtin_rules(), changes=(EDGE | {"next_activity": None},))
    assert nothing["subject"] == "nothing after product_viewed"


@pytest.mark.parametrize(
    "change", [FELL | {"relative_change": -0.04}, FELL | {"q_value": 0.02}, FELL | {"present_count": 29}]
)
def test_a_small_an_unsure_or_a_thin_change_is_no_alert(change: dict[str, Any]) -> None:
    assert found(*builtin_rules(), changes=(change,)) == []


def test_a_segment_is_silent_where_its_whole_stage_alerts_in_the_same_direction() -> None:
    part = FELL | {"change_id": "c4", "segment": "device", "segment_value": "mobile"}
    other_way = part | {"change_id": "c5", "segment_value": "desktop", "difference_points": 5.0, "relative_change": 0.2}
    assert [row["change_id"] for row in found(*builtin_rules(), changes=(FELL, part, other_way))] == ["c1", "c5"]
    assert [row["change_id"] for row in found(*builtin_rules(), changes=(part,))] == ["c4"]


def test_a_relative_rule_asks_for_size_and_not_for_significance() -> None:
    fall = written(metric="entrants", direction="down", value="0.3")
    (alert,) = found(fall, changes=(FEWER,))
    assert (alert["value"], alert["reference_value"], alert["unit_count"]) == (340, 500, 500)
    assert alert["message"] == (
        "In the 7 days to 2026-06-07 340 journeys entered decision, not 500 as before (-32 %; 95 % interval -40 to "
        "-23 %) (rule mine: changed by at least 30.0 %, which may be chance)."
    )
    assert found(written(metric="entrants", direction="up", value="0.3"), changes=(FEWER,)) == []
    assert found(written(metric="entrants", direction="down", value="0.33"), changes=(FEWER,)) == []


def test_a_stage_that_nobody_enters_any_more_is_not_too_thin_to_alert() -> None:
    gone = FEWER | {"present_count": 0, "difference_low_points": None, "difference_high_points": None,
                    "difference_points": -100.0, "relative_change": -1.0}  # fmt: skip
    (alert,) = found(written(metric="entrants", direction="down", value="0.3"), changes=(gone,))
    assert "0 journeys entered decision, not 500 as before (-100 %)" in alert["message"]


def test_a_threshold_on_the_drop_off_reads_its_table() -> None:
    above = written(kind="threshold", metric="dropoff", stage="decision", direction="up", value="0.6")
    (alert,) = found(above, dropoff=(LOST, LOST | {"segment": "device", "segment_value": "mobile"}))
    assert alert["message"] == (
        "Of 900 journeys that entered decision, 62.0 % are lost within 30 days (95 % interval 58.0 % to 66.0 %) "
        "(rule mine: above 60.0 %)."
    )
    assert alert["change_id"] is None
    assert found(above, dropoff=(LOST | {"estimated_dropoff_share": 0.6},)) == []
    assert found(above, dropoff=(LOST | {"estimated_dropoff_share": None},)) == []
    assert found(above, dropoff=(LOST | {"stage": "awareness"},)) == []


def test_a_rule_names_the_whole_a_segment_a_value_or_everything() -> None:
    mobile = FELL | {"change_id": "c4", "segment": "device", "segment_value": "mobile"}
    country = FELL | {"change_id": "c5", "segment": "country", "segment_value": "DE"}
    rows = (FELL, mobile, country)

    def ids(**cells: str) -> list[str]:
        return [row["change_id"] for row in found(written(**cells), changes=rows)]

    assert ids() == ["c1"]
    assert ids(segment="device") == ["c4"]
    assert ids(segment="device", segment_value="desktop") == []
    assert ids(segment="*") == ["c1", "c4", "c5"]


def test_nothing_is_a_next_activity_of_a_rule() -> None:
    gone = EDGE | {"next_activity": None, "change_id": "c6"}
    rule = written(metric="edge", activity="product_viewed", next_activity="nothing")
    assert [row["change_id"] for row in found(rule, changes=(EDGE, gone))] == ["c6"]


def test_an_alert_keeps_its_id_as_long_as_it_lasts() -> None:
    (one,) = found(*builtin_rules(), changes=(FELL,))
    (later,) = found(*builtin_rules(), changes=(FELL | {"as_of_on": date(2026, 6, 8), "present_share": 0.23},))
    (other,) = found(*builtin_rules(), changes=(FELL | {"stage": "awareness"},))
    assert one["alert_id"] == later["alert_id"] != other["alert_id"]


def test_logged_names_cannot_steer_a_terminal() -> None:
    (alert,) = found(*builtin_rules(), changes=(EDGE | {"next_activity": "\x1b[31mred"},))
    assert "\x1b" not in alert["message"] + alert["subject"]


@pytest.mark.parametrize(
    ("cells", "complaint"),
    [
        ({"kind": "relativ"}, "column 'kind': 'relativ' is not one of threshold, relative, significant"),
        ({"metric": "dropof"}, "did you mean 'dropoff'"),
        ({"metric": "dropoff"}, "'relative' is not 'threshold'"),
        ({"kind": "threshold", "direction": "any"}, "'any' is not one of up, down"),
        ({"kind": "threshold", "direction": "up", "value": "60"}, "'60' is not a share from 0 to 1"),
        ({"value": "-0.1"}, "column 'value'"),
        ({"value": "lots"}, "column 'value'"),
        ({"stage": "decisions"}, "did you mean 'decision'"),
        ({"stage": "decision", "metric": "edge"}, "metric 'edge' is not told by stage"),
        ({"activity": "product_viewed"}, "metric 'advance' is not told by activity"),
        ({"segment_value": "mobile"}, "a value needs the name of its segment"),
        ({"segment": "*", "segment_value": "mobile"}, "a value needs the name of its segment"),
        ({"maximum_q": "0.01"}, "kind 'relative' does not ask for significance"),
        ({"kind": "significant", "maximum_q": "0.2"}, "a share from 0 to 0.05"),
        ({"minimum_count": "many"}, "column 'minimum_count'"),
    ],
)
def test_a_rule_that_cannot_work_is_refused_with_its_cell(cells: dict[str, str], complaint: str) -> None:
    with pytest.raises(ConfigurationError, match=r"alert_rule\.csv, row 'mine'") as error:
        written(**cells)
    assert complaint in str(error.value)


def test_a_rule_about_an_unknown_segment_is_refused() -> None:
    row = builtin_frames()["alert_rule"].head(1).with_columns(segment=pl.lit("devices"))
    with pytest.raises(ConfigurationError, match="did you mean 'device'"):
        read_alert_rules({"alert_rule": row}, segments=["device", "country"])


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A workspace with a published copy in which one stage fell."""
    file = tmp_path / "journey.toml"
    file.write_text('[warehouse]\npath = "warehouse.duckdb"\n[report]\ndir = "reports"\n[[source]]\nname = "web"\n'
                    'format = "segment"\npath = "landing/*.jsonl"\n')  # fmt: skip
    publish(tmp_path, changes=(FELL,), reasons=(PAID,))
    return file


def publish(folder: Path, *, changes: tuple[dict[str, Any], ...], reasons: tuple[dict[str, Any], ...]) -> None:
    rows = found(*builtin_rules(), changes=changes, reasons=reasons)
    with open_warehouse(folder / "warehouse.published.duckdb") as published:
        published.create_from("mart.change", pl.DataFrame(list(changes) or [QUIET], schema=CHANGE_SCHEMA))
        published.create_from("mart.change_reason", pl.DataFrame(list(reasons), schema=REASON_SCHEMA))
        published.create_from("mart.alert", pl.DataFrame(rows, schema=ALERT_SCHEMA))


def call(*arguments: str) -> Any:
    return CliRunner(env={"COLUMNS": "160"}).invoke(app, ["changes", *arguments])


def test_the_command_says_what_changed_why_and_the_alerts(shop: Path) -> None:
    said = call("--config", str(shop))
    assert said.exit_code == 0
    assert "2026-06-01 to 2026-06-07 against the 8 periods before it" in said.stdout
    assert "first_channel paid_search 83 %" in said.stdout
    assert "alert: In the 7 days to 2026-06-07 24.0 % of 500 journeys" in said.stdout


def test_where_nothing_could_be_tested_the_command_says_why(shop: Path) -> None:
    thin = QUIET | {"present_count": 12, "p_value": None, "q_value": None, "is_ranked": False}
    publish(shop.parent, changes=(thin,), reasons=())
    with open_warehouse(shop.parent / "warehouse.published.duckdb") as published:
        published.create_from("config.setting", pl.DataFrame({"setting": ["minimum_count"], "value": ["45"]}))
    said = call("--config", str(shop)).stdout
    assert "0 of 0" not in said
    assert "none of the 1 figures could be tested: each is of fewer than 45 entrants or occurrences" in said


def test_a_short_history_is_told_as_such(shop: Path) -> None:
    with open_warehouse(shop.parent / "warehouse.published.duckdb") as published:
        published.execute("delete from mart.change")
    assert call("--config", str(shop)).stdout.startswith("nothing to compare: the earlier periods do not cover 31 days")


def test_the_exit_code_is_3_only_where_it_is_asked_for_and_there_is_an_alert(shop: Path) -> None:
    assert call("--config", str(shop), "--fail-on-alert").exit_code == 3
    assert call("--config", str(shop)).exit_code == 0
    publish(shop.parent, changes=(), reasons=())
    quiet = call("--config", str(shop), "--alerts", "--fail-on-alert")
    assert (quiet.exit_code, quiet.stdout) == (0, "no alert\n")


def test_json_has_the_rows_with_their_reasons(shop: Path) -> None:
    told = json.loads(call("--config", str(shop), "--json").stdout)
    assert told["changes"][0]["reasons"][0]["segment_value"] == "paid_search"
    assert [row["rule"] for row in told["alerts"]] == ["stage_changed"]
    assert json.loads(call("--config", str(shop), "--json", "--alerts").stdout) == told["alerts"]
