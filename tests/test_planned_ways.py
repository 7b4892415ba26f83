"""Ways through a plan: nearest by exhaustive search and by two libraries, and honest about what is out of sight."""

import sys
from collections.abc import Iterator
from itertools import product
from random import Random

import pytest

from journey_analytics.mining.alignment import empty_cost
from journey_analytics.mining.markings import TooFreeError
from journey_analytics.mining.moves import Move, Sight, seen
from journey_analytics.mining.nearest_way import NearestWays
from journey_analytics.mining.nets import net_of
from journey_analytics.mining.tree import CHOICE, LOOP, PARALLEL, SEQUENCE, Tree, operator_tree, parse_tree
from journey_analytics.mining.walk import Walk
from journey_analytics.planned.judging import judged

WHOLE, CUT, LATE, MIDDLE = Sight(), Sight(is_cut_short=True), Sight(is_left_censored=True), Sight(True, True)
LONGEST = 5
LINE = "->( 'a', 'b', 'c', 'd' )"


def ways(text: str) -> NearestWays:
    return NearestWays(Walk(net_of(parse_tree(text))))


def told(text: str, steps: str, sight: Sight) -> tuple[str, str]:
    """What is missing and what is unplanned, in one-letter activities."""
    found = judged(ways(text).moves(tuple(steps), sight), sight)
    return "".join(found.missing), "".join(found.unplanned)


def random_tree(random: Random, names: list[str], depth: int = 3) -> Tree:
    if depth == 0 or random.random() < 0.25:
        return Tree(activity=random.choice(names)) if random.random() < 0.9 else Tree()
    operator = random.choice([SEQUENCE, SEQUENCE, CHOICE, PARALLEL, LOOP])
    size = 2 if operator == LOOP else random.randint(2, 3)
    return operator_tree(operator, [random_tree(random, names, depth - 1) for _ in range(size)])


def walkable(random: Random, names: str) -> tuple[Walk, NearestWays]:
    """A random plan of few enough states."""
    while True:
        try:
            walk = Walk(net_of(random_tree(random, list(names))))
            return walk, NearestWays(walk)
        except TooFreeError:
            continue


def random_steps(random: Random, names: str) -> tuple[str, ...]:
    return tuple(random.choice(names) for _ in range(random.randint(0, 5)))


