"""What a stay looks like between two touchpoints: how much happened so far, and how long ago the last one was."""

from dataclasses import dataclass
from functools import cached_property

import polars as pl

_MANY = (12, 16, 20, 28, 40, 60, 100)
"""Up to the first, touchpoints are counted one by one; then in bands up to each of the others."""
_VISITS = 4
_BANDS = 32

_FACTS = ("customer", "cell", "end_us", "is_advance")


@dataclass(frozen=True)
class Stage:
    """All stays of one stage, and what happened in them before they ended.

    Attributes:
        stay: one row per stay, its number (`stay`, from 0) the row's place: `customer` (a whole number), `cell`,
            `end_us` (after entering), `is_advance`, `is_over` (its window is over at T), `is_lost`.
        state: the entry (`is_entry`) and the customer's own touchpoints of every stay before its end, in order: `stay`,
            `at_us` (after entering), `visit` (from 1), `activity`, `channel` (null: the stay's first one). The facts of
            its stay stand in every row.
    """

    stay: pl.DataFrame
    state: pl.DataFrame

    @classmethod
    def of(cls, stay: pl.DataFrame, state: pl.DataFrame) -> "Stage":
        """From stays and states without the facts; see the attributes."""
        facts = stay.select(pl.col(*_FACTS).gather(state["stay"]))
        return cls(stay, pl.concat([state, facts], how="horizontal"))

    @cached_property
    def gaps(self) -> pl.DataFrame:
        """From each state to the next one, or to the stay's end, in order: what is the same for every exposure.

        `row` and `entry_row` are places in `state`; `stratum` counts all touchpoints so far. States at one moment are
        one gap.
        """
        row = pl.int_range(pl.len(), dtype=pl.Int64)
        ended = self.state.lazy().select(
            "stay",
            "customer",
            "at_us",
            next_us=_NEXT_US,
            is_end=_IS_LAST & pl.col("is_advance"),
            row=row,
            entry_row=pl.when("is_entry").then(row).forward_fill(),
            base=pl.col("cell") * _BANDS * _BANDS + pl.col("visit").clip(1, _VISITS),
        )
        counted = ended.with_columns(count=pl.col("row") - pl.col("entry_row")).with_columns(stratum=_stratum())
        return _in_order(counted.drop("count"))

    @cached_property
    def visits(self) -> pl.DataFrame:
        """From each visit to the next one, or to the stay's end, in order: `last_us` is its last touchpoint."""
        visits = (
            self.state.lazy()
            .group_by("stay", "visit", maintain_order=True)
            .agg(pl.col("at_us").first(), pl.col("at_us").last().alias("last_us"), pl.col(*_FACTS).first())
            .with_columns(next_us=_NEXT_US, is_event=_IS_LAST & pl.col("is_advance"))
            .with_columns(stratum=pl.col("cell") * _BANDS + pl.col("visit").clip(1, _MANY[0]))
            .with_columns(row=pl.int_range(pl.len(), dtype=pl.Int64))
        )
        return _in_order(visits)

    def begun(self, first: pl.DataFrame, stay: pl.Series) -> pl.Series:
        """For each of these stays, when its exposure began."""
        of_stay = self.stay.select("stay").join(first, on="stay", how="left", maintain_order="left")["first_us"]
        return of_stay.gather(stay)


_IS_LAST = (pl.col("stay") != pl.col("stay").shift(-1)).fill_null(value=True)
_NEXT_US = pl.when(_IS_LAST).then("end_us").otherwise(pl.col("at_us").shift(-1))


def _in_order(gaps: pl.LazyFrame) -> pl.DataFrame:
    """By stratum and clock, once: all that is asked of the rows later then finds its neighbours next to it."""
    length = pl.col("next_us") - pl.col("at_us")
    return gaps.filter(length > 0).sort("stratum", length, "row").collect()


def _stratum() -> pl.Expr:
    return pl.col("base") + _count_band() * _BANDS


