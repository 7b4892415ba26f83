"""Pages that are one file: everything inline, nothing fetched, and a policy that forbids the rest."""

import base64
import hashlib
import os
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from plotly.offline import get_plotlyjs

from journey_analytics.language import language, said
from journey_analytics.report.markup import Html, tag


def offline_page(
    title: str, *content: str, scripts: Sequence[str] = (), meta: Sequence[Html] = (), **attributes: bool
) -> str:
    """A page as text, in the language that is written now.

    Args:
        title: words for the tab.
        content: what the body holds, before its scripts.
        scripts: the only ones that may run, each by its hash in the policy; with none, no script and no picture may.
        meta: more for the head; it comes before the styles.
        attributes: of the body.
    """
    body = tag("body", *content, *(tag("script", Html(script)) for script in scripts), **attributes)
    return f"<!doctype html>\n{tag('html', _head(title, scripts, meta), body, lang=language())}\n"


def drawing_scripts(*files: str, begin: str = "") -> tuple[str, str]:
    """Plotly.js, then ours from its files in their order; `begin` is run after them."""
    return get_plotlyjs(), "".join(part(file) for file in files) + begin


def drawing_footer() -> Html:
    """Whose work draws the figures, and that the page needs no network."""
    return tag(
        "footer",
        said(
            "Drawn with plotly.js (MIT licence, © Plotly, Inc.), which is included in this file. The file needs no "
            "network and sends nothing. Every number comes from a published table."
        ),
    )


def write_whole(target: Path, text: str) -> None:
    """Write a file of text, whose folder is made, so that readers see the old or the new one.

    Raises:
        OSError: when the folder cannot be written; nothing is left behind.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f".{target.name}.{os.getpid()}.new")
    try:
        fresh.write_text(text, encoding="utf-8", newline="\n")
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)


def part(file: str) -> str:
    """A style sheet or script of the pages, as text."""
    return resources.files("journey_analytics.report").joinpath(file).read_text(encoding="utf-8")


def _head(title: str, scripts: Sequence[str], meta: Sequence[Html]) -> Html:
    rules = {
        "default-src": "'none'",
        "script-src": " ".join(map(_hash, scripts)),
        "style-src": "'unsafe-inline'",
        "img-src": "data: blob:" if scripts else "",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    policy = "; ".join(f"{name} {sources}" for name, sources in rules.items() if sources)
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        Html(f'<meta http-equiv="Content-Security-Policy" content="{policy}">'),
        tag("meta", name="referrer", content="no-referrer"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        *meta,
        tag("title", title),
        tag("style", Html(part("page.css"))),
    )


def _hash(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
