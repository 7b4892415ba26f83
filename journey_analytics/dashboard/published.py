"""The published copy, opened for each question: a run replaces the file, and the next question reads the new one."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar, cast

from journey_analytics.errors import DataError
from journey_analytics.warehouse import Warehouse, open_published

Stamp = tuple[int, int, int]
Found = TypeVar("Found")


class Published:
    """The copy at a path. What was read from it is kept until the file is another one.

    One question reads at a time: as long as a connection is open, the engine answers a second one from the same file,
    even where the path names a new file by then.
    """

    def __init__(self, path: Path, *, kept: int = 64, memory_limit: str | None = None) -> None:
        """Read from `path`; of what was found the `kept` last used are remembered."""
        self.path = path
        self._kept = kept
        self._memory_limit = memory_limit
        self._reading = threading.RLock()
        self._found: OrderedDict[Hashable, object] = OrderedDict()
        self._stamp: Stamp | None = None

    def stamp(self) -> Stamp:
        """What tells one copy from the next: file, size and moment of writing.

        Raises:
            DataError: nothing is published yet.
        """
        try:
            now = self.path.stat()
        except OSError as error:
            raise DataError(f"nothing is published at {self.path} yet: run `journey run` first") from error
        return now.st_ino, now.st_size, now.st_mtime_ns

    def found(self, key: Hashable, read: Callable[[], Found]) -> Found:
        """What `read` returns, remembered under `key` until the copy is replaced.

        A copy that is replaced while it is read is not remembered: the next question reads the new one.
        """
        with self._reading:
            stamp = self.stamp()
            if stamp != self._stamp:
                self._found.clear()
                self._stamp = stamp
            if key in self._found:
                self._found.move_to_end(key)
                return cast(Found, self._found[key])
            value = read()
            if self.stamp() == stamp:
                self._remember(key, value)
            return value

    def _remember(self, key: Hashable, value: object) -> None:
        self._found[key] = value
        while len(self._found) > self._kept:
            self._found.popitem(last=False)

    @contextmanager
    def opened(self) -> Iterator[Warehouse]:
        """The copy as it is now, closed again afterwards."""
        with self._reading, open_published(self.path, memory_limit=self._memory_limit) as warehouse:
            yield warehouse
