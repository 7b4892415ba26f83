"""Planned journeys as they are written down: the table, its faults, and what journey.toml says about them."""

from pathlib import Path

import pytest

from journey_analytics.config import read_config
from journey_analytics.errors import ConfigurationError
from journey_analytics.mining.walk import Walk
from journey_analytics.planned.declared import DeclaredPlan, plans_digest
from journey_analytics.planned.plan import Plan, read_plan
from journey_analytics.planned.rows import read_rows, rows_tree

SOURCE = '[[source]]\nname = "web"\nformat = "segment"\npath = "landing/*.jsonl"\n'
BUYING = """stage,touchpoint,order,optional,repeats
awareness,home_viewed,1,yes,yes
awareness,blog_viewed,1,yes,yes
consideration,product_viewed,2,,yes
decision,order_placed|order_completed,3,no,
,product_reviewed,4,yes,
"""


def plan_of(
    folder: Path, text: str, *, level: str | None = None, ignore: tuple[str, ...] = (), end: str = ".csv"
) -> Plan:
    file = folder / f"plan{end}"
    file.write_text(text, encoding="utf-8")
    return read_plan(DeclaredPlan("buying", file, level, ignore))


def fault_of(folder: Path, text: str, **options: object) -> str:
    with pytest.raises(ConfigurationError) as found:
        plan_of(folder, text, **options)  # type: ignore[arg-type]
    return str(found.value)


def allows(plan: Plan, *steps: str) -> bool:
    walk = Walk(plan.net)
    state: int | None = Walk.START
    for step in steps:
        state = None if state is None else walk.following(state).get(step)
    return state is not None and walk.can_end(state)


def test_a_table_becomes_a_tree(tmp_path):
    (tmp_path / "plan.csv").write_text(BUYING, encoding="utf-8")
    assert str(rows_tree(read_rows(tmp_path / "plan.csv"))) == (
        "->( *( tau, 'blog_viewed', 'home_viewed' ), *( 'product_viewed', tau ), 'order_completed|order_placed', "
        "X( tau, 'product_reviewed' ) )"
    )


def test_a_table_allows_what_it_says(tmp_path):
    plan = plan_of(tmp_path, BUYING)
    order = "order_completed|order_placed"
    assert (plan.level, dict(plan.renamed)) == ("activity", {"order_completed": order, "order_placed": order})
    assert allows(plan, "product_viewed", order)
    assert allows(plan, "blog_viewed", "home_viewed", "blog_viewed", "product_viewed", "product_viewed", order)
    assert allows(plan, "product_viewed", order, "product_reviewed")
    assert not allows(plan, order)
    assert not allows(plan, "product_viewed", "home_viewed", order)
    assert not allows(plan, "product_viewed", order, order)
    assert not allows(plan, "product_viewed", order, "product_reviewed", "product_reviewed")


def test_rows_of_one_order_come_in_any_order(tmp_path):
    plan = plan_of(tmp_path, "touchpoint,order,optional,repeats\na,1,,\nb,1,,yes\nc,1,yes,\nd,2,,\n")
    assert allows(plan, "a", "b", "d")
    assert allows(plan, "b", "a", "b", "c", "d")
    assert not allows(plan, "a", "a", "b", "d")
    assert not allows(plan, "a", "d")


def test_the_order_is_a_number_and_lines_may_stand_anyhow(tmp_path):
    lines = ["touchpoint,order", "late,10", "early,9", "first,2"]
    assert allows(plan_of(tmp_path, "\n".join(lines)), "first", "early", "late")
    one, other = ([lines[0], *part] for part in (lines[1:], lines[:0:-1]))
    assert plan_of(tmp_path, "\n".join(one)).net == plan_of(tmp_path, "\n".join(other)).net


def test_a_plan_of_stages_is_known_by_its_labels(tmp_path):
    plan = plan_of(tmp_path, "stage,order,optional\nawareness,1,yes\ndecision,2,\npost_purchase,3,\n")
    assert plan.level == "stage"
    assert plan.labels["decision"].stage == "decision"
    assert allows(plan, "decision", "post_purchase")
    assert plan_of(tmp_path, "->( 'awareness', 'decision' )", end=".ptree").level == "stage"


