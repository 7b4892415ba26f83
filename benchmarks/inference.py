"""What `journey evaluate` measures, over many simulated worlds: every promise with its minimum, mean and maximum.

    python benchmarks/inference.py --seeds 1-10 --kinds clean,dirty --customers 20000 --days 365
    python benchmarks/inference.py --seeds 1-3 --kinds dirty --overlap 0.25

A world that is already in `--worlds` (by default `benchmarks/worlds/`, which git ignores) is used again: it is known by
what its truth says of itself, whatever its folder is called. Otherwise it is simulated there. The warehouse of a world
is built in a folder of its own and deleted once it is scored; the world itself is only read.
"""

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

WORLDS = Path(__file__).parent / "worlds"
KINDS = ("clean", "dirty")

Found = dict[str, Any]
"""`dataclasses.asdict` of an evaluation."""

FEWEST = 100
"""A rule seen less often, over all worlds, keeps the confidence it states."""

PRIOR_COUNT = 20
"""Touchpoints, half of them right, that are added to what was measured of a rule."""

MOST_ADVISED = 0.98
"""No rule is surer than this by measurement: the worlds are our own, and easier than a shop's data."""


@dataclass(frozen=True, order=True)
class Asked:
    """One world that is asked for; `overlap` is the share of needs that overlap in time."""

    kind: str
    seed: int
    customers: int
    days: int
    overlap: float = 0.0

    @property
    def name(self) -> str:
        """Of its row, and of its folder when it has to be simulated."""
        return f"{self.kind}_{self.seed}" + (f"_overlap_{self.overlap:g}" if self.overlap else "")


def main() -> None:
    """Score every world, print a row for each, then the promises and the rules' confidence over all of them."""
    options = _options()
    asked = [
        Asked(kind, seed, options.customers, options.days, options.overlap)
        for seed in options.seeds
        for kind in options.kinds
    ]
    found: dict[str, Found] = {}
    for one, scored in zip(asked, _scored(asked, options.worlds, jobs=options.jobs), strict=True):
        found[one.name] = scored
        print(world_table({one.name: scored}).splitlines()[-1], file=sys.stderr, flush=True)
        if options.json:  # after each world: an hour's work must not hang on the last one
            options.json.write_text(json.dumps(found, default=str), encoding="utf-8")
    print("\n\n".join((world_table(found), promise_table(found.values()), rule_table(found.values()))))


def _scored(asked: Sequence[Asked], worlds: Path, *, jobs: int) -> Iterator[Found]:
    """Each world in a process of its own, which gives its memory back."""
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), max_tasks_per_child=1) as pool:
        yield from pool.map(scored_world, asked, [worlds] * len(asked))


def scored_world(asked: Asked, worlds: Path) -> Found:
    """Simulate a world unless it is there, run it, and score it."""
    world = existing_world(asked, worlds) or simulated(asked, worlds)
    print(f"scoring {asked.name} from {world.name}", file=sys.stderr, flush=True)
    return score(world, scratch=worlds)


def existing_world(asked: Asked, worlds: Path) -> Path | None:
    """The complete world in `worlds` whose truth says that it is the one, the first by name; None without one."""
    for truth in sorted(worlds.glob("*/truth/world.json")):
        world = truth.parents[1]
        is_complete = (world / "landing").is_dir() and (world / "journey.toml").is_file()
        if is_complete and _is_asked(asked, json.loads(truth.read_text(encoding="utf-8"))):
            return world
    return None


def _is_asked(asked: Asked, said: dict[str, Any]) -> bool:
    kind = KINDS[bool(said.get("dirt"))]
    overlap = said.get("overlap") or 0.0
    return asked == Asked(kind, said["seed"], said["customers"], said["days"], overlap)


def simulated(asked: Asked, worlds: Path) -> Path:
    """Simulate a world into `worlds`: complete or not at all."""
    from journey_analytics.simulate import simulate

    world = worlds / f"{asked.name}_customers_{asked.customers}_days_{asked.days}"
    half = world.with_name(f"{world.name}.half")
    shutil.rmtree(half, ignore_errors=True)
    print(f"simulating {world.name}", file=sys.stderr, flush=True)
    simulate(
        half,
        customers=asked.customers,
        days=asked.days,
        seed=asked.seed,
        dirty=asked.kind == "dirty",
        overlap=asked.overlap,
    )
    return half.rename(world)


def score(world: Path, *, scratch: Path) -> Found:
    """Load and rebuild a world in a new folder below `scratch`, score it, delete the folder."""
    from journey_analytics.config import read_config
    from journey_analytics.evaluate import evaluate
    from journey_analytics.run import load_sources, rebuild
    from journey_analytics.workspace import existing

    with tempfile.TemporaryDirectory(dir=scratch, prefix=".scoring_") as folder:
        config = replace(read_config(world / "journey.toml"), warehouse=Path(folder).resolve() / "warehouse.duckdb")
        load_sources(config)
        rebuild(config)
        with existing(config) as warehouse:
            return asdict(evaluate(warehouse, world / "truth"))


# --- tables

