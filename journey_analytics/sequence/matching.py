"""Which rule fits which touchpoint, for every state the customer's need may be in.

What a rule reads is reduced to *classes*: two values of a column are of one class when the same rules' conditions hold
for them. Classes are found on the distinct values, so no text is matched on all rows. A row's classes make its
*signature*; a few hundred signatures stand for millions of rows, and each is matched against the rules once per state.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Final

import polars as pl

from journey_analytics.sequence.rules import FLAG_CONDITIONS, NEED_STATES, OPENING, TEXT_CONDITIONS, StageRule

STATE_COUNT: Final = 2 * len(NEED_STATES)
"""A state: the need's stage, and whether the contact that the touchpoint follows has a known stage."""
_DAY_US: Final = 86_400_000_000


@dataclass(frozen=True)
class _Feature:
    """One thing that rules read: the class of every row, and per class the rules that it allows, as bits."""

    classes: pl.Series
    allowed: Sequence[int]


def matched(rows: pl.DataFrame, rules: Sequence[StageRule]) -> tuple[pl.Series, pl.Series]:
    """The first fitting rule of every row in every state.

    Args:
        rows: with the columns that rules read, and `since_purchase_us` (null before the first purchase), `same_topic`.
        rules: in order of precedence.

    Returns:
        `offset` per row, and `answers`: the index of the rule for a row in state s is `answers[offset + s]`, where
        `len(rules)` means that none fits.
    """
    features = list(_features(rows, rules))
    sizes = [len(feature.allowed) for feature in features]
    signature = _signature(features, len(rows))
    distinct = signature.unique().sort()
    allowed = [_allowed(features, parts, rules) for parts in _digits(distinct.to_list(), sizes)]
    answers = [_first(bits & state, len(rules)) for bits in allowed for state in _states(rules)]
    return _offset(signature, distinct), pl.Series("answers", answers, dtype=pl.Int16)


def _signature(features: Iterable[_Feature], height: int) -> pl.Series:
    signature = pl.repeat(0, height, dtype=pl.Int64, eager=True)
    for feature in features:
        signature = signature * len(feature.allowed) + feature.classes
    return signature


def _digits(signatures: Iterable[int], sizes: Sequence[int]) -> Iterable[list[int]]:
    """The class of each feature again, from the number that holds them all."""
    for signature in signatures:
        digits, rest = [], signature
        for size in reversed(sizes):
            rest, digit = divmod(rest, size)
            digits.append(digit)
        yield digits[::-1]


def _offset(signature: pl.Series, distinct: pl.Series) -> pl.Series:
    return distinct.search_sorted(signature).cast(pl.Int64) * STATE_COUNT


def _allowed(features: Sequence[_Feature], parts: Sequence[int], rules: Sequence[StageRule]) -> int:
    bits = (1 << len(rules)) - 1
    for feature, part in zip(features, parts, strict=True):
        bits &= feature.allowed[part]
    return bits


def _states(rules: Sequence[StageRule]) -> list[int]:
    needs = [_bits(state in rule.previous_states for rule in rules) for state in range(len(NEED_STATES))]
    unknown_opening = _bits(rule.stage != OPENING for rule in rules)
    return [bits & unknown_opening for bits in needs] + needs


def _bits(truths: Iterable[bool]) -> int:
    return reduce(or_, (1 << index for index, truth in enumerate(truths) if truth), 0)


def _first(bits: int, none: int) -> int:
    return (bits & -bits).bit_length() - 1 if bits else none


def _features(rows: pl.DataFrame, rules: Sequence[StageRule]) -> Iterable[_Feature]:
    """What some rule reads; the rest is left alone."""
    for column in TEXT_CONDITIONS:
        if any(column in rule.texts for rule in rules):
            yield _text_feature(rows[column], [rule.texts.get(column) for rule in rules])
    for column in FLAG_CONDITIONS:
        if any(column in rule.flags for rule in rules):
            yield _flag_feature(_fact(rows, column), [rule.flags.get(column) for rule in rules])
    yield _days_feature(rows["since_purchase_us"], rules)


