"""How many times as often the exposed advance: one hazard ratio, compared within strata at every single advance.

At each advance the stays of the same stratum that were at risk at that moment of the clock are compared: was the one
that advanced exposed, and which share of them was? (Cox 1972, J R Stat Soc B 34:187, stratified, ties after Breslow;
with one yes-or-no exposure its partial likelihood needs the two numbers at risk alone, so no matrix and no loop over
stays.) An exposure holds in its own rows only, so nobody is counted as exposed before it happened (immortal time:
Suissa 2008, Am J Epidemiol 167:492).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from journey_analytics.drivers.strata import with_places
from journey_analytics.intervals import Z_95

_STEPS = 60
_CLOSE = 1e-7
"""A step of Newton's this short leaves an error of about its square."""
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
    placed, table = _placed(rows)
    if table is None:
        return None
    told = table.filter((pl.col("n1") > 0) & (pl.col("n0") > 0))
    if told.is_empty():
        return None
    return _effect(placed, table, _Likelihood(told))


def _effect(placed: pl.DataFrame, table: pl.DataFrame, likelihood: "_Likelihood") -> Effect:
    seen, expected = likelihood.exposed_count, likelihood.expected(0.0)
    nearest = min(max(seen, _HALF), likelihood.event_count - _HALF)
    beta = likelihood.solve(nearest)
    of_beta, of_none = _meats(placed, table, (beta, 0.0))
    information = likelihood.information(beta)
    model, sandwich = 1 / information, of_beta / information**2
    spread = Z_95 * math.sqrt(max(model, sandwich))
    inflation = max(1.0, of_none / likelihood.information(0.0))
    return Effect(
        hazard_ratio=math.exp(beta),
        low=math.exp(beta - spread),
        high=math.exp(beta + spread),
        z=likelihood.signed_root(seen, expected, start=beta) / math.sqrt(inflation),
        expected_count=expected,
    )


class _Likelihood:
    """The partial likelihood of the log hazard ratio over the moments at which exposed and unexposed are at risk."""

    def __init__(self, told: pl.DataFrame) -> None:
        self.exposed_count = float(told["d1"].sum())
        self.event_count = float(told["d"].sum())
        self._known: dict[float, tuple[float, float]] = {}
        self._counts = told.group_by("n1", "n0").agg(pl.col("d").sum()).sort("n1", "n0")

    def expected(self, beta: float) -> float:
        """Exposed advances that a log hazard ratio of `beta` lets expect."""
        return self._moments(beta)[0]

    def information(self, beta: float) -> float:
        return self._moments(beta)[1]

    def solve(self, exposed_count: float, *, start: float = 0.0) -> float:
        """The log hazard ratio that lets expect this many; Newton's steps from `start`, none longer than 1."""
        beta = start
        for _ in range(_STEPS):
            expected, information = self._moments(beta)
            step = (exposed_count - expected) / information
            beta += min(max(step, -1.0), 1.0)
            if abs(step) < _CLOSE:
                break
        return beta

    def signed_root(self, seen: float, expected: float, *, start: float) -> float:
        """Of the likelihood ratio against no effect, with half an advance of continuity correction."""
        if abs(seen - expected) <= _HALF:
            return 0.0
        nearer = seen - math.copysign(_HALF, seen - expected)
        beta = self.solve(nearer, start=start)
        at_risk = pl.col("n1") + pl.col("n0")
        risk = pl.col("n1") * math.exp(beta) + pl.col("n0")
        ratio = beta * nearer - float(self._counts.select((pl.col("d") * (risk / at_risk).log()).sum()).item())
        return math.copysign(math.sqrt(max(0.0, 2 * ratio)), seen - expected)

    def _moments(self, beta: float) -> tuple[float, float]:
        """The exposed advances to be expected and the information, in one pass; no effect is asked several times."""
        if beta not in self._known:
            share = _exposed_share(beta)
            expected = pl.col("d") * share
            sums = self._counts.select(expected=expected.sum(), information=(expected * (1 - share)).sum())
            expected_count, information = sums.row(0)
            self._known[beta] = expected_count, information
        return self._known[beta]


