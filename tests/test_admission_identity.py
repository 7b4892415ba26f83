"""How admission spells e-mail addresses and phone numbers, and whom it takes for nobody: pairs and properties."""

import hashlib
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, PhoneNumberType
from staging_case import Bench, bench, identities, someone

from journey_analytics import build
from journey_analytics.errors import ConfigurationError
from journey_analytics.load.phone_number import e164

EMAILS = {
    "A.B+x@Gmail.com": "ab@gmail.com",
    "ab@googlemail.com": "ab@gmail.com",
    "a.b@GoogleMail.com ": "ab@gmail.com",
    "ab+one+two@gmail.com": "ab@gmail.com",
    "a.b+x@mail.example": "a.b+x@mail.example",
    "a.b+x@gmail.com.example": "a.b+x@gmail.com.example",
    "a.b+x@notgmail.com": "a.b+x@notgmail.com",
    "a.b-x@gmail.com": "ab-x@gmail.com",
    "+x@gmail.com": "+x@gmail.com",
    ".+x@googlemail.com": ".+x@googlemail.com",
    "@gmail.com": "@gmail.com",
    "gmail.com": "gmail.com",
    "a@b@gmail.com": "a@b@gmail.com",
    "9c1185a5c5e9fc54612808977ee8f548": "9c1185a5c5e9fc54612808977ee8f548",
}
HASH = hashlib.sha256(b"+4915112345678").hexdigest()
PHONES = {
    ("DE", "0151 12345678"): "+4915112345678",
    ("DE", "(0151) 123 456-78"): "+4915112345678",
    ("DE", "0151/12345678"): "+4915112345678",
    ("DE", "tel:0151-12345678"): "+4915112345678",
    ("DE", "0151 12345678 ext. 12"): "+4915112345678",
    ("DE", "0151 12345678 x12"): "+4915112345678",
    ("DE", "tel:+49-151-12345678;ext=12"): "+4915112345678",
    ("DE", "０１５１ １２３４５６７８"): "+4915112345678",
    ("DE", "＋４９ １５１ １２３４５６７８"): "+4915112345678",
    ("DE", "0049 151 12345678"): "+4915112345678",
    ("DE", "+49 (0) 151 12345678"): "+4915112345678",
    ("DE", "+44 20 7946 0958"): "+442079460958",
    ("GB", "020 7946 0958"): "+442079460958",
    ("GB", "0044 (0)20 7946 0958"): "+442079460958",
    ("IT", "06 1234567"): "+39061234567",
    ("US", "(202) 555-0123"): "+12025550123",
    ("US", "011 49 151 12345678"): "+4915112345678",
    ("US", "0049 151 12345678"): "+4915112345678",
    ("AU", "0011 49 151 12345678"): "+4915112345678",
    ("AU", "0049 151 12345678"): "+4915112345678",
    ("BR", "0015 49 151 12345678"): "+4915112345678",
    ("BR", "0055 11 96123 4567"): "+5511961234567",
    (None, "+49 (0151) 12345678"): "+4915112345678",
    (None, "0049 151 12345678"): "+4915112345678",
    (None, "(+49) 151 12345678 ext. 7"): "+4915112345678",
    # Without a country, in a country without such a number, or in every town again: the digits as they are.
    (None, "0151 12345678"): "015112345678",
    (None, "０１５１ １２３"): "0151123",
    (None, "٠١٥١ ١٢٣"): "0151123",
    ("DE", "112"): "112",
    ("US", "555-1234"): "5551234",
    (None, "+999 151 12345678"): "+99915112345678",
    ("DE", "0151 12345678 9012345678"): "0151123456789012345678",
    # With letters it is no number: a hash, a note, a keypad's word.
    ("DE", HASH): HASH,
    ("DE", HASH.upper()): HASH,
    ("DE", "1234abc56789def01234567890123456"): "1234abc56789def01234567890123456",
    ("US", "1-800-FLOWERS"): "1-800-flowers",
    ("DE", "0151 12345678 (Ann)"): "0151 12345678 (ann)",
}
NO_PHONES = (
    "0123 456789", "(0123) 456 789", "12345 67890", "0000 0000", "()", "+1 (555) 555-5555", "0", "null", "n/a",
    "999 999 9999",
)  # fmt: skip
WORDS = ("null", "NULL", "None", "undefined", "unknown", "anonymous", "guest", "nan", "", " ", "test@example.com")
TYPES = build.read_rules(build.builtin_sql() / "config/identity_type.csv")
PERSONS = TYPES.filter(names_customer="true")["identity_type"].to_list()
NO_ORDERS = (
    "0",
    "000",
    "null",
    "NULL",
    "test",
    "undefined",
    "none",
    "-1",
    "[object Object]",
    "{{ order.id }}",
    "${id}",
)


