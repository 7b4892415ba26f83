"""Real data as additional sources, with TOML, one staging model and rules only. Skipped where the data is absent."""

import os
import shutil
from pathlib import Path

import polars as pl
import pytest

from journey_analytics import run as job
from journey_analytics.config import Config, read_config
from journey_analytics.simulate import simulate
from journey_analytics.warehouse import Warehouse, open_warehouse

ROOT = Path(__file__).resolve().parents[1]
PUBLIC = Path(os.environ.get("JOURNEY_REFERENCE_DATA", ROOT.parent / "shared" / "data"))


def example(name: str, data: Path, folder: Path) -> Config:
    if not data.is_file():
        pytest.skip(f"public data is not here: {data}")
    shutil.copytree(ROOT / "examples" / name, folder / name)
    (folder / name / "landing").mkdir()
    shutil.copy(data, folder / name / "landing")
    return read_config(folder / name / "journey.toml")


@pytest.mark.parametrize("name", ["snowplow", "online_retail"])
def test_an_added_source_needs_no_python(name: str) -> None:
    files = [path for path in (ROOT / "examples" / name).rglob("*") if path.is_file()]
    kinds = {path.suffix for path in files if not path.name.startswith("warehouse") and "landing" not in path.parts}
    assert kinds <= {".toml", ".sql", ".csv"}
    assert len(list((ROOT / "examples" / name).rglob("*.sql"))) == 1


def test_snowplow_events_go_through_beside_the_four_sources(tmp_path: Path) -> None:
    added = example("snowplow", PUBLIC / "snowplow_web" / "source" / "snowplow_web_events.csv", tmp_path)
    simulate(tmp_path / "world", customers=20, days=40, seed=2)
    with (tmp_path / "world" / "journey.toml").open("a") as file:
        file.write(
            "\n" + added.file.read_text().replace("landing/", f"{added.root}/landing/") + "guards_cutoff = false\n"
        )
    shutil.copytree(added.root / "sql", tmp_path / "world" / "sql")
    config = read_config(tmp_path / "world" / "journey.toml")
    job.run(config)
    with open_warehouse(config.warehouse) as warehouse:
        assert conserved(warehouse, "snowplow") == 160
        sources = {source for (source,) in warehouse.rows("select distinct source from core.touchpoint")}
        seen = dict(
            warehouse.rows("select activity, count(*) from core.touchpoint where source = 'snowplow' group by all")
        )
    assert sources >= {"web", "email", "store", "snowplow"}
    assert (seen["link_clicked"], seen["page_pinged"]) == (9, 8)  # one of ten clicks has the id of another


def test_snowplow_events_alone_lose_no_row_and_keep_their_duplicates_apart(tmp_path: Path) -> None:
    config = example("snowplow", PUBLIC / "snowplow_web" / "source" / "snowplow_web_events.csv", tmp_path)
    job.run(config)
    with open_warehouse(config.warehouse) as warehouse:
        assert conserved(warehouse, "snowplow") == 160
        ((duplicates, rejected),) = warehouse.rows("select duplicate_count, rejected_count from run.load")
        codes = {code for (code,) in warehouse.rows("select reason_code from run.rejected_event")}
        assert duplicates + rejected == 3
        assert codes <= {"id_conflict"}
        assert warehouse.value("select count(*) from core.touchpoint") == 157


def test_retail_invoices_go_through_line_by_line(tmp_path: Path) -> None:
    data = PUBLIC / "uci_online_retail" / "online_retail_2010_2011.parquet"
    config = example("online_retail", data, tmp_path)
    nobody = pl.read_parquet(data).filter(pl.col("CustomerID").is_null()).n_unique()
    summary = job.run(config)
    with open_warehouse(config.warehouse) as warehouse:
        assert conserved(warehouse, "retail") == 541_909
        assert summary.load.rejected_count == nobody
        assert warehouse.rows("select distinct reason_code from run.rejected_event") == [("no_identity",)]
        kinds = dict(warehouse.rows("select activity, count(*) from core.touchpoint group by activity"))
        customers = warehouse.value("select count(distinct customer_id) from core.touchpoint")
        dropoff = warehouse.rows(
            "select entered_count, advanced_count + dropped_count + open_count from mart.stage_dropoff "
            "where segment = 'all' and stage = 'post_purchase'"
        )
        amounts = "select sum(amount), (select sum(amount) from staging.event) from core.touchpoint"
        ((of_touchpoints, of_lines),) = warehouse.rows(amounts)
    assert customers == 4_372
    assert set(kinds) == {"order_placed", "order_refunded"}
    assert dropoff[0][0] == dropoff[0][1] == kinds["order_placed"]
    assert of_touchpoints == of_lines


def conserved(warehouse: Warehouse, source: str) -> int:
    """Rows read of a source, after checking that every one of them is accounted for."""
    counts = "sum(read_count)::bigint, sum(accepted_count + duplicate_count + rejected_count)::bigint"
    ((read, accounted),) = warehouse.rows(f"select {counts} from run.load where source = ?", [source])
    assert read == accounted
    return read
