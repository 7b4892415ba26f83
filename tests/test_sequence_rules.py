"""The built-in stage rules as pairs (what happened, stage), the rule language, and the complaints about rule files."""

from datetime import datetime, timedelta

import polars as pl
import pytest
from sequence_case import activity_kinds, default_rules, events, rule_frames

from journey_analytics.errors import ConfigurationError
from journey_analytics.sequence import build_sequence, read_rules
from journey_analytics.sequence.rules import TEXT_CONDITIONS

BOUGHT = {"activity": "order_placed", "source": "store", "topic": "shoes", "at": "2026-01-01 10:00"}
AFTER = "2026-01-10 10:00"


def placed(*steps: dict, rules=None) -> tuple[str, str | None]:
    """The stage and the rule of the last step; steps follow each other by a minute unless they say when."""
    rows = [{"id": f"e{n}", "at": f"2026-01-10 10:{n:02d}"} | step for n, step in enumerate(steps)]
    sequence = build_sequence(events(rows), rules=rules or default_rules(), cutoff=datetime(2026, 12, 31))
    last = sequence.touchpoint.filter(source_event_id=f"e{len(steps) - 1}")
    return last["stage"][0], last["stage_rule"][0]


def mail(activity: str, category: str | None, **more) -> dict:
    return {"activity": f"email_{activity}", "source": "email", "category": category} | more


def ticket(subject: str | None, activity: str = "ticket_opened") -> dict:
    return {"activity": activity, "source": "support", "subject": subject}


def page(activity: str, **more) -> dict:
    return {"activity": activity} | more


