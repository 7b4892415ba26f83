"""Which stages so few customers of a choice entered that nothing of them is shown, counted when a choice is made."""

from collections.abc import Iterator
from typing import Final

import polars as pl

from journey_analytics.contract import STAGES
from journey_analytics.report.cube_frames import entrants_wanted, split_words
from journey_analytics.report.group_sizes import KEY, SMALLEST_GROUP, WHOLE
from journey_analytics.report.selection import Choice
from journey_analytics.warehouse import Warehouse, quoted

_NEEDS: Final = ("mart.stage_entrant", "core.selection_journey")
_SURELY_SEVERAL: Final = 500
"""So many entrants are of five customers: of fewer one would have more than a hundred journeys."""

_FEW: Final = """
select {split}, e.stage
from mart.stage_entrant as e
inner join core.selection_journey as j on e.journey_id = j.journey_id
where {wanted} and ({asked})
group by grouping sets ({sets})
having count(distinct j.customer_id) < {least}
order by all
"""


def told(warehouse: Warehouse, choice: Choice, found: pl.DataFrame) -> pl.DataFrame:
    """The rows without those of stages that fewer than `SMALLEST_GROUP` customers of a group entered.

    All journeys always stay. Customers are counted of groups of fewer than 500 entrants alone.

    Args:
        warehouse: the warehouse or its published copy; of an older release, which cannot tell, all rows stay.
        choice: the choice that the rows are of.
        found: rows of entrants by `segment` and `segment_value`, with a stage in `stage` or `from_stage`.
    """
    asked = _small(found)
    if not choice.conditions:
        asked = asked.filter(pl.col("segment") != WHOLE)
    if asked.is_empty() or not all(warehouse.has(table) for table in _NEEDS):
        return found
    few = _few(warehouse, choice, asked)
    for name in ("stage", "from_stage", "to_state"):
        if name in found.columns:
            found = found.join(few, left_on=[*KEY, name], right_on=[*KEY, "stage"], how="anti", maintain_order="left")
    return found


def _small(found: pl.DataFrame) -> pl.DataFrame:
    """Groups and stages of so few entrants that their customers must be counted."""
    stage = "stage" if "stage" in found.columns else "from_stage"
    entered = pl.col("entered_count").max() if "entered_count" in found.columns else pl.col("journey_count").sum()
    sizes = found.filter(pl.col(stage).is_in(STAGES)).group_by(*KEY, pl.col(stage).alias("stage")).agg(size=entered)
    return sizes.filter(pl.col("size") < _SURELY_SEVERAL).select(*KEY, "stage").sort(pl.all())


def _few(warehouse: Warehouse, choice: Choice, asked: pl.DataFrame) -> pl.DataFrame:
    by = sorted({name for name in asked["segment"].to_list() if name != WHOLE})
    sets = ", ".join(f"(e.stage{''.join(f', e.{name}' for name in one)})" for one in ((), *((name,) for name in by)))
    found = warehouse.frame(
        _FEW.format(
            split=split_words(by, prefix="e."), wanted=entrants_wanted(choice, prefix="e."),
            asked=" or ".join(_conditions(asked)), sets=sets, least=SMALLEST_GROUP,
        ),
        name="stages of few customers",
    )  # fmt: skip
    return found.join(asked, on=[*KEY, "stage"], how="semi").select(*KEY, "stage")


def _conditions(asked: pl.DataFrame) -> Iterator[str]:
    """Which entrants the groups are made of; more groups than these come with them, not all of their entrants."""
    for segment, rows in sorted((str(key[0]), rows) for key, rows in asked.group_by("segment")):
        name, column = ("e.stage", "stage") if segment == WHOLE else (f"e.{segment}", "segment_value")
        yield f"{name} in ({', '.join(quoted(value) for value in sorted(set(rows[column].to_list())))})"
