"""States and visits once more, from journeys that are told: the second half of the slow telling."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from journey_analytics.contract import STAGES
from journey_analytics.sequence import Rules

Row = dict[str, Any]
PRE = STAGES[:3]


@dataclass
class Told:
    """Per touchpoint id: stage, rule, founding touchpoint's id. Visits and statuses by founding touchpoint's id."""

    stage: dict[str, str] = field(default_factory=dict)
    rule: dict[str, str | None] = field(default_factory=dict)
    journey: dict[str, str] = field(default_factory=dict)
    session: dict[str, str] = field(default_factory=dict)
    reason: dict[str, str] = field(default_factory=dict)  # by founding touchpoint's id
    visits: set[tuple[Any, ...]] = field(default_factory=set)
    status: dict[str, str] = field(default_factory=dict)
    closed_at: dict[str, datetime | None] = field(default_factory=dict)


def tell_states(rows: list[Row], kinds: dict[str, str], rules: Rules, cutoff: datetime, told: Told) -> None:
    known = [row for row in rows if row["occurred_at"] <= cutoff]
    journeys: dict[str, list[Row]] = {told.journey[row["touchpoint_id"]]: [] for row in rows}
    for row in known:
        journeys[told.journey[row["touchpoint_id"]]].append(row)
    for founder, members in journeys.items():
        journey = Journey(founder, _closes_at(members, kinds, rules, told), rules, cutoff, told, known)
        bought = [row for row in members if row["is_purchase"]]
        told.status[founder] = "converted" if bought else ("dropped" if journey.is_closed else "open")
        told.closed_at[founder] = journey.closes_at if journey.is_closed else None
        journey.ends = [row for row in members if row["is_end"] and kinds[row["touchpoint_id"]] != "passive"]
        journey.visit_needs([row for row in members if kinds[row["touchpoint_id"]] == "pre"])
        for row in bought:
            later = [other for other in known[known.index(row) + 1 :] if other["is_purchase"]]
            after = Journey(founder, None, rules, cutoff, told, known, journey.ends)
            after.visit("post_purchase", row, later[0] if later else None)


def _closes_at(members: list[Row], kinds: dict[str, str], rules: Rules, told: Told) -> datetime | None:
    active = [row for row in members if kinds[row["touchpoint_id"]] != "passive"] or members
    if not active:
        return None
    last = active[-1]
    kind, stage = kinds[last["touchpoint_id"]], told.stage[last["touchpoint_id"]]
    bought = next((row["occurred_at"] for row in members if row["is_purchase"]), None)
    if bought is not None:
        return max(last["occurred_at"] + rules.inactivity["post_purchase"], bought + rules.tail)
    if last["is_end"] and kind != "after":
        return last["occurred_at"]
    return last["occurred_at"] + rules.inactivity["post_purchase" if kind == "after" else stage]


@dataclass
class Journey:
    """What decides the outcome of a journey's visits."""

    founder: str
    closes_at: datetime | None
    rules: Rules
    cutoff: datetime
    told: Told
    known: list[Row]  # the customer's touchpoints up to the cut-off, in order
    ends: list[Row] = field(default_factory=list)  # the journey's explicit ends, in order

    @property
    def is_closed(self) -> bool:
        return self.closes_at is not None and self.closes_at <= self.cutoff

    def visit_needs(self, way: list[Row]) -> None:
        reached = ["decision" if row["is_purchase"] else self.told.stage[row["touchpoint_id"]] for row in way]
        for stage in (stage for stage in PRE if stage in reached):
            entry = reached.index(stage)
            higher, lower = PRE[PRE.index(stage) + 1 :], PRE[: PRE.index(stage)]
            later = list(zip(way[entry:], reached[entry:], strict=True))
            bought = [row for row, _ in later if row["is_purchase"]]
            advances = bought if stage == "decision" else [row for row, its in later if its in higher]
            decided = [row for row, its in later if its == "decision"] if stage != "decision" else []
            fallen = [row for row, its in later if its in lower]
            self.visit(stage, way[entry], next(iter(advances), None), fallen, decided, bought)

    def visit(  # noqa: PLR0917 - one parameter per thing that can follow
        self,
        stage: str,
        entry: Row,
        advance: Row | None,
        fallen: list[Row] | tuple[()] = (),
        decided: list[Row] | tuple[()] = (),
        bought: list[Row] | tuple[()] = (),
    ) -> None:
        entered, advanced = entry["occurred_at"], advance and advance["occurred_at"]
        over = entered + self.rules.window[stage]
        lost = min(over, self.closes_at) if self.closes_at else over
        if advanced is not None and advanced <= over:
            outcome, left = "advanced", advanced
        elif lost <= self.cutoff:
            outcome, left = "dropped", lost
        else:
            outcome, left = "open", None
        stay = self.known[self.known.index(entry) : self.known.index(advance) if advance else None]
        first = [next((row["occurred_at"] for row in rows), None) for rows in (decided, bought)]
        ended = [next((row["occurred_at"] for row in rows if row in stay), None) for rows in (fallen, self.ends)]
        closed = self.closes_at if self.is_closed else None
        self.told.visits.add(
            (
                *(self.founder, stage, entered, advanced, outcome, left, (left or self.cutoff) - entered),
                *(entry["touchpoint_id"], *ended, *first, closed),
            )
        )
