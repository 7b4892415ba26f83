"""Random logs by the thousand through all that is made of paths: does it add up, at any number of boxes and steps?

    python benchmarks/path_invariants.py --logs 10000

Every violation is printed with its log; the exit code is 1 when there is one. The tests try 200 of the same logs.
"""

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from path_laws import random_log, violations  # pyrefly: ignore[missing-import]

TOGETHER = 1_000
"""So many logs share a warehouse."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--logs", type=int, default=10_000)
    asked = parser.parse_args()
    begun, found = time.perf_counter(), 0
    for first in range(0, asked.logs, TOGETHER):
        logs = [random_log(seed) for seed in range(first, min(first + TOGETHER, asked.logs))]
        for fault in violations(logs):
            found += 1
            print(fault, flush=True)
    print(f"{asked.logs:,} logs, {found:,} violations, {time.perf_counter() - begun:.0f} s")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