@pytest.fixture(scope="module")
def desk() -> Iterator[Bench]:
    with bench() as made:
        yield made


def spelled(desk: Bench, *values: str, kind: str) -> dict[str, str | None]:
    """The spelling of each value, null for nobody; every row has its own login too."""
    rows = [{"identities": [*someone(value, kind), *someone("u")]} for value in values]
    events, refused = desk.admit_rows(rows)
    assert refused == {}
    found = [identities(events[number][0]).get(kind, [None])[0] for number in range(1, len(values) + 1)]
    return dict(zip(values, found, strict=True))


def test_dots_and_tags_go_only_where_a_rule_says_so(desk: Bench) -> None:
    assert spelled(desk, *EMAILS, kind="email") == EMAILS


def test_other_types_keep_their_dots(desk: Bench) -> None:
    assert spelled(desk, "A.B+x@gmail.com", kind="user_id") == {"A.B+x@gmail.com": "A.B+x@gmail.com"}


def rule_file(folder: Path, *rows: str) -> Path:
    file = folder / "sql/config/email_rule/own.csv"
    file.parent.mkdir(parents=True)
    header = "domain,ignores_dots,tag_separator,canonical_domain,description"
    file.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    return folder / "sql"


def test_an_analyst_adds_rules_which_go_first(tmp_path: Path) -> None:
    overlay = rule_file(
        tmp_path,
        "Mail.Example,false,-,,",
        "old.example,true,,mail.example,",
        "googlemail.com,false,+,,Ours",
    )
    with bench() as desk:
        build.load_config(desk.warehouse, build.sql_files(overlay))
        pairs = {
            "a.b-news@mail.example": "a.b@mail.example",
            "a.b+news@mail.example": "a.b+news@mail.example",
            "a.b-x@OLD.example": "ab-x@mail.example",
            "a.b+x@googlemail.com": "a.b@googlemail.com",
            "a.b+x@gmail.com": "ab@gmail.com",
        }
        assert spelled(desk, *pairs, kind="email") == pairs


@pytest.mark.parametrize("word", ["yes", ""])
def test_a_rule_that_cannot_be_read_is_named_even_without_rows(tmp_path: Path, word: str) -> None:
    with bench() as desk:
        build.load_config(desk.warehouse, build.sql_files(rule_file(tmp_path, f"mail.example,{word},+,,")))
        desk.put([{}])
        desk.warehouse.execute("delete from admission.staged")
        with pytest.raises(ConfigurationError, match=r"ignores_dots of mail\.example must be true or false"):
            desk.admit()


def test_phone_numbers_are_spelled_in_e164_where_their_country_is_known(desk: Bench) -> None:
    for region in {region for region, _ in PHONES}:
        desk.declare("web", phone_region=region)
        pairs = {text: number for (country, text), number in PHONES.items() if country == region}
        assert spelled(desk, *pairs, kind="phone") == pairs
    desk.declare("web")


@pytest.mark.parametrize("region", [None, "DE", "US"])
def test_no_spelling_hides_a_phone_number_of_nobody(desk: Bench, region: str | None) -> None:
    desk.declare("web", phone_region=region)
    assert spelled(desk, *NO_PHONES, kind="phone") == dict.fromkeys(NO_PHONES)
    desk.declare("web")


def test_each_source_has_the_phone_numbers_of_its_own_country(desk: Bench) -> None:
    desk.declare("web", "app", "shop")
    desk.warehouse.execute(
        "update config.source set phone_region = case source when 'web' then 'DE' when 'app' then 'GB' end"
    )
    sources = ("web", "app", "shop", "stranger")
    events, _ = desk.admit_rows(
        [{"source": source, "identities": someone("020 7946 0958", "phone")} for source in sources]
    )
    found = [identities(events[number][0])["phone"] for number in range(1, len(sources) + 1)]
    assert found == [["+492079460958"], ["+442079460958"], ["02079460958"], ["02079460958"]]
    desk.declare("web")


