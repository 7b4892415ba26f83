"""What is suggested for each activity that no rule knows, with the evidence in one sentence."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from journey_analytics.contract import STAGES
from journey_analytics.suggestion.contexts import NOTHING
from journey_analytics.suggestion.mixture import stage_shares
from journey_analytics.suggestion.names import Resemblance

COLUMNS: Final = {
    "activity": pl.String,
    "source": pl.String,
    "touchpoint_count": pl.Int64,
    "customer_count": pl.Int64,
    "suggested_stage": pl.String,
    "suggestion_confidence": pl.Float64,
    "context_stage": pl.String,
    "context_share": pl.Float64,
    "resembles": pl.String,
    "resemblance": pl.Float64,
    "before_purchase_share": pl.Float64,
    "after_purchase_share": pl.Float64,
    "evidence": pl.String,
}
"""The columns of `mart.stage_suggestion`."""

_NAME_VOTES: Final = 24.0
"""What the name of an activity says, when it has the very words of a known one: as much as so many journeys."""
_KEY: Final = ("activity", "source")
_DIGITS: Final = 4
_WORTH_SAYING: Final = 0.1


@dataclass(frozen=True)
class Evidence:
    """What is known of the unknown activities.

    Attributes:
        counts: one row per activity and source that no rule matched: `touchpoint_count`, `customer_count`.
        votes: see `contexts.votes`, of all activities.
        places: see `contexts.place_counts`.
        names: by activity, the known one that its name resembles.
        known_shares: by known activity, the share of each of its stages; they need not add up to 1.
    """

    counts: pl.DataFrame
    votes: pl.DataFrame
    places: pl.DataFrame
    names: Mapping[str, Resemblance]
    known_shares: Mapping[str, Mapping[str, float]]


def suggestions(evidence: Evidence, *, least_share: float) -> pl.DataFrame:
    """One row per unknown activity and source, most touchpoints first; ties by name.

    - `suggestion_confidence`: the share, 0 to 1, that the stage is estimated to have among the activity's touchpoints,
      from contexts and name together; null without a suggestion. A rule "always this stage" would be right so often.
    - `suggested_stage`: the stage of the greatest share (ties: the lower stage) if that is at least `least_share`, else
      null: unknown is never guessed.
    - `context_stage`, `context_share`: the same from the contexts alone; null where no journey has it near a stage.
    - `resembles`, `resemblance`: the known activity with the most similar words, 0.3 to 1; null where there is none.
    - `after_purchase_share`, `before_purchase_share`: of its touchpoints that the customer made (all but passive ones),
      those with a purchase within the tail behind, and those with one soon ahead; null where there are none.
    """
    unknown = evidence.votes.filter(pl.col("stage").is_null()).join(evidence.counts, on=_KEY, how="semi")
    known = evidence.votes.filter(pl.col("stage").is_not_null() & ~pl.col("is_inherited"))
    by_context = _by_key(stage_shares(unknown, known))
    together = _by_key(stage_shares(unknown, known, prior=_name_votes(evidence)))
    places = evidence.places.partition_by(_KEY, as_dict=True)
    counts = evidence.counts.sort("touchpoint_count", *_KEY, descending=[True, False, False])
    rows = [
        {
            **count,
            **_suggested(together[key], least_share=least_share),
            **_context(by_context.get(key)),
            **_name(evidence.names.get(count["activity"])),
            **_purchase_shares(places.get(key)),
            "evidence": "; ".join(
                (
                    _place_words(places.get(key)),
                    *_context_words(by_context.get(key)),
                    _name_words(evidence.names.get(count["activity"])),
                )
            ),
        }
        for count in counts.to_dicts()
        for key in [(count["activity"], count["source"])]
    ]
    return pl.DataFrame(rows, schema=COLUMNS)


def _name_votes(evidence: Evidence) -> pl.DataFrame:
    """What the names say, as votes: nothing in doubt, the more the name resembles the known one."""
    rows = [{**row, **_votes_of(row["activity"], evidence)} for row in evidence.counts.select(_KEY).to_dicts()]
    return pl.DataFrame(rows, schema={**dict.fromkeys(_KEY, pl.String), **dict.fromkeys(STAGES, pl.Float64)})


def _votes_of(activity: str, evidence: Evidence) -> dict[str, float]:
    found = evidence.names.get(activity)
    if found is None:
        return dict.fromkeys(STAGES, 0.0)
    shares = evidence.known_shares.get(found.activity, {})
    return {stage: _NAME_VOTES * found.resemblance**2 * shares.get(stage, 0.0) for stage in STAGES}


def _by_key(shares: pl.DataFrame) -> dict[tuple[str, str], dict[str, float]]:
    return {(row["activity"], row["source"]): {s: row[s] for s in STAGES} for row in shares.to_dicts()}


def _greatest(shares: Mapping[str, float]) -> tuple[str, float]:
    """The stage of the greatest share, and the share; rounded first, so that a tie is one."""
    rounded = {stage: round(share, _DIGITS) for stage, share in shares.items()}
    stage = max(STAGES, key=lambda name: rounded[name])
    return stage, rounded[stage]


def _suggested(shares: Mapping[str, float], *, least_share: float) -> dict[str, Any]:
    stage, share = _greatest(shares)
    is_enough = share >= least_share
    return {
        "suggested_stage": stage if is_enough else None,
        "suggestion_confidence": share if is_enough else None,
    }


def _context(shares: Mapping[str, float] | None) -> dict[str, Any]:
    stage, share = _greatest(shares) if shares else (None, None)
    return {"context_stage": stage, "context_share": share}


def _name(found: Resemblance | None) -> dict[str, Any]:
    return {
        "resembles": found.activity if found else None,
        "resemblance": found.resemblance if found else None,
    }


def _purchase_shares(places: pl.DataFrame | None) -> dict[str, Any]:
    if places is None:
        return {"before_purchase_share": None, "after_purchase_share": None}
    total = _total(places)
    return {
        "before_purchase_share": round(total["buys_count"] / total["act_count"], _DIGITS),
        "after_purchase_share": round(total["bought_count"] / total["act_count"], _DIGITS),
    }


def _total(places: pl.DataFrame) -> dict[str, Any]:
    return places.filter(pl.col("before").is_null()).row(0, named=True)


def _place_words(places: pl.DataFrame | None) -> str:
    """The commonest pair of neighbours, in journeys; ties by name."""
    if places is None:
        return "no customer did it: it is passive"
    total = _total(places)["journey_count"]
    telling = (pl.col("before") != NOTHING) | (pl.col("after") != NOTHING)
    ranked = places.filter(telling).sort("journey_count", "before", "after", descending=[True, False, False])
    if ranked.is_empty():
        return f"none of {_journeys(total)} has it near a touchpoint with a stage"
    first = ranked.row(0, named=True)
    return f"{first['journey_count']:,} of {_journeys(total)} have it {_between(first['before'], first['after'])}"


def _journeys(count: int) -> str:
    return f"{count:,} journey{'s' if count != 1 else ''}"


def _between(before: str, after: str) -> str:
    if before == NOTHING:
        return f"first, before {after}"
    if after == NOTHING:
        return f"last, after {before}"
    return f"amid {before}" if before == after else f"between {before} and {after}"


def _context_words(shares: Mapping[str, float] | None) -> list[str]:
    """The two greatest shares of some size: two alike say that the activity is a mixture."""
    if shares is None:
        return []
    ranked = sorted(STAGES, key=lambda stage: -round(shares[stage], _DIGITS))[:2]
    said = [f"{stage} in {100 * shares[stage]:.0f} %" for stage in ranked if shares[stage] >= _WORTH_SAYING]
    return [f"judged by what surrounds it, it is {' and '.join(said)} of the cases"]


def _name_words(found: Resemblance | None) -> str:
    if found is None:
        return "the name resembles no known activity"
    return f"the name resembles {found.activity} ({100 * found.resemblance:.0f} % of the words)"
