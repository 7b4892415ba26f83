"""`journey export`: the published journeys in a format that other tools read."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from journey_analytics.config import Config
from journey_analytics.errors import ConfigurationError, DataError, nearest
from journey_analytics.exchange.ocel import write_ocel
from journey_analytics.exchange.star import write_star
from journey_analytics.exchange.tables import Chosen
from journey_analytics.exchange.words import several
from journey_analytics.exchange.xes import write_xes
from journey_analytics.paths.selection import read_selection
from journey_analytics.warehouse import open_published

WRITERS: Final[dict[str, Callable[[Chosen, Path], int]]] = {
    "xes": write_xes,
    "ocel": write_ocel,
    "parquet": write_star,
}
"""By format."""

ENDINGS: Final = {"xes": (".xes", ".xes.gz"), "ocel": (".json", ".json.gz", ".jsonocel", ".jsonocel.gz")}
"""How the file's name ends, by format; a folder's name ends in none of these."""


@dataclass(frozen=True)
class Exported:
    """What was written: touchpoints, the selection in words, and the passive journeys that are in no export."""

    format: str
    out: str
    touchpoint_count: int
    journeys: str
    passive_count: int

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    def __str__(self) -> str:
        """As a sentence or two."""
        text = f"{several(self.touchpoint_count, 'touchpoint')} of {self.journeys} written to {self.out}"
        if self.passive_count:
            passive = several(self.passive_count, "passive journey")
            are = "is" if self.passive_count == 1 else "are"
            text += f"\n{passive}, in which nobody did anything, {are} in no export"
        return text


def export(config: Config, out: Path, *, kind: str, where: Sequence[str] = ()) -> Exported:
    """Write the journeys of the published copy.

    Args:
        config: the workspace.
        out: a file (compressed where its name ends in .gz), or for `parquet` a folder; an earlier export is replaced.
        kind: `xes`, `ocel` or `parquet`.
        where: conditions on journeys, and-ed; see `paths.selection`.

    Raises:
        ConfigurationError: unknown format or condition, a name that does not end as the format's do, or `out` cannot
            be written.
        DataError: nothing is published yet, or by an older release; or no journey is selected: nothing is written, and
            an earlier export stays.
    """
    if kind not in WRITERS:
        raise ConfigurationError(f"--format {kind!r}: expected one of {', '.join(WRITERS)}; {nearest(kind, WRITERS)}")
    if out.resolve() in (config.file.resolve(), config.warehouse.resolve(), config.published.resolve()):
        raise ConfigurationError(f"{out} is a file of the workspace: name another one")
    _check_ending(out, kind)
    with open_published(config.published, memory_limit=config.memory_limit) as published:
        selection = read_selection(published, where)
        chosen = Chosen(published, selection)
        if not chosen.journey_count:
            raise DataError(f"no active journey is selected by {selection}: nothing is written to {out}")
        count = WRITERS[kind](chosen, out)
        return Exported(kind, str(out), count, str(selection), chosen.passive_count)


def _check_ending(out: Path, kind: str) -> None:
    name = out.name.lower()
    others = tuple(ending for endings in ENDINGS.values() for ending in endings)
    if kind in ENDINGS and not name.endswith(ENDINGS[kind]):
        raise ConfigurationError(f"--format {kind} writes a file that ends in {', '.join(ENDINGS[kind])}, not {out}")
    if kind not in ENDINGS and name.endswith(others):
        raise ConfigurationError(f"--format {kind} writes a folder: name one without the ending of a file, not {out}")
