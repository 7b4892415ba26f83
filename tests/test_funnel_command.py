"""Funnels through a whole run: a shop typed by hand, the demo against plain SQL, the command and its faults."""

import csv
import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from typer.testing import CliRunner

from journey_analytics import run as job
from journey_analytics.cli import app
from journey_analytics.config import Config, read_config
from journey_analytics.demo import make_demo_workspace
from journey_analytics.errors import ConfigurationError
from journey_analytics.funnel.definition import funnel
from journey_analytics.funnel.result import funnel_result
from journey_analytics.warehouse import open_published, open_warehouse

SEEN, ADDED, CHECKOUT, ORDERED = "Product Viewed", "Product Added", "Checkout Started", "Order Completed"
EVENTS = [
    ("ann", "2026-01-02T10:00:00Z", SEEN, "mobile"), ("ann", "2026-01-02T10:05:00Z", ADDED, "desktop"),
    ("ann", "2026-01-03T10:00:00Z", CHECKOUT, "desktop"), ("ann", "2026-01-03T10:10:00Z", ORDERED, "desktop"),
    ("bob", "2026-01-02T11:00:00Z", SEEN, "mobile"), ("bob", "2026-01-02T11:01:00Z", ADDED, "mobile"),
    ("bob", "2026-01-02T11:02:00Z", "Product Removed", "mobile"),
    ("cem", "2026-01-02T12:00:00Z", SEEN, "desktop"),
    ("dee", "2026-03-30T10:00:00Z", SEEN, "mobile"), ("dee", "2026-03-30T10:05:00Z", ADDED, "mobile"),
    ("eva", "2026-03-31T10:00:00Z", ADDED, "mobile"), ("eva", "2026-03-31T10:05:00Z", CHECKOUT, "mobile"),
]  # fmt: skip
AGENTS = {
    "mobile": "Mozilla/5.0 (iPhone; CPU iPhone OS 16_0 like Mac OS X)",
    "desktop": "Mozilla/5.0 (Windows NT 10.0; Win64; x64)",
}
TOML = """
[[source]]
name = "web"
format = "segment"
path = "landing/*.jsonl"
"""
FUNNEL = """
[[funnel]]
name = "buying"
steps = ["product_viewed", "product_added", "checkout_started", "is:purchase"]
by = "device"
"""
HAND_COUNT = """
with entry as (
    select t.journey_id, min(t.occurred_at) as entered_at
    from core.touchpoint as t
    inner join core.journey as j on t.journey_id = j.journey_id
    where t.activity = 'product_viewed' and not j.is_passive and t.occurred_at <= $1
    group by t.journey_id
),

added as (
    select e.journey_id, any_value(e.entered_at) as entered_at, min(t.occurred_at) as added_at
    from entry as e
    inner join core.touchpoint as t on e.journey_id = t.journey_id and t.activity = 'product_added'
    where t.occurred_at > e.entered_at and t.occurred_at <= least(e.entered_at + interval 30 days, $1)
    group by e.journey_id
),

checkout as (
    select a.journey_id, any_value(a.entered_at) as entered_at, min(t.occurred_at) as checkout_at
    from added as a
    inner join core.touchpoint as t on a.journey_id = t.journey_id and t.activity = 'checkout_started'
    where t.occurred_at > a.added_at and t.occurred_at <= least(a.entered_at + interval 30 days, $1)
    group by a.journey_id
),

bought as (
    select distinct c.journey_id
    from checkout as c
    inner join core.touchpoint as t
        on c.journey_id = t.journey_id and t.activity in ('order_placed', 'order_completed')
    where t.occurred_at > c.checkout_at and t.occurred_at <= least(c.entered_at + interval 30 days, $1)
),

lost as (
    select
        e.journey_id,
        coalesce(j.closed_at, timestamp '2999-01-01') <= $1 or e.entered_at + interval 30 days <= $1 as is_over,
        (a.journey_id is not null)::int + (c.journey_id is not null)::int + (b.journey_id is not null)::int as steps
    from entry as e
    inner join core.journey as j on e.journey_id = j.journey_id
    left join added as a on e.journey_id = a.journey_id
    left join checkout as c on e.journey_id = c.journey_id
    left join bought as b on e.journey_id = b.journey_id
)

select
    step_number,
    count(*) filter (where steps >= step_number - 2)::bigint as entered_count,
    count(*) filter (where steps >= step_number - 1)::bigint as advanced_count,
    count(*) filter (where steps = step_number - 2 and is_over)::bigint as dropped_count,
    count(*) filter (where steps = step_number - 2 and not is_over)::bigint as open_count
from lost
cross join (select unnest([2, 3, 4]) as step_number)
group by step_number
order by step_number
"""


