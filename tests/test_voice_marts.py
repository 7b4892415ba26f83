"""`mart.voice` and `mart.voice_quote` against counting by hand; their checks find what is wrong."""

from collections.abc import Iterator
from itertools import product
from random import Random

import polars as pl
import pytest
from mart_world import make_cutoff, mart_world

from journey_analytics import build
from journey_analytics.intervals import wilson_low
from journey_analytics.voice.shown import GROUPS, make_voice_shown
from journey_analytics.voice.step import SCHEMA
from journey_analytics.warehouse import Warehouse

NAMES = ("persona", "stage", "topic", "kind")
MARTS = ("mart.voice", "mart.voice_quote")
CHECKS = {
    model.name.removeprefix("check."): model.sql
    for model in build.read_models(build.sql_files(), "check")
    if "voice" in model.name or "text_that_is_published" in model.name
}
SPOKEN = """
select x.*, t.stage, j.customer_id, coalesce(s.persona, 'unknown') as persona, t.occurred_at
from core.touchpoint_text as x
inner join core.touchpoint_at_cutoff as t using (touchpoint_id)
inner join core.journey_at_cutoff as j on t.journey_id = j.journey_id
left join core.journey_segment as s on j.journey_id = s.journey_id
where not j.is_passive
"""


@pytest.fixture(scope="module")
def warehouse() -> Iterator[Warehouse]:
    with mart_world(journeys=160, seed=3) as made:
        make_cutoff(made)
        _write_texts(made)
        _make(made)
        yield made


def _write_texts(warehouse: Warehouse) -> None:
    random = Random(6)
    ids = warehouse.rows("select touchpoint_id, journey_id from core.touchpoint order by touchpoint_id")
    texts = ["It is late. " * size + "Yes" for size in (1, 4, 30)] + ["Very good and nice boots, I am happy with them"]
    rows = [
        {
            "touchpoint_id": touchpoint,
            "journey_id": journey,
            "kind": random.choice(["review", "ticket"]),
            "language": "en",
            "text": f"{random.choice(texts)} {random.choice('abcdefgh')}",
            "feeling": 0.5,
            "feeling_label": random.choice(["negative", "negative", "neutral", "positive", None]),
            "topic": random.choice(["delivery", "delivery", "price", "other"]),
        }
        for touchpoint, journey in ids
        if random.random() < 0.5
    ]
    warehouse.create_from("core.touchpoint_text", pl.DataFrame(rows, schema=SCHEMA))


def _make(warehouse: Warehouse) -> None:
    files = build.sql_files()
    models = [model for schema in ("core", "mart") for model in build.read_models(files, schema)]
    build.run_models(warehouse, build.ordered(model for model in models if model.name in (GROUPS, MARTS[1])))
    make_voice_shown(warehouse)


def _groups(spoken: pl.DataFrame, names: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], pl.DataFrame]]:
    for wanted in product(*([*sorted(spoken[name].unique()), "all"] for name in names)):
        fits = [pl.col(name) == value for name, value in zip(names, wanted, strict=True) if value != "all"]
        part = spoken.filter(fits) if fits else spoken
        if part.height:
            yield wanted, part


def test_every_group_is_what_counting_by_hand_gives(warehouse: Warehouse) -> None:
    rows = {tuple(row[name] for name in NAMES): row for row in warehouse.frame("from mart.voice").to_dicts()}
    spoken = warehouse.frame(SPOKEN)
    groups = dict(_groups(spoken, NAMES))
    assert set(rows) == set(groups)
    for key, part in groups.items():
        by_hand = _by_hand(part)
        is_hidden_too = rows[key]["is_suppressed"] and not by_hand[-2]
        assert _figures(rows[key]) == ((None,) * 6 + (True, False) if is_hidden_too else by_hand), key
    assert any(row["is_suppressed"] for row in rows.values())
    assert any(row["is_shown"] for row in rows.values())


def test_no_hidden_group_is_a_shown_whole_less_its_shown_parts(warehouse: Warehouse) -> None:
    rows = {
        tuple(row[name] for name in NAMES): row["is_suppressed"]
        for row in warehouse.frame("from mart.voice").to_dicts()
    }
    lines: dict[tuple[int, tuple[str, ...]], list[bool]] = {}
    for key, is_hidden in rows.items():
        for place in range(len(NAMES)):
            if key[place] != "all":
                lines.setdefault((place, (*key[:place], "all", *key[place + 1 :])), []).append(is_hidden)
    assert any(sum(parts) > 1 for parts in lines.values())
    assert not [whole for (_, whole), parts in lines.items() if not rows[whole] and sum(parts) == 1]