COLUMNS: dict[str, Callable[[Found], float | None]] = {
    "precision": lambda found: found["identity"]["pairs"]["precision"],
    "of ceiling": lambda found: found["identity"]["joined_of_ceiling_share"],
    "shared F1": lambda found: found["identity_baseline"]["shared_pairs"]["f1"],
    "last login": lambda found: found["identity_baseline"]["last_login"]["shared_pairs"]["f1"],
    "journeys": lambda found: found["journey"]["pairs"]["f1"],
    "boundaries": lambda found: found["journey"]["boundaries"]["f1"],
    "best gap": lambda found: (found["journey_baseline"]["best_boundaries"] or {}).get("boundaries", {}).get("f1"),
    "stages": lambda found: found["stage"]["macro_f1"],
    "name only": lambda found: found["stage_baseline"]["macro_f1"],
    "coverage": lambda found: found["stage"]["coverage_share"],
    "stage ECE": lambda found: found["stage_calibration"]["error"],
    "link ECE": lambda found: found["link_calibration"]["error"],
}
"""The columns of a world's row; shares 0–1. F1 of identity is over people who share a device, that of journeys over
pairs, then over boundaries."""


def world_table(found: dict[str, Found]) -> str:
    """One row per world: the headline measures beside their baselines, and how many promises are met."""
    rows = [[name, *(_share(read(one)) for read in COLUMNS.values()), _met([one])] for name, one in found.items()]
    return _table(["world", *COLUMNS, "met"], rows)


def _met(found: Iterable[Found]) -> str:
    judged = [verdict["is_met"] for one in found for verdict in one["verdicts"] if verdict["is_met"] is not None]
    return f"{sum(judged)} of {len(judged)}"


def promise_table(found: Iterable[Found]) -> str:
    """One row per claim: the least, mean and most of ours and the mean baseline over the worlds that can judge it.

    The target of an interval is another one in each world and not shown.
    """
    claims: dict[str, list[Found]] = {}
    for one in found:
        for verdict in one["verdicts"]:
            claims.setdefault(verdict["claim"], []).append(verdict)
    rows = [_promise_row(claim, verdicts) for claim, verdicts in claims.items()]
    return _table(["claim", "min", "mean", "max", "mean baseline", "target", "met", ""], rows)


def _promise_row(claim: str, verdicts: list[Found]) -> list[str]:
    judged = [verdict for verdict in verdicts if verdict["is_met"] is not None]
    ours = [verdict["measured"] for verdict in judged if verdict["measured"] is not None]
    theirs = [verdict["baseline"] for verdict in judged if verdict["baseline"] is not None]
    targets = {verdict["wanted"] for verdict in judged}
    met = sum(verdict["is_met"] for verdict in judged)
    return [
        claim,
        *(_share(value) for value in (min(ours, default=None), _mean(ours), max(ours, default=None), _mean(theirs))),
        targets.pop() if len(targets) == 1 else "",
        f"{met} of {len(judged)}",
        "" if not judged else "met" if met == len(judged) else "UNMET",
    ]


def rule_table(found: Iterable[Found]) -> str:
    """One row per stage rule over all worlds: what it states, what is measured, and what it should state."""
    counts: dict[str, list[float]] = {}
    for one in found:
        for rule in one["stage_calibration"]["rules"]:
            total = counts.setdefault(rule["name"], [0, 0.0, 0.0])
            for place, value in enumerate((1.0, rule["confidence"], rule["accuracy"])):
                total[place] += value * rule["count"]
    ordered = sorted(counts.items(), key=lambda item: (-item[1][0], item[0]))
    rows = [[name, *_rule_cells(*total)] for name, total in ordered]
    return _table(["stage rule", "touchpoints", "stated", "measured", "advised"], rows)


def _rule_cells(count: float, stated: float, right: float) -> list[str]:
    is_definition = stated >= count  # a confidence of 1 is none of measurement: a purchase is the decision
    advised = None if is_definition else advised_confidence(right=right, count=count)
    advice = "keep" if advised is None else f"{advised:.2f}"
    return [f"{count:,.0f}", _share(stated / count), _share(right / count), advice]


def advised_confidence(*, right: float, count: float) -> float | None:
    """The measured share, shrunk by `PRIOR_COUNT` touchpoints of which half are right, rounded down to hundredths.

    At most `MOST_ADVISED`; None below `FEWEST` touchpoints: too few to say.
    """
    if count < FEWEST:
        return None
    return min(int(100 * (right + PRIOR_COUNT / 2) / (count + PRIOR_COUNT)) / 100, MOST_ADVISED)


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def _table(head: list[str], rows: list[list[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines: list[list[str]] = [head, ["─" * width for width in widths], *rows]
    return "\n".join(_line(cells, widths) for cells in lines)


def _line(cells: list[str], widths: list[int]) -> str:
    first, *rest = zip(cells, widths, strict=True)
    return "  ".join((first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in rest))).rstrip()


# --- arguments


def numbers(text: str) -> list[int]:
    """`1-3,7` → 1, 2, 3, 7."""
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


def kinds(text: str) -> list[str]:
    """`clean,dirty` → both."""
    found = text.split(",")
    if unknown := [kind for kind in found if kind not in KINDS]:
        raise argparse.ArgumentTypeError(f"unknown kind {unknown[0]!r}; expected {' or '.join(KINDS)}")
    return found


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=numbers, default=numbers("1-10"), help="such as 1-10 or 1,4,7-9")
    parser.add_argument("--kinds", type=kinds, default=list(KINDS), help="clean, dirty, or both: clean,dirty")
    parser.add_argument("--customers", type=int, default=20_000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--overlap", type=float, default=0.0, help="share of needs that overlap in time, 0 to 1")
    parser.add_argument("--worlds", type=Path, default=WORLDS, help="the folder of the worlds, kept and used again")
    parser.add_argument("--jobs", type=int, default=1, help="worlds at a time; each wants a core and 3 GB")
    parser.add_argument("--json", type=Path, help="also write every evaluation into this file")
    return parser.parse_args()


if __name__ == "__main__":
    main()
