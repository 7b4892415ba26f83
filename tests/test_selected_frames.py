"""Selections of a workspace: what is computed on demand is what the pipeline writes, or would with other windows."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from journey_analytics import run as job
from journey_analytics.config import Config, read_config
from journey_analytics.contract import STAGES
from journey_analytics.errors import ConfigurationError
from journey_analytics.report import computed_frames
from journey_analytics.report.active import active_frames
from journey_analytics.report.computed_frames import COMPUTED
from journey_analytics.report.example_journeys import MOST_TOUCHPOINTS, Examples, example_journeys
from journey_analytics.report.frames import TABLES, report_frames
from journey_analytics.report.group_sizes import SMALLEST_GROUP
from journey_analytics.report.selected_frames import choosable, selected_frames
from journey_analytics.report.selection import ALL, Choice, narrowed, suppressed
from journey_analytics.report.views import VIEWS
from journey_analytics.selecting.windows import OFFERED
from journey_analytics.simulate import simulate
from journey_analytics.warehouse import Warehouse, open_published

COUNTED = ("mart.stage_dropoff", "mart.stage_exit", "mart.stage_reach", "mart.stage_flow")
STAGE_TABLES = ("mart.stage_dropoff", "mart.stage_exit", "mart.stage_reach", "mart.time_in_stage", "mart.stage_flow")
TWO = Choice({"device": "mobile", "customer_kind": "new"})


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Config:
    folder = tmp_path_factory.mktemp("selected") / "shop"
    simulate(folder, customers=150, days=150, seed=6)
    config = read_config(folder / "journey.toml")
    job.run(config)
    return config


@pytest.fixture(scope="module")
def published(built: Config) -> Iterator[Warehouse]:
    with open_published(built.published) as warehouse:
        yield warehouse


def values(warehouse: Warehouse) -> list[Choice]:
    return [Choice({one.segment: value}) for one in choosable(warehouse) for value, _ in one.values]


def test_all_journeys_are_the_frames_of_the_report(published: Warehouse) -> None:
    expected = suppressed(active_frames(report_frames(published)))
    found = selected_frames(published, ALL)
    for table in TABLES:
        if table in expected:
            assert_frame_equal(found.frames[table], expected[table])
    assert all(found.follows[table] for table in STAGE_TABLES)
    with pytest.raises(KeyError):
        found.frames["mart.nothing"]


def test_one_value_gives_what_narrowing_the_report_gives(published: Warehouse) -> None:
    every = active_frames(report_frames(published))
    for choice in values(published)[::4]:
        found, expected = selected_frames(published, choice), narrowed(every, choice)
        if "country" not in choice.conditions:
            assert found.journey_count == expected.journey_count
        for table in expected.frames:
            if not expected.follows[table] and found.follows[table]:
                assert table in COMPUTED
                continue
            one, other = (_without_months(frames[table]) for frames in (found.frames, expected.frames))
            assert_frame_equal(one, other, check_row_order=False)
            assert found.follows[table] == expected.follows[table], (choice.key, table)


def _without_months(frame: pl.DataFrame) -> pl.DataFrame:
    """Months of a choice are counted on demand; no table holds them."""
    return frame.filter(pl.col("segment") != "entry_month") if "segment" in frame.columns else frame


def test_the_months_of_one_value_are_those_of_the_value_and_the_month_together(published: Warehouse) -> None:
    table, of_month = "mart.stage_dropoff", pl.col("segment") == "entry_month"
    months = selected_frames(published, Choice({"device": "mobile"})).frames[table].filter(of_month)
    assert months["segment_value"].n_unique() > 2
    for month in months["segment_value"].unique().to_list():
        both = selected_frames(published, Choice({"device": "mobile", "month": month})).frames[table]
        own = months.filter(pl.col("segment_value") == month).with_columns(
            segment=pl.lit("all"), segment_value=pl.lit("all")
        )
        assert_frame_equal(_counted(own), _counted(both.filter(pl.col("segment") == "all")), check_row_order=False)


def test_a_value_computed_on_demand_is_the_row_that_the_pipeline_wrote(published: Warehouse) -> None:
    """A period of one month, written as a range, is computed; the same month is read."""
    for month in [value for one in choosable(published) if one.segment == "month" for value, _ in one.values][:3]:
        computed = selected_frames(published, Choice({"month": f"{month}..{month}"}))
        stored = selected_frames(published, Choice({"month": month}))
        assert computed.journey_count == stored.journey_count
        for table in (
            *STAGE_TABLES,
            "mart.selection_headline",
            "mart.headline",
            "mart.path_link",
            "mart.path_activity",
        ):
            one, other = (
                frames[table].filter(pl.col("segment") == "all")
                if "segment" in frames[table].columns
                else frames[table]
                for frames in (computed.frames, stored.frames)
            )
            assert one.height
            assert_frame_equal(_counted(one), _counted(other), check_row_order=False)


def _counted(frame: pl.DataFrame) -> pl.DataFrame:
    """What is computed for a choice; customers are told by the rows of the pipeline alone."""
    return frame.drop("customer_count", strict=False) if "stage" in frame.columns else frame


OFFERED_DAYS, FREE_DAYS = 14, 9
"""A window that is counted every night, and one that is not."""


@pytest.fixture(scope="module", params=[OFFERED_DAYS, FREE_DAYS])
def shorter(
    request: pytest.FixtureRequest, built: Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Warehouse, int]]:
    """The same workspace, run by rules with another window before the purchase, and its days."""
    days = request.param
    folder = tmp_path_factory.mktemp("shorter") / "shop"
    shutil.copytree(built.root, folder)
    rules = folder / "sql" / "config"
    rules.mkdir(parents=True)
    lines = ["stage,window_days", *(f"{stage},{days}" for stage in STAGES[:-1]), "post_purchase,180"]
    (rules / "stage_window.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    config = read_config(folder / "journey.toml")
    job.run(config)
    with open_published(config.published) as warehouse:
        yield warehouse, days


@pytest.mark.parametrize("table", STAGE_TABLES)
def test_another_window_gives_what_a_run_with_it_writes(
    published: Warehouse, shorter: tuple[Warehouse, int], table: str
) -> None:
    run, days = shorter
    computed = _counted(selected_frames(published, Choice({}, days)).frames[table])
    written = _counted(selected_frames(run, ALL).frames[table])
    is_whole = pl.col("segment") == "all" if "segment" in written.columns else pl.lit(value=True)
    assert written.height
    assert_frame_equal(computed.filter(is_whole), written.filter(is_whole), check_row_order=False, check_exact=True)
    default = selected_frames(published, ALL).frames[table]
    assert not default.filter(is_whole).equals(written.filter(is_whole))


def test_any_conditions_with_another_window_are_those_of_a_run_with_it(
    published: Warehouse, shorter: tuple[Warehouse, int]
) -> None:
    run, days = shorter
    months = [value for one in choosable(published) if one.segment == "month" for value, _ in one.values]
    for conditions in (
        TWO.conditions,
        {"device": "mobile"},
        {"month": months[1]},
        {"month": f"{months[3]}..{months[1]}", "persona": values_of(published, "persona")[0]},
        {"first_channel": values_of(published, "first_channel")[0], "country": values_of(published, "country")[0]},
    ):
        computed, written = (
            selected_frames(one, choice)
            for one, choice in ((published, Choice(conditions, days)), (run, Choice(conditions)))
        )
        for table in STAGE_TABLES:
            assert computed.follows[table]
            one, other = (
                # What is computed leaves out too few customers, but does not tell how many there are.
                frames[table].filter(pl.col("segment") == "all").drop("customer_count", strict=False)
                if "segment" in frames[table].columns
                else frames[table]
                for frames in (computed.frames, written.frames)
            )
            assert other.height
            assert_frame_equal(one, other, check_row_order=False)


def values_of(warehouse: Warehouse, segment: str) -> list[str]:
    return [value for one in choosable(warehouse) if one.segment == segment for value, _ in one.values]


def test_a_window_that_is_offered_is_read_from_what_was_counted(
    published: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many entrants there are: nobody reads them."""
    monkeypatch.setattr(computed_frames, "_ENTRANT", "mart.nothing")
    for conditions, tables in (({}, STAGE_TABLES), ({"device": "mobile"}, STAGE_TABLES), (TWO.conditions, COUNTED)):
        for days in OFFERED:
            found = selected_frames(published, Choice(conditions, days)).frames
            assert all(found[table].height for table in tables)


