"""The definitions of journeys, stages and visits once more, told one touchpoint after the other in plain Python.

Slow, and written without a look at how the kernel does it: what both agree on is meant.
"""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sequence_states_reference import PRE, Row, Told, tell_states

from journey_analytics.contract import STAGES
from journey_analytics.sequence import Rules, StageRule

DAY = timedelta(days=1)


@dataclass
class Line:
    """What the past says of a customer's needs in one thread at one moment."""

    need: Row | None = None  # founding touchpoint of the latest need
    until: datetime | None = None
    stage: str | None = None


@dataclass
class Life:
    """What a customer's past says at one moment."""

    line: Line = field(default_factory=Line)  # of the thread of the touchpoint that is read
    before: tuple[str, datetime | None] = ("first", None)  # how the last need touched ended, or until when it lives
    after: Row | None = None  # founding touchpoint of the latest after-sales journey
    after_until: datetime | None = None
    passive: Row | None = None
    passive_until: datetime | None = None
    purchase: Row | None = None
    orders: dict[str, Row] = field(default_factory=dict)
    journey_of: dict[str, Row] = field(default_factory=dict)  # by touchpoint id
    opening: dict[str, tuple[str, Row | None]] = field(default_factory=dict)  # by source: stage, last purchase then


def tell(rows: list[Row], rules: Rules, cutoff: datetime) -> Told:
    """The tables of some customers' touchpoints, by reading each life from its beginning."""
    told = Told()
    lives = defaultdict(list)
    for row in rows:
        lives[row["customer_id"]].append(dict(row))
    for life in lives.values():
        life.sort(key=lambda row: (row["occurred_at"], row["source_rank"], row["source"], row["source_event_id"]))
        _tell_sessions(life, rules, told)
        kinds = _tell_life(life, rules, cutoff, told)
        tell_states(life, kinds, rules, cutoff, told)
    return told


def _tell_sessions(rows: list[Row], rules: Rules, told: Told) -> None:
    last: dict[str, tuple[datetime, str]] = {}
    acted: set[str] = set()
    for row in rows:
        at, session = last.get(row["source"], (None, None))
        if at is None or row["occurred_at"] - at > rules.session_gap:
            session = row["touchpoint_id"]
        last[row["source"]] = (row["occurred_at"], session)
        told.session[row["touchpoint_id"]] = session
        row["continues_session"] = session in acted
        if row["is_purchase"] or not row["is_passive"]:
            acted.add(session)


def _tell_life(rows: list[Row], rules: Rules, cutoff: datetime, told: Told) -> dict[str, str]:
    life, kinds = Life(), {}
    threads, lines = _threads(rows, rules, cutoff, told), defaultdict[Any, Line](Line)
    for row in rows:
        key = row["touchpoint_id"]
        life.line = lines[threads[key]]
        stage, rule = _stage(row, life, rules)
        kinds[key] = _kind(row, stage, life)
        place = {"pre": _place_pre, "after": _place_after, "passive": _place_passive}[kinds[key]]
        founder = place(row, stage, life, rules)
        told.stage[key], told.rule[key], told.journey[key] = stage, rule and rule.rule_id, founder["touchpoint_id"]
        life.journey_of[key] = founder
        if founder is row:
            told.reason[key] = _reason(row, kinds[key], life)
        if kinds[key] == "pre":
            ended = "purchase" if row["is_purchase"] else "end" if row["is_end"] else "inactivity"
            life.before = (ended, life.line.until)
        is_opening = not _follows(row, life, rules)
        if row["is_purchase"]:
            _buy(row, founder, life, rules)
        if is_opening:
            life.opening[row["source"]] = (stage, life.purchase)
    return kinds


def _threads(rows: list[Row], rules: Rules, cutoff: datetime, told: Told) -> dict[str, Any]:
    """The thread of every touchpoint: a topic, or the first of some sessions that nobody can tell the topic of."""
    if not rules.splits_by_topic:
        return {row["touchpoint_id"]: "all" for row in rows}
    visits: dict[str, list[Row]] = {}
    for row in rows:
        if row["is_purchase"] or not row["is_passive"]:
            visits.setdefault(told.session[row["touchpoint_id"]], []).append(row)
    chains: list[list[str]] = []
    for key, visit in visits.items():
        if chains and _goes_on(rows, visits[chains[-1][-1]], visit, rules):
            chains[-1].append(key)
        else:
            chains.append([key])
    found = {key: topic for chain in chains for key, topic in _topics_of(rows, chain, visits, rules, cutoff).items()}
    return _row_threads(rows, found, told)


