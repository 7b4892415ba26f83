"""Rule files with one mistake each → one error that names it, before anything is changed."""

import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from canonical import table_hashes
from tiny_shop import write_tiny_shop

from journey_analytics import build
from journey_analytics import run as job
from journey_analytics.config import Config, read_config
from journey_analytics.errors import ConfigurationError
from journey_analytics.rule_cells import FILE
from journey_analytics.rule_tables import SETTINGS, check_rule_tables

BUILTIN = build.rule_frames(build.sql_files())
HEADERS = {name: ",".join(column for column in frame.columns if column != FILE) for name, frame in BUILTIN.items()}


def complaint(**frames: pl.DataFrame) -> str:
    """What is said about the built-in tables with these in place of some."""
    with pytest.raises(ConfigurationError) as raised:
        check_rule_tables({**BUILTIN, **frames})
    assert raised.value.exit_code == 2
    return str(raised.value)


def with_cell(table: str, row: str, column: str, text: str | None) -> pl.DataFrame:
    """The built-in table with one cell changed."""
    frame = BUILTIN[table]
    is_row = pl.col(frame.columns[0]) == row
    assert frame.filter(is_row).height == 1
    return frame.with_columns(pl.when(is_row).then(pl.lit(text)).otherwise(column).alias(column))


def with_rows(table: str, *rows: str, file: str = "own.csv") -> pl.DataFrame:
    """The built-in table after rows of an added file, each its cells with commas between them."""
    columns = HEADERS[table].split(",")
    cells = [dict(zip(columns, [cell or None for cell in row.split(",")], strict=True)) | {FILE: file} for row in rows]
    return pl.concat([pl.DataFrame(cells, schema=BUILTIN[table].schema), BUILTIN[table]])


def test_the_builtin_tables_are_right_and_hold_every_setting_that_is_known() -> None:
    check_rule_tables(BUILTIN)
    assert set(BUILTIN["setting"]["setting"]) == set(SETTINGS)


@pytest.mark.parametrize(
    ("setting", "value", "expected"),
    [
        ("component_cap", "abc", "'abc' is not a whole number from 2 to 1000000"),
        ("component_cap", "12345678901234567890", "'12345678901234567890' is not a whole number from 2"),
        ("component_cap", None, "'' is not a whole number from 2"),
        ("component_cap", "-1", "'-1' is not a whole number"),
        ("component_cap", "0", "'0' is not a whole number from 2"),
        ("component_cap", "1", "'1' is not a whole number from 2"),
        ("component_cap", "3.5", "'3.5' is not a whole number"),
        ("component_cap", " 50", "' 50' is not a whole number"),
        ("component_cap", "٥٠", "'٥٠' is not a whole number"),
        ("bucket_count", "0", "'0' is not a whole number from 1 to 4096"),
        ("identity_cap", "-1", "'-1' is not a whole number from 1"),
        ("identity_cap", None, "'' is not a whole number from 1"),
        ("minimum_count", "-1", "'-1' is not a whole number from 0"),
        ("suggestion_percent", "250", "'250' is not a whole number from 0 to 100"),
        ("identity_lookback_days", "x", "'x' is not a whole number from 0 to 36500"),
        ("session_gap_minutes", "half an hour", "'half an hour' is not a number of at least 0"),
        ("post_purchase_tail_days", "nan", "'nan' is not a number of at least 0"),
        ("fixed_gap_days", "0", "'0' is not a whole number from 1"),
        ("journey_cut", "fixed", "'fixed' is not one of process_aware, fixed_gap; did you mean 'fixed_gap'?"),
        ("inactivity_limits", "learned", "did you mean 'learnt'?"),
        ("new_need_by_topic", "true", "'true' is not one of auto, always, never"),
    ],
)
def test_a_wrong_value_of_a_setting_is_named(setting: str, value: str | None, expected: str) -> None:
    said = complaint(setting=with_cell("setting", setting, "value", value))
    assert said.startswith(f"sql/config/setting.csv, row '{setting}', column 'value': ")
    assert expected in said


