"""Personas in words: their titles, and what distinguishes them, in the language of the page."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from journey_analytics.language import number, said

_WHO: Final = {
    "newcomer": "Newcomers",
    "looked": "Back after looking",
    "bought_once": "Back after a first purchase",
    "regular": "Regular buyers",
    "buyer": "Back after buying",
    "known": "Back again",
    "anybody": "Newcomers and known customers",
}
_TITLES: Final = {
    "channel=advertising": "{who}, brought by advertising",
    "channel=search": "{who}, brought by search",
    "channel=social": "{who}, brought by social media",
    "channel=mailing": "{who}, brought by e-mail",
    "channel=direct": "{who}, coming directly",
    "channel=referral": "{who}, brought by other sites",
    "channel=store": "{who}, beginning in the store",
    "channel=support": "{who}, beginning with support",
    "device=mobile": "{who}, on mobile",
    "device=desktop": "{who}, on desktop",
    "device=tablet": "{who}, on tablet",
    "entry_stage=awareness": "{who}, beginning in awareness",
    "entry_stage=consideration": "{who}, beginning in consideration",
    "entry_stage=decision": "{who}, beginning in decision",
    "entry_stage=post_purchase": "{who}, beginning after a purchase",
    "weekpart=weekend": "{who}, at weekends",
    "weekpart=working_day": "{who}, on working days",
    "daypart=night": "{who}, at night",
    "daypart=morning": "{who}, in the morning",
    "daypart=afternoon": "{who}, in the afternoon",
    "daypart=evening": "{who}, in the evening",
    "rest=others": "{who}, all others",
}
_ANY_TITLE: Final = "{who}, {value}"
_RULES: Final = {
    "regular": "Regular",
    "one_time_buyer_back": "One-time buyer, back",
    "returning_browser": "Returning browser",
    "newcomer_from_ads": "Newcomer from ads",
    "newcomer_from_search": "Newcomer from search",
    "newcomer_otherwise": "Newcomer otherwise",
    "unknown": "No persona",
}
"""Titles of the personas of the built-in rules."""

_TRAITS: Final = {
    "past=newcomer": "First journey",
    "past=looked": "Was here before and never bought",
    "past=bought_once": "Bought once before",
    "past=regular": "Bought twice or more before",
    "channel=advertising": "Brought by advertising",
    "channel=search": "Brought by search",
    "channel=social": "Brought by social media",
    "channel=mailing": "Brought by e-mail",
    "channel=direct": "Comes directly",
    "channel=referral": "Brought by another site",
    "channel=store": "Begins in the store",
    "channel=support": "Begins with support",
    "channel=other": "Brought by another channel",
    "device=mobile": "On mobile",
    "device=desktop": "On desktop",
    "device=tablet": "On tablet",
    "entry_stage=awareness": "Begins in awareness",
    "entry_stage=consideration": "Begins in consideration",
    "entry_stage=decision": "Begins in decision",
    "entry_stage=post_purchase": "Begins after a purchase",
    "previous_channel=none": "No journey before",
    "previous_channel=advertising": "Last time brought by advertising",
    "previous_channel=search": "Last time brought by search",
    "previous_channel=social": "Last time brought by social media",
    "previous_channel=mailing": "Last time brought by e-mail",
    "previous_channel=direct": "Last time came directly",
    "previous_channel=referral": "Last time brought by another site",
    "previous_channel=store": "Last time began in the store",
    "previous_channel=support": "Last time began with support",
    "previous_channel=other": "Last time brought by another channel",
    "recency=never": "Never bought before",
    "recency=within_30_days": "Bought in the last 30 days",
    "recency=within_90_days": "Last bought 31 to 90 days ago",
    "recency=longer": "Last bought more than 90 days ago",
    "daypart=night": "Begins at night (UTC)",
    "daypart=morning": "Begins in the morning (UTC)",
    "daypart=afternoon": "Begins in the afternoon (UTC)",
    "daypart=evening": "Begins in the evening (UTC)",
    "weekpart=weekend": "Begins at a weekend",
    "weekpart=working_day": "Begins on a working day",
}
_FEATURES: Final = {
    "channel": "Channel: {value}",
    "device": "Device: {value}",
    "entry_stage": "First stage: {value}",
    "previous_channel": "Channel of the last time: {value}",
}


def persona_title(persona: str, parts: Sequence[str]) -> str:
    """What a persona is called: by the parts of its name, or, where it is a rule's, by that rule's name."""
    if not parts and persona in _RULES:
        return said(_RULES[persona])
    found = parts or _parts_of(persona)
    if not found:
        return _spaced(persona).capitalize()
    who, *others = found
    past = who.split("=")[1]
    title = said(_WHO[past]) if past in _WHO else _spaced(past).capitalize()
    for part in others:
        title = said(_TITLES.get(part, _ANY_TITLE), who=title, value=_spaced(part.split("=")[1]))
    return title


def _parts_of(persona: str) -> list[str]:
    """What the name of a cluster is made of, read back from the name alone; nothing where it is another name."""
    past = next((one for one in _WHO if f"{persona}_".startswith(f"{one}_")), None)
    if past is None:
        return []
    known = {part.split("=")[1]: part for part in _TITLES}
    found, rest = [f"past={past}"], persona.removeprefix(past).removeprefix("_")
    while rest:
        value = next((one for one in known if f"{rest}_".startswith(f"{one}_")), None)
        if value is None:
            return [*found, f"number={rest}"] if rest.isdigit() else []
        found.append(known[value])
        rest = rest.removeprefix(value).removeprefix("_")
    return found


def trait_words(feature: str, value: str) -> str:
    """A value of a feature in a few words."""
    known = _TRAITS.get(f"{feature}={value}")
    return said(known) if known else said(_FEATURES.get(feature, "{value}"), value=_spaced(value))


def trait_sentence(trait: Mapping[str, Any]) -> str:
    """A row of `mart.persona_trait` as a short sentence, such as `On mobile: 62 % here, 41 % of all others`."""
    return said(
        "{what}: {here} here, {elsewhere} of all others",
        what=trait_words(trait["feature"], trait["value"]),
        here=_percent(trait["here_share"]),
        elsewhere=_percent(trait["elsewhere_share"]),
    )


def _percent(share: float) -> str:
    return f"{number(f'{100 * share:.0f}')}\u00a0%"


def _spaced(text: str) -> str:
    return text.replace("_", " ")
