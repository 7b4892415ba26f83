"""The step `stage_suggestion`: reads the touchpoints in parts and writes `mart.stage_suggestion`."""

from collections.abc import Mapping
from typing import Final

import polars as pl

from journey_analytics.contract import STAGES
from journey_analytics.sequence import Rules
from journey_analytics.settings import setting
from journey_analytics.suggestion.contexts import contexts, place_counts, votes
from journey_analytics.suggestion.names import resemblances
from journey_analytics.suggestion.suggestions import COLUMNS, Evidence, suggestions
from journey_analytics.warehouse import Warehouse

TABLE: Final = "mart.stage_suggestion"
READS: Final = frozenset(
    {"core.touchpoint_at_cutoff", "config.activity", "config.activity_word", "config.setting", "config.source_rank"}
)
"""Besides the rules of the kernel."""

_ROWS_AT_ONCE: Final = 2_000_000

_UNMATCHED: Final = """
select
    activity, source, count(*)::bigint as touchpoint_count, count(distinct customer_id)::bigint as customer_count
from core.touchpoint_at_cutoff
where stage_rule is null
group by activity, source
"""

_ACTS: Final = """
select
    t.customer_id, t.journey_id, t.session_id, t.source, t.activity, epoch_us(t.occurred_at) as us, t.is_purchase,
    case when t.stage <> 'unknown' then t.stage end as stage,
    coalesce(r.stage in ('previous', 'opening'), false) as is_inherited
from core.touchpoint_at_cutoff as t
left join config.stage_rule as r on t.stage_rule = r.rule_id
left join config.source_rank as k on t.source = k.source
where
    (t.is_purchase or not t.is_passive) and (t.stage <> 'unknown' or t.stage_rule is null)
    and customer_bucket(t.customer_id, ?) = ?
order by
    t.customer_id, t.occurred_at, coalesce(cast(k.rank as integer), 50), t.source, t.source_event_id
"""

_KNOWN: Final = """
with known_activity as (
    select activity, 0 as touchpoint_count, '' as stage from config.activity
    union all
    select activity, count(*) as touchpoint_count, stage
    from core.touchpoint_at_cutoff
    where stage_rule is not null
    group by activity, stage
)
select activity, stage, touchpoint_count::bigint as touchpoint_count
from known_activity
order by sum(touchpoint_count) over (partition by activity) desc, activity, stage
"""


def make_stage_suggestion(warehouse: Warehouse, *, rules: Rules) -> None:
    """Write `mart.stage_suggestion` (see `suggestions`): empty when a rule matches every touchpoint."""
    counts = warehouse.frame(_UNMATCHED, name="unmatched activities")
    if counts.is_empty():
        warehouse.create_from(TABLE, pl.DataFrame(schema=COLUMNS))
        return
    found, places = _context_counts(warehouse, rules)
    shares = _known_shares(warehouse.frame(_KNOWN, name="known activities"), rules)
    names = resemblances(
        sorted(set(counts["activity"])),
        [activity for activity, of_stage in shares.items() if of_stage],
        meanings=dict(warehouse.rows("select word, means from config.activity_word order by rowid")),
    )
    evidence = Evidence(counts=counts, votes=found, places=places, names=names, known_shares=shares)
    warehouse.create_from(TABLE, suggestions(evidence, least_share=setting(warehouse, "suggestion_percent") / 100))


def _context_counts(warehouse: Warehouse, rules: Rules) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Votes and places of all customers, so many at a time; a journey never spans two parts, so the counts add up."""
    parts = warehouse.value("select count(*) from core.touchpoint_at_cutoff") // _ROWS_AT_ONCE + 1
    found = [_part_counts(warehouse, rules, part, parts) for part in range(parts)]
    return _sum([votes for votes, _ in found]), _sum([places for _, places in found])


def _part_counts(warehouse: Warehouse, rules: Rules, part: int, parts: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    acts = warehouse.frame(_ACTS, name="acts", parameters=[parts, part])
    seen = contexts(acts, inactivity=rules.inactivity, tail=rules.tail, window=rules.window["decision"])
    return votes(seen), place_counts(seen)


def _sum(parts: list[pl.DataFrame]) -> pl.DataFrame:
    """Add counts up, sorted; votes are rounded, so that the order of the rows leaves no trace."""
    whole = pl.concat(parts)
    counts = [name for name in whole.columns if name.endswith("_count")]
    key = [name for name in whole.columns if name not in counts]
    rounded = pl.col(counts).sum().round(6) if "vote_count" in counts else pl.col(counts).sum()
    return whole.group_by(key).agg(rounded).sort(key)


def _known_shares(known: pl.DataFrame, rules: Rules) -> dict[str, dict[str, float]]:
    """By activity that a rule knows, those seen most first: the shares of its stages, or what its rules would give."""
    seen: dict[str, dict[str, int]] = {}
    for activity, stage, count in known.iter_rows():
        seen.setdefault(activity, {})[stage] = count
    return {
        activity: _shares(counts) if any(counts.values()) else _ruled(activity, rules)
        for activity, counts in seen.items()
    }


def _shares(counts: Mapping[str, float]) -> dict[str, float]:
    total = sum(counts.values())
    return {stage: counts[stage] / total for stage in STAGES if counts.get(stage)}


def _ruled(activity: str, rules: Rules) -> dict[str, float]:
    """The stages of the rules that name an activity which never occurred, as often as they are confident."""
    weights: dict[str, float] = {}
    for rule in rules.stage_rules:
        if any(_fits(activity, pattern) for pattern in rule.texts.get("activity", ())):
            weights[rule.stage] = weights.get(rule.stage, 0.0) + rule.confidence
    return _shares(weights) if weights else {}


def _fits(activity: str, pattern: str) -> bool:
    return activity.startswith(pattern[:-1]) if pattern.endswith("*") else activity == pattern
