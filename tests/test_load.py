"""One file at a time: what lands, what is a duplicate, what is refused, and that nothing loaded is ever lost."""

import gzip
import os
import shutil
from pathlib import Path

import pytest
from load_world import LOADED_AT, World, assert_conserved, changed, jsonl, message, segment

from journey_analytics import build, load
from journey_analytics.config import Source
from journey_analytics.contract import EVENT_COLUMNS
from journey_analytics.errors import ConfigurationError
from journey_analytics.load import file as load_file
from journey_analytics.load import settle as load_settle
from journey_analytics.sources import Limits
from journey_analytics.sources.files import OpenDelivery

GOOD = [message(number) for number in range(100)]


def test_rows_land_with_load_file_and_row_and_become_events(tmp_path: Path) -> None:
    with World(tmp_path) as world:
        world.write("landing/web/a.jsonl", GOOD)
        summary = world.load()
        assert (summary.read_count, summary.accepted_count, summary.warnings) == (100, 100, ())
        assert world.rows(
            "select load_id, source, file, min(row_number), max(row_number) from raw.segment group by all"
        ) == [(1, "web", "landing/web/a.jsonl", 1, 100)]
        assert world.rows("select count(*), count(distinct source_event_id) from staging.event") == [(100, 100)]
        assert world.rows("select format, raw_table, byte_count from run.load") == [
            ("segment", "raw.segment", len(jsonl(GOOD)))
        ]
        assert_conserved(world)


def test_the_same_file_again_changes_nothing(tmp_path: Path) -> None:
    with World(tmp_path) as world:
        path = world.write("landing/web/a.jsonl", GOOD)
        world.load()
        before = world.state()
        assert [file.status for file in world.load().files] == ["known"]
        os.utime(path)
        assert [file.status for file in world.load().files] == ["known"]
        assert world.state() == before


def test_a_file_at_rest_is_known_without_being_read_and_a_rewritten_one_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = LOADED_AT.replace(year=2099)
    with World(tmp_path) as world:
        path = world.write("landing/web/a.jsonl", GOOD[:2])
        world.load(loaded_at=later)
        with monkeypatch.context() as patch:
            patch.setattr(OpenDelivery, "content_hash", lambda opened: pytest.fail("the file was read"))
            assert [file.status for file in world.load().files] == ["known"]
        before = path.stat().st_mtime_ns
        path.write_bytes(path.read_bytes().replace(b"m1", b"m9"))
        os.utime(path, ns=(before + 1, before + 1))
        assert [file.accepted_count for file in world.load().files] == [1]


def test_a_copy_under_another_name_is_all_duplicates(tmp_path: Path) -> None:
    with World(tmp_path) as world:
        first = world.write("landing/web/a.jsonl", [*GOOD, {"no": "message"}])
        world.load()
        before = world.events()
        shutil.copy(first, tmp_path / "landing/web/b.jsonl")
        assert [file.status for file in world.load().files] == ["known", "copy"]
        assert world.rows(
            "select read_count, accepted_count, duplicate_count, rejected_count from run.load order by 1, 2"
        ) == [
            (101, 0, 101, 0),
            (101, 100, 0, 1),
        ]
        assert world.events() == before
        assert_conserved(world)


def test_a_file_that_grew_brings_its_new_rows_only(tmp_path: Path) -> None:
    with World(tmp_path) as world:
        path = world.write("landing/web/a.jsonl", GOOD[:60])
        world.load()
        path.write_bytes(jsonl(GOOD))
        world.load()
        assert world.rows("select read_count, accepted_count, duplicate_count from run.load order by load_id") == [
            (60, 60, 0),
            (100, 40, 60),
        ]
        assert world.rows("select count(*) from raw.segment") == [(100,)]
        assert_conserved(world)


def test_a_row_given_twice_in_one_file_is_kept_once(tmp_path: Path) -> None:
    with World(tmp_path) as world:
        world.write("landing/web/a.jsonl", [*GOOD, *GOOD[:7]])
        world.load()
        assert world.counts() == (107, 100, 7, 0)
        assert_conserved(world)


