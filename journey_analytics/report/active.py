"""The report's frames without passive journeys: those hold only e-mails that nobody reacted to, so nobody began."""

from collections.abc import Mapping

import polars as pl

PASSIVE_PARTS: Mapping[str, Mapping[str, str]] = {
    "mart.activity": {
        "touchpoint_count": "passive_touchpoint_count",
        "journey_count": "passive_journey_count",
        "start_count": "passive_start_count",
        "dropped_end_count": "passive_dropped_end_count",
        "open_end_count": "passive_open_end_count",
    },
    "mart.directly_follows": {
        "follow_count": "passive_follow_count",
        "journey_count": "passive_journey_count",
    },
    "mart.variant": {
        "journey_count": "passive_count",
        "dropped_count": "passive_dropped_count",
        "open_count": "passive_open_count",
    },
    "mart.stage_variant": {
        "journey_count": "passive_count",
        "dropped_count": "passive_dropped_count",
        "open_count": "passive_open_count",
    },
}
"""Counts over all journeys, with the column that holds the passive part of each. A passive journey never converts."""

ACTIVE_VALUES: Mapping[str, Mapping[str, str]] = {
    "mart.activity": {
        "converted_end_count": "converted_last_act_count",
        "dropped_end_count": "dropped_last_act_count",
        "open_end_count": "open_last_act_count",
    },
    "mart.directly_follows": {"median_seconds": "active_median_seconds", "p90_seconds": "active_p90_seconds"},
}
"""Values over all journeys, with the column that is over active ones: the waits of their transitions, and their ends.

An active journey ends with the last thing that the customer did, not with an e-mail sent afterwards.
"""


def active_frames(frames: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The frames with every count over active journeys only; a row that none of them touches is left out.

    A null passive part is 0, for a null active value the one over all stays. Their columns are dropped, so doing it
    twice changes nothing.
    """
    return {table: _active(frame, table) if table in PASSIVE_PARTS else frame for table, frame in frames.items()}


def _active(frame: pl.DataFrame, table: str) -> pl.DataFrame:
    parts = _present(frame, PASSIVE_PARTS[table])
    values = _present(frame, ACTIVE_VALUES.get(table, {}))
    rest = {whole: pl.col(whole) - pl.col(part).fill_null(0) for whole, part in parts.items()}
    own = {whole: pl.coalesce(value, rest.get(whole, pl.col(whole))) for whole, value in values.items()}
    active = frame.with_columns(**rest | own).drop(*parts.values(), *values.values())
    return active.filter(pl.col("journey_count") > 0)


def _present(frame: pl.DataFrame, pairs: Mapping[str, str]) -> dict[str, str]:
    return {whole: other for whole, other in pairs.items() if other in frame.columns}
