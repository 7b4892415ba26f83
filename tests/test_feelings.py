"""Friction and feelings: every count against plain Python, every mean against its formula."""

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest
from mart_world import CUTOFF, RULES_TOO, make_cutoff, mart_world

from journey_analytics import build
from journey_analytics.contract import STAGES
from journey_analytics.feelings.estimates import UNIT, feelings, student_95
from journey_analytics.feelings.rules import SIGNALS
from journey_analytics.feelings.step import make_feeling
from journey_analytics.intervals import Z_95
from journey_analytics.warehouse import Warehouse

Row = dict[str, Any]
RULES = """signal,activity,counting,threshold,until,weight,description
error,cart_*,times,2,,0.5,The second and later ones
error,page_viewed|help_viewed,times,1,,0.25,Every one
refund,no_such_activity,times,1,,1,Nobody does it
repeated_contact,ticket_opened,times,2,,0.3,Another one
waiting,ticket_opened,wait,12,order_placed|home_viewed,0.2,Every 12 hours
rage_loop,product_viewed|cart_viewed,directly_again,7200,,0.15,Again within two hours
"""
SCALES = """activity,measure,lowest,highest,description
ticket_opened,csat,1,5,Five points
ticket_opened,csat,0,10,Ten points
cart_viewed,nps,0,10,Recommendation
help_viewed,rating,1,5,Too narrow for what is given
"""


def frame_of(text: str) -> pl.DataFrame:
    return pl.read_csv(text.encode(), infer_schema=False)


@pytest.fixture(scope="module")
def world() -> Iterator[Warehouse]:
    with mart_world(journeys=500, seed=3) as warehouse:
        for table, text in (("friction_signal", RULES), ("score_scale", SCALES)):
            warehouse.create_from(f"config.{table}", frame_of(text))
        give_scores(warehouse)
        warehouse.execute("delete from core.stage_visit where stage = 'post_purchase' and hash(journey_id) % 4 = 0")
        make_cutoff(warehouse, (*RULES_TOO, "core.stage_friction", "core.feeling_score"))
        models = build.read_models(build.sql_files(), "mart")
        build.run_models(warehouse, [model for model in models if model.name == "mart.friction"])
        make_feeling(warehouse)
        yield warehouse


def give_scores(warehouse: Warehouse) -> None:
    """A score to every ticket (1–5), cart (0–10) and help page (up to 9, beyond its scale), by the id's hash."""
    warehouse.execute("""
        create or replace table core.touchpoint as
        select *, (case activity
            when 'ticket_opened' then 1 + hash(touchpoint_id) % 5
            when 'cart_viewed' then hash(touchpoint_id) % 11
            when 'help_viewed' then 1 + hash(touchpoint_id) % 9
        end)::decimal(18, 4) as score
        from core.touchpoint
    """)


@pytest.fixture(scope="module")
def steps(world: Warehouse) -> dict[str, list[Row]]:
    """The touchpoints of each active journey in order."""
    rows = world.frame(
        "select t.*, j.persona from core.touchpoint_at_cutoff as t "
        "inner join core.path_journey as j using (journey_id) order by journey_id, position"
    ).to_dicts()
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["journey_id"]].append(row)
    return found


def signs(steps: list[Row]) -> list[tuple[int, str, str, datetime, int]]:
    """(rule, signal, stage, felt at, how often) of one journey, in plain Python."""
    seen: dict[tuple[int, str], int] = defaultdict(int)
    found = []
    for place, row in enumerate(steps):
        activity, stage, at = row["activity"], row["stage"], row["occurred_at"]
        if stage not in STAGES:
            continue
        for rule, names, least in ((0, ("cart_viewed",), 2), (1, ("help_viewed",), 1), (3, ("ticket_opened",), 2)):
            seen[rule, stage] += activity in names
            if activity in names and seen[rule, stage] >= least:
                found.append((rule, "error" if rule < 3 else "repeated_contact", stage, at, 1))
        following = steps[place + 1 : place + 2]
        if activity in ("product_viewed", "cart_viewed") and following and following[0]["activity"] == activity:
            gap = following[0]["occurred_at"] - at
            if gap <= timedelta(hours=2):
                found.append((5, "rage_loop", stage, at + gap, 1))
        if activity == "ticket_opened":
            ends = [
                row["occurred_at"] for row in steps[place + 1 :] if row["activity"] in ("order_placed", "home_viewed")
            ]
            times = int(((ends[0] if ends else CUTOFF) - at) / timedelta(hours=12))
            found += [(4, "waiting", stage, at + timedelta(hours=12), times)] if times else []
    return found