def test_rows_that_make_no_touchpoint_stay_in_raw_and_are_known_again(tmp_path: Path) -> None:
    mail = Source(name="mail", format="sendgrid", paths={"": (str(tmp_path / "mail/*"),)})
    processed = {"email": "a@example.com", "event": "processed", "timestamp": 1767225600, "sg_event_id": "p1"}
    with World(tmp_path, mail) as world:
        world.write("mail/a.jsonl", [processed])
        world.write("mail/b.jsonl", [processed, processed | {"sg_event_id": "p2"}])
        world.load()
        assert world.counts() == (3, 2, 1, 0)
        assert (world.rows("select count(*) from raw.sendgrid"), world.events()) == ([(2,)], [])


def test_two_sources_of_one_format_do_not_mix(tmp_path: Path) -> None:
    shop, blog = segment(tmp_path, "shop/*"), Source("blog", "segment", {"": (str(tmp_path / "blog/*"),)})
    with World(tmp_path, shop, blog) as world:
        world.write("shop/a.jsonl", GOOD)
        world.write("blog/a.jsonl", GOOD)
        world.load()
        assert world.rows("select source, count(*) from staging.event group by all order by all") == [
            ("blog", 100),
            ("web", 100),
        ]
        assert world.counts() == (200, 200, 0, 0)


def test_a_batch_boundary_changes_nothing(tmp_path: Path) -> None:
    rows = [*GOOD, *GOOD[:9], changed(3), {"no": "message"}]
    states = []
    for name, size in (("small", 7), ("large", 1000)):
        with World(tmp_path / name) as world:
            world.write("landing/web/a.jsonl", jsonl(rows) + b"{cut")
            world.load(limits=Limits(batch_rows=size, chunk_bytes=1000 if size == 7 else 1 << 20))
            state = world.state()
            state["run.load"] = [row[:12] + row[13:] for row in state["run.load"]]
            states.append(state)
    assert states[0] == states[1]


def test_a_file_that_changes_while_it_is_read_is_left_for_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with World(tmp_path) as world:
        path = world.write("landing/web/a.jsonl", GOOD)
        whole = load_file.FileRead.batches

        def growing(self, *args, **more):
            with path.open("ab") as grown:
                grown.write(jsonl([message(100)]))
            return whole(self, *args, **more)

        with monkeypatch.context() as patch:
            patch.setattr(load_file.FileRead, "batches", growing)
            summary = world.load()
        assert [file.status for file in summary.files] == ["left"]
        assert "left for the next run" in summary.warnings[0]
        assert world.rows("select count(*) from run.load") == [(0,)]
        assert world.load().accepted_count == 101


def test_a_failure_in_the_middle_of_a_file_leaves_nothing_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with World(tmp_path) as world:
        world.write("landing/web/a.jsonl", GOOD)
        world.load()
        before = world.state()
        world.write("landing/web/b.jsonl", [changed(3), message(200)])
        with monkeypatch.context() as patch:
            patch.setattr(load_settle, "_SHIFT", "select no_such_column from run.load")
            with pytest.raises(ConfigurationError):
                world.load()
        assert world.state() == before
        assert world.load().read_count == 2
        assert_conserved(world)


def test_load_ids_rise_whatever_the_clock_does(tmp_path: Path) -> None:
    with World(tmp_path) as world:
        world.write("landing/web/a.jsonl", GOOD[:50])
        world.load()
        world.write("landing/web/b.jsonl", GOOD[50:])
        world.load(loaded_at=LOADED_AT.replace(year=2026, month=5, day=30))
        assert world.rows("select load_id, file from run.load order by loaded_at") == [
            (2, "landing/web/b.jsonl"),
            (1, "landing/web/a.jsonl"),
        ]