def spells(stage: Stage, *, first: pl.DataFrame, is_counted: pl.Expr | None = None) -> pl.DataFrame:
    """The spells of `hazard.effect`: the clock shows the time since the customer's last touchpoint.

    A spell runs from a touchpoint (or the entry) to the next one, or to the stay's end; where the exposure begins
    within it, it is two spells, and the clock runs on. Strata: the cell, the touchpoints of the stay that count so far,
    and its visits so far. So those who are equally active, equally long ago, are compared.

    Args:
        stage: the stays.
        first: `stay` and `first_us`, when its exposure began (it never ends); stays that were never exposed have none.
        is_counted: which states count as touchpoints so far; by default all do, and before the exposure all must.

    Returns:
        Besides what `hazard.effect` reads: `stay`. Those of the exposed come last, in the order of stays and time.
    """
    gaps = stage.gaps.with_columns(stage.begun(first, stage.gaps["stay"]).alias("first_us")).with_columns(
        begun_us=pl.col("first_us").clip(pl.col("at_us"), pl.col("next_us")).fill_null(pl.col("next_us"))
    )
    exposed = gaps.filter(pl.col("next_us") > pl.col("begun_us")).sort("row")
    if is_counted is not None:
        total = stage.state.select((is_counted & ~pl.col("is_entry")).cast(pl.Int64).cum_sum()).to_series()
        count = total.gather(exposed["row"]) - total.gather(exposed["entry_row"])
        exposed = exposed.with_columns(count.alias("count")).with_columns(stratum=_stratum())
    unexposed = gaps.lazy().filter(pl.col("begun_us") > pl.col("at_us"))
    parts = [
        _part(unexposed, "at_us", "begun_us", exposed=False),
        _part(exposed.lazy(), "begun_us", "next_us", exposed=True),
    ]
    return pl.concat(parts).collect()


def _part(gaps: pl.LazyFrame, start: str, stop: str, *, exposed: bool) -> pl.LazyFrame:
    """The unexposed or the exposed part of each gap."""
    return gaps.select(
        "stay",
        "customer",
        "stratum",
        start=pl.col(start) - pl.col("at_us"),
        stop=pl.col(stop) - pl.col("at_us"),
        is_event=pl.col("is_end") & (pl.col(stop) == pl.col("next_us")),
        is_exposed=pl.lit(exposed),
    )


def _count_band() -> pl.Expr:
    wide = sum(((pl.col("count") > above).cast(pl.Int64) for above in _MANY[1:]), start=pl.lit(0, dtype=pl.Int64))
    return pl.min_horizontal("count", _MANY[0] + 1) + wide


def visit_spells(stage: Stage, *, first: pl.DataFrame) -> pl.DataFrame:
    """Spells from visit to visit: what a visit held, whichever came first in it, and what became of it.

    The clock shows the time since the visit began, the strata are the cell and the visits so far. A visit is exposed as
    a whole: what looks around and what checks out are alike when they begin, not touchpoint by touchpoint.
    """
    visits = stage.visits
    is_exposed = (stage.begun(first, visits["stay"]) <= visits["last_us"]).fill_null(value=False)
    rows = visits.with_columns(is_exposed.alias("is_exposed"))
    in_order = pl.concat([rows.filter(~pl.col("is_exposed")), rows.filter("is_exposed").sort("row")])
    return in_order.select(
        "stay",
        "customer",
        "stratum",
        "is_event",
        "is_exposed",
        start=pl.lit(0, dtype=pl.Int64),
        stop=pl.col("next_us") - pl.col("at_us"),
    )


