"""Writing a rule file of the workspace: all of its rows anew, beside the old file and then in its place."""

import codecs
import csv
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from journey_analytics.errors import ConfigurationError
from journey_analytics.publish import replace_durably


def write_rules(file: Path, columns: Sequence[str], rows: Sequence[Mapping[str, str | None]]) -> None:
    """Write the rows with a header; null is an empty cell. A reader sees the old file or the new one, whole.

    Raises:
        ConfigurationError: when the folder cannot be written.
    """
    fresh = file.with_name(f".{file.name}.{os.getpid()}.new")
    try:
        encoding = "utf-8-sig" if _is_marked(file) else "utf-8"
        file.parent.mkdir(parents=True, exist_ok=True)
        with fresh.open("w", encoding=encoding, newline="") as opened:
            writer = csv.DictWriter(opened, columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        replace_durably(fresh, file)
    except OSError as error:
        raise ConfigurationError(f"cannot write {file}: {error.strerror}") from error


def _is_marked(file: Path) -> bool:
    """Whether the file begins with the mark by which a spreadsheet knows UTF-8: without it, it garbles names."""
    return file.exists() and file.read_bytes().startswith(codecs.BOM_UTF8)