@pytest.mark.parametrize(
    ("step", "alone", "in_consideration", "in_decision", "after_purchase"),
    [
        (page("home_viewed"), "awareness", "consideration", "decision", "awareness"),
        (page("landing_viewed"), "awareness", "consideration", "decision", "awareness"),
        (page("blog_viewed"), "awareness", "consideration", "decision", "awareness"),
        (page("promotion_viewed"), "awareness", "consideration", "decision", "awareness"),
        (page("product_viewed", topic="tents"), "consideration", "consideration", "decision", "consideration"),
        (page("product_viewed", topic="shoes"), "consideration", "consideration", "decision", "post_purchase"),
        (page("product_list_viewed"), "consideration", "consideration", "consideration", "consideration"),
        (page("pricing_viewed"), "consideration", "consideration", "consideration", "consideration"),
        (page("products_searched"), "consideration", "consideration", "consideration", "consideration"),
        (page("wishlist_added"), "consideration", "consideration", "consideration", "consideration"),
        (page("cart_viewed"), "decision", "decision", "decision", "decision"),
        (page("product_added"), "decision", "decision", "decision", "decision"),
        (page("checkout_started"), "decision", "decision", "decision", "decision"),
        (page("checkout_error_shown"), "decision", "decision", "decision", "decision"),
        (page("coupon_applied"), "decision", "decision", "decision", "decision"),
        (page("order_status_viewed"), "post_purchase", "post_purchase", "post_purchase", "post_purchase"),
        (page("product_reviewed"), "post_purchase", "post_purchase", "post_purchase", "post_purchase"),
        (page("account_viewed"), "awareness", "consideration", "decision", "post_purchase"),
        (page("signed_in"), "awareness", "consideration", "decision", "post_purchase"),
        (page("help_viewed", page_path="/help/returns"), "consideration", "consideration", "decision", "post_purchase"),
        (page("help_viewed", page_path="/help/sizing"), "consideration", "consideration", "decision", "post_purchase"),
        (page("help_viewed", page_path="/help/about"), "awareness", "consideration", "decision", "post_purchase"),
        (page("help_viewed"), "consideration", "consideration", "decision", "post_purchase"),
        (page("page_viewed"), "awareness", "consideration", "decision", "post_purchase"),
        (page("brand_new_thing"), "unknown", "unknown", "unknown", "unknown"),
        (mail("opened", "newsletter"), "awareness", "consideration", "decision", "awareness"),
        (mail("clicked", "Promotion"), "awareness", "consideration", "decision", "awareness"),
        (mail("opened", "abandoned_cart"), "decision", "decision", "decision", "decision"),
        (mail("clicked", "browse_reminder"), "consideration", "consideration", "decision", "consideration"),
        (mail("opened", "shipping_update"), "post_purchase", "post_purchase", "post_purchase", "post_purchase"),
        (mail("delivered", "order_confirmation"), "post_purchase", "post_purchase", "post_purchase", "post_purchase"),
        (mail("delivered", "newsletter"), "unknown", "unknown", "unknown", "unknown"),
        (mail("bounced", "newsletter"), "unknown", "unknown", "unknown", "unknown"),
        (mail("opened", "newsletter", is_machine="true"), "unknown", "unknown", "unknown", "unknown"),
        (mail("opened", "shipping_update", is_machine="true"), "unknown", "unknown", "unknown", "unknown"),
        (mail("opened", None), "unknown", "consideration", "decision", "unknown"),
        (mail("unsubscribed", "newsletter"), "unknown", "consideration", "decision", "unknown"),
        (ticket("Where is my order?"), "post_purchase", "post_purchase", "post_purchase", "post_purchase"),
        (ticket("Return request"), "consideration", "consideration", "decision", "post_purchase"),
        (ticket("RETURNING shoes"), "consideration", "consideration", "decision", "post_purchase"),
        (ticket("Invoice please"), "consideration", "consideration", "decision", "post_purchase"),
        (ticket("Question about sizing"), "consideration", "consideration", "decision", "consideration"),
        (
            ticket("Something before I buy"),
            "consideration",
            "consideration",
            "decision",
            "consideration",
        ),
        (ticket("Question"), "consideration", "consideration", "decision", "post_purchase"),
        (ticket(None), "consideration", "consideration", "decision", "post_purchase"),
        (ticket(None, "ticket_solved"), "consideration", "consideration", "consideration", "post_purchase"),
    ],
    ids=lambda value: " ".join(str(part) for part in value.values()) if isinstance(value, dict) else None,
)
def test_the_stage_depends_on_what_came_before(step, alone, in_consideration, in_decision, after_purchase):
    assert placed(step)[0] == alone
    assert placed(page("product_viewed"), step)[0] == in_consideration
    assert placed(page("cart_viewed"), step)[0] == in_decision
    assert placed(BOUGHT, step | {"at": AFTER})[0] == after_purchase


@pytest.mark.parametrize(("subject", "stage"), [("Where is my order?", "post_purchase"), ("Sizing", "consideration")])
@pytest.mark.parametrize("activity", ["ticket_solved", "ticket_commented", "ticket_rated", "ticket_pending"])
def test_what_follows_a_ticket_has_the_stage_of_its_opening(subject, stage, activity):
    steps = [
        BOUGHT,
        ticket(subject) | {"at": AFTER},
        page("blog_viewed"),
        ticket(None, "ticket_open"),
        ticket(None, activity),
    ]
    assert placed(*steps) == (stage, "ticket_follow_up")


def test_what_follows_a_ticket_goes_with_its_need():
    asked, solved = ticket("Sizing"), ticket(None, "ticket_solved")
    assert placed(asked, page("cart_viewed"), solved) == ("decision", "ticket_follow_up")
    assert placed(page("cart_viewed"), page("product_list_viewed"), asked, solved) == (
        "consideration",
        "ticket_follow_up",
    )
    bought = {"activity": "order_placed", "source": "store"}
    assert placed(asked, bought, solved) == ("post_purchase", "ticket_follow_up")
    assert placed(asked, bought, page("blog_viewed"), solved) == ("post_purchase", "ticket_follow_up")
    assert placed(ticket("Where is my order?"), page("cart_viewed"), solved) == ("post_purchase", "ticket_follow_up")