@pytest.mark.parametrize(
    ("setting", "value"),
    [("component_cap", "2"), ("identity_lookback_days", "0"), ("suggestion_percent", "100"), ("minimum_count", "0")],
)
def test_a_value_at_its_bound_is_fine(setting: str, value: str) -> None:
    check_rule_tables({**BUILTIN, "setting": with_cell("setting", setting, "value", value)})


@pytest.mark.parametrize("unit", ["hours", None])
def test_the_unit_of_a_setting_is_no_choice(unit: str | None) -> None:
    said = complaint(setting=with_cell("setting", "session_gap_minutes", "unit", unit))
    assert f"row 'session_gap_minutes', column 'unit': {unit or ''!r} is not 'minutes'" in said


@pytest.mark.parametrize("name", ["componentcap", "component_cap "])
def test_an_unknown_setting_is_an_error_with_the_nearest(name: str) -> None:
    said = complaint(setting=with_cell("setting", "component_cap", "setting", name))
    assert f"{name!r} is not a setting; did you mean 'component_cap'?" in said


def test_a_missing_setting_is_an_error_which_says_what_an_own_file_needs() -> None:
    frame = BUILTIN["setting"].filter(pl.col("setting") != "component_cap")
    assert "sql/config/setting.csv: row 'component_cap' is missing" in complaint(setting=frame)
    said = complaint(setting=frame.with_columns(pl.lit("/shop/sql/config/setting.csv").alias(FILE)))
    assert said.startswith("/shop/sql/config/setting.csv: row 'component_cap' is missing; it stands in place of")


def test_a_setting_of_an_added_file_is_told_how_to_replace_the_builtin_one() -> None:
    said = complaint(setting=with_rows("setting", "bucket_count,2,buckets,"))
    assert said.startswith("own.csv, row 'bucket_count': column 'setting' has this value twice; once only")
    assert "sql/config/setting.csv too" in said


EMAIL_RULES = [
    ("mail.example,true,++,,", "column 'tag_separator': '++' is not empty or exactly one of"),
    *((f"mail.example,true,{separator},,", f"'tag_separator': '{separator}' is not") for separator in "a5@. ;ä"),
    ("mail.example,yes,+,,", "row 'mail.example', column 'ignores_dots': 'yes' is not true or false"),
    ("mail.example,,+,,", "column 'ignores_dots': '' is not true or false"),
    ("Mail.example,true,+,,", "column 'domain': 'Mail.example' is not a domain in lower case"),
    ("mail,true,+,,", "'mail' is not a domain"),
    ("@mail.example,true,+,,", "'@mail.example' is not a domain"),
    ("mail .example,true,+,,", "'mail .example' is not a domain"),
    (" mail.example,true,+,,", "' mail.example' is not a domain"),
    ("mail..example,true,+,,", "'mail..example' is not a domain"),
    (",true,+,,", "column 'domain' is empty"),
    ("mail.example,true,+,a@b.example,", "column 'canonical_domain': 'a@b.example' is not a domain"),
    ("mail.example,true,+,googlemail.com,", "'googlemail.com' is not the last one: the row 'googlemail.com' leads on"),
    ("gmail.com,true,+,googlemail.com,", "and so in a circle"),
]


@pytest.mark.parametrize(("row", "expected"), EMAIL_RULES)
def test_a_wrong_email_rule_is_named(row: str, expected: str) -> None:
    said = complaint(email_rule=with_rows("email_rule", row))
    assert said.startswith("own.csv, row ")
    assert expected in said


def test_a_domain_stands_once_in_a_file_and_that_of_an_added_file_counts() -> None:
    check_rule_tables(
        {**BUILTIN, "email_rule": with_rows("email_rule", "gmail.com,false,,,Ours", "a.b.example,true,-,,")}
    )
    twice = with_rows("email_rule", "own.example,false,,,", "own.example,true,,,")
    assert "row 'own.example': column 'domain' has this value twice; once only" in complaint(email_rule=twice)


