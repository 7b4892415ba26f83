"""From lives to files: every logged row of a person, and the truth beside it."""

from pathlib import Path
from typing import Any, Final

from journey_analytics.simulate import segment, sendgrid, shopify, zendesk
from journey_analytics.simulate.dirt import Dirt, bot_messages, text_of
from journey_analytics.simulate.draw import iso
from journey_analytics.simulate.journey import Journey, is_touchpoint, overlap_count, owner_of_passive
from journey_analytics.simulate.satisfaction import survey
from journey_analytics.simulate.things import Mail, Need, Order, Person, Ticket, Visit
from journey_analytics.simulate.world import DECISION, POST_PURCHASE, World
from journey_analytics.simulate.write import Landing, Table

TRUTH_COLUMNS: Final = {
    "event": ("source", "source_event_id", "customer_id", "journey_id", "stage", "is_bot", "occurred_at"),
    "stage_visit": ("journey_id", "customer_id", "stage", "entered_at", "advanced_at"),
    "journey": (
        "journey_id",
        "customer_id",
        "persona",
        "topic",
        "started_at",
        "ended_at",
        "outcome",
        "first_channel",
        "device",
    ),
    "customer": ("customer_id", "persona", "kind"),
    "survey": ("journey_id", "stage", "score", "fall"),
}


