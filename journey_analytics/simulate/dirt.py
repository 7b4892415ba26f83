"""What the real world adds to clean exports: re-deliveries, late and malformed rows, placeholders, bots, a super-node.

A dirty world holds every event of the clean one, so the truth of the two differs only by the bots.
"""

import json
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any, Final

from journey_analytics.simulate.draw import DAY, HOUR, SECOND, Choice, between, happens, iso, one_of, random_of
from journey_analytics.simulate.people import uuid_text
from journey_analytics.simulate.segment import SITE
from journey_analytics.simulate.world import BUSINESS_PHONE, World
from journey_analytics.simulate.write import csv_line, is_array

encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode
Record = dict[str, Any]

_PLACEHOLDERS: Final = (
    "null", "undefined", "anonymous", "00000000-0000-0000-0000-000000000000", "d41d8cd98f00b204e9800998ecf8427e", "",
)  # fmt: skip
_BOT_AGENTS: Final = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
    "Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 HeadlessChrome/120.0 Safari/537.36",
    "python-requests/2.32",
)
BOT_EVERY: Final = 120
"""One bot per this many customers."""
_REDELIVERED_SHARE: Final = 0.012
_LATE_SHARE: Final = 0.006
_MALFORMED_SHARE: Final = 0.008
_PLACEHOLDER_SHARE: Final = 0.02
_ZERO_COOKIE_SHARE: Final = 0.005
_MILLISECOND_SHARE: Final = 0.005
_BUSINESS_PHONE_SHARE: Final = 0.12
_DEPTH: Final = 12_000
"""Nesting of a row that is too deep: beyond what any version of Python follows."""

_TIMES: Final = {
    "web": ("timestamp", "originalTimestamp", "sentAt", "receivedAt"),
    "email": ("timestamp",),
    "store": ("created_at", "processed_at", "updated_at"),
}
_ID: Final = {"web": "messageId", "email": "sg_event_id", "store": "id"}
_KIND: Final = {"web": "type", "email": "event", "store": "source_name"}
_IDENTITIES: Final = {
    "web": ("anonymousId", "userId", "traits"),
    "email": ("email",),
    "store": ("email", "phone", "customer"),
}


def text_of(row: Record | list[str]) -> str:
    """A row as the line of its file."""
    return csv_line(row) if isinstance(row, list) else encode(row)


class Dirt:
    """Delivers rows dirtily; what it did is in `counts`."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.counts: Counter[str] = Counter()
        self.random = random_of(world.seed, "dirt")

    def begin(self, person_id: str) -> None:
        """From here on draw for this person: nobody's dirt depends on who else there is."""
        self.random = random_of(self.world.seed, "dirt", person_id)

    def deliver(self, table: str, at: int, row: Record | list[str], *, skew: int = 0) -> list[tuple[int, str]]:
        """The lines that arrive for one logged row, each with when."""
        uniform = self.random.random
        if isinstance(row, dict):
            self._smudge(table, row, at, skew)
        late = self._late(table, at, row) if uniform() < _LATE_SHARE else at
        lines = [(late, text_of(row))]
        if uniform() < _REDELIVERED_SHARE:
            lines.append(self._again(table, late, row))
        if uniform() < _MALFORMED_SHARE and not is_array(table, at):
            self.counts["malformed"] += 1
            lines.append((at, self._malformed(table, row)))
        return lines

    def _late(self, table: str, at: int, row: Record | list[str]) -> int:
        """Weeks later, if the export goes on for so long."""
        late = at + between(20 * DAY, 45 * DAY, self.random.random)
        if late >= self.world.ends_at:
            return at
        self.counts["late"] += 1
        if table == "web" and isinstance(row, dict):
            row["receivedAt"] = iso(late)
        return late

    def _again(self, table: str, at: int, row: Record | list[str]) -> tuple[int, str]:
        self.counts["redelivered"] += 1
        later = min(at + between(SECOND, 3 * HOUR, self.random.random), self.world.ends_at - 1)
        if table == "web" and isinstance(row, dict) and happens(0.4, self.random.random):
            self.counts["redelivered_with_other_received_at"] += 1
            return later, encode({**row, "receivedAt": iso(max(at, later) + 2 * SECOND)})
        return later, text_of(row)

    def _smudge(self, table: str, row: Record, at: int, skew: int) -> None:
        if table == "web":
            self._smudge_web(row, at, skew)
        elif table == "email" and self.random.random() < _MILLISECOND_SHARE:
            self.counts["timestamp_in_milliseconds"] += 1
            row["timestamp"] *= 1000
        elif table == "store" and int(row["id"]) * 7919 % 1000 < _BUSINESS_PHONE_SHARE * 1000:
            self.counts["business_phone"] += 1
            row["phone"], row["customer"] = BUSINESS_PHONE, {**row["customer"], "phone": None}

    def _smudge_web(self, row: Record, at: int, skew: int) -> None:
        if skew:  # the vendor has put `timestamp` right, the two others are the device's clock
            self.counts["skewed"] += 1
            row["originalTimestamp"], row["sentAt"] = iso(max(at + skew, 0)), iso(max(at + skew, 0) + 40)
        share = self.random.random()
        if row["userId"] is None and row["type"] != "identify" and share < _PLACEHOLDER_SHARE:
            self.counts["placeholder_id"] += 1
            row["userId"] = one_of(_PLACEHOLDERS, self.random.random)
        elif row["userId"] and row["type"] != "identify" and share < _ZERO_COOKIE_SHARE:
            self.counts["placeholder_id"] += 1
            row["anonymousId"] = _PLACEHOLDERS[3]

    def _malformed(self, table: str, row: Record | list[str]) -> str:
        if isinstance(row, list):
            kind, text = _malformed_csv(row, self.random)
        else:
            kind = _JSON_FAULTS.pick(self.random.random)
            text = _FAULTS[kind](table, _copy(table, row, self.random), self.random)
        self.counts[f"malformed_{kind}"] += 1
        return text