UNDONE = [
    (
        "emial,a@x.org,,,",
        "row number 1, column 'identity_type': 'emial' is not an identity type; did you mean 'email'?",
    ),
    ("email,,,,", "column 'identity_value': '' is not the value of an identity of type 'email'"),
    ("email, ,,,", "column 'identity_value': '' is not the value"),
    (",a@x.org,,,", "column 'identity_type': '' is not an identity type"),
    ("email,a@x.org,phone,,", "column 'other_value': '' is not the value of an identity of type 'phone'"),
    ("email,a@x.org,,+491,", "column 'other_type': '' is not an identity type"),
    ("email,a@x.org,fone,+491,", "column 'other_type': 'fone' is not an identity type; did you mean 'phone'?"),
    ("email,a@x.org,email,a@x.org,", "column 'other_value': 'a@x.org' is not another identity"),
    ("cookie_id,c1,device_id,d1,", "'device_id' is not possible beside 'cookie_id': two devices have no link"),
]


@pytest.mark.parametrize(("row", "expected"), UNDONE)
def test_a_wrong_row_of_what_is_undone_is_named(row: str, expected: str) -> None:
    said = complaint(identity_undone=with_rows("identity_undone", row))
    assert said.startswith("own.csv, row number 1, ")
    assert expected in said


def test_a_row_without_key_is_numbered_within_its_file() -> None:
    first = with_rows("identity_undone", "email,a@x.org,,,", "email,b@x.org,phone,+491,", file="a.csv")
    second = with_rows("identity_undone", "user_id,7,,,", "user_id,,,,", file="b.csv")
    assert complaint(identity_undone=pl.concat([first, second])).startswith(
        "b.csv, row number 2, column 'identity_value'"
    )


@pytest.mark.parametrize(
    ("column", "text", "expected"),
    [
        ("strength", "stong", "'stong' is not one of strong, reference, weak; did you mean 'strong'?"),
        ("strength", None, "'' is not one of strong"),
        ("rank", "first", "'first' is not empty or a whole number from 0"),
        ("max_customers", "0", "'0' is not empty or a whole number from 1"),
        ("max_customers", "-1", "'-1' is not empty or a whole number"),
        ("names_customer", "no", "'no' is not true, false or empty"),
        ("identity_type", "email ", "'email ' is not a name without blanks around it"),
    ],
)
def test_a_wrong_identity_type_is_named(column: str, text: str | None, expected: str) -> None:
    said = complaint(identity_type=with_cell("identity_type", "email", column, text))
    assert said.startswith(f"sql/config/identity_type.csv, row 'email', column '{column}': ")
    assert expected in said


def test_an_identity_type_and_a_source_stand_once() -> None:
    assert "has this value twice" in complaint(identity_type=with_rows("identity_type", "email,weak,1,,true,"))
    assert "has this value twice" in complaint(source_rank=with_rows("source_rank", "web,9"))
    assert "'x' is not a whole number" in complaint(source_rank=with_rows("source_rank", "till,x"))


def overlaid(folder: Path, name: str, text: str | bytes) -> dict[str, Path]:
    """The files of the house with one of an overlay."""
    file = folder / "config" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return build.sql_files(folder)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("source,rank\ntill,7\nkiosk,8,9\n", "line 3, row 'kiosk': 3 cells, but the header has 2: source,rank"),
        ("source,rank\ntill\n", "line 2, row 'till': 1 cells, but the header has 2"),
        ("source;rank\ntill;7\n", "its delimiter is ';'; save it with ',' between the cells"),
        ("source\trank\ntill\t7\n", r"its delimiter is '\t'"),
        ("source,source,rank\n", "the header has the column 'source' twice"),
        ("source,rnak\n", "unknown column 'rnak', did you mean 'rank'"),
        ('source,rank\n"till,7\n', "is no readable CSV"),
        ("source,rank\nbühne,7\n".encode("cp1252"), "is no readable CSV with a header, in UTF-8"),
        ("", "it is empty"),
    ],
)
def test_a_file_that_cannot_be_read_as_it_stands_is_named(tmp_path: Path, text: str | bytes, expected: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        build.rule_frames(overlaid(tmp_path, "source_rank/own.csv", text))
    assert str(raised.value).startswith(str(tmp_path / "config/source_rank/own.csv"))
    assert expected in str(raised.value)


def test_a_byte_order_mark_line_ends_of_windows_and_quotes_are_read(tmp_path: Path) -> None:
    text = b'\xef\xbb\xbfsource,rank\r\n"till, old",7\r\n\r\nkiosk,""\r\n'
    frame = build.rule_frames(overlaid(tmp_path, "source_rank/own.csv", text))["source_rank"]
    own = frame.filter(pl.col(FILE) == str(tmp_path / "config/source_rank/own.csv"))
    assert own.select("source", "rank").rows() == [("till, old", "7"), ("kiosk", None)]
    assert frame[FILE].to_list()[2:] == ["sql/config/source_rank.csv"] * (frame.height - 2)


def test_a_rule_table_that_nothing_reads_is_a_misspelled_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"config/settings\.csv: there is no rule table 'settings'.*'setting'"):
        overlaid(tmp_path, "settings.csv", HEADERS["setting"] + "\n")