def _exposed_share(beta: float) -> pl.Expr:
    """Of the hazard of those at risk, the share that the exposed bear."""
    risk = pl.col("n1") * math.exp(beta)
    return risk / (risk + pl.col("n0"))


def _placed(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame | None]:
    """The spells with the advances they were at risk at: `first` ≤ number < `last` in the order of the keys.

    And those advances, with the exposed (`n1`) and unexposed (`n0`) at risk just before each.
    """
    told = with_places(rows, "start", "stop", "is_event", "is_exposed", "customer")
    # A stratum and a moment are one whole number, so that advances are found by one binary search.
    keyed = told.with_columns(key=pl.col("place") * (pl.col("stop").max() + 1) + pl.col("stop"))
    events = keyed.filter("is_event").group_by("key").agg(d=pl.len(), d1=pl.col("is_exposed").sum()).sort("key")
    if events.is_empty():
        return keyed, None
    begun = pl.col("key") - pl.col("stop") + pl.col("start")
    placed = keyed.select("customer", "is_event", "is_exposed", "key", begun=begun)
    first, last = (_number(events["key"], placed[name]) for name in ("begun", "key"))
    placed = placed.with_columns(first.alias("first"), last.alias("last")).filter(last > first)
    n1, n0 = (_at_risk(placed.filter(who), events["key"]) for who in (pl.col("is_exposed"), ~pl.col("is_exposed")))
    return placed, events.with_columns(n1.alias("n1"), n0.alias("n0"))


def _number(keys: pl.Series, moments: pl.Series) -> pl.Series:
    return keys.search_sorted(moments, side="right").cast(pl.Int64)


def _at_risk(keyed: pl.DataFrame, keys: pl.Series) -> pl.Series:
    """How many of these spells had begun before each advance and had not stopped."""
    begun, over = (keyed[name].sort().search_sorted(keys, side="left") for name in ("begun", "key"))
    return (begun - over).cast(pl.Int64)


def _meats(placed: pl.DataFrame, table: pl.DataFrame, betas: Sequence[float]) -> list[float]:
    """Of each beta, the sum over customers of their squared score: what they advanced more than expected."""
    parts = [
        _scores(placed.filter(who), table, betas, is_exposed=is_exposed)
        for is_exposed, who in ((True, pl.col("is_exposed")), (False, ~pl.col("is_exposed")))
    ]
    by_customer = pl.concat(parts).group_by("customer").agg(pl.all().sum()).sort("customer")
    return list(by_customer.select(pl.exclude("customer").pow(2).sum()).row(0))


def _scores(placed: pl.DataFrame, table: pl.DataFrame, betas: Sequence[float], *, is_exposed: bool) -> pl.DataFrame:
    """Each spell's score, exposure centred at the exposed share: at its advance, less over the hazard it passed."""
    z, sums = int(is_exposed), {}
    for number, beta in enumerate(betas):
        share, hazard = _exposed_share(beta), pl.col("d") / (pl.col("n1") * math.exp(beta) + pl.col("n0"))
        weight = math.exp(beta) ** z * (z - share)
        sums |= {f"centred_{number}": z - share, f"passed_{number}": (hazard * weight).cum_sum()}
    table = table.select(**sums)
    return placed.select("customer", **{f"score_{number}": _score(table, number) for number in range(len(betas))})


def _score(table: pl.DataFrame, number: int) -> pl.Expr:
    centred = pl.lit(table[f"centred_{number}"]).gather(pl.col("last") - 1)
    passed = pl.lit(pl.concat([pl.Series([0.0]), table[f"passed_{number}"]]))
    return pl.col("is_event").cast(pl.Float64) * centred - (passed.gather("last") - passed.gather("first"))