@pytest.mark.parametrize("content", [b"", b"\n \n\r\n", b"\xef\xbb\xbf"])
def test_a_file_without_rows_is_recorded_with_a_warning(tmp_path: Path, content: bytes) -> None:
    with World(tmp_path) as world:
        world.write("landing/web/a.jsonl", content)
        summary = world.load()
        assert world.counts() == (0, 0, 0, 0)
        assert "the file" in summary.warnings[0]
        assert [file.status for file in world.load().files] == ["known"]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("cut.jsonl.gz", gzip.compress(jsonl(GOOD))[:-20], "gzip_truncated"),
        (
            "crc.jsonl.gz",
            gzip.compress(jsonl(GOOD))[:-8] + b"\0\0\0\0" + gzip.compress(jsonl(GOOD))[-4:],
            "gzip_corrupt",
        ),
        ("tail.jsonl.gz", gzip.compress(jsonl(GOOD)) + b"and something else", "gzip_corrupt"),
        ("plain.jsonl.gz", jsonl(GOOD), "not_gzip"),
        ("zeros.jsonl.gz", gzip.compress(b"\0" * 3_000_000), "bomb"),
        ("broken.parquet", b"PAR1 and no more", "unreadable_file"),
    ],
)
def test_a_file_that_cannot_be_trusted_is_refused_whole(tmp_path: Path, name: str, content: bytes, code: str) -> None:
    with World(tmp_path) as world:
        world.write("landing/web/a.jsonl", GOOD[:5])
        world.write(f"landing/web/{name}", content)
        summary = world.load(limits=Limits(ratio_from_bytes=1 << 20))
        assert [file.status for file in summary.files] == ["loaded", "refused"]
        assert world.rows("select read_count, rejected_count from run.load where load_id = 2") == [(1, 1)]
        assert world.rows("select load_id, row_number, reason_code from run.rejected_event") == [(2, 0, code)]
        assert world.rows("select count(*) from raw.segment") == [(5,)]
        assert [file.status for file in world.load().files] == ["known", "known"]
        assert_conserved(world)


def test_a_large_bomb_stops_early(tmp_path: Path) -> None:
    with World(tmp_path) as world:
        world.write("landing/web/bomb.jsonl.gz", gzip.compress(b"\0" * (80 << 20)))
        world.load()
        assert world.codes() == {"bomb": 1}


def test_a_missing_column_refuses_the_file_until_the_cause_is_gone(tmp_path: Path) -> None:
    users = {"user": (str(tmp_path / "support/user*.csv"),)}
    lines = [f"{number};end-user;a{number}@example.com;2026-01-01 12:00:00" for number in range(20)]
    content = "\n".join(["id;role;email;created_at", *lines, ""])
    with World(tmp_path, Source("support", "zendesk", users)) as world:
        world.write("support/user.csv", content)
        world.load()
        assert world.rows("select row_number, reason_code from run.rejected_event") == [(0, "missing_column")]
        assert "'id' is missing" in world.rows("select reason from run.rejected_event")[0][0]
        before = world.state()
        world.load()
        assert world.state() == before
        world.sources = (Source("support", "zendesk", users, delimiter=";"),)
        world.load()
        assert world.counts() == (20, 20, 0, 0)
        assert world.codes() == {}


def test_an_unknown_table_key_names_the_nearest(tmp_path: Path) -> None:
    with World(tmp_path, Source("support", "zendesk", {"tickets": (str(tmp_path / "s/*.csv"),)})) as world:
        world.write("s/t.csv", "id\n1\n")
        with pytest.raises(ConfigurationError, match=r"'support'.*no path\.tickets; did you mean 'ticket'"):
            world.load()


def test_one_path_for_several_tables_and_the_other_way_round_say_what_to_write(tmp_path: Path) -> None:
    paths = (str(tmp_path / "s/*.csv"),)
    several, one = Source("support", "zendesk", {"": paths}), Source("web", "segment", {"page": paths})
    with World(tmp_path, several) as world:
        expected = r"'support': format zendesk needs path = \{ ticket = …, ticket_comment = …, .*user = … \}"
        with pytest.raises(ConfigurationError, match=expected):
            world.load()
        world.sources = (one,)
        with pytest.raises(
            ConfigurationError, match=r"'web': format segment takes path = .* table with the key 'page'"
        ):
            world.load()