def _goes_on(rows: list[Row], one: list[Row], other: list[Row], rules: Rules) -> bool:
    """Whether a session may be about what the one before it was about."""
    between = rows[rows.index(one[0]) : rows.index(other[0])]
    if any(row["is_purchase"] or row["is_end"] for row in between):
        return False
    return _pause_before(rows, other[0]) <= max(rules.inactivity[stage] for stage in ("unknown", *PRE))


def _pause_before(rows: list[Row], row: Row) -> timedelta:
    """Since the last thing that the customer did."""
    done = [other for other in rows[: rows.index(row)] if other["is_purchase"] or not other["is_passive"]]
    return row["occurred_at"] - done[-1]["occurred_at"]


def _topics_of(
    rows: list[Row], chain: list[str], visits: dict[str, list[Row]], rules: Rules, cutoff: datetime
) -> dict[str, Any]:
    """The topic of every session of a chain; what begins up to the cut-off hears nothing of what comes after it."""
    begun = {key for key in chain if visits[key][0]["occurred_at"] <= cutoff}
    heard = {key: [r for r in visits[key] if key not in begun or r["occurred_at"] <= cutoff] for key in chain}
    own = {key: None if visits[key][0]["source"] in rules.foreign_topics else _own_topic(heard[key]) for key in chain}
    own |= _arrivals(own, chain, {key: visits[key][0] for key in chain}, begun, rules)
    pauses = [_pause_before(rows, visits[key][0]) if place else None for place, key in enumerate(chain)]
    found: dict[str, Any] = {}
    for place, key in enumerate(chain):
        one = next((p for p in range(place, -1, -1) if own[chain[p]] is not None), None)
        other = next((p for p in range(place, len(chain)) if own[chain[p]] is not None), None)
        if other is not None and key in begun and chain[other] not in begun:
            other = None
        if one is not None and other is not None and one < other:
            longest = max(range(one + 1, other + 1), key=lambda p: (pauses[p], p))
            one, other = (one, None) if place < longest else (None, other)
        near = other if one is None else one
        found[key] = ("without topic", chain[0]) if near is None else own[chain[near]]
    return found


def _arrivals(
    own: dict[str, str | None], chain: list[str], first: dict[str, Row], begun: set[str], rules: Rules
) -> dict[str, str]:
    """Sessions that begin another need in the middle of one: the next topic not had before, if it comes soon."""
    reach = max(rules.inactivity[stage] for stage in ("unknown", *PRE))
    found = {}
    for place, key in enumerate(chain):
        had = {own[other] for other in chain[:place]} - {None}
        if own[key] is not None or first[key]["activity"] not in rules.arrivals or not had:
            continue
        found[key] = "looking around"
        later = [other for other in chain[place:] if own[other] is not None and own[other] not in had]
        if later and first[later[0]]["occurred_at"] - first[key]["occurred_at"] <= reach:
            is_heard = key not in begun or later[0] in begun
            found[key] = own[later[0]] if is_heard else found[key]
    return found


def _own_topic(rows: list[Row]) -> str | None:
    topics = [row["topic"] for row in rows if row["topic"] is not None]
    return max(topics, key=lambda topic: (topics.count(topic), -topics.index(topic)), default=None)


def _row_threads(rows: list[Row], found: dict[str, Any], told: Told) -> dict[str, Any]:
    threads: dict[str, Any] = {}
    by_order: dict[str, Any] = {}
    last: Any = None
    for row in rows:
        if row["is_purchase"] or not row["is_passive"]:
            last = found[told.session[row["touchpoint_id"]]]
            if row["order_id"]:
                last = by_order.setdefault(row["order_id"], last)
        threads[row["touchpoint_id"]] = last
    return threads


def _reason(row: Row, kind: str, life: Life) -> str:
    """Why the touchpoint founds a journey."""
    if kind != "pre":
        return {"after": "after_sales", "passive": "passive"}[kind]
    how, until = life.before
    return "new_need" if how == "inactivity" and _alive(until, row) else how


def _order(row: Row, life: Life) -> Row | None:
    return None if row["is_purchase"] else life.orders.get(row["order_id"])


def _kind(row: Row, stage: str, life: Life) -> str:
    if row["is_purchase"]:
        return "pre"
    if row["is_passive"]:
        return "passive"
    return "after" if stage == "post_purchase" or _order(row, life) else "pre"


