"""All settings on a warehouse: one run of the kernel per stitching and gap, one estimate per setting."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import polars as pl

from journey_analytics import settings, steps
from journey_analytics.config import Config
from journey_analytics.dropoff import WHOLE, stage_dropoff
from journey_analytics.errors import DataError
from journey_analytics.publish import publish
from journey_analytics.sensitivity import stitching
from journey_analytics.sensitivity.following import followed_visits, reread
from journey_analytics.sensitivity.grid import (
    DEFAULT,
    GAP_SCALES,
    STITCHINGS,
    Setting,
    all_settings,
    settings_of,
    with_gaps,
)
from journey_analytics.sensitivity.ranges import sensitivity_ranges, with_comparison
from journey_analytics.sequence import Rules, build_sequence
from journey_analytics.warehouse import Warehouse
from journey_analytics.workspace import existing

SEGMENT = "first_channel"
"""The breakdown of which is told whether another of its values loses most."""

MOST_TOUCHPOINTS = 100_000
"""The kernel gets as many buckets at once as hold no more: small parts cost time, large ones memory."""

_BUILD = "select build_id, built_at, cutoff_at from run.build order by build_id desc limit 1"
_ESTIMATES = (
    "entered_count", "advanced_count", "dropped_count", "open_count", "estimated_dropoff_share",
    "estimated_low_share", "estimated_high_share", "is_ranked",
)  # fmt: skip


@dataclass(frozen=True)
class Sensitivity:
    """The tables `mart.sensitivity` and `mart.sensitivity_range`; see `with_comparison` and `sensitivity_ranges`."""

    sensitivity: pl.DataFrame
    ranges: pl.DataFrame


@dataclass(frozen=True)
class _Build:
    """What the last build of the warehouse stands for, and how it was told to count."""

    build_id: int
    built_at: datetime
    cutoff: datetime
    rules: Rules
    minimum_count: int


def compute(config: Config, *, progress: Callable[[int, int], None] = lambda _done, _total: None) -> Sensitivity:
    """Try all settings on the last build of a workspace, under its lock; store and publish both tables.

    They carry the build that they were made from (`build_id`, `built_at`): a later run leaves them as they are, so a
    reader compares with the newest row of `run.build`.

    Raises:
        DataError: no run has finished yet, or the last one was of an earlier version.
        LockedError: another run is at work.
    """
    with existing(config, table="mart.stage_dropoff") as warehouse:
        found = analyse(warehouse, progress=progress)
        with warehouse.transaction():
            warehouse.create_from("mart.sensitivity", found.sensitivity)
            warehouse.create_from("mart.sensitivity_range", found.ranges)
        publish(warehouse, config.published)
    return found


def analyse(warehouse: Warehouse, *, progress: Callable[[int, int], None] = lambda _done, _total: None) -> Sensitivity:
    """Both tables, from the tables of the last build; nothing is stored but a temporary table.

    Learnt inactivity limits and the signals that tell needs apart are those of the build: they are scaled, not learnt
    anew. In memory: one part of the touchpoints (`MOST_TOUCHPOINTS`, or a bucket where that is larger), and the stage
    visits of two stitchings at every gap.

    Args:
        warehouse: with the tables of a finished run.
        progress: called with how many settings are done, of how many.

    Raises:
        DataError: the last run was of an earlier version.
    """
    _check_version(warehouse)
    build = _last_build(warehouse)
    warehouse.execute(stitching.MOVED, name="moved touchpoints")
    total = len(all_settings())
    progress(0, total)
    estimates = []
    for done, estimate in enumerate(_estimates(warehouse, build), start=1):
        progress(done, total)
        estimates.append(estimate)
    compared = with_comparison(pl.concat(estimates))
    of_build = [pl.lit(build.build_id).alias("build_id"), pl.lit(build.built_at).alias("built_at")]
    return Sensitivity(
        sensitivity=compared.select(*of_build, pl.all()),
        ranges=sensitivity_ranges(compared).select(*of_build, pl.all()),
    )


def _check_version(warehouse: Warehouse) -> None:
    if missing := set(stitching.NEEDED_COLUMNS) - set(warehouse.columns("core.anonymous_sighting")):
        raise DataError(
            f"core.anonymous_sighting has no column {min(missing)}: an earlier version built it; "
            "run `journey run` first"
        )


def _last_build(warehouse: Warehouse) -> _Build:
    build_id, built_at, cutoff = warehouse.rows(_BUILD)[0]
    return _Build(
        build_id=build_id,
        built_at=built_at,
        cutoff=cutoff,
        rules=steps.used_rules(warehouse),
        minimum_count=settings.setting(warehouse, "minimum_count"),
    )


def _estimates(warehouse: Warehouse, build: _Build) -> Iterator[pl.DataFrame]:
    """One frame per setting, in the order of `all_settings`."""
    defaults = _visits(_parts(warehouse, stitching.DEFAULT_TABLE), build)
    for name in STITCHINGS:
        visits = defaults if name == DEFAULT.stitching else _stitched_visits(warehouse, build, defaults, name=name)
        for scale in GAP_SCALES:
            for setting in settings_of(stitching=name, gap_scale=scale):
                yield _estimate(visits[scale], setting, build)


_Visits = dict[float, pl.DataFrame]
"""Stage visits, as `followed_visits` returns them, by gap scale."""


def _stitched_visits(warehouse: Warehouse, build: _Build, defaults: _Visits, *, name: str) -> _Visits:
    """The kernel reads affected customers anew; the others keep their default visits, as customers are independent."""
    affected = warehouse.frame(stitching.AFFECTED, parameters=[name], name="affected customers")
    kept = {
        scale: visits.join(affected, on="customer_id", how="anti", maintain_order="left")
        for scale, visits in defaults.items()
    }
    warehouse.execute(stitching.STITCHED, [name], name="stitched touchpoints")
    changed = _visits(_parts(warehouse, stitching.STITCHED_TABLE), build)
    return {scale: pl.concat([kept[scale], changed[scale]]) for scale in GAP_SCALES}


def _parts(warehouse: Warehouse, table: str) -> Iterator[pl.DataFrame]:
    """A table of touchpoints in parts of whole buckets, hence of whole customers; at least one part."""
    for first, last in _spans(warehouse.rows(stitching.sizes(table))):
        yield warehouse.frame(stitching.events(table), parameters=[first, last], name=table)


def _spans(sizes: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """First and last bucket of each part: as many as hold `MOST_TOUCHPOINTS` together, at least one."""
    spans: list[tuple[int, int]] = []
    held = MOST_TOUCHPOINTS
    for bucket, size in sizes:
        held += size
        if held > MOST_TOUCHPOINTS:
            spans.append((bucket, bucket))
            held = size
        else:
            spans[-1] = (spans[-1][0], bucket)
    return spans or [(0, 0)]


def _visits(touchpoints: Iterable[pl.DataFrame], build: _Build) -> _Visits:
    """Every part is read once and run at every gap."""
    rules = {scale: with_gaps(build.rules, scale=scale) for scale in GAP_SCALES}
    parts: dict[float, list[pl.DataFrame]] = {scale: [] for scale in GAP_SCALES}
    for events in touchpoints:
        for scale in GAP_SCALES:
            sequence = build_sequence(events, rules=rules[scale], cutoff=build.cutoff)
            parts[scale].append(followed_visits(sequence, cutoff=build.cutoff))
    return {scale: pl.concat(visits) for scale, visits in parts.items()}


def _estimate(visits: pl.DataFrame, setting: Setting, build: _Build) -> pl.DataFrame:
    """One row per stage of one setting: the whole's figures, and the first channel that loses most."""
    read = reread(
        visits,
        windows=build.rules.window,
        window_scale=setting.window_scale,
        order_mode=setting.order_mode,
        cutoff=build.cutoff,
    )
    dropoff = stage_dropoff(read, cutoff=build.cutoff, minimum_count=build.minimum_count, segments=[SEGMENT])
    whole = dropoff.filter(pl.col("segment") == WHOLE).select("stage", "window_days", *_ESTIMATES)
    choices: dict[str, Any] = {"setting_id": setting.setting_id, **asdict(setting)}
    described = whole.select(*[pl.lit(value).alias(name) for name, value in choices.items()], pl.all())
    return described.join(_top_values(dropoff), on="stage", how="left", maintain_order="left")


def _top_values(dropoff: pl.DataFrame) -> pl.DataFrame:
    """Per stage the ranked segment value with the largest estimated drop-off; ties go to the first by name."""
    ranked = dropoff.filter((pl.col("segment") == SEGMENT) & pl.col("is_ranked"))
    worst = ranked.sort("estimated_dropoff_share", "segment_value", descending=[True, False])
    return worst.unique("stage", keep="first", maintain_order=True).select("stage", top_channel="segment_value")