def test_a_purchase_two_weeks_ago_still_explains_a_product_page_but_not_longer():
    look = page("product_viewed", topic="shoes")
    assert placed(BOUGHT, look | {"at": "2026-01-15 10:00"})[0] == "post_purchase"
    assert placed(BOUGHT, look | {"at": "2026-01-15 10:00:00.000001"})[0] == "consideration"


def test_every_documented_activity_has_a_rule():
    for activity in activity_kinds():
        category = "newsletter" if activity.startswith("email") else None
        assert placed({"activity": activity, "category": category})[1] is not None, activity


def test_the_context_is_passed_on_through_touchpoints_that_only_inherit():
    chain = [page("product_viewed"), *[page("home_viewed"), mail("opened", "newsletter")] * 12, page("account_viewed")]
    assert placed(*chain) == ("consideration", "account_in_need")


def test_a_chain_that_inherits_what_a_contextual_rule_decided():
    chain = [page("home_viewed"), page("help_viewed"), *[mail("opened", "newsletter")] * 20]
    assert placed(*chain) == ("consideration", "mail_marketing_in_need")


def rules_with(*rows: dict):
    """The built-in configuration with these stage rules alone."""
    columns = rule_frames()["stage_rule"].columns
    given = [{"confidence": "1", "rule_id": f"r{n}"} | row for n, row in enumerate(rows)]
    frame = pl.DataFrame(given, schema=dict.fromkeys(columns, pl.String))
    return read_rules(rule_frames() | {"stage_rule": frame})


@pytest.mark.parametrize("column", TEXT_CONDITIONS)
@pytest.mark.parametrize(
    ("pattern", "value", "fits"),
    [
        ("web", "web", True), ("web", "WEB", True), ("Web", "web", True), ("we*", "web", True), ("e|web", "web", True),
        ("e | web", "web", True), ("webs", "web", False), ("e", "web", False), ("eb*", "web", False),
        ("*", "web", True),
    ],
)  # fmt: skip
def test_text_conditions_fit_as_a_whole_without_case(column, pattern, value, fits):
    rules = rules_with({column: pattern, "stage": "decision"})
    step = {"activity": "page_viewed", "source": "store"} | {column: value}
    assert placed(step, rules=rules)[0] == ("decision" if fits else "unknown")


@pytest.mark.parametrize(
    ("pattern", "subject", "fits"),
    [
        ("return", "a return, please", True), ("return", "returns", False), ("return*", "Returning", True),
        ("my order", "WHERE IS MY ORDER?", True), ("turn", "return", False), ("c++", "about c++ books", False),
        ("größe", "Welche GRÖSSE? Größe 42", True),
    ],
)  # fmt: skip
def test_subject_conditions_are_whole_words_anywhere(pattern, subject, fits):
    rules = rules_with({"subject": pattern, "stage": "decision"})
    assert placed(ticket(subject), rules=rules)[0] == ("decision" if fits else "unknown")


@pytest.mark.parametrize(
    ("condition", "days", "fits"),
    [
        ({"min_days_since_purchase": "3"}, 3, True), ({"min_days_since_purchase": "3"}, 2, False),
        ({"max_days_since_purchase": "3"}, 3, True), ({"max_days_since_purchase": "3"}, 4, False),
        ({"min_days_since_purchase": "2", "max_days_since_purchase": "2"}, 2, True),
        ({"max_days_since_purchase": "tail"}, 60, True), ({"max_days_since_purchase": "tail"}, 61, False),
        ({"is_after_purchase": "true"}, 1, True), ({"is_after_purchase": "false"}, 1, False),
        ({"is_after_purchase": "false"}, None, True), ({"min_days_since_purchase": "0"}, None, False),
    ],
)  # fmt: skip
def test_days_since_the_purchase_are_inclusive(condition, days, fits):
    rules = rules_with({"activity": "page_viewed", "stage": "decision"} | condition)
    look = page("page_viewed", at=datetime(2026, 1, 1, 10) + timedelta(days=days or 0))
    assert placed(*[BOUGHT] * (days is not None), look, rules=rules)[0] == ("decision" if fits else "unknown")


