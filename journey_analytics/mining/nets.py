"""Petri nets of designed journeys: made from a process tree, read from a file, written to one."""

from pathlib import Path
from xml.etree import ElementTree as Xml

from journey_analytics.errors import ConfigurationError
from journey_analytics.mining import petri
from journey_analytics.mining.petri import NetBuilder, in_canonical_order, labels
from journey_analytics.mining.pm4py_library import bpmn_net
from journey_analytics.mining.pnml import net_of_pnml
from journey_analytics.mining.tree import CHOICE, LOOP, SEQUENCE, Tree, parse_tree
from journey_analytics.mining.xml_file import local_name, read_xml

Net = petri.Net

READABLE = (".pnml", ".bpmn", ".ptree", ".txt")
"""What `read_net` reads, by the end of a file's name: a Petri net, BPMN 2.0, and process trees."""


def net_of(tree: Tree) -> Net:
    """The Petri net of a process tree: the same traces, one token from the first place to the last."""
    builder = NetBuilder()
    source, target = builder.place(initial=1), builder.place(final=1)
    _add(tree, builder, source=source, target=target)
    return builder.net


def _add(tree: Tree, builder: NetBuilder, *, source: str, target: str) -> None:
    """The part of the net that leads a token from one place to another; nothing of it leads back to `source`."""
    if tree.operator is None:
        builder.transition(tree.activity, sources=[source], targets=[target])
    elif tree.operator == SEQUENCE:
        _add_sequence(tree, builder, source=source, target=target)
    elif tree.operator == CHOICE:
        for part in tree.parts:
            _add(part, builder, source=source, target=target)
    elif tree.operator == LOOP:
        _add_loop(tree, builder, source=source, target=target)
    else:
        _add_parallel(tree, builder, source=source, target=target)


def _add_sequence(tree: Tree, builder: NetBuilder, *, source: str, target: str) -> None:
    for part in tree.parts[:-1]:
        between = builder.place()
        _add(part, builder, source=source, target=between)
        source = between
    _add(tree.parts[-1], builder, source=source, target=target)


def _add_loop(tree: Tree, builder: NetBuilder, *, source: str, target: str) -> None:
    """The way back must not reach `source`, from where a choice around the loop could be made again."""
    before, after = builder.place(), builder.place()
    builder.transition(None, sources=[source], targets=[before])
    _add(tree.parts[0], builder, source=before, target=after)
    for back in tree.parts[1:]:
        _add(back, builder, source=after, target=before)
    builder.transition(None, sources=[after], targets=[target])


def _add_parallel(tree: Tree, builder: NetBuilder, *, source: str, target: str) -> None:
    starts = [builder.place() for _ in tree.parts]
    ends = [builder.place() for _ in tree.parts]
    builder.transition(None, sources=[source], targets=starts)
    for part, start, end in zip(tree.parts, starts, ends, strict=True):
        _add(part, builder, source=start, target=end)
    builder.transition(None, sources=ends, targets=[target])


def read_net(path: Path) -> Net:
    """The net of a designed journey in a file; see READABLE. BPMN needs pm4py.

    Raises:
        ConfigurationError: the file is missing, of another kind, unreadable, or plans no activity at all; the message
            names the file, what was expected and what to do.
    """
    try:
        net = _read(path)
    except FileNotFoundError:
        raise ConfigurationError(f"{path}: there is no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: it cannot be read: {error}") from error
    except ValueError as error:
        raise ConfigurationError(f"{path}: {error}") from None
    if not labels(net):
        raise ConfigurationError(f"{path}: it plans no activity: give its steps the names of activities or stages")
    return in_canonical_order(net)


def _read(path: Path) -> Net:
    kind = path.suffix.lower()
    if kind == ".pnml":
        return net_of_pnml(_document(path, root="pnml"))
    if kind == ".bpmn":
        _document(path, root="definitions")
        return bpmn_net(path)
    if kind in READABLE:
        return net_of(parse_tree(path.read_text(encoding="utf-8-sig")))
    raise ValueError(f"expected a file that ends in {', '.join(READABLE)}")


def _document(path: Path, *, root: str) -> Xml.Element:
    found = read_xml(path)
    if local_name(found) != root:
        raise ValueError(f"expected <{root}> around it all, found <{local_name(found)}>")
    return found
