"""Petri nets in PNML, the exchange format of process-mining tools: read leniently, written the same every time."""

from collections.abc import Iterator
from xml.etree import ElementTree as Xml

from journey_analytics.mining.petri import Net, NetBuilder, arcs
from journey_analytics.mining.xml_file import local_name

_GRAMMAR = "http://www.pnml.org/version-2009/grammar/"
_SILENT = "$invisible$"
"""How ProM, and everyone after it, marks a step that no event belongs to."""


def net_of_pnml(root: Xml.Element) -> Net:
    """The net of a PNML document.

    A transition without a name, or marked `$invisible$`, is a silent step. Without an initial marking the one place
    that no arc leads to gets a token; without a final one the one place that no arc leaves ends the journey.

    Raises:
        ValueError: it holds no net, or one that cannot be understood; the message says what was expected.
    """
    builder = NetBuilder()
    keys = dict(_places(root, builder)) | dict(_transitions(root, builder))
    for arc in _all(root, "arc"):
        source, target = (_node(arc, end, keys) for end in ("source", "target"))
        if (source in builder.net["places"]) == (target in builder.net["places"]):
            raise ValueError(f"arc {arc.get('id')!r} joins two nodes of one kind: expected a place and a transition")
        builder.arc(source, target, weight=_number(arc, "inscription", default=1))
    if not builder.net["places"]:
        raise ValueError("it holds no place: expected a <net> with places and transitions")
    _fill_markings(builder.net, root, keys)
    return builder.net


def _places(root: Xml.Element, builder: NetBuilder) -> Iterator[tuple[str, str]]:
    for place in _all(root, "place"):
        if place.get("id") is not None:
            yield place.attrib["id"], builder.place(initial=_number(place, "initialMarking", default=0))


def _transitions(root: Xml.Element, builder: NetBuilder) -> Iterator[tuple[str, str]]:
    for transition in _all(root, "transition"):
        yield transition.get("id", ""), builder.transition(_label(transition))


def _label(transition: Xml.Element) -> str | None:
    if any(tool.get("activity") == _SILENT for tool in _all(transition, "toolspecific")):
        return None
    return (_text(transition, "name") or "").strip() or None


def _node(arc: Xml.Element, end: str, keys: dict[str, str]) -> str:
    found = keys.get(arc.get(end, ""))
    if found is None:
        raise ValueError(f"arc {arc.get('id')!r}: its {end} {arc.get(end)!r} is no place and no transition")
    return found


def _fill_markings(net: Net, root: Xml.Element, keys: dict[str, str]) -> None:
    leaving = {source for source, _, _ in arcs(net)}
    entered = {target for _, target, _ in arcs(net)}
    if not net["initial_marking"]:
        net["initial_marking"] = {_only_end(net, without=entered, word="begins: an initialMarking"): 1}
    net["final_markings"] = [_final_marking(root, keys)]
    if not net["final_markings"][0]:
        net["final_markings"] = [{_only_end(net, without=leaving, word="ends: a finalmarkings element"): 1}]


def _final_marking(root: Xml.Element, keys: dict[str, str]) -> dict[str, int]:
    marking = next((found for final in _all(root, "finalmarkings") for found in _all(final, "marking")), None)
    if marking is None:
        return {}
    tokens = {place.get("idref", ""): _tokens(place) for place in _all(marking, "place")}
    strange = sorted(set(tokens) - set(keys))
    if strange:
        raise ValueError(f"its final marking names the place {strange[0]!r}, which the net does not have")
    return {keys[place]: count for place, count in tokens.items() if count}


def _tokens(place: Xml.Element) -> int:
    return _whole(next((text.text for text in _all(place, "text")), None), default=1)


def _only_end(net: Net, *, without: set[str], word: str) -> str:
    found = [place for place in net["places"] if place not in without]
    if len(found) != 1:
        raise ValueError(f"it does not say where a journey {word}, or exactly one such place (found {len(found)})")
    return found[0]


def _all(element: Xml.Element, name: str) -> Iterator[Xml.Element]:
    return (found for found in element.iter() if local_name(found) == name)


def _text(element: Xml.Element, part: str) -> str | None:
    """What an element's part says, such as the text of its name."""
    for child in element:
        if local_name(child) == part:
            return next((text.text for text in _all(child, "text")), None)
    return None


def _number(element: Xml.Element, part: str, *, default: int) -> int:
    return _whole(_text(element, part), default=default)


def _whole(text: str | None, *, default: int) -> int:
    if text is None or not text.strip():
        return default
    if not text.strip().isdecimal():
        raise ValueError(f"it counts tokens with {text.strip()!r}: expected a whole number")
    return int(text)


def pnml_text(net: Net) -> str:
    """A net as a PNML document: places p1, p2 …, transitions t1, t2 …, the same bytes for the same net."""
    root = Xml.Element("pnml", {"xmlns": f"{_GRAMMAR}pnml"})
    net_element = Xml.SubElement(root, "net", {"id": "net", "type": f"{_GRAMMAR}pnmlcoremodel"})
    page = Xml.SubElement(net_element, "page", {"id": "page"})
    names = {key: f"p{number}" for number, key in enumerate(net["places"], start=1)}
    names |= {key: f"t{number}" for number, key in enumerate(net["transitions"], start=1)}
    for key in net["places"]:
        _add_place(page, names[key], tokens=(net["initial_marking"] or {}).get(key, 0))
    for key, found in net["transitions"].items():
        _add_transition(page, names[key], found["label"])
    for number, (source, target, weight) in enumerate(arcs(net), start=1):
        ends = {"id": f"a{number}", "source": names[source], "target": names[target]}
        arc = Xml.SubElement(page, "arc", ends)
        if weight != 1:
            _add_text(arc, "inscription", str(weight))
    _add_final_marking(net_element, {names[key]: count for key, count in net["final_markings"][0].items()})
    Xml.indent(root)
    return Xml.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _add_text(parent: Xml.Element, part: str, text: str) -> None:
    Xml.SubElement(Xml.SubElement(parent, part), "text").text = text


def _add_place(page: Xml.Element, name: str, *, tokens: int) -> None:
    place = Xml.SubElement(page, "place", {"id": name})
    _add_text(place, "name", name)
    if tokens:
        _add_text(place, "initialMarking", str(tokens))


def _add_transition(page: Xml.Element, name: str, label: str | None) -> None:
    transition = Xml.SubElement(page, "transition", {"id": name})
    _add_text(transition, "name", name if label is None else label)
    if label is None:
        tool = {"tool": "ProM", "version": "6.4", "activity": _SILENT, "localNodeID": name}
        Xml.SubElement(transition, "toolspecific", tool)


def _add_final_marking(net_element: Xml.Element, tokens: dict[str, int]) -> None:
    marking = Xml.SubElement(Xml.SubElement(net_element, "finalmarkings"), "marking")
    for name, count in tokens.items():
        Xml.SubElement(Xml.SubElement(marking, "place", {"idref": name}), "text").text = str(count)