def _figures(row: dict[str, object]) -> tuple[object, ...]:
    names = ("text_count", "customer_count", "journey_count", "felt_count", "negative_count", "freshest_at")
    return (*(row[name] for name in names), row["is_suppressed"], row["is_shown"])


def _by_hand(part: pl.DataFrame) -> tuple[object, ...]:
    customers, felt = part["customer_id"].n_unique(), part["feeling_label"].count()
    if customers < 5:
        return (None,) * 6 + (True, False)
    negative = part.filter(pl.col("feeling_label") == "negative").height
    counts = (part.height, customers, part["journey_id"].n_unique(), felt, negative, part["occurred_at"].max())
    return (*counts, False, felt >= 30)


def test_the_interval_is_of_the_texts_that_the_customers_are_worth(warehouse: Warehouse) -> None:
    row = warehouse.frame("from mart.voice where persona = 'all' and stage = 'all' and topic = 'all' and kind = 'all'")
    felt = warehouse.frame(SPOKEN).drop_nulls("feeling_label")
    sizes = felt.group_by("customer_id").len()["len"]
    worth = felt.height**2 / (sizes**2).sum()
    share = (felt["feeling_label"] == "negative").mean()
    assert worth < felt.height
    assert row["negative_share"][0] == pytest.approx(share)
    low = pl.select(wilson_low(pl.lit(share), pl.lit(worth))).item()
    assert row["negative_low"][0] == pytest.approx(low)


def test_quotes_are_of_large_groups_of_several_customers_and_short(warehouse: Warehouse) -> None:
    quotes = warehouse.frame("from mart.voice_quote")
    spoken = warehouse.frame(SPOKEN).with_columns(pl.col("feeling_label").fill_null("unknown"))
    names = ("persona", "stage", "topic")
    large = {
        (*key, feeling[0])
        for key, part in _groups(spoken, names)
        for feeling, felt in part.group_by("feeling_label")
        if felt["customer_id"].n_unique() >= 5
    }
    assert set(quotes.select(*names, "feeling_label").iter_rows()) == large
    assert quotes["quote"].str.len_chars().max() <= 160
    assert quotes["place"].max() == 3
    per_group = quotes.group_by(*names, "feeling_label").agg(
        pl.col("quote").n_unique().alias("wordings"), pl.len(), places=pl.col("place").sort()
    )
    assert (per_group["wordings"] == per_group["len"]).all()
    assert all(places == list(range(1, len(places) + 1)) for places in per_group["places"].to_list())


def test_the_order_of_the_rows_changes_nothing(warehouse: Warehouse) -> None:
    before = [warehouse.frame(f"select * from {mart} order by all") for mart in MARTS]
    texts = warehouse.frame("from core.touchpoint_text")
    warehouse.create_from("core.touchpoint_text", texts.sample(fraction=1, shuffle=True, seed=2))
    _make(warehouse)
    assert all(
        warehouse.frame(f"select * from {mart} order by all").equals(one)
        for mart, one in zip(MARTS, before, strict=True)
    )


FAULTS = {
    "every_text_of_an_active_journey_is_in_the_voice": (
        "update mart.voice set text_count = text_count + 1 where topic = 'all'",
        "update mart.voice set negative_count = negative_count + 1 where topic = 'price'",
        "update mart.voice set negative_low = negative_share + 0.01",
        "update mart.voice set text_count = 3 where is_suppressed",
    ),
    "no_quote_of_the_voice_comes_from_fewer_than_five_customers": (
        "insert into mart.voice_quote by name select 'nobody' as persona, 'all' as stage, 'all' as topic, "
        "'negative' as feeling_label, 1 as place, 'x' as quote",
    ),
    "no_text_that_is_published_holds_an_address_or_a_number": (
        "update core.touchpoint_text set text = 'write to a@b.example' where kind = 'review'",
        "update core.touchpoint_text set text = 'call 0151 2345' where kind = 'review'",
    ),
}


@pytest.mark.parametrize(("check", "fault"), [(check, fault) for check, faults in FAULTS.items() for fault in faults])
def test_a_check_passes_and_finds_what_is_wrong(warehouse: Warehouse, check: str, fault: str) -> None:
    assert set(CHECKS) == set(FAULTS)
    assert warehouse.rows(CHECKS[check]) == []
    tables = (*MARTS, "core.touchpoint_text")
    kept = {table: warehouse.frame(f"from {table}") for table in tables}
    try:
        warehouse.execute(fault)
        assert warehouse.rows(CHECKS[check]) != []
    finally:
        for table, frame in kept.items():
            warehouse.create_from(table, frame)
