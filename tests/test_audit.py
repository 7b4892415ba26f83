"""The audit sheet: drawn from a warehouse, judged, taken in; and what becomes of the judgements."""

import csv
import io
import json
import shutil
from pathlib import Path

import polars as pl
import pytest
from audit_oracle import oracle
from typer.testing import CliRunner

from journey_analytics import run as job
from journey_analytics.audit import draw_sheet, run_audit, take_in
from journey_analytics.audit.sheet import COLUMNS, protected, read_sheet, sheet_row, unprotected, write_sheet
from journey_analytics.cli import app
from journey_analytics.config import Config, read_config
from journey_analytics.errors import ConfigurationError, DataError
from journey_analytics.simulate import simulate
from journey_analytics.warehouse import open_published, open_warehouse

HOSTILE = [
    "=1+1",
    "+49 30 1",
    "-2",
    "@cmd",
    "\tx",
    "\rx",
    "\nx",
    "'quoted",
    "''=x",
    "a,b;c\td",
    'say "hi"\nthere',
    "Zoë €",
    "",
]
ITEM = {
    "kind": "link",
    "item_id": "l_1",
    "stratum": "strong_link 0.98 to 1.00",
    "stratum_count": 1234,
    "sample_count": 5,
    "answer": "yes",
    "confidence": 0.985,
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Config:
    folder = tmp_path_factory.mktemp("audit") / "shop"
    simulate(folder, customers=150, days=120, seed=5, dirty=True)
    config = read_config(folder / "journey.toml")
    job.run(config)
    return config


@pytest.fixture
def shop(built: Config, tmp_path: Path) -> Config:
    """A copy that a test may change."""
    shutil.copytree(built.root, tmp_path / "shop")
    return read_config(tmp_path / "shop" / "journey.toml")


@pytest.fixture(scope="module")
def truth(built: Config) -> pl.DataFrame:
    with open_warehouse(built.warehouse) as warehouse:
        return oracle(warehouse, built.root / "truth")


def cells(sheet: Path) -> list[dict[str, str]]:
    with sheet.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def save(sheet: Path, rows: list[dict[str, str]], *, delimiter: str = ",", encoding: str = "utf-8-sig") -> Path:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, rows[0], delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    sheet.write_bytes(text.getvalue().encode(encoding, errors="replace"))
    return sheet


def judged_sheet(config: Config, sheet: Path, verdicts: pl.DataFrame, *, count: int = 300) -> Path:
    draw_sheet(config, sheet, count=count, seed=3)
    told = dict(verdicts.select("item_id", "verdict").iter_rows())
    return save(sheet, [row | {"verdict": told[row["item_id"]]} for row in cells(sheet)])


def test_the_precision_an_oracle_finds_agrees_with_the_truth_of_the_whole_population(shop, truth, tmp_path):
    found = take_in(shop, judged_sheet(shop, tmp_path / "s.csv", truth, count=600)).precision
    known = truth.filter(pl.col("verdict") != "cannot_tell")
    for row in found.filter(pl.col("stratum") == "all").to_dicts():
        judged = found.filter((pl.col("kind") == row["kind"]) & (pl.col("judged_count") > 0))
        of_kind = known.filter(pl.col("kind") == row["kind"]).join(judged, on="stratum", how="semi")
        shares = of_kind.group_by("stratum").agg(right=(pl.col("verdict") == "right").mean())
        weighed = judged.join(shares, on="stratum").select(
            (pl.col("right") * pl.col("stratum_count")).sum() / pl.col("stratum_count").sum()
        )
        assert row["low_share"] <= weighed.item() <= row["high_share"], row
        assert row["high_share"] - row["low_share"] < 0.25
    assert found.filter(pl.col("stratum") == "all")["precision_share"].min() > 0.5


def test_the_strata_add_up_to_the_population(built, tmp_path):
    drawn = draw_sheet(built, tmp_path / "s.csv", count=100, seed=1).strata
    counts = dict(drawn.group_by("kind").agg(pl.col("stratum_count").sum()).iter_rows())
    with open_warehouse(built.warehouse) as warehouse:
        value = warehouse.value
        claims = value("select count(*) from core.touchpoint where stage <> 'unknown' or not is_passive")
        links = value("select count(*) from core.customer_identity where rule <> 'own'")
        pairs = value("select count(*) - count(distinct customer_id) from core.touchpoint where not is_passive")
    assert counts == {"touchpoint": claims, "link": links, "journey_cut": pairs}
    rows = pl.DataFrame(cells(tmp_path / "s.csv")).group_by("kind", "stratum").len()
    drawn_rows = drawn.filter(pl.col("sample_count") > 0).join(rows, on=("kind", "stratum"))
    assert drawn_rows["sample_count"].to_list() == drawn_rows["len"].to_list()
    assert drawn_rows["len"].sum() == 100 == rows["len"].sum()


def test_the_draw_is_the_same_whatever_the_order_of_the_rows_and_another_one_with_another_seed(shop, tmp_path):
    draw_sheet(shop, tmp_path / "a.csv", count=150, seed=1)
    draw_sheet(shop, tmp_path / "other.csv", count=150, seed=2)
    with open_warehouse(shop.warehouse) as warehouse:
        for table in ("core.touchpoint", "core.customer_event", "core.customer_identity", "core.identity_link"):
            warehouse.create_from(table, warehouse.frame(f"from {table}").sample(fraction=1, shuffle=True, seed=4))
    draw_sheet(shop, tmp_path / "b.csv", count=150, seed=1)
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    ids = [{row["item_id"] for row in cells(tmp_path / name)} for name in ("a.csv", "other.csv")]
    assert len(ids[0] & ids[1]) < 75


def test_a_row_shows_what_is_needed_to_judge_it(built, tmp_path):
    draw_sheet(built, tmp_path / "s.csv", count=200, seed=1)
    rows = cells(tmp_path / "s.csv")
    assert list(rows[0]) == list(COLUMNS)
    assert {(row["verdict"], row["comment"]) for row in rows} == {("", "")}
    for row in rows:
        assert row["question"].endswith("?")
        assert row["evidence"]
        assert row["customer_id"].startswith("c_")
        assert (row["occurred_at"] == "") == (row["kind"] == "link")
    stages = [row for row in rows if row["kind"] == "touchpoint"]
    assert any(row["before"].count(" | ") == 1 and row["after"].count(" | ") == 1 for row in stages)
    chains = [row for row in rows if row["stratum"].startswith(("strong_link", "reference_link"))]
    assert chains
    assert all(" → " in row["evidence"] and " events, 20" in row["evidence"] for row in chains)


def test_neighbours_in_the_sheet_are_those_of_the_customer(built, tmp_path):
    draw_sheet(built, tmp_path / "s.csv", count=200, seed=1)
    timeline = (
        "select touchpoint.customer_id, touchpoint.occurred_at, touchpoint.source, touchpoint.activity "
        "from core.touchpoint join core.customer_event as event using (touchpoint_id) order by touchpoint.customer_id, "
        "touchpoint.occurred_at, event.source_rank, touchpoint.source, touchpoint.source_event_id"
    )
    with open_warehouse(built.warehouse) as warehouse:
        rows = warehouse.frame(timeline).to_dicts()
    around = {}
    for place, row in enumerate(rows):
        near = [*([None] * max(0, 2 - place)), *rows[max(0, place - 2) : place], *rows[place + 1 : place + 3]]
        same = [n["activity"] if n and n["customer_id"] == row["customer_id"] else None for n in near]
        key = (row["customer_id"], f"{row['occurred_at']:%Y-%m-%d %H:%M:%S}", row["source"], row["activity"])
        around.setdefault(key, []).append([a for a in same if a])
    for row in cells(tmp_path / "s.csv"):
        if row["kind"] != "link":
            told = [part.split()[3] for part in f"{row['before']} | {row['after']}".split(" | ") if part]
            assert told in around[row["customer_id"], row["occurred_at"], row["source"], row["activity"]]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_cell_is_never_a_formula_and_reads_back_as_it_was(text):
    assert not protected(text).startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert unprotected(protected(text)) == text


@pytest.mark.parametrize(
    ("delimiter", "encoding"),
    [(",", "utf-8-sig"), (",", "utf-8"), (";", "utf-8-sig"), (";", "cp1252"), ("\t", "utf-8")],
)
def test_hostile_texts_survive_the_sheet_however_a_spreadsheet_saves_it(delimiter, encoding, tmp_path):
    rows = [sheet_row(ITEM | {"item_id": f"l_{n}", "stratum": t, "page": t}) for n, t in enumerate(HOSTILE)]
    write_sheet(tmp_path / "s.csv", rows)
    saved = save(tmp_path / "t.csv", cells(tmp_path / "s.csv"), delimiter=delimiter, encoding=encoding)
    assert read_sheet(saved) == list(enumerate(rows, start=2))
    assert (tmp_path / "s.csv").read_bytes().startswith(b"\xef\xbb\xbfkind,")


def test_a_sheet_with_judgements_is_never_overwritten(built, tmp_path):
    (tmp_path / "s.csv").write_text("mine")
    with pytest.raises(ConfigurationError, match="may hold judgements"):
        draw_sheet(built, tmp_path / "s.csv", count=5, seed=1)
    assert (tmp_path / "s.csv").read_text() == "mine"


def test_every_fault_is_told_with_its_row_and_nothing_is_taken_in(shop, tmp_path):
    draw_sheet(shop, tmp_path / "s.csv", count=60, seed=1)
    rows = cells(tmp_path / "s.csv")
    rows[0]["verdict"] = "righ"
    rows[1]["kind"] = "links"
    rows[2]["answer"] = "decision!"
    rows[3]["stratum_count"] = "many"
    rows[4]["stratum_count"] = str(int(rows[4]["stratum_count"]) + 1)
    rows[5]["verdict"] = "right"
    rows.append(rows[5])
    with pytest.raises(DataError) as error:
        take_in(shop, save(tmp_path / "t.csv", rows))
    told = str(error.value)
    assert "row 2: unknown verdict 'righ'; did you mean 'right'?" in told
    assert "row 3: unknown kind 'links'; did you mean 'link'?" in told
    assert told.count("the item was edited") == 3
    assert f"row {len(rows) + 1}: the item of row 7 again" in told
    assert "(6)" in told
    with open_warehouse(shop.warehouse) as warehouse:
        assert not warehouse.has("run.audit_judgement")


def test_what_a_spreadsheet_does_to_a_row_is_no_edit(shop, tmp_path):
    draw_sheet(shop, tmp_path / "s.csv", count=60, seed=1)
    rows = cells(tmp_path / "s.csv")
    for row in rows:
        row |= {"occurred_at": "14/01/2025 17:07", "confidence": "0,95", "stratum_count": f" {row['stratum_count']} "}
        row["verdict"] = " Cannot tell"
    blank = dict.fromkeys(rows[0], "")
    found = take_in(shop, save(tmp_path / "t.csv", [*rows[:30], blank, *rows[30:]], delimiter=";", encoding="cp1252"))
    assert (found.judged_count, found.skipped_count) == (60, 0)
    assert found.precision.filter(pl.col("stratum") == "all")["cannot_tell_count"].sum() == 60


def test_judging_again_replaces_and_the_same_again_changes_nothing(shop, truth, tmp_path):
    sheet = judged_sheet(shop, tmp_path / "s.csv", truth, count=60)
    first = take_in(shop, sheet)
    with open_warehouse(shop.warehouse) as warehouse:
        stored = warehouse.frame("select * from run.audit_judgement order by kind, item_id")
    assert take_in(shop, sheet).precision.equals(first.precision)
    with open_warehouse(shop.warehouse) as warehouse:
        assert warehouse.frame("select * from run.audit_judgement order by kind, item_id").equals(stored)
    rows = cells(sheet)
    for row in rows:
        row |= {"verdict": "wrong", "comment": "=HYPERLINK(1)"}
    rows[0]["verdict"] = ""
    found = take_in(shop, save(sheet, rows))
    assert (found.judged_count, found.skipped_count, found.kept_count) == (59, 1, 1)
    with open_warehouse(shop.warehouse) as warehouse:
        again = warehouse.frame("select * from run.audit_judgement order by kind, item_id")
    kept = again.filter(pl.col("item_id") == rows[0]["item_id"])
    assert again.height == 60
    assert set(again.filter(pl.col("item_id") != rows[0]["item_id"])["verdict"]) == {"wrong"}
    assert kept.equals(stored.filter(pl.col("item_id") == rows[0]["item_id"]))


def test_the_text_says_which_judgements_stay_and_how_to_take_one_back(shop, truth, tmp_path):
    sheet = judged_sheet(shop, tmp_path / "s.csv", truth, count=60)
    rows = cells(sheet)
    rows[0]["verdict"] = ""
    save(sheet, rows)

    def told(verdicts: dict[int, str]) -> str:
        changed = [row | {"verdict": verdicts.get(place, row["verdict"])} for place, row in enumerate(rows)]
        text, _ = run_audit(shop, sheet=None, judged=save(tmp_path / "t.csv", changed), count=1, seed=1)
        return text

    first = told({})
    assert "59 judgements taken in, 1 row without a verdict: " in first
    assert "earlier judgement" not in first
    assert "next: judge the other row and take the sheet in again" in first
    again = told({1: " "})
    assert "58 judgements taken in, 2 rows without a verdict: " in again
    assert "1 earlier judgement of these rows stays: a blank verdict says nothing." in again
    assert "To take one back, write cannot_tell." in again
    assert "next: judge the other row " in again
    assert "2 earlier judgements of these rows stay: " in told({1: "", 2: ""})
    assert "1 judgement taken in, " in told(dict.fromkeys(range(1, 59), ""))
    before = judged_now(shop)
    assert "next: see what was judged wrong" in told({0: "right", 1: "cannot_tell"})
    assert judged_now(shop) == before  # one more judged, one taken back


def judged_now(config: Config) -> int:
    with open_warehouse(config.warehouse) as warehouse:
        return int(warehouse.value("select sum(judged_count) from mart.audit_precision where stratum = 'all'"))


def test_the_precision_tells_its_build_and_when_the_newest_verdict_came(shop, truth, tmp_path):
    sheet = judged_sheet(shop, tmp_path / "s.csv", truth, count=20)
    first = take_in(shop, sheet).precision
    job.run(shop, full=True)
    second = take_in(shop, sheet).precision
    with open_warehouse(shop.warehouse) as warehouse:
        builds = warehouse.rows("select build_id, built_at, cutoff_at from run.build order by build_id")
        judged_at = warehouse.value("select max(judged_at) from run.audit_judgement")
    assert len(builds) == 2
    dates = [frame.select("build_id", "built_at", "cutoff_at").unique().rows() for frame in (first, second)]
    assert dates == [[build] for build in builds]
    for frame in (first, second):
        assert frame["judged_at"].unique().to_list() == [judged_at], "the same again is no newer"


def test_judgements_outlive_the_next_run_and_are_published(shop, truth, tmp_path):
    found = take_in(shop, judged_sheet(shop, tmp_path / "s.csv", truth, count=60))
    for full in (False, True):
        job.run(shop, full=full)
        with open_published(shop.published) as published:
            assert published.frame("select * from mart.audit_precision").equals(found.precision)
            assert not published.has("run.audit_judgement")
        with open_warehouse(shop.warehouse) as warehouse:
            assert warehouse.value("select count(*) from run.audit_judgement") == 60


def test_a_judgement_of_an_answer_that_changed_is_not_counted(shop, truth, tmp_path):
    sheet = judged_sheet(shop, tmp_path / "s.csv", truth, count=60)
    before = take_in(shop, sheet).precision
    with open_warehouse(shop.warehouse) as warehouse:
        warehouse.execute("update core.touchpoint set stage = 'awareness' where stage <> 'unknown'")
        warehouse.execute("delete from core.customer_identity where rule = 'anonymous_device'")
    found = take_in(shop, sheet)
    changed = sum(row["kind"] == "touchpoint" and row["answer"] not in ("awareness", "unknown") for row in cells(sheet))
    gone = sum(row["stratum"].startswith("anonymous_device") for row in cells(sheet))
    whole = {row["kind"]: row for row in found.precision.filter(pl.col("stratum") == "all").to_dicts()}
    assert whole["touchpoint"]["outdated_count"] == changed > 0
    assert found.gone_count == gone > 0
    kept = before.filter(pl.col("kind") == "journey_cut").drop("cutoff_at")
    assert found.precision.filter(pl.col("kind") == "journey_cut").drop("cutoff_at").equals(kept)


def test_a_sheet_of_another_warehouse_is_refused(shop, tmp_path):
    save(tmp_path / "s.csv", [sheet_row(ITEM) | {"verdict": "right"}])
    with pytest.raises(DataError, match="another one"):
        take_in(shop, tmp_path / "s.csv")


@pytest.mark.parametrize("content", ["", "a,b\n1,2\n", 'kind,"item_id\n', "\x00\xff"])
def test_what_is_no_sheet_is_refused(shop, tmp_path, content):
    (tmp_path / "s.csv").write_text(content, encoding="latin-1")
    with pytest.raises(DataError, match=r"s\.csv"):
        take_in(shop, tmp_path / "s.csv")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_sheet_saved_as_unicode_text_is_told_how_to_save_it(shop, tmp_path, encoding):
    save(tmp_path / "s.csv", [sheet_row(ITEM) | {"verdict": "right"}], delimiter="\t", encoding=encoding)
    with pytest.raises(DataError, match=r"is UTF-16.*save it as “CSV UTF-8”") as error:
        take_in(shop, tmp_path / "s.csv")
    assert "lacks" not in str(error.value)


@pytest.mark.parametrize(("gone", "said"), [(1, "the column check_code;"), (2, "the columns comment, check_code;")])
def test_a_sheet_without_some_columns_names_them(shop, tmp_path, gone, said):
    row = dict(list(sheet_row(ITEM).items())[:-gone])
    with pytest.raises(DataError, match=f"lacks {said}"):
        take_in(shop, save(tmp_path / "s.csv", [row]))


def test_a_wrong_path_ends_with_2_and_a_wrong_sheet_with_1(shop, tmp_path):
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n")
    calls = (["--judged", "none.csv"], ["--judged", "."], ["."], ["none/s.csv"], ["--judged", "bad.csv"])
    codes = []
    for *option, name in calls:
        call = ["audit", *option, str(tmp_path / name), "--config", str(shop.file)]
        codes.append(getattr(CliRunner(env={"COLUMNS": "160"}).invoke(app, call).exception, "exit_code", None))
    assert codes == [2, 2, 2, 2, 1]
    said = " ".join(CliRunner(env={"COLUMNS": "160"}).invoke(app, ["audit", "--help"]).output.split())
    assert "Ends with 2 when the call is wrong" in said
    assert "write cannot_tell" in said


def test_the_command_draws_takes_in_and_says_what_to_do_next(shop, truth, tmp_path):
    config, sheet = ["--config", str(shop.file)], tmp_path / "s.csv"
    drawn = CliRunner(env={"COLUMNS": "160"}).invoke(app, ["audit", str(sheet), "--count", "80", *config])
    assert drawn.exit_code == 0, drawn.output
    assert f"journey audit --judged {sheet}" in drawn.output
    told = dict(truth.select("item_id", "verdict").iter_rows())
    save(sheet, [row | {"verdict": told[row["item_id"]]} for row in cells(sheet)])
    text = CliRunner(env={"COLUMNS": "160"}).invoke(app, ["audit", "--judged", str(sheet), *config]).output
    assert "80 judgements taken in" in text
    assert "next: " in text
    assert max(map(len, text.replace(str(sheet), "").replace(str(shop.file), "").splitlines())) <= 120
    found = json.loads(
        CliRunner(env={"COLUMNS": "160"}).invoke(app, ["audit", "--judged", str(sheet), "--json", *config]).output
    )
    assert {row["kind"] for row in found["precision"]} == {"touchpoint", "link", "journey_cut"}


@pytest.mark.parametrize("arguments", [[], ["a.csv", "--judged", "b.csv"]])
def test_asking_for_both_or_neither_is_a_wrong_call(built, arguments):
    done = CliRunner(env={"COLUMNS": "160"}).invoke(app, ["audit", *arguments, "--config", str(built.file)])
    assert isinstance(done.exception, ConfigurationError)