COUNTRIES = ("DE", "AT", "CH", "GB", "FR", "IT", "ES", "NL", "PL", "SE", "US", "CA", "BR", "IN", "JP", "AU", "ZA")
BLANKS = st.sampled_from([" ", "-", "", "\u00a0", ".", "  "])


@st.composite
def spellings(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A country and several ways to write one of its numbers there."""
    region = draw(st.sampled_from(COUNTRIES))
    kind = draw(st.sampled_from([PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE]))
    number = phonenumbers.example_number_for_type(region, kind)
    assert number is not None
    national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    abroad = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    plain = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    uri = phonenumbers.format_number(number, PhoneNumberFormat.RFC3966)
    full_width = national.translate({ord("0") + digit: ord("０") + digit for digit in range(10)})
    gap, extension = draw(BLANKS), draw(st.integers(1, 9999))
    return region, [
        national, abroad, plain, uri, full_width, f"00{plain[1:]}", f"00 {abroad[1:]}", f" {abroad}\t",
        abroad.replace(" ", gap), national.replace(" ", gap), f"{national} ext. {extension}", f"{uri};ext={extension}",
    ]  # fmt: skip


@given(spellings())
def test_all_spellings_of_a_number_are_one_identity(case: tuple[str, list[str]]) -> None:
    region, written = case
    assert {text: e164(text.strip(), region) for text in written} == dict.fromkeys(written, written[2])


@given(st.sampled_from([None, "DE", "US"]), st.text("0123456789+()-/ .x#;=tel:extA", max_size=25))
def test_what_is_read_is_a_possible_number_and_reads_as_itself(region: str | None, text: str) -> None:
    number = e164(text, region)
    if number is not None:
        assert phonenumbers.is_possible_number(phonenumbers.parse(number))
        assert {e164(number, other) for other in (None, "DE", "US")} == {number}


def spellings_of(digest: bytes) -> set[str]:
    coded = {b64encode(digest).decode(), urlsafe_b64encode(digest).decode()}
    return {digest.hex(), digest.hex().upper(), *coded, *(text.rstrip("=") for text in coded)}


@pytest.mark.parametrize("kind", PERSONS)
@pytest.mark.parametrize("name", ["md5", "sha1", "sha256"])
def test_the_hash_of_nothing_is_nobody_of_any_type(desk: Bench, kind: str, name: str) -> None:
    hashes = sorted(spellings_of(hashlib.new(name, b"").digest()))
    events, refused = desk.admit_rows([{"identities": someone(value, kind)} for value in hashes])
    assert [hashes[number - 1] for number in events] == []
    assert {code for code, _ in refused.values()} == {"no_identity"}


@pytest.mark.parametrize("name", ["md5", "sha1", "sha256"])
def test_the_hash_of_a_word_for_nobody_is_nobody(desk: Bench, name: str) -> None:
    hashes = {word: hashlib.new(name, word.encode()).hexdigest() for word in WORDS}
    assert spelled(desk, *hashes.values(), kind="email") == dict.fromkeys(hashes.values())
    kept = hashlib.new(name, b"ann@x.org").hexdigest()
    assert spelled(desk, kept, kind="email") == {kept: kept}


def test_an_order_is_nobody_itself_and_a_placeholder_is_no_order(desk: Bench) -> None:
    assert spelled(desk, *NO_ORDERS, kind="order_id") == dict.fromkeys(NO_ORDERS)
    assert spelled(desk, "1001", "007", kind="order_id") == {"1001": "1001", "007": "007"}
    rows = [someone("1001", "order_id"), [*someone("1001", "order_id"), *someone("null", "email")]]
    rows += [[*someone("1001", "order_id"), *someone("a1", "anonymous_id")], someone("7", "zendesk_ticket_id")]
    events, refused = desk.admit_rows([{"identities": seen} for seen in rows])
    assert {number: code for number, (code, _) in refused.items()} == {1: "no_identity", 2: "no_identity"}
    assert sorted(events) == [3, 4]
