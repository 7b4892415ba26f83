"""Chunks of bytes → UTF-8 bytes → lines. Marked UTF-16 is converted; LF, CRLF and CR end a line; lines are bounded."""

import codecs
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from journey_analytics.sources.rows import Limits, Warn

_UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


@dataclass(frozen=True, slots=True)
class LongLine:
    """A line over the limit: its beginning and its length in bytes."""

    prefix: bytes
    byte_count: int


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive lines without their ends; `is_cut`: the file ended before the end of the (only) line."""

    lines: list[bytes | LongLine]
    is_cut: bool = False


def utf8_chunks(chunks: Iterable[bytes], *, warn: Warn) -> Iterator[bytes]:
    """The same text as UTF-8 without a byte-order mark and with LF alone as line end.

    Bytes that are no UTF-8 pass through unchanged, for the row's reader to refuse.
    """
    yield from _unified(_decoded(chunks, warn=warn))


def _decoded(chunks: Iterable[bytes], *, warn: Warn) -> Iterator[bytes]:
    stream = iter(chunks)
    head = b""
    while len(head) < len(codecs.BOM_UTF8) and (chunk := next(stream, b"")):
        head += chunk
    encoding = _UTF16.get(head[:2])
    if encoding:
        warn("the file is UTF-16: it was converted")
        yield from _from_utf16(head[2:], stream, encoding)
        return
    yield head.removeprefix(codecs.BOM_UTF8)
    yield from stream


def _from_utf16(head: bytes, stream: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    # Lone surrogates become bytes that are no UTF-8, so that only their row is refused.
    decoder = codecs.getincrementaldecoder(encoding)("surrogatepass")
    yield decoder.decode(head).encode("utf-8", "surrogatepass")
    for chunk in stream:
        yield decoder.decode(chunk).encode("utf-8", "surrogatepass")
    if decoder.getstate()[0]:
        yield b"\xff"


def _unified(chunks: Iterable[bytes]) -> Iterator[bytes]:
    held = b""
    for chunk in chunks:
        whole = held + chunk
        held = b"\r" if whole.endswith(b"\r") else b""
        whole = whole[: len(whole) - len(held)]
        yield whole.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in whole else whole
    yield b"\n" if held else b""


def blocks(chunks: Iterable[bytes], limits: Limits) -> Iterator[Block]:
    """The lines of UTF-8 chunks, a block per chunk; blank lines included, so that they count as lines."""
    tail, swallowed = b"", 0
    for chunk in chunks:
        lines: list[bytes | LongLine] = [*chunk.split(b"\n")]
        if swallowed:
            swallowed += len(lines[0])  # type: ignore[arg-type]
            if len(lines) == 1:
                continue
            lines[0], swallowed = LongLine(tail, swallowed), 0
        else:
            lines[0] = _bounded(tail + lines[0], limits)  # type: ignore[operator]
        last = lines.pop()
        tail = last.prefix if isinstance(last, LongLine) else last
        swallowed = last.byte_count if isinstance(last, LongLine) else 0
        if lines:
            yield Block(lines)
    if swallowed or tail:
        yield Block([LongLine(tail, swallowed) if swallowed else tail], is_cut=True)


def _bounded(line: bytes, limits: Limits) -> bytes | LongLine:
    return line if len(line) <= limits.row_bytes else LongLine(line[: limits.payload_characters], len(line))
