"""Small frames of stage visits for the tests of drop-off: a case names what matters, the rest has a default."""

from datetime import datetime, timedelta
from random import Random

import polars as pl

CUTOFF = datetime(2026, 6, 30)
DAY = timedelta(days=1)
WINDOWS = {"awareness": 30, "consideration": 30, "decision": 30, "post_purchase": 180}
GOALS = ("awareness", "consideration", "decision", "purchase")
_MOMENTS = ("advanced_at", "regressed_at", "abandoned_at", "decision_at", "purchased_at", "closed_at")
_SCHEMA = {
    "journey_id": pl.String, "stage": pl.String, "window_days": pl.Int64, "entered_at": pl.Datetime("us"),
    **dict.fromkeys(_MOMENTS, pl.Datetime("us")), "outcome": pl.String, "duration_us": pl.Int64, "device": pl.String,
}  # fmt: skip


def visit(stage: str = "awareness", *, ago: float, device: str | None = "a", **days: float | None) -> dict[str, object]:
    """One visit, entered `ago` days before the cut-off; moments (`advanced=3`) in days after the entry.

    What is not known at the cut-off is left out; the outcome follows as DEFINITIONS says.
    """
    entered = CUTOFF - ago * DAY
    at = {f"{name}_at": entered + day * DAY for name, day in days.items() if day is not None and day <= ago}
    over = entered + WINDOWS[stage] * DAY
    lost = min(over, at.get("closed_at", over))
    outcome, left = "open", CUTOFF
    if at.get("advanced_at", over + DAY) <= over:
        outcome, left = "advanced", at["advanced_at"]
    elif lost <= CUTOFF:
        outcome, left = "dropped", lost
    duration = (left - entered) // timedelta(microseconds=1)
    own = {"stage": stage, "window_days": WINDOWS[stage], "entered_at": entered, "outcome": outcome, "device": device}
    return {**dict.fromkeys(_SCHEMA), **own, **at, "duration_us": duration}


def visits(*rows: dict[str, object]) -> pl.DataFrame:
    """The rows as `entrants` has them."""
    numbered = [row | {"journey_id": f"j_{number}"} for number, row in enumerate(rows)]
    return pl.DataFrame(numbered, schema=_SCHEMA)


def random_visits(count: int, *, seed: int, whole_days: bool = False) -> pl.DataFrame:
    """Visits of all stages with every kind of end; `whole_days`: so that many things happen at the same moment."""
    random = Random(seed)
    return visits(*[_random_visit(random, whole_days=whole_days) for _ in range(count)])


def _random_visit(random: Random, *, whole_days: bool) -> dict[str, object]:
    stage = random.choice(list(WINDOWS))
    rank = list(WINDOWS).index(stage)

    def day(chance: float, mean: float, *, least: float = 0.0) -> float | None:
        drawn = least + random.expovariate(1 / mean)
        return (round(drawn) if whole_days else drawn) if random.random() < chance else None

    advanced = day(0.6, WINDOWS[stage] / 3)
    before = advanced if advanced is not None else 400.0
    regressed = day(0.3, 10) if 0 < rank < 3 else None
    abandoned = day(0.1, 15)
    decision = None if rank > 1 or advanced is None else advanced if rank == 1 else day(0.5, 5, least=advanced)
    reached = advanced if rank == 2 else decision
    bought = None if rank > 2 or reached is None else reached if rank == 2 else day(0.5, 5, least=reached)
    closed = None if rank > 2 or advanced is not None else abandoned or day(0.7, 20, least=regressed or 0)
    return visit(
        stage,
        ago=random.uniform(0, 300) if not whole_days else random.randrange(300),
        device=random.choice(["a", "b", None]),
        advanced=advanced,
        regressed=None if regressed is None or regressed > min(before, closed or 400) else regressed,
        abandoned=None if abandoned is None or abandoned > before else abandoned,
        decision=decision,
        purchased=bought,
        closed=closed,
    )
