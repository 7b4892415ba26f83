"""Stages that few customers entered, counted for a choice: by hand, and without reading more than is asked."""

from pathlib import Path

import polars as pl
import pytest

from journey_analytics.report.few_customers import told
from journey_analytics.report.selection import ALL, Choice
from journey_analytics.warehouse import open_warehouse

MOBILE = Choice({"device": "mobile"})


def rows(*stages: tuple[str, str, str, int]) -> pl.DataFrame:
    names = ("segment", "segment_value", "stage", "entered_count")
    return pl.DataFrame([dict(zip(names, stage, strict=True)) for stage in stages])


@pytest.mark.parametrize(("customers", "stays"), [(4, False), (5, True)])
def test_a_stage_is_shown_from_five_customers_on(tmp_path: Path, customers: int, stays: bool) -> None:
    """Ten journeys on a phone decided; beside them many more were seen on a desk."""
    entrants = [
        {"journey_id": f"{device}{number}", "stage": stage, "device": device, "persona": "new"}
        for device, size in (("mobile", 10), ("desktop", 40))
        for number in range(size)
        for stage in ("awareness", "decision")
    ]
    journeys = [{"journey_id": f"mobile{number}", "customer_id": f"c{number % customers}"} for number in range(10)] + [
        {"journey_id": f"desktop{number}", "customer_id": f"d{number}"} for number in range(40)
    ]
    found = rows(
        ("all", "all", "decision", 10), ("persona", "new", "decision", 10), ("all", "all", "awareness", 900),
    )  # fmt: skip
    flow = pl.DataFrame(
        [
            {"segment": "all", "segment_value": "all", "from_stage": a, "to_state": b, "journey_count": 10}
            for a, b in (("start", "decision"), ("decision", "dropped"))
        ]
    )
    with open_warehouse(tmp_path / "few.duckdb") as warehouse:
        warehouse.create_from("mart.stage_entrant", pl.DataFrame(entrants))
        warehouse.create_from("core.selection_journey", pl.DataFrame(journeys))
        of_mobile = told(warehouse, MOBILE, found)
        assert of_mobile.filter(pl.col("stage") == "decision").height == (2 if stays else 0)
        assert of_mobile.filter(pl.col("stage") == "awareness").height == 1
        assert told(warehouse, MOBILE, flow).height == (2 if stays else 0)
        assert told(warehouse, ALL, found).height == 3


def test_an_older_copy_cannot_tell(tmp_path: Path) -> None:
    found = rows(("all", "all", "decision", 10))
    with open_warehouse(tmp_path / "older.duckdb") as warehouse:
        assert told(warehouse, MOBILE, found).equals(found)
