"""The prefix tree of journeys: which steps they took first, where they parted, and how each branch ended. Pure.

A node stands for all journeys that begin with the same steps. It is kept while enough journeys pass it; those that go
on along rarer steps are counted together in one node, the folded rest, so that nothing is lost:
journeys of a node = journeys of its children (the rest included) + journeys that end at it.

A share of purchases is given for beginnings alone: steps before any purchase. Further on the steps themselves say that
there was one. It is over settled journeys: of those begun in the last weeks mainly the ones that bought are closed.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final

import polars as pl

from journey_analytics.intervals import wilson_high, wilson_low

DEEPEST: Final = 12
"""Steps from the start that the tree follows; what comes later is folded."""

STATUSES: Final = ("converted", "dropped", "open")
NODE_SCHEMA: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    "level": pl.String,
    "node_id": pl.String,
    "parent_id": pl.String,
    "depth": pl.Int64,
    "step": pl.String,
    "path": pl.List(pl.String),
    "place": pl.Int64,
    "is_rest": pl.Boolean,
    "rest_step_count": pl.Int64,
    "journey_count": pl.Int64,
    "ended_converted_count": pl.Int64,
    "ended_dropped_count": pl.Int64,
    "ended_open_count": pl.Int64,
    "converted_count": pl.Int64,
    "dropped_count": pl.Int64,
    "open_count": pl.Int64,
    "settled_count": pl.Int64,
    "settled_converted_count": pl.Int64,
    "purchase_ahead_count": pl.Int64,
    "purchased_count": pl.Int64,
    "conversion_share": pl.Float64,
    "conversion_low_share": pl.Float64,
    "conversion_high_share": pl.Float64,
    "is_ranked": pl.Boolean,
    "median_seconds": pl.Float64,
    "amount": pl.Decimal(38, 4),
    "currency": pl.String,
}
JOURNEY_SCHEMA: Final = pl.Schema(
    {"journey": pl.Int64(), "status": pl.String(), "is_settled": pl.Boolean(), "amount": pl.Decimal(38, 4)}
)
STEP_SCHEMA: Final = pl.Schema(
    {"journey": pl.Int64(), "step": pl.String(), "after_us": pl.Int64(), "is_purchase": pl.Boolean()}
)

_ROOT: Final = 0
_AMOUNT: Final = pl.when(pl.col("amount").is_not_null().any()).then(pl.col("amount").sum())
_BY_STATUS: Final = {f"{status}_count": (pl.col("status") == status).sum().cast(pl.Int64) for status in STATUSES}
_CLOSED: Final = {
    "settled_count": pl.col("status") != "open",
    "settled_converted_count": pl.col("status") == "converted",
}
_SETTLED: Final = {name: (pl.col("is_settled") & state).sum().cast(pl.Int64) for name, state in _CLOSED.items()}
_TOTALS: Final = {"journey_count": pl.len().cast(pl.Int64), **_BY_STATUS, **_SETTLED, "amount": _AMOUNT}
_AHEAD: Final = {"purchase_ahead_count": pl.col("is_ahead").sum().cast(pl.Int64)}
_OF_STEP: Final = {
    "purchased_count": pl.col("is_purchase").sum().cast(pl.Int64),
    "median_seconds": pl.col("after_us").median() / 1e6,
}


def prefix_tree(
    journeys: pl.DataFrame,
    steps: Iterable[pl.DataFrame],
    *,
    level: str,
    minimum_count: int,
    currency: str | None = None,
    deepest: int = DEEPEST,
) -> pl.DataFrame:
    """The rows of `mart.path_tree` for one level; from the root down, siblings from the most frequent, the rest last.

    Args:
        journeys: one row each (JOURNEY_SCHEMA): `amount` in `currency`, null without a purchase in it; `is_settled`
            where it began early enough for its outcome to be known (core.settled_until).
        steps: for depth 1, 2 … up to `deepest` + 1 the steps that journeys take there (STEP_SCHEMA), one row for each
            journey that gets so far: `after_us` microseconds from its start, `is_purchase` at its first purchase.
        level: what the steps are: stage or activity.
        minimum_count: a node needs so many journeys, at least 1; and so many settled ones for a ranked share.
        currency: of the amounts.
        deepest: the depth of the deepest node; only the rest of what goes on from there lies one deeper.

    Ties between siblings go by the name of the step. `settled_count` is of the settled journeys that pass those that
    are closed (converted or dropped), `settled_converted_count` of these the converted ones; `conversion_share` is the
    one over the other, null where none is settled and where a journey has bought on the way or on this step: with the
    purchase the steps hold the outcome. `purchase_ahead_count` is of converted ones those whose first purchase is this
    step or a later one, `purchased_count` those whose first purchase is this step. Of the rest `step`,
    `median_seconds`, `purchased_count`, the share and where journeys end are null: they are not followed there.
    """
    is_ahead = pl.col("status") == "converted"
    alive = journeys.select(
        "journey", "status", "is_settled", "amount", is_ahead=is_ahead, node=pl.lit(_ROOT, pl.Int64)
    )
    made, ended = [_root(alive)], [_no_ends()]
    for depth, found in enumerate(steps, 1):
        reached = alive.join(found, on="journey", how="left", maintain_order="left")
        going = reached.filter(pl.col("step").is_not_null())
        ended.append(_ends(reached.filter(pl.col("step").is_null())))
        kept = _kept(going, at_least=max(1, minimum_count) if depth <= deepest else None)
        going = going.join(kept, on=["node", "step"], how="left", maintain_order="left")
        first = sum(frame.height for frame in made)
        made.append(_children(going, first=first, depth=depth))
        alive = _moved(going, made[-1])
    ended.append(_ends(alive))
    return _finished(pl.concat(made), pl.concat(ended), level=level, minimum_count=minimum_count, currency=currency)


def _root(alive: pl.DataFrame) -> pl.DataFrame:
    placed = {"node": pl.lit(_ROOT), "parent": None, "depth": 0, "step": None, "place": 1, "rest_step_count": None}
    return _shaped(alive.select(**_TOTALS, **_AHEAD).with_columns(**placed, purchased_count=0, median_seconds=None))


def _shaped(nodes: pl.DataFrame) -> pl.DataFrame:
    numbers = ("node", "parent", "depth", "place", "rest_step_count", "purchase_ahead_count", "purchased_count")
    return nodes.select(
        *(pl.col(name).cast(pl.Int64) for name in numbers),
        pl.col("step").cast(pl.String),
        pl.col("median_seconds").cast(pl.Float64),
        *("journey_count", *_BY_STATUS, *_SETTLED),
        pl.col("amount").cast(pl.Decimal(38, 4)),
    )


def _no_ends() -> pl.DataFrame:
    return pl.DataFrame(schema={"node": pl.Int64, **{f"ended_{name}": pl.Int64 for name in _BY_STATUS}})


def _ends(reached: pl.DataFrame) -> pl.DataFrame:
    """How many journeys end at each node, by status."""
    return reached.group_by("node").agg(**{f"ended_{name}": value for name, value in _BY_STATUS.items()})


def _kept(going: pl.DataFrame, *, at_least: int | None) -> pl.DataFrame:
    """The steps that are followed from each node, with their place; none where `at_least` is null."""
    counted = going.group_by("node", "step").agg(n=pl.len())
    kept = counted.filter(pl.col("n") >= at_least) if at_least is not None else counted.clear()
    placed = kept.sort(["node", "n", "step"], descending=[False, True, False])
    return placed.select("node", "step", place=pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("node"))


def _children(going: pl.DataFrame, *, first: int, depth: int) -> pl.DataFrame:
    """The nodes one step deeper: those that are followed, and for each parent the rest after them."""
    is_kept = pl.col("place").is_not_null()
    followed = going.filter(is_kept).group_by("node", "place", "step").agg(**_TOTALS, **_AHEAD, **_OF_STEP)
    last = followed.group_by("node").agg(last=pl.col("place").max())
    others = {"rest_step_count": pl.col("step").n_unique()}
    rest = going.filter(~is_kept).group_by("node").agg(**_TOTALS, **_AHEAD, **others)
    folded = rest.join(last, on="node", how="left").with_columns(place=pl.col("last").fill_null(0) + 1).drop("last")
    both = pl.concat([followed.with_columns(rest_step_count=None), folded], how="diagonal_relaxed")
    placed = both.sort("node", "place").rename({"node": "parent"})
    return _shaped(placed.with_columns(node=pl.int_range(first, first + pl.len()), depth=depth))


def _moved(going: pl.DataFrame, children: pl.DataFrame) -> pl.DataFrame:
    """The journeys that are followed further, each at its new node."""
    to = children.filter(pl.col("step").is_not_null()).select("step", node="parent", child="node")
    moved = going.join(to, on=["node", "step"], how="inner", maintain_order="left")
    is_ahead = pl.col("is_ahead") & ~pl.col("is_purchase")
    return moved.select("journey", "status", "is_settled", "amount", is_ahead=is_ahead, node="child")


def _finished(
    nodes: pl.DataFrame, ended: pl.DataFrame, *, level: str, minimum_count: int, currency: str | None
) -> pl.DataFrame:
    is_rest = pl.col("rest_step_count").is_not_null()
    settled = pl.col("settled_count")
    is_asked = _is_beginning() & (settled > 0)
    joined = nodes.join(ended, on="node", how="left").sort("node")
    named = joined.with_columns(_named(joined, level=level))
    ends = [pl.when(~is_rest).then(pl.col(f"ended_{name}").fill_null(0)).alias(f"ended_{name}") for name in _BY_STATUS]
    share = pl.col("conversion_share")
    counted = named.with_columns(
        *ends,
        level=pl.lit(level),
        is_rest=is_rest,
        is_ranked=is_asked & (settled >= minimum_count),
        conversion_share=pl.when(is_asked).then(pl.col("settled_converted_count") / settled),
        currency=pl.when(pl.col("amount").is_not_null()).then(pl.lit(currency, dtype=pl.String)),
    )
    bounds = {"conversion_low_share": wilson_low(share, settled), "conversion_high_share": wilson_high(share, settled)}
    return counted.with_columns(**bounds).select(pl.col(name).cast(dtype) for name, dtype in NODE_SCHEMA.items())


def _is_beginning() -> pl.Expr:
    """Whether no journey has bought on the way to a node or on its step; the rest is none."""
    none_before = pl.col("purchase_ahead_count") == pl.col("converted_count")
    return none_before & (pl.col("purchased_count") == 0).fill_null(False)


def _named(nodes: pl.DataFrame, *, level: str) -> list[pl.Series]:
    """Path and names of nodes that come after their parents; the path of the rest is its parent's."""
    paths: list[tuple[str, ...]] = []
    names: list[str] = []
    parents: list[str | None] = []
    for parent, step, rest_count in nodes.select("parent", "step", "rest_step_count").iter_rows():
        before = paths[parent] if parent is not None else ()
        paths.append(before if step is None else (*before, step))
        names.append(_node_id(level, paths[-1], is_rest=rest_count is not None))
        parents.append(None if parent is None else names[parent])
    return [
        pl.Series("path", paths, dtype=pl.List(pl.String)),
        pl.Series("node_id", names, dtype=pl.String),
        pl.Series("parent_id", parents, dtype=pl.String),
    ]


def _node_id(level: str, path: Sequence[str], *, is_rest: bool) -> str:
    """Stable: the same path has the same name in every warehouse."""
    text = "\x1f".join([level, *path]) + ("\x1e" if is_rest else "")
    return f"n_{hashlib.sha256(text.encode()).hexdigest()[:16]}"
