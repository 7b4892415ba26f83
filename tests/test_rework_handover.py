"""Hand-overs on worlds whose truth is known: none where none is, and one that was planted with its size."""

from random import Random
from typing import Any

import polars as pl
import pytest

from journey_analytics import build
from journey_analytics.warehouse import Warehouse, open_memory

CHANNELS = ("direct", "email", "search", "social")
PLANTED = ("email", "search")
Row = dict[str, Any]


def channel_world(*, seed: int, journeys: int, planted_points: int = 0) -> Warehouse:
    """Sessions on channels drawn at random; the more of them, the more journeys buy.

    Only the planted points: so many more are lost of those whose first e-mail that is followed at all is by search.
    """
    random = Random(seed)
    touchpoints: list[Row] = []
    known: list[Row] = []
    for number in range(journeys):
        channels = random.choices(CHANNELS, k=min(1 + int(random.expovariate(0.4)), 8))
        first = channels.index("email") if "email" in channels else len(channels)
        is_planted = channels[first : first + 2] == list(PLANTED)
        lost = max(0.2, 0.75 - 0.08 * len(channels)) + is_planted * planted_points / 100
        status = "dropped" if random.random() < lost else "converted"
        known.append({"journey_number": number, "journey_id": f"j{number}", "status": status, "is_settled": True})
        touchpoints += [_touchpoint(number, place, channel) for place, channel in enumerate(channels)]
    warehouse = open_memory()
    files = {
        name: path for name, path in build.sql_files().items() if name in ("config/setting.csv", "mart/handover.sql")
    }
    build.load_config(warehouse, files)
    build.load_macros(warehouse, {name: path for name, path in build.sql_files().items() if name.startswith("macro/")})
    warehouse.create_from("core.path_journey", pl.DataFrame(known))
    warehouse.create_from("core.path_touchpoint", pl.DataFrame(touchpoints))
    build.run_models(warehouse, build.read_models(files, "mart"))
    return warehouse


def _touchpoint(number: int, place: int, channel: str) -> Row:
    return {
        "journey_number": number, "position": place + 1, "session_id": f"s{number}_{place}", "channel": channel,
        "source": "web", "stage": ("awareness", "consideration", "decision")[min(place // 2, 2)], "is_act": True,
        "is_before": True, "is_purchase_record": False,
    }  # fmt: skip


def ranked(warehouse: Warehouse) -> dict[tuple[str, str], Row]:
    rows = warehouse.frame("select * from mart.handover where dimension = 'channel' and is_ranked").to_dicts()
    return {(row["from_value"], row["to_value"]): row for row in rows}


def test_where_channels_mean_nothing_the_intervals_hold_nothing_in_nearly_all_pairs() -> None:
    rows = [row for seed in range(10) for row in ranked(channel_world(seed=seed, journeys=800)).values()]
    covered = [row["difference_low_points"] <= 0 <= row["difference_high_points"] for row in rows]
    mean = sum(row["difference_points"] for row in rows) / len(rows)
    assert len(rows) == 120
    assert sum(covered) >= 0.9 * len(rows)
    assert abs(mean) < 2


def test_a_planted_loss_is_found_with_about_its_size_and_no_other_is() -> None:
    rows = ranked(channel_world(seed=3, journeys=3000, planted_points=15))
    found = rows.pop(PLANTED)
    assert found["difference_points"] == pytest.approx(15, abs=6)
    assert 0 < found["difference_low_points"] < 15 < found["difference_high_points"]
    wrong = [row for row in rows.values() if not row["difference_low_points"] <= 0 <= row["difference_high_points"]]
    assert len(wrong) <= 1


def test_what_stands_on_one_side_alone_is_not_compared() -> None:
    warehouse = channel_world(seed=1, journeys=40)
    warehouse.execute("update core.path_touchpoint set channel = 'direct' where position = 1")
    warehouse.execute("update core.path_touchpoint set channel = 'search' where position > 1")
    build.run_models(
        warehouse, build.read_models({"mart/handover.sql": build.sql_files()["mart/handover.sql"]}, "mart")
    )
    row = warehouse.frame("select * from mart.handover where dimension = 'channel'").row(0, named=True)
    assert (row["from_value"], row["to_value"], row["reference_count"]) == ("direct", "search", 0)
    assert row["dropoff_share"] is not None
    assert [row["difference_points"], row["difference_low_points"], row["compared_count"]] == [None, None, 0]
    assert not row["is_ranked"]