@pytest.mark.parametrize(
    ("condition", "topic", "fits"),
    [
        ({"same_topic": "true"}, "shoes", True), ({"same_topic": "true"}, "tents", False),
        ({"same_topic": "false"}, "tents", True), ({"same_topic": "false"}, None, False),
        ({"has_topic": "true"}, "tents", True), ({"has_topic": "false"}, "tents", False),
        ({"has_topic": "false"}, None, True),
    ],
)  # fmt: skip
def test_a_topic_that_is_not_known_is_neither_the_same_nor_another(condition, topic, fits):
    rules = rules_with({"activity": "page_viewed", "stage": "decision"} | condition)
    assert placed(BOUGHT, page("page_viewed", topic=topic), rules=rules)[0] == ("decision" if fits else "unknown")


@pytest.mark.parametrize(
    ("before", "minutes", "continues"),
    [
        (page("home_viewed"), 30, True), (page("home_viewed"), 31, False),
        (mail("opened", "newsletter"), 5, False), (mail("delivered", "newsletter"), 5, False),
    ],
)  # fmt: skip
def test_a_session_is_continued_after_an_act_on_its_source(before, minutes, continues):
    rules = rules_with(
        {"activity": "product_viewed", "continues_session": "true", "stage": "decision"},
        {"activity": "product_viewed", "continues_session": "false", "stage": "consideration"},
    )
    look = page("product_viewed", at=datetime(2026, 1, 1, 10) + timedelta(minutes=minutes))
    before = before | {"at": datetime(2026, 1, 1, 10)}
    assert placed(before, look, rules=rules)[0] == ("decision" if continues else "consideration")


@pytest.mark.parametrize(("activity", "stage"), [("product_viewed", "consideration"), ("landing_viewed", "decision")])
def test_who_looks_at_products_on_another_day_has_stepped_back(activity, stage):
    assert placed(page("cart_viewed", at="2026-01-09 10:00"), page(activity, at="2026-01-10 10:00"))[0] == stage


def test_the_first_rule_that_fits_wins():
    first, second = {"activity": "page_*", "stage": "awareness"}, {"activity": "page_viewed", "stage": "decision"}
    assert placed(page("page_viewed"), rules=rules_with(first, second)) == ("awareness", "r0")
    assert placed(page("page_viewed"), rules=rules_with(second, first)) == ("decision", "r0")


def test_without_rules_everything_is_unknown():
    assert placed(page("page_viewed"), rules=rules_with()) == ("unknown", None)


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ({"stage": "descision"}, "row 'r0', column 'stage': 'descision' is not a stage, 'previous' or 'opening'"),
        ({"stage": "descision"}, "did you mean 'decision'?"),
        ({"stage": None}, "column 'stage': '' is not a stage"),
        ({"confidence": "high"}, "row 'r0', column 'confidence': 'high' is not a number from 0 to 1"),
        ({"confidence": "1.5"}, "'1.5' is not a number from 0 to 1"),
        ({"max_days_since_purchase": "two"}, "column 'max_days_since_purchase': 'two' is not a number of days"),
        ({"min_days_since_purchase": "-1"}, "column 'min_days_since_purchase': '-1' is not a number of days"),
        ({"min_days_since_purchase": "nan"}, "column 'min_days_since_purchase': 'nan' is not a number of days"),
        ({"is_machine": "yes"}, "column 'is_machine': 'yes' is not true, false or empty"),
        ({"previous_stage": "decision|post_purchase"}, "'post_purchase' is not a stage before the purchase, or 'none'"),
        ({"previous_stage": "none", "stage": "previous"}, "with 'none' there is nothing to inherit"),
        ({"activity": "page_viewed||x"}, "column 'activity': 'page_viewed||x' is not a list of names separated by '|'"),
        ({"activity": "a*b"}, "'*' only at the end"),
        ({"rule_id": None}, "row number 1: column 'rule_id' is empty"),
    ],
)  # fmt: skip
def test_a_wrong_cell_is_named(row, complaint):
    with pytest.raises(ConfigurationError) as error:
        rules_with({"activity": "page_viewed", "stage": "decision"} | row)
    assert complaint in str(error.value)
    assert str(error.value).startswith("sql/config/stage_rule.csv")


