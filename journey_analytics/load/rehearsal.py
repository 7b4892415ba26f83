"""Whether every source could be staged: its model and the rules run on no rows at all."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path

import polars as pl

from journey_analytics.config import Source
from journey_analytics.load.stager import Stager

_NO_ROWS = pl.DataFrame(
    schema={"load_id": pl.Int64, "source": pl.String, "file": pl.String, "row_number": pl.Int64, "payload": pl.String}
)


def rehearse(files: Mapping[str, Path], sources: Sequence[Source], *, loaded_at: datetime) -> None:
    """Stage nothing for every table of every source.

    Raises:
        ConfigurationError: naming the model or the rule file at fault.
    """
    with closing(Stager(files, sources, loaded_at=loaded_at)) as stager:
        for source in sources:
            for key in sorted(source.paths):
                stager.stage(source, key, _NO_ROWS)