@pytest.mark.parametrize("model", ["", "selec load_id fro raw.segment"])
def test_a_model_that_reads_no_raw_table_says_so(tmp_path: Path, model: str) -> None:
    (tmp_path / "sql/staging").mkdir(parents=True)
    (tmp_path / "sql/staging/segment.sql").write_text(model)
    expected = r"segment\.sql reads no raw table; .* from raw\.segment"
    with World(tmp_path, overlay=tmp_path / "sql") as world, pytest.raises(ConfigurationError, match=expected):
        world.load()


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ("load_id, -row_number as row_number, source", "row_number -100, source 'web'; expected a row that landed"),
        ("load_id, row_number, 'shop' as source", "source 'shop'; expected source 'web' for that row"),
        ("null as load_id, row_number, source", "load_id None"),
    ],
)
def test_a_model_that_gives_rows_another_origin_is_at_fault(tmp_path: Path, columns: str, expected: str) -> None:
    (tmp_path / "sql/staging").mkdir(parents=True)
    (tmp_path / "sql/staging/segment.sql").write_text(f"select {columns} from raw.segment")
    with World(tmp_path, overlay=tmp_path / "sql") as world:
        world.write("landing/web/a.jsonl", GOOD)
        with pytest.raises(ConfigurationError, match="pass load_id, row_number and source through") as caught:
            world.load()
        assert "segment.sql: staged load_id" in str(caught.value)
        assert expected in str(caught.value)
        assert world.rows("select count(*) from run.load") == [(0,)]


def test_an_unknown_ending_stops_the_load_before_the_first_file(tmp_path: Path) -> None:
    (tmp_path / "sql/staging").mkdir(parents=True)
    (tmp_path / "sql/staging/plain.sql").write_text("select load_id, row_number, source from raw.plain")
    plain = Source("plain", "plain", {"": (str(tmp_path / "in/*"),)})
    with World(tmp_path, segment(tmp_path), plain, overlay=tmp_path / "sql") as world:
        world.write("landing/web/a.jsonl", GOOD)
        world.write("in/b.xlsx", b"PK")
        with pytest.raises(ConfigurationError, match=r"source 'plain': in/b\.xlsx: .*-- reads: jsonl"):
            world.load()
        assert world.rows("select count(*) from run.load") == [(0,)]


def test_a_wrong_column_of_a_model_names_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "sql/staging").mkdir(parents=True)
    model = "select load_id, row_number, source, 'x' as acitvity from raw.segment"
    (tmp_path / "sql/staging/segment.sql").write_text(model)
    with World(tmp_path, overlay=tmp_path / "sql") as world:
        world.write("landing/web/a.jsonl", GOOD)
        with pytest.raises(ConfigurationError, match="did you mean 'activity'"):
            world.load()
        assert world.rows("select count(*) from run.load") == [(0,)]


def test_a_missing_folder_is_found_before_anything_is_loaded(tmp_path: Path) -> None:
    with World(tmp_path) as world:
        world.write("landing/web/a.jsonl", GOOD)
        elsewhere = Source("mail", "sendgrid", {"": (str(tmp_path / "nowhere/*.jsonl"),)})
        world.sources = (*world.sources, elsewhere)
        with pytest.raises(ConfigurationError, match=r"source 'mail', path: the folder .*nowhere does not exist"):
            world.load()
        assert not world.warehouse.has("run.load")


def test_a_warehouse_without_a_newer_column_gets_it(tmp_path: Path) -> None:
    with World(tmp_path) as world:
        world.write("landing/web/a.jsonl", GOOD[:2])
        world.load()
        world.warehouse.execute("alter table staging.event drop column topic")
        world.write("landing/web/b.jsonl", [message(2), changed(0)])
        assert world.load().read_count == 2
        assert sorted(world.warehouse.columns("staging.event")) == sorted(EVENT_COLUMNS)


def test_one_source_alone_can_be_loaded(tmp_path: Path) -> None:
    with World(tmp_path) as world:
        world.write("landing/web/a.jsonl", GOOD)
        seen: list[str] = []
        loaded = load.load_sources(
            world.warehouse,
            sources=world.sources[:1],
            files=build.sql_files(),
            root=tmp_path,
            loaded_at=LOADED_AT,
            progress=seen.append,
        )
        assert (loaded.accepted_count, seen) == (100, ["landing/web/a.jsonl"])
