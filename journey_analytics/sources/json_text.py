"""One JSON object as text: read strictly, and made safe for any other JSON reader.

Refused: duplicate keys, NaN and Infinity, lone surrogates, raw control characters, nesting beyond Python's own limit.
Replaced: the escaped NUL, which no database text can hold.
"""

import json
import re
from typing import Any

from journey_analytics.sources.rows import Limits, Warn

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")
NUL_REPLACED = "an escaped NUL was replaced by U+FFFD"


class RowError(ValueError):
    """A row cannot be read: one of `rows.ROW_CODES` and a sentence."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise RowError("duplicate_key", f"the key {twice!r} is given twice")
    return record


def _no_constant(name: str) -> None:
    raise RowError("json_syntax", f"{name} is no JSON value")


DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant)


def fault(error: ValueError | RecursionError) -> RowError:
    """What Python's decoders say, as a code and a sentence."""
    if isinstance(error, RowError):
        return error
    if isinstance(error, UnicodeDecodeError):
        bad = error.object[error.start]
        return RowError("encoding", f"byte {error.start + 1} of the row (0x{bad:02x}) is no UTF-8")
    if isinstance(error, RecursionError):
        return RowError("too_deep", "objects and lists are nested too deeply")
    if isinstance(error, json.JSONDecodeError):
        code = "control_char" if error.msg.startswith("Invalid control character") else "json_syntax"
        return RowError(code, f"{error.msg.removesuffix(' at')} at character {error.pos + 1}")
    return RowError("json_syntax", str(error))


def safe(text: str, value: Any, *, warn: Warn) -> str:
    """The text of a decoded value, fit for another JSON reader.

    Raises:
        RowError: `encoding`, when an escape stands for half a character.
    """
    if "\\u" not in text:
        return text
    if _SURROGATE.search(text):
        _refuse_lone_surrogates(value)
    replaced, count = _NUL.subn(r"\1\\ufffd", text)
    for _ in range(count):
        warn(NUL_REPLACED)
    return replaced


def _refuse_lone_surrogates(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise RowError("encoding", "an escape \\ud800 … \\udfff stands alone: half a character") from error


def too_long(size: int, limits: Limits) -> RowError:
    """The refusal of a row for its size in bytes, or characters where the bytes are not known."""
    return RowError("too_long", f"the row has a length of {size:,}, more than {limits.row_bytes:,} bytes")


def require_object(value: Any) -> None:
    """Refuse what is no JSON object.

    Raises:
        RowError: `not_object`.
    """
    if type(value) is not dict:
        raise RowError("not_object", f"a JSON object is expected, this is {_KINDS.get(type(value), 'a value')}")


_KINDS = {list: "a list", str: "text", int: "a number", float: "a number", bool: "true or false", type(None): "null"}
