"""One call: a world's exports, its truth and a `journey.toml` ready to run."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from journey_analytics.errors import ConfigurationError
from journey_analytics.simulate import world as parameters
from journey_analytics.simulate.dirt import Dirt
from journey_analytics.simulate.draw import STARTED_AT, day_text, iso, random_of
from journey_analytics.simulate.journey import journeys
from journey_analytics.simulate.life import live
from journey_analytics.simulate.mailing import newsletters
from journey_analytics.simulate.people import customer, kiosks, visitors
from journey_analytics.simulate.plan import PLAN, PLAN_FILE
from journey_analytics.simulate.record import Recorder
from journey_analytics.simulate.things import Device, Person
from journey_analytics.simulate.voice import speak
from journey_analytics.simulate.world import Condition, World, advance_probability
from journey_analytics.simulate.write import CONFIG, Landing, Table

_WINDOW_MS: Final = int(timedelta(days=180) / timedelta(milliseconds=1))
_PROGRESS_EVERY: Final = 100


@dataclass(frozen=True)
class Summary:
    """What was written.

    Attributes:
        customer_count: customers who identify themselves at some time, as asked for.
        journey_count: true journeys with at least one touchpoint in the exports, those of visitors included.
        touchpoint_count: rows of the true event table: touchpoints, bots' included.
        row_count: lines over all landing files without CSV headers; dirt included.
        web_row_count, email_row_count, store_row_count, support_row_count: `row_count` by source.
        dirt: what a dirty world added, by kind; empty for a clean one.
        overlap_count: of `journey_count`, those that went on, up to their purchase or last touch, while another of
            the same person did; 0 in a world without overlap.
    """

    customer_count: int
    journey_count: int
    touchpoint_count: int
    row_count: int
    web_row_count: int
    email_row_count: int
    store_row_count: int
    support_row_count: int
    dirt: dict[str, int]
    overlap_count: int = 0

    def __str__(self) -> str:
        """The counts in two lines, and one more for overlaps and for dirt if there are any."""
        by_source = {
            "web": self.web_row_count,
            "email": self.email_row_count,
            "store": self.store_row_count,
            "support": self.support_row_count,
        }
        lines = [
            f"{self.customer_count:,} customers, {self.journey_count:,} journeys, "
            f"{self.touchpoint_count:,} touchpoints",
            f"{self.row_count:,} rows: {_listed(by_source)}",
        ]
        if self.overlap_count:
            lines.append(
                f"{self.overlap_count:,} of {self.journey_count:,} journeys overlap another of the same person"
            )
        # The kinds of malformed rows are in their sum.
        dirt = {kind: count for kind, count in self.dirt.items() if not kind.startswith("malformed_")}
        return "\n".join([*lines, f"dirt: {_listed(dirt)}"] if dirt else lines)


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in counts.items())


class Hazards:
    """Entries and advances by condition, as they happened (all time, within the export's period of entry)."""

    def __init__(self) -> None:
        self.entered: Counter[Condition] = Counter()
        self.advanced: Counter[Condition] = Counter()

    def count(self, case: Condition, advances: bool) -> None:
        """One entry into a stage."""
        self.entered[case] += 1
        self.advanced[case] += advances


def simulate(
    out: Path,
    *,
    customers: int,
    days: int,
    seed: int,
    dirty: bool = False,
    gzip: bool = False,
    overlap: float = 0.0,
    progress: Callable[[int, int], None] | None = None,
) -> Summary:
    """Write a world below `out`: landing/, truth/ and journey.toml.

    Args:
        out: a folder that is new or empty.
        customers: who identify themselves at some time; about a fifth as many never do and come on top.
        days: length of the exports, from 2025-01-01.
        seed: the same seed gives the same bytes.
        dirty: add what the real world adds; the truth stays that of the clean world, plus the bots.
        gzip: compress the landing files.
        overlap: share (0–1) of the needs going on for a day or more during which the person's next need begins, of
            another topic; 0: needs come one after the other.
        progress: called with (customers done, customers).

    Raises:
        ConfigurationError: `overlap` is no share.
    """
    if not 0 <= overlap <= 1:
        raise ConfigurationError(f"overlap is {overlap}; expected a share from 0 to 1")
    world, hazards = World(seed, days, overlap), Hazards()
    dirt = Dirt(world) if dirty else None
    recorder = Recorder(world, Landing(out / "landing", compress=gzip), out / "truth", dirt=dirt)
    shops = kiosks(world)
    recorder.agents()
    for number in range(customers):
        _record_customer(world, recorder, hazards, number, shops)
        if progress and (number % _PROGRESS_EVERY == 0 or number == customers - 1):
            progress(number + 1, customers)
    recorder.close()
    _write_hazards(out / "truth" / "hazard.csv", hazards)
    (out / "truth" / "world.json").write_text(_world_text(world, customers, dirt), encoding="utf-8")
    (out / "journey.toml").write_text(CONFIG.format(end=".gz" if gzip else ""), encoding="utf-8")
    (out / PLAN_FILE).parent.mkdir(parents=True)
    (out / PLAN_FILE).write_text(PLAN, encoding="utf-8", newline="\n")
    return _summary(recorder, customers, dirt)


def _record_customer(
    world: World, recorder: Recorder, hazards: Hazards, number: int, shops: tuple[Device, ...]
) -> None:
    random = random_of(world.seed, "customer", number)
    _record(world, recorder, hazards, customer(world, number, random), shops)
    for visitor in visitors(world, number):
        _record(world, recorder, hazards, visitor, shops)
    recorder.bots(number)


def _record(world: World, recorder: Recorder, hazards: Hazards, person: Person, shops: tuple[Device, ...]) -> None:
    random = random_of(world.seed, "life", person.customer_id)
    needs = live(world, person, random, kiosks=shops, count=hazards.count)
    found = journeys(needs)
    speak(world, person, found)
    for journey in found:
        for visit in journey.visits:
            if visit.stage == parameters.POST_PURCHASE and visit.entered_at < world.ends_at:
                again = visit.advanced_at is not None and visit.advanced_at - visit.entered_at <= _WINDOW_MS
                hazards.count(Condition(parameters.POST_PURCHASE, person.persona.name), again)
    recorder.person_is(person, found, newsletters(world, person, random))


def _write_hazards(file: Path, hazards: Hazards) -> None:
    """One row per condition that occurred; `post_purchase` has no chance of its own but what the needs add up to."""
    table = Table(file, (
        "stage", "persona", "channel", "device", "period", "has_error", "advance_probability", "quick_share",
        "slow_share", "delay_mean_days", "delay_cap_days", "entered_count", "advanced_count",
    ))  # fmt: skip
    for case in sorted(hazards.entered):
        entered, advanced = hazards.entered[case], hazards.advanced[case]
        key = (case.stage, case.persona, case.channel, case.device, case.period, case.has_error)
        table.add(*key, *_hazard(case, advanced / entered), str(entered), str(advanced))
    table.close()


def _hazard(case: Condition, realised_share: float) -> tuple[str, str, str, str, str]:
    if case.stage == parameters.POST_PURCHASE:
        return (f"{realised_share:.4f}", "", "", "", "180")
    quick, mean = parameters.QUICK_SHARE[case.stage], parameters.WAITING_DAYS[case.stage]
    probability = f"{advance_probability(case):.4f}"
    return probability, str(quick), str(parameters.SLOW_SHARE), str(mean), str(parameters.WAITING_CAP_DAYS)


def _world_text(world: World, customers: int, dirt: Dirt | None) -> str:
    changed_on = day_text(world.changes_at // parameters.DAY)
    facts: dict[str, Any] = {
        "seed": world.seed,
        "customers": customers,
        "days": world.days,
        **({"overlap": world.overlap} if world.overlap else {}),
        "started_on": STARTED_AT.date().isoformat(),
        "ends_at": iso(world.ends_at),
        "follow_up_days": parameters.FOLLOW_UP_DAYS,
        "planted_barrier": {
            "stage": "decision",
            "segment": "device",
            "segment_value": parameters.BARRIER_DEVICE,
            "activity": "checkout_error_shown",
            "error_share": parameters.ERROR_SHARE[parameters.BARRIER_DEVICE],
            "advance_probability": parameters.ERROR_ADVANCE,
        },
        "planted_change": {
            "stage": "consideration",
            "segment": "first_channel",
            "segment_value": parameters.CHANGE_CHANNEL,
            "changed_on": changed_on,
            "points": round(parameters.CHANGE_EFFECT * 100, 1),
        },
        "dirt": dict(sorted(dirt.counts.items())) if dirt else {},
    }
    return json.dumps(facts, indent=2) + "\n"


def _summary(recorder: Recorder, customers: int, dirt: Dirt | None) -> Summary:
    rows = recorder.row_counts
    return Summary(
        customer_count=customers,
        journey_count=recorder.truth["journey"].count,
        touchpoint_count=recorder.truth["event"].count,
        row_count=sum(rows.values()),
        web_row_count=rows["web"],
        email_row_count=rows["email"],
        store_row_count=rows["store"],
        support_row_count=rows["support"],
        dirt=dict(sorted(dirt.counts.items())) if dirt else {},
        overlap_count=recorder.overlap_count,
    )
