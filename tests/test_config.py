from pathlib import Path

import pytest

from journey_analytics.config import read_config
from journey_analytics.errors import ConfigurationError

GOOD = """
[warehouse]
path = "warehouse.duckdb"
[report]
dir = "reports"
[[source]]
name = "web"
format = "segment"
path = "landing/web/*.jsonl.gz"
[[source]]
name = "support"
format = "zendesk"
path = { ticket = "landing/support/ticket*.csv", user = ["a/user*.csv", "b/user*.csv"] }
"""


def write(folder: Path, text: str) -> Path:
    file = folder / "journey.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    config = read_config(write(tmp_path, GOOD))
    assert config.warehouse == tmp_path / "warehouse.duckdb"
    assert config.published == tmp_path / "warehouse.published.duckdb"
    assert config.reports == tmp_path / "reports"
    assert config.sources[0].paths == {"": (str(tmp_path / "landing/web/*.jsonl.gz"),)}
    assert config.sources[1].paths["user"] == (str(tmp_path / "a/user*.csv"), str(tmp_path / "b/user*.csv"))


def test_each_source_names_the_country_of_its_phone_numbers_or_none(tmp_path: Path) -> None:
    config = read_config(write(tmp_path, GOOD + 'phone_region = "DE"\n'))
    assert [source.phone_region for source in config.sources] == [None, "DE"]


def test_a_relative_config_path_still_gives_absolute_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, GOOD)
    monkeypatch.chdir(tmp_path)
    assert read_config(Path("journey.toml")).warehouse == tmp_path / "warehouse.duckdb"


SOURCE = '[[source]]\nname = "web"\nformat = "segment"\npath = "x"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SOURCE.replace("path", "pth"), ["unknown key 'pth'", "did you mean 'path'?", "path is missing"]),
        ("[warehous]\n" + SOURCE, ["unknown key 'warehous'", "did you mean 'warehouse'?"]),
        ("[warehouse]\npath = 3\n" + SOURCE, ["path is 3", "expected text"]),
        ("[warehouse]\nthreads = true\n" + SOURCE, ["threads is True", "expected a whole number"]),
        ("[warehouse]\nthreads = 0\n" + SOURCE, ["threads is 0", "1 or more"]),
        ("warehouse = 3\n" + SOURCE, ["warehouse is 3", "expected a table"]),
        ("", ["no [[source]] given"]),
        ("source = [3]\n", ["source 1 is 3"]),
        ("source = 3\n", ["source is 3", "expected a list"]),
        (SOURCE + SOURCE, ["two sources are called 'web'"]),
        (SOURCE.replace('"web"', '"Web shop"'), ["name 'Web shop'", "lower-case"]),
        (SOURCE + 'time_zone = "Europe/Atlantis"\n', ["Europe/Atlantis", "Europe/Rome"]),
        (SOURCE + 'delimiter = ";;"\n', ["delimiter ';;'", "one character"]),
        (SOURCE + 'phone_region = "de"\n', ["[[source]] web: phone_region 'de'", "two capital letters", "'DE'"]),
        (SOURCE + 'phone_region = "DEU"\n', ["phone_region 'DEU'", "two capital letters"]),
        (SOURCE + 'phone_region = ""\n', ["phone_region ''", "two capital letters"]),
        (SOURCE + "phone_region = 49\n", ["phone_region is 49", "expected text"]),
        (SOURCE + 'phone_regon = "DE"\n', ["unknown key 'phone_regon'", "did you mean 'phone_region'?"]),
        (SOURCE.replace('"x"', "[]"), ["path", "missing"]),
        (SOURCE.replace('"x"', "[3]"), ["path  is [3]"]),
        ("[[source]\n", ["not valid TOML"]),
    ],
)
def test_a_fault_is_named_with_what_was_expected(tmp_path: Path, text: str, said: list[str]) -> None:
    with pytest.raises(ConfigurationError) as raised:
        read_config(write(tmp_path, text))
    assert raised.value.exit_code == 2
    assert "journey.toml" in str(raised.value)
    for part in said:
        assert part in str(raised.value)


def test_all_faults_are_reported_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as raised:
        read_config(write(tmp_path, "[report]\ndri = 1\n[warehouse]\npth = 1\n" + SOURCE.replace("name", "nam")))
    for part in ("'dri'", "'pth'", "'nam'", "4 faults"):
        assert part in str(raised.value)


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="journey demo"):
        read_config(tmp_path / "journey.toml")
