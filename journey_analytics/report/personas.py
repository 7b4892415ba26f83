"""Personas as cards: who they are, how many, what distinguishes them, how they fare, a typical journey."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import polars as pl

from journey_analytics.language import said
from journey_analytics.personas.words import persona_title, trait_words
from journey_analytics.report.blocks import Column, Section, chart, folded, grid, table
from journey_analytics.report.figures.feelings import friction_index
from journey_analytics.report.figures.personas import persona_figure
from journey_analytics.report.markup import Html, join, tag
from journey_analytics.report.stored import retold
from journey_analytics.report.wording import (
    MISSING,
    count,
    interval,
    name,
    share,
    signed,
    signed_interval,
    two_digits,
)

TABLES = ("mart.persona", "mart.persona_trait", "mart.persona_trial", "mart.feeling")

_Row = dict[str, Any]
_MAX_STEPS = 9
_COLUMNS = (
    Column("Persona"), Column("Journeys", number=True), Column("Customers", number=True),
    Column("Share of journeys", number=True), Column("95 % interval", number=True),
    Column("Settled journeys", number=True), Column("With a purchase", number=True),
    Column("95 % interval", number=True), Column("Stability", number=True),
)  # fmt: skip
_TRIAL_COLUMNS = (
    Column("Number of personas", number=True), Column("Lowest stability", number=True),
    Column("Separation", number=True), Column("Separation by chance", number=True), Column("Verdict"),
)  # fmt: skip


def personas(frames: Mapping[str, pl.DataFrame]) -> Section | None:
    """A card per persona, the largest first; null where there is no journey or an older release made the tables."""
    rows = frames["mart.persona"].sort("place", "persona")
    shown = rows.filter(~pl.col("is_suppressed").fill_null(value=False))
    if shown.is_empty():
        return None
    body = [
        grid("two", *_cards(shown, frames)),
        _hidden(rows.height - shown.height),
        tag("p", _origin(rows.row(0, named=True)), class_="definition"),
        tag("div", _conversions(rows), class_="part"),
        _all_figures(shown),
        _trials(frames["mart.persona_trial"]),
    ]
    return Section("personas", said("Personas"), _lead(shown), join(part for part in body if part is not None))


def _title(row: Mapping[str, Any]) -> str:
    return persona_title(row["persona"], row["title_parts"] or [])


def _lead(shown: pl.DataFrame) -> Html:
    """The largest persona; and, of those whose intervals do not touch, the ones that buy most and least often."""
    first = shown.row(0, named=True)
    parts = [
        said(
            "The largest persona is “{persona}” with {share} of the journeys.",
            persona=_title(first),
            share=share(first["journey_share"]),
        )
    ]
    ranked = shown.filter("is_ranked").sort("conversion_share", "persona", descending=[True, False]).to_dicts()
    if ranked and ranked[0]["conversion_low_share"] > ranked[-1]["conversion_high_share"]:
        parts.append(
            said(
                "“{best}” buy most often ({best_share} of settled journeys), “{worst}” least ({worst_share}).",
                best=_title(ranked[0]),
                best_share=share(ranked[0]["conversion_share"]),
                worst=_title(ranked[-1]),
                worst_share=share(ranked[-1]["conversion_share"]),
            )
        )
    return tag("span", " ".join(parts))


def _origin(row: Mapping[str, Any]) -> str:
    """Where the personas come from, in words, with the note of the run."""
    if row["source"] == "data":
        made = said(
            "Clusters of journeys that begin alike: what the customer had done before, channel, device and first "
            "stage. Nothing that happens later is looked at, so no persona buys by definition."
        )
        return f"{made} {_sentence(row['note'])}".strip()
    made = said("Personas by the rules of persona_rule.csv: the first one that fits when a journey begins.")
    return f"{made} {_sentence(row['note'])}".strip()


def _sentence(note: str | None) -> str:
    if not note:
        return ""
    told = "; ".join(retold(part) for part in note.split("; "))
    return f"{told[:1].upper()}{told[1:]}."


def _conversions(rows: pl.DataFrame) -> Html:
    return chart(
        "personas-conversion",
        persona_figure(rows),
        title=said("How often they buy"),
        definition=said(
            "Share of the settled journeys of a persona that ended in a purchase, with 95 % intervals (Wilson): "
            "journeys that began early enough for their outcome to be known. Hollow: fewer than 30."
        ),
        table="mart.persona",
    )


def _cards(shown: pl.DataFrame, frames: Mapping[str, pl.DataFrame]) -> list[Html]:
    traits, felt, trials = frames["mart.persona_trait"], frames.get("mart.feeling"), frames["mart.persona_trial"]
    is_kept = trials["is_kept"].any()
    return [
        _card(
            row | {"is_kept": is_kept},
            traits.filter(pl.col("persona") == row["persona"]).sort("place").to_dicts(),
            _felt(felt, row["persona"]),
        )
        for row in shown.to_dicts()
    ]


def _card(row: _Row, traits: Sequence[_Row], felt: Sequence[str]) -> Html:
    size = said(
        "{share} of all journeys ({interval}): {journeys} journeys of {customers} customers",
        share=share(row["journey_share"]),
        interval=interval(row["journey_low_share"], row["journey_high_share"]),
        journeys=count(row["journey_count"]),
        customers=count(row["customer_count"]),
    )
    facts = [
        _fact(said("What distinguishes them"), _traits(traits)),
        _fact(said("A typical journey"), tag("div", *_steps(row["medoid_activities"] or []), class_="chips")),
        _fact(said("Ends in a purchase"), _bought(row)),
        _fact(said("How they feel"), join([tag("span", text) for text in felt] or [said("too few to tell")])),
    ]
    if row["jaccard"] is not None:
        facts.append(_fact(said("Stability"), _stability(row)))
    return tag("article", tag("h3", _title(row)), tag("p", size, class_="more"), tag("dl", *facts), class_="persona")


def _stability(row: _Row) -> str:
    value = two_digits(row["jaccard"])
    if row["is_kept"]:
        return said("{value} of 1 (0.70 keeps the number of the last run, 0.75 is needed for a new one)", value=value)
    return said("{value} of 1 (0.75 is needed)", value=value)


def _fact(what: str, told: str) -> Html:
    return tag("div", tag("dt", what), tag("dd", told))


def _traits(traits: Sequence[_Row]) -> Html:
    if not traits:
        return tag("span", said("Nothing for sure"))
    return tag("ul", *(_trait(row) for row in traits), class_="traits")


def _trait(row: _Row) -> Html:
    """The words, both shares, and a bar of the share here with a mark where all others are."""
    shares = said("{here}, all others {others}", here=share(row["here_share"]), others=share(row["elsewhere_share"]))
    bar = tag(
        "span",
        tag("i", style=f"width:{100 * row['here_share']:.1f}%"),
        tag("b", style=f"left:{100 * row['elsewhere_share']:.1f}%"),
        class_="track",
        aria_hidden="true",
    )
    return tag("li", tag("span", trait_words(row["feature"], row["value"])), tag("small", shares), bar)


def _steps(activities: Sequence[str]) -> list[Html]:
    """A real journey's activities in order, immediate repeats as one with ×n; what does not fit is counted."""
    runs = [(step, len(list(run))) for step, run in groupby(activities)]
    steps = [
        tag("span", name(step), tag("small", f"×{repeats}") if repeats > 1 else None, class_="chip")
        for step, repeats in runs[:_MAX_STEPS]
    ]
    more = len(runs) - _MAX_STEPS
    return [*steps, tag("span", said("+ {runs} more", runs=count(more)), class_="chip more")] if more > 0 else steps


