"""Small logs as text, random funnels and logs, and the matching of both as plain tuples."""

import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import funnel_oracle
import polars as pl
from funnel_oracle import Touch

from journey_analytics.errors import ConfigurationError
from journey_analytics.funnel.definition import Exclusion, Funnel, Step, exclusion, funnel, step
from journey_analytics.funnel.matching import match

START = datetime(2026, 1, 1)
Found = tuple[int, int, tuple[int | None, ...], int, datetime | None]
"""Entry, entry step, places per step, required steps reached, end by exclusion."""

_SCHEMA = {
    "touchpoint_id": pl.String, "source": pl.String, "source_event_id": pl.String, "customer_id": pl.String,
    "session_id": pl.String, "journey_id": pl.String, "activity": pl.String, "occurred_at": pl.Datetime("us"),
    "topic": pl.String, "is_passive": pl.Boolean,
}  # fmt: skip


def seconds(count: float | None) -> timedelta | None:
    """A duration, or none."""
    return None if count is None else timedelta(seconds=count)


def log(text: str, *, unit: str = "u") -> pl.DataFrame:
    """One unit's touchpoints: `"a@0 b@60 b@60:red"` is activity, second (default: 0, 1, 2 …) and topic."""
    touches = []
    for place, token in enumerate(text.split(), 1):
        told, _, topic = token.partition(":")
        activity, _, at = told.partition("@")
        touches.append(Touch(place, activity, START + timedelta(seconds=float(at or place - 1)), (topic or None,)))
    return frame({unit: touches})


def frame(logs: Mapping[str, Sequence[Touch]], *, rng: random.Random | None = None) -> pl.DataFrame:
    """The touchpoints of all units, shuffled when `rng` is given; the unit is journey, session and customer alike."""
    rows = [
        (f"{unit}-{touch.place}", "web", f"{touch.place:03}", unit, unit, unit, touch.activity, touch.at,
         touch.held[0] if touch.held else None, touch.is_passive)
        for unit, touches in logs.items()
        for touch in touches
    ]  # fmt: skip
    if rng:
        rng.shuffle(rows)
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


def matched(touchpoints: pl.DataFrame, asked: Funnel) -> dict[str, list[Found]]:
    """What the SQL finds, by unit, in the order of entries."""
    found: dict[str, list[Found]] = {}
    for row in match(touchpoints, asked).iter_rows(named=True):
        places = tuple(_place(touchpoint) for touchpoint in row["step_touchpoint_id"])
        assert row["reached"] == [place is not None for place in places] == [at is not None for at in row["step_at"]]
        entry = int(row["entry_touchpoint_id"].split("-")[1])
        attempt = (entry, row["entry_step"], places, row["reached_count"], row["ended_by_exclusion_at"])
        found.setdefault(row["unit_id"], []).append(attempt)
    return {unit: sorted(rows) for unit, rows in found.items()}


def _place(touchpoint: str | None) -> int | None:
    return None if touchpoint is None else int(touchpoint.split("-")[1])


def expected(touches: Sequence[Touch], asked: Funnel) -> list[Found]:
    """What the brute force finds for one unit."""
    if asked.unit == "journey" and all(touch.is_passive for touch in touches):
        return []  # nobody did anything in it
    seen = [
        touch if asked.held_constant else Touch(touch.place, touch.activity, touch.at, (), touch.is_passive)
        for touch in touches
    ]
    at = {touch.place: touch.at for touch in seen}
    found = funnel_oracle.attempts(seen, asked) or []
    return [
        (each.entry, each.entry_step, each.places, each.reached_count, at[each.excluded] if each.excluded else None)
        for each in found
    ]


def levels(touchpoints: pl.DataFrame, asked: Funnel) -> dict[str, list[int]]:
    """Required steps reached, by unit, attempt by attempt."""
    return {unit: [attempt[3] for attempt in attempts] for unit, attempts in matched(touchpoints, asked).items()}


def reached(text: str, asked: Funnel) -> list[int]:
    """`levels` of one log as text."""
    return levels(log(text), asked).get("u", [])


def random_log(rng: random.Random) -> list[Touch]:
    """Up to nine touchpoints, many at the same instant, some passive, with and without a topic."""
    at, touches = 0, []
    for place in range(1, rng.randint(0, 9) + 1):
        at += rng.choice([0, 0, 1, 1, 2, 3])
        held = (rng.choice(["p", "p", "q", None]),)
        touches.append(Touch(place, rng.choice("aabbccddxz"), START + timedelta(seconds=at), held, rng.random() < 0.15))
    return touches


def random_funnel(rng: random.Random, *, order: str) -> Funnel:
    """Any combination of options that `funnel` allows; alternatives, repeats and steps that overlap are common."""
    while True:
        try:
            return _drawn(rng, order=order)
        except ConfigurationError:
            continue


def _drawn(rng: random.Random, *, order: str) -> Funnel:
    count = rng.choice([2, 3, 3, 4])
    is_sequence = order in ("ordered", "strict")
    same_time = rng.choice([None, None, None, 1, 2]) if is_sequence else None
    steps = [
        _drawn_step(rng, number, order, can_skip=not same_time and 0 < number < count - 1) for number in range(count)
    ]
    return funnel(
        "f", steps, order=order, unit=rng.choice(["journey", "customer", "session"]),
        window=seconds(rng.choice([None, 3, 5, 8])), entry=rng.choice(["first", "every", "best"]),
        exclusion=_drawn_exclusion(rng, steps, is_sequence=is_sequence) if rng.random() < 0.4 else None,
        is_open=is_sequence and rng.random() < 0.25, same_time=seconds(same_time),
        held_constant=rng.choice([(), (), ("topic",)]),
        since=rng.choice([None, None, START + timedelta(seconds=3)]),
        until=rng.choice([None, None, START + timedelta(seconds=7)]),
    )  # fmt: skip


def _drawn_step(rng: random.Random, number: int, order: str, *, can_skip: bool) -> Step:
    has_gaps = order in ("ordered", "strict") and number > 0
    return step(
        rng.sample("abcd", rng.choice([1, 1, 1, 2])),
        name=str(number),
        is_optional=order in ("ordered", "strict") and can_skip and rng.random() < 0.35,
        min_gap=seconds(rng.choice([1, 2])) if has_gaps and rng.random() < 0.3 else None,
        max_gap=seconds(rng.choice([0, 1, 2, 4])) if has_gaps and rng.random() < 0.3 else None,
        is_anchored=order == "anchored" and rng.random() < 0.4,
    )


def _drawn_exclusion(rng: random.Random, steps: list[Step], *, is_sequence: bool) -> Exclusion:
    count = sum(not each.is_optional for each in steps)
    names, mode = rng.choice(["x", "x", "x|d"]), rng.choice(["drop_journey", "end_at_exclusion"])
    if not is_sequence or count < 3 or rng.random() < 0.5:
        return exclusion(names, mode=mode)
    after = rng.randint(1, count - 1)
    return exclusion(names, mode=mode, after_step=after, before_step=rng.randint(after + 1, count))
