"""What goes together with being lost, stage by stage: association, never cause. Pure: frames in, frame out."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final

import polars as pl

from journey_analytics.contract import STAGES
from journey_analytics.discovery import FALSE_DISCOVERY_RATE, p_of_z, q_values
from journey_analytics.drivers.candidates import (
    DAY_US,
    PAUSE_DAYS,
    Candidate,
    happenings,
    pause_name,
    segment_values,
)
from journey_analytics.drivers.hazard import Effect, effect
from journey_analytics.drivers.points import Points, difference
from journey_analytics.drivers.spells import Stage, moment_at, moments, pauses, spells, visit_spells, whole_stays
from journey_analytics.drivers.strata import cells, factors_by_weight
from journey_analytics.intervals import Z_95

MINIMUM_EXPECTED: Final = 5.0
"""Advances of the exposed that must be expected without any effect, for a test to say anything."""
PART_OF_ADVANCING: Final = 0.9

FACTORS: Final = ("entered_in", "first_channel", "device", "customer_kind", "activity_before")
"""The confounders known at entry that every candidate is adjusted for, as far as the stays have them."""

_ACTIVITY = "touchpoints and visits so far, time since the last one"
_SCHEMA: Final = {
    "as_of_on": pl.Date, "stage": pl.String, "kind": pl.String, "driver": pl.String, "entered_count": pl.Int64,
    "exposed_count": pl.Int64, "exposed_share": pl.Float64, "hazard_ratio": pl.Float64,
    "hazard_ratio_low": pl.Float64, "hazard_ratio_high": pl.Float64, "exposed_dropoff_share": pl.Float64,
    "unexposed_dropoff_share": pl.Float64, "difference_points": pl.Float64, "difference_low_points": pl.Float64,
    "difference_high_points": pl.Float64, "p_value": pl.Float64, "q_value": pl.Float64, "is_found": pl.Boolean,
    "adjusted_for": pl.String, "note": pl.String,
}  # fmt: skip
_DIGITS = 10
_SHOWN: Final = {"entered_in": "entry month", "activity_before": "touchpoints before entering"}


Answer = tuple[Effect | None, Points | None]
"""One way to count: the ratio and the points, each nothing where nobody can be compared."""


@dataclass(frozen=True)
class Stays:
    """The entrants of one stage, see `stage_rows`.

    Attributes:
        stage: its name.
        stay: as `spells.Stage.stay` without `cell`, with a column of text per factor and segment.
        state: as `spells.Stage.state`.
        passive: `stay`, `at_us`, `activity`: what was sent to the customer, or what a machine did.
        segments: the columns of `stay` that are asked.
        note: what a reader of every row must know, such as that it is a sample.
    """

    stage: str
    stay: pl.DataFrame
    state: pl.DataFrame
    passive: pl.DataFrame
    segments: Sequence[str]
    note: str | None = None


@dataclass(frozen=True)
class _Asked:
    """A candidate's answers: one, or several that must agree, up to one that rules it out."""

    kind: str
    driver: str
    exposed_count: int
    answers: Sequence[Answer]
    adjusted_for: str
    note: str | None = None


def driver_rows(stages: Iterable[Stays], *, as_of_on: date, minimum_count: int, visit_gap_us: int) -> pl.DataFrame:
    """`mart.driver`: one row per stage and candidate, stages in journey order, found ones first.

    The hazard is the cause-specific one of advancing: an open stay is censored at T, the closing of a journey ends a
    stay without advancing. See `hazard.effect` for the ratio and its test, `points.difference` for the points, both
    within strata of what was known at entry (`strata.cells`) and, for what happens later, of activity so far
    (`spells.spells`).

    How active a customer is belongs to both sides: whoever does more meets more of everything and advances more. It
    can be counted with the candidate's own touchpoints, so that one that merely has another name than its neighbours
    changes nothing; without them, so that one that is merely added does not; or visit by visit, so that it does not
    stand for what else the visit was about. A candidate must be found in all three ways: the ratio and the points
    nearest to no effect are the row's, and where any of them point to different sides, the p-value is 1
    (intersection–union test: Berger 1982, Technometrics 24:295). The first way that rules it out ends the asking: then
    the row shows what was asked so far, and its p-value is at least what it shows (see `_until_ruled_out`).

    Args:
        stages: the stays of each stage.
        as_of_on: the last day that T covers.
        minimum_count: exposed stays below which nothing is tested.
        visit_gap_us: a longer pause begins another visit.
    """
    rows = [
        _row(stays, asked, as_of_on=as_of_on, minimum_count=minimum_count)
        for stays in stages
        if stays.stay.height
        for asked in _asked(stays, minimum_count=minimum_count, visit_gap_us=visit_gap_us)
    ]
    return _with_findings(pl.DataFrame(rows, schema=_INPUT, orient="row"))