def _alive(until: datetime | None, row: Row) -> bool:
    return until is not None and row["occurred_at"] <= until


def _place_pre(row: Row, stage: str, life: Life, rules: Rules) -> Row:
    line = life.line
    if not _alive(line.until, row):
        line.need, line.stage = row, None
    if stage in PRE:
        line.stage = stage
    ends = row["is_end"] or row["is_purchase"]
    line.until = None if ends else row["occurred_at"] + rules.inactivity[stage]
    assert line.need is not None
    return line.need


def _buy(row: Row, founder: Row, life: Life, rules: Rules) -> None:
    life.purchase = row
    life.after = founder
    life.after_until = row["occurred_at"] + max(rules.inactivity["post_purchase"], rules.tail)
    if row["order_id"]:
        life.orders.setdefault(row["order_id"], row)


def _place_after(row: Row, stage: str, life: Life, rules: Rules) -> Row:
    order = _order(row, life)
    if order and order is not life.purchase:
        return life.journey_of[order["touchpoint_id"]]
    if order:
        life.after = life.journey_of[order["touchpoint_id"]]
    elif not _alive(life.after_until, row):
        life.after = row
    tail_until = life.purchase["occurred_at"] + rules.tail if life.purchase else row["occurred_at"]
    life.after_until = max(row["occurred_at"] + rules.inactivity["post_purchase"], tail_until)
    assert life.after is not None
    return life.after


def _place_passive(row: Row, stage: str, life: Life, rules: Rules) -> Row:
    order = _order(row, life)
    if order:
        return life.journey_of[order["touchpoint_id"]]
    need = life.line.need if _alive(life.line.until, row) else None
    after = life.after if _alive(life.after_until, row) else None
    found = (after or need) if stage == "post_purchase" else (need or after)
    if found:
        return found
    if not _alive(life.passive_until, row):
        life.passive = row
    life.passive_until = row["occurred_at"] + (timedelta(0) if row["is_end"] else rules.inactivity[stage])
    assert life.passive is not None
    return life.passive


def _stage(row: Row, life: Life, rules: Rules) -> tuple[str, StageRule | None]:
    need = (life.line.stage or "none") if _alive(life.line.until, row) else "none"
    opening, bought = life.opening.get(row["source"], ("unknown", None))
    if opening != "unknown" and need != "none":
        opening = max(opening, need, key=STAGES.index)
    if opening != "unknown" and life.purchase is not bought:
        opening = "post_purchase"
    for rule in rules.stage_rules:
        if rule.stage == "opening" and opening == "unknown":
            continue
        if _fits(row, life, rule) and ("none", *PRE).index(need) in rule.previous_states:
            return {"previous": need, "opening": opening}.get(rule.stage, rule.stage), rule
    return "unknown", None


def _follows(row: Row, life: Life, rules: Rules) -> bool:
    """Whether in some state of the need the row would take the stage of the contact it follows."""
    return any(
        next((r.stage for r in rules.stage_rules if _fits(row, life, r) and state in r.previous_states), None)
        == "opening"
        for state in range(4)
    )


def _fits(row: Row, life: Life, rule: StageRule) -> bool:
    bought = life.purchase
    since = row["occurred_at"] - bought["occurred_at"] if bought else None
    same_topic = None if not bought or not bought["topic"] or not row["topic"] else bought["topic"] == row["topic"]
    flags = {
        "is_machine": row["is_machine"],
        "is_after_purchase": bought is not None,
        "has_topic": row["topic"] is not None,
        "same_topic": same_topic,
        "continues_session": row["continues_session"],
    }
    return (
        all(_text_fits(column, row[column], patterns) for column, patterns in rule.texts.items())
        and all(flags[column] is want for column, want in rule.flags.items())
        and (rule.min_days is None or (since is not None and since >= rule.min_days * DAY))
        and (rule.max_days is None or (since is not None and since <= rule.max_days * DAY))
    )


def _text_fits(column: str, text: str | None, patterns: tuple[str, ...]) -> bool:
    if text is None:
        return False
    ends = [(p.removesuffix("*"), p.endswith("*")) for p in patterns]
    if column == "subject":
        return any(
            re.search(rf"\b{re.escape(p)}" + (r"\w*\b" if is_open else r"\b"), text, re.IGNORECASE)
            for p, is_open in ends
        )
    return any(text.lower().startswith(p) if is_open else text.lower() == p for p, is_open in ends)
