"""The report counts journeys in which the customer did something, and says how many it leaves apart."""

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from report_world import GENERATED, world_frames

from journey_analytics.report.active import PASSIVE_PARTS, active_frames
from journey_analytics.report.frames import complete
from journey_analytics.report.page import report_page

FRAMES = world_frames(journeys=300)
MAIL = {
    "mart.activity": {"activity": "email_bounced", "stage": "unknown"},
    "mart.directly_follows": {
        "activity": "email_bounced",
        "next_activity": "email_bounced",
        "median_seconds": 60.0,
        "p90_seconds": 60.0,
    },
    "mart.variant": {"variant_id": "mail", "activities": ["email_bounced"], "journey_share_of_all": 0.0},
    "mart.stage_variant": {"variant_id": "mail", "stages": [], "journey_share_of_all": 0.0},
}


def with_mail(count: int) -> dict[str, pl.DataFrame]:
    """The world with rows that only passive journeys touch."""
    frames = dict(FRAMES)
    for table, parts in PASSIVE_PARTS.items():
        counts = dict.fromkeys([*parts, *parts.values()], count)
        mail = pl.DataFrame([MAIL[table] | counts], schema_overrides={"stages": pl.List(pl.String)})
        frames[table] = pl.concat([frames[table], mail], how="diagonal_relaxed")
    headline = FRAMES["mart.headline"].with_columns(
        passive_journey_count=pl.lit(count), passive_touchpoint_count=pl.lit(count),
        touchpoint_count=pl.col("touchpoint_count") + count,
    )  # fmt: skip
    return frames | {"mart.headline": headline}


@pytest.mark.parametrize("table", PASSIVE_PARTS)
def test_rows_that_only_passive_journeys_touch_are_left_out(table: str):
    found = active_frames(complete(with_mail(9_000)))[table]
    assert_frame_equal(found, active_frames(complete(FRAMES))[table])


@pytest.mark.parametrize("table", PASSIVE_PARTS)
def test_passive_parts_are_taken_off_once(table: str):
    parts = PASSIVE_PARTS[table]
    doubled = complete(FRAMES)[table].with_columns(
        *(pl.col(whole) * 2 for whole in parts),
        *(pl.col(whole).alias(part) for whole, part in parts.items()),
    )
    once = active_frames({table: doubled})
    assert_frame_equal(once[table], active_frames(complete(FRAMES))[table])
    assert_frame_equal(active_frames(once)[table], once[table])


def test_waits_are_those_of_active_journeys():
    waits = complete(FRAMES)["mart.directly_follows"].with_columns(active_median_seconds=pl.lit(7.0))
    found = active_frames({"mart.directly_follows": waits})["mart.directly_follows"]
    assert set(found["median_seconds"]) == {7.0}
    assert_frame_equal(found.select("p90_seconds"), waits.select("p90_seconds"))


def test_journeys_end_with_the_last_thing_the_customer_did():
    activities = complete(FRAMES)["mart.activity"]
    last = activities.with_columns(dropped_last_act_count=pl.col("dropped_end_count") + 1)
    found = active_frames({"mart.activity": last})["mart.activity"]
    assert found["dropped_end_count"].to_list() == last["dropped_last_act_count"].to_list()
    assert found["open_end_count"].to_list() == activities["open_end_count"].to_list()


def test_the_page_differs_by_the_sentence_alone():
    plain, mail = (
        report_page(frames, generated_at=GENERATED, has_selections=False) for frames in (FRAMES, with_mail(9_000))
    )
    start = mail.index('<p class="meaning"><b data-kpi="passive_journey_count">')
    end = mail.index("</p>", start) + len("</p>")
    assert "9,000 contact-only journeys</b> are left apart" in mail[start:end]
    assert plain == _without_quality(mail[:start] + mail[end:], plain)


def _without_quality(page: str, other: str) -> str:
    """The share of touchpoints without a stage is of all of them: the only other number that moves."""
    of = " touchpoints have no stage"
    ours, theirs = (text[: text.index(of)].rsplit(" of ", 1)[1] for text in (page, other))
    return page.replace(f" of {ours}{of}", f" of {theirs}{of}")


def test_one_contact_only_journey_is_said_in_the_singular():
    assert "1 contact-only journey</b> is left apart" in report_page(
        with_mail(1), generated_at=GENERATED, has_selections=False
    )


def test_without_contact_only_journeys_nothing_is_said():
    assert "left apart" not in report_page(FRAMES, generated_at=GENERATED, has_selections=False)
