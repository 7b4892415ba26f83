"""How sure it is whose touchpoint it is: how customers were found, and the test of the nearest login."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from journey_analytics.language import said
from journey_analytics.report.blocks import Column, chart, folded, grid, table
from journey_analytics.report.figures import inference as drawn
from journey_analytics.report.figures.inference import Measured, Part
from journey_analytics.report.inference_blocks import not_yet, part, quality_items
from journey_analytics.report.inference_words import item_words, link_rule, login_case, share_right, short_login_case
from journey_analytics.report.markup import Html, tag
from journey_analytics.report.wording import count, interval, share

Frames = Mapping[str, pl.DataFrame]
_Row = dict[str, Any]

OWN = "known by its own identity"
NOBODY = "nobody logged in near it"
_N_COLUMNS = (Column("n", number=True), Column("Share", number=True))
_RULE_COLUMNS = (Column("Rule"), Column("Confidence"), *_N_COLUMNS)
_LOGIN_COLUMNS = (
    Column("Hidden login"), Column("Tried", number=True), Column("Right", number=True),
    Column("Right, of tried", number=True), Column("95 % interval", number=True),
    Column("Confidence stated", number=True),
)  # fmt: skip


def identity(frames: Frames) -> Html:
    """How touchpoints got their customers, and how often the rule for anonymous ones is right when it is tested."""
    title = said("Whose touchpoint it is")
    resolved, logins = quality_items(frames, "unresolved"), _tried(frames)
    if not resolved and not logins:
        return part(title, not_yet("How touchpoints got their customers is counted by {command}.", "journey run"))
    figures = grid("two", _resolution_chart(resolved), _login_chart(logins))
    return part(title, _identity_words(resolved), figures, _identity_tables(frames))


def _tried(frames: Frames) -> list[_Row]:
    """The tries of the nearest login in the order of its kinds and distances; those never tried are left out."""
    kinds = {"one_customer": 0, "several_customers": 1, "no_login": 2}
    bands = {"same_visit": 0, "same_day": 1, "same_week": 2, "same_month": 3}
    places = [
        pl.col(column).replace_strict(order, default=9, return_dtype=pl.Int64)
        for column, order in (("device_kind", kinds), ("distance_band", bands))
    ]
    rows = frames["core.login_reliability"].filter(pl.col("tried_count") > 0)
    return rows.sort(*places, "device_kind", "distance_band").to_dicts()


def _identity_words(resolved: Sequence[_Row]) -> Html | None:
    if not resolved:
        return None
    shares = {row["item"]: row["share"] or 0.0 for row in resolved}
    aside = sum(value for item, value in shares.items() if item.startswith("set aside"))
    own, nobody = shares.get(OWN, 0.0), shares.get(NOBODY, 0.0)
    return tag(
        "p",
        said(
            "{own} of {base_count} touchpoints carry an identity that names their customer. {nearest} were given "
            "to the login nearest in time on their device, {nobody} stay with a device that nobody logged in on, "
            "{aside} were set aside and belong to nobody.",
            own=share(own),
            base_count=count(resolved[0]["base_count"]),
            nearest=share(max(0.0, 1 - own - nobody - aside)),
            nobody=share(nobody),
            aside=share(aside),
        ),
    )


def _resolution_chart(resolved: Sequence[_Row]) -> Html:
    parts = [Part(item_words(row["item"]), row["n"], row["share"] or 0.0, said("touchpoints")) for row in resolved]
    return chart(
        "inference-identity",
        drawn.parts_figure(parts, axis=said("share of touchpoints")),
        title=said("How touchpoints got their customer"),
        definition=said(
            "All touchpoints, those set aside included. Login: the one nearest in time on the same device; the "
            "further away, the less sure."
        ),
        heading="h4",
    )


def _login_chart(logins: Sequence[_Row]) -> Html:
    rows = [
        Measured(
            short_login_case(row["device_kind"], row["distance_band"]), row["right_share"], row["low_share"],
            row["high_share"], row["tried_count"], row["confidence"],
        )
        for row in logins
        if row["right_share"] is not None
    ]  # fmt: skip
    if not rows:
        return tag(
            "p", said("No login could be hidden as a test yet: that takes devices with several logins."), class_="empty"
        )
    return chart(
        "inference-login",
        drawn.measured_figure(
            rows,
            measured=said("Found right again"),
            stated=said("Confidence stated"),
            axis=said("right, of the logins hidden"),
        ),
        title=said("If a login is hidden, is its customer found?"),
        definition=said(
            "Each login is hidden in turn and its customer taken from the nearest other login on the device, by "
            "how many customers use the device (1 or several) and how far away that login is. Device without "
            "login: how far one device is one person. Lines: 95 % intervals. Hollow: fewer than 30 tries. People "
            "who never log in are not in it."
        ),
        heading="h4",
    )


def _identity_tables(frames: Frames) -> Html | None:
    links = [
        (*link_rule(row["item"]), count(row["n"]), share(row["share"]))
        for row in quality_items(frames, "link_confidence")
    ]
    logins = [_login_cells(row) for row in _tried(frames)]
    tables = (
        (links, _RULE_COLUMNS, said("Links of identities to customers, by rule and confidence")),
        (_counted(frames, "shared_device"), _item_columns("Logged in near it"), said("Devices and cookies")),
        (_counted(frames, "cluster_size"), _item_columns("Size"), said("Customers by their strong identities")),
        (logins, _LOGIN_COLUMNS, said("Logins hidden as a test, by what was left to find them with")),
    )
    shown = [table(columns, rows, caption=caption) for rows, columns, caption in tables if rows]
    return folded(said("Show links, shared devices, cluster sizes and tests as tables"), *shown) if shown else None


def _item_columns(title: str) -> tuple[Column, ...]:
    return Column(title), *_N_COLUMNS


def _counted(frames: Frames, section: str) -> list[tuple[str, str, str]]:
    return [(item_words(row["item"]), count(row["n"]), share(row["share"])) for row in quality_items(frames, section)]


def _login_cells(row: _Row) -> tuple[str, ...]:
    return (
        login_case(row["device_kind"], row["distance_band"]),
        count(row["tried_count"]),
        count(row["right_count"]),
        share_right(row["right_share"]),
        interval(row["low_share"], row["high_share"]),
        share(row["confidence"]),
    )
