"""The rule tables that SQL reads, checked before it does: settings, identity types, e-mail rules and what is undone.

Every mistake is one `ConfigurationError` that names the file, the row, the column, the value, what was expected and
the nearest valid name.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import polars as pl

from journey_analytics.attribution.paths import DIMENSIONS
from journey_analytics.change.rules import read_alert_rules
from journey_analytics.feelings.rules import check_friction_signals, check_score_scales
from journey_analytics.personas.rules import check_persona_features
from journey_analytics.process_rules.rules import check_contact_activities, check_process_rules
from journey_analytics.rule_cells import Cell, Row, keyed_rows, needed_rows, numbered_rows
from journey_analytics.segment_rules import check_personas, read_segments
from journey_analytics.sequence.rules import CUT_CHOICES, read_rules
from journey_analytics.voice.rules import read_voice_rules

STRENGTHS: Final = ("strong", "reference", "weak")
TAG_SEPARATORS: Final = "!#$%&'*+-/=?^_`{|}~"
"""What RFC 5322 (3.2.3, `atext`) allows in a mailbox's name besides letters and digits."""

_MANY: Final = 1_000_000
_TRUTH: Final = ("true", "false")
_DOMAIN = re.compile(r"(?:[^\W_]|-)+(?:\.(?:[^\W_]|-)+)+")


@dataclass(frozen=True)
class Setting:
    """One row that `setting.csv` must have: its unit, which is no choice, and what refuses a wrong value."""

    unit: str
    read: Callable[[Cell], Any]


def _whole(unit: str, minimum: int, maximum: int) -> Setting:
    return Setting(unit, partial(Cell.whole, minimum=minimum, maximum=maximum))


def _choice(name: str) -> Setting:
    choices = CUT_CHOICES[name]
    return Setting("choice", partial(Cell.one_of, known=choices, what=f"one of {', '.join(choices)}"))


SETTINGS: Final[Mapping[str, Setting]] = {
    "session_gap_minutes": Setting("minutes", Cell.number),
    "identity_lookback_days": _whole("days", 0, 36_500),
    "identity_cap": _whole("customers", 1, _MANY),
    # Two: the fewest that a link joins.
    "component_cap": _whole("identities", 2, _MANY),
    "post_purchase_tail_days": Setting("days", Cell.number),
    "bucket_count": _whole("buckets", 1, 4096),
    "minimum_count": _whole("journeys", 0, _MANY),
    "journey_cut": _choice("journey_cut"),
    "fixed_gap_days": _whole("days", 1, 36_500),
    "inactivity_limits": _choice("inactivity_limits"),
    "new_need_by_topic": _choice("new_need_by_topic"),
    "suggestion_percent": _whole("percent", 0, 100),
    "attribution_lookback_days": _whole("days", 1, 36_500),
    "segment_value_cap": _whole("values", 1, _MANY),
    "change_period_days": _whole("days", 1, 366),
    "change_previous_periods": _whole("periods", 2, 52),
    "change_lag_days": _whole("days", 0, 366),
    "change_follow_hours": _whole("hours", 1, 168),
    "model_minimum_precision": _whole("percent", 0, 100),
    "model_minimum_fitness": _whole("percent", 0, 100),
    "persona_source": Setting("choice", partial(Cell.one_of, known=("data", "rules"), what="one of data, rules")),
    "feeling_minimum_agreement": _whole("percent", 0, 100),
    "feeling_neutral_percent": _whole("percent", 0, 99),
}
"""All settings there are."""


def check_rule_tables(frames: Mapping[str, pl.DataFrame]) -> None:
    """Check the tables named above, and the kernel's rules.

    Args:
        frames: by table; every column text, an empty cell null; with or without the column `rule_cells.FILE`.

    Raises:
        ConfigurationError: at the first table, column, row or value that is missing, doubled or not understood.
    """
    check_settings(frames)
    check_identity_types(frames)
    check_email_rules(frames)
    check_undone(frames)
    check_source_ranks(frames)
    check_attribution_dimensions(frames)
    check_personas(frames)
    check_persona_features(frames)
    check_process_rules(frames)
    check_contact_activities(frames)
    check_friction_signals(frames)
    check_score_scales(frames)
    read_alert_rules(frames, segments=[segment.name for segment in read_segments(frames)])
    read_voice_rules(frames)
    read_rules(frames)


def check_settings(frames: Mapping[str, pl.DataFrame]) -> None:
    """`setting`: every known setting once, with its unit and a value that it may have; no other.

    Raises:
        ConfigurationError: for anything else.
    """
    rows = keyed_rows(frames, "setting", key="setting", columns=("setting", "value", "unit"))
    for row in rows:
        row.exact("setting").one_of(SETTINGS, what="a setting")
    for name, row in needed_rows(rows, "setting", SETTINGS).items():
        SETTINGS[name].read(row.exact("value"))
        if row.exact("unit").text != SETTINGS[name].unit:
            raise row.exact("unit").wrong(f"{SETTINGS[name].unit!r}: a setting's unit cannot be chosen")