_INPUT: Final = {name: kind for name, kind in _SCHEMA.items() if name not in ("p_value", "q_value", "is_found")} | {
    "z": pl.Float64
}


_POINTS: Final = (
    "exposed_dropoff_share", "unexposed_dropoff_share", "difference_points", "difference_low_points",
    "difference_high_points",
)  # fmt: skip


def _with_findings(rows: pl.DataFrame) -> pl.DataFrame:
    # An interval without a width is of so few that all went one way: it says nothing of the size.
    is_told = (pl.col("difference_low_points") < pl.col("difference_points")) & (
        pl.col("difference_points") < pl.col("difference_high_points")
    )
    rows = rows.with_columns(pl.when(is_told).then(name).alias(name) for name in _POINTS)
    rank = {stage: number for number, stage in enumerate(STAGES)}
    tested = rows.with_columns(p_value=p_of_z(pl.col("z"))).with_columns(q_value=q_values(pl.col("p_value")))
    # Where next to nobody with it advances otherwise, the test is sure and the size is not: that is no finding yet.
    has_size = (pl.col("hazard_ratio_low") > 1) | (pl.col("hazard_ratio_high") < 1)
    is_found = (pl.col("q_value") <= FALSE_DISCOVERY_RATE) & has_size
    found = tested.with_columns(is_found=is_found.fill_null(value=False))
    in_order = found.sort(
        pl.col("stage").replace_strict(rank, default=len(rank), return_dtype=pl.Int64),
        ~pl.col("is_found"),
        pl.col("difference_points").abs(),
        pl.col("hazard_ratio").log().abs(),
        "kind",
        "driver",
        descending=[False, False, True, True, False, False],
        nulls_last=True,
    )
    # Sums over groups may differ in the last bits from machine to machine.
    return in_order.select(*_SCHEMA).with_columns(pl.col(pl.Float64).round_sig_figs(_DIGITS))


def _asked(stays: Stays, *, minimum_count: int, visit_gap_us: int) -> Iterator[_Asked]:
    factors = factors_by_weight(stays.stay, [factor for factor in FACTORS if factor in stays.stay.columns])
    stage = Stage.of(stays.stay.with_columns(cells(stays.stay, factors)), stays.state)
    adjusted = _adjusted(factors, _ACTIVITY)
    for candidate in happenings(stays.state, stays.passive):
        count = candidate.first.height
        if count == 0:
            continue
        note = _untested(stage, candidate, minimum_count=minimum_count, visit_gap_us=visit_gap_us)
        answers = [] if note else _answers(stage, candidate)
        yield _Asked(candidate.kind, candidate.name, count, answers, adjusted, note)
    for days in PAUSE_DAYS:
        yield _pause(stage, days, factors, minimum_count=minimum_count, visit_gap_us=visit_gap_us)
    for segment in stays.segments:
        yield from _segments(stage, segment, factors, minimum_count=minimum_count)


def _adjusted(factors: Sequence[str], *more: str) -> str:
    return ", ".join([*(_SHOWN.get(factor, factor.replace("_", " ")) for factor in factors), *more])


def _untested(stage: Stage, candidate: Candidate, *, minimum_count: int, visit_gap_us: int) -> str | None:
    """Why a candidate is not tested, if so."""
    if candidate.first.height < minimum_count:
        return _too_few(minimum_count)
    ends = candidate.first.join(stage.stay.select("stay", "end_us", "is_advance"), on="stay", maintain_order="left")
    at_once = pl.col("is_advance") & (pl.col("end_us") - pl.col("first_us") <= visit_gap_us)
    share = ends.select(at_once.mean()).item()
    if candidate.kind != "channel" and share >= PART_OF_ADVANCING:
        return f"part of advancing: {100 * share:.0f} % of the journeys with it advance within the same visit"
    return None


def _too_few(minimum_count: int) -> str:
    return f"not tested: fewer than {minimum_count} journeys with it"


def _answers(stage: Stage, candidate: Candidate) -> list[Answer]:
    """Visit by visit, without its own touchpoints among those counted, with them; what was sent only the last way."""
    return _until_ruled_out((rows, moments(rows, stage.stay)) for rows in _ways(stage, candidate))


def _ways(stage: Stage, candidate: Candidate) -> Iterator[pl.DataFrame]:
    if candidate.is_it.meta.root_names():
        yield visit_spells(stage, first=candidate.first)
        yield spells(stage, first=candidate.first, is_counted=~candidate.is_it)
    yield spells(stage, first=candidate.first)


