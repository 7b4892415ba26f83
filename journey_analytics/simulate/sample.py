"""The sample data of the repository: `python -m journey_analytics.simulate.sample FOLDER` writes it, always alike."""

import shutil
import sys
from pathlib import Path

from journey_analytics.simulate.simulation import Summary, simulate


def write_sample(path: Path) -> Summary:
    """Write the sample world below `path`: always the same bytes. What an earlier one left there is removed first."""
    for name in ("landing", "planned", "truth"):
        shutil.rmtree(path / name, ignore_errors=True)
    path.mkdir(parents=True, exist_ok=True)
    return simulate(path, customers=165, days=300, seed=11, dirty=True)


if __name__ == "__main__":
    write_sample(Path(sys.argv[1]))
