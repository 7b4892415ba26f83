"""Tiny worlds for the tests of `evaluate`: a few events by hand, with their truth and what a run made of them."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import polars as pl

from journey_analytics.contract import STAGES
from journey_analytics.evaluate.observed import Observed
from journey_analytics.evaluate.truth import Truth

BEGAN = datetime(2026, 1, 1)
CUTOFF = BEGAN + timedelta(days=400)
WINDOWS = {"awareness": 30, "consideration": 30, "decision": 30, "post_purchase": 180}
A, C, D, P = STAGES
DAY_US = 86_400_000_000

_EVENT = {
    "source": pl.String,
    "source_event_id": pl.String,
    "customer_id": pl.String,
    "journey_id": pl.String,
    "stage": pl.String,
    "is_bot": pl.Boolean,
    "occurred_at": pl.Datetime("us"),
}
_VISIT = {
    "journey_id": pl.String,
    "customer_id": pl.String,
    "stage": pl.String,
    "entered_at": pl.Datetime("us"),
    "advanced_at": pl.Datetime("us"),
}

_ANONYMOUS = ("device_customer_id", "last_login_customer_id", "is_shared")


def day(number: float) -> datetime:
    return BEGAN + timedelta(days=number)


def true_event(
    name: str,
    customer: str,
    journey: str | None = None,
    stage: str | None = None,
    *,
    at: float = 0,
    is_bot: bool = False,
) -> dict[str, object]:
    return dict(zip(_EVENT, ("web", name, customer, journey, stage, is_bot, day(at)), strict=True))


def true_visit(
    journey: str, customer: str, stage: str, entered: float, advanced: float | None = None
) -> dict[str, object]:
    times = (day(entered), None if advanced is None else day(advanced))
    return dict(zip(_VISIT, (journey, customer, stage, *times), strict=True))


def truth_of(
    events: Iterable[Mapping[str, object]],
    visits: Iterable[Mapping[str, object]] = (),
    world: dict[str, object] | None = None,
) -> Truth:
    return Truth(
        event=pl.DataFrame(list(events), schema=_EVENT),
        stage_visit=pl.DataFrame(list(visits), schema=_VISIT),
        world=world or {},
    )


def identities_of(carried: Mapping[str, Iterable[str]]) -> pl.DataFrame:
    """Event name → the identity values it carries; those that begin with `u` are strong."""
    rows = [("web", name, True, value, value.startswith("u")) for name, values in carried.items() for value in values]
    return pl.DataFrame(
        rows, orient="row", schema=["source", "source_event_id", "is_touchpoint", "identity", "is_strong"]
    )


def touchpoints_of(truth: Truth, *, customer: str, journey: str, stage: str) -> pl.DataFrame:
    """A run that kept every event of a person and labelled them with these columns of the truth, quite sure of itself.

    The activity is the first letter of the event's name.
    """
    kept = truth.event.filter(~pl.col("is_bot"))
    return kept.select(
        "source",
        "source_event_id",
        "occurred_at",
        customer_id=customer,
        journey_id=journey,
        stage=stage,
        activity=pl.col("source_event_id").str.head(1),
        stage_rule=pl.lit("guessed"),
        stage_confidence=pl.lit(1.0),
        source_rank=pl.lit(1),
    )


def visits_of(truth: Truth, *, cutoff: datetime = CUTOFF) -> pl.DataFrame:
    """The stage visits of a run that made no mistake, with their states at the cut-off."""
    window = pl.col("window_days").cast(pl.Int64) * DAY_US
    followed = (pl.lit(cutoff).cast(pl.Datetime("us")) - pl.col("entered_at")).dt.total_microseconds()
    waited = (pl.col("advanced_at") - pl.col("entered_at")).dt.total_microseconds()
    has_advanced = (waited <= pl.min_horizontal(followed, window)).fill_null(value=False)
    outcome = pl.when(has_advanced).then(pl.lit("advanced")).when(followed > window).then(pl.lit("dropped"))
    visits = truth.stage_visit.filter(pl.col("entered_at") <= cutoff)
    windows = pl.col("stage").replace_strict(WINDOWS, return_dtype=pl.Int32)
    return visits.with_columns(window_days=windows).with_columns(
        outcome=outcome.otherwise(pl.lit("open")), duration_us=pl.min_horizontal(waited, followed, window)
    )


def window_frame() -> pl.DataFrame:
    return pl.DataFrame({"stage": list(WINDOWS), "window_days": list(WINDOWS.values())})


def anonymous_of(assigned: Mapping[str, tuple[str, str | None, bool]]) -> pl.DataFrame:
    """Event name → its device as a customer, the customer of the device's last login, whether several logged in."""
    names = ("source", "source_event_id", *_ANONYMOUS)
    rows = [("web", name, *values) for name, values in assigned.items()]
    return pl.DataFrame(rows, orient="row", schema=dict.fromkeys(names, pl.String) | {"is_shared": pl.Boolean})


def links_of(links: Iterable[tuple[str, str, str, float]]) -> pl.DataFrame:
    """Identity, customer, rule and confidence of each link."""
    texts = dict.fromkeys(("identity", "customer_id", "rule"), pl.String)
    return pl.DataFrame(list(links), orient="row", schema=texts | {"confidence": pl.Float64})


def observed_of(
    touchpoint: pl.DataFrame,
    identity: pl.DataFrame,
    *,
    visit: pl.DataFrame,
    cutoff: datetime = CUTOFF,
    anonymous: pl.DataFrame | None = None,
    link: pl.DataFrame | None = None,
) -> Observed:
    return Observed(
        touchpoint=touchpoint,
        set_aside=pl.DataFrame(schema={"source": pl.String, "source_event_id": pl.String, "reason": pl.String}),
        identity=identity,
        anonymous=anonymous_of({}) if anonymous is None else anonymous,
        link=links_of([]) if link is None else link,
        visit=visit,
        window=window_frame(),
        cutoff=cutoff,
        minimum_count=30,
    )