def write_shop(root: Path, funnels: str) -> Config:
    (root / "landing").mkdir(parents=True, exist_ok=True)
    lines = [
        {"messageId": f"m{number}", "type": "track", "userId": who, "anonymousId": f"a_{who}", "timestamp": at}
        | {"event": event, "context": {"userAgent": AGENTS[device]}, "properties": _properties(number, event)}
        for number, (who, at, event, device) in enumerate(EVENTS)
    ]
    (root / "landing" / "a.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    (root / "journey.toml").write_text(TOML + funnels, encoding="utf-8")
    return read_config(root / "journey.toml")


def _properties(number: int, event: str) -> dict[str, object]:
    return {"order_id": str(number), "revenue": 50, "currency": "EUR"} if event == ORDERED else {}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """The shop typed by hand, on the last day of March 2026."""
    config = write_shop(tmp_path_factory.mktemp("shop"), FUNNEL)
    job.run(config, as_of=date(2026, 3, 31))
    return config


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Config]:
    config = read_config(make_demo_workspace(tmp_path_factory.mktemp("demo") / "demo"))
    job.run(config)
    yield config


def rows(config: Config, sql: str) -> list[tuple[Any, ...]]:
    with open_published(config.published) as published:
        return published.rows(sql)


def call(config: Config, *words: str) -> str:
    found = CliRunner(env={"COLUMNS": "160"}).invoke(app, ["funnel", *words, "--config", str(config.file)])
    assert found.exit_code == 0, found.output
    return found.stdout


def test_the_shop_typed_by_hand_has_the_counts_typed_by_hand(shop: Config) -> None:
    counts = "entered_count, advanced_count, dropped_count, open_count"
    assert rows(shop, f"select {counts} from mart.funnel where segment = 'all' order by step_number") == [
        (4, 4, 0, 0), (4, 3, 1, 0), (3, 1, 1, 1), (1, 1, 0, 0),
    ]  # fmt: skip
    split = f"select segment_value, {counts} from mart.funnel where segment = 'device' and step_number = 3 order by 1"
    assert rows(shop, split) == [("desktop", 0, 0, 0, 0), ("mobile", 3, 1, 1, 1)]
    assert rows(shop, "select step, activity, unit_count, share from mart.funnel_instead order by step_number") == [
        ("product_viewed", None, 1, 1.0), ("product_added", "product_removed", 1, 1.0),
    ]  # fmt: skip


def test_the_demo_has_a_funnel_and_it_equals_a_count_in_plain_sql(demo: Config) -> None:
    counts = "step_number, entered_count, advanced_count, dropped_count, open_count"
    with open_published(demo.published) as published:
        cutoff = published.value("select max(cutoff_at) from run.build")
        hand = published.frame(HAND_COUNT, parameters=[cutoff])
        ours = published.frame(f"select {counts} from mart.funnel where step_number > 1 order by step_number")
        purchase = published.rows("select distinct step from mart.funnel where step_number = 4")
    assert_frame_equal(ours, hand.cast(ours.schema))
    assert min(hand["advanced_count"].to_list()) > 50
    assert purchase == [("purchase",)]


def test_every_column_of_the_tables_has_a_meaning(shop: Config) -> None:
    for name in ("funnel", "funnel_instead"):
        told = rows(shop, f"select column_name from mart.dictionary where table_name = '{name}'")
        with open_published(shop.published) as published:
            assert sorted(row[0] for row in told) == sorted(published.columns(f"mart.{name}"))


def test_the_command_shows_the_table_what_they_did_instead_and_the_definition(shop: Config) -> None:
    text = call(shop, "buying")
    assert text.count("Of journeys with product_viewed, those that go on to product_added, then checkout_started") == 1
    assert "1 lost after product_added: product_removed 100.0 %" in text
    assert "device mobile" in text
    found = json.loads(call(shop, "buying", "--json"))
    assert [step["advanced_count"] for step in found["steps"] if step["segment"] == "all"] == [4, 3, 1, 1]
    assert found["definition"] in text


def test_options_change_what_is_counted(shop: Config) -> None:
    found = json.loads(call(shop, "buying", "--window", "1h", "--json"))
    assert [step["advanced_count"] for step in found["steps"] if step["segment"] == "all"] == [4, 3, 0, 0]
    entered = json.loads(call(shop, "product_viewed", "product_added", "checkout_started", "--open", "--json"))
    assert [step["started_count"] for step in entered["steps"]] == [0, 1, 0]
    strict = json.loads(
        call(shop, "product_viewed", "product_added", "--order", "strict", "--unit", "session", "--json")
    )
    assert [step["advanced_count"] for step in strict["steps"]] == [4, 3]
    left_out = call(
        shop, "product_viewed", "is:purchase", "--exclude", "product_removed", "--exclude-mode", "drop_journey"
    )
    assert "1 journeys were left out by the exclusion" in left_out


