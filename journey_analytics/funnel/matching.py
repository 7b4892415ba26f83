"""A funnel as one SQL select that a person can print, paste into a DuckDB shell and run.

Columns of `matching_sql` and `match`, one row per attempt (entry), in no particular order:

| column | means |
|---|---|
| `unit_id` | the journey_id, customer_id or session_id |
| `entry_touchpoint_id`, `entered_at` | the touchpoint that began the attempt, and when (UTC) |
| `entry_step` | number of the required step (from 1) that it satisfies: 1 but in open and `any` funnels |
| `reached_count` | required steps reached, the entry included: at least 1 |
| `reached` | list of booleans, one per step of the funnel in its order, optional ones included |
| `step_at` | list of timestamps, null where not reached |
| `step_touchpoint_id` | list of touchpoint ids, null where not reached |
| `ended_by_exclusion_at` | when an excluded touchpoint ended the attempt (`end_at_exclusion`); null: none did |
| `customer_id`, `journey_id`, `session_id` | of the entry touchpoint |

What is matched is a *chain*: one touchpoint per required step, no touchpoint twice, the entry among them, each within
the window, its gaps, its values held constant, and in the order asked for. Of all chains of an entry the one that
reaches most required steps counts, and of those the one whose touchpoints come earliest, step by step. An exclusion is
looked for in the attempt as matched without it, optional steps in what remains. Touchpoints are in the one order of
the warehouse: `occurred_at`, rank of the source, source, `source_event_id`.

`stage:NAME` is an active touchpoint of the stage on the way to its journey's purchase; the purchase itself is a
decision, whatever the rules say of it. So the funnel `stage:awareness` to `stage:consideration|stage:decision`, per
journey and within the stage's window, enters and reaches exactly those that the stage drop-off counts as entered and
advanced.
A journey that enters `decision` with the purchase itself has advanced there at once, while in a funnel one touchpoint
satisfies one step.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import polars as pl

from journey_analytics.errors import ConfigurationError, nearest
from journey_analytics.funnel.attempts import attempt_ctes, output
from journey_analytics.funnel.chains import chain_ctes
from journey_analytics.funnel.definition import Funnel
from journey_analytics.funnel.earliest import earliest_ctes, is_enough
from journey_analytics.funnel.reading import Cte, reading_ctes
from journey_analytics.warehouse import open_memory

_REQUIRED: Final = ("touchpoint_id", "customer_id", "activity", "occurred_at")
_TYPES: Final[Mapping[str, pl.DataType]] = {
    **{
        name: pl.String()
        for name in (
            "touchpoint_id", "source", "source_event_id", "customer_id", "session_id", "journey_id", "activity",
            "channel", "stage", "page_path", "topic", "category", "order_id", "device", "country", "campaign",
            "currency",
        )
    },
    "is_purchase": pl.Boolean(),
    "is_passive": pl.Boolean(),
    "occurred_at": pl.Datetime("us"),
}  # fmt: skip


def matching_sql(funnel: Funnel, *, relation: str = "core.touchpoint", cutoff: datetime | None = None) -> str:
    """The select with the columns above.

    Args:
        funnel: made by `definition.funnel`.
        relation: a table with the columns of `core.touchpoint`; `config.source_rank` must be there too.
        cutoff: T, inclusive: later touchpoints are not looked at. None: all are.
    """
    return _select(funnel, output(funnel), relation=relation, cutoff=cutoff)


def excluded_sql(funnel: Funnel, *, relation: str = "core.touchpoint", cutoff: datetime | None = None) -> str:
    """The units that `drop_journey` took out: `unit_id` and `excluded_at` (UTC, the first); args as `matching_sql`.

    Raises:
        ConfigurationError: when the funnel has no such exclusion.
    """
    if funnel.exclusion is None or funnel.exclusion.mode != "drop_journey":
        raise ConfigurationError(f"funnel {funnel.name!r} drops nobody; expected an exclusion with mode drop_journey")
    return _select(funnel, "select unit_id, excluded_at\nfrom left_out", relation=relation, cutoff=cutoff)


def match(touchpoints: pl.DataFrame, funnel: Funnel, *, source_ranks: Mapping[str, int] | None = None) -> pl.DataFrame:
    """`matching_sql` over a frame, in a database in memory; sorted by unit and entry.

    Args:
        touchpoints: at least `touchpoint_id`, `customer_id`, `activity`, `occurred_at` (naive UTC) and the id of the
            unit; other columns of `core.touchpoint` count as null where they are missing (`is_passive` as false,
            `source_event_id` as the touchpoint_id).
        funnel: made by `definition.funnel`.
        source_ranks: which source comes first at the same instant; None: by name.

    Raises:
        ConfigurationError: when a column is missing.
    """
    frame = _complete(touchpoints, funnel)
    ranks = source_ranks or dict.fromkeys(frame["source"].unique().drop_nulls(), 0)
    with open_memory() as warehouse:
        warehouse.create_from("core.touchpoint", frame)
        warehouse.create_from(
            "config.source_rank",
            pl.DataFrame(list(ranks.items()), schema={"source": pl.String, "rank": pl.Int64}, orient="row"),
        )
        found = warehouse.frame(matching_sql(funnel), name=f"funnel {funnel.name}")
    return found.sort("unit_id", "entered_at", "entry_touchpoint_id")


def _complete(touchpoints: pl.DataFrame, funnel: Funnel) -> pl.DataFrame:
    for name in (*_REQUIRED, f"{funnel.unit}_id"):
        if name not in touchpoints.columns:
            raise ConfigurationError(
                f"the touchpoints have no column {name!r}; expected at least {', '.join(_REQUIRED)} and the id of the "
                f"unit; {nearest(name, touchpoints.columns)}"
            )
    missing = [pl.lit(None, dtype).alias(name) for name, dtype in _TYPES.items() if name not in touchpoints.columns]
    frame = touchpoints.with_columns(missing).cast(pl.Schema(_TYPES)).select(list(_TYPES))
    return frame.with_columns(pl.coalesce("source_event_id", "touchpoint_id").alias("source_event_id"))


def _select(funnel: Funnel, last: str, *, relation: str, cutoff: datetime | None) -> str:
    ctes = [
        *reading_ctes(funnel, relation=relation, cutoff=cutoff),
        *(earliest_ctes(funnel) if is_enough(funnel) else chain_ctes(funnel)),
        *attempt_ctes(funnel),
    ]
    texts = ",\n\n".join(_cte(cte) for cte in ctes)
    return f"{_WITH[funnel.entry == 'every']}\n\n{texts}\n\n{last}\n"


_WITH: Final = {False: "with", True: "with recursive"}


def _cte(cte: Cte) -> str:
    name, body = cte
    indented = "\n".join(f"    {line}" if line else "" for line in body.strip("\n").splitlines())
    return f"{name} as (\n{indented}\n)"
