"""The gate of the server: who is let in, and the headers of every answer."""

from collections.abc import Mapping
from typing import Any

from journey_analytics.dashboard.access import Access
from journey_analytics.dashboard.optional import of_the_dashboard


def guard(server: Any, access: Access, headers: Mapping[str, str]) -> None:
    """Ask before every answer, errors included, and say the headers with every answer.

    Args:
        server: the Flask application.
        access: who may look. The password is asked for by the browser, under any user name; a token comes as
            `Authorization: Bearer …`, or as the password.
        headers: by name.
    """
    flask = of_the_dashboard("flask")
    asked = _authentication(access)

    @server.before_request
    def let_in() -> Any:
        if not access.answers_to(flask.request.host):
            return flask.Response("This dashboard is for this machine alone.\n", status=403, mimetype="text/plain")
        return None if access.is_open else asked.login_required(lambda: None)()

    @server.after_request
    def speak(answer: Any) -> Any:
        for name, value in headers.items():
            answer.headers[name] = value
        answer.headers.setdefault("Cache-Control", "no-store")
        return answer


def _authentication(access: Access) -> Any:
    library = of_the_dashboard("flask_httpauth")
    basic, bearer = library.HTTPBasicAuth(realm="journey"), library.HTTPTokenAuth("Bearer", realm="journey")

    @basic.verify_password
    def is_password(_user: str, given: str) -> str | None:
        return "reader" if access.is_password(given) else None

    @bearer.verify_token
    def is_token(given: str) -> str | None:
        return "reader" if access.is_token(given) else None

    return library.MultiAuth(basic, bearer)
