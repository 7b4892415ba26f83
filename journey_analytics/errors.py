"""Every way a command can end other than well, with its exit code.

An error names the file, the key, what was expected, the nearest valid name and what to do.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class JourneyError(Exception):
    """Base of every error that is shown to the user as one message, without a traceback."""

    exit_code = 2


class DataError(JourneyError):
    """The data is at fault: a check failed, or nothing usable was found."""

    exit_code = 1


class ConfigurationError(JourneyError):
    """The call, the configuration, a rule file or a model is at fault."""

    exit_code = 2


class LockedError(JourneyError):
    """Another run holds the warehouse; trying later helps."""

    exit_code = 75


def nearest(name: str, known: Iterable[str]) -> str:
    """A sentence that helps to find the right name: the nearest known one, or the list of all."""
    names = sorted(known)
    close = get_close_matches(name, names, n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}?" if close else f"known: {', '.join(names)}"
