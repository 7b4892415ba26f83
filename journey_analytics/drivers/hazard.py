"""How many times as often the exposed advance: one hazard ratio, compared within strata at every single advance.

At each advance the stays of the same stratum that were at risk at that moment of the clock are compared: was the one
that advanced exposed, and which share of them was? (Cox 1972, J R Stat Soc B 34:187, stratified, ties after Breslow;
with one yes-or-no exposure its partial likelihood needs the two numbers at risk alone, so no matrix and no loop over
stays.) An exposure holds in its own rows only, so nobody is counted as exposed before it happened (immortal time:
Suissa 2008, Am J Epidemiol 167:492).
"""

import math
from dataclasses import dataclass

import polars as pl

from journey_analytics.intervals import Z_95

_STEPS = 60
_CLOSE = 1e-10
_HALF = 0.5


@dataclass(frozen=True)
class Effect:
    """A hazard ratio and its test.

    Attributes:
        hazard_ratio: of advancing, exposed to unexposed; where none or all of the comparable advances were exposed, as
            if half an advance were.
        low: lower end of its 95 % interval.
        high: upper end.
        z: standard normal when the exposure has nothing to do with advancing; negative: the exposed advance less often.
        expected_count: advances of the exposed if they advanced as often as those they are compared with.
    """

    hazard_ratio: float
    low: float
    high: float
    z: float
    expected_count: float


def effect(rows: pl.DataFrame) -> Effect | None:
    """The hazard ratio of advancing, exposed against unexposed, within strata; None where nothing can be compared.

    The interval is Wald's on the log scale, with the larger of the model's variance and the sandwich over customers
    (Lin & Wei 1989, JASA 84:1074), for one customer's journeys are alike. The test is the signed root of the likelihood
    ratio, half an advance nearer to the expected number (it stays right where few are expected, as a score test does
    not), divided by how much the sandwich exceeds the model's variance, if it does.

    Args:
        rows: spells at risk: `stratum`, `start` < `stop` (µs of the clock; at risk from just after `start` up to and
            including `stop`), `is_event` (advanced at `stop`), `is_exposed` (throughout), `customer` (a whole number).
    """
    placed, events = _placed(rows)
    if events is None:
        return None
    table = _at_risk(placed, events)
    told = table.filter((pl.col("n1") > 0) & (pl.col("n0") > 0))
    if told.is_empty():
        return None
    return _effect(placed, table, _Likelihood(told))


def _effect(placed: pl.DataFrame, table: pl.DataFrame, likelihood: "_Likelihood") -> Effect:
    seen, expected = likelihood.exposed_count, likelihood.expected(0.0)
    nearest = min(max(seen, _HALF), likelihood.event_count - _HALF)
    beta = likelihood.solve(nearest)
    model, sandwich = 1 / likelihood.information(beta), _meat(placed, table, beta) / likelihood.information(beta) ** 2
    spread = Z_95 * math.sqrt(max(model, sandwich))
    inflation = max(1.0, _meat(placed, table, 0.0) / likelihood.information(0.0))
    return Effect(
        hazard_ratio=math.exp(beta),
        low=math.exp(beta - spread),
        high=math.exp(beta + spread),
        z=likelihood.signed_root(seen, expected) / math.sqrt(inflation),
        expected_count=expected,
    )


class _Likelihood:
    """The partial likelihood of the log hazard ratio over the moments at which exposed and unexposed are at risk."""

    def __init__(self, told: pl.DataFrame) -> None:
        self.exposed_count = float(told["d1"].sum())
        self.event_count = float(told["d"].sum())
        self._counts = told.group_by("n1", "n0").agg(pl.col("d").sum()).sort("n1", "n0")

    def expected(self, beta: float) -> float:
        """Exposed advances that a log hazard ratio of `beta` lets expect."""
        return float(self._sum(pl.col("d") * _exposed_share(beta)))

    def information(self, beta: float) -> float:
        return float(self._sum(pl.col("d") * _exposed_share(beta) * (1 - _exposed_share(beta))))

    def solve(self, exposed_count: float) -> float:
        """The log hazard ratio that lets expect this many; Newton's steps, none longer than 1."""
        beta = 0.0
        for _ in range(_STEPS):
            step = (exposed_count - self.expected(beta)) / self.information(beta)
            beta += min(max(step, -1.0), 1.0)
            if abs(step) < _CLOSE:
                break
        return beta

    def signed_root(self, seen: float, expected: float) -> float:
        """Of the likelihood ratio against no effect, with half an advance of continuity correction."""
        if abs(seen - expected) <= _HALF:
            return 0.0
        nearer = seen - math.copysign(_HALF, seen - expected)
        beta = self.solve(nearer)
        at_risk = pl.col("n1") + pl.col("n0")
        risk = pl.col("n1") * math.exp(beta) + pl.col("n0")
        ratio = beta * nearer - float(self._sum(pl.col("d") * (risk / at_risk).log()))
        return math.copysign(math.sqrt(max(0.0, 2 * ratio)), seen - expected)

    def _sum(self, term: pl.Expr) -> float:
        return self._counts.select(term.sum()).item()