def _copy(table: str, row: Record, random: Random) -> Record:
    """Another event of the same shape, so that a reader who accepts the fault is found out by a surplus event."""
    number = 1 + int(random.random() * 10**12)
    return {**row, _ID[table]: 90_000_000_000_000 + number if table == "store" else f"bad-{number}"}


def _with_times(table: str, row: Record, value: object) -> str:
    return encode({**row, **dict.fromkeys(_TIMES[table], value)})


def _without(row: Record, names: tuple[str, ...]) -> str:
    return encode({name: value for name, value in row.items() if name not in names})


def _cut(table: str, row: Record, random: Random) -> str:
    text = encode(row)
    return text[: 10 + int(random.random() * (len(text) - 20))].rstrip("\\")


def _placeholder_ids(table: str, row: Record, random: Random) -> str:
    value = one_of(_PLACEHOLDERS, random.random)
    return encode({**row, **{name: None if name in ("traits", "customer") else value for name in _IDENTITIES[table]}})


_FAULTS: Final[dict[str, Callable[[str, Record, Random], str]]] = {
    "truncated": _cut,
    "syntax": lambda table, row, random: encode(row)[:-1] + ",}",
    "not_an_object": lambda table, row, random: one_of(('["orphan"]', "42", '"text"', "null", "[]"), random.random),
    "duplicate_key": lambda table, row, random: encode(row)[:-1] + f',"{_ID[table]}":"twice"}}',
    "not_utf8": lambda table, row, random: encode(row)[:-1] + ',"note":"caf\udce9"}',
    "control_character": lambda table, row, random: encode(row)[:-1] + ',"note":"a\x00b"}',
    "too_deep": lambda table, row, random: encode(row)[:-1] + ',"note":' + "[" * _DEPTH + "]" * _DEPTH + "}",
    "without_time": lambda table, row, random: _without(row, _TIMES[table]),
    "unreadable_time": lambda table, row, random: _with_times(table, row, "yesterday noon"),
    "epoch_time": lambda table, row, random: _with_times(table, row, 0 if table == "email" else "1970-01-01T00:00:00Z"),
    "future_time": lambda table, row, random: _with_times(
        table, row, 3_700_000_000 if table == "email" else "2087-04-01T10:00:00Z"
    ),
    "without_identity": lambda table, row, random: _without(row, _IDENTITIES[table]),
    "placeholder_identity": _placeholder_ids,
    "without_kind": lambda table, row, random: _without(row, ("type", "event", "created_at")),
    "unknown_kind": lambda table, row, random: encode(
        {**row, _KIND[table]: "teleport"} if table != "store" else {**row, "total_price": "twelve"}
    ),
}
"""How a JSON row can be at fault; each makes a text that no reader may accept as an event."""
_JSON_FAULTS: Final = Choice.of({**dict.fromkeys(_FAULTS, 1.0), "too_deep": 0.3})


_CSV_FAULTS: Final = Choice.of({"too_few_fields": 7, "too_many_fields": 7, "unreadable_time": 6})
_TIME_LENGTH: Final = len("2025-01-01 00:00:00")


def _malformed_csv(row: list[str], random: Random) -> tuple[str, str]:
    kind = _CSV_FAULTS.pick(random.random)
    if kind == "too_few_fields":
        return kind, csv_line(row[:2])
    if kind == "too_many_fields":
        return kind, csv_line([*row, "surplus", "surplus"])
    other = ("31/31/2025" if _is_time(value) else value for value in row[1:])
    return kind, csv_line([f"bad-{row[0]}", *other])


def _is_time(value: str) -> bool:
    return len(value) == _TIME_LENGTH and value[4] == "-" and value[13] == ":"


def bot_messages(world: World, number: int) -> list[tuple[int, Record]]:
    """A crawler's page views, if one comes along with customer `number`: (at, message)."""
    if number % BOT_EVERY != BOT_EVERY // 3:
        return []
    random = random_of(world.seed, "bot", number)
    agent, cookie = one_of(_BOT_AGENTS, random.random), uuid_text(random)
    at = between(0, world.ends_at - DAY, random.random) if world.days > 1 else 0
    found = []
    for count in range(40):
        at += between(SECOND, 20 * SECOND, random.random)
        path = f"/blog/page-{count}" if count % 2 else "/"
        page = {"path": path, "url": SITE + path, "referrer": "", "title": "Outfitters"}
        found.append((at, {
            "messageId": f"bot-{world.seed}-{number}-{count}", "type": "page", "anonymousId": cookie, "userId": None,
            "timestamp": iso(at), "originalTimestamp": iso(at), "sentAt": iso(at), "receivedAt": iso(at + 200),
            "name": "Outfitters", "context": {"page": page, "userAgent": agent}, "properties": page,
        }))  # fmt: skip
    return found
