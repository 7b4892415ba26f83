"""Accepting a suggested stage: a row in the workspace's own rules, to be edited or deleted like any other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from journey_analytics.build import read_rules
from journey_analytics.config import Config
from journey_analytics.contract import STAGES, UNKNOWN
from journey_analytics.errors import ConfigurationError, nearest
from journey_analytics.rule_file import write_rules
from journey_analytics.sequence.rules import RULE_COLUMNS
from journey_analytics.warehouse import Warehouse
from journey_analytics.workspace import existing

OVERLAY_FILE: Final = "config/stage_rule/accepted.csv"
"""Relative to the workspace's `sql/`. Rules of added files are looked at before the built-in ones."""
BY_HAND: Final = 0.7
"""The confidence of a stage that a person gives and the evidence does not."""

_BY_HAND_WORDS: Final = "Decided by hand"
_TABLE: Final = "mart.stage_suggestion"
_SUGGESTIONS: Final = f"select * from {_TABLE} order by touchpoint_count desc, activity, source"
_OTHER_RULES: Final = """
select distinct t.stage_rule
from core.touchpoint as t
inner join core.customer_event as e on t.touchpoint_id = e.touchpoint_id
where t.activity = ? and t.source = coalesce(?, t.source) and t.stage_rule is not null and not e.is_machine
order by t.stage_rule
"""


@dataclass(frozen=True)
class Acceptance:
    """What became of an acceptance: `outcome` is 'accepted', 'replaced' or 'unchanged'."""

    outcome: str
    rule_id: str
    stage: str
    file: Path

    def __str__(self) -> str:
        """One sentence or two for the person who accepted."""
        if self.outcome == "unchanged":
            return f"{self.rule_id} gives {self.stage} already, in {self.file}: nothing changed"
        done = "now gives" if self.outcome == "replaced" else "gives"
        return f"{self.rule_id} {done} {self.stage}, in {self.file}; the next `journey run` applies it"


def stage_suggestions(config: Config) -> list[dict[str, Any]]:
    """`mart.stage_suggestion` as rows, most touchpoints first; ties by name."""
    with existing(config, table=_TABLE) as warehouse:
        return warehouse.frame(_SUGGESTIONS, name=_TABLE).to_dicts()


def accept_stage(config: Config, activity: str, *, source: str | None = None, stage: str | None = None) -> Acceptance:
    """Write a stage rule for an activity that no rule matched: the suggested stage, or the one given.

    The rule is called `accepted_<activity>`, with `_<source>` behind it when a source is named, and leaves alone what
    machines did. Its confidence is the suggestion's, `BY_HAND` for a stage that the evidence does not suggest, 1 for
    `unknown` (no stage, on purpose). Where a person decided against the evidence, or without, the description begins
    with "Decided by hand". Accepting again changes nothing, unless another stage is given: that replaces it.

    Raises:
        ConfigurationError: no such activity, source or stage; nothing is suggested and none given; sources of the
            activity have different suggestions and none is named; or other rules match some of its touchpoints, which
            the new rule would come before.
        DataError: no run has made suggestions yet.
    """
    if stage is not None and stage not in (*STAGES, UNKNOWN):
        raise ConfigurationError(f"{stage!r} is not a stage; {nearest(stage, (*STAGES, UNKNOWN))}")
    file = config.overlay / OVERLAY_FILE
    rule_id = f"accepted_{activity}" + (f"_{source}" if source else "")
    with existing(config, table=_TABLE) as warehouse:
        rules = _read(file)
        if rule_id in rules and stage in (None, rules[rule_id]["stage"]):
            return Acceptance("unchanged", rule_id, str(rules[rule_id]["stage"]), file)
        if rule_id in rules and stage:
            rules[rule_id] = rules[rule_id] | _replacement(warehouse, rules[rule_id], stage)
            outcome = "replaced"
        else:
            rules[rule_id] = _rule(warehouse, rule_id, activity, source=source, stage=stage)
            outcome = "accepted"
        write_rules(file, RULE_COLUMNS, list(rules.values()))
    return Acceptance(outcome, rule_id, str(rules[rule_id]["stage"]), file)


def _rule(
    warehouse: Warehouse, rule_id: str, activity: str, *, source: str | None, stage: str | None
) -> dict[str, str | None]:
    found = _found(warehouse.frame(_SUGGESTIONS, name=_TABLE).to_dicts(), activity, source)
    _require_no_other_rule(warehouse, activity, source)
    chosen = stage or _suggested(found, activity)
    cells = {
        "rule_id": rule_id,
        "source": source,
        "activity": activity,
        "is_machine": "false",
        **_decision(found, chosen),
    }
    return dict.fromkeys(RULE_COLUMNS) | cells


