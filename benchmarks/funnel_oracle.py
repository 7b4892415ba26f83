"""Random funnels over random logs: the SQL against the brute force of the tests, as many cases as one likes.

    python benchmarks/funnel_oracle.py --funnels 200 --units 50     # 10,000 cases

Every difference is printed with its seed; the exit code is 1 when there is one.
"""

import argparse
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from funnel_case import expected, frame, matched, random_funnel, random_log  # pyrefly: ignore[missing-import]

ORDERS = ("ordered", "strict", "any", "anchored")


def differences(seed: int, *, units: int) -> list[str]:
    """The units of one random funnel for which the SQL and the brute force differ."""
    rng = random.Random(f"benchmark {seed}")
    asked = random_funnel(rng, order=ORDERS[seed % len(ORDERS)])
    logs = {f"u{number:04}": random_log(rng) for number in range(units)}
    found = matched(frame(logs, rng=rng), asked)
    return [
        f"seed {seed}, {asked}\n  {touches}\n  sql   {found.get(unit, [])}\n  brute {expected(touches, asked)}"
        for unit, touches in logs.items()
        if found.get(unit, []) != expected(touches, asked)
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--funnels", type=int, default=200)
    parser.add_argument("--units", type=int, default=50)
    parser.add_argument("--first-seed", type=int, default=0)
    asked = parser.parse_args()
    begun, different = time.perf_counter(), 0
    for seed in range(asked.first_seed, asked.first_seed + asked.funnels):
        found = differences(seed, units=asked.units)
        different += len(found)
        print("\n".join(found[:1]), end="\n" if found else "", flush=True)
    cases = asked.funnels * asked.units
    print(f"{cases:,} cases, {different:,} different, {time.perf_counter() - begun:.0f} s")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
