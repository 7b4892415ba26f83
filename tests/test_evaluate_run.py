"""`evaluate` on a warehouse and a truth folder: what it reads, prints and refuses."""

import json
from dataclasses import asdict

import polars as pl
import pytest
from small_truth import (
    CUTOFF,
    A,
    C,
    day,
    identities_of,
    touchpoints_of,
    true_event,
    true_visit,
    truth_of,
    visits_of,
    window_frame,
)

from journey_analytics.errors import ConfigurationError, DataError
from journey_analytics.evaluate import evaluate, evaluation_text
from journey_analytics.evaluate.truth import read_truth
from journey_analytics.warehouse import open_memory

CARRIED = {"one": ["c1"], "two": ["c1", "u1"], "three": ["u2"]}
TRUTH = truth_of(
    [
        true_event("one", "anna", "j1", A, at=0),
        true_event("two", "anna", "j1", C, at=2),
        true_event("three", "ben", "j2", A, at=0),
        true_event("spider", "bot", is_bot=True),
    ],
    [true_visit("j1", "anna", A, 0, 2), true_visit("j1", "anna", C, 2), true_visit("j2", "ben", A, 0)],
    {"seed": 1},
)


@pytest.fixture
def truth_dir(tmp_path):
    written = TRUTH.event.with_columns(pl.col("occurred_at").dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ"))
    written.write_csv(tmp_path / "event.csv")
    TRUTH.stage_visit.write_csv(tmp_path / "stage_visit.csv")
    (tmp_path / "world.json").write_text(json.dumps(TRUTH.world))
    return tmp_path


@pytest.fixture
def warehouse():
    touchpoint = touchpoints_of(TRUTH, customer="customer_id", journey="journey_id", stage="stage")
    touchpoint = touchpoint.with_columns(touchpoint_id=pl.col("source_event_id"))
    visit = visits_of(TRUTH)
    with open_memory(threads=1) as found:
        found.create_from("core.event", staged())
        found.create_from("core.touchpoint", touchpoint.drop("source_rank"))
        found.create_from("core.customer_event", touchpoint.select("touchpoint_id", "source_rank"))
        found.create_from("core.set_aside_event", bots())
        for table, frame in resolved().items():
            found.create_from(table, frame)
        found.create_from("core.stage_visit", visit)
        found.create_from("core.journey", journeys(visit))
        found.create_from("config.stage_window", window_frame().cast(pl.String))
        found.create_from("config.setting", pl.DataFrame({"setting": ["minimum_count"], "value": ["30"]}))
        found.create_from(
            "config.identity_type", pl.DataFrame({"identity_type": ["c", "u"], "strength": ["weak", "strong"]})
        )
        found.create_from("run.build", pl.DataFrame({"build_id": [1], "cutoff_at": [CUTOFF]}))
        yield found


def staged() -> pl.DataFrame:
    rows = [
        {
            "source": "web",
            "source_event_id": name,
            "activity": "page_viewed",
            "identities": [{"identity_type": value[0], "identity_value": value} for value in values],
            "is_bot": name == "spider",
        }
        for name, values in (CARRIED | {"spider": ["c1"]}).items()
    ]
    return pl.DataFrame(rows)


def resolved() -> dict[str, pl.DataFrame]:
    """Three logins on the cookie of event `one`: of anna on day 3, of ben on day 1 and, long before, on another one."""
    sets = [[{"identity_type": value[0], "identity_value": value} for value in values] for values in CARRIED.values()]
    login = {"identity_number": [1, 1, 9], "login_at": [day(3), day(1), day(-90)]}
    return {
        "core.identity_set": pl.DataFrame({"identity_set_id": [1, 2, 3], "identities": sets}),
        "core.device_sighting": pl.DataFrame({"identity_set_id": [1], "identity_number": [1], "occurred_at": [day(0)]}),
        "core.identity": pl.DataFrame({"identity_number": [1, 9], "own_customer_id": ["cookie", "other"]}),
        "core.device_login": pl.DataFrame(login | {"customer_id": ["anna", "ben", "carl"]}),
        "core.customer_identity": pl.DataFrame(
            [("c", "c1", "anna", "nearest_login", 0.75), ("u", "u1", "anna", "own", 1.0)],
            schema=["identity_type", "identity_value", "customer_id", "rule", "confidence"],
            orient="row",
        ),
    }


def bots() -> pl.DataFrame:
    return pl.DataFrame({"source": ["web"], "source_event_id": ["spider"], "reason": ["bot"]})


def journeys(visit: pl.DataFrame) -> pl.DataFrame:
    return (
        visit.select("journey_id")
        .unique()
        .with_columns(
            first_channel=pl.lit("direct"),
            first_source=pl.lit("web"),
            device=pl.lit("mobile"),
            country=pl.lit("DE"),
            is_returning=pl.lit(value=False),
        )
    )


def test_a_warehouse_is_scored_against_its_truth(warehouse, truth_dir):
    found = evaluate(warehouse, truth_dir)
    assert found.cutoff == CUTOFF
    assert (found.identity.pairs.precision, found.identity.pairs.recall, found.identity.set_aside_count) == (1, 1, 1)
    assert (found.stage.macro_f1, found.stage.touchpoint_count) == (1, 3)
    assert found.dropoff.whole[0].estimated_share == pytest.approx(0.5)
    assert found.dropoff.whole[0].true_share == 0.5


def test_the_text_names_every_measure_and_the_json_holds_them(warehouse, truth_dir):
    found = evaluate(warehouse, truth_dir)
    text = evaluation_text(found)
    for words in (
        "ceiling", "macro-F1", "boundaries", "naive", "What unresolvable visits cost", "Verdict", "not met",
        "last login", "strong only", "gap over 0.5 days", "name only", "expected calibration error", "not judged",
        "nearest_login", "in --json",
    ):  # fmt: skip
        assert (words in text) is (words != "in --json"), words  # few rules: none is left out
    assert max(map(len, text.splitlines())) <= 100
    assert "…" not in text
    again = json.loads(json.dumps(asdict(found), default=str))
    assert again["identity"]["pairs"]["precision"] == 1.0
    assert [verdict["is_met"] for verdict in again["verdicts"]][:2] == [True, True]


def test_what_is_anonymous_is_read_with_its_last_login(warehouse):
    from journey_analytics.evaluate.observed import read_observed

    read = read_observed(warehouse)
    assert read.anonymous.rows() == [("web", "one", "cookie", "anna", True)]
    assert read.link.sort("rule").rows() == [
        ("c\x1fc1", "anna", "nearest_login", 0.75),
        ("u\x1fu1", "anna", "own", 1.0),
    ]


def test_identities_are_read_with_their_strength_and_without_bots(warehouse):
    from journey_analytics.evaluate.observed import read_observed

    read = read_observed(warehouse).identity.select("source_event_id", "is_strong").sort("source_event_id", "is_strong")
    expected = identities_of(CARRIED).select("source_event_id", "is_strong").sort("source_event_id", "is_strong")
    assert read.equals(expected)


def test_an_empty_warehouse_says_what_to_run(truth_dir):
    with open_memory(threads=1) as warehouse, pytest.raises(DataError, match="journey run"):
        evaluate(warehouse, truth_dir)


def test_a_missing_truth_folder_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match="nowhere"):
        read_truth(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["event.csv", "stage_visit.csv", "world.json"])
def test_a_missing_truth_file_is_named(truth_dir, name):
    (truth_dir / name).unlink()
    with pytest.raises(ConfigurationError, match=name):
        read_truth(truth_dir)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("event.csv", "source,source_event_id\n", "'customer_id'"),
        (
            "stage_visit.csv",
            "journey_id,customer_id,stage,entered_at,advanced_at\nj,c,purchase,2026-01-01,\n",
            "stage_visit.csv",
        ),
        (
            "stage_visit.csv",
            "journey_id,customer_id,stage,entered_at,advanced_at\nj,c,decide,2026-01-01 00:00:00,\n",
            "decision",
        ),
        ("event.csv", "", "event.csv"),
        ("world.json", "{", "world.json"),
        ("world.json", "[]", "world.json"),
    ],
)
def test_a_faulty_truth_file_is_named_with_its_fault(truth_dir, name, content, message):
    (truth_dir / name).write_text(content)
    with pytest.raises(ConfigurationError, match=message):
        read_truth(truth_dir)
