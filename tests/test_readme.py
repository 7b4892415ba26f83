"""What the README says is tried: its example of a source runs as printed, and its commands exist."""

import re
from pathlib import Path

from journey_analytics import run as job
from journey_analytics.config import read_config
from journey_analytics.warehouse import open_warehouse

README = (Path(__file__).resolve().parents[1] / "README.md").read_text(encoding="utf-8")
CSV = """id,when,what,member,total
1,2026-03-01 10:00:00,Order Placed,77,12.50
2,2026-03-01 10:05:00,Order Placed,,3.00
3,2026-03-02 10:00:00,Voucher Shown,77,
"""


def block(language: str, containing: str) -> str:
    found = [text for text in re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL) if containing in text]
    assert len(found) == 1
    return found[0]


def test_the_added_source_runs_as_printed(tmp_path: Path) -> None:
    (tmp_path / "journey.toml").write_text(block("toml", 'format    = "till"'))
    (tmp_path / "sql" / "staging").mkdir(parents=True)
    (tmp_path / "sql" / "staging" / "till.sql").write_text(block("sql", "from raw.till"))
    (tmp_path / "landing" / "till").mkdir(parents=True)
    (tmp_path / "landing" / "till" / "a.csv").write_text(CSV)
    config = read_config(tmp_path / "journey.toml")
    summary = job.run(config)
    assert (summary.load.accepted_count, summary.load.rejected_count) == (2, 1)
    with open_warehouse(config.warehouse) as warehouse:
        rows = warehouse.rows(
            "select activity, channel, amount::varchar, occurred_at::varchar from core.touchpoint order by 4"
        )
        refused = warehouse.rows("select row_number, reason_code from run.rejected_event")
    assert rows == [
        ("order_placed", "in_store", "12.5000", "2026-03-01 09:00:00"),
        ("voucher_shown", "in_store", None, "2026-03-02 09:00:00"),
    ]
    assert refused == [(3, "no_identity")]
    assert any("match no stage rule" in warning for warning in summary.warnings)


def test_the_first_configuration_is_valid(tmp_path: Path) -> None:
    (tmp_path / "journey.toml").write_text(block("toml", 'format = "segment"'))
    assert [source.name for source in read_config(tmp_path / "journey.toml").sources] == [
        "web",
        "email",
        "store",
        "support",
    ]


def test_nothing_is_left_to_fill_in() -> None:
    assert "@@" not in README
    assert "TODO" not in README