WEIGHTS = {0: 0.5, 1: 0.25, 3: 0.3, 4: 0.2, 5: 0.15}


def test_every_sign_of_friction_is_the_one_that_plain_python_finds(
    world: Warehouse, steps: dict[str, list[Row]]
) -> None:
    ours = world.rows(
        "select journey_id, rule_number, signal, stage, felt_at, occurrence_count from core.friction_event"
    )
    theirs = [(journey, *sign) for journey, rows in steps.items() for sign in signs(rows)]
    assert sorted(ours) == sorted(theirs)
    assert {signal for _, _, signal, *_ in ours} == set(SIGNALS) - {"refund"}


def test_the_friction_of_a_stage_is_one_less_what_is_left_of_ease(
    world: Warehouse, steps: dict[str, list[Row]]
) -> None:
    rows = world.frame("select * from core.stage_friction").to_dicts()
    ease: dict[tuple[str, str], float] = defaultdict(lambda: 1.0)
    counts: dict[tuple[str, str, str], int] = defaultdict(int)
    for journey, found in steps.items():
        for rule, signal, stage, _, times in signs(found):
            ease[journey, stage] *= (1 - WEIGHTS[rule]) ** times
            counts[journey, stage, signal] += times
    assert {(row["journey_id"], row["stage"]) for row in rows} >= set(ease)
    for row in rows:
        key = row["journey_id"], row["stage"]
        assert row["friction"] == pytest.approx(1 - ease[key], abs=1e-6)
        assert 0 <= row["friction"] <= 1
        assert {name: row[f"{name}_count"] for name in SIGNALS} == {name: counts[*key, name] for name in SIGNALS}
    entered = world.value("""
        select count(*) from core.stage_visit inner join core.path_journey using (journey_id)
        where entered_at <= (select min(cutoff_at) from run.cutoff)
    """)
    assert sum(row["is_entered"] for row in rows) == entered
    assert len({(row["journey_id"], row["stage"]) for row in rows}) == len(rows)


def test_friction_in_a_stage_that_was_never_entered_is_kept_and_counted_apart(world: Warehouse) -> None:
    rows = world.rows("select distinct stage from core.stage_friction where not is_entered")
    assert rows == [("post_purchase",)], "after-sales of which no purchase is known"


@pytest.fixture(scope="module")
def friction(world: Warehouse) -> list[Row]:
    return world.frame("select * from mart.friction").to_dicts()


def test_the_mart_counts_entrants_and_those_that_were_lost(
    world: Warehouse, steps: dict[str, list[Row]], friction: list[Row]
) -> None:
    visits = world.frame("select v.*, j.persona from core.stage_visit as v inner join core.path_journey as j using "
                         "(journey_id)").to_dicts()  # fmt: skip
    for row in friction:
        if row["is_suppressed"]:
            continue
        met = [found_in(visit, steps[visit["journey_id"]], row["signal"]) for visit in visits if is_of(visit, row)]
        assert (row["entered_count"], row["journey_count"]) == (len(met), sum(times > 0 for _, times, _ in met))
        over = [(visit, is_before) for visit, _, is_before in met if is_over(visit)]
        for side, name in ((True, "with"), (False, "without")):
            dropped = [visit["outcome"] == "dropped" for visit, is_before in over if is_before is side]
            assert row[f"settled_{name}_count"] == len(dropped)
            share = sum(dropped) / len(dropped) if dropped else None
            assert row[f"dropoff_share_{name}"] == pytest.approx(share)
        enough = min(row["settled_with_count"], row["settled_without_count"]) >= 30
        assert row["is_ranked"] is enough
    assert any(row["is_ranked"] for row in friction)


