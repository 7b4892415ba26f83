"""A file that is there whole or not at all, with the same bytes for the same content."""

import gzip
import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedIOBase
from pathlib import Path

from journey_analytics.errors import ConfigurationError
from journey_analytics.publish import replace_durably

_LEVEL = 6


@contextmanager
def whole_file(path: Path) -> Iterator[BufferedIOBase]:
    """A handle to write to; the file takes the place of an earlier one when the block has ended well.

    Compressed where the name ends in .gz: without name or time inside, so that the bytes depend on the content alone.

    Raises:
        ConfigurationError: the folder cannot be written.
    """
    fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with fresh.open("wb") as raw:
            if path.name.lower().endswith(".gz"):
                with gzip.GzipFile(filename="", mode="wb", compresslevel=_LEVEL, fileobj=raw, mtime=0) as handle:
                    yield handle
            else:
                yield raw
        replace_durably(fresh, path)
    except OSError as error:
        raise ConfigurationError(
            f"cannot write {path}: {error.strerror}; name a file in a folder that exists"
        ) from error
    finally:
        fresh.unlink(missing_ok=True)
