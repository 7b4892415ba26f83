"""Do personas from data find the kinds of customers that a simulated world has? Adjusted Rand index per world.

    python benchmarks/personas.py --seeds 3 --customers 2000 --days 240

A persona is told at the first touchpoint of a journey, when the kind of customer shows in little but channel, device
and past: the index (Hubert & Arabie 1985; 1: the same groups, 0: chance) is small and above chance, not near 1.
"""

import argparse
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import polars as pl
from sklearn.metrics import adjusted_rand_score

from journey_analytics.config import read_config
from journey_analytics.run import run
from journey_analytics.simulate import simulate
from journey_analytics.warehouse import Warehouse
from journey_analytics.workspace import existing

SHUFFLES = 200

_BEGUN = """
select t.source, t.source_event_id, s.persona, b.rule_persona
from core.touchpoint as t
inner join core.journey as j on t.journey_id = j.journey_id
inner join core.journey_segment as s on t.journey_id = s.journey_id
inner join core.journey_beginning as b on t.journey_id = b.journey_id
where t.position = 1 and not j.is_passive
order by t.source, t.source_event_id
"""


def main() -> None:
    arguments = _arguments()
    print("seed  journeys  personas  stability  index   by chance (97.5 %)  of the rules")
    for seed in range(1, arguments.seeds + 1):
        with TemporaryDirectory() as folder:
            world = Path(folder) / "world"
            simulate(world, customers=arguments.customers, days=arguments.days, seed=seed)
            config = read_config(world / "journey.toml")
            run(config)
            with existing(config) as warehouse:
                print(_line(seed, warehouse, world / "truth"))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--customers", type=int, default=2000)
    parser.add_argument("--days", type=int, default=240)
    return parser.parse_args()


def _line(seed: int, warehouse: Warehouse, truth: Path) -> str:
    begun = warehouse.frame(_BEGUN).join(_true_kinds(truth), on=["source", "source_event_id"])
    kinds, personas = begun["kind"].to_list(), begun["persona"].to_list()
    stability = warehouse.value("select min(jaccard) from mart.persona")
    return (
        f"{seed:4d}  {begun.height:8,}  {len(set(personas)):8d}  {stability or float('nan'):9.2f}"
        f"  {adjusted_rand_score(kinds, personas):.4f}  {_chance(kinds, personas):18.4f}"
        f"  {adjusted_rand_score(kinds, begun['rule_persona'].to_list()):12.4f}"
    )


def _true_kinds(truth: Path) -> pl.DataFrame:
    events = pl.read_csv(truth / "event.csv").select("source", "source_event_id", "customer_id")
    customers = pl.read_csv(truth / "customer.csv").select("customer_id", kind="persona")
    return events.join(customers, on="customer_id").select("source", "source_event_id", "kind").unique()


def _chance(kinds: list[str], personas: list[str]) -> float:
    """The index that shuffled personas stay below 97.5 times of 100."""
    random = Random(1)
    found = [adjusted_rand_score(kinds, random.sample(personas, len(personas))) for _ in range(SHUFFLES)]
    return sorted(found)[int(0.975 * SHUFFLES)]


if __name__ == "__main__":
    main()
