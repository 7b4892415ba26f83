"""The door to r4pm: imported when it is needed; what alignments to nets of any size cost."""

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

import polars as pl

from journey_analytics.errors import ConfigurationError
from journey_analytics.mining.petri import Net

NOT_INSTALLED = 'r4pm is not installed: pip install "journey-analytics[align]"'
MAX_STATES = 2_000_000
"""A trace whose alignment meets more states is given up; a plan with tens of steps in any order."""

_OPTIONS = {
    "cost_fn": {"log_move_cost": 1, "model_move_cost": 1, "silent_move_cost": 0, "sync_move_cost": 0},
    "max_states": MAX_STATES,
}

Variant = tuple[str, ...]


def is_available() -> bool:
    """Whether r4pm is installed; it is not imported to find out."""
    return find_spec("r4pm") is not None


def cost_of_nothing(net: Net) -> int | None:
    """The cost of a journey without a touchpoint; None where the net has no way from its start to its end.

    Raises:
        ConfigurationError: r4pm is not installed.
    """
    try:
        return int(_aligner().align_empty_trace(net, _OPTIONS)["cost"])
    except TypeError:
        return None


def costs(net: Net, variants: Sequence[Variant]) -> dict[Variant, int | None]:
    """The cost of each non-empty variant, through a log of one journey per variant; None where it was given up.

    Raises:
        ConfigurationError: r4pm is not installed.
    """
    aligner = _aligner()
    if not variants:
        return {}
    import r4pm

    log = r4pm.import_item_from_df("EventLog", _log(variants))
    try:
        return {
            tuple(found["activities"]): _cost(found["result"]) for found in aligner.align_variants(net, log, _OPTIONS)
        }
    finally:
        r4pm.remove_item(log)


def _cost(result: dict[str, Any]) -> int | None:
    found = result.get("Ok")
    return None if found is None else int(found["cost"])


def _log(variants: Sequence[Variant]) -> pl.DataFrame:
    """One journey per variant, its touchpoints a second apart."""
    frame = pl.DataFrame({"case:concept:name": range(len(variants)), "concept:name": [list(v) for v in variants]})
    placed = frame.with_columns(pl.col("case:concept:name").cast(pl.String)).explode("concept:name")
    seconds = pl.duration(seconds=pl.int_range(pl.len()).over("case:concept:name"))
    return placed.with_columns(pl.datetime(2025, 1, 1, time_zone="UTC").alias("time:timestamp") + seconds)


def _aligner() -> Any:
    if not is_available():
        raise ConfigurationError(NOT_INSTALLED)
    from r4pm.bindings.conformance.case_centric import alignments

    return alignments
