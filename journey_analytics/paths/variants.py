"""The variants of a selection of journeys, on demand: as `mart.variant` and `mart.stage_variant` have them of all."""

from typing import Final

import polars as pl

from journey_analytics.errors import ConfigurationError, nearest
from journey_analytics.paths.selection import EVERYTHING, JOURNEY_AMOUNT, SELECTED, Selection, selected_journeys_sql
from journey_analytics.warehouse import Warehouse

STEPS: Final = {"stage": "stages", "activity": "activities"}
"""The levels, with the column that lists the steps of a journey."""

_SQL: Final = f"""{SELECTED}{JOURNEY_AMOUNT},

counted_variant as (
    select
        j.{{steps}},
        count(*)::bigint as journey_count,
        count(*) filter (where j.status = 'converted')::bigint as converted_count,
        count(*) filter (where j.status = 'dropped')::bigint as dropped_count,
        count(*) filter (where j.status = 'open')::bigint as open_count,
        sum(a.amount)::decimal(38, 4) as amount,
        percentile_cont([0.25, 0.5, 0.75, 0.9]) within group (order by epoch_us(j.ended_at) - epoch_us(j.started_at))
            as duration_us
    from core.journey_at_cutoff as j
    inner join selected_journey as s on j.journey_id = s.journey_id
    left join journey_amount as a on j.journey_id = a.journey_id
    group by j.{{steps}}
)

select
    'v_' || left(md5(array_to_string({{steps}}, chr(31))), 16) as variant_id,
    {{steps}},
    journey_count,
    converted_count,
    dropped_count,
    open_count,
    duration_us[1] / 1e6 as p25_duration_seconds,
    duration_us[2] / 1e6 as median_duration_seconds,
    duration_us[3] / 1e6 as p75_duration_seconds,
    duration_us[4] / 1e6 as p90_duration_seconds,
    amount,
    journey_count / sum(journey_count) over () as journey_share_of_all,
    row_number() over (order by journey_count desc, {{steps}}) as variant_rank,
    sum(journey_count) over (order by journey_count desc, {{steps}} rows between unbounded preceding and current row)
        / sum(journey_count) over () as cumulative_share
from counted_variant
order by variant_rank
"""


def variants(warehouse: Warehouse, selection: Selection = EVERYTHING, *, level: str) -> pl.DataFrame:
    """Every variant of the selected active journeys, most journeys first, ties in the order of the lists.

    Columns, denominators and nulls as in the mart of the level, over active journeys alone: no passive counts.

    Args:
        warehouse: the warehouse, or its published copy.
        selection: which journeys; shares are of them.
        level: stage or activity.

    Raises:
        ConfigurationError: for another level.
    """
    check_level(level)
    currency = warehouse.value("select max(currency) from mart.headline", name="mart.headline")
    sql = _SQL.format(selected=selected_journeys_sql(selection), steps=STEPS[level])
    found = warehouse.frame(sql, parameters=[currency or ""], name=f"variants of level {level}")
    has_amount = pl.col("amount").is_not_null()
    return found.with_columns(currency=pl.when(has_amount).then(pl.lit(currency, dtype=pl.String)))


def check_level(level: str) -> None:
    """Check that there is such a level.

    Raises:
        ConfigurationError: there is not; the message names the nearest.
    """
    if level not in STEPS:
        raise ConfigurationError(f"--level: there is no level {level!r}; {nearest(level, STEPS)}")
