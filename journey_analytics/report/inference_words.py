"""The names of the inference tables in plain words. What is not known here is shown with spaces for underscores."""

from collections.abc import Mapping

from journey_analytics.language import number, said
from journey_analytics.report.stored import retold
from journey_analytics.report.wording import MISSING, listed, name, several, share, stage_title

LINK_RULES = {
    "own": "Names the customer itself",
    "strong_link": "Seen in one event with another identity",
    "reference_link": "Same order or ticket",
    "nearest_login": "Nearest login on the device",
    "anonymous_device": "Device nobody logged in on",
}
CUT_REASONS = {
    "first": "First of the customer",
    "inactivity": "After a long pause",
    "new_need": "A need beside another",
    "purchase": "After a purchase",
    "end": "After an explicit end",
    "after_sales": "After-sales contact alone",
    "passive": "Only e-mails sent",
}
DIMENSIONS = {
    "all": "All settings",
    "stitching": "Stitching",
    "gap_scale": "Inactivity limit",
    "window_scale": "Window",
    "order_mode": "Order",
}
"""The choices of the sensitivity, `all` first; the order in which they are drawn."""

AUDIT_KINDS = {"touchpoint": "Stage of a touchpoint", "link": "Identity of a customer", "journey_cut": "Journey cut"}

_JUDGED = {
    "touchpoint": ("touchpoint", "touchpoints", "judged touchpoint", "judged touchpoints"),
    "link": ("identity link", "identity links", "judged identity link", "judged identity links"),
    "journey_cut": ("journey cut", "journey cuts", "judged journey cut", "judged journey cuts"),
}
_DEVICE_KINDS = {"one_customer": "One customer", "several_customers": "Several customers", "no_login": "No login near"}
_DISTANCES = {
    "same_visit": "within 30 minutes", "same_day": "within a day", "same_week": "within a week",
    "same_month": "within a month", "any": "the device alone",
}  # fmt: skip


_ITEMS = {"set aside: quarantined_identity": "Set aside: quarantined", "largest": "Most of one customer"}


def item_words(item: str) -> str:
    """An item of the inference quality in words."""
    return said(_ITEMS[item]) if item in _ITEMS else retold(sentence_case(item))


def share_right(value: float | None) -> str:
    """A share as per cent that is 100 % only when none is missing."""
    told = share(value)
    return f">\u00a0{share(0.999)}" if value is not None and value < 1 and told == share(1.0) else told


def span(low: float | None, high: float | None) -> str:
    """A range over settings: `38.7 to 56.2 %`, in words because an interval is written with a dash."""
    return (
        MISSING
        if low is None or high is None
        else said("{low} to {high}", low=number(f"{low * 100:.1f}"), high=share(high))
    )


def sentence_case(text: str) -> str:
    """A name as words with its first letter in upper case; the others stay."""
    words = name(text)
    return words[:1].upper() + words[1:]


def link_rule(item: str) -> tuple[str, str]:
    """`nearest_login, 0.95 to 0.99` as the rule in words and the band of confidence."""
    rule, _, band = item.partition(", ")
    return said(LINK_RULES[rule]) if rule in LINK_RULES else sentence_case(rule), retold(band)


def cut_reason(item: str) -> str:
    """`inactivity, passive` in words."""
    reason, _, kind = item.partition(", ")
    words = said(CUT_REASONS[reason]) if reason in CUT_REASONS else sentence_case(reason)
    return said("{reason} (contact only)", reason=words) if kind == "passive" else words


_SHORT_KINDS = {"one_customer": "1 customer", "several_customers": "Several", "no_login": "Device without login"}
_SHORT_DISTANCES = {
    "same_visit": ", \u2264 30 min", "same_day": ", \u2264 1 day", "same_week": ", \u2264 7 days",
    "same_month": ", \u2264 30 days", "any": "",
}  # fmt: skip


def short_login_case(device_kind: str, distance_band: str) -> str:
    """`login_case` for the axis of a figure."""
    return f"{_of(_SHORT_KINDS, device_kind)}{_of(_SHORT_DISTANCES, distance_band, before=', ')}"


def login_case(device_kind: str, distance_band: str) -> str:
    """What was tried of the rule of the nearest login: on what device, how far away."""
    return f"{_of(_DEVICE_KINDS, device_kind)}, {_of(_DISTANCES, distance_band)}"


def _of(words: Mapping[str, str], key: str, *, before: str = "") -> str:
    """What is known about a key; of others the name, with `before` in front of it."""
    return (said(words[key]) if words[key] else "") if key in words else before + name(key)


def dimension_words(dimension: str) -> str:
    """A choice of the sensitivity as people write it."""
    return said(DIMENSIONS[dimension]) if dimension in DIMENSIONS else sentence_case(dimension)


def judged_items(amount: int, kind: str, *, is_said: bool = False) -> str:
    """So many judged items of a kind, in a sentence; `is_said`: that they were judged is said with it."""
    one, many, judged, judged_many = _JUDGED.get(kind) or _named(name(kind))
    return several(amount, judged, judged_many) if is_said else several(amount, one, many)


def _named(kind: str) -> tuple[str, str, str, str]:
    return kind, f"{kind}s", f"judged {kind}", f"judged {kind}s"


def accept_command(activity: str) -> str | None:
    """The command that makes a suggestion a rule; null for a name that a shell may take for something else."""
    is_plain = activity.isascii() and activity.replace("_", "").isalnum()
    return f"journey stage accept {activity}" if is_plain else None


def stages_listed(stages: list[str]) -> str:
    """`awareness and post-purchase`, in the middle of a sentence."""
    return listed([stage_title(stage).lower() for stage in stages])