def test_totals_of_several_conditions_are_counted_by_hand(published: Warehouse) -> None:
    rows = published.frame(
        "select j.*, t.amount as bought from core.journey_at_cutoff as j "
        "inner join core.journey_segment as s using (journey_id) "
        "left join (select journey_id, sum(amount) as amount from core.touchpoint_at_cutoff where is_purchase "
        "group by 1) as t using (journey_id) where not j.is_passive and s.device = 'mobile' and s.customer_kind = 'new'"
    )
    found = selected_frames(published, TWO)
    head = found.frames["mart.headline"].row(0, named=True)
    assert head["journey_count"] == found.journey_count == rows.height
    assert head["customer_count"] == rows["customer_id"].n_unique()
    assert head["touchpoint_count"] == rows["touchpoint_count"].sum()
    for status in ("converted", "dropped", "open"):
        assert head[f"{status}_count"] == (rows["status"] == status).sum()
    amount = found.frames["mart.selection_headline"]["amount"].to_list()
    assert amount == pytest.approx([float(rows["bought"].sum())])
    assert head["as_of_at"] == selected_frames(published, ALL).frames["mart.headline"]["as_of_at"][0]


def test_the_paths_of_several_conditions_are_of_these_journeys(published: Warehouse) -> None:
    found = selected_frames(published, TWO)
    for table, started in (("mart.path_activity", "start_count"), ("mart.stage_variant", "journey_count")):
        assert found.follows[table]
        assert found.frames[table][started].sum() == found.journey_count
    tree = found.frames["mart.path_tree"].filter((pl.col("depth") == 0) & (pl.col("level") == "stage"))
    assert tree["journey_count"].to_list() == [found.journey_count]
    flow = found.frames["mart.step_flow"].filter(
        (pl.col("anchor") == "start") & (pl.col("level") == "activity") & (pl.col("node") == "START")
    )
    assert flow["journey_count"].sum() == found.journey_count


