"""`journey explain` and `journey undo`, on a workspace of which only the identity tables were made."""

import csv
import shutil
from pathlib import Path

import pytest
from identity_workspace import TOML, rebuilt
from identity_world import Seen, customer_name, customers

from journey_analytics.answers import explain_customer, explain_link
from journey_analytics.config import Config, read_config
from journey_analytics.errors import ConfigurationError, DataError, JourneyError
from journey_analytics.terminal import link_explanation, undone_text
from journey_analytics.undo import COLUMNS, PLACE, undo
from journey_analytics.workspace import writable

ANN, MAIL, PHONE = ("user_id", "Ann"), ("email", "ann@x.org"), ("phone", "+491")
STORE, TICKET = ("shopify_customer_id", "5"), ("zendesk_ticket_id", "5")
COOKIE, TABLET, LONE = ("anonymous_id", "cookie"), ("device_id", "tablet"), ("anonymous_id", "lone")
EVENTS = [
    Seen("login", 0, (ANN, COOKIE)),
    Seen("again", 9, (ANN, COOKIE, TABLET)),
    Seen("profile", 1, (ANN, MAIL), activity=None),
    Seen("order", 2, (MAIL, STORE, PHONE), source="store", activity="order_placed"),
    Seen("call", 3, (TICKET, PHONE), source="support"),
    Seen("view", 4, (COOKIE,)),
    Seen("other", 5, (LONE,)),
    Seen("case", 6, (("user_id", "ann"),)),
]


