"""The bad-input corpus: every case has exactly the outcome it names, and its good neighbours survive."""

import re
from collections.abc import Iterator

import pytest
from corpus import email, store, support, web
from corpus.case import NEIGHBOURS, Case
from load_world import World, assert_conserved

from journey_analytics.config import Source
from journey_analytics.load import LoadSummary

FORMATS = {
    "web": ("segment", "", web),
    "email": ("sendgrid", "", email),
    "store": ("shopify", "", store),
    "support": ("zendesk", "ticket", support),
}
TABLE = re.compile(r"\b(raw\.\w+|staging\.event|run\.rejected_event|run\.load)\b")


@pytest.fixture(scope="module", params=FORMATS)
def corpus(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[World, LoadSummary, str]]:
    """All cases of one shape, each a source of its own, loaded at once."""
    format_name, key, part = FORMATS[request.param]
    root = tmp_path_factory.mktemp(request.param)
    sources = [
        Source(case.name, format_name, {key: (str(root / case.name / "*"),)}, case.time_zone, case.delimiter)
        for case in part.CASES
    ]
    with World(root, *sources) as world:
        for case in part.CASES:
            for file, content in case.files.items():
                world.write(f"{case.name}/{file}", content)
        yield world, world.load(), request.param


def test_every_case_has_the_outcome_it_names(corpus: tuple[World, LoadSummary, str], subtests: pytest.Subtests) -> None:
    world, summary, shape = corpus
    for case in FORMATS[shape][2].CASES:
        with subtests.test(case.name):
            _assert_counts(world, case)
            _assert_warnings(case, [text for text in summary.warnings if text.startswith(f"{case.name}/")])
            for condition in case.holds:
                assert world.rows(f"select coalesce({_of(case, condition)}, false)") == [(True,)], condition
            if not case.is_refused:
                assert _neighbours(world, case) == NEIGHBOURS


def test_rows_are_conserved_and_restaging_changes_nothing(corpus: tuple[World, LoadSummary, str]) -> None:
    world, _, _ = corpus
    assert_conserved(world)
    before = world.state()
    world.restage()
    after = world.state()
    for table, rows in before.items():
        assert after[table] == rows, table


def test_every_code_of_a_reader_has_a_case() -> None:
    from journey_analytics.sources.rows import FILE_CODES, ROW_CODES

    covered = {code for _, _, part in FORMATS.values() for case in part.CASES for code in case.rejected}
    assert set(ROW_CODES) | set(FILE_CODES) <= covered | {"bomb", "unreadable_file", "repeated_id"}, (
        "the rest: test_sources_logs"
    )


def _assert_counts(world: World, case: Case) -> None:
    counted = "select reason_code, count(*) from run.rejected_event group by all order by all"
    assert dict(world.rows(_of(case, counted))) == dict(case.rejected)
    accepted, rejected = 0 if case.is_refused else case.accepted, sum(case.rejected.values())
    columns = "sum(read_count), sum(accepted_count), sum(duplicate_count), sum(rejected_count)"
    (found,) = world.rows(_of(case, f"select {columns} from run.load"))
    assert found == (accepted + case.duplicates + rejected, accepted, case.duplicates, rejected)


def _of(case: Case, sql: str) -> str:
    """The query on this case's rows alone."""
    return TABLE.sub(rf"(select * from \1 where source = '{case.name}')", sql)


def _assert_warnings(case: Case, warnings: list[str]) -> None:
    if case.warns:
        assert any(case.warns in text for text in warnings), warnings
    else:
        assert [text for text in warnings if "refused as a whole" not in text and "the same content" not in text] == []


def _neighbours(world: World, case: Case) -> int:
    """How many of the 100 good rows are an event."""
    ids = [f"{prefix}{number}" for number in range(NEIGHBOURS) for prefix in ("m", "e", "")]
    ids += [str(1000 + number) for number in range(NEIGHBOURS)]
    listed = ", ".join(f"'{name}'" for name in ids)
    return world.rows(_of(case, f"select count(*) from staging.event where source_event_id in ({listed})"))[0][0]
