"""What must be hidden beside the groups that are too small, so that none of them is a whole less its shown parts."""

from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

WHOLE: Final = "all"
"""The value of a column that stands for all of its values."""

Key = tuple[str, ...]
_Lines = dict[tuple[int, Key], list[Key]]


def hidden_too(counts: Mapping[Key, int], hidden: set[Key], names: Sequence[int]) -> set[Key]:
    """The hidden groups and those that have to be hidden with them.

    Where a shown whole has exactly one hidden part, its next smallest part is hidden as well, until there is no such
    whole; ties by name. A whole without another part to hide is hidden itself. Source: complementary cell suppression,
    Willenborg & de Waal 2001, Elements of Statistical Disclosure Control, chapter 4, along single dimensions.

    Args:
        counts: the size of every group by its names.
        hidden: groups that are too small.
        names: places of the names that have wholes (`all`).
    """
    lines, found = _lines(counts, names), set(hidden)
    waiting = sorted(lines)
    while waiting:
        waiting = [line for line in waiting if _close(line, lines[line], counts, found)] and sorted(lines)
    return found


def _lines(counts: Mapping[Key, int], names: Sequence[int]) -> _Lines:
    """The parts of every whole, by the place of the name that divides it."""
    lines: _Lines = {}
    for key in counts:
        for place in names:
            whole = (*key[:place], WHOLE, *key[place + 1 :])
            if key[place] != WHOLE and whole in counts:
                lines.setdefault((place, whole), []).append(key)
    return lines


def _close(line: tuple[int, Key], parts: Sequence[Key], counts: Mapping[Key, int], hidden: set[Key]) -> bool:
    """Hide what this whole needs; whether anything was."""
    whole = line[1]
    if whole in hidden or sum(part in hidden for part in parts) != 1:
        return False
    shown = [part for part in parts if part not in hidden]
    hidden.add(min(shown, key=lambda part: (counts[part], part)) if shown else whole)
    return True


def with_hidden(frame: pl.DataFrame, names: Sequence[str], *, wholes: Sequence[str], count: str) -> pl.DataFrame:
    """The frame with `is_suppressed` also for what has to be hidden with the groups that have it already.

    Args:
        frame: one row per group.
        names: the columns that name a group.
        wholes: those of them that have a value `all`.
        count: the column with a group's size.
    """
    keys = list(frame.select(names).iter_rows())
    counts = dict(zip(keys, frame[count].to_list(), strict=True))
    small = {key for key, is_small in zip(keys, frame["is_suppressed"].to_list(), strict=True) if is_small}
    found = hidden_too(counts, small, [list(names).index(name) for name in wholes])
    return frame.with_columns(is_suppressed=pl.Series([key in found for key in keys], dtype=pl.Boolean))