def moments(rows: pl.DataFrame, stay: pl.DataFrame) -> pl.DataFrame:
    """The moments of `points.difference`: each exposed stay as it became so, the unexposed in each of their spells.

    Only stays whose window is over at T: for these it is known who was lost.
    """
    told = rows.with_columns(is_lost=stay["is_lost"].gather(rows["stay"])).filter(stay["is_over"].gather(rows["stay"]))
    became = told.filter("is_exposed").unique("stay", keep="first", maintain_order=True)
    spared = told.filter(~pl.col("is_exposed"))
    is_later = pl.col("stay").is_in(became["stay"].implode())
    return pl.concat(
        [
            became.with_columns(clock="start", is_later=pl.lit(False)),
            spared.with_columns(clock="stop", is_later=is_later),
        ]
    )


def pauses(stage: Stage, *, longer_than_us: int, visit_gap_us: int) -> pl.DataFrame:
    """Spells on the clock since entering: exposed while the last visit was longer ago, and in the visit that ended it.

    So a stay that comes back after the pause and advances in that visit advanced after a pause. Strata: the cell and
    the touchpoints so far.
    """
    number = pl.int_range(pl.len(), dtype=pl.Int64)
    told = (
        stage.state.lazy()
        .with_columns(
            count=number - pl.when("is_entry").then(number).forward_fill(),
            is_last=_IS_LAST,
            next_us=_NEXT_US,
            before_us=pl.col("at_us") - pl.col("at_us").shift(1),
        )
        .with_columns(is_late=_is_late(longer_than_us, visit_gap_us))
        .filter(pl.col("next_us") > pl.col("at_us"))
        .with_columns(turns_us=pl.min_horizontal("next_us", pl.col("at_us") + longer_than_us))
    )
    stays_on = (pl.col("next_us") - pl.col("at_us") <= visit_gap_us) & ~pl.col("is_last")
    parts = [
        _pause(told.filter(stays_on), "at_us", "next_us", exposed=pl.col("is_late")),
        _pause(told.filter(~stays_on), "at_us", "turns_us", exposed=pl.lit(False)),
        _pause(told.filter(~stays_on), "turns_us", "next_us", exposed=pl.lit(True)),
    ]
    return pl.concat(parts).collect()


def _is_late(longer_than_us: int, visit_gap_us: int) -> pl.Expr:
    """Whether the visit began after such a pause: known at its first touchpoint, held for the rest of it."""
    begins = pl.col("is_entry") | (pl.col("before_us") > visit_gap_us)
    return pl.when(begins).then(~pl.col("is_entry") & (pl.col("before_us") > longer_than_us)).forward_fill()


def _pause(told: pl.LazyFrame, start: str, stop: str, *, exposed: pl.Expr) -> pl.LazyFrame:
    return told.filter(pl.col(stop) > pl.col(start)).select(
        "stay",
        "customer",
        stratum=pl.col("cell") * _BANDS + _count_band(),
        start=pl.col(start),
        stop=pl.col(stop),
        is_event=pl.col("is_last") & pl.col("is_advance") & (pl.col(stop) == pl.col("next_us")),
        is_exposed=exposed,
    )


def moment_at(rows: pl.DataFrame, stay: pl.DataFrame, *, at_us: int) -> pl.DataFrame:
    """The moments of `points.difference` on a clock since entering: all stays that are there at one moment."""
    there = rows.filter((pl.col("start") < at_us) & (pl.col("stop") >= at_us))
    known = there.join(stay.filter("is_over").select("stay", "is_lost"), on="stay", maintain_order="left")
    return known.with_columns(clock=(~pl.col("is_exposed")).cast(pl.Int64), is_later=pl.lit(False))


def whole_stays(stage: Stage, *, cell: pl.Series, is_exposed: pl.Series) -> pl.DataFrame:
    """One spell per stay, from entering to its end, for what is known when it begins."""
    known = stage.stay.with_columns(stratum=cell, is_exposed=is_exposed)
    return (
        known.filter(pl.col("end_us") > 0)
        .sort("stratum", "end_us")
        .select(
            "stay",
            "customer",
            "stratum",
            pl.lit(0, dtype=pl.Int64).alias("start"),
            pl.col("end_us").alias("stop"),
            pl.col("is_advance").alias("is_event"),
            "is_exposed",
        )
    )