def is_of(visit: Row, row: Row) -> bool:
    return visit["stage"] == row["stage"] and row["persona"] in ("all", visit["persona"])


def is_over(visit: Row) -> bool:
    return visit["outcome"] != "open" and visit["entered_at"] + timedelta(days=visit["window_days"]) <= CUTOFF


def found_in(visit: Row, steps: list[Row], signal: str) -> tuple[Row, int, bool]:
    felt = [sign for sign in signs(steps) if sign[2] == visit["stage"] and signal in (sign[1], "any")]
    left_at = visit["left_at"] or CUTOFF
    return visit, len(felt), any(sign[3] <= left_at for sign in felt)


def test_small_groups_are_suppressed_with_all_their_figures(friction: list[Row]) -> None:
    hidden = [row for row in friction if row["is_suppressed"]]
    assert hidden
    figures = set(hidden[0]) - {"persona", "stage", "signal", "is_suppressed", "is_ranked"}
    assert all(row[name] is None for row in hidden for name in figures)
    shown = [row for row in friction if not row["is_suppressed"]]
    assert all(row["entered_count"] >= 5 and row["journey_count"] not in range(1, 5) for row in shown)


def test_scores_are_on_the_narrowest_scale_that_holds_them_all(world: Warehouse) -> None:
    rows = world.rows("""
        select activity, measure, score::double, feeling
        from core.feeling_score as f inner join core.touchpoint as t using (touchpoint_id)
    """)
    assert {(activity, measure) for activity, measure, *_ in rows} == {
        ("ticket_opened", "csat"),
        ("cart_viewed", "nps"),
    }
    for activity, _, score, feeling in rows:
        expected = (score - 3) / 2 if activity == "ticket_opened" else (score >= 9) - (score <= 6)
        assert feeling == pytest.approx(expected), "help pages go beyond their scale: their scores mean nothing"


def test_the_mean_of_a_feeling_and_its_n_are_those_of_the_values(world: Warehouse) -> None:
    values = world.frame("""
        select 'measured' as kind, f.measure, j.persona, f.stage, f.customer_id, f.feeling as value
        from core.feeling_score as f inner join core.path_journey as j using (journey_id)
        union all
        select 'inferred', 'friction', j.persona, f.stage, f.customer_id, f.friction
        from core.stage_friction as f inner join core.path_journey as j using (journey_id)
    """)
    values = pl.concat([values, values.filter(pl.col("kind") == "measured").with_columns(measure=pl.lit("all"))])
    rows = world.frame("select * from mart.feeling").to_dicts()
    assert {row["kind"] for row in rows if row["is_shown"]} == {"measured", "inferred"}
    for row in rows:
        of = [pl.col(name) == row[name] for name in ("persona", "stage", "kind", "measure") if row[name] != "all"]
        group = values.filter(*of, pl.col("kind") == row["kind"], pl.col("measure") == row["measure"])
        customers = group["customer_id"].n_unique()
        assert row["is_suppressed"] is (customers < 5)
        if not row["is_suppressed"]:
            assert (row["n"], row["customer_count"]) == (group.height, customers)
            assert row["mean"] == pytest.approx(group["value"].mean(), abs=1e-4)
            assert row["is_shown"] is (group.height >= 30)