def _fact(rows: pl.DataFrame, column: str) -> pl.Series:
    facts = {
        "is_after_purchase": pl.col("since_purchase_us").is_not_null(),
        "has_topic": pl.col("topic").is_not_null(),
    }
    return rows.select(facts.get(column, pl.col(column))).to_series()


def _flag_feature(facts: pl.Series, wanted: Sequence[bool | None]) -> _Feature:
    allowed = [_bits(want is None or want is fact for want in wanted) for fact in (False, True, None)]
    return _Feature(facts.cast(pl.Int64).fill_null(2), allowed)


def _days_feature(since: pl.Series, rules: Sequence[StageRule]) -> _Feature:
    """Classes between the thresholds: `>=` a minimum and `>` a maximum, so that both ends are inclusive."""
    least = sorted({round(rule.min_days * _DAY_US) for rule in rules if rule.min_days is not None})
    most = sorted({round(rule.max_days * _DAY_US) for rule in rules if rule.max_days is not None})
    steps = sorted([(us, 0) for us in least] + [(us, 1) for us in most])
    frame = pl.DataFrame({"since": since})
    passed = [pl.col("since") > us if strict else pl.col("since") >= us for us, strict in steps]
    classes = frame.select(pl.sum_horizontal(pl.lit(1, pl.Int64), *(p.cast(pl.Int64) for p in passed))).to_series()
    in_class = [_bits(_days_fit(rule, steps[:count]) for rule in rules) for count in range(len(steps) + 1)]
    never = _bits(rule.min_days is None and rule.max_days is None for rule in rules)
    known = since.is_not_null()
    return _Feature(classes.zip_with(known, pl.zeros(len(since), dtype=pl.Int64, eager=True)), [never, *in_class])


def _days_fit(rule: StageRule, passed: Sequence[tuple[int, int]]) -> bool:
    old_enough = rule.min_days is None or (round(rule.min_days * _DAY_US), 0) in passed
    young_enough = rule.max_days is None or (round(rule.max_days * _DAY_US), 1) not in passed
    return old_enough and young_enough


def _text_feature(values: pl.Series, wanted: Sequence[tuple[str, ...] | None]) -> _Feature:
    conditions = sorted({patterns for patterns in wanted if patterns})
    match = _word_match if values.name == "subject" else _whole_match
    names = [f"condition_{index}" for index in range(len(conditions))]
    distinct = values.unique().alias("value").to_frame()
    truths = [match(patterns).fill_null(value=False).alias(n) for n, patterns in zip(names, conditions, strict=True)]
    classed = distinct.with_columns(truths)
    kinds = classed.select(names).unique().sort(names).with_row_index("class")
    mapping = classed.join(kinds, on=names, how="left").select("value", pl.col("class").cast(pl.Int64))
    found = (
        values.alias("value").to_frame().join(mapping, on="value", how="left", nulls_equal=True, maintain_order="left")
    )
    allowed = [_bits(p is None or truth[conditions.index(p)] for p in wanted) for truth in kinds.drop("class").rows()]
    return _Feature(found["class"], allowed)


def _whole_match(patterns: Iterable[str]) -> pl.Expr:
    text = pl.col("value").str.to_lowercase()
    exact = [pattern for pattern in patterns if not pattern.endswith("*")]
    starts = [text.str.starts_with(pattern[:-1]) for pattern in patterns if pattern.endswith("*")]
    return pl.any_horizontal(text.is_in(exact), *starts)


def _word_match(patterns: Iterable[str]) -> pl.Expr:
    words = [re.escape(p.removesuffix("*")) + (r"\w*" if p.endswith("*") else "") for p in patterns]
    return pl.col("value").str.contains(rf"(?i)\b(?:{'|'.join(words)})\b")
