"""The whole job: repeating it changes nothing, and neither does the order, the split or the repetition of the files."""

import random
import shutil
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest
from canonical import table_hashes

from journey_analytics import run as job
from journey_analytics.config import Config, read_config
from journey_analytics.errors import ConfigurationError, DataError
from journey_analytics.simulate import simulate
from journey_analytics.warehouse import open_published, open_warehouse


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world") / "made"
    simulate(folder, customers=50, days=100, seed=11, dirty=True)
    return folder


@pytest.fixture(scope="module")
def built(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Config:
    """A workspace on which the job has run once; tests that change it take a copy."""
    folder = tmp_path_factory.mktemp("built") / "shop"
    shutil.copytree(world, folder)
    config = read_config(folder / "journey.toml")
    job.run(config)
    return config


def copy_of(config: Config, folder: Path) -> Config:
    shutil.copytree(config.root, folder / "copy")
    return read_config(folder / "copy" / "journey.toml")


def test_a_second_run_changes_no_row(built: Config, tmp_path: Path) -> None:
    config = copy_of(built, tmp_path)
    before = table_hashes(config.warehouse)
    with open_warehouse(config.warehouse) as warehouse:
        ledger = warehouse.rows("select * from run.load order by load_id")
    summary = job.run(config)
    assert not summary.rebuilt
    assert {file.status for file in summary.load.files} == {"known"}
    with open_warehouse(config.warehouse) as warehouse:
        assert warehouse.rows("select * from run.load order by load_id") == ledger
    assert table_hashes(config.warehouse) == before


def test_a_full_run_gives_the_same_tables(built: Config, tmp_path: Path) -> None:
    config = copy_of(built, tmp_path)
    before = table_hashes(config.warehouse)
    assert job.run(config, full=True).rebuilt
    assert table_hashes(config.warehouse) == before


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_any_order_split_and_repetition_of_the_files_gives_the_same_tables(
    built: Config, world: Path, tmp_path: Path, seed: int
) -> None:
    draw = random.Random(seed)
    landing = tmp_path / "shop"
    shutil.copytree(world, landing, ignore=shutil.ignore_patterns("landing"))
    for folder in (world / "landing").iterdir():
        (landing / "landing" / folder.name).mkdir(parents=True)
    pieces = [piece for file in sorted((world / "landing").rglob("*.*")) for piece in cut(file, draw)]
    pieces += draw.sample(pieces, k=3)
    draw.shuffle(pieces)
    config = read_config(landing / "journey.toml")
    for night in range(3):
        for number, (file, content) in enumerate(pieces[night::3]):
            name = f"{file.stem}-{night}-{number}{file.suffix}"
            (landing / "landing" / file.parent.name / name).write_bytes(content)
        job.run(config)
    assert table_hashes(config.warehouse) == table_hashes(built.warehouse)


def cut(file: Path, draw: random.Random) -> list[tuple[Path, bytes]]:
    """A file in one to three pieces at line ends; what has records over several lines stays whole."""
    content = file.read_bytes()
    lines = content.splitlines(keepends=True)
    if not file.suffix.startswith(".jsonl") or len(lines) < 10:
        return [(file, content)]
    at = sorted(draw.sample(range(1, len(lines)), k=draw.randrange(3)))
    return [(file, b"".join(lines[start:end])) for start, end in zip([0, *at], [*at, len(lines)], strict=True)]


def test_every_file_adds_up_and_every_refused_row_is_kept(built: Config) -> None:
    with open_warehouse(built.warehouse) as warehouse:
        wrong = "select * from run.load where read_count <> accepted_count + duplicate_count + rejected_count"
        assert warehouse.rows(wrong) == []
        kept = "select load_id, count(*) from run.rejected_event group by load_id order by load_id"
        counted = "select load_id, rejected_count from run.load where rejected_count > 0 order by load_id"
        assert warehouse.rows(kept) == warehouse.rows(counted)
        assert warehouse.value("select sum(rejected_count) from run.load") > 0


def test_as_of_an_earlier_day_nothing_later_counts(built: Config, tmp_path: Path) -> None:
    config = copy_of(built, tmp_path)
    summary = job.run(config, as_of=date(2025, 2, 20))
    assert summary.cutoff == datetime(2025, 2, 21)
    with open_published(config.published) as published:
        assert published.value("select max(as_of_on) from mart.stage_dropoff") == date(2025, 2, 20)
        assert published.value("select count(*) from core.stage_visit where entered_at > timestamp '2025-02-21'") == 0
        assert published.value("select count(*) from core.journey where converted_at > timestamp '2025-02-21'") == 0


def test_a_changed_rule_is_applied_to_the_history(built: Config, tmp_path: Path) -> None:
    config = copy_of(built, tmp_path)
    rules = config.overlay / "config" / "channel_rule"
    rules.mkdir(parents=True)
    header = next(iter(job.sql_files(config)["config/channel_rule.csv"].read_text().splitlines()))
    before = channels(config)
    assert "renamed" not in before
    columns = header.split(",")
    row = {"rule_id": "mine", "rule_order": "1", "channel": "renamed", "medium_pattern": "cpc"}
    (rules / "mine.csv").write_text(header + "\n" + ",".join(row.get(column, "") for column in columns) + "\n")
    assert job.run(config).rebuilt
    assert channels(config)["renamed"] > 0
    shutil.rmtree(config.overlay)
    job.run(config)
    assert channels(config) == before
    assert table_hashes(config.warehouse) == table_hashes(built.warehouse)


def channels(config: Config) -> dict[str, int]:
    with open_warehouse(config.warehouse) as warehouse:
        return dict(warehouse.rows("select channel, count(*) from core.touchpoint group by channel"))


def test_a_failed_check_publishes_nothing_and_keeps_the_last_good_tables(built: Config, tmp_path: Path) -> None:
    config = copy_of(built, tmp_path)
    before, published = table_hashes(config.warehouse), config.published.read_bytes()
    (config.overlay / "check").mkdir(parents=True)
    (config.overlay / "check" / "no_journey_is_ever_dropped.sql").write_text(
        "select journey_id from core.journey where status = 'dropped' order by journey_id"
    )
    with pytest.raises(DataError, match=r"no journey is ever dropped: [0-9]+ rows") as raised:
        job.run(config)
    assert raised.value.exit_code == 1
    assert table_hashes(config.warehouse) == before
    assert config.published.read_bytes() == published


def test_a_broken_rule_is_one_error_and_the_last_good_tables_stay(built: Config, tmp_path: Path) -> None:
    config = copy_of(built, tmp_path)
    before = table_hashes(config.warehouse)
    (config.overlay / "config").mkdir(parents=True)
    rules = job.sql_files(config)["config/stage_window.csv"].read_text()
    (config.overlay / "config" / "stage_window.csv").write_text(rules.replace("decision", "descision"))
    with pytest.raises(ConfigurationError, match="decision"):
        job.run(config)
    assert table_hashes(config.warehouse) == before


def test_a_missing_folder_and_an_unknown_format_are_named_before_anything_is_read(built: Config) -> None:
    web, *_ = built.sources
    nowhere = replace(web, paths={"": (str(built.root / "nowhere" / "*.jsonl"),)})
    with pytest.raises(ConfigurationError, match="nowhere"):
        job.load_sources(replace(built, sources=(nowhere,)))
    with pytest.raises(ConfigurationError, match="did you mean 'segment'"):
        job.load_sources(replace(built, sources=(replace(web, format="segmnet"),)))
    with pytest.raises(ConfigurationError, match="no source 'wbe'; did you mean 'web'"):
        job.load_sources(built, names=["wbe"])
