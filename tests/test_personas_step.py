"""The personas of a warehouse: which source they come from, names from night to night, cards, checks and the page."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

import polars as pl
import pytest
from mart_world import CUTOFF, make_cutoff, make_some_marts, mart_world
from test_personas import PLANTED, journeys

from journey_analytics import build
from journey_analytics.errors import ConfigurationError
from journey_analytics.language import written_in
from journey_analytics.personas import clusters
from journey_analytics.personas import step as persona_step
from journey_analytics.personas.card_step import make_persona_card
from journey_analytics.personas.rules import check_persona_features
from journey_analytics.personas.step import JOURNEYS_AT_LEAST, make_persona
from journey_analytics.personas.text import personas_text
from journey_analytics.report.frames import complete
from journey_analytics.report.personas import personas
from journey_analytics.warehouse import Warehouse, open_memory

MARTS = ("persona", "persona_trait", "persona_trial")
CHECK = "personas_have_the_journeys_of_the_headline"
T = datetime(2026, 6, 30)


def planted(count: int, *, seed: int = 3, started: datetime = T - timedelta(days=9)) -> pl.DataFrame:
    """Journeys of planted kinds, two per customer; every eighth one is passive."""
    frame = journeys(count, faithful=0.9, seed=seed)
    return frame.with_columns(
        customer_id=pl.format("c_{}", pl.col("customer_id").hash(1).cast(pl.String).str.slice(0, 12)),
        started_at=pl.lit(started),
        is_passive=pl.int_range(pl.len()) % 8 == 7,
    )


def store(warehouse: Warehouse, frame: pl.DataFrame) -> None:
    columns = ("journey_id", "customer_id", "started_at", "is_passive")
    warehouse.create_from("core.journey", frame.select(columns))
    warehouse.create_from("core.journey_feature", frame.drop("truth", "started_at", "is_passive"))


@pytest.fixture
def warehouse() -> Iterator[Warehouse]:
    with open_memory() as made:
        build.load_config(made, build.sql_files())
        build.load_macros(made, build.sql_files())
        store(made, planted(1300))
        yield made


def made(warehouse: Warehouse) -> dict[str, str]:
    make_persona(warehouse, cutoff=T)
    return dict(warehouse.rows("select journey_id, persona from core.journey_persona order by journey_id"))


def forget(warehouse: Warehouse) -> None:
    """As if there had been no run before."""
    warehouse.execute("drop table run.persona_label")
    warehouse.execute("drop table run.persona_name")


def note(warehouse: Warehouse) -> tuple[str, str | None]:
    return warehouse.rows("select source, note from core.persona_choice")[0]


def test_every_journey_has_one_persona_and_each_planted_kind_its_own(warehouse: Warehouse) -> None:
    pytest.importorskip("sklearn")
    found, frame = made(warehouse), planted(1300)
    assert set(found) == set(frame["journey_id"])
    assert note(warehouse) == ("data", None)
    kinds = frame.with_columns(persona=pl.col("journey_id").replace_strict(found))
    agreeing = kinds.group_by("truth", "persona").len().group_by("truth").agg(pl.col("len").max())
    assert agreeing["len"].sum() > 0.95 * frame.height
    assert len(set(found.values())) == len(PLANTED)
    assert set(found.values()) == {"newcomer_advertising", "regular_direct", "looked_search"}


def test_rows_stored_in_any_order_give_the_same_personas(warehouse: Warehouse) -> None:
    pytest.importorskip("sklearn")
    before = made(warehouse)
    forget(warehouse)
    store(warehouse, planted(1300).sample(fraction=1, shuffle=True, seed=4))
    assert made(warehouse) == before


def test_names_stay_when_the_data_grow_by_two_percent(warehouse: Warehouse) -> None:
    pytest.importorskip("sklearn")
    before = made(warehouse)
    renamed = {name: f"my_{name}" for name in set(before.values())}
    for old, new in renamed.items():
        for table in ("run.persona_label", "run.persona_name"):
            warehouse.execute(f"update {table} set persona = ? where persona = ?", [new, old])
    more = planted(26, seed=8).with_columns(pl.format("{}x", "journey_id").alias("journey_id"))
    store(warehouse, pl.concat([planted(1300), more]))
    after = made(warehouse)
    assert set(after.values()) == set(renamed.values())
    same = [journey for journey, persona in before.items() if after[journey] == renamed[persona]]
    assert len(same) > 0.97 * len(before)
    assert warehouse.value("select count(*) from run.persona_name") == len(PLANTED)


def moved(frame: pl.DataFrame) -> pl.DataFrame:
    """The same clusters, whose content would now name one of them differently."""
    return frame.with_columns(
        channel=pl.when(pl.col("channel") == "advertising").then(pl.lit("mailing")).otherwise("channel")
    )


FALLBACKS = {
    "setting": lambda warehouse, _: warehouse.execute(
        "update config.setting set value = 'rules' where setting = 'persona_source'"
    ),
    "few": lambda warehouse, _: store(warehouse, planted(JOURNEYS_AT_LEAST - 1)),
    "unstable": lambda _, patch: [patch.setattr(clusters, name, 1.01) for name in BARS],
}
BARS = ("JACCARD_AT_LEAST", "STAYS_FROM_JACCARD")


@pytest.mark.parametrize("fallback", FALLBACKS)
def test_names_outlive_a_night_of_rules(warehouse: Warehouse, fallback: str) -> None:
    pytest.importorskip("sklearn")
    before = made(warehouse)
    with pytest.MonkeyPatch.context() as patch:
        FALLBACKS[fallback](warehouse, patch)
        assert made(warehouse) == {}
        assert note(warehouse)[0] == "rules"
    warehouse.execute("update config.setting set value = 'data' where setting = 'persona_source'")
    store(warehouse, moved(planted(1300)))
    assert set(made(warehouse).values()) == set(before.values())
    forget(warehouse)
    assert "newcomer_mailing" in set(made(warehouse).values()), "only the kept name is that of advertising"


def test_the_number_of_the_last_run_stays_at_a_lower_bar(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sklearn")
    before = made(warehouse)
    assert warehouse.value("select count(*) from mart.persona_trial where is_kept") == 0
    monkeypatch.setattr(clusters, "JACCARD_AT_LEAST", 1.01)
    assert made(warehouse) == before
    kept = warehouse.rows("select cluster_count, is_stable, is_chosen from mart.persona_trial where is_kept")
    assert kept == [(len(PLANTED), False, True)]
    forget(warehouse)
    assert made(warehouse) == {}, "nothing is accepted anew"


def results(warehouse: Warehouse) -> list[pl.DataFrame]:
    make_persona(warehouse, cutoff=T)
    tables = ("core.journey_persona", "core.persona_cluster", "core.persona_choice", "mart.persona_trial")
    return [warehouse.frame(f"select * from {table} order by all") for table in tables]


@pytest.mark.parametrize("bar", [0.75, 1.01])
def test_a_second_run_on_the_same_data_changes_nothing(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, bar: float
) -> None:
    """`journey run --full` after a run: also where the number is that of the run before, at the lower bar."""
    pytest.importorskip("sklearn")
    made(warehouse)
    monkeypatch.setattr(clusters, "JACCARD_AT_LEAST", bar)
    store(warehouse, moved(planted(1300)))
    before = results(warehouse)
    assert before[0].height == 1300
    for old, new in zip(before, results(warehouse), strict=True):
        assert old.equals(new)


def test_what_begins_after_the_cutoff_changes_no_persona_before_it(warehouse: Warehouse) -> None:
    pytest.importorskip("sklearn")
    before = made(warehouse)
    forget(warehouse)
    late = planted(800, seed=5, started=T + timedelta(days=1)).with_columns(
        pl.format("{}late", "journey_id").alias("journey_id"), channel=pl.lit("mailing")
    )
    store(warehouse, pl.concat([planted(1300), late]))
    after = made(warehouse)
    assert {journey: after[journey] for journey in before} == before
    assert len(after) == 2100


def test_passive_journeys_make_no_cluster(warehouse: Warehouse) -> None:
    pytest.importorskip("sklearn")
    before = made(warehouse)
    forget(warehouse)
    frame = planted(1300).with_columns(
        channel=pl.when("is_passive").then(pl.lit("mailing")).otherwise("channel"),
        daypart=pl.when("is_passive").then(pl.lit("morning")).otherwise("daypart"),
    )
    store(warehouse, frame)
    after = made(warehouse)
    active = frame.filter(~pl.col("is_passive"))["journey_id"].to_list()
    assert {journey: after[journey] for journey in active} == {journey: before[journey] for journey in active}


def test_rules_where_the_setting_says_so(warehouse: Warehouse) -> None:
    warehouse.execute("update config.setting set value = 'rules' where setting = 'persona_source'")
    assert made(warehouse) == {}
    assert note(warehouse) == ("rules", "the setting persona_source says rules")


def test_rules_where_there_are_too_few_journeys(warehouse: Warehouse) -> None:
    store(warehouse, planted(JOURNEYS_AT_LEAST - 1))
    assert made(warehouse) == {}
    assert note(warehouse)[1] == "fewer than 1,000 journeys: too few for clusters, so the rules are used"


def test_rules_where_the_library_is_absent(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "sklearn", None)
    assert made(warehouse) == {}
    assert note(warehouse)[1] == "scikit-learn is not installed, so the rules are used"
    with pytest.raises(ConfigurationError, match=r"journey-analytics\[personas\]"):
        persona_step.require_library()


def test_rules_where_nothing_goes_together(warehouse: Warehouse) -> None:
    pytest.importorskip("sklearn")
    random = Random(1)
    frame = planted(1300)
    for name in ("past", "channel", "device", "entry_stage", "previous_channel", "recency"):
        frame = frame.with_columns(pl.Series(name, random.sample(frame[name].to_list(), frame.height)))
    store(warehouse, frame)
    assert made(warehouse) == {}
    assert "no number of clusters" in str(note(warehouse)[1])
    assert warehouse.value("select count(*) from mart.persona_trial where is_chosen") == 0
    assert warehouse.value("select count(*) from mart.persona_trial") == 7


def test_rules_of_ones_own_that_nothing_reads_are_told(warehouse: Warehouse) -> None:
    pytest.importorskip("sklearn")
    warehouse.execute("update config.persona_rule set persona = 'mine' where persona = 'regular'")
    made(warehouse)
    assert "persona_rule.csv are not used" in str(note(warehouse)[1])


@pytest.fixture(scope="module")
def world() -> Iterator[Warehouse]:
    with mart_world(journeys=160) as made_world:
        make_world(made_world)
        yield made_world


def make_world(world: Warehouse) -> None:
    make_cutoff(world)
    make_some_marts(world, "mart.headline")
    core = {model.name: model for model in build.read_models(build.sql_files(), "core")}
    build.run_models(world, [core["core.journey_feature"]])
    make_persona(world, cutoff=CUTOFF)
    make_persona_card(world)


def test_the_features_are_what_was_known_when_the_journey_began(world: Warehouse) -> None:
    found = {row["journey_id"]: row for row in world.frame("select * from core.journey_feature").to_dicts()}
    rows = world.frame(
        "select j.journey_id, j.customer_id, j.started_at, j.is_passive, j.first_channel, t.device, t.stage "
        "from core.journey as j join core.touchpoint as t on t.journey_id = j.journey_id and t.position = 1 "
        "order by j.customer_id, j.started_at, j.journey_id"
    ).to_dicts()
    assert len(found) == len(rows) == world.value("select count(*) from core.journey")
    groups = {"email": "mailing", "direct": "direct", None: "unknown"}
    for row in rows:
        earlier = [
            other
            for other in rows
            if other["customer_id"] == row["customer_id"]
            and (other["started_at"], other["journey_id"]) < (row["started_at"], row["journey_id"])
            and not other["is_passive"]
        ]
        own = found[row["journey_id"]]
        assert own["channel"] == groups[row["first_channel"]]
        assert (own["device"], own["entry_stage"]) == (row["device"], row["stage"])
        assert own["previous_channel"] == (groups[earlier[-1]["first_channel"]] if earlier else "none")
        assert own["weekpart"] == ("weekend" if row["started_at"].isoweekday() > 5 else "working_day")
        parts = ("night", "morning", "afternoon", "evening")
        assert own["daypart"] == parts[row["started_at"].hour // 6]


def test_the_cards_count_active_journeys_by_persona(world: Warehouse) -> None:
    expected = world.rows("""
        select s.persona, count(*), count(distinct j.customer_id),
            count(*) filter (where j.is_settled and j.status <> 'open'),
            count(*) filter (where j.is_settled and j.status = 'converted')
        from core.journey_at_cutoff as j join core.journey_segment as s using (journey_id)
        where not j.is_passive group by s.persona order by count(*) desc, s.persona
    """)
    rows = world.frame("select * from mart.persona order by place").to_dicts()
    counts = ("persona", "journey_count", "customer_count", "settled_count", "converted_count")
    told = [tuple(row[name] for name in counts) for row in rows if not row["is_suppressed"]]
    assert told == [row for row in expected if row[2] >= 5]
    assert len(rows) == len(expected) > 1
    assert {row["source"] for row in rows} == {"rules"}
    medoids = [row for row in rows if not row["is_suppressed"]]
    for row in medoids:
        journey = world.rows(
            "select s.persona, j.activities from core.journey_at_cutoff as j join core.journey_segment as s "
            "using (journey_id) where journey_id = ? and not j.is_passive",
            [row["medoid_journey_id"]],
        )
        assert journey == [(row["persona"], row["medoid_activities"])]


def test_every_column_is_explained(world: Warehouse) -> None:
    told = world.frame("select table_name, column_name, meaning from config.mart_column")
    assert told["meaning"].null_count() == 0
    for mart in MARTS:
        explained = told.filter(pl.col("table_name") == mart)["column_name"].to_list()
        assert explained == world.columns(f"mart.{mart}")


@pytest.mark.parametrize(
    "fault",
    [
        "delete from mart.persona where place = 1",
        "update mart.persona set converted_count = settled_count + 1 where place = 1",
        "update mart.persona set customer_count = journey_count + 1 where place = 1",
        "update mart.persona set journey_low_share = journey_share + 0.1 where place = 1",
        "update mart.persona set jaccard = 0.7 where place = 1",
    ],
)
def test_the_check_finds_the_fault(world: Warehouse, fault: str) -> None:
    check = next(model for model in build.read_models(build.sql_files(), "check") if model.name == f"check.{CHECK}")
    assert world.rows(check.sql) == []
    world.execute("begin transaction")
    try:
        world.execute(fault)
        assert world.rows(check.sql) != []
    finally:
        world.execute("rollback")


def test_the_check_lets_a_kept_number_be_a_little_less_stable(world: Warehouse) -> None:
    check = next(model for model in build.read_models(build.sql_files(), "check") if model.name == f"check.{CHECK}")
    world.execute("begin transaction")
    try:
        world.execute("insert into mart.persona_trial values (3, 0.7, 0.3, 0.1, false, true, true, true)")
        world.execute("update mart.persona set jaccard = 0.7 where place = 1")
        assert world.rows(check.sql) == []
        world.execute("update mart.persona set jaccard = 0.69 where place = 1")
        assert world.rows(check.sql) != []
    finally:
        world.execute("rollback")


def frames(world: Warehouse) -> dict[str, pl.DataFrame]:
    return complete({f"mart.{mart}": world.frame(f"select * from mart.{mart}") for mart in MARTS})


def test_the_page_has_a_card_per_persona_with_five_customers(world: Warehouse) -> None:
    section = personas(frames(world))
    assert section is not None
    shown = world.value("select count(*) from mart.persona where not is_suppressed")
    assert section.html().count('class="persona"') == shown
    assert "persona_rule.csv" in section.body
    assert "Fewer than 1,000 journeys: too few" in section.body
    assert personas(complete({})) is None


def test_the_page_is_italian_with_its_figures(world: Warehouse) -> None:
    with written_in("it"):
        section = personas(frames(world))
    assert section is not None
    assert "Meno di 1.000 percorsi: troppo pochi per formare gruppi" in section.body
    assert "Un percorso tipico" in section.body
    assert not [word for word in ("journeys of", " all others", "Brought by") if word in section.html()]


KEPT = {
    "cluster_count": 3, "lowest_jaccard": 0.72, "silhouette": 0.3, "reference_silhouette": 0.1, "is_stable": False,
    "is_separate": True, "is_chosen": True, "is_kept": True,
}  # fmt: skip


@pytest.mark.parametrize(
    ("language", "verdict", "bar"),
    [
        ("en", "kept from the last run", "0.72 of 1 (0.70 keeps the number of the last run, 0.75"),
        ("it", "mantenuto dall&#x27;ultima esecuzione", "0,72 su 1 (basta 0,70 per mantenere"),
    ],
)
def test_a_kept_number_is_said_to_be_kept(world: Warehouse, language: str, verdict: str, bar: str) -> None:
    held = frames(world)
    stable = held["mart.persona"].with_columns(jaccard=pl.lit(0.72))
    with written_in(language):
        section = personas(complete({**held, "mart.persona": stable, "mart.persona_trial": pl.DataFrame([KEPT])}))
        anew = personas(complete({**held, "mart.persona": stable}))
    assert section is not None
    assert anew is not None
    assert verdict in section.body
    assert bar in section.body
    assert verdict not in anew.body
    assert bar not in anew.body
    rows = world.frame("select * from mart.persona order by place").to_dicts()
    assert "kept" in personas_text({"persona": rows, "trial": [KEPT]}).split("How many")[1].split("kept from", 1)[1]


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "Inferred friction: 12.0 of 100 (10.0 to 14.0; over 296 stages entered)"),
        ("it", "Attrito dedotto: 12,0 su 100 (da 10,0 a 14,0; su 296 ingressi in una fase)"),
    ],
)
def test_friction_is_over_stages_entered_not_journeys(world: Warehouse, language: str, expected: str) -> None:
    held = frames(world)
    first = held["mart.persona"].filter(~pl.col("is_suppressed"))["persona"][0]
    felt = {
        "persona": first, "stage": "all", "kind": "inferred", "measure": "friction", "n": 296, "customer_count": 90,
        "mean": 0.12, "low": 0.10, "high": 0.14, "is_shown": True, "is_suppressed": False,
    }  # fmt: skip
    with written_in(language):
        section = personas(complete({**held, "mart.feeling": pl.DataFrame([felt])}))
    assert section is not None
    assert expected in section.body.replace("\u00a0", " ")


def test_a_suppressed_persona_is_counted_and_not_named(world: Warehouse) -> None:
    held = frames(world)
    first = held["mart.persona"].sort("place")["title"][0]
    hidden = held["mart.persona"].with_columns(is_suppressed=pl.col("place") == 1)
    section = personas({**held, "mart.persona": hidden})
    assert section is not None
    assert f">{first}<" not in section.html()
    assert "fewer than 5 customers: 1." in section.body


def test_the_terminal_shows_personas_and_the_reason(world: Warehouse) -> None:
    rows = world.frame("select * from mart.persona order by place").to_dicts()
    text = personas_text({"persona": rows, "trial": []})
    assert rows[0]["persona"] in text
    assert "too few for clusters" in text
    assert personas_text({"persona": [], "trial": []}) == "no journey has begun yet: there are no personas"


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"feature": "colour"}, "'colour' is not one of past"),
        ({"weight": "much"}, "'much' is not a number from 0 to 100"),
        ({"weight": "-1"}, "'-1' is not a number from 0 to 100"),
    ],
)
def test_a_feature_row_that_is_wrong_is_named(cells: dict[str, str], expected: str) -> None:
    held = build.rule_frames(build.sql_files())
    row = {**dict.fromkeys(held["persona_feature"].columns), "feature": "past", "weight": "1", **cells}
    frame = pl.DataFrame([row], schema=held["persona_feature"].schema)
    with pytest.raises(ConfigurationError) as raised:
        check_persona_features({**held, "persona_feature": frame})
    assert expected in str(raised.value)


def test_some_feature_must_weigh_something() -> None:
    held = build.rule_frames(build.sql_files())
    nothing = held["persona_feature"].with_columns(weight=pl.lit("0"))
    with pytest.raises(ConfigurationError, match="one feature at least needs a weight above 0"):
        check_persona_features({**held, "persona_feature": nothing})
    check_persona_features(held)
