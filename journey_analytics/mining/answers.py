"""What `journey model` reads from the published copy, discovers and writes."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from journey_analytics.config import Config
from journey_analytics.errors import ConfigurationError, DataError, nearest
from journey_analytics.mining.discovery import KINDS, ProcessModel, discover_model
from journey_analytics.mining.model import NO_JOURNEYS, limits_of, measures, refused
from journey_analytics.mining.model_file import DFG, check_file, dfg_text, model_text
from journey_analytics.mining.variant_log import VariantLog, check_level, selected_links, selected_log
from journey_analytics.paths.selection import read_selection
from journey_analytics.warehouse import Warehouse, open_published


def model_answer(
    config: Config, *, level: str, kind: str, where: Sequence[str], top: int, out: Path | None
) -> dict[str, Any]:
    """Discover a model of the journeys of a selection, and write it to a file where one is named.

    Returns:
        What was asked, the journeys and how many of them the variants used stand for, the model's measures, `model` in
        its own notation (null where it has none, or is refused), `note` (why it is not shown; null where it is) and
        `file` (null where none was written). A .dfg file holds the counts of all journeys of the selection.

    Raises:
        ConfigurationError: for an unknown kind, level, segment or kind of file, or without pm4py.
        DataError: nothing is published, no journey is selected, or a model that is refused was to be written.
    """
    _check(level=level, kind=kind, out=out)
    with open_published(config.published) as published:
        if out is not None and out.suffix.lower() == DFG:
            return _write_follows(published, level=level, where=where, out=out)
        selection = read_selection(published, where)
        log = selected_log(published, level=level, top=top, selection=selection)
        limits = limits_of(published)
    if not log.variants:
        raise DataError(f"{selection}: {NO_JOURNEYS}")
    try:
        model = discover_model(log.variants, kind=kind, max_variants=top, limits=limits)
    except ValueError as error:
        raise DataError(str(error)) from None
    answer = _described(log, model)
    return answer if out is None else answer | {"file": _write_model(model, out)}


def _check(*, level: str, kind: str, out: Path | None) -> None:
    check_level(level)
    if kind not in KINDS:
        raise ConfigurationError(f"there is no kind of model {kind!r}; {nearest(kind, KINDS)}")
    if out is not None:
        check_file(out)


def _described(log: VariantLog, model: ProcessModel) -> dict[str, Any]:
    return {
        "segment": log.segment,
        "segment_value": log.segment_value,
        "level": log.level,
        "kind": model.kind,
        "journey_count": log.journey_count,
        "open_count": log.open_count,
        "left_censored_count": log.left_censored_count,
        "covered_journey_count": log.covered_count,
        "journey_coverage_share": log.coverage_share,
        "variant_count": len(log.variants),
        **measures(model),
        "model": (model.text or None) if model.refusal is None else None,
        "note": refused(model),
        "file": None,
    }


def _write_model(model: ProcessModel, out: Path) -> str:
    if model.refusal is not None:
        raise DataError(f"{out} is not written: {refused(model)}")
    _write(model_text(model, out), out)
    return str(out)


def _write_follows(published: Warehouse, *, level: str, where: Sequence[str], out: Path) -> dict[str, Any]:
    """The directly-follows graph of all journeys of the selection: counts, no model."""
    selection = read_selection(published, where)
    log = selected_log(published, level=level, top=0, selection=selection)
    _write(dfg_text(selected_links(published, level=level, selection=selection)), out)
    return {
        "segment": log.segment,
        "segment_value": log.segment_value,
        "level": level,
        "journey_count": log.journey_count,
        "open_count": log.open_count,
        "left_censored_count": log.left_censored_count,
        "file": str(out),
    }


def _write(text: str, out: Path) -> None:
    """Whole or not at all."""
    fresh = out.with_name(f".{out.name}.{os.getpid()}.new")
    try:
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(out)
    except OSError as error:
        raise ConfigurationError(f"--out {out}: it cannot be written: {error.strerror}") from error
