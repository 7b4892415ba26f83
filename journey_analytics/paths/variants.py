"""The variants of a selection of journeys, on demand: as `mart.variant` and `mart.stage_variant` have them of all."""

from typing import Final

import polars as pl

from journey_analytics.errors import ConfigurationError, nearest
from journey_analytics.paths.kinds import JOURNEYS, KINDS, chosen_sql, kinds_sql
from journey_analytics.paths.selection import EVERYTHING, Selection
from journey_analytics.warehouse import Warehouse

STEPS: Final = {"stage": "stages", "activity": "activities"}
"""The levels, with the column that lists the steps of a journey."""

_SQL: Final = f"""
with counted_variant as (
    select
        v.{{level}}_number as variant_number,
        sum(v.amount)::decimal(38, 4) as amount,
        count(*)::bigint as journey_count,
        count(*) filter (where k.status = 'converted')::bigint as converted_count,
        count(*) filter (where k.status = 'dropped')::bigint as dropped_count,
        count(*) filter (where k.status = 'open')::bigint as open_count
    from {JOURNEYS} as v
    inner join {KINDS} as k on v.kind_number = k.kind_number
    where v.{{chosen}}
    group by v.{{level}}_number
),

ranked_variant as (
    select
        *,
        journey_count / sum(journey_count) over () as journey_share_of_all,
        row_number() over (order by journey_count desc, variant_number) as variant_rank,
        sum(journey_count) over (order by journey_count desc, variant_number rows unbounded preceding)
        / sum(journey_count) over () as cumulative_share
    from counted_variant
    qualify variant_rank <= ?
),

timed_variant as (
    select
        r.variant_number,
        percentile_cont([0.25, 0.5, 0.75, 0.9]) within group (order by v.duration_us) as duration_us
    from ranked_variant as r
    inner join {JOURNEYS} as v on r.variant_number = v.{{level}}_number
    where v.{{chosen}}
    group by r.variant_number
)

select
    'v_' || left(md5(array_to_string(s.steps, chr(31))), 16) as variant_id,
    s.steps as {{steps}},
    r.journey_count,
    r.converted_count,
    r.dropped_count,
    r.open_count,
    t.duration_us[1] / 1e6 as p25_duration_seconds,
    t.duration_us[2] / 1e6 as median_duration_seconds,
    t.duration_us[3] / 1e6 as p75_duration_seconds,
    t.duration_us[4] / 1e6 as p90_duration_seconds,
    r.amount,
    r.journey_share_of_all,
    r.variant_rank,
    r.cumulative_share
from ranked_variant as r
inner join timed_variant as t on r.variant_number = t.variant_number
inner join core.variant_steps as s on s.level = ? and r.variant_number = s.variant_number
order by r.variant_rank
"""
_NO_LIMIT: Final = 2**62


def variants(
    warehouse: Warehouse, selection: Selection = EVERYTHING, *, level: str, limit: int | None = None
) -> pl.DataFrame:
    """The variants of the selected active journeys, most journeys first, ties in the order of the lists.

    Columns, denominators and nulls as in the mart of the level, over active journeys alone: no passive counts.

    Args:
        warehouse: the warehouse, or its published copy.
        selection: which journeys; shares are of them.
        level: stage or activity.
        limit: at most so many, by default all.

    Raises:
        ConfigurationError: for another level.
    """
    check_level(level)
    currency = warehouse.value("select max(currency) from mart.headline", name="mart.headline")
    chosen = chosen_sql(selection, kinds_sql(warehouse, selection))
    sql = _SQL.format(level=level, steps=STEPS[level], chosen=chosen)
    parameters = [_NO_LIMIT if limit is None else limit, level]
    found = warehouse.frame(sql, parameters=parameters, name=f"variants of level {level}")
    has_amount = pl.col("amount").is_not_null()
    return found.with_columns(currency=pl.when(has_amount).then(pl.lit(currency, dtype=pl.String)))


def check_level(level: str) -> None:
    """Check that there is such a level.

    Raises:
        ConfigurationError: there is not; the message names the nearest.
    """
    if level not in STEPS:
        raise ConfigurationError(f"--level: there is no level {level!r}; {nearest(level, STEPS)}")
