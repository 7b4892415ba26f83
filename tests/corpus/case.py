"""A case of the bad-input corpus: the files of one source, and exactly what must become of them.

Every case carries 100 good rows, so it also proves that the neighbours of a bad row survive.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

NEIGHBOURS = 100


@dataclass(frozen=True)
class Case:
    """The files by name, loaded in this order, one run each.

    `rejected` counts rows by code; a code of a whole file counts as one. `warns` is part of a warning of the load.
    `holds` are SQL conditions on the loaded tables. `is_refused`: no row of the file is loaded.
    """

    name: str
    files: Mapping[str, bytes]
    accepted: int = NEIGHBOURS
    duplicates: int = 0
    rejected: Mapping[str, int] = field(default_factory=dict)
    warns: str | None = None
    holds: Sequence[str] = ()
    is_refused: bool = False
    delimiter: str = ","
    time_zone: str | None = None


Row = Callable[[int], Mapping[str, Any]]


def line(record: Mapping[str, Any]) -> bytes:
    """One record as a JSON line."""
    return json.dumps(record, ensure_ascii=False).encode() + b"\n"


def lines(row: Row, numbers: Sequence[int] = range(NEIGHBOURS)) -> list[bytes]:
    """Good rows as JSON lines."""
    return [line(row(number)) for number in numbers]


def among(row: Row, *bad: bytes) -> bytes:
    """100 good lines with other ones spread between them; a line feed is added to those without one."""
    good = lines(row)
    for place, content in enumerate(bad, 1):
        good.insert(place * 30 + place, content if content.endswith(b"\n") else content + b"\n")
    return b"".join(good)


def listed(row: Row, *bad: bytes, between: bytes = b",") -> bytes:
    """100 good elements in one JSON list with other ones between them."""
    good = [part.strip() for part in lines(row)]
    for place, content in enumerate(bad, 1):
        good.insert(place * 30 + place, content)
    return b"[" + between.join(good) + b"]"