class Recorder:
    """Writes what was logged before the export's end, and what it truly was."""

    def __init__(self, world: World, landing: Landing, truth: Path, *, dirt: Dirt | None) -> None:
        self.world, self.landing, self.dirt = world, landing, dirt
        self.truth = {name: Table(truth / f"{name}.csv", columns) for name, columns in TRUTH_COLUMNS.items()}
        self.row_counts = dict.fromkeys(("web", "email", "store", "support"), 0)
        self.person: Person
        self.journeys: list[Journey] = []
        self.overlap_count = 0
        self.has_profile = False
        self.number = 0

    def person_is(self, person: Person, journeys: list[Journey], newsletters: list[Mail]) -> None:
        """Record one person's whole life."""
        if self.dirt:
            self.dirt.begin(person.customer_id)
        self.person, self.has_profile, self.number = person, False, 0
        self.journeys = journeys
        self.overlap_count += overlap_count(journeys, before=self.world.ends_at)
        known = False
        for number, journey in enumerate(journeys):
            if journey.begins_at < self.world.ends_at:
                known = True
                self._journey(journey, number)
        for mail in newsletters:
            self._mail(mail, None)
        if known:
            self.truth["customer"].add(person.customer_id, person.persona.name, person.kind)

    def agents(self) -> None:
        """The help desk's staff."""
        for agent in zendesk.AGENTS:
            self._log("support/user", 0, zendesk.agent_row(agent))

    def bots(self, number: int) -> None:
        """The bot that comes along with a customer, in a dirty world."""
        if self.dirt is None:
            return
        messages = bot_messages(self.world, number)
        if messages:
            self.dirt.counts["bot_event"] += len(messages)
        for at, message in messages:
            self._log("web", at, message)
            key = ("web", message["messageId"], f"bot-{number:06d}")
            self.truth["event"].add(*key, "", "", "true", iso(at))

    def _log(self, table: str, at: int, row: dict[str, Any] | list[str], *, skew: int = 0) -> None:
        self.row_counts[table.partition("/")[0]] += 1
        if self.dirt is None:
            self.landing.add(table, at, text_of(row))
            return
        lines = self.dirt.deliver(table, at, row, skew=skew)
        self.row_counts[table.partition("/")[0]] += len(lines) - 1
        for arrived_at, line in lines:
            self.landing.add(table, arrived_at, line)

    def _true(self, source: str, event_id: str, need: Need | None, stage: str | None, at: int) -> None:
        journey_id = need.journey_id if need else ""
        self.truth["event"].add(source, event_id, self.person.customer_id, journey_id, stage or "", "false", iso(at))

    def _journey(self, journey: Journey, number: int) -> None:
        need = journey.need
        self._true_journey(journey)
        for stage, score, fall in survey(self.world, self.person, journey):
            self.truth["survey"].add(need.journey_id, stage, str(score), f"{fall:.3f}")
        for visit_number, visit in enumerate(need.visits):
            self._visit(need, visit, f"ajs-{self.world.seed}-{self._code()}{number:02x}{visit_number:02x}")
        for mail in need.mails:
            self._mail(mail, need)
        for count, ticket in enumerate(need.tickets):
            if ticket.opened_at < self.world.ends_at:
                self._ticket(need, ticket, zendesk.ticket_id(self.person, number, count))
        if need.order and need.order.at < self.world.ends_at:
            self._order(need, need.order)

    def _code(self) -> str:
        return f"{self.person.customer_id[0]}{self.person.number:06x}"

    def _true_journey(self, journey: Journey) -> None:
        need, person = journey.need, self.person
        self.truth["journey"].add(
            need.journey_id, person.customer_id, person.persona.name, need.topic, iso(journey.begins_at),
            iso(journey.touches[-1][0]), "converted" if need.order else "dropped", need.channel, need.device,
        )  # fmt: skip
        for visit in journey.visits:
            if visit.entered_at < self.world.ends_at:
                advanced = iso(visit.advanced_at) if visit.advanced_at is not None else ""
                self.truth["stage_visit"].add(
                    need.journey_id, person.customer_id, visit.stage, iso(visit.entered_at), advanced
                )

    def _visit(self, need: Need, visit: Visit, prefix: str) -> None:
        if visit.at >= self.world.ends_at:
            return
        for touch, message in segment.messages(self.person, visit, prefix=prefix):
            if touch.at >= self.world.ends_at:
                continue
            self._log("web", touch.at, message, skew=self.person.skew)
            if touch.stage:
                self._true("web", message["messageId"], need, touch.stage, touch.at)

    def _mail(self, mail: Mail, need: Need | None) -> None:
        if mail.events[0].at >= self.world.ends_at:
            return
        self.number += 1
        prefix = f"sg{self.world.seed}-{self._code()}-{self.number:x}-"
        for event, record in sendgrid.events(self.person, mail, prefix=prefix):
            if event.at >= self.world.ends_at:
                continue
            self._log("email", event.at, record)
            if event.is_touchpoint:
                owner = need if event.stage else self._passive_owner(mail, need, event.at)
                self._true("email", record["sg_event_id"], owner, event.stage, event.at)

    def _passive_owner(self, mail: Mail, need: Need | None, at: int) -> Need | None:
        """A mail about the need belongs to it; one that was for nobody's need, to the need it falls into."""
        return need if mail.category == "abandoned_cart" else owner_of_passive(self.journeys, at)

    def _order(self, need: Need, order: Order) -> None:
        for mail in order.mails:
            self._mail(mail, need)
        self._log_order(order)
        self._true("store", order.order_id, need, DECISION, order.at)
        if order.refunded_at is not None and order.refunded_at < self.world.ends_at:
            self._true("store", f"refund-{shopify.refund_id(order)}", need, POST_PURCHASE, order.refunded_at)
        if order.cancelled_at is not None and order.cancelled_at < self.world.ends_at:
            self._true("store", f"cancel-{order.order_id}", need, POST_PURCHASE, order.cancelled_at)

    def _log_order(self, order: Order) -> None:
        """In a dirty world some refunded orders arrive twice: as placed, and again once refunded."""
        is_refunded = order.refunded_at is not None and order.refunded_at < self.world.ends_at
        if self.dirt and is_refunded and order.refunded_at is not None and int(order.order_id) % 2 == 0:
            self._log("store", order.at, shopify.record(self.person, order, seen_at=order.at + 1))
            self._log("store", order.refunded_at, shopify.record(self.person, order, seen_at=self.world.ends_at))
            self.dirt.counts["order_updated"] += 1
            return
        self._log("store", order.at, shopify.record(self.person, order, seen_at=self.world.ends_at))

    def _ticket(self, need: Need, ticket: Ticket, key: str) -> None:
        if not self.has_profile:
            self.has_profile = True
            self._log("support/user", ticket.opened_at, zendesk.user_row(self.person, at=ticket.opened_at))
        row = zendesk.ticket_row(self.person, ticket, key=key, seen_at=self.world.ends_at)
        self._log("support/ticket", ticket.opened_at, row)
        self._true("support", key, need, need.stage_at(ticket.opened_at), ticket.opened_at)
        for number, entry in enumerate(ticket.rows):
            if entry[0] < self.world.ends_at:
                self._ticket_entry(need, key, number, entry)

    def _ticket_entry(self, need: Need, key: str, number: int, entry: tuple[int, str, str]) -> None:
        at, name, _ = entry
        requester = zendesk.user_id(self.person)
        if name in ("comment", "comment_staff", "note"):
            row = zendesk.comment_row(key, number, entry, by=requester if name == "comment" else str(zendesk.AGENTS[0]))
            self._log("support/ticket_comment", at, row)
            event_id = f"comment-{row[0]}"
        else:
            by = requester if name == "satisfaction_score" else str(zendesk.AGENTS[0])
            self._log("support/ticket_field_history", at, zendesk.history_row(key, entry, by=by))
            event_id = zendesk.history_id(key, entry)
        if is_touchpoint(entry):
            self._true("support", event_id, need, need.stage_at(at), at)

    def close(self) -> None:
        """Write the rest of the truth and all landing files."""
        for table in self.truth.values():
            table.close()
        self.landing.finish()