def _decision(found: Sequence[Mapping[str, Any]], stage: str) -> dict[str, str | None]:
    """The cells that a choice of stage sets, with the evidence there is, whether it was followed or not."""
    count = sum(row["touchpoint_count"] for row in found)
    evidence = " / ".join(row["evidence"] for row in found)
    told = f"Accepted for {count:,} touchpoints: {evidence}"
    if _is_by_hand(found, stage):
        suggested = sorted({row["suggested_stage"] or "no stage" for row in found})
        told = f"{_BY_HAND_WORDS}; the evidence suggests {' or '.join(suggested)} for {count:,} touchpoints: {evidence}"
    return {"stage": stage, "confidence": _confidence(found, stage), "description": told}


def _replacement(warehouse: Warehouse, rule: Mapping[str, str | None], stage: str) -> dict[str, str | None]:
    """The cells of another choice; once a run has applied the rule, the evidence is in its description alone."""
    rows = warehouse.frame(_SUGGESTIONS, name=_TABLE).to_dicts()
    found = [row for row in rows if row["activity"] == rule["activity"] and rule["source"] in (None, row["source"])]
    if found:
        return _decision(found, stage)
    before = rule["description"] or ""
    told = before if before.startswith(_BY_HAND_WORDS) else f"{_BY_HAND_WORDS}; before, {rule['stage']}: {before}"
    return {"stage": stage, "confidence": _by_hand(stage), "description": told}


def _found(rows: Sequence[dict[str, Any]], activity: str, source: str | None) -> list[dict[str, Any]]:
    """The suggestions for the activity, of one source or of all."""
    of_activity = [row for row in rows if row["activity"] == activity]
    if not of_activity:
        known = {row["activity"] for row in rows}
        hint = nearest(activity, known) if known else "a rule matches every touchpoint"
        raise ConfigurationError(f"no touchpoint of an activity {activity!r} is without a rule; {hint}")
    if any(sign in activity for sign in "|*"):
        raise ConfigurationError(f"a rule cannot name {activity!r}: '|' and '*' have a meaning in rules")
    found = [row for row in of_activity if source in (None, row["source"])]
    if not found:
        known = {row["source"] for row in of_activity}
        raise ConfigurationError(
            f"{activity!r} of source {source!r} is not without a rule; {nearest(str(source), known)}"
        )
    return found


def _require_no_other_rule(warehouse: Warehouse, activity: str, source: str | None) -> None:
    rules = [rule for (rule,) in warehouse.rows(_OTHER_RULES, [activity, source], name="rules of the activity")]
    if rules:
        raise ConfigurationError(
            f"some touchpoints of {activity!r} have a stage by {', '.join(rules)}, which an accepted rule would come "
            "before; add a row to the workspace's own sql/config/stage_rule.csv, below them"
        )


def _suggested(found: Sequence[Mapping[str, Any]], activity: str) -> str:
    stages = {row["suggested_stage"] for row in found}
    if stages == {None}:
        raise ConfigurationError(
            f"nothing is suggested for {activity!r} ({found[0]['evidence']}); "
            f"give one with --stage: {', '.join(STAGES)}"
        )
    if len(stages) > 1:
        said = ", ".join(f"{row['source']}: {row['suggested_stage'] or 'none'}" for row in found)
        raise ConfigurationError(
            f"the suggestion for {activity!r} depends on the source ({said}); name one with --source"
        )
    return stages.pop()


def _confidence(found: Sequence[Mapping[str, Any]], stage: str) -> str:
    """The suggestion's, of several sources the least; a person's where the evidence does not suggest this stage."""
    if _is_by_hand(found, stage):
        return _by_hand(stage)
    return f"{min(row['suggestion_confidence'] for row in found):.4g}"


def _is_by_hand(found: Sequence[Mapping[str, Any]], stage: str) -> bool:
    return any(row["suggested_stage"] != stage for row in found)


def _by_hand(stage: str) -> str:
    return "1" if stage == UNKNOWN else f"{BY_HAND:g}"


def _read(file: Path) -> dict[str, dict[str, str | None]]:
    """The rules accepted before, by id, in their order."""
    if not file.is_file():
        return {}
    rows = read_rules(file)
    if tuple(rows.columns) != RULE_COLUMNS:
        raise ConfigurationError(f"{file}: the header must be: {','.join(RULE_COLUMNS)}")
    return {str(row["rule_id"]): row for row in rows.to_dicts()}
