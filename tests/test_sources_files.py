"""Which files are read: regular ones below the folder of the pattern, and nothing else."""

import os
from pathlib import Path

import pytest

from journey_analytics.config import Source
from journey_analytics.errors import ConfigurationError
from journey_analytics.sources import deliveries, open_delivery, reader_name
from journey_analytics.sources.files import is_unchanged


def found(root: Path, *patterns: str, key: str = "") -> tuple[list[str], list[str]]:
    """Names of the files found, and the warnings."""
    warnings: list[str] = []
    source = Source("web", "segment", {key: tuple(str(root / pattern) for pattern in patterns)})
    return [delivery.name(root) for delivery in deliveries(source, warn=warnings.append)], warnings


def test_files_come_in_the_order_of_their_paths_and_once(tmp_path: Path) -> None:
    for name in ("b.jsonl", "a.jsonl", "sub/c.jsonl"):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).touch()
    assert found(tmp_path, "in/**/*.jsonl", "in/a*") == (["in/a.jsonl", "in/b.jsonl", "in/sub/c.jsonl"], [])


def test_a_pattern_without_a_file_warns(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    files, warnings = found(tmp_path, "in/*.jsonl")
    assert (files, warnings) == ([], [f"source 'web': no file matches {tmp_path}/in/*.jsonl"])


@pytest.mark.parametrize("pattern", ["nowhere/*.jsonl", "nowhere/a.jsonl", "file/*.jsonl"])
def test_a_missing_folder_is_an_error_with_source_key_and_path(tmp_path: Path, pattern: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match=r"source 'web', path\.ticket: the folder .* does not exist") as caught:
        found(tmp_path, pattern, key="ticket")
    assert caught.value.exit_code == 2


def test_a_pipe_is_left_out_and_never_waited_for(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    os.mkfifo(tmp_path / "in/pipe.jsonl")
    files, warnings = found(tmp_path, "in/*")
    assert files == []
    assert "no regular file" in warnings[0]


@pytest.mark.parametrize("target", ["outside.jsonl", "other/outside.jsonl", "/dev/null"])
def test_a_link_out_of_the_folder_is_left_out(tmp_path: Path, target: str) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "other").mkdir()
    if not target.startswith("/"):
        (tmp_path / target).write_text("secret")
    (tmp_path / "in/link.jsonl").symlink_to(tmp_path / target)
    files, warnings = found(tmp_path, "in/*")
    assert files == []
    assert "points out of" in warnings[0]


def test_a_folder_linked_from_outside_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in-other").mkdir()
    (tmp_path / "in-other/a.jsonl").touch()
    (tmp_path / "in/link").symlink_to(tmp_path / "in-other")
    files, warnings = found(tmp_path, "in/*/*")
    assert files == []
    assert "points out of" in warnings[0]


def test_links_within_the_folder_and_a_linked_folder_itself_are_fine(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real/a.jsonl").touch()
    (tmp_path / "real/b.jsonl").symlink_to(tmp_path / "real/a.jsonl")
    (tmp_path / "in").symlink_to(tmp_path / "real")
    assert found(tmp_path, "in/*") == (["in/a.jsonl", "in/b.jsonl"], [])


def test_a_link_to_nothing_and_a_folder_are_left_out_with_a_warning(tmp_path: Path) -> None:
    (tmp_path / "in/folder").mkdir(parents=True)
    (tmp_path / "in/gone").symlink_to(tmp_path / "in/away")
    files, warnings = found(tmp_path, "in/*")
    assert files == []
    assert ["link to nothing" in text for text in warnings] == [False, True, False]
    assert warnings[0] == f"source 'web': {tmp_path}/in/folder is left out: it is a folder"
    assert not any("it is a folder" in text for text in found(tmp_path, "in/**/*")[1])


@pytest.mark.parametrize("pattern", ["in", "in/"])
def test_a_folder_for_a_pattern_is_an_error_that_says_what_to_write(tmp_path: Path, pattern: str) -> None:
    (tmp_path / "in").mkdir()
    with pytest.raises(ConfigurationError, match=r"source 'web', path: .*in/? is a folder; write .*/in/\*\.jsonl"):
        found(tmp_path, pattern)


def test_a_file_that_cannot_be_opened_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.jsonl").touch()
    source = Source("web", "segment", {"": (str(tmp_path / "in/*"),)})
    (delivery,) = deliveries(source, warn=print)

    def refuse(*args: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with (
        pytest.raises(ConfigurationError, match=r"a\.jsonl cannot be read \(Permission denied\)"),
        open_delivery(delivery),
    ):
        pass


def test_a_file_swapped_for_a_link_after_it_was_found_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    file = tmp_path / "in/a.jsonl"
    file.touch()
    (delivery,) = deliveries(Source("web", "segment", {"": (str(tmp_path / "in/*"),)}), warn=print)
    file.unlink()
    file.symlink_to("/etc/passwd")
    with pytest.raises(ConfigurationError, match="cannot be read"), open_delivery(delivery):
        pass


def test_growth_replacement_and_removal_are_seen(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    file = tmp_path / "in/a.jsonl"
    file.write_text("one")
    (delivery,) = deliveries(Source("web", "segment", {"": (str(tmp_path / "in/*"),)}), warn=print)
    with open_delivery(delivery) as opened:
        assert is_unchanged(delivery, opened)
        file.write_text("one more")
        assert not is_unchanged(delivery, opened)
    with open_delivery(delivery) as opened:
        file.unlink()
        assert not is_unchanged(delivery, opened)


@pytest.mark.parametrize(
    ("file", "declared", "name"),
    [
        ("a.jsonl", None, "json"),
        ("A.JSON.GZ", None, "json"),
        ("a.ndjson", "csv", "json"),
        ("a.csv.gz", None, "csv"),
        ("a.parquet", None, "parquet"),
        ("a.log", "jsonl", "json"),
        ("a", "csv", "csv"),
    ],
)
def test_the_ending_names_the_reader_and_the_model_where_it_does_not(
    file: str, declared: str | None, name: str
) -> None:
    assert reader_name(file, declared) == name


@pytest.mark.parametrize("file", ["a.jsnl", "a", "a.gz"])
def test_an_unknown_ending_is_an_error_that_says_what_to_do(file: str) -> None:
    with pytest.raises(ConfigurationError, match="-- reads: jsonl"):
        reader_name(file)


@pytest.mark.parametrize("keys", [("ticket", "ticket_comment"), ("a_comment", "z_ticket")])
def test_a_file_that_several_patterns_match_belongs_to_the_one_that_names_it_most_exactly(
    tmp_path: Path, keys: tuple[str, str]
) -> None:
    for name in ("ticket.csv", "ticket-2.csv", "ticket_comment.csv", "ticket_comment-2.csv"):
        (tmp_path / name).touch()
    paths = {key: (str(tmp_path / ("ticket_comment*.csv" if "comment" in key else "ticket*.csv")),) for key in keys}
    by_key: dict[str, list[str]] = {}
    for delivery in deliveries(Source("support", "zendesk", paths), warn=pytest.fail):
        by_key.setdefault("comment" if "comment" in delivery.key else "ticket", []).append(delivery.path.name)
    assert by_key == {
        "comment": ["ticket_comment-2.csv", "ticket_comment.csv"],
        "ticket": ["ticket-2.csv", "ticket.csv"],
    }
