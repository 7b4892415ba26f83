"""Which files a source delivers, and the guards around opening one.

Only regular files below the folder named in the pattern are read. A file that changes while it is read is left for the
next run.
"""

import glob
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from journey_analytics.config import Source
from journey_analytics.errors import ConfigurationError
from journey_analytics.sources.rows import Warn

_HASH_CHUNK = 1 << 20


@dataclass(frozen=True, eq=False)
class Delivery:
    """One file of one source: the table key it was declared under, the path as matched, and the real one."""

    source: Source
    key: str
    path: Path
    real: Path

    def name(self, root: Path) -> str:
        """The file as the ledger knows it: relative to the workspace when inside it."""
        return self.path.relative_to(root).as_posix() if self.path.is_relative_to(root) else self.path.as_posix()


@dataclass(frozen=True)
class OpenDelivery:
    """An open file with its state when it was opened."""

    handle: BinaryIO
    size: int
    modified_ns: int
    inode: int

    def content_hash(self) -> str:
        """SHA-256 of the bytes; the handle is at the start again afterwards."""
        digest = hashlib.sha256()
        while chunk := self.handle.read(_HASH_CHUNK):
            digest.update(chunk)
        self.handle.seek(0)
        return digest.hexdigest()


def deliveries(source: Source, *, warn: Warn) -> list[Delivery]:
    """The files of a source, by key and path; what is no regular file inside its folder is left out with a warning.

    A file that the patterns of several keys match belongs to the one that names it most exactly: `ticket_comment-1.csv`
    to `ticket_comment*.csv`, not to `ticket*.csv`.

    Raises:
        ConfigurationError: the folder of a pattern does not exist or cannot be listed, or a folder is given for a file.
    """
    found: dict[Path, tuple[tuple[int, int], Delivery]] = {}
    for key, patterns in sorted(source.paths.items()):
        for pattern in patterns:
            matched = list(_matches(source, key, pattern, warn=warn))
            if not matched:
                warn(f"source {source.name!r}: no file matches {pattern}")
            for delivery in matched:
                exactness = _exactness(pattern)
                if delivery.path not in found or exactness > found[delivery.path][0]:
                    found[delivery.path] = exactness, delivery
    return sorted((delivery for _, delivery in found.values()), key=lambda delivery: (delivery.key, delivery.path))


def _exactness(pattern: str) -> tuple[int, int]:
    """How exactly a pattern names its files: the length of its text before the first wildcard, then of all its text."""
    place = next((number for number, char in enumerate(pattern) if char in "*?["), len(pattern))
    return place, len(pattern)


def _matches(source: Source, key: str, pattern: str, *, warn: Warn) -> Iterator[Delivery]:
    folder = _base_folder(pattern)
    _require_folder(source, key, folder)
    _require_file_pattern(source, key, pattern)
    for path in sorted(map(Path, glob.glob(pattern, recursive=True))):  # noqa: PTH207, Path.glob takes no absolute one
        real = path.resolve()
        fault = _fault(path, real, folder.resolve())
        if fault is None:
            yield Delivery(source=source, key=key, path=path, real=real)
        # The files of a folder that ** matches are matched themselves.
        elif "**" not in pattern or not path.is_dir():
            warn(f"source {source.name!r}: {path} is left out: {fault}")


def _base_folder(pattern: str) -> Path:
    parts = Path(pattern).parts
    magic = next((place for place, part in enumerate(parts) if glob.has_magic(part)), len(parts) - 1)
    return Path(*parts[:magic])


def _require_folder(source: Source, key: str, folder: Path) -> None:
    where = _where(source, key)
    if not folder.is_dir():
        raise ConfigurationError(f"{where}: the folder {folder} does not exist; create it or correct the path")
    if not os.access(folder, os.R_OK | os.X_OK):
        raise ConfigurationError(f"{where}: the folder {folder} cannot be listed; give this user read access")


def _require_file_pattern(source: Source, key: str, pattern: str) -> None:
    if not glob.has_magic(pattern) and Path(pattern).is_dir():
        raise ConfigurationError(f"{_where(source, key)}: {pattern} is a folder; write {Path(pattern) / '*.jsonl'}")


def _where(source: Source, key: str) -> str:
    return f"source {source.name!r}, path{f'.{key}' if key else ''}"


def _fault(path: Path, real: Path, folder: Path) -> str | None:
    """Why a match is not read; null when it is fine."""
    if not real.is_relative_to(folder):
        return f"it points out of {folder}, to {real}"
    if real.is_dir():
        return "it is a folder"
    if not real.exists():
        return "it is a link to nothing"
    return None if real.is_file() else "it is no regular file"


@contextmanager
def open_delivery(delivery: Delivery) -> Iterator[OpenDelivery]:
    """Open a file without following links or waiting for a pipe.

    Raises:
        ConfigurationError: the file cannot be opened, or is no regular file after all.
    """
    try:
        descriptor = os.open(delivery.real, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise ConfigurationError(
            f"source {delivery.source.name!r}: {delivery.path} cannot be read ({error.strerror}); "
            "give this user read access, or move the file out of the folder"
        ) from error
    with os.fdopen(descriptor, "rb", buffering=0) as handle:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise ConfigurationError(f"source {delivery.source.name!r}: {delivery.path} is no regular file")
        yield OpenDelivery(handle, size=status.st_size, modified_ns=status.st_mtime_ns, inode=status.st_ino)


def is_unchanged(delivery: Delivery, opened: OpenDelivery) -> bool:
    """Whether the file still is what it was when opened: nobody wrote to it or replaced it meanwhile."""
    try:
        status = delivery.real.stat()
    except OSError:
        return False
    now = (status.st_size, status.st_mtime_ns, status.st_ino)
    return now == (opened.size, opened.modified_ns, opened.inode)