def test_a_rule_table_that_a_model_of_the_overlay_reads_is_added(tmp_path: Path) -> None:
    (tmp_path / "mart").mkdir()
    (tmp_path / "mart/mine.sql").write_text("select * from config.campaign_cost")
    assert build.rule_frames(overlaid(tmp_path, "campaign_cost.csv", "campaign,cost\nspring,7\n"))[
        "campaign_cost"
    ].height


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """A workspace on which the job has run once; tests that change it take a copy."""
    config = read_config(write_tiny_shop(tmp_path_factory.mktemp("built") / "shop"))
    job.run(config)
    return config


def copy_with(built: Config, folder: Path, name: str, text: str) -> Config:
    shutil.copytree(built.root, folder / "copy")
    config = read_config(folder / "copy" / "journey.toml")
    file = config.overlay / "config" / name
    file.parent.mkdir(parents=True)
    file.write_text(text, encoding="utf-8")
    return config


@pytest.mark.parametrize("command", [job.check, job.run, job.rebuild, job.load_sources], ids=lambda job: job.__name__)
def test_every_job_ends_in_the_error_before_it_changes_anything(
    built: Config, tmp_path: Path, command: Callable[[Config], object]
) -> None:
    rules = job.sql_files(built)["config/setting.csv"].read_text(encoding="utf-8")
    config = copy_with(built, tmp_path, "setting.csv", rules.replace("component_cap,50", "component_cap,abc"))
    mails = config.root / "landing/email"
    shutil.copy(mails / "e.json", mails / "new.json")
    before = table_hashes(config.warehouse)
    with pytest.raises(ConfigurationError) as raised:
        command(config)
    file = config.overlay / "config/setting.csv"
    assert str(raised.value).startswith(f"{file}, row 'component_cap', column 'value': 'abc' is not a whole number")
    assert table_hashes(config.warehouse) == before


def test_a_row_that_undoes_nothing_is_a_warning_of_the_run(built: Config, tmp_path: Path) -> None:
    rows = "email,Ann@Example.com,,,\nemail, ann@example.com,,,\nemail,ann@example.com,user_id,u1,\n"
    config = copy_with(built, tmp_path, "identity_undone/own.csv", f"{HEADERS['identity_undone']}\n{rows}")
    warnings = [said for said in job.run(config).warnings if "identity_undone" in said]
    assert len(warnings) == 1
    assert warnings[0].startswith(
        "1 row of identity_undone names no identity as it is spelled here: email ' ann@example.com';"
    )
    (config.overlay / "config/identity_undone/own.csv").write_text(
        f"{HEADERS['identity_undone']}\n" + "".join(f"user_id,u{n},user_id,nobody{n},\n" for n in range(1, 6))
    )
    (said,) = (said for said in job.run(config).warnings if "identity_undone" in said)
    assert said.startswith("5 rows of identity_undone name no identity")
    assert "user_id 'u5', …" not in said
    assert ", …; " in said
