import multiprocessing
from pathlib import Path

import polars as pl
import pytest

from journey_analytics.errors import ConfigurationError, DataError, LockedError
from journey_analytics.lock import exclusive_run
from journey_analytics.publish import publish
from journey_analytics.warehouse import open_memory, open_published, open_warehouse


def test_an_error_inside_a_transaction_rolls_all_of_it_back() -> None:
    with open_memory() as warehouse:
        warehouse.execute("create table core.x (n integer)")
        with pytest.raises(ConfigurationError), warehouse.transaction():
            warehouse.execute("insert into core.x values (1)")
            warehouse.execute("select broken from core.x")
        assert warehouse.value("select count(*) from core.x") == 0


def test_sql_reaches_no_file_outside_the_warehouse_folder(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("x")
    with open_warehouse(tmp_path / "house" / "w.duckdb") as warehouse:
        for statement in (
            f"select * from read_text('{secret}')",
            f"copy (select 1) to '{tmp_path / 'out.csv'}'",
            "install httpfs",
            "set enable_external_access = true",
        ):
            with pytest.raises(ConfigurationError):
                warehouse.execute(statement)


def test_python_variables_are_no_tables() -> None:
    password_df = pl.DataFrame({"secret": ["x"]})
    assert password_df.height == 1
    with open_memory() as warehouse, pytest.raises(ConfigurationError):
        warehouse.rows("select * from password_df")


def test_an_unwritable_folder_and_a_foreign_file_are_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(ConfigurationError, match="cannot open the warehouse"):
        open_warehouse(tmp_path / "file" / "w.duckdb")
    (tmp_path / "w.duckdb").write_text("not a database, but long enough to be taken for one" * 200)
    with pytest.raises(ConfigurationError, match="cannot open the warehouse"):
        open_warehouse(tmp_path / "w.duckdb")


def test_readers_of_the_published_copy_never_block_the_writer(tmp_path: Path) -> None:
    target = tmp_path / "w.published.duckdb"
    with open_warehouse(tmp_path / "w.duckdb") as warehouse:
        warehouse.create_from("mart.headline", pl.DataFrame({"n": [1]}))
        publish(warehouse, target)
        with open_published(target) as reader:
            warehouse.create_from("mart.headline", pl.DataFrame({"n": [2]}))
            publish(warehouse, target)
            assert reader.value("select n from mart.headline") == 1
    with open_published(target) as reader:
        assert reader.value("select n from mart.headline") == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["w.duckdb", "w.published.duckdb"]


def test_what_a_killed_publisher_left_is_swept(tmp_path: Path) -> None:
    left = tmp_path / ".w.published.duckdb.123.new"
    left.write_text("half")
    with open_warehouse(tmp_path / "w.duckdb") as warehouse:
        publish(warehouse, tmp_path / "w.published.duckdb")
    assert not left.exists()


def test_nothing_published_yet_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="journey run"):
        open_published(tmp_path / "w.published.duckdb")


def _hold(path: Path, ready: "multiprocessing.synchronize.Event", release: "multiprocessing.synchronize.Event") -> None:
    with exclusive_run(path):
        ready.set()
        release.wait(30)


def test_a_second_run_is_told_who_holds_the_lock_and_leaves(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    ready, release = context.Event(), context.Event()
    holder = context.Process(target=_hold, args=(tmp_path / "w.duckdb", ready, release))
    holder.start()
    try:
        assert ready.wait(30)
        with pytest.raises(LockedError, match=f"process {holder.pid}") as raised, exclusive_run(tmp_path / "w.duckdb"):
            pass
        assert raised.value.exit_code == 75
    finally:
        release.set()
        holder.join()
    with exclusive_run(tmp_path / "w.duckdb"):
        pass


def test_a_query_in_parts_has_all_its_rows_in_order_while_others_run() -> None:
    with open_memory() as warehouse:
        warehouse.execute("create table core.number as select range as n from range(5000)")
        parts = warehouse.batches("select n from core.number order by n desc", row_count=2048)
        seen: list[int] = []
        for part in parts:
            assert part.num_rows <= 2048
            assert warehouse.value("select count(*) from core.number") == 5000
            seen += part.column("n").to_pylist()
        assert seen == list(range(4999, -1, -1))
        with pytest.raises(ConfigurationError, match="numbers"):
            list(warehouse.batches("select nothing from core.number", name="numbers"))