def _until_ruled_out(ways: Iterable[tuple[pl.DataFrame, pl.DataFrame]]) -> list[Answer]:
    """The answers to one candidate, up to one after which it can be no finding whatever the others are.

    The p-value is the largest of all answers', so above 0.05 already. Benjamini and Hochberg never name such a row, and
    how far above 0.05 it is changes neither who is named nor the q-values of these: where q is at most 0.05, it comes
    from p-values up to 0.05 and the number of tests alone. A row that a later answer would have made untested counts as
    a test, which only makes the others' q larger.
    """
    answers: list[Answer] = []
    for rows, compared in ways:
        found = effect(rows)
        answers.append((found, difference(compared)))
        if found is None or abs(found.z) < Z_95 or _fault(answers):
            break
    return answers


def _pause(stage: Stage, days: int, factors: Sequence[str], *, minimum_count: int, visit_gap_us: int) -> _Asked:
    """Points are compared twice the pause after entering, among those who are still there."""
    rows = pauses(stage, longer_than_us=days * DAY_US, visit_gap_us=visit_gap_us)
    count = rows.filter("is_exposed")["stay"].n_unique()
    adjusted, note = _adjusted(factors, "time since entering", "touchpoints so far"), _too_few(minimum_count)
    if count < minimum_count:
        return _Asked("wait", pause_name(days), count, [], adjusted, note)
    there = moment_at(rows, stage.stay, at_us=2 * days * DAY_US)
    return _Asked("wait", pause_name(days), count, [(effect(rows), difference(there))], adjusted)


def _segments(stage: Stage, segment: str, factors: Sequence[str], *, minimum_count: int) -> Iterator[_Asked]:
    """Each segment value against all others, in cells of the other factors."""
    others = [factor for factor in factors if factor != segment]
    adjusted, cell = _adjusted(others, "time since entering"), cells(stage.stay, others)
    for value in segment_values(stage.stay, segment):
        is_it = (stage.stay[segment] == value).fill_null(value=False)
        count, name = int(is_it.sum()), f"{segment}: {value}"
        if min(count, stage.stay.height - count) < minimum_count:
            yield _Asked("segment", name, count, [], adjusted, _too_few(minimum_count))
            continue
        rows = whole_stays(stage, cell=cell, is_exposed=is_it)
        answer = effect(rows), difference(moments(rows, stage.stay))
        yield _Asked("segment", name, count, [answer], adjusted)


def _row(stays: Stays, asked: _Asked, *, as_of_on: date, minimum_count: int) -> dict[str, Any]:
    told, z, note = _verdict(asked)
    notes = [part for part in (note, stays.note) if part]
    return {
        "as_of_on": as_of_on,
        "stage": stays.stage,
        "kind": asked.kind,
        "driver": asked.driver,
        "entered_count": stays.stay.height,
        "exposed_count": asked.exposed_count,
        "exposed_share": asked.exposed_count / stays.stay.height,
        "adjusted_for": asked.adjusted_for,
        "note": "; ".join(notes) or None,
        "z": z,
        **told,
    }


def _verdict(asked: _Asked) -> tuple[dict[str, float], float | None, str | None]:
    """The figures, z and the note of a candidate: of its answers the one nearer to no effect."""
    if asked.note:
        return {}, None, asked.note
    effects = [found for found, _ in asked.answers if found is not None]
    if len(effects) < len(asked.answers) or min(one.expected_count for one in effects) < MINIMUM_EXPECTED:
        return {}, None, "not tested: too few journeys that it can be compared with"
    found = min(effects, key=lambda one: abs(one.z))
    all_points = [points for _, points in asked.answers if points is not None]
    points = min(all_points, key=lambda one: abs(one.difference_points), default=None)
    fault = _fault(asked.answers)
    return _figures(found, points), 0.0 if fault else found.z, fault


def _fault(answers: Sequence[Answer]) -> str | None:
    """Why a candidate is no finding whatever its ratio: its figures do not point to one side."""
    all_z = [found.z for found, _ in answers if found is not None]
    if len({z > 0 for z in all_z}) > 1:
        return "no finding: the sign depends on how activity is counted"
    if any((points.difference_points > 0) == (all_z[0] > 0) for _, points in answers if points is not None):
        return "no finding: the hazard ratio and the points lost point to different sides"
    return None


def _figures(found: Effect, points: Points | None) -> dict[str, float]:
    ratio = {"hazard_ratio": found.hazard_ratio, "hazard_ratio_low": found.low, "hazard_ratio_high": found.high}
    if points is None:
        return ratio
    names = {
        "exposed_share": "exposed_dropoff_share", "unexposed_share": "unexposed_dropoff_share",
        "difference_points": "difference_points", "low_points": "difference_low_points",
        "high_points": "difference_high_points",
    }  # fmt: skip
    return ratio | {names[name]: value for name, value in asdict(points).items()}
