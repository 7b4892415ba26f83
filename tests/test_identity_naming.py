"""What is typed for `journey explain` and `journey undo` finds what it names, and a row tells since when it counts."""

import codecs
import shutil
from pathlib import Path

import pytest
from identity_workspace import TOML, rebuilt
from identity_world import Seen, customer_name

from journey_analytics.answers import explain_customer, explain_link
from journey_analytics.config import Config, read_config
from journey_analytics.errors import ConfigurationError, DataError
from journey_analytics.terminal import link_explanation, undone_text
from journey_analytics.undo import COLUMNS, PLACE, undo

BOB, GMAIL, MOBILE, OFFICE = ("user_id", "Bob"), ("email", "ab@gmail.com"), ("phone", "+4915110000252"), "+4930555000"
ORDER, LOGIN = ("order_id", "1001"), ("user_id", "1001")
WRITTEN = [
    Seen("profile", 0, (BOB, GMAIL)),
    Seen("call", 1, (GMAIL, MOBILE), source="support"),
    Seen("order", 2, (ORDER, GMAIL), source="store"),
    Seen("login", 3, (LOGIN,)),
    Seen("mixed", 4, (("anonymous_id", "MiXed"),)),
    *(Seen(f"office{n}", 5, (("phone", OFFICE), ("email", f"{n}@x.org"))) for n in range(6)),
]
"""What is logged in spellings of its own, and an office's phone that six people use."""

GERMAN = f'{TOML}phone_region = "DE"\n'
EMPTY = {
    "core.touchpoint": "touchpoint_id customer_id occurred_at source source_event_id activity channel stage stage_rule "
    "stage_confidence journey_id session_id amount currency",
    "core.journey": "journey_id customer_id started_at ended_at status furthest_stage touchpoint_count cut_reason "
    "amount",
    "config.stage_rule": "rule_id description",
}