def sums(values: list[tuple[str, float]], *, kind: str = "inferred") -> pl.DataFrame:
    """What the step sums of (customer, value)."""
    of: dict[str, list[int]] = defaultdict(list)
    for customer, value in values:
        of[customer].append(round(value * UNIT))
    pairs = [(sum(found), len(found)) for found in of.values()]
    return pl.DataFrame(
        {
            "persona": ["all"], "stage": ["decision"], "kind": [kind], "measure": ["all"], "n": [len(values)],
            "customer_count": [len(of)], "total": [sum(s for s, _ in pairs)],
            "square_sum": [float(sum(s * s for s, _ in pairs))], "product_sum": [float(sum(s * n for s, n in pairs))],
            "count_square_sum": [float(sum(n * n for _, n in pairs))], "freshest_at": [datetime(2026, 1, 1)],
        }
    )  # fmt: skip


def told(values: list[tuple[str, float]], *, kind: str = "inferred") -> Row:
    return feelings(sums(values, kind=kind), minimum_count=30).row(0, named=True)


def test_yes_or_no_of_one_answer_each_has_nearly_the_interval_of_a_share() -> None:
    row = told([(f"c{number}", float(number < 30)) for number in range(200)])
    share, n = 0.15, 200 * (Z_95 / 1.972) ** 2 * 199 / 200
    centre, reach = (share + Z_95**2 / (2 * n)) / (1 + Z_95**2 / n), (share * 0.85 / n + Z_95**2 / (4 * n * n)) ** 0.5
    assert row["mean"] == pytest.approx(share)
    assert row["low"] == pytest.approx(centre - Z_95 * reach / (1 + Z_95**2 / n), abs=1e-4)
    assert row["high"] == pytest.approx(centre + Z_95 * reach / (1 + Z_95**2 / n), abs=1e-4)


def test_who_answers_ten_times_is_not_ten_customers() -> None:
    once = told([(f"c{number}", float(number % 2)) for number in range(40)])
    often = told([(f"c{number}", float(number % 2)) for number in range(40) for _ in range(10)])
    assert often["n"] == 400
    assert (often["low"], often["high"]) == pytest.approx((once["low"], once["high"]), abs=1e-9)


@pytest.mark.parametrize(
    ("kind", "value"), [("inferred", 0.0), ("inferred", 1.0), ("measured", -1.0), ("measured", 0.4)]
)
def test_where_all_say_the_same_the_interval_still_has_a_width(kind: str, value: float) -> None:
    row = told([(f"c{number}", value) for number in range(40)], kind=kind)
    assert row["mean"] == pytest.approx(value)
    assert row["low"] <= row["mean"] <= row["high"]
    assert row["high"] - row["low"] > 0.05
    assert row["low"] >= (-1 if kind == "measured" else 0)
    assert row["high"] <= 1


def test_few_values_are_not_shown_and_few_customers_not_told() -> None:
    assert told([(f"c{number}", 0.5) for number in range(29)])["is_shown"] is False
    assert told([(f"c{number}", 0.5) for number in range(30)])["is_shown"] is True
    few = told([(f"c{number % 4}", 0.5) for number in range(300)])
    assert (few["is_shown"], few["is_suppressed"], few["n"], few["mean"]) == (False, True, None, None)


def test_the_interval_covers_the_mean_of_customers_that_come_in_clusters() -> None:
    """Customers differ, and give one to six values each: the 95 % interval holds the truth in about 95 %."""
    draw = random.Random(4)
    worlds = []
    for place in range(600):
        values = []
        for number in range(60):
            share = draw.choice((0.05, 0.2, 0.65))
            values += [(f"c{number}", float(draw.random() < share)) for _ in range(draw.randint(1, 6))]
        worlds.append(sums(values).with_columns(persona=pl.lit(str(place))))
    rows = feelings(pl.concat(worlds), minimum_count=30)
    assert rows.height == 600
    held = rows.filter(pl.lit(0.3).is_between("low", "high")).height
    assert 0.925 <= held / 600 <= 0.975