def check_identity_types(frames: Mapping[str, pl.DataFrame]) -> None:
    """`identity_type`: rank and max_customers whole numbers or empty, names_customer true, false or empty (true).

    Raises:
        ConfigurationError: for anything else, an unknown strength, or a type that stands twice.
    """
    for row in _identity_types(frames):
        row.exact("strength").one_of(STRENGTHS, what=f"one of {', '.join(STRENGTHS)}")
        for column, minimum in (("rank", 0), ("max_customers", 1)):
            if (cell := row.exact(column)).text:
                cell.whole(minimum, _MANY, what="empty or a whole number")
        row.exact("names_customer").one_of(("", *_TRUTH), what="true, false or empty")


def _identity_types(frames: Mapping[str, pl.DataFrame]) -> list[Row]:
    columns = ("identity_type", "strength", "rank", "max_customers", "names_customer")
    rows = keyed_rows(frames, "identity_type", key="identity_type", columns=columns)
    for row in rows:
        _refuse_blanks(row.exact("identity_type"))
    return rows


def _refuse_blanks(cell: Cell) -> None:
    if cell.text != cell.text.strip():
        raise cell.wrong("a name without blanks around it")


def check_email_rules(frames: Mapping[str, pl.DataFrame]) -> None:
    """`email_rule`: domains, once in each file; where several files name one, the first row counts.

    Raises:
        ConfigurationError: for a text that is no domain in lower case, a separator that may not stand in an address
            or is a letter, and a canonical domain that itself has another one.
    """
    columns = ("domain", "ignores_dots", "tag_separator", "canonical_domain")
    rows = keyed_rows(frames, "email_rule", key="domain", columns=columns, once_per_file=True)
    for row in rows:
        _check_domain(row.exact("domain"))
        row.exact("ignores_dots").one_of(_TRUTH, what="true or false")
        _check_separator(row.exact("tag_separator"))
        if row.exact("canonical_domain").text:
            _check_domain(row.exact("canonical_domain"))
    _check_canonical_domains(rows)


def _check_domain(cell: Cell) -> None:
    is_normal = cell.text == unicodedata.normalize("NFC", cell.text).lower()
    if not is_normal or not _DOMAIN.fullmatch(cell.text):
        raise cell.wrong("a domain in lower case such as mail.example")


def _check_separator(cell: Cell) -> None:
    if cell.text and (len(cell.text) > 1 or cell.text not in TAG_SEPARATORS):
        raise cell.wrong(f"empty or exactly one of {TAG_SEPARATORS}")


def _check_canonical_domains(rows: Sequence[Row]) -> None:
    """A canonical domain's own addresses keep their domain: a chain would be followed one step, a circle never ends."""
    first: dict[str, Row] = {}
    for row in rows:
        first.setdefault(row.key, row)
    canonical = {domain: row.exact("canonical_domain").text or domain for domain, row in first.items()}
    for domain, row in first.items():
        target = canonical[domain]
        if (further := canonical.get(target, target)) != target:
            raise row.exact("canonical_domain").wrong(
                f"the last one: the row {target!r} leads on to {further!r}; name {further!r}"
                if canonical.get(further, further) == further
                else f"possible: the row {target!r} leads on to {further!r}, and so in a circle"
            )


def check_undone(frames: Mapping[str, pl.DataFrame]) -> None:
    """`identity_undone`: an identity, or two that may have a link: of known types, two different ones, not both weak.

    Raises:
        ConfigurationError: for anything else.
    """
    columns = ("identity_type", "identity_value", "other_type", "other_value")
    strengths = {row.key: row.exact("strength").text for row in _identity_types(frames)}
    for row in numbered_rows(frames, "identity_undone", columns=columns):
        _check_end(row, "identity", known=strengths)
        if row.cell("other_type") or row.cell("other_value"):
            _check_end(row, "other", known=strengths)
            _check_link(row, strengths)


def _check_end(row: Row, end: str, *, known: Iterable[str]) -> None:
    row.exact(f"{end}_type").one_of(list(known), what="an identity type")
    if not row.cell(f"{end}_value"):
        raise row.required(f"{end}_value").wrong(f"the value of an identity of type {row.exact(f'{end}_type').text!r}")


def _check_link(row: Row, strengths: Mapping[str, str]) -> None:
    one, other = ([row.exact(f"{end}_{part}").text for part in ("type", "value")] for end in ("identity", "other"))
    if one == other:
        raise row.exact("other_value").wrong("another identity: leave other_type and other_value empty to undo it")
    if strengths[one[0]] == strengths[other[0]] == "weak":
        raise row.exact("other_type").wrong(f"possible beside {one[0]!r}: two devices have no link of their own")


def check_source_ranks(frames: Mapping[str, pl.DataFrame]) -> None:
    """`source_rank`: every source once, with a whole number.

    Raises:
        ConfigurationError: for anything else.
    """
    for row in keyed_rows(frames, "source_rank", key="source", columns=("source", "rank")):
        row.exact("rank").whole(0, _MANY)


def check_attribution_dimensions(frames: Mapping[str, pl.DataFrame]) -> None:
    """`attribution_dimension`: columns of a touchpoint that credit can be given to, each once.

    Raises:
        ConfigurationError: for anything else.
    """
    columns = ("dimension",)
    for row in keyed_rows(frames, "attribution_dimension", key="dimension", columns=columns, once_per_file=True):
        row.exact("dimension").one_of(DIMENSIONS, what=f"one of {', '.join(DIMENSIONS)}")
