"""What a page may ask of the server: one link for one part of the screen. Anything else is refused in words."""

from collections.abc import Container
from typing import Any, Final

from journey_analytics.dashboard.optional import of_the_dashboard

_ADDRESS: Final = "/_dash-update-component"


def refuse_malformed(server: Any, outputs: Container[str]) -> None:
    """Answer 400 to whatever no page of ours would ask; `outputs` are the parts that can be asked for."""
    flask = of_the_dashboard("flask")

    @server.before_request
    def refuse() -> Any:
        request = flask.request
        if request.path != _ADDRESS or request.method != "POST":
            return None
        if is_asked(request.get_json(silent=True), outputs):
            return None
        return flask.Response("This request cannot be read.\n", status=400, mimetype="text/plain")


def is_asked(body: object, outputs: Container[str]) -> bool:
    """Whether a body is that of a page: one known part, and the link as one text."""
    if not isinstance(body, dict) or body.get("state", []) != []:
        return False
    output, inputs, changed = body.get("output"), body.get("inputs"), body.get("changedPropIds", [])
    return (
        isinstance(output, str)
        and output in outputs
        and _is_property(body.get("outputs"))
        and isinstance(inputs, list)
        and len(inputs) == 1
        and _is_property(inputs[0])
        and _is_text(inputs[0].get("value"))
        and isinstance(changed, list)
        and all(map(_is_text, changed))
    )


def _is_property(given: object) -> bool:
    return isinstance(given, dict) and _is_text(given.get("id")) and _is_text(given.get("property"))


def _is_text(given: object) -> bool:
    """Whether it is a text of whole characters: half of a pair can be neither logged nor sent back."""
    return isinstance(given, str) and not any("\ud800" <= one <= "\udfff" for one in given)