@pytest.mark.parametrize(("freedom", "expected"), [(4, 2.776), (10, 2.228), (29, 2.045), (1000, 1.962)])
def test_students_point_is_that_of_the_tables(freedom: int, expected: float) -> None:
    found = pl.select(student_95(pl.lit(freedom))).item()
    assert found == pytest.approx(expected, rel=0.005)


def test_the_order_of_touchpoints_in_the_table_changes_nothing(world: Warehouse) -> None:
    before = {table: world.frame(f"select * from {table} order by all") for table in ("mart.friction", "mart.feeling")}
    world.execute(
        "create or replace table core.touchpoint as select * from core.touchpoint order by hash(touchpoint_id)"
    )
    names = ("core.friction_event", "core.stage_friction", "core.feeling_score", "mart.friction")
    models = [model for schema in ("core", "mart") for model in build.read_models(build.sql_files(), schema)]
    build.run_models(world, build.ordered(model for model in models if model.name in names))
    make_feeling(world)
    for table, frame in before.items():
        assert world.frame(f"select * from {table} order by all").equals(frame)


def test_every_column_is_explained_and_none_else(world: Warehouse) -> None:
    listed = pl.read_csv(build.sql_files()["config/mart_column/feeling.csv"])
    for table in ("friction", "feeling"):
        assert listed.filter(pl.col("table_name") == table)["column_name"].to_list() == world.columns(f"mart.{table}")
    assert set(listed["table_name"]) == {"friction", "feeling"}


def failures(warehouse: Warehouse, name: str) -> list[tuple[object, ...]]:
    models = {model.name: model.sql for model in build.read_models(build.sql_files(), "check")}
    return warehouse.rows(models[f"check.{name}"], name=name)


MEANS = "every_mean_of_a_feeling_lies_within_its_interval_and_scale"
ENTRANTS = "friction_is_told_of_all_entrants_of_a_stage_and_within_its_intervals"


@pytest.fixture(scope="module")
def checked(world: Warehouse) -> Warehouse:
    world.execute("""
        create or replace table mart.stage_dropoff as
        select 'all' as segment, stage, entered_count from mart.friction where persona = 'all' and signal = 'any'
    """)
    return world


@pytest.mark.parametrize("check", [MEANS, ENTRANTS])
def test_a_sound_world_passes(checked: Warehouse, check: str) -> None:
    assert failures(checked, check) == []


@pytest.mark.parametrize(
    ("check", "fault"),
    [
        (MEANS, "update mart.feeling set low = mean + 0.1 where is_shown"),
        (MEANS, "update mart.feeling set mean = 1.2, high = 1.3 where is_shown"),
        (MEANS, "update mart.feeling set low = -0.1 where kind = 'inferred' and is_shown"),
        (MEANS, "update mart.feeling set is_shown = true where n < 30"),
        (MEANS, "update mart.feeling set is_suppressed = true, is_shown = false where is_shown"),
        (MEANS, "update mart.feeling set mean = null where is_shown"),
        (ENTRANTS, "update mart.friction set entered_count = entered_count + 1 where persona = 'all'"),
        (ENTRANTS, "update mart.friction set journey_count = 0 where signal = 'any'"),
        (ENTRANTS, "update mart.friction set journey_high_share = journey_share - 0.01"),
        (ENTRANTS, "update mart.friction set dropoff_low_share_with = null"),
        (ENTRANTS, "update mart.friction set dropoff_high_share_without = 0 where dropoff_share_without > 0"),
        (ENTRANTS, "update mart.friction set difference_low_points = difference_high_points + 1"),
        (ENTRANTS, "update mart.friction set journey_count = 2 where is_suppressed"),
    ],
)
def test_a_check_notices_its_fault(checked: Warehouse, check: str, fault: str) -> None:
    tables = {name: checked.frame(f"select * from {name}") for name in ("mart.friction", "mart.feeling")}
    try:
        checked.execute(fault)
        assert failures(checked, check)
    finally:
        for name, frame in tables.items():
            checked.create_from(name, frame)