def language(walk: Walk, longest: int) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Every way from the start of at most so many steps, with whether the plan may end there."""
    waiting: list[tuple[tuple[str, ...], int]] = [((), Walk.START)]
    while waiting:
        steps, state = waiting.pop()
        yield steps, walk.can_end(state)
        if len(steps) < longest:
            waiting += [((*steps, label), after) for label, after in walk.following(state).items()]


def distance(steps: tuple[str, ...], way: tuple[str, ...]) -> int:
    """Steps to leave out of either so that both are the same: by the longest common subsequence."""
    best = [[0] * (len(way) + 1) for _ in range(len(steps) + 1)]
    for i, j in product(range(len(steps)), range(len(way))):
        best[i + 1][j + 1] = best[i][j] + 1 if steps[i] == way[j] else max(best[i][j + 1], best[i + 1][j])
    return len(steps) + len(way) - 2 * best[-1][-1]


@pytest.mark.parametrize("seed", range(60))
def test_no_way_is_nearer_than_the_one_that_is_found(seed):
    random = Random(seed)
    walk, found = walkable(random, "abcd")
    known = list(language(walk, LONGEST))
    for _ in range(5):
        steps = random_steps(random, "abcde")
        for sight in (WHOLE, CUT, LATE, MIDDLE):
            ends_seen = [way for way, ends in known if ends or sight.is_cut_short]
            seen_ways = {way[at:] for way in ends_seen for at in range(len(way) + 1 if sight.is_left_censored else 1)}
            moves = found.moves(steps, sight)
            cost = sum(move.kind != "sync" for move in moves)
            way = tuple(move.activity for move in moves if move.kind != "log")
            least = min((distance(steps, way) for way in seen_ways), default=None)
            assert tuple(move.activity for move in moves if move.kind != "model") == steps
            assert least is None or cost <= least
            assert sight.is_left_censored or len(way) > LONGEST or way in seen_ways


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("seed", range(25))
def test_the_cost_of_whole_journeys_is_that_of_both_libraries(seed):
    pytest.importorskip("r4pm")
    pytest.importorskip("pm4py")
    from journey_analytics.mining.r4pm_library import cost_of_nothing, costs

    random = Random(1000 + seed)
    tree = random_tree(random, list("abcdef"), depth=2)
    net = net_of(tree)
    found = NearestWays(Walk(net))
    logged = sorted({random_steps(random, "abcdefg") for _ in range(40)} - {()})
    assert {steps: found.cost(steps) for steps in logged} == costs(net, logged)
    assert found.cost(()) == empty_cost(net) == cost_of_nothing(net)
    assert {steps: found.cost(steps) for steps in logged[:6]} == dict(
        zip(logged[:6], astar(tree, logged[:6]), strict=True)
    )


def astar(tree: Tree, logged: list[tuple[str, ...]]) -> list[int]:
    sys._pm4py_welcome_shown = True
    import pm4py
    from pm4py.algo.conformance.alignments.petri_net import algorithm
    from pm4py.objects.log.obj import Event, EventLog, Trace

    net = pm4py.convert_to_petri_net(pm4py.parse_process_tree(str(tree)))
    log = EventLog([Trace([Event({"concept:name": step}) for step in steps]) for steps in logged])
    options = {algorithm.Parameters.SHOW_PROGRESS_BAR: False}
    return [result["cost"] // 10_000 for result in algorithm.apply(log, *net, parameters=options)]


@pytest.mark.parametrize(
    ("steps", "sight", "missing", "unplanned"),
    [
        ("ab", WHOLE, "cd", ""),
        ("ab", CUT, "", ""),
        ("ac", CUT, "b", ""),
        ("cd", WHOLE, "ab", ""),
        ("cd", LATE, "", ""),
        ("bd", MIDDLE, "c", ""),
        ("bc", MIDDLE, "", ""),
        ("axbcd", WHOLE, "", "x"),
        ("aabcd", WHOLE, "", "a"),
        ("x", CUT, "", "x"),
        ("", CUT, "", ""),
        ("", WHOLE, "abcd", ""),
        ("abd", CUT, "c", ""),
        ("dabc", CUT, "", "d"),
    ],
)
def test_what_is_out_of_sight_is_not_missing(steps, sight, missing, unplanned):
    assert told(LINE, steps, sight) == (missing, unplanned)


def test_a_journey_in_progress_is_held_to_the_way_it_has_begun():
    plan = "->( 'a', X( ->( 'l', 'm', 'n', 'o' ), 's' ), 'z' )"
    assert told(plan, "al", WHOLE) == ("sz", "l"), "the shortest whole way is the other one"
    assert told(plan, "al", CUT) == ("", "")
    assert told(plan, "oz", LATE) == ("", "")


def test_what_may_come_in_any_order_is_not_missing_before_it_is_passed():
    plan = "->( +( 'a', 'b' ), 'c' )"
    assert told(plan, "b", CUT) == ("", "")
    assert told(plan, "bc", CUT) == ("a", "")
    assert told(plan, "bc", LATE) == ("", "")


def test_a_match_is_early_and_what_is_missing_stands_late():
    found = ways(LINE).moves(("a", "a", "d"), WHOLE)
    assert found == (
        Move("sync", "a"), Move("log", "a"), Move("model", "b"), Move("model", "c"), Move("sync", "d"),
    )  # fmt: skip


def test_the_order_in_which_journeys_are_asked_for_changes_nothing():
    random = Random(3)
    tree = random_tree(random, list("abcd"))
    asked = [random_steps(random, "abcde") for _ in range(200)]
    forth, back = (NearestWays(Walk(net_of(tree))) for _ in range(2))
    one = {steps: forth.moves(steps, CUT) for steps in asked}
    assert {steps: back.moves(steps, CUT) for steps in reversed(asked)} == one


def test_forgetting_what_was_worked_out_changes_nothing(monkeypatch):
    random = Random(4)
    asked = [random_steps(random, "abcde") for _ in range(100)]
    plan = ways(LINE)
    kept = [(plan.cost(steps), plan.moves(steps, sight)) for steps in asked for sight in (WHOLE, CUT, LATE)]
    monkeypatch.setattr("journey_analytics.mining.nearest_way.MAX_REMEMBERED", 20)
    plan = ways(LINE)
    assert [(plan.cost(steps), plan.moves(steps, sight)) for steps in asked for sight in (WHOLE, CUT, LATE)] == kept


def test_a_plan_of_far_too_many_states_is_told_and_not_walked():
    wide = operator_tree(PARALLEL, [Tree(activity=name) for name in "abcdefghij"])
    with pytest.raises(TooFreeError):
        NearestWays(Walk(net_of(wide)))


def test_moves_of_a_whole_alignment_lose_what_is_out_of_sight():
    moves = [Move("model", "a"), Move("sync", "b"), Move("model", "c"), Move("sync", "d"), Move("model", "e")]
    assert [move.activity for move in seen(moves, WHOLE)] == list("abcde")
    assert [move.activity for move in seen(moves, CUT)] == list("abcd")
    assert [move.activity for move in seen(moves, LATE)] == list("bcde")
    assert [move.activity for move in seen(moves, MIDDLE)] == list("bcd")
    lost = [Move("log", "x"), Move("model", "a")]
    assert [move.activity for move in seen(lost, CUT)] == ["x"]
    assert [move.activity for move in seen(lost, LATE)] == ["x"]
