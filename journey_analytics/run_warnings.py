"""What a run says about its data: sources that are silent, rows that are refused, touchpoints without a stage."""

from datetime import datetime, timedelta

from journey_analytics.warehouse import Warehouse

_FEW_UNMATCHED = 0.01
"""Share of touchpoints without a rule above which a run warns."""


def cutoff_warnings(warehouse: Warehouse, cutoff: datetime) -> list[str]:
    """Sources that have fallen silent, and a cut-off that lies more than a day after the last touchpoint."""
    rows = warehouse.rows("select source, last_seen_at, is_silent, guards_cutoff from run.cutoff order by source")
    silent = [
        f"source {source!r} has been silent since {last:%Y-%m-%d %H:%M} UTC, longer than in the 90 days before: "
        + ("the cut-off T waits for it" if guards else "guards_cutoff = false, so the cut-off T does not wait for it")
        for source, last, is_silent, guards in rows
        if is_silent
    ]
    newest = max((last for _, last, _, _ in rows), default=cutoff)
    if cutoff - newest > timedelta(days=1):
        days = (cutoff - newest).days
        silent.append(
            f"--as-of lies {days:,} days after the last touchpoint: journeys are taken to be silent until then"
        )
    return silent


def refusal_warnings(change: int) -> list[str]:
    """What a change of rules or staging did to rows loaded earlier: `change` is the difference of all refused rows."""
    if not change:
        return []
    return [f"with the rules as they are now, {change:+,} rows loaded earlier are refused: see `journey rejected`"]


def stage_warnings(warehouse: Warehouse, cutoff: datetime) -> list[str]:
    """Why there may be little to see: no touchpoint at all, none by T, or none that a rule places."""
    counts = "count(*)::bigint, min(occurred_at), count(*) filter (where stage_rule is null)::bigint"
    ((count, first, unmatched),) = warehouse.rows(f"select {counts} from core.touchpoint")
    if not count:
        return [
            "no touchpoint was found: do the paths of the sources match files? `journey rejected` lists refused rows"
        ]
    if cutoff < first:
        return [f"--as-of lies before the first touchpoint ({first:%Y-%m-%d}): nothing had happened yet"]
    if unmatched > _FEW_UNMATCHED * count:
        share = f"{100 * unmatched / count:.1f} %"
        return [f"{share} of the touchpoints match no stage rule: `journey stage suggest` says what they may be"]
    return []


def refused_count(warehouse: Warehouse) -> int:
    """How many rows are refused so far; 0 before the first load."""
    return warehouse.value("select count(*) from run.rejected_event") if warehouse.has("run.rejected_event") else 0