def test_a_process_tree_and_what_the_table_says_about_labels(tmp_path):
    tree = plan_of(tmp_path, "->( 'a', X( tau, 'b' ) )", end=".ptree")
    assert allows(tree, "a", "b")
    assert allows(tree, "a")
    assert tree.labels["b"].is_optional is None
    table = plan_of(tmp_path, "stage,touchpoint,order,optional\nawareness,a,1,yes\ndecision,a,2,no\n,b,3,yes\n")
    assert [(name, label.stage, label.is_optional) for name, label in table.labels.items()] == [
        ("a", "awareness", False), ("b", None, True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "column 'order' is missing"),
        ("touchpoint,order\n", "it has no rows below its header"),
        ("stage,touchpont,order\n", "unknown column 'touchpont'; did you mean 'touchpoint'?"),
        ("touchpoint,order,order\na,1,1\n", "column 'order' stands twice"),
        ("touchpoint\na\n", "column 'order' is missing; expected a whole number in every row"),
        ("order\n1\n", "column 'touchpoint' is missing"),
        ("touchpoint,order\na,1st\n", "line 2: order '1st'; expected a whole number such as 1"),
        ("touchpoint,order\na,²\n", "line 2: order '²'"),
        ("touchpoint,order\na\n", "line 2: 1 cells; expected 2: touchpoint,order"),
        ("touchpoint,order\na,1,yes\n", "line 2: 3 cells; expected 2"),
        ("touchpoint,order,optional\na,1,maybe\n", "line 2: optional 'maybe'; expected yes or no"),
        ("stage,touchpoint,order\ndecison,a,1\n", "line 2: stage 'decison'; did you mean 'decision'?"),
        ("stage,touchpoint,order\ndecision,a,1\ndecision,,2\n", "line 3: touchpoint is missing"),
        ("stage,touchpoint,order\n,,1\n", "line 2: neither stage nor touchpoint is given"),
        ("touchpoint,order\na,1\na,1\n", "order 1: 'a' stands twice"),
        ("touchpoint,order\na|b,1\na,2\n", "line 3: 'a' stands in 'a|b' and in 'a'"),
        ("touchpoint,order\n" + "".join(f"a{n},1\n" for n in range(7)), "order 1 has 7 touchpoints in any order"),
        ('touchpoint,order\n"a,1\n', "is no CSV file in UTF-8"),
    ],
)
def test_a_fault_of_a_table_names_its_place(tmp_path, text, expected):
    found = fault_of(tmp_path, text)
    assert str(tmp_path / "plan.csv") in found
    assert expected in found


def test_all_faults_of_a_table_are_told_at_once(tmp_path):
    found = fault_of(tmp_path, "stage,touchpoint,order,optional\nx,a,one,\ndecision,b,2,often\n")
    assert [line.split(":")[0].strip() for line in found.splitlines()[1:]] == ["line 2", "line 2", "line 3"]


def test_a_missing_or_unreadable_file_is_told(tmp_path):
    for end in (".csv", ".ptree", ".pnml"):
        with pytest.raises(ConfigurationError, match=f"none{end}"):
            read_plan(DeclaredPlan("buying", tmp_path / f"none{end}"))
    (tmp_path / "plan.csv").write_bytes(b"touchpoint,order\n\xff,1\n")
    with pytest.raises(ConfigurationError, match="UTF-8"):
        read_plan(DeclaredPlan("buying", tmp_path / "plan.csv"))


def test_a_level_that_the_labels_are_not_of_is_a_fault(tmp_path):
    assert "'a' is none" in fault_of(tmp_path, "touchpoint,order\na,1\ndecision,2\n", level="stage")
    assert plan_of(tmp_path, "touchpoint,order\ndecision,1\n", level="activity").level == "activity"


def test_what_is_planned_is_not_ignored(tmp_path):
    assert "'a' is ignored" in fault_of(tmp_path, "touchpoint,order\na,1\n", ignore=("a",))
    assert "'a' is ignored" in fault_of(tmp_path, "touchpoint,order\na|b,1\n", ignore=("a",))


def test_journey_toml_declares_plans(tmp_path):
    file = tmp_path / "journey.toml"
    file.write_text(
        SOURCE + '[[planned]]\nname = "buying"\nfile = "plan.csv"\nlevel = "activity"\nignore = ["page_viewed"]\n'
    )
    assert read_config(file).plans == (DeclaredPlan("buying", tmp_path / "plan.csv", "activity", ("page_viewed",)),)


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ('name = "a"\nfile = "p.csv"\nlevl = "stage"', "[[planned]] a: unknown key 'levl'; did you mean 'level'?"),
        ('file = "p.csv"', "[[planned]] number 1: name is missing; expected text"),
        ('name = "a"', "[[planned]] a: file is missing; expected text"),
        ('name = "a"\nfile = 3', "[[planned]] a: file is 3; expected text"),
        ('name = "a"\nfile = "p.docx"', "[[planned]] a: file 'p.docx'; expected one that ends in .csv, .bpmn"),
        ('name = "A b"\nfile = "p.csv"', "name 'A b'; expected lower-case letters, digits and underscores"),
        ('name = "a"\nfile = "p.csv"\nlevel = "step"', "level is 'step'; expected stage or activity"),
        ('name = "a"\nfile = "p.csv"\nignore = "x"', "ignore is 'x'; expected a list of activities"),
        ('name = "a"\nfile = "p.csv"\nignore = [1]', "ignore holds 1; expected the name of an activity"),
    ],
)
def test_a_fault_of_a_declaration_names_the_key(tmp_path, table, expected):
    file = tmp_path / "journey.toml"
    file.write_text(f"{SOURCE}[[planned]]\n{table}\n")
    with pytest.raises(ConfigurationError) as found:
        read_config(file)
    assert expected in str(found.value)


def test_two_plans_have_two_names(tmp_path):
    file = tmp_path / "journey.toml"
    file.write_text(SOURCE + '[[planned]]\nname = "a"\nfile = "p.csv"\n' * 2)
    with pytest.raises(ConfigurationError, match="two planned journeys are called 'a'"):
        read_config(file)


def test_the_digest_changes_with_the_content_of_a_file(tmp_path):
    declared = (DeclaredPlan("a", tmp_path / "p.csv"),)
    seen = [plans_digest(declared)]
    for text in ("touchpoint,order\na,1\n", "touchpoint,order\nb,1\n"):
        (tmp_path / "p.csv").write_text(text)
        seen.append(plans_digest(declared))
    assert len(set(seen)) == 3
    assert plans_digest((DeclaredPlan("a", tmp_path / "p.csv", ignore=("x",)),)) not in seen
