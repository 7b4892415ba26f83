"""Phone regions and orders through load, restaging and identity: one spelling, one customer, whatever came first."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from identity_world import identity_models
from load_world import LOADED_AT, World, jsonl, message, segment

from journey_analytics import build, load, run
from journey_analytics.config import Source, read_config
from journey_analytics.errors import ConfigurationError
from journey_analytics.warehouse import open_warehouse

TOML = """
[[source]]
name = "web"
format = "segment"
path = "landing/web/*"
[[source]]
name = "store"
format = "shopify"
path = "landing/store/*"
"""
CHECKS = (
    "every_customer_is_listed_once_with_an_identity",
    "every_identity_has_a_customer_or_is_quarantined",
    "every_link_of_an_identity_has_a_rule_and_a_confidence",
    "linked_identities_have_one_customer",
)
NO_FAILURES: dict[str, list[Any]] = {name: [] for name in CHECKS}
SPELLINGS = ("0151 12345678", "+49 151 12345678", "0049 151 12345678", "tel:+49-151-12345678", "(0151) 1234-5678")


def caller(number: int, phone: str) -> dict[str, Any]:
    return message(number, type="identify", traits={"phone": phone})


def phones(world: World) -> dict[str, str]:
    """The phone number of each event."""
    found = "select source_event_id, list_filter(identities, lambda i: i.identity_type = 'phone')[1].identity_value"
    return dict(world.rows(f"{found} from staging.event"))


@pytest.mark.parametrize("order", [SPELLINGS, SPELLINGS[::-1]])
@pytest.mark.parametrize("size", [1, 2, 5])
def test_any_split_of_the_files_spells_a_number_alike(tmp_path: Path, order: tuple[str, ...], size: int) -> None:
    with World(tmp_path, segment(tmp_path, phone_region="DE")) as world:
        callers = [caller(number, phone) for number, phone in enumerate(order)]
        for at in range(0, len(callers), size):
            world.write(f"landing/web/{at}.jsonl", callers[at : at + size])
        world.load()
        assert set(phones(world).values()) == {"+4915112345678"}


def test_a_changed_region_is_applied_to_what_was_loaded(tmp_path: Path) -> None:
    with World(tmp_path) as world:
        world.write("landing/web/a.jsonl", [caller(number, phone) for number, phone in enumerate(SPELLINGS)])
        world.load()
        before = world.events()
        assert sorted(set(phones(world).values())) == ["+4915112345678", "015112345678"]
        world.sources = (segment(tmp_path, phone_region="DE"),)
        world.restage()
        assert set(phones(world).values()) == {"+4915112345678"}
        world.sources = (segment(tmp_path),)
        world.restage()
        assert world.events() == before


def test_sources_of_one_format_keep_their_own_countries(tmp_path: Path) -> None:
    regions = {"de": "DE", "uk": "GB", "any": None}
    sources = [
        Source(name, "segment", {"": (str(tmp_path / f"landing/{name}/*"),)}, phone_region=region)
        for name, region in regions.items()
    ]
    expected = {"de1": "+492079460958", "uk1": "+442079460958", "any1": "02079460958"}
    with World(tmp_path, *sources) as world:
        for name in regions:
            row = caller(1, "020 7946 0958") | {"messageId": f"{name}1"}
            world.write(f"landing/{name}/a.jsonl", [row])
        world.load()
        assert phones(world) == expected
        world.restage()
        assert phones(world) == expected


@pytest.mark.parametrize(("region", "near"), [("DX", "did you mean"), ("UK", "did you mean")])
def test_a_region_that_is_no_country_is_named_before_anything_is_loaded(tmp_path: Path, region: str, near: str) -> None:
    source = segment(tmp_path, phone_region=region)
    with World(tmp_path, source) as world:
        world.write("landing/web/a.jsonl", [caller(1, SPELLINGS[0])])
        for attempt in (world.load, world.restage, lambda: load.rehearse(world.files, [source], loaded_at=LOADED_AT)):
            with pytest.raises(
                ConfigurationError, match=f"source 'web': phone_region '{region}' is no country.*{near}"
            ):
                attempt()
        assert not world.warehouse.has("run.load") or world.rows("select * from run.load") == []


def test_an_analyst_s_rule_joins_two_spellings_of_an_address(tmp_path: Path) -> None:
    rules = tmp_path / "sql/config/email_rule/own.csv"
    rules.parent.mkdir(parents=True)
    header = "domain,ignores_dots,tag_separator,canonical_domain,description"
    rules.write_text(f"{header}\nmail.example,true,-,,\n", encoding="utf-8")
    written = ("a.b-x@mail.example", "AB@Mail.example")
    rows = [message(number, type="identify", traits={"email": text}) for number, text in enumerate(written)]
    with World(tmp_path, overlay=tmp_path / "sql") as world:
        world.write("landing/web/a.jsonl", rows)
        world.load()
        values = "select distinct list_filter(identities, lambda i: i.identity_type = 'email')[1].identity_value"
        assert world.rows(f"{values} from staging.event") == [("ab@mail.example",)]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (" A.B+x@Gmail.com", {("email", "ab@gmail.com"), ("user_id", "A.B+x@Gmail.com")}),
        ("020 7946 0958", {("phone", "+492079460958"), ("phone", "+442079460958"), ("phone", "02079460958")}),
        ("0049 30 1234567", {("phone", "+49301234567")}),
        ("1001", {("order_id", "1001"), ("zendesk_ticket_id", "1001")}),
    ],
)
def test_what_somebody_types_is_spelled_as_in_the_tables(tmp_path: Path, written: str, expected: set[Any]) -> None:
    sources = [segment(tmp_path, phone_region="DE"), Source("uk", "shopify", {}, phone_region="GB")]
    found = load.spellings(build.sql_files(), sources, written)
    assert expected <= set(found)
    assert len([kind for kind, _ in found if kind == "email"]) == 1
    assert found == sorted(found)


def test_a_placeholder_stands_for_nobody(tmp_path: Path) -> None:
    assert load.spellings(build.sql_files(), [segment(tmp_path)], "null") == []
    assert load.spellings(build.sql_files(), [], "u1") != []


def bought(number: int, order_id: str, **more: Any) -> dict[str, Any]:
    properties = {"order_id": order_id, "revenue": 9, "currency": "EUR"}
    return message(number, type="track", event="Order Completed", properties=properties, **more)


def placed(order_id: str, email: str | None, phone: str | None = None) -> dict[str, Any]:
    at = "2026-05-04T10:00:00Z"
    return {"id": order_id, "email": email, "phone": phone, "created_at": at, "total_price": "9", "currency": "EUR"}


class Shop(World):
    """A web shop and its till; `customers` says whose each touchpoint is."""

    def __init__(self, root: Path) -> None:
        web = segment(root)
        super().__init__(root, web, Source("store", "shopify", {"": (str(root / "landing/store/*"),)}))

    def customers(self, *, web: Sequence[Any] = (), store: Sequence[Any] = (), name: str = "a") -> dict[str, str]:
        """The customer of each touchpoint by its event id, with one more file of each source."""
        self.write(f"landing/web/{name}.jsonl", web)
        self.write(f"landing/store/{name}.jsonl", store)
        self.load()
        build.load_config(self.warehouse, self.files)
        build.load_macros(self.warehouse, self.files)
        build.run_models(self.warehouse, build.ordered(identity_models()))
        return dict(self.rows("select source_event_id, customer_id from core.customer_event"))

    def failures(self) -> dict[str, list[tuple[Any, ...]]]:
        """The rows that the checks on identities return."""
        models = {model.name: model.sql for model in build.read_models(self.files, "check")}
        return {name: self.rows(models[f"check.{name}"]) for name in CHECKS}


def guest(number: int, cookie: str = "g1", **more: Any) -> dict[str, Any]:
    return message(number, anonymousId=cookie, **more)


def test_a_guests_cookie_meets_the_e_mail_of_the_order(tmp_path: Path) -> None:
    web = [guest(1), guest(2), bought(3, "1001", anonymousId="g1"), guest(4, "other")]
    with Shop(tmp_path) as shop:
        found = shop.customers(web=web, store=[placed("1001", "ann@x.org")])
        links = shop.rows("select identity_type, customer_id, rule from core.customer_identity order by all")
        assert shop.failures() == NO_FAILURES
    assert set(found) == {"m1", "m2", "m3", "m4", "1001"}
    ann, other = found["1001"], found["m4"]
    assert found == {"m1": ann, "m2": ann, "m3": ann, "1001": ann, "m4": other}
    assert ann != other
    assert sorted(links) == sorted(
        [
            ("anonymous_id", ann, "nearest_login"),
            ("anonymous_id", other, "anonymous_device"),
            ("email", ann, "own"),
            ("order_id", ann, "reference_link"),
        ]
    )


def test_the_stores_record_may_come_later(tmp_path: Path) -> None:
    web, store = [guest(1), bought(3, "1001", anonymousId="g1")], [placed("1001", "ann@x.org")]
    with Shop(tmp_path / "apart") as shop:
        before = shop.customers(web=web)
        after = shop.customers(store=store, name="b")
    with Shop(tmp_path / "together") as shop:
        assert shop.customers(web=web, store=store) == after
    assert before["m1"] == before["m3"]
    assert set(after.values()) == {after["1001"]}


def test_orders_that_no_record_names_leave_a_guest_one_visitor(tmp_path: Path) -> None:
    web = [guest(1), bought(2, "1001", anonymousId="g1"), bought(3, "1002", anonymousId="g1"), guest(4)]
    with Shop(tmp_path) as shop:
        found = shop.customers(web=web)
        assert shop.failures() == NO_FAILURES
    assert len(found) == 4
    assert len(set(found.values())) == 1


def test_an_order_number_of_two_people_joins_nobody(tmp_path: Path) -> None:
    web = [guest(1), bought(2, "1001", anonymousId="g1"), bought(3, "1001", userId="u3", anonymousId="c3")]
    web += [bought(4, "1001", userId="u4", anonymousId="c4")]
    with Shop(tmp_path) as shop:
        found = shop.customers(web=web, store=[placed("1001", "ann@x.org")])
        quarantined = shop.rows(
            "select identity_value, linked_count, linked_type, reason from core.quarantined_identity"
        )
        assert shop.failures() == NO_FAILURES
    assert found["m1"] == found["m2"]
    assert len({found[event] for event in ("m2", "m3", "m4", "1001")}) == 4
    assert quarantined == [("1001", 2, "user_id", "shared_identity")]


@pytest.mark.parametrize("order_id", ["0", "null", "test"])
def test_a_placeholder_for_an_order_joins_nobody(tmp_path: Path, order_id: str) -> None:
    with Shop(tmp_path) as shop:
        found = shop.customers(web=[bought(1, order_id)], store=[placed(order_id, "ann@x.org")])
    assert len(set(found.values())) == len(found) == 2


def test_a_region_added_to_the_configuration_joins_what_was_loaded(tmp_path: Path) -> None:
    known = {"anonymousId": "a", "userId": "u1"}
    for source, rows in (
        ("web", [message(1, **known), caller(2, "+49 151 12345678") | known]),
        ("store", [placed("1001", None, "0151 12345678")]),
    ):
        file = tmp_path / f"landing/{source}/a.jsonl"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(jsonl(rows))
    for region, count in (("", 2), ('phone_region = "DE"\n', 1)):
        (tmp_path / "journey.toml").write_text(TOML + region, encoding="utf-8")
        config = read_config(tmp_path / "journey.toml")
        run.load_sources(config)
        assert run.rebuild(config)
        with open_warehouse(config.warehouse) as warehouse:
            assert warehouse.value("select count(distinct customer_id) from core.touchpoint") == count