def test_paths_cannot_be_chosen_by_country_and_say_so(published: Warehouse) -> None:
    country = next(value for one in choosable(published) if one.segment == "country" for value, _ in one.values)
    found = selected_frames(published, Choice({"country": country, "device": "mobile"}))
    assert found.unfollowed(("mart.stage_dropoff", "mart.path_link")) == ("mart.path_link",)
    assert found.frames["mart.path_link"].height


def test_one_filter_alone_is_followed_as_with_a_window(published: Warehouse) -> None:
    """A window plays no part in paths: with it and without the same journeys are shown."""
    alone, windowed = (selected_frames(published, Choice({"device": "mobile"}, days)) for days in (None, 30))
    for table in ("mart.path_tree", "mart.step_flow", "mart.variant"):
        assert alone.follows[table], table
        assert_frame_equal(alone.frames[table], windowed.frames[table], check_row_order=False)
        assert alone.frames[table].height < selected_frames(published, ALL).frames[table].height


def test_a_country_is_that_of_entering_a_stage_everywhere_and_totals_do_not_follow(published: Warehouse) -> None:
    for country, journeys in next(one.values for one in choosable(published) if one.segment == "country"):
        by_hand = "select distinct journey_id from mart.stage_entrant where country = ?"
        expected = len(published.rows(by_hand, [country]))
        assert journeys == expected
        for conditions in ({"country": country}, {"country": country, "customer_kind": "new"}):
            found = selected_frames(published, Choice(conditions))
            rest = ("mart.headline", "mart.path_tree", "mart.stage_variant")
            assert found.unfollowed(("mart.stage_dropoff", *rest)) == rest
            entered = found.frames["mart.stage_dropoff"].filter(pl.col("segment") == "all")["entered_count"]
            assert found.journey_count is not None
            assert max(entered) <= found.journey_count <= expected
        assert selected_frames(published, Choice({"country": country})).journey_count == expected


