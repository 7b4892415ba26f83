"""Planned and actual on worlds whose deviations are known: all that was planted is found, and nothing else is first."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from journey_analytics.intervals import difference_high, difference_low
from journey_analytics.mining.alignment import is_walkable
from journey_analytics.planned import alignments
from journey_analytics.planned.alignments import compare
from journey_analytics.planned.declared import DeclaredPlan
from journey_analytics.planned.log import Log
from journey_analytics.planned.plan import Plan, read_plan
from journey_analytics.planned.tables import Scope, deviation_table, fit_table, touchpoint_table

REQUIRED = [f"step_{letter}" for letter in "abcdefgh"]
OPTIONAL = ["extra_a", "extra_b"]
STAGES = dict.fromkeys((*REQUIRED, *OPTIONAL, "phantom", "phantom_b", "noise"), "consideration")


@dataclass
class Journey:
    """Steps that are known, and how much of the journey they are; `skipped` and `added` were planted among them."""

    steps: list[str]
    status: str
    is_closed: bool
    is_left_censored: bool
    skipped: set[str] = field(default_factory=set)
    added: set[str] = field(default_factory=set)
    is_settled: bool = True
    purchase: str = REQUIRED[-1]

    @property
    def before(self) -> int | None:
        """Steps before the purchase; the last required step is one, unless said otherwise."""
        if self.status != "converted":
            return None
        return self.steps.index(self.purchase) if self.purchase in self.steps else len(self.steps)

    @property
    def is_cut_short(self) -> bool:
        return self.status == "dropped" or not self.is_closed


def plan_of(folder: Path, *, without: Sequence[str] = (), never: Sequence[str] = ()) -> Plan:
    """Required steps one after the other, optional ones after the third; `never` are optional ones, before the last."""
    orders = {name: 10 * place for place, name in enumerate(REQUIRED)} | dict.fromkeys(OPTIONAL, 25)
    lines = [f"decision,{name},{order},{'yes' if name in OPTIONAL else ''}" for name, order in orders.items()]
    lines += [f"decision,{name},{65 + place},yes" for place, name in enumerate(never)]
    kept = [line for line in lines if line.split(",")[1] not in without]
    (folder / "plan.csv").write_text("\n".join(["stage,touchpoint,order,optional", *kept]), encoding="utf-8")
    return read_plan(DeclaredPlan("buying", folder / "plan.csv"))


def journey(random: Random, *, skip: dict[str, float], add: dict[str, float], noise: float) -> Journey:
    """One journey along the plan: left on the way, still open, or seen from the middle on, at random."""
    whole = [*REQUIRED[:3], *(name for name in OPTIONAL if random.random() < 0.4), *REQUIRED[3:]]
    fate = random.choices(["converted", "dropped", "open"], [5, 4, 1])[0]
    length = len(whole) if fate == "converted" else random.randint(1, len(whole) - 1)
    is_closed = fate != "open" and (fate == "dropped" or random.random() < 0.8)
    is_late = random.random() < 0.1
    first = random.randint(0, length - 1) if is_late else 0
    made = Journey([], fate, is_closed, is_late)
    for place, name in enumerate(whole[first:length]):
        is_inner = 0 < place < length - first - 1
        if is_inner and random.random() < skip.get(name, noise if name in REQUIRED else 0):
            made.skipped |= {name} & set(REQUIRED)
        else:
            made.steps.append(name)
        for other, chance in {**add, "noise": noise}.items():
            if random.random() < chance / 4:
                made.steps.append(other)
                made.added.add(other)
    return made


def goes_past(one: Journey, name: str) -> bool:
    """Whether a step is neither where the journey was left nor where it is first seen."""
    return name in one.steps[int(one.is_left_censored) : len(one.steps) - int(one.is_cut_short)]


def log_of(journeys: Sequence[Journey], *, shuffle: int | None = None) -> Log:
    rows = [
        {
            "steps": one.steps, "is_cut_short": one.is_cut_short, "is_left_censored": one.is_left_censored,
            "is_settled": one.is_settled, "before_purchase_count": one.before,
            "journey_count": 1, "examples": [f"{number:032d} j_{number}"],
            **{f"{status}_count": int(one.status == status) for status in ("converted", "dropped", "open")},
        }
        for number, one in enumerate(journeys)
    ]  # fmt: skip
    if shuffle is not None:
        Random(shuffle).shuffle(rows)
    happened = Counter(name for one in journeys for name in set(one.steps))
    listed = pl.DataFrame(sorted(happened.items()), schema=["activity", "journey_count"], orient="row")
    stages = {name: stage for name, stage in STAGES.items() if name in happened}
    frame = pl.DataFrame(rows, schema_overrides={"before_purchase_count": pl.Int64})
    return Log(frame, listed, stages, "EUR", 100.0)


def world(seed: int, *, count: int = 800, noise: float = 0.02, **planted: dict[str, float]) -> list[Journey]:
    random = Random(seed)
    skip, add = planted.get("skip", {}), planted.get("add", {})
    return [journey(random, skip=skip, add=add, noise=noise) for _ in range(count)]


def deviations(plan: Plan, log: Log) -> list[dict[str, object]]:
    return deviation_table(compare(plan, log.groups), Scope(plan, log, 30)).to_dicts()


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("name", REQUIRED[1:7])
def test_a_planted_skip_is_listed_first_with_its_journeys(tmp_path, seed, name):
    journeys = world(seed, skip={name: 0.35})
    first = deviations(plan_of(tmp_path), log_of(journeys))[0]
    truth = sum(name in one.skipped for one in journeys)
    assert (first["place"], first["kind"], first["activity"]) == (1, "missing", name)
    assert abs(first["affected_count"] - truth) <= 0.02 * truth + 1
    spread = (0.35 * 0.65 / first["journey_count"]) ** 0.5
    assert abs(first["affected_share"] - 0.35) < 3.5 * spread


@pytest.mark.parametrize("seed", range(4))
def test_without_noise_the_journeys_of_a_skip_are_exactly_those_planted(tmp_path, seed):
    journeys = world(seed, noise=0.0, skip={"step_d": 0.3})
    found = deviations(plan_of(tmp_path), log_of(journeys))
    assert [(row["kind"], row["activity"]) for row in found] == [("missing", "step_d")]
    with_it = [one for one in journeys if "step_d" in one.skipped]
    row = found[0]
    assert row["affected_count"] == len(with_it)
    assert row["journey_count"] == len(with_it) + sum(goes_past(one, "step_d") for one in journeys)
    dropped, converted = (sum(one.status == status for one in with_it) for status in ("dropped", "converted"))
    assert (row["dropped_count"], row["converted_count"]) == (dropped, converted)
    points = row["difference_points"]
    assert row["difference_low_points"] < points < row["difference_high_points"]
    if row["amount_at_stake"] is not None:
        assert row["amount_at_stake"] == pytest.approx(points / 100 * row["settled_with_count"] * 100.0)
    assert set(row["example_journey_ids"]) <= {f"j_{n}" for n, one in enumerate(journeys) if "step_d" in one.skipped}


@pytest.mark.parametrize("seed", range(4))
def test_a_planted_phantom_is_listed_first_and_all_of_them_are_found(tmp_path, seed):
    journeys = world(seed, add={"phantom": 0.4, "phantom_b": 0.2})
    log, plan = log_of(journeys), plan_of(tmp_path)
    found = deviations(plan, log)
    assert [(row["kind"], row["activity"]) for row in found[:2]] == [
        ("unplanned", "phantom"),
        ("unplanned", "phantom_b"),
    ]
    assert [row["affected_count"] for row in found[:2]] == [
        sum(name in one.added for one in journeys) for name in ("phantom", "phantom_b")
    ]
    assert [row["journey_count"] for row in found[:2]] == [len(journeys)] * 2
    listed = touchpoint_table(Scope(plan, log, 30))
    assert listed.filter(state="unplanned")["activity"].to_list()[:2] == ["phantom", "phantom_b"]


@pytest.mark.parametrize("seed", range(8))
def test_every_planned_touchpoint_that_never_happens_and_every_unplanned_one_is_found(tmp_path, seed):
    random = Random(seed)
    never = [f"never_{n}" for n in range(random.randint(1, 5))]
    forgotten = random.sample([*REQUIRED, *OPTIONAL], random.randint(1, 4))
    journeys = world(seed, count=300, noise=0.0)
    listed = touchpoint_table(Scope(plan_of(tmp_path, without=forgotten, never=never), log_of(journeys), 30))
    states = {state: set(listed.filter(state=state)["activity"]) for state in ("happens", "never_happens", "unplanned")}
    assert states["never_happens"] == set(never)
    assert states["unplanned"] == set(forgotten)
    assert states["happens"] == {*REQUIRED, *OPTIONAL} - set(forgotten)
    shares = listed.select(pl.col("journey_share") - pl.col("journey_count") / len(journeys))
    assert shares.to_series().abs().max() < 1e-12


def test_without_anything_planted_every_journey_conforms_however_little_is_seen_of_it(tmp_path):
    journeys = world(5, noise=0.0)
    plan, log = plan_of(tmp_path), log_of(journeys)
    comparison = compare(plan, log.groups)
    fit = fit_table(comparison, Scope(plan, log, 30), note=None).row(0, named=True)
    assert {one.status for one in journeys} == {"converted", "dropped", "open"}
    assert fit["conforming_count"] == fit["aligned_journey_count"] == len(journeys)
    assert (fit["fitness"], fit["conforming_high_share"]) == (1.0, 1.0)
    assert fit["full_fitness"] < 0.9, "as if the open and the lost had failed to do the rest"
    assert deviation_table(comparison, Scope(plan, log, 30)).height == 0


def test_a_purchase_that_can_still_be_followed_misses_nothing_yet(tmp_path):
    (tmp_path / "plan.csv").write_text("touchpoint,order\norder_placed,1\nemail_delivered,2\n")
    plan = read_plan(DeclaredPlan("buying", tmp_path / "plan.csv"))
    lately, long_ago = (Journey(["order_placed"], "converted", is_closed, False) for is_closed in (False, True))
    found = deviations(plan, log_of([lately, lately, long_ago]))
    assert [(row["activity"], row["affected_count"], row["journey_count"]) for row in found] == [
        ("email_delivered", 1, 1)
    ]


def test_out_of_order_is_both_and_counted_as_moved(tmp_path):
    swapped = Journey(["step_a", "step_c", "step_b", *REQUIRED[3:]], "converted", True, False)
    found = {(row["kind"], row["activity"]): row for row in deviations(plan_of(tmp_path), log_of([swapped] * 5))}
    (name,) = {activity for _, activity in found}
    assert set(found) == {("missing", name), ("unplanned", name)}
    assert [row["moved_count"] for row in found.values()] == [5, 5]
    assert found["unplanned", name]["is_planned"]


def test_ignored_activities_are_looked_over_and_alternatives_are_one(tmp_path):
    (tmp_path / "plan.csv").write_text("touchpoint,order\na,1\nb|c,2\n")
    plan = read_plan(DeclaredPlan("buying", tmp_path / "plan.csv", ignore=("noise",)))
    rows = [Journey(steps, "converted", True, False) for steps in (["a", "noise", "b"], ["noise", "a", "c"], ["a"])]
    log = log_of(rows)
    found = deviations(plan, log)
    assert [(row["kind"], row["activity"], row["affected_count"], row["journey_count"]) for row in found] == [
        ("missing", "b|c", 1, 3)
    ]
    listed = touchpoint_table(Scope(plan, log, 30))
    assert listed.select("activity", "state", "journey_count").rows() == [
        ("a", "happens", 3), ("b", "happens", 1), ("c", "happens", 1),
    ]  # fmt: skip


def test_the_order_and_the_split_of_journeys_change_nothing(tmp_path):
    journeys = world(9, skip={"step_d": 0.3}, add={"phantom": 0.2})
    plan = plan_of(tmp_path)
    tables = []
    for shuffle in (None, 1, 2):
        log = log_of(journeys, shuffle=shuffle)
        scope = Scope(plan, log, 30)
        comparison = compare(plan, log.groups)
        tables.append((fit_table(comparison, scope, note=None), deviation_table(comparison, scope)))
    for fit, deviation in tables[1:]:
        assert_frame_equal(fit, tables[0][0], check_exact=True)
        assert_frame_equal(deviation, tables[0][1], check_exact=True)


def test_what_is_not_aligned_is_in_no_share_and_said(tmp_path):
    journeys = world(2, count=200)
    plan, log = plan_of(tmp_path), log_of(journeys)
    comparison = compare(plan, log.groups, max_variants=10)
    fit = fit_table(comparison, Scope(plan, log, 30), note=None).row(0, named=True)
    assert fit["journey_count"] == 200
    assert fit["aligned_variant_count"] == 10 < fit["variant_count"]
    assert 0 < fit["aligned_journey_count"] < 200
    found = deviation_table(comparison, Scope(plan, log, 30))
    assert found.filter(kind="unplanned")["journey_count"].unique().to_list() in ([], [fit["aligned_journey_count"]])


def test_a_plan_of_many_states_is_aligned_by_the_library_alike(tmp_path, monkeypatch):
    pytest.importorskip("r4pm")
    journeys = world(4, count=120, skip={"step_d": 0.3}, add={"phantom": 0.2})
    plan, log = plan_of(tmp_path), log_of(journeys)
    ours = compare(plan, log.groups)
    monkeypatch.setattr("journey_analytics.mining.nearest_way.MAX_STATES", 3)
    assert not is_walkable(plan.net)
    theirs = compare(plan, log.groups)
    assert theirs.full_fitness == ours.full_fitness
    assert (
        theirs.groups.select("steps", "cost")
        .filter(~log_is_partial(theirs))
        .equals(ours.groups.select("steps", "cost").filter(~log_is_partial(ours)))
    )


def log_is_partial(comparison: alignments.Comparison) -> pl.Series:
    return comparison.groups["is_cut_short"] | comparison.groups["is_left_censored"]


def test_precision_falls_with_what_a_plan_allows_and_nobody_does(tmp_path):
    journeys = world(1, count=200, noise=0.0)
    shares = [
        compare(plan_of(tmp_path, never=never), log_of(journeys).groups).precision
        for never in ((), ("never_a",), ("never_a", "never_b"))
    ]
    assert shares[0] > shares[1] > shares[2] > 0.5


@pytest.mark.parametrize(("part", "count", "other", "other_count"), [(8, 20, 30, 90), (0, 12, 5, 40), (7, 7, 0, 9)])
def test_the_interval_of_a_difference_is_newcombes(part, count, other, other_count):
    from statsmodels.stats.proportion import confint_proportions_2indep

    shares = (pl.lit(part / count), pl.lit(count), pl.lit(other / other_count), pl.lit(other_count))
    found = pl.select(difference_low(*shares), difference_high(*shares).alias("high")).row(0)
    assert found == pytest.approx(confint_proportions_2indep(part, count, other, other_count, method="newcomb"))