@pytest.fixture(scope="module")
def made_office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace whose source writes German phone numbers, with other events."""
    root = tmp_path_factory.mktemp("office")
    (root / "journey.toml").write_text(GERMAN)
    with rebuilt(read_config(root / "journey.toml"), WRITTEN) as warehouse:
        quarantined = warehouse.rows("select identity_value, reason from core.quarantined_identity")
        assert quarantined == [(OFFICE, "shared_identity")]
        for table, columns in EMPTY.items():
            listed = ", ".join(f"null as {name}" for name in columns.split())
            warehouse.execute(f"create table {table} as select {listed} where false")
    return root


@pytest.fixture
def office(made_office: Path, tmp_path: Path) -> Config:
    """The office, to write in."""
    return read_config(shutil.copytree(made_office, tmp_path / "office") / "journey.toml")


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("A.B+x@gmail.com", GMAIL),
        ("a.b@GoogleMail.com", GMAIL),
        ("EMAIL:A.B+x@gmail.com", GMAIL),
        ("email: ab@gmail.com ", GMAIL),
        ("+49 151 10000252", MOBILE),
        ("0049-15110000252", MOBILE),
        ("0151 10000252", MOBILE),
        ("phone:0151/10000252", MOBILE),
        ("+4915110000252", MOBILE),
        ("bob", BOB),
        ("mixed", ("anonymous_id", "MiXed")),
        ("anonymous_id:MIXED", ("anonymous_id", "MiXed")),
        ("order_id:1001", ORDER),
        ("030 555000", ("phone", OFFICE)),
    ],
)
def test_what_is_written_as_it_was_logged_finds_its_identity(
    office: Config, typed: str, expected: tuple[str, str]
) -> None:
    found = explain_link(office, typed, "user_id:1001")["identity"]
    assert (found["identity_type"], found["identity_value"]) == expected
    done = undo(office, typed)
    assert (done.identity.identity_type, done.identity.value) == expected
    assert done.file.read_text().splitlines()[1] == f"{','.join(expected)},,,"


@pytest.mark.parametrize("typed", ["0151 10000252", "phone:0151/10000252"])
def test_a_national_number_is_nobody_without_a_region(office: Config, typed: str) -> None:
    office.file.write_text(TOML)
    with pytest.raises(DataError, match="nobody is known as"):
        undo(read_config(office.file), typed)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("A.B+x@gmail.com", [BOB]),
        ("phone:0151 10000252", [BOB]),
        ("1001", [LOGIN, BOB]),
        (customer_name(BOB).upper(), [BOB]),
        (f" {customer_name(BOB)} ", [BOB]),
    ],
)
def test_explain_finds_every_customer_that_is_written_so(
    office: Config, typed: str, expected: list[tuple[str, str]]
) -> None:
    found = [customer["customer_id"] for customer in explain_customer(office, typed)]
    assert found == sorted(map(customer_name, expected))


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("030/555000", "belongs to nobody, it is quarantined: phone:.4930555000 .shared_identity."),
        ("c_0000000000000000", "nobody is known as 'c_0000000000000000'"),
        ("email:Bob", "nobody is known as 'email:Bob'"),
        ("null", "nobody is known as 'null'"),
        ("", "nobody is known as ''"),
    ],
)
def test_explain_says_why_it_knows_nobody(office: Config, typed: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        explain_customer(office, typed)


def test_a_value_of_two_types_is_one_error_and_its_type_decides(office: Config) -> None:
    said = "'1001' is 2 identities: name one of user_id:1001, order_id:1001"
    with pytest.raises(DataError, match=f"^{said}$"):
        undo(office, "1001")
    with pytest.raises(DataError, match=f"^{said}$"):
        explain_link(office, "1001", "bob")
    assert not (office.overlay / PLACE).exists()
    assert explain_link(office, "order_id:1001", "bob")["is_one_customer"]
    assert not explain_link(office, "user_id:1001", "bob")["is_one_customer"]


@pytest.mark.parametrize(("typed", "is_one"), [(BOB, True), (LOGIN, False)])
def test_a_customer_id_stands_for_the_identity_that_names_it(
    office: Config, typed: tuple[str, str], is_one: bool
) -> None:
    customer_id = customer_name(typed)
    for ends in (("0151 10000252", customer_id.upper()), (customer_id, "0151 10000252")):
        found = explain_link(office, *ends)
        assert found["is_one_customer"] == is_one
        place = ends.index("0151 10000252")
        phone, customer = [found["identity"], found["other"]][:: 1 - 2 * place]
        assert (phone["given_customer_id"], customer["given_customer_id"]) == (None, customer_id)
        assert (customer["identity_type"], customer["identity_value"]) == typed
        shown = link_explanation(found).splitlines()
        assert shown[0] == f"{customer_id} is the customer named by {':'.join(typed)}"
        assert max(map(len, shown)) <= 100


@pytest.mark.parametrize("other", [None, "bob"])
def test_a_customer_cannot_be_undone_but_its_identities_are_named(office: Config, other: str | None) -> None:
    customer_id = customer_name(BOB)
    said = f"{customer_id} is a customer; give one of its identities: user_id:Bob, email:ab@gmail.com, phone:.*"
    with pytest.raises(DataError, match=f"^{said} … .all 4: journey explain {customer_id}.$"):
        undo(office, customer_id.upper(), other=other)
    if other is not None:
        with pytest.raises(DataError, match=r"^c_.* is a customer; give one of its identities: user_id:1001$"):
            undo(office, other, other=customer_name(LOGIN))
    assert not (office.overlay / PLACE).exists()


def test_what_a_spreadsheet_saved_keeps_its_rows_and_its_mark(office: Config) -> None:
    file = office.overlay / PLACE
    file.parent.mkdir(parents=True)
    text = "other_type,identity_type,identity_value,other_value,reason\r\n,phone,+491,,Müller\r\n,,,,\r\n"
    file.write_bytes(codecs.BOM_UTF8 + text.encode())
    assert undo(office, "bob").is_new
    assert not undo(office, "BOB").is_new
    written = file.read_bytes()
    assert written.startswith(codecs.BOM_UTF8) and written.count(codecs.BOM_UTF8) == 1
    assert written.decode("utf-8-sig").splitlines() == [
        ",".join(COLUMNS),
        "phone,+491,,,Müller",
        ",,,,",
        "user_id,Bob,,,",
    ]
    with rebuilt(office, WRITTEN) as warehouse:
        assert ("Bob", "undone") in warehouse.rows("select identity_value, reason from core.quarantined_identity")


def test_a_row_with_too_many_cells_is_refused_and_left_alone(office: Config) -> None:
    file = office.overlay / PLACE
    file.parent.mkdir(parents=True)
    file.write_text(f"{','.join(COLUMNS)}\nphone,+491,,,one,two\n")
    with pytest.raises(ConfigurationError, match=r"undone\.csv"):
        undo(office, "bob")
    assert file.read_text().endswith("one,two\n")


NEXT_RUN = "the next `journey run` applies it; delete the row to take it back"
IN_FORCE = "it is in force since the last `journey run`; delete the row and run again to take it back"
NOBODY = "joins nobody anyway: it is quarantined as"


def test_undo_of_a_quarantined_identity_says_that_it_joins_nobody_anyway(office: Config) -> None:
    first = undo(office, "030 555000")
    assert (first.is_new, first.is_in_force, first.quarantined) == (True, False, {f"phone:{OFFICE}": "shared_identity"})
    shown = undone_text(first)
    assert f"phone:{OFFICE}\n{NOBODY} shared_identity\n\n{NEXT_RUN}" in shown
    assert first.file.read_text().splitlines()[1] == f"phone,{OFFICE},,,"
    usual = undone_text(undo(office, "bob"))
    assert "is undone, by a row of" in usual and NOBODY not in usual
    of_link = undo(office, "0@x.org", other="030 555000")
    assert f"phone:{OFFICE}\n{NOBODY} shared_identity" in undone_text(of_link)
    with rebuilt(office, WRITTEN):
        pass
    again = undone_text(undo(office, "030 555000"))
    assert f"{NOBODY} shared_identity\n\n{IN_FORCE}" in again


@pytest.mark.parametrize(("one", "other"), [("bob", None), ("0151 10000252", None), ("bob", "A.B@gmail.com")])
def test_the_second_undo_says_whether_a_run_has_applied_the_first(office: Config, one: str, other: str | None) -> None:
    first, second = undo(office, one, other=other), undo(office, one, other=other)
    assert (first.is_in_force, second.is_in_force) == (False, False)
    assert undone_text(second).endswith(NEXT_RUN) and "is undone already" in undone_text(second)
    with rebuilt(office, WRITTEN):
        pass
    third = undo(office, one, other=other)
    assert (third.is_new, third.is_in_force, third.customers) == (False, True, ())
    assert undone_text(third).endswith(IN_FORCE) and NOBODY not in undone_text(third)
    third.file.unlink()
    with rebuilt(office, WRITTEN):
        pass
    assert undone_text(undo(office, one, other=other)).endswith(NEXT_RUN)


def test_a_row_written_by_hand_counts_whatever_its_order_and_the_letters_of_its_e_mail(office: Config) -> None:
    file = office.overlay / PLACE
    file.parent.mkdir(parents=True)
    file.write_text(f"{','.join(COLUMNS)}\nemail,AB@gmail.com,user_id,Bob,by hand\n")
    with rebuilt(office, WRITTEN):
        pass
    again = undo(office, "bob", other="ab@gmail.com")
    assert (again.is_new, again.is_in_force) == (False, True)
    assert not undo(office, "bob").is_in_force
