"""Nothing is lost on any path of any log, however it is folded; `benchmarks/path_invariants.py` tries 10,000."""

from dataclasses import replace

from path_laws import Path, follows, random_log, violations


def test_random_logs_add_up_at_any_size():
    assert list(violations([random_log(seed) for seed in range(200)])) == []


def test_a_log_counted_by_hand():
    paths = (Path(("a", "b", "b"), "converted"), Path(("a",), "open"))
    assert follows(paths) == {
        ("START", "a"): 2, ("a", "b"): 1, ("b", "b"): 1, ("b", "CONVERTED"): 1, ("a", "OPEN"): 1,
    }  # fmt: skip


def test_the_laws_notice_a_lost_journey(monkeypatch):
    log = random_log(3)
    shorter = replace(log, paths=log.paths[:-1])
    import path_laws

    monkeypatch.setattr(path_laws, "_journeys", _without_last(path_laws._journeys))
    assert len(shorter.paths) < len(log.paths)
    assert list(violations([log]))


def _without_last(journeys):
    return lambda logs: list(journeys(logs))[:-1]