@pytest.fixture(scope="module")
def made_shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace whose warehouse holds the events and their identities."""
    root = tmp_path_factory.mktemp("shop")
    (root / "journey.toml").write_text(TOML)
    with rebuilt(read_config(root / "journey.toml"), EVENTS) as warehouse:
        assert warehouse.value("select count(*) from core.customer_event") == 7
    return root


@pytest.fixture
def shop(made_shop: Path, tmp_path: Path) -> Config:
    """The shop, to write in."""
    return read_config(shutil.copytree(made_shop, tmp_path / "shop") / "journey.toml")


def test_the_shortest_chain_says_for_each_link_the_rule_and_an_example(shop: Config) -> None:
    found = explain_link(shop, "COOKIE", "zendesk_ticket_id:5")
    assert found["is_one_customer"] and found["customer_ids"] == [customer_name(ANN)]
    assert [(link["rule"], link["event_count"], link["example_source_event_id"]) for link in found["links"]] == [
        ("nearest_login", 2, "login"),
        ("strong_link", 1, "profile"),
        ("strong_link", 1, "order"),
        ("reference_link", 1, "call"),
    ]
    ends = [found["links"][0]["identity_value"], *(link["other_value"] for link in found["links"])]
    assert ends == ["cookie", "Ann", "ann@x.org", "+491", "5"]
    shown = link_explanation(found)
    assert "anonymous_id:cookie and zendesk_ticket_id:5\nare one customer: c_" in shown
    assert "│ nearest_login: 2 events, 2026-01-01 00:00 – 2026-01-01 09:00 UTC" in shown
    assert max(map(len, shown.splitlines())) <= 100


def test_a_device_stands_only_at_the_end_of_a_chain(shop: Config) -> None:
    found = explain_link(shop, "cookie", "tablet")
    assert [link["rule"] for link in found["links"]] == ["same_event"]
    apart = explain_link(shop, "device_id:tablet", "ann@x.org")
    assert [(link["identity_value"], link["other_value"]) for link in apart["links"]] == [
        ("tablet", "Ann"),
        ("Ann", "ann@x.org"),
    ]


def test_identities_of_two_customers_are_said_to_be_two(shop: Config) -> None:
    found = explain_link(shop, "lone", "user_id:Ann")
    assert (found["is_one_customer"], found["customer_ids"], found["links"]) == (False, [], [])
    shown = link_explanation(found).splitlines()
    assert shown[:2] == ["anonymous_id:lone and user_id:Ann", "are not one customer"]
    assert shown[2] == f"  anonymous_id:lone: {customer_name(LONE)}"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("5", "'5' is 2 identities: name one of shopify_customer_id:5, zendesk_ticket_id:5"),
        ("ANN", "'ANN' is 2 identities: name one of user_id:Ann, user_id:ann"),
        ("nobody", "nobody is known as 'nobody'"),
        ("email:Ann", "nobody is known as 'email:Ann'"),
    ],
)
def test_a_value_that_is_none_or_several_identities_is_one_clear_error(shop: Config, typed: str, said: str) -> None:
    with pytest.raises(DataError, match=said.replace("'", ".")):
        undo(shop, typed)
    with pytest.raises(DataError, match=said.replace("'", ".")):
        explain_link(shop, "cookie", typed)
    assert not (shop.overlay / PLACE).exists()


def test_undo_writes_a_row_that_the_next_build_applies_and_deleting_it_restores(shop: Config) -> None:
    done = undo(shop, "Ann@X.org", because="a shared\nmailbox")
    assert done.is_new and done.file == shop.overlay / PLACE
    assert done.customers == ({"customer_id": customer_name(ANN), "touchpoint_count": 5, "carrying_count": 1},)
    with done.file.open(newline="") as file:
        assert list(csv.reader(file)) == [list(COLUMNS), ["email", "ann@x.org", "", "", "a shared mailbox"]]
    with rebuilt(shop, EVENTS) as warehouse:
        found = customers(warehouse)
        assert (found["login"], found["view"]) == (customer_name(ANN), customer_name(ANN))
        assert found["order"] == found["call"] == customer_name(STORE)
    with pytest.raises(DataError, match=r"belongs to nobody, it is quarantined: email:ann@x.org \(undone\)"):
        _explain(shop, "ann@x.org")
    done.file.unlink()
    with rebuilt(shop, EVENTS) as warehouse:
        assert customers(warehouse)["order"] == customer_name(ANN)


def _explain(config: Config, identity: str) -> None:
    with writable(config) as warehouse:
        warehouse.execute("create table if not exists core.touchpoint (x int)")
    explain_customer(config, identity)


def test_undo_of_a_link_names_the_chain_that_remains(shop: Config) -> None:
    done = undo(shop, "+491", other="shopify_customer_id:5")
    assert [(link["identity_value"], link["other_value"]) for link in done.remaining] == [
        ("+491", "ann@x.org"),
        ("ann@x.org", "5"),
    ]
    assert "they stay one customer by other links" in undone_text(done)
    last = undo(shop, "ann@x.org", other="shopify_customer_id:5")
    assert last.remaining == ()
    assert "other links" not in undone_text(last)
    with rebuilt(shop, EVENTS) as warehouse:
        store = "select customer_id from core.customer_identity where identity_type = 'shopify_customer_id'"
        assert warehouse.value(store) == customer_name(STORE)
        assert customers(warehouse)["call"] == customer_name(ANN)


def test_the_same_undo_twice_says_so_and_writes_nothing(shop: Config) -> None:
    first = undo(shop, "cookie", other="user_id:Ann")
    text = first.file.read_text()
    again = undo(shop, "user_id:Ann", other="COOKIE", because="again")
    assert (first.is_new, again.is_new) == (True, False)
    assert first.file.read_text() == text
    assert "undone already" in undone_text(again) and "journey run" in undone_text(again)
    assert undo(shop, "cookie").is_new


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        ("cookie", "tablet", "two devices: only logins connect them"),
        ("cookie", "+491", "anonymous_id:cookie – user_id:Ann – email:ann@x.org – phone:.491: undo one of these links"),
        ("lone", "user_id:Ann", "they are not one customer"),
        ("cookie", "COOKIE", "no link with itself"),
    ],
)
def test_what_is_no_link_cannot_be_undone(shop: Config, one: str, other: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        undo(shop, one, other=other)
    assert not (shop.overlay / PLACE).exists()


def test_a_rule_file_with_another_header_is_left_alone(shop: Config) -> None:
    file = shop.overlay / PLACE
    file.parent.mkdir(parents=True)
    file.write_text("identity_type,identity_value\nemail,x\n")
    with pytest.raises(ConfigurationError, match="the header must be: identity_type,identity_value,other_type"):
        undo(shop, "cookie")
    assert file.read_text() == "identity_type,identity_value\nemail,x\n"


def test_values_with_commas_and_quotes_survive_the_file(shop: Config) -> None:
    undo(shop, "cookie", because='said "no", twice')
    undo(shop, "tablet")
    with rebuilt(shop, EVENTS) as warehouse:
        rows = warehouse.rows("select identity_value, reason from config.identity_undone")
    assert rows == [("cookie", 'said "no", twice'), ("tablet", None)]


def test_before_a_run_there_is_nothing_to_undo(tmp_path: Path) -> None:
    (tmp_path / "journey.toml").write_text(TOML)
    with pytest.raises(JourneyError, match="run `journey run` first"):
        undo(read_config(tmp_path / "journey.toml"), "ann@x.org")