def test_in_strict_order_what_came_between_ends_the_attempt(shop: Config) -> None:
    found = json.loads(call(shop, "product_added", "is:purchase", "--order", "strict", "--json"))
    last = found["steps"][-1]
    # Ann went to the checkout, Bob removed it, Eva went to the checkout; Dee may still buy.
    assert [last[name] for name in ("entered_count", "advanced_count", "dropped_count", "open_count")] == [4, 0, 3, 1]


def test_the_list_of_those_who_dropped(shop: Config, tmp_path: Path) -> None:
    text = call(shop, "buying", "--dropped", "product_added")
    assert "1 dropped after product_added" in text
    assert "2026-01-02 11:01:00" in text
    assert "product_removed" in text
    file = tmp_path / "dropped.csv"
    assert "1 rows written" in call(shop, "buying", "--dropped", "product_added", "--csv", str(file))
    (row,) = csv.DictReader(file.read_text(encoding="utf-8").splitlines())
    assert (row["next_activity"], row["last_activity"], row["stage"]) == (
        "product_removed",
        "product_removed",
        "decision",
    )
    assert "nobody dropped after checkout_started" in call(shop, "buying", "--dropped", "checkout_started")


def test_the_printed_sql_runs_on_the_published_copy_as_it_stands(shop: Config) -> None:
    text = call(shop, "buying", "--sql")
    assert text.startswith("-- Of journeys with product_viewed")
    assert sorted(row[0] for row in rows(shop, f"select reached_count from ({text.strip().rstrip(';')})")) == [
        1,
        2,
        2,
        4,
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["buyin"], "did you mean 'buying'?"),
        (["product_viewed", "chekout_started"], "did you mean 'checkout_started'?"),
        (["buying", "--by", "devise"], "did you mean 'device'?"),
        (["buying", "--order", "strikt"], "did you mean 'strict'?"),
        (["buying", "--dropped", "is:purchase"], "nobody drops after 'is:purchase'"),
        (["buying", "--csv", "x.csv"], "--dropped STEP"),
        (["buying", "--exclude", "help_view"], "did you mean 'help_viewed'?"),
    ],
)
def test_a_wrong_call_ends_with_2_and_the_nearest_name(shop: Config, words: list[str], said: str) -> None:
    found = CliRunner(env={"COLUMNS": "160"}).invoke(app, ["funnel", *words, "--config", str(shop.file)])
    assert isinstance(found.exception, ConfigurationError)
    assert said in str(found.exception)
    assert found.exception.exit_code == 2


def test_python_and_command_say_the_same_of_workspace_and_warehouse(shop: Config) -> None:
    asked = shop.funnels[0]
    of_copy = funnel_result(shop, asked)
    with open_warehouse(shop.warehouse) as warehouse:
        assert_frame_equal(funnel_result(warehouse, asked).steps, of_copy.steps)
        saved = warehouse.frame("select * from mart.funnel")
    assert_frame_equal(saved, of_copy.steps, check_row_order=False)
    assert of_copy.cutoff == datetime(2026, 4, 1)
    assert funnel_result(shop, funnel("two", ["product_viewed", "product_added"])).steps.height == 2


def test_a_changed_funnel_is_news_and_a_misspelled_one_changes_nothing(tmp_path: Path) -> None:
    config = write_shop(tmp_path, "")
    assert job.run(config, as_of=date(2026, 3, 31)).rebuilt
    with open_published(config.published) as published:
        assert published.frame("select * from mart.funnel").height == 0
        assert published.frame("select * from mart.funnel_instead").schema["share"] == pl.Float64
    assert not job.run(config, as_of=date(2026, 3, 31)).rebuilt
    changed = write_shop(tmp_path, FUNNEL)
    assert job.run(changed, as_of=date(2026, 3, 31)).rebuilt
    assert not job.run(changed, as_of=date(2026, 3, 31)).rebuilt
    misspelled = write_shop(tmp_path, FUNNEL.replace("product_added", "product_aded"))
    for attempt in (lambda: job.run(misspelled, as_of=date(2026, 3, 31)), lambda: job.check(misspelled)):
        with pytest.raises(ConfigurationError, match=r"journey\.toml.*'product_aded'; did you mean 'product_added'"):
            attempt()
    assert rows(config, "select count(*) from mart.funnel where segment = 'all'") == [(4,)]
