"""What somebody types → the identities it stands for, spelled as in the tables."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from journey_analytics.config import Source
from journey_analytics.load.stager import Stager


def spellings(files: Mapping[str, Path], sources: Sequence[Source], written: str) -> list[tuple[str, str]]:
    """Type and value, as admission spells them, of every identity that a text may stand for; sorted.

    A text has one spelling per type, a national phone number one per region of the sources: A.B+x@gmail.com finds
    ab@gmail.com, and 0151 12345678 finds +4915112345678. Types in which the text is a placeholder are left out.

    Raises:
        ConfigurationError: a rule file or the region of a source is at fault.
    """
    with closing(Stager(files, sources, loaded_at=datetime.now(UTC).replace(tzinfo=None))) as stager:
        return stager.spell(written)
