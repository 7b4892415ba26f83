"""An activity with a built-in one's name gets that one's kind only where no journey is cut by it."""

from pathlib import Path

from exchange_world import Event, imported, paths, write_xes

from journey_analytics import build
from journey_analytics.exchange.importing import import_log
from journey_analytics.exchange.kinds import Kinds, kinds_of
from journey_analytics.warehouse import open_published

MORNING = "2026-01-05T10:00:00.000+01:00"
NOON = "2026-01-05T12:00:00.000+01:00"


def test_kinds_of_built_in_activities_are_proposed_where_they_cut_nothing(tmp_path: Path) -> None:
    last: list[Event] = [("look", MORNING), ("order_placed", NOON)]
    traces = [("1", last), ("2", last), ("3", [("order_completed", MORNING), ("look", NOON), ("email_opened", NOON)])]
    made, config = imported(write_xes(tmp_path / "log.xes", traces), tmp_path / "w")
    assert list(made.notes) == [
        "activity.csv proposes the kinds of built-in activities: order_placed (purchase)",
        "activity.csv leaves at act what by the built-in names were order_completed (purchase): it would cut traces "
        "apart or take touchpoints off the paths",
    ]
    kinds = build.read_rules(config.root / "sql/config/activity.csv").select("activity", "kind").rows()
    assert dict(kinds) == {"look": "act", "order_placed": "purchase", "order_completed": "act", "email_opened": "act"}
    assert paths(config)[1] == {("look", "order_placed"): 2, ("order_completed", "look", "email_opened"): 1}
    with open_published(config.published) as published:
        found = published.rows("select status, count(*) from core.journey_at_cutoff group by all order by all")
    assert dict(found)["converted"] == 2


def test_a_kind_is_proposed_only_where_nothing_follows_in_any_case() -> None:
    builtin = {"buy": "purchase", "leave": "end", "sent": "passive", "look": "act"}
    found = kinds_of(["sent", "buy", "leave", "own"], builtin, always_last=["leave", "sent", "own"])
    assert found == Kinds({"leave": "end"}, {"buy": "purchase", "sent": "passive"})
    assert not kinds_of(["look", "own"], builtin, always_last=["look", "own"]).sentences()


def test_an_activity_twice_in_a_case_or_tied_is_followed_by_what_the_log_has_after_it(tmp_path: Path) -> None:
    traces: list[tuple[str, list[Event]]] = [
        ("1", [("twice", NOON), ("twice", NOON)]), ("2", [("tied", NOON), ("a", NOON)]), ("3", [("z", NOON)]),
    ]  # fmt: skip
    made = import_log(write_xes(tmp_path / "log.xes", traces), tmp_path / "w")
    assert made.log.always_last == ("a", "z")
