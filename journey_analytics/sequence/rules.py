"""The rules of the kernel: the configuration's text cells, checked and typed.

Every mistake is one `ConfigurationError` that names the file, the row, the column, the value, what was expected and
the nearest valid name.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

import polars as pl

from journey_analytics.contract import STAGES, UNKNOWN
from journey_analytics.rule_cells import Cell, Row, keyed_rows, needed_rows

STAGE_CODES: Final = {name: code for code, name in enumerate((UNKNOWN, *STAGES))}
"""`unknown` 0, `awareness` 1 … `post_purchase` 4: a higher code is a higher stage."""

TEXT_CONDITIONS: Final = ("source", "activity", "page_path", "category", "subject")
FLAG_CONDITIONS: Final = ("is_machine", "is_after_purchase", "has_topic", "same_topic", "continues_session")
PREVIOUS: Final = "previous"
OPENING: Final = "opening"
NO_NEED: Final = "none"
NEED_STATES: Final = (NO_NEED, *STAGES[:3])
"""What `previous_stage` may be: no need (or one without a stage yet), or the stage that the need is in."""

RULE_COLUMNS: Final = (
    "rule_id",
    *TEXT_CONDITIONS,
    *FLAG_CONDITIONS,
    "min_days_since_purchase",
    "max_days_since_purchase",
    "previous_stage",
    "stage",
    "confidence",
    "description",
)
PROCESS_AWARE, FIXED_GAP = "process_aware", "fixed_gap"
LEARNT, CONFIGURED = "learnt", "configured"
AUTO, ALWAYS, NEVER = "auto", "always", "never"
CUT_CHOICES: Final = {
    "journey_cut": (PROCESS_AWARE, FIXED_GAP),
    "inactivity_limits": (LEARNT, CONFIGURED),
    "new_need_by_topic": (AUTO, ALWAYS, NEVER),
}
"""The settings that choose how journeys are cut, and what each may be."""

_TAIL: Final = "tail"
_KINDS: Final = ("act", "purchase", "passive", "end")


@dataclass(frozen=True)
class StageRule:
    """One row of `stage_rule.csv`. An absent condition always holds.

    Attributes:
        texts: patterns by column, any of which must fit; a trailing `*` fits every ending; case does not matter.
            `subject` patterns are whole words or phrases anywhere in it, the other columns fit as a whole.
        flags: required truth by column; a fact that is not known (no topic, no purchase yet) fits neither value.
            `continues_session`: the customer did something earlier in the same session.
        min_days: at least this many days since the customer's last purchase, inclusive.
        max_days: at most this many, inclusive.
        previous_states: indexes into `NEED_STATES` in which the rule applies.
        stage: a stage, `unknown`, `previous` (the stage that the need is in) or `opening`: the stage of the customer's
            last contact on this source that does not itself follow another; if its need has come further since, that
            stage; after a purchase since, `post_purchase`. Applies only when that stage is known.
        confidence: 0 to 1.
    """

    rule_id: str
    texts: Mapping[str, tuple[str, ...]]
    flags: Mapping[str, bool]
    min_days: float | None
    max_days: float | None
    previous_states: frozenset[int]
    stage: str
    confidence: float


@dataclass(frozen=True)
class Cut:
    """How the analyst wants needs to be told apart (`setting.csv`).

    Attributes:
        method: `process_aware`, or `fixed_gap`: one limit for every stage, nothing learnt, one need at a time.
        fixed_gap: that limit.
        limits: `learnt` where the data is enough, or `configured` (`inactivity_limit.csv`).
        by_topic: whether another topic is another need: `always`, `never`, or `auto`: when the data shows that it is.
    """

    method: str
    fixed_gap: timedelta
    limits: str
    by_topic: str

    @property
    def is_fixed(self) -> bool:
        """Whether one gap cuts everything."""
        return self.method == FIXED_GAP


@dataclass(frozen=True)
class Rules:
    """Everything the kernel is told.

    Attributes:
        cut: how the analyst wants needs to be told apart.
        stage_rules: in order of precedence; the first that fits wins.
        inactivity: by stage (and `unknown`): a longer pause after a touchpoint of the stage ends the journey.
        window: by stage: how long after entering it a journey may advance.
        session_gap: a longer pause on one source begins a session.
        tail: after-sales contact this long after a purchase belongs to it, whatever the pauses.
        splits_by_topic: whether a customer's needs about different topics live beside each other. As read, only when
            that was set to `always`; what is learnt comes in by `learning.learnt_rules`.
        foreign_topics: sources whose topics are not those of the others: they tell no needs apart. None as read.
        arrivals: activities by which a visit without topic begins a need, though another goes on. None as read.
    """

    stage_rules: tuple[StageRule, ...]
    inactivity: Mapping[str, timedelta]
    window: Mapping[str, timedelta]
    session_gap: timedelta
    tail: timedelta
    cut: Cut
    splits_by_topic: bool
    foreign_topics: frozenset[str] = frozenset()
    arrivals: frozenset[str] = frozenset()

    @property
    def reach(self) -> timedelta:
        """The longest pause after which a need may still go on."""
        return max(self.inactivity[stage] for stage in (UNKNOWN, *STAGES[:3]))


def read_rules(frames: Mapping[str, pl.DataFrame]) -> Rules:
    """Check and type the frames `stage_rule`, `stage_window`, `inactivity_limit`, `setting` and, if given, `activity`.

    Args:
        frames: by file name without `.csv`; every column text, an empty cell null.

    Raises:
        ConfigurationError: at the first frame, column, row or value that is missing, doubled or not understood.
    """
    if "activity" in frames:
        _check_activities(keyed_rows(frames, "activity", key="activity", columns=("activity", "kind")))
    settings, cut = _settings(frames), _cut(frames)
    configured = _days(frames, "inactivity_limit", value="inactivity_days", needs=tuple(STAGE_CODES))
    return Rules(
        stage_rules=_stage_rules(frames, tail_days=settings["post_purchase_tail_days"]),
        inactivity=dict.fromkeys(STAGE_CODES, cut.fixed_gap) if cut.is_fixed else configured,
        window=_days(frames, "stage_window", value="window_days", needs=STAGES),
        session_gap=timedelta(minutes=settings["session_gap_minutes"]),
        tail=timedelta(days=settings["post_purchase_tail_days"]),
        cut=cut,
        splits_by_topic=cut.by_topic == ALWAYS and not cut.is_fixed,
    )


def _settings(frames: Mapping[str, pl.DataFrame]) -> dict[str, float]:
    names = ("session_gap_minutes", "post_purchase_tail_days")
    rows = needed_rows(keyed_rows(frames, "setting", key="setting", columns=("setting", "value")), "setting", names)
    return {name: rows[name].required("value").number() for name in names}


def _cut(frames: Mapping[str, pl.DataFrame]) -> Cut:
    rows = keyed_rows(frames, "setting", key="setting", columns=("setting", "value"))
    found = needed_rows(rows, "setting", (*CUT_CHOICES, "fixed_gap_days"))
    method, limits, by_topic = (
        found[name].required("value").one_of(choices, what=f"one of {', '.join(choices)}")
        for name, choices in CUT_CHOICES.items()
    )
    return Cut(method, found["fixed_gap_days"].required("value").whole_days(), limits, by_topic)


def _days(frames: Mapping[str, pl.DataFrame], file: str, *, value: str, needs: tuple[str, ...]) -> dict[str, timedelta]:
    rows = keyed_rows(frames, file, key="stage", columns=("stage", value))
    for row in rows:
        row.required("stage").one_of(needs, what="a stage")
    found = needed_rows(rows, file, needs)
    return {stage: found[stage].required(value).whole_days() for stage in needs}


def _check_activities(rows: Iterable[Row]) -> None:
    for row in rows:
        row.required("kind").one_of(_KINDS, what="a kind of activity")


def _stage_rules(frames: Mapping[str, pl.DataFrame], *, tail_days: float) -> tuple[StageRule, ...]:
    rows = keyed_rows(frames, "stage_rule", key="rule_id", columns=RULE_COLUMNS, exact=True)
    return tuple(_stage_rule(row, tail_days=tail_days) for row in rows)


def _stage_rule(row: Row, *, tail_days: float) -> StageRule:
    stage = row.required("stage").one_of((*STAGE_CODES, PREVIOUS, OPENING), what="a stage, 'previous' or 'opening'")
    return StageRule(
        rule_id=row.key,
        texts=_optional(row, TEXT_CONDITIONS, _patterns),
        flags=_optional(row, FLAG_CONDITIONS, _flag),
        min_days=_rule_days(row.cell("min_days_since_purchase"), tail_days),
        max_days=_rule_days(row.cell("max_days_since_purchase"), tail_days),
        previous_states=_previous_states(row.cell("previous_stage"), inherits=stage == PREVIOUS),
        stage=stage,
        confidence=row.required("confidence").number(expected="a number from 0 to 1", maximum=1),
    )


def _optional(row: Row, columns: Iterable[str], parse: Callable[[Cell], Any]) -> dict[str, Any]:
    return {column: parse(cell) for column in columns if (cell := row.cell(column))}


def _patterns(cell: Cell) -> tuple[str, ...]:
    patterns = tuple(part.strip().lower() for part in cell.text.split("|"))
    if any(not part or "*" in part[:-1] for part in patterns):
        raise cell.wrong("a list of names separated by '|', '*' only at the end of a name")
    return patterns


def _flag(cell: Cell) -> bool:
    return cell.one_of(("true", "false"), what="true, false or empty") == "true"


def _rule_days(cell: Cell | None, tail_days: float) -> float | None:
    if cell is None or cell.text == _TAIL:
        return tail_days if cell else None
    return cell.number(
        expected=f"a number of days of at least 0, or {_TAIL!r} (post_purchase_tail_days of setting.csv)"
    )


def _previous_states(cell: Cell | None, *, inherits: bool) -> frozenset[int]:
    if cell is None:
        return frozenset(range(1 if inherits else 0, len(NEED_STATES)))
    parts = [replace(cell, text=part.strip()) for part in cell.text.split("|")]
    names = {part.one_of(NEED_STATES, what="a stage before the purchase, or 'none'") for part in parts}
    if inherits and NO_NEED in names:
        raise cell.wrong("possible for a rule whose stage is 'previous': with 'none' there is nothing to inherit")
    return frozenset(NEED_STATES.index(name) for name in names)