def _bought(row: _Row) -> str:
    if row["conversion_share"] is None:
        return said("no journey is settled yet")
    told = said(
        "{share} ({interval}) of {settled} settled journeys",
        share=share(row["conversion_share"]),
        interval=interval(row["conversion_low_share"], row["conversion_high_share"]),
        settled=count(row["settled_count"]),
    )
    return told if row["is_ranked"] else f"{told}; {said('fewer than 30: not ranked')}"


def _felt(feelings: pl.DataFrame | None, persona: str) -> list[str]:
    """What its customers said and the friction they met over all stages, each labelled; only what may be shown."""
    if feelings is None or feelings.is_empty():
        return []
    own = feelings.filter((pl.col("persona") == persona) & (pl.col("stage") == "all") & pl.col("is_shown"))
    measured = own.filter((pl.col("kind") == "measured") & (pl.col("measure") == "all")).to_dicts()[:1]
    inferred = own.filter(pl.col("kind") == "inferred").to_dicts()[:1]
    return [
        *(
            said(
                "Measured: {mean} on a scale from −1 to +1 ({interval}; n = {n})",
                mean=signed(row["mean"], 2),
                interval=signed_interval(row["low"], row["high"], 2),
                n=count(row["n"]),
            )
            for row in measured
        ),
        *(
            said(
                "Inferred friction: {mean} of 100 ({low} to {high}; over {n} stages entered)",
                mean=friction_index(row["mean"]),
                low=friction_index(row["low"]),
                high=friction_index(row["high"]),
                n=count(row["n"]),
            )
            for row in inferred
        ),
    ]


def _hidden(amount: int) -> Html | None:
    if not amount:
        return None
    text = said("Left out, because they have fewer than 5 customers: {n}.", n=count(amount))
    return tag("p", text, class_="definition")


def _all_figures(shown: pl.DataFrame) -> Html:
    rows = [
        (
            _title(row),
            count(row["journey_count"]),
            count(row["customer_count"]),
            share(row["journey_share"]),
            interval(row["journey_low_share"], row["journey_high_share"]),
            count(row["settled_count"]),
            share(row["conversion_share"]),
            interval(row["conversion_low_share"], row["conversion_high_share"]),
            two_digits(row["jaccard"]),
        )
        for row in shown.to_dicts()
    ]
    caption = said(
        "Personas, the largest first. Stability: mean Jaccard similarity with the same cluster of resampled customers"
    )
    return folded(said("Show the personas as a table"), table(_COLUMNS, rows, caption=caption))


def _trials(trials: pl.DataFrame) -> Html | None:
    if trials.is_empty():
        return None
    rows = [
        (
            count(row["cluster_count"]),
            two_digits(row["lowest_jaccard"]),
            two_digits(row["silhouette"]),
            two_digits(row["reference_silhouette"]) if row["reference_silhouette"] is not None else MISSING,
            _verdict(row),
        )
        for row in trials.sort("cluster_count").to_dicts()
    ]
    caption = said(
        "Chosen are most personas of which every one comes again in resamples (0.75 or more), which are separated "
        "better than by chance and nearly as well as fewer ones (nine tenths of the best). The number of the last run "
        "is kept while it reaches a little less (0.70, and 85 % of the best). Separation: silhouette of customers they "
        "were not made from; by chance: the same with features shuffled one by one"
    )
    return folded(said("How the number of personas was chosen"), table(_TRIAL_COLUMNS, rows, caption=caption))


def _verdict(row: _Row) -> str:
    if row["is_kept"]:
        return said("kept from the last run")
    if row["is_chosen"]:
        return said("chosen")
    if not row["is_stable"]:
        return said("not stable")
    return said("stable and separate") if row["is_separate"] else said("not separate")
