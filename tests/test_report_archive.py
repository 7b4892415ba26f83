"""Reports by date: one per day of the cut-off, an index that lists them, and nothing else is ever removed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from report_world import GENERATED, world_frames

from journey_analytics.config import read_config
from journey_analytics.errors import ConfigurationError
from journey_analytics.language import written_in
from journey_analytics.report import keep_report, write_report
from journey_analytics.report.archive import summary_of
from journey_analytics.report.wording import count

FRAMES = world_frames(journeys=60)
T = datetime(2026, 2, 1, 12, tzinfo=UTC).replace(tzinfo=None)


def night(folder: Path, as_of: datetime | None, *, days: int = 60, language: str = "en", lost: int = 7) -> Path:
    """One night's report, kept; returns the index."""
    head = FRAMES["mart.headline"].with_columns(
        as_of_at=pl.lit(as_of, dtype=pl.Datetime("us")), dropped_count=pl.lit(lost)
    )
    with written_in(language):
        page = write_report(
            {"mart.headline": head, "mart.stage_dropoff": FRAMES["mart.stage_dropoff"]},
            folder, generated_at=GENERATED, has_selections=False,
        )  # fmt: skip
        return keep_report(page, days=days)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "archive").iterdir())


def test_a_report_is_kept_under_the_day_of_its_cutoff_byte_for_byte(tmp_path: Path):
    night(tmp_path, T)
    assert names(tmp_path) == ["2026-02-01.html"]
    assert (tmp_path / "archive/2026-02-01.html").read_bytes() == (tmp_path / "report.html").read_bytes()


def test_the_same_day_is_replaced(tmp_path: Path):
    night(tmp_path, T, lost=7)
    night(tmp_path, T + timedelta(hours=3), lost=9)
    assert names(tmp_path) == ["2026-02-01.html"]
    assert summary_of(tmp_path / "archive/2026-02-01.html")["dropped"] == 9


def test_the_index_lists_the_days_newest_first_with_figures_and_language(tmp_path: Path):
    night(tmp_path, T, lost=1111)
    index = night(tmp_path, T + timedelta(days=1), lost=2222, language="it").read_text(encoding="utf-8")
    places = [index.index(part) for part in ("archive/2026-02-02.html", "2.222", "Italiano", "archive/2026-02-01.html")]
    assert places == sorted(places)
    assert "1.111" in index
    assert ">English</td>" in index
    assert 'lang="it"' in index
    assert 'href="report.html"' in index


def test_only_the_newest_days_are_kept_and_other_files_stay(tmp_path: Path):
    night(tmp_path, T)
    (tmp_path / "archive/notes.html").write_text("mine")
    for place in range(1, 5):
        night(tmp_path, T + timedelta(days=place), days=3)
    assert names(tmp_path) == ["2026-02-03.html", "2026-02-04.html", "2026-02-05.html", "notes.html"]
    assert "2026-02-02" not in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_a_report_without_a_cutoff_is_not_kept(tmp_path: Path):
    index = night(tmp_path, None)
    assert not (tmp_path / "archive").exists()
    assert "No report is kept yet" in index.read_text(encoding="utf-8")


def test_the_index_fetches_nothing_and_runs_nothing(tmp_path: Path):
    index = night(tmp_path, T).read_text(encoding="utf-8")
    assert "default-src 'none'" in index
    assert "<script" not in index
    assert "<button" not in index


def test_the_summary_is_that_of_the_page(tmp_path: Path):
    night(tmp_path, T)
    summary = summary_of(tmp_path / "report.html")
    journeys = FRAMES["mart.headline"]["journey_count"][0]
    assert summary["journey"] == journeys
    assert count(journeys) in (tmp_path / "index.html").read_text(encoding="utf-8")
    assert summary["as_of"] == T.isoformat()


def test_a_file_without_a_summary_is_listed_all_the_same(tmp_path: Path):
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive/2025-01-01.html").write_text("<p>from elsewhere</p>")
    assert "archive/2025-01-01.html" in night(tmp_path, T).read_text(encoding="utf-8")


def workspace(folder: Path, report: str) -> Path:
    file = folder / "journey.toml"
    file.write_text(f'[report]\n{report}\n\n[[source]]\nname = "web"\nformat = "segment"\npath = "x"\n')
    return file


def test_language_and_days_are_configured(tmp_path: Path):
    plain = read_config(workspace(tmp_path, ""))
    assert (plain.report_language, plain.kept_reports) == ("en", 60)
    ours = read_config(workspace(tmp_path, 'language = "it"\nkeep = 7'))
    assert (ours.report_language, ours.kept_reports) == ("it", 7)


@pytest.mark.parametrize(
    ("report", "said"),
    [('language = "itt"', "'it'"), ("keep = 0", "1 or more days"), ('keep = "9"', "whole number"), ("kep = 9", "keep")],
)
def test_a_wrong_setting_is_named(tmp_path: Path, report: str, said: str):
    with pytest.raises(ConfigurationError, match="report") as error:
        read_config(workspace(tmp_path, report))
    assert said in str(error.value)
