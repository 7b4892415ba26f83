"""Bytes of a file, gzip undone in bounded steps. Truncation, a wrong checksum and a bomb refuse the whole file."""

import zlib
from collections.abc import Iterator
from typing import BinaryIO

from journey_analytics.sources.rows import FileRefusedError, Limits

_MAGIC = b"\x1f\x8b"
_GZIP_WINDOW = 31
"""zlib's code for: 32 KiB window, gzip header and trailer, checksum verified."""


def plain_chunks(handle: BinaryIO, *, name: str, limits: Limits) -> Iterator[bytes]:
    """The content in chunks of at most `limits.chunk_bytes`, decompressed when it is gzip, whatever its name says.

    Raises:
        FileRefusedError: `not_gzip` (the name ends in .gz, the content is something else),
            `gzip_truncated`, `gzip_corrupt`, `bomb`.
    """
    first = handle.read(limits.chunk_bytes)
    if first[:2] == _MAGIC:
        yield from _Inflater(handle, first, limits).chunks()
        return
    if name.lower().endswith(".gz") and first:
        raise FileRefusedError("not_gzip", "the name ends in .gz, but the content is not gzip")
    chunk = first
    while chunk:
        yield chunk
        chunk = handle.read(limits.chunk_bytes)


class _Inflater:
    """Decompresses one file of one or more gzip members, counting both sides."""

    def __init__(self, handle: BinaryIO, first: bytes, limits: Limits) -> None:
        self._handle = handle
        self._pending = first
        self._limits = limits
        self._taken = len(first)
        self._given = 0

    def chunks(self) -> Iterator[bytes]:
        while self._pending:
            yield from self._member()
            self._pending = self._pending.lstrip(b"\0") or self._more()

    def _more(self) -> bytes:
        chunk = self._handle.read(self._limits.chunk_bytes)
        self._taken += len(chunk)
        return chunk

    def _member(self) -> Iterator[bytes]:
        if len(self._pending) < len(_MAGIC):
            self._pending += self._more()
        if not self._pending.startswith(_MAGIC):
            raise FileRefusedError("gzip_corrupt", "something that is not gzip follows the compressed data")
        inflate = zlib.decompressobj(_GZIP_WINDOW)
        while not inflate.eof:
            chunk = self._step(inflate)
            if chunk:
                yield chunk
        self._pending = inflate.unused_data

    def _step(self, inflate: "zlib._Decompress") -> bytes:
        try:
            chunk = inflate.decompress(self._pending, self._limits.chunk_bytes)
        except zlib.error as error:
            raise FileRefusedError("gzip_corrupt", f"the compressed data is damaged: {error}") from error
        self._pending = inflate.unconsumed_tail
        self._count(chunk)
        if not inflate.eof and not self._pending:
            self._pending = self._more()
            if not self._pending and not chunk:
                raise FileRefusedError("gzip_truncated", "the compressed data ends too early: the file was cut")
        return chunk

    def _count(self, chunk: bytes) -> None:
        self._given += len(chunk)
        limits = self._limits
        if self._given > limits.output_bytes:
            raise FileRefusedError("bomb", f"it decompresses to more than {limits.output_bytes:,} bytes")
        if self._given > limits.ratio_from_bytes and self._given > limits.ratio * self._taken:
            raise FileRefusedError("bomb", f"it decompresses to more than {limits.ratio} times its size")
