"""The Dash application: a link comes in, the parts of the screen go out. It computes nothing itself."""

import gzip
import logging
from collections.abc import Callable
from functools import cache
from importlib import resources
from typing import Any

from journey_analytics.dashboard import pages
from journey_analytics.dashboard.access import Access
from journey_analytics.dashboard.headers import security_headers
from journey_analytics.dashboard.layout import INDEX, page_layout
from journey_analytics.dashboard.optional import of_the_dashboard
from journey_analytics.dashboard.published import Published
from journey_analytics.dashboard.state import State, language_of, state_of
from journey_analytics.errors import JourneyError
from journey_analytics.language import ENGLISH, said, written_in
from journey_analytics.report.views import VIEWS

TITLE = "Customer journeys"
Answer = dict[str, Any]
_log = logging.getLogger(__name__)
_ANCHORS = tuple(view.anchor for view in VIEWS)


def make_app(published: Published, access: Access, *, language: str = ENGLISH) -> Any:
    """The application; its `server` is what a WSGI server runs.

    Args:
        published: the copy that it reads.
        access: who may look.
        language: of links that name none.

    Raises:
        ConfigurationError: the extra `dashboard` is not installed.
    """
    dash = of_the_dashboard("dash")
    app = dash.Dash(
        "journey_dashboard",
        title=TITLE,
        update_title=None,
        index_string=INDEX,
        assets_folder="no_folder",
        serve_locally=True,
        add_log_handler=False,
    )
    app.layout = page_layout
    _answer(app, dash, published, language)
    _route(app, published, access)
    return app


def _answer(app: Any, dash: Any, published: Published, language: str) -> None:
    """What is drawn when the link changes: the shell first, then each selection's view."""
    out, given = dash.Output, dash.Input

    def shell(link: str) -> Answer:
        return _safely(link, language, lambda state: _shell(published, state), otherwise=_plain(published, language))

    def first(link: str) -> Answer:
        return _safely(link, language, lambda state: _look(published, state, 0))

    def second(link: str) -> Answer:
        return _safely(link, language, lambda state: _look(published, state, 1), otherwise=lambda _: {"html": ""})

    for store, answer in (("shell-made", shell), ("look-0-made", first), ("look-1-made", second)):
        app.callback(out(store, "data"), given("asked", "data"), prevent_initial_call=True)(answer)
        app.clientside_callback(dash.ClientsideFunction("journey", store.replace("-", "_")), given(store, "data"))
    app.clientside_callback(dash.ClientsideFunction("journey", "begin"), out("asked", "data"), given("begun", "id"))


def _shell(published: Published, state: State) -> Answer:
    made = pages.shell_of(published, state)
    with written_in(state.language):
        words = {
            "failed": said("The server does not answer. Is it still running?"),
            "skip": said("Skip to the content"),
            "again": said("Try again"),
            "slow": said("Still working on it …"),
        }
    return {
        "side": made.side,
        "head": made.head,
        "title": made.title,
        "language": state.language,
        "isComparing": state.versus is not None,
        "words": words,
    }


def _look(published: Published, state: State, place: int) -> Answer:
    if place >= len(state.choices):
        return {"html": ""}
    look = pages.look_of(published, state, place)
    with written_in(state.language):
        words = {"rows": said("Rows (CSV)"), "save": said("Save as {kind}: {title}")}
    return {"html": look.html, "exports": {**pages.export_link(state, place), "words": words}}


def _safely(
    link: str, language: str, answer: Callable[[State], Answer], *, otherwise: Callable[[str], Answer] | None = None
) -> Answer:
    """The answer, or what went wrong as a page: an error of ours in its own words, any other one in the log alone.

    `otherwise` answers a link that cannot be read.
    """
    try:
        return {"link": link, **_answered(link, language, answer, otherwise)}
    except JourneyError as error:
        return {"link": link, "html": _failure(link, language, str(error).splitlines()[0]), "isFailure": True}
    except Exception:  # noqa: BLE001 - whatever it is, the reader gets a page and the log the reason
        _log.exception("cannot answer %s", link)
        return {"link": link, "html": _failure(link, language, None), "isFailure": True}


def _answered(
    link: str, language: str, answer: Callable[[State], Answer], otherwise: Callable[[str], Answer] | None
) -> Answer:
    try:
        state = state_of(link, views=_ANCHORS, language=language)
    except JourneyError:
        if otherwise is None:
            raise
        return otherwise(link)
    return answer(state)


def _plain(published: Published, language: str) -> Callable[[str], Answer]:
    """The shell of the first view with nothing chosen: what stands around the words about a wrong link."""
    return lambda link: _shell(published, State(_ANCHORS[0], language=language_of(link, language=language)))


def _failure(link: str, language: str, message: str | None) -> str:
    with written_in(language_of(link, language=language)):
        way_out = State(view=_ANCHORS[0], language=language_of(link, language=language)).link()
        title = said("Something went wrong") if message is None else said("This link leads nowhere")
        text = message or said("The server could not draw this; its log says why.")
        return pages.failure(title, text, link=way_out, way_out=said("Show all journeys"))


def _route(app: Any, published: Published, access: Access) -> None:
    """The routes beside Dash's own: our files and the exports; access and headers for all of them."""
    from journey_analytics.dashboard.asked import refuse_malformed
    from journey_analytics.dashboard.exports import add_exports
    from journey_analytics.dashboard.gate import guard

    server = app.server
    guard(server, access, security_headers(app.csp_hashes()))
    refuse_malformed(server, app.callback_map)
    add_exports(server, published)

    @server.route("/own/<name>")
    def own(name: str) -> Any:
        return _own_file(name)


_KINDS = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}
_OWN = {
    "page.js": "journey_analytics.report",
    "page.css": "journey_analytics.report",
    "process_map.js": "journey_analytics.report",
    "panel_tools.js": "journey_analytics.report",
    "dashboard.js": "journey_analytics.dashboard",
    "dashboard.css": "journey_analytics.dashboard",
    "icon.svg": "journey_analytics.dashboard",
}


def _own_file(name: str) -> Any:
    flask = of_the_dashboard("flask")
    if name != "plotly.js" and name not in _OWN:
        return flask.abort(404)
    answer = flask.Response(_packed(name), mimetype=_KINDS[name.rsplit(".", 1)[1]])
    answer.headers["Content-Encoding"] = "gzip"
    answer.headers["Cache-Control"] = "no-cache"
    answer.add_etag()
    return answer.make_conditional(flask.request)


@cache
def _packed(name: str) -> bytes:
    if name == "plotly.js":
        from plotly.offline import get_plotlyjs

        return gzip.compress(get_plotlyjs().encode(), mtime=0)
    return gzip.compress(resources.files(_OWN[name]).joinpath(name).read_bytes(), mtime=0)
