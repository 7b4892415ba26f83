"""One writer at a time: a kernel lock beside the warehouse, freed by the kernel when its holder dies."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from journey_analytics.errors import ConfigurationError, LockedError


@contextmanager
def exclusive_run(warehouse: Path) -> Iterator[None]:
    """Hold the lock of a warehouse during the block.

    Raises:
        LockedError: when another process holds it; the message names its process id.
        ConfigurationError: when the folder cannot be written.
    """
    file = warehouse.with_name(warehouse.name + ".lock")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ConfigurationError(
            f"cannot write {file}: {error.strerror}; [warehouse] path needs a folder that this user may write"
        ) from error
    try:
        _acquire(handle, file)
        yield
    finally:
        os.close(handle)


def _acquire(handle: int, file: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.pread(handle, 32, 0).decode(errors="replace").strip() or "unknown"
        raise LockedError(f"another run holds {file} (process {holder}); try again when it has ended") from error
    os.ftruncate(handle, 0)
    os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
