"""What `journey flow` answers: a step flow from the published copy, folded and with shares."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from journey_analytics.config import Config
from journey_analytics.paths.link_shares import with_shares
from journey_analytics.paths.selection import Selection, read_selection
from journey_analytics.paths.settled import settled_days
from journey_analytics.paths.step_flow import StepFlow, read_anchor, step_flow
from journey_analytics.paths.step_links import folded
from journey_analytics.settings import setting
from journey_analytics.warehouse import open_published

_USUAL_MINIMUM: Final = 30


@dataclass(frozen=True)
class FlowAnswer:
    """A step flow as it is shown: `links` are folded to `top` steps at each number, with their shares.

    Shares are of settled journeys, begun at least `settled_days` before T; one of fewer than `minimum_count` of them is
    marked and not ranked.
    """

    flow: StepFlow
    selection: Selection
    top: int
    minimum_count: int
    settled_days: int
    links: pl.DataFrame


def flow_answer(
    config: Config, *, level: str, anchor: str, where: Sequence[str] = (), steps: int, top: int
) -> FlowAnswer:
    """The step flow of the journeys that meet the conditions, from the published copy.

    Args:
        config: of the workspace.
        level: stage or activity.
        anchor: what steps are counted from, as text; see `parse_anchor`.
        where: conditions such as `device=mobile`, and-ed.
        steps: so many each side of the anchor.
        top: so many steps at each number keep their names, the others are OTHER.

    Raises:
        ConfigurationError: for a level, a condition or a pattern that is not known, naming the nearest.
        DataError: nothing is published yet, or by an older release.
    """
    with open_published(config.published) as published:
        selection = read_selection(published, where)
        asked = read_anchor(published, anchor, level=level)
        flow = step_flow(published, selection, level=level, anchor=asked, steps=steps)
        minimum, days = setting(published, "minimum_count", _USUAL_MINIMUM), settled_days(published)
    links = with_shares(folded(flow.links, top), minimum_count=minimum)
    return FlowAnswer(flow=flow, selection=selection, top=top, minimum_count=minimum, settled_days=days, links=links)


def flow_dict(answer: FlowAnswer) -> dict[str, Any]:
    """The answer for a machine: what it is of, then its links in order."""
    return {
        "level": answer.flow.level,
        "anchor": answer.flow.anchor.text,
        "where": [str(condition) for condition in answer.selection.conditions],
        "steps": answer.flow.steps,
        "top": answer.top,
        "selected_count": answer.flow.selected_count,
        "journey_count": answer.flow.journey_count,
        "settled_days": answer.settled_days,
        "links": answer.links.to_dicts(),
    }