def _exposed_share(beta: float) -> pl.Expr:
    """Of the hazard of those at risk, the share that the exposed bear."""
    risk = pl.col("n1") * math.exp(beta)
    return risk / (risk + pl.col("n0"))


def _placed(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame | None]:
    """The spells with the advances they were at risk at: `first` ≤ number < `last` in the order of the keys."""
    told = rows.join(_told_strata(rows), on="stratum", how="inner", maintain_order="left")
    # A stratum and a moment are one whole number, so that advances are found by one binary search.
    keyed = told.with_columns(key=pl.col("told") * (pl.col("stop").max() + 1) + pl.col("stop"))
    events = keyed.filter("is_event").group_by("key").agg(d=pl.len(), d1=pl.col("is_exposed").sum()).sort("key")
    if events.is_empty():
        return keyed, None
    begun = keyed.select(pl.col("key") - pl.col("stop") + pl.col("start")).to_series()
    placed = keyed.with_columns(
        first=events["key"].search_sorted(begun, side="right").cast(pl.Int64),
        last=events["key"].search_sorted(keyed["key"], side="right").cast(pl.Int64),
    )
    return placed.filter(pl.col("last") > pl.col("first")), events


def _told_strata(rows: pl.DataFrame) -> pl.DataFrame:
    """Strata with somebody exposed, somebody not, and an advance; their number is `told`."""
    seen = rows.group_by("stratum").agg(
        some=pl.col("is_exposed").any(), every=pl.col("is_exposed").all(), event=pl.col("is_event").any()
    )
    found = seen.filter(pl.col("some") & ~pl.col("every") & pl.col("event")).select("stratum").sort("stratum")
    return found.with_columns(told=pl.int_range(pl.len(), dtype=pl.Int64))


def _at_risk(placed: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """Each advance with the exposed (`n1`) and unexposed (`n0`) at risk just before it."""
    one = pl.lit(1, dtype=pl.Int64)
    exposed = pl.col("is_exposed").cast(pl.Int64)
    changes = pl.concat(
        [
            placed.select(number="first", n=one, n1=exposed),
            placed.select(number="last", n=-one, n1=-exposed),
        ]
    )
    running = (
        events.with_row_index("number")
        .with_columns(pl.col("number").cast(pl.Int64))
        .join(changes.group_by("number").agg(pl.col("n", "n1").sum()), on="number", how="left", maintain_order="left")
        .with_columns(pl.col("n", "n1").fill_null(0).cum_sum())
    )
    return running.with_columns(n0=pl.col("n") - pl.col("n1"))


def _meat(placed: pl.DataFrame, table: pl.DataFrame, beta: float) -> float:
    """The sum over customers of their squared score: what they advanced more than expected, exposure centred."""
    hazard = pl.col("d") / (pl.col("n1") * math.exp(beta) + pl.col("n0"))
    sums = table.select(
        share=_exposed_share(beta), hazard=hazard.cum_sum(), exposed=(hazard * _exposed_share(beta)).cum_sum()
    )
    passed = {name: pl.concat([pl.Series([0.0]), sums[name]]) for name in ("hazard", "exposed")}
    over = {name: passed[name].gather(placed["last"]) - passed[name].gather(placed["first"]) for name in passed}
    z = placed["is_exposed"].cast(pl.Float64)
    weight = z * (math.exp(beta) - 1) + 1
    happened = placed["is_event"].cast(pl.Float64) * (z - sums["share"].gather(placed["last"] - 1))
    score = happened - weight * (z * over["hazard"] - over["exposed"])
    by_customer = (
        pl.DataFrame({"customer": placed["customer"], "score": score}).group_by("customer").agg(pl.col("score").sum())
    )
    return float(by_customer.sort("customer").select((pl.col("score") ** 2).sum()).item())
