"""The fewest links by which every box can be reached from the start and reaches an end: the busiest way to each."""

from collections.abc import Mapping, Sequence

Pair = tuple[str, str]


def backbone(flows: Mapping[Pair, int], *, source: str, targets: Sequence[str]) -> frozenset[Pair]:
    """Links that keep a thinned map in one piece.

    From the start, the busiest link to a box that is not reached yet is taken, again and again; then the same from the
    ends against the arrows. So every box lies on a drawn path from the start to an end, wherever one exists, and the
    rarest link of the way there is as busy as it can be (Prim's rule). Ties go to the first name.
    """
    proper = {pair: number for pair, number in flows.items() if pair[0] != pair[1]}
    present = [target for target in targets if any(pair[1] == target for pair in proper)]
    onward = _grown(proper, {source}, never=set())
    backward = _grown({(b, a): number for (a, b), number in proper.items()}, set(present), never={source})
    return frozenset(onward) | {(a, b) for b, a in backward}


def _grown(flows: Mapping[Pair, int], reached: set[str], *, never: set[str]) -> list[Pair]:
    ranked = sorted(flows, key=lambda pair: (-flows[pair], pair))
    taken: list[Pair] = []
    while True:
        following = next((p for p in ranked if p[0] in reached and p[1] not in reached and p[1] not in never), None)
        if following is None:
            return taken
        taken.append(following)
        reached = reached | {following[1]}
