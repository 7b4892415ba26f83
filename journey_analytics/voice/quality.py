"""How well the feelings of each language agree with labelled examples, and whether they are used. Pure.

The examples are rows of people (`feeling_example`). Only those of others count: our own were written by who chose the
words. Where others have labelled none, the agreement with our own is told, but proves nothing. Where the agreement is
not surely good enough, no feeling of the language is used anywhere.
"""

from typing import Final

import polars as pl

from journey_analytics.intervals import wilson_high, wilson_low
from journey_analytics.voice.feelings import feelings_of, label
from journey_analytics.voice.rules import LABELS, OWN, VoiceRules

SCHEMA: Final = {
    "language": pl.String,
    "origin": pl.String,
    "labelled_count": pl.Int64,
    "agreed_count": pl.Int64,
    "agreement_share": pl.Float64,
    "agreement_low": pl.Float64,
    "agreement_high": pl.Float64,
    "majority_share": pl.Float64,
    "macro_f1": pl.Float64,
    "threshold": pl.Float64,
    "is_used": pl.Boolean,
    "note": pl.String,
}

_ONLY_OWN: Final = "all examples are our own, which proves nothing: add sentences that others labelled"


def quality_of(rules: VoiceRules, *, threshold: float, neutral: float) -> pl.DataFrame:
    """The agreement of each language with its examples, as the rows of `mart.text_quality` without texts.

    Args:
        rules: words and examples.
        threshold: the least that the lower end of the agreement's interval, and macro F1, must be (0–1).
        neutral: feelings up to this far from 0 are neutral.

    Returns:
        `SCHEMA`, a row per language by name. `origin` names the data sets that are measured on: those of others, or
        `OWN` where there are none, and then no feeling is used. `agreement_share` is of their examples, with Wilson's
        95 % interval; `majority_share` is what always saying the most frequent label would reach; `macro_f1` is the
        mean of the F1 of the labels that examples have. All of them null without examples.
    """
    examples = rules.examples.with_row_index("text_id")
    said = examples.join(feelings_of(examples, rules), on="text_id").with_columns(
        said=label(pl.col("feeling"), neutral=neutral)
    )
    rows = [_row(one, said.filter(pl.col("language") == one), threshold) for one in rules.languages]
    return pl.DataFrame(rows, schema=SCHEMA)


def _row(language: str, said: pl.DataFrame, threshold: float) -> dict[str, object]:
    others = said.filter(pl.col("origin") != OWN)
    if others.is_empty() and not said.is_empty():
        return agreement_row(language, said, threshold) | {"origin": OWN, "is_used": False, "note": _ONLY_OWN}
    origin = ", ".join(others["origin"].unique().sort()) or None
    return agreement_row(language, others, threshold) | {"origin": origin}


def agreement_row(language: str, said: pl.DataFrame, threshold: float) -> dict[str, object]:
    """One row of `quality_of` from labelled examples: the columns `label` and `said`."""
    labelled = said.height
    unknown = dict.fromkeys(SCHEMA) | {"language": language, "threshold": threshold, "is_used": False}
    if not labelled:
        return unknown | {"labelled_count": 0, "agreed_count": 0, "note": "no labelled examples"}
    agreed = said.filter(pl.col("said") == pl.col("label")).height
    share, f1 = agreed / labelled, macro_f1(said)
    low, high = _interval(share, labelled)
    majority = max(said["label"].value_counts()["count"].to_list()) / labelled
    is_used = low >= threshold and f1 >= threshold and share > majority
    note = None if is_used else _why(low=low, f1=f1, share=share, majority=majority, threshold=threshold)
    return unknown | {
        "labelled_count": labelled, "agreed_count": agreed, "agreement_share": share, "agreement_low": low,
        "agreement_high": high, "majority_share": majority, "macro_f1": f1, "is_used": is_used, "note": note,
    }  # fmt: skip


def _interval(share: float, n: int) -> tuple[float, float]:
    ends = pl.select(low=wilson_low(pl.lit(share), pl.lit(n)), high=wilson_high(pl.lit(share), pl.lit(n)))
    return ends["low"][0], ends["high"][0]


def _why(*, low: float, f1: float, share: float, majority: float, threshold: float) -> str:
    if share <= majority:
        return f"agrees no more often than always saying the most frequent label ({majority:.2f})"
    if f1 < threshold:
        return f"macro F1 {f1:.2f} is below {threshold:.2f}"
    return f"the agreement may be as low as {low:.2f}, which is below {threshold:.2f}: more labelled examples may help"


def macro_f1(said: pl.DataFrame) -> float:
    """The mean of the F1 of each label that stands in `label`; `said` is what was found.

    F1 = 2·TP / (2·TP + FP + FN); labels without an example are left out.
    """
    scores = [_f1(said, one) for one in LABELS if (said["label"] == one).any()]
    return sum(scores) / len(scores)


def _f1(said: pl.DataFrame, one: str) -> float:
    is_labelled, is_said = said["label"] == one, (said["said"] == one).fill_null(value=False)
    both = int((is_labelled & is_said).sum())
    return 2 * both / (int(is_labelled.sum()) + int(is_said.sum()))
