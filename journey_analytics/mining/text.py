"""A discovered model as people read it in the terminal."""

from collections.abc import Iterator, Mapping
from typing import Any

from journey_analytics.mining.tree import CHOICE, LOOP, PARALLEL, SEQUENCE, Tree, parse_tree

_WORDS = {
    SEQUENCE: "in this order",
    CHOICE: "one of",
    PARALLEL: "all of these, in any order",
    LOOP: "the first; then, as often as needed, another and the first again",
}
_KINDS = {
    "inductive": "a process tree (Inductive Miner)",
    "heuristics": "a heuristics net",
    "split": "BPMN (Split Miner)",
    "powl": "a partially ordered model (POWL)",
    "dfg": "the directly-follows graph",
}


def model_lines(answer: Mapping[str, Any]) -> str:
    """The answer of `journey model`: whose journeys, how well they are described, the model or why it is not shown."""
    return "\n".join([_of_whom(answer), *_measures(answer), *_shown(answer), *_written(answer)])


def _of_whom(answer: Mapping[str, Any]) -> str:
    whose = "all journeys" if answer["segment"] == "all" else _selected(answer)
    what = _KINDS[answer["kind"]] if "kind" in answer else "directly-follows counts"
    count, still_open, late = (answer[f"{name}_count"] for name in ("journey", "open", "left_censored"))
    return (
        f"{what[0].upper()}{what[1:]} of {whose}, {answer['level']} level: {count:,} journeys, {still_open:,} of them "
        f"still open, {late:,} perhaps without their beginning"
    )


def _selected(answer: Mapping[str, Any]) -> str:
    name = "" if answer["segment"] == "selection" else f"{answer['segment']}="
    return f"journeys with {name}{answer['segment_value']}"


def _measures(answer: Mapping[str, Any]) -> Iterator[str]:
    if "fitness" not in answer:
        return
    yield (
        f"Judged on {answer['variant_count']:,} of the most frequent variants: {answer['covered_journey_count']:,} of "
        f"{answer['journey_count']:,} journeys ({answer['journey_coverage_share']:.1%})"
    )
    yield (
        f"fitness {answer['fitness']:.2f} (1: replays all of them) · precision {answer['precision']:.2f} (1: allows "
        f"nothing unseen) · simplicity {answer['simplicity']:.2f} (1: fewest connections)"
    )


def _shown(answer: Mapping[str, Any]) -> Iterator[str]:
    if answer.get("note"):
        yield answer["note"][0].upper() + answer["note"][1:]
    elif answer.get("model"):
        yield ""
        yield from _outline(parse_tree(answer["model"])) if answer["kind"] == "inductive" else (answer["model"],)
    elif "model" in answer:
        yield "It has no text of its own: write it to a file with --out"


def _outline(tree: Tree, *, depth: int = 0) -> Iterator[str]:
    """A line per part, indented below its operator."""
    own = _WORDS.get(tree.operator or "") or tree.activity or "(nothing)"
    yield "  " * depth + "".join(char if char.isprintable() else "�" for char in own)
    for part in tree.parts:
        yield from _outline(part, depth=depth + 1)


def _written(answer: Mapping[str, Any]) -> Iterator[str]:
    if answer["file"]:
        yield f"Written to {answer['file']}"
