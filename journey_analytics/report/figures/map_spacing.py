"""Heights of the boxes in ordered columns: as level with their neighbours as the room between boxes allows."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_ROUNDS = 16

Link = tuple[str, str, float]


def spaced(
    order: Sequence[Sequence[str]], links: Sequence[Link], heights: Mapping[str, float], *, space: float
) -> dict[str, float]:
    """The middle (y) of every node, the topmost edge at 0; the order of a column stays, boxes keep their distance.

    Columns are centred on the tallest one, then moved, column by column and back, to where the weighted squares of the
    distances to neighbours in other columns are least; none reaches above or below the tallest. Rounded to a tenth of
    a pixel.
    """
    middles = _stacked(order, heights, space)
    reach = max((sum(heights[node] + space for node in column) - space for column in order), default=0.0) / 2
    column_of = {node: column for column, nodes in enumerate(order) for node in nodes}
    pulls = _pulls(links, column_of)
    for number in range(_ROUNDS):
        for column in order if number % 2 == 0 else reversed(order):
            middles.update(_settled(column, middles, pulls, heights, space=space, reach=reach))
    top = min((middles[node] - heights[node] / 2 for node in middles), default=0.0)
    return {node: round(middle - top, 1) for node, middle in middles.items()}


def _stacked(order: Sequence[Sequence[str]], heights: Mapping[str, float], space: float) -> dict[str, float]:
    middles: dict[str, float] = {}
    for column in order:
        top = -(sum(heights[node] + space for node in column) - space) / 2
        for node in column:
            middles[node] = top + heights[node] / 2
            top += heights[node] + space
    return middles


def _pulls(links: Sequence[Link], column_of: Mapping[str, int]) -> dict[str, list[tuple[str, float]]]:
    pulls: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for a, b, weight in links:
        if column_of[a] != column_of[b] and weight > 0:
            pulls[a].append((b, weight))
            pulls[b].append((a, weight))
    return pulls


@dataclass(frozen=True)
class _Block:
    """Nodes that stand as close as they may: the mean of where they want to be, less their offsets, and its weight."""

    at: float
    weight: float
    size: int


def _settled(
    column: Sequence[str],
    middles: Mapping[str, float],
    pulls: Mapping[str, Sequence[tuple[str, float]]],
    heights: Mapping[str, float],
    *,
    space: float,
    reach: float,
) -> dict[str, float]:
    """The least-squares places of a column in its order: pooling of neighbours that want to pass each other.

    Places beyond `reach` are moved back to it, which is still the least-squares answer (isotonic regression in bounds).
    """
    blocks: list[_Block] = []
    offset, offsets = 0.0, []
    for place, node in enumerate(column):
        if place:
            offset += (heights[column[place - 1]] + heights[node]) / 2 + space
        offsets.append(offset)
        blocks.append(_wish(node, middles, pulls, offset))
        while len(blocks) > 1 and blocks[-2].at > blocks[-1].at:
            blocks[-2:] = [_pooled(blocks[-2], blocks[-1])]
    if not column:
        return {}
    low, high = -reach + heights[column[0]] / 2, reach - heights[column[-1]] / 2 - offset
    starts = [min(high, max(low, block.at)) for block in blocks for _ in range(block.size)]
    return {node: at + offset for node, at, offset in zip(column, starts, offsets, strict=True)}


def _wish(
    node: str, middles: Mapping[str, float], pulls: Mapping[str, Sequence[tuple[str, float]]], offset: float
) -> _Block:
    """Where a node wants to be; one without neighbours stays, lightly."""
    found = pulls.get(node, ())
    weight = sum(weight for _, weight in found)
    if not weight:
        return _Block(middles[node] - offset, 1e-6, 1)
    return _Block(sum(middles[other] * pull for other, pull in found) / weight - offset, weight, 1)


def _pooled(one: _Block, two: _Block) -> _Block:
    weight = one.weight + two.weight
    return _Block((one.at * one.weight + two.at * two.weight) / weight, weight, one.size + two.size)