def test_a_rule_id_stands_once():
    with pytest.raises(ConfigurationError, match=r"row 'twice'.*once"):
        rules_with({"rule_id": "twice", "stage": "decision"}, {"rule_id": "twice", "stage": "awareness"})


@pytest.mark.parametrize(
    ("file", "change", "complaint"),
    [
        ("stage_rule", lambda f: f.rename({"activity": "activty"}), "'activity' is missing; did you mean 'activty'"),
        ("stage_rule", lambda f: f.with_columns(page_url=pl.lit("/")), "'page_url'; did you mean 'page_path'"),
        ("stage_window", lambda f: f.head(3), "stage_window.csv: row 'post_purchase' is missing"),
        ("stage_window", lambda f: f.with_columns(window_days=pl.lit("30.5")), "is not a whole number of days"),
        ("stage_window", lambda f: f.with_columns(window_days=pl.lit("0")), "'awareness', column 'window_days': '0'"),
        ("inactivity_limit", lambda f: f.with_columns(stage=pl.col("stage") + "s"), "did you mean 'unknown'"),
        ("inactivity_limit", lambda f: pl.concat([f, f]), "row 'unknown': column 'stage' has this value twice"),
        ("setting", lambda f: f.clear(), "row 'session_gap_minutes' is missing"),
        ("setting", lambda f: f.with_columns(value=pl.lit("half an hour")), "'half an hour' is not a number"),
        ("setting", lambda f: _set(f, "journey_cut", "fixed"), "'journey_cut', column 'value': 'fixed' is not one of"),
        ("setting", lambda f: _set(f, "journey_cut", "fixed"), "did you mean 'fixed_gap'?"),
        ("setting", lambda f: _set(f, "inactivity_limits", "learned"), "one of learnt, configured; did you mean 'le"),
        ("setting", lambda f: _set(f, "new_need_by_topic", "true"), "'true' is not one of auto, always, never"),
        ("setting", lambda f: _set(f, "fixed_gap_days", "half"), "'fixed_gap_days', column 'value': 'half' is not a"),
        ("setting", lambda f: f.filter(pl.col("setting") != "journey_cut"), "row 'journey_cut' is missing"),
        ("activity", lambda f: f.with_columns(kind=pl.lit("purchse")), "did you mean 'purchase'"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_named(file, change, complaint):
    frames = rule_frames()
    with pytest.raises(ConfigurationError) as error:
        read_rules(frames | {file: change(frames[file])})
    assert complaint in str(error.value)
    assert f"sql/config/{file}.csv" in str(error.value)


def _set(frame: pl.DataFrame, setting: str, value: str) -> pl.DataFrame:
    chosen = pl.when(pl.col("setting") == setting).then(pl.lit(value)).otherwise("value")
    return frame.with_columns(value=chosen)


def _chosen(**settings: str):
    frames = rule_frames()
    for name, value in settings.items():
        frames["setting"] = _set(frames["setting"], name, value)
    return read_rules(frames)


def test_one_gap_for_every_stage_and_no_needs_beside_each_other():
    rules = _chosen(journey_cut="fixed_gap", fixed_gap_days="12", new_need_by_topic="always")
    assert set(rules.inactivity.values()) == {timedelta(days=12)}
    assert rules.reach == timedelta(days=12)
    assert rules.cut.is_fixed
    assert not rules.splits_by_topic


@pytest.mark.parametrize(("by_topic", "splits"), [("always", True), ("auto", False), ("never", False)])
def test_needs_are_split_as_read_only_when_always(by_topic, splits):
    assert _chosen(new_need_by_topic=by_topic).splits_by_topic is splits


def test_a_missing_file_is_named():
    frames = rule_frames()
    del frames["stage_window"]
    with pytest.raises(ConfigurationError, match=r"sql/config/stage_window.csv is missing"):
        read_rules(frames)
