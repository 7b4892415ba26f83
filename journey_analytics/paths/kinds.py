"""Selections that are whole kinds of journeys: what is counted by kind adds up to them, and no journey is read."""

from typing import Final

from journey_analytics.paths.selection import SEGMENT_COLUMNS, Selection, selected_journeys_sql
from journey_analytics.warehouse import Warehouse, quoted

KINDS: Final = "core.path_kind"
"""A row per kind: status, whether it is settled, segments and number of journeys."""

JOURNEYS: Final = "core.variant_journey"
"""A row per active journey with the number of its kind."""

BY_STATUS: Final = """
    sum(c.journey_count)::bigint as journey_count,
    coalesce(sum(c.journey_count) filter (where k.status = 'converted'), 0)::bigint as converted_count,
    coalesce(sum(c.journey_count) filter (where k.status = 'dropped'), 0)::bigint as dropped_count,
    coalesce(sum(c.journey_count) filter (where k.status = 'open'), 0)::bigint as open_count,
    coalesce(
        sum(c.journey_count) filter (where k.is_settled and k.status = 'converted'), 0
    )::bigint as settled_converted_count,
    coalesce(sum(c.journey_count) filter (where k.is_settled and k.status <> 'open'), 0)::bigint as settled_count"""
"""Sums over rows `c` of what is counted by kind, with their kinds `k`."""

FOLDED: Final = "other"
"""The value that stands for all rare ones of a segment, together with a logged one of that name."""

_MAY_BE_FOLDED: Final = ("first_channel", "device", "persona")


def kinds_sql(warehouse: Warehouse, selection: Selection) -> str | None:
    """A select of `kind_number`, once each; null where kinds do not tell: of days, and of values folded into others."""
    for condition in selection.conditions:
        if condition.name not in (*SEGMENT_COLUMNS, "status"):
            return None
        if condition.name in _MAY_BE_FOLDED and not set(condition.values) <= _kept(warehouse, condition.name):
            return None
    wanted = [f"{one.name} in ({', '.join(map(quoted, one.values))})" for one in selection.conditions]
    return f"select kind_number from {KINDS} where {' and '.join(wanted) or 'true'}"


def chosen_sql(selection: Selection, kinds: str | None) -> str:
    """A condition on `kind_number` or `journey_number`: rows of the selected journeys; `kinds` as of `kinds_sql`."""
    if kinds is not None:
        return f"kind_number in ({kinds})"
    ids = selected_journeys_sql(selection)
    return f"journey_number in (select journey_number from {JOURNEYS} where journey_id in ({ids}))"


def _kept(warehouse: Warehouse, name: str) -> set[str]:
    """The values that are told apart; a logged `other` is not, as it may be together with others."""
    return {row[0] for row in warehouse.rows(f"select distinct {name} from {KINDS}", name=KINDS)} - {FOLDED}
