"""Whom the sample takes, and what its interval promises."""

import random

import polars as pl
import pytest

from journey_analytics.audit.allocation import allocation, stratum_samples
from journey_analytics.audit.precision import ALL, audit_precision

AUDITS = 500
WORLDS = {
    "skewed": [(150_000, 0.98), (60_000, 0.9), (20_000, 0.8), (5_000, 0.6), (800, 0.5), (60, 0.3)],
    "nearly perfect": [(150_000, 0.995), (60_000, 0.99), (20_000, 0.99), (5_000, 0.97)],
    "many small": [(1000 * 2 ** (place % 7), 0.5 + 0.05 * (place % 10)) for place in range(40)],
    "one bad": [(100_000, 0.2), (1000, 0.99), (1000, 0.9), (1000, 1.0)],
}
JUDGED = {
    "kind": pl.String,
    "stratum": pl.String,
    "verdict": pl.String,
    "confidence": pl.Float64,
    "is_outdated": pl.Boolean,
}


def judged_frame(rows: list[tuple[str, str, str, float | None, bool]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=JUDGED, orient="row")


def strata_frame(sizes: dict[str, int], kind: str = "link") -> pl.DataFrame:
    return pl.DataFrame({"kind": kind, "stratum": list(sizes), "stratum_count": list(sizes.values())})


def whole_of(strata: pl.DataFrame, judged: pl.DataFrame) -> dict:
    return audit_precision(strata, judged).filter(pl.col("stratum") == ALL).row(0, named=True)


@pytest.mark.parametrize("count", [60, 120, 400])
@pytest.mark.parametrize("world", WORLDS)
def test_the_interval_covers_the_truth_in_93_of_100_audits(world, count, monkeypatch):
    strata = WORLDS[world]
    rights = [round(size * share) for size, share in strata]
    samples = stratum_samples([size for size, _ in strata], count=count)
    draw = random.Random(7)
    audits = [str(audit) for audit in range(AUDITS)]
    sizes = pl.concat([strata_frame({str(h): size for h, (size, _) in enumerate(strata)}, kind) for kind in audits])
    rows = [
        (audit, str(place), "right" if item < rights[place] else "wrong", None, False)
        for audit in audits
        for place, (size, _) in enumerate(strata)
        for item in draw.sample(range(size), samples[place])
    ]
    monkeypatch.setattr("journey_analytics.audit.precision.KINDS", tuple(audits))
    found = audit_precision(sizes, judged_frame(rows)).filter(pl.col("stratum") == ALL)
    true = sum(rights) / sum(size for size, _ in strata)
    covers = (pl.col("low_share") <= true) & (pl.col("high_share") >= true)
    assert found.height == AUDITS
    assert found.select(covers.mean()).item() >= 0.93
    assert found["precision_share"].mean() == pytest.approx(true, abs=0.02)
    # An interval that covers because it says nothing would pass the above: it must be of use.
    assert found.select((pl.col("high_share") - pl.col("low_share")).mean()).item() <= 2.4 / count**0.5


@pytest.mark.parametrize("verdict", ["right", "wrong"])
def test_agreement_of_all_judgements_leaves_a_width(verdict):
    judged = judged_frame([("link", name, verdict, None, False) for name in "aab" for _ in range(5)])
    found = whole_of(strata_frame({"a": 1000, "b": 10}), judged)
    assert found["precision_share"] == (verdict == "right")
    assert 0.05 < found["high_share"] - found["low_share"] < 0.5
    assert found["low_share"] <= found["precision_share"] <= found["high_share"]


def test_the_whole_weighs_strata_by_size_and_not_by_judgements():
    judged = [("link", "big", "right", 0.9, False)] * 8 + [("link", "big", "wrong", 0.9, False)] * 2
    judged += [("link", "small", "wrong", 0.5, False)] * 10 + [("link", "small", "cannot_tell", 0.1, False)]
    found = whole_of(strata_frame({"big": 900, "small": 100}), judged_frame(judged))
    assert found["precision_share"] == pytest.approx(0.9 * 0.8)
    assert found["mean_confidence"] == pytest.approx(0.9 * 0.9 + 0.1 * 0.5)
    assert (found["judged_count"], found["right_count"], found["cannot_tell_count"]) == (20, 8, 1)
    assert (found["stratum_count"], found["covered_share"]) == (1000, 1.0)


def test_a_stratum_nobody_judged_is_left_out_and_told():
    judged = judged_frame([("link", "big", "right", None, False)] * 9 + [("link", "small", "right", None, True)])
    rows = audit_precision(strata_frame({"big": 750, "small": 250}), judged)
    shares = {row["stratum"]: row for row in rows.to_dicts()}
    assert list(shares) == [ALL, "big", "small"]
    assert (shares[ALL]["precision_share"], shares[ALL]["covered_share"]) == (1.0, 0.75)
    assert (shares["small"]["precision_share"], shares["small"]["low_share"]) == (None, None)
    assert (shares["small"]["outdated_count"], shares["small"]["judged_count"]) == (1, 0)


def test_nothing_judged_is_no_precision_and_no_interval():
    found = whole_of(strata_frame({"a": 5}), judged_frame([("link", "a", "cannot_tell", 0.5, False)]))
    assert [found[c] for c in ("precision_share", "low_share", "high_share", "mean_confidence")] == [None] * 4
    assert (found["covered_share"], found["cannot_tell_count"]) == (0.0, 1)


def test_a_stratum_has_wilsons_interval():
    judged = judged_frame([("link", "a", "right", None, False)] * 8 + [("link", "a", "wrong", None, False)] * 2)
    row = audit_precision(strata_frame({"a": 500}), judged).filter(pl.col("stratum") == "a")
    assert row["low_share"].item() == pytest.approx(0.4901, abs=1e-4)  # Wilson for 8 of 10
    assert row["high_share"].item() == pytest.approx(0.9433, abs=1e-4)


@pytest.mark.parametrize("sizes", [[1, 2, 3, 50_000], [7] * 30, [100_000, 1, 1, 9], [5], []])
@pytest.mark.parametrize("count", [0, 1, 4, 40, 200, 100_000])
def test_samples_never_exceed_a_stratum_and_use_the_count_up(sizes, count):
    samples = stratum_samples(sizes, count=count)
    assert sum(samples) == min(count, sum(sizes))
    assert all(0 <= sample <= size for sample, size in zip(samples, sizes, strict=True))


def test_every_stratum_gets_a_few_and_the_rest_goes_by_the_root_of_its_size():
    assert stratum_samples([90_000, 10_000, 2, 100], count=100) == [71, 24, 2, 3]
    assert stratum_samples([5, 100, 20], count=2) == [0, 1, 1]


def test_kinds_share_the_count_and_touchpoints_take_what_is_left():
    strata = pl.concat(
        [
            strata_frame({"a": 1000, "b": 10}, "touchpoint"),
            strata_frame({"c": 4}, "link"),
            strata_frame({"d": 900}, "journey_cut"),
        ]
    )
    found = allocation(strata, count=100).group_by("kind").agg(pl.col("sample_count").sum())
    assert dict(found.iter_rows()) == {"touchpoint": 76, "link": 4, "journey_cut": 20}
