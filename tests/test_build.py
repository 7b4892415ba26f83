from pathlib import Path

import pytest

from journey_analytics import build
from journey_analytics.errors import ConfigurationError
from journey_analytics.warehouse import open_memory


def model(folder: Path, name: str, sql: str) -> None:
    path = folder / f"{name.replace('.', '/')}.sql"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(sql, encoding="utf-8")


def test_models_come_after_what_they_read_and_ties_by_name(tmp_path: Path) -> None:
    model(tmp_path, "made.zebra", "select 1 as one")
    model(tmp_path, "core.c", "select * from core.b -- from core.z")
    model(tmp_path, "core.b", "select * from core.a join config.setting on true")
    model(tmp_path, "core.a", "select 1 as one")
    files = {p.relative_to(tmp_path).as_posix(): p for p in sorted(tmp_path.rglob("*.sql"))}
    assert [node.name for node in build.ordered(build.read_models(files, "core"))] == ["core.a", "core.b", "core.c"]


def test_a_step_stands_between_what_it_reads_and_what_reads_it(tmp_path: Path) -> None:
    model(tmp_path, "core.first", "select 1 as one")
    model(tmp_path, "core.aftermath", "select * from core.made")
    files = {p.relative_to(tmp_path).as_posix(): p for p in tmp_path.rglob("*.sql")}
    step = build.Step("zz", frozenset({"core.first"}), frozenset({"core.made"}), lambda warehouse: None)
    names = [node.name for node in build.ordered(build.read_models(files, "core"), [step])]
    assert names == ["core.first", "zz", "core.aftermath"]


def test_a_circle_is_an_error_that_names_it(tmp_path: Path) -> None:
    model(tmp_path, "core.a", "select * from core.b")
    model(tmp_path, "core.b", "select * from core.a")
    files = {p.relative_to(tmp_path).as_posix(): p for p in tmp_path.rglob("*.sql")}
    with pytest.raises(ConfigurationError, match=r"core\.a"):
        build.ordered(build.read_models(files, "core"))


def test_an_overlay_file_replaces_the_builtin_one_of_its_path_and_adds_others(tmp_path: Path) -> None:
    model(tmp_path, "mart.mine", "select 1 as one")
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "setting.csv").write_text("setting,value,unit,description\nbucket_count,2,,\n")
    files = build.sql_files(tmp_path)
    assert files["mart/mine.sql"] == tmp_path / "mart/mine.sql"
    assert files["config/setting.csv"] == tmp_path / "config/setting.csv"
    assert files["config/source_rank.csv"].is_file()


def test_a_rule_file_of_the_overlay_with_a_wrong_column_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "setting.csv").write_text("setting,valeu,unit,description\n")
    with (
        open_memory() as warehouse,
        pytest.raises(
            ConfigurationError, match=r"unknown column 'valeu', did you mean 'value'.*missing column 'value'"
        ),
    ):
        build.load_config(warehouse, build.sql_files(tmp_path))


def test_added_rules_come_before_the_builtin_ones(tmp_path: Path) -> None:
    (tmp_path / "config" / "source_rank").mkdir(parents=True)
    (tmp_path / "config" / "source_rank" / "till.csv").write_text("rank,source\n7,till\n")
    with open_memory() as warehouse:
        build.load_config(warehouse, build.sql_files(tmp_path))
        rows = warehouse.rows("select source, rank from config.source_rank order by rowid")
    assert rows[0] == ("till", "7")
    assert ("web", "1") in rows


def test_a_file_where_nothing_is_looked_for_is_an_error(tmp_path: Path) -> None:
    model(tmp_path, "stagging.till", "select 1 as one")
    with pytest.raises(ConfigurationError, match="did you mean 'staging'"):
        build.sql_files(tmp_path)


def test_a_failing_model_carries_its_file_and_sql(tmp_path: Path) -> None:
    model(tmp_path, "core.wrong", "select nothing_there from config.setting")
    files = build.sql_files(tmp_path)
    broken = [found for found in build.read_models(files, "core") if found.name == "core.wrong"]
    with open_memory() as warehouse, pytest.raises(ConfigurationError) as raised:
        build.load_config(warehouse, files)
        build.run_models(warehouse, broken)
    assert "wrong.sql" in str(raised.value)
    assert "nothing_there" in str(raised.value)


def test_required_keys_are_declared_in_comments(tmp_path: Path) -> None:
    model(tmp_path, "staging.shop", "-- One row per x\n-- requires: id, at\nselect 1 as one")
    model(tmp_path, "staging.desk", "-- requires desk_ticket: id\n-- requires desk_user: id, mail\nselect 1 as one")
    files = {p.relative_to(tmp_path).as_posix(): p for p in tmp_path.rglob("*.sql")}
    desk, shop = build.read_models(files, "staging")
    assert build.required_keys(shop) == {"shop": ("id", "at")}
    assert build.required_keys(desk) == {"desk_ticket": ("id",), "desk_user": ("id", "mail")}


def test_the_fingerprint_changes_with_a_rule_and_only_in_its_folder(tmp_path: Path) -> None:
    model(tmp_path, "mart.mine", "select 1 as one")
    before = build.sql_files(tmp_path)
    old = {folder: build.fingerprint(before, [folder]) for folder in ("mart", "core")}
    model(tmp_path, "mart.mine", "select 2 as one")
    assert build.fingerprint(before, ["mart"]) != old["mart"]
    assert build.fingerprint(before, ["core"]) == old["core"]


def test_every_builtin_model_says_what_its_rows_are() -> None:
    for name, path in build.sql_files().items():
        if name.endswith(".sql") and name.split("/")[0] in ("staging", "admission", "core", "mart"):
            lines = path.read_text(encoding="utf-8").splitlines()
            assert lines[0].startswith("-- One row per"), name
            assert any(line.startswith("-- grain:") for line in lines[:8]), name
