"""HTML that is safe by construction: text is escaped unless it is already `Html`."""

import re
from collections.abc import Iterable
from html import escape

from journey_analytics.language import said
from journey_analytics.report.wording import visible

_NAMED = re.compile(r"\{(\w+)\}")
_VOID = frozenset({"br", "hr", "img", "input", "meta"})


class Html(str):
    """Text that is HTML already. Only this module and constants of ours make it; data never does."""

    __slots__ = ()


def tag(name: str, /, *children: str | None, **attributes: str | int | bool | None) -> Html:
    """One element. Children and attribute values are escaped, `Html` children are not; null ones are left out.

    A trailing underscore of an attribute is dropped and inner ones become hyphens: `class_`, `aria_label`.
    """
    opening = f"<{name}{''.join(_attribute(key, value) for key, value in attributes.items())}>"
    if name in _VOID:
        return Html(opening)
    return Html(f"{opening}{join(child for child in children if child is not None)}</{name}>")


def phrase(text: str, /, **parts: str) -> Html:
    """A text in the language of the page, its `{names}` filled with parts that may be `Html`; the rest is escaped."""
    pieces = _NAMED.split(said(text))
    return join(parts[piece] if place % 2 else piece for place, piece in enumerate(pieces))


def join(children: Iterable[str]) -> Html:
    """Children one after the other, escaped where they are plain text."""
    return Html("".join(child if isinstance(child, Html) else escape(visible(child)) for child in children))


def _attribute(key: str, value: str | int | bool | None) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(str(value), quote=True)}"'