def test_a_value_that_no_journey_has_is_refused_with_the_nearest(published: Warehouse) -> None:
    with pytest.raises(ConfigurationError, match="did you mean 'mobile'"):
        selected_frames(published, Choice({"device": "mobil"}))


def test_fewer_than_five_journeys_are_never_shown(published: Warehouse) -> None:
    small = next(
        Choice({"first_channel": channel, "device": device, "month": month})
        for channel, device, month, count, customers in published.rows(
            "select first_channel, device, started_month, count(*), count(distinct customer_id) "
            "from core.selection_journey group by 1, 2, 3 order by all"
        )
        if min(count, customers) < SMALLEST_GROUP
    )
    found = selected_frames(published, small)
    assert found.is_suppressed
    for table in (*STAGE_TABLES, "mart.path_link", "mart.path_activity", "mart.variant", "mart.selection_headline"):
        assert found.frames[table].is_empty(), table
    for stage in ("awareness", "decision"):
        assert example_journeys(published, small, stage=stage, state="dropped") == Examples(None)


@pytest.mark.parametrize("choice", [TWO, Choice(TWO.conditions, 9)])
def test_every_view_is_drawn_under_every_kind_of_choice(published: Warehouse, choice: Choice) -> None:
    drawn = [view.anchor for view in VIEWS if view.make(selected_frames(published, choice).frames) is not None]
    assert {"losses", "flow", "time", "map", "variants"} <= set(drawn)


def test_examples_are_of_the_group_and_tell_nothing_of_the_customer(published: Warehouse) -> None:
    found = example_journeys(published, TWO, stage="decision", state="dropped", limit=4)
    group = selected_frames(published, TWO).frames["mart.stage_dropoff"].filter(pl.col("segment") == "all")
    assert found.group_count == group.filter(pl.col("stage") == "decision")["dropped_count"].item()
    assert len(found.journeys) == 4
    ids = {
        text
        for row in published.rows("select journey_id, customer_id from core.journey_at_cutoff")
        for text in map(str, row)
    }
    for journey in found.journeys:
        seconds = [touchpoint.after_seconds for touchpoint in journey.touchpoints]
        assert seconds == sorted(seconds)
        assert seconds[0] == 0
        assert len(seconds) <= MOST_TOUCHPOINTS
        assert any(touchpoint.stage == "decision" for touchpoint in journey.touchpoints)
        assert not any(one in repr(journey) for one in ids)
    again = example_journeys(published, TWO, stage="decision", state="dropped", limit=4)
    assert again == found


@pytest.mark.parametrize(("stage", "state"), [("decison", "dropped"), ("decision", "lost")])
def test_examples_of_no_stage_or_state_are_refused(published: Warehouse, stage: str, state: str) -> None:
    with pytest.raises(ConfigurationError):
        example_journeys(published, ALL, stage=stage, state=state)


def test_an_older_copy_shows_what_it_has(built: Config, tmp_path: Path) -> None:
    """A copy of a release without the tables of selections: one value follows, several conditions do not."""
    import duckdb

    file = tmp_path / "older.duckdb"
    shutil.copyfile(built.published, file)
    with duckdb.connect(str(file)) as connection:
        for table in ("mart.stage_entrant", "mart.stay_cube", "mart.selection_flow", "core.selection_journey"):
            connection.execute(f"drop table {table}")
        connection.execute("drop table mart.selection_headline")
    with open_published(file) as older:
        assert {one.segment for one in choosable(older)} >= {"device", "persona"}
        one, two = (selected_frames(older, choice) for choice in (Choice({"device": "mobile"}), TWO))
        assert one.follows["mart.stage_dropoff"]
        assert not two.follows["mart.stage_dropoff"]
        assert not one.follows["mart.stage_flow"]
        assert example_journeys(older, TWO, stage="decision", state="dropped") == Examples(None)
