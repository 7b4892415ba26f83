"""The gate of the server: who is let in, and the headers of every answer."""

import logging
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from typing import Any, Final

from journey_analytics.dashboard.access import Access
from journey_analytics.dashboard.optional import of_the_dashboard

_log = logging.getLogger(__name__)
_FAILURES: Final = 5
_SECONDS: Final = 60
_CLIENTS: Final = 1_000


class Failures:
    """The last wrong passwords of each client (an address), of this process; at most 1,000 clients are remembered."""

    def __init__(self) -> None:
        """Nobody has failed yet."""
        self._of: OrderedDict[str, deque[float]] = OrderedDict()

    def __len__(self) -> int:
        """How many clients are remembered."""
        return len(self._of)

    def add(self, client: str, *, now: float) -> None:
        """A client has failed at `now`, in seconds of any clock that only goes on."""
        self._of.setdefault(client, deque(maxlen=_FAILURES)).append(now)
        self._of.move_to_end(client)
        if len(self._of) > _CLIENTS:
            self._of.popitem(last=False)

    def are_many(self, client: str, *, now: float) -> bool:
        """Whether its last 5 failures lie within a minute, and the last of them less than a minute back."""
        last = self._of.get(client, ())
        return len(last) == _FAILURES and last[-1] - last[0] < _SECONDS and now - last[-1] < _SECONDS


def _now() -> float:
    return time.monotonic()


def guard(server: Any, access: Access, headers: Mapping[str, str]) -> None:
    """Ask before every answer, errors included, and say the headers with every answer.

    Who fails five times within a minute gets no answer for the next one, whatever the password; each failure is logged
    with the client's address alone.

    Args:
        server: the Flask application.
        access: who may look. The password is asked for by the browser, under any user name; a token comes as
            `Authorization: Bearer …`, or as the password.
        headers: by name.
    """
    flask = of_the_dashboard("flask")
    failures = Failures()
    asked = _authentication(access, lambda: _note(failures, flask.request))

    @server.before_request
    def let_in() -> Any:
        if not access.answers_to(flask.request.host):
            return flask.Response("This dashboard is for this machine alone.\n", status=403, mimetype="text/plain")
        if access.is_open:
            return None
        if failures.are_many(_client(flask.request), now=_now()):
            return _later(flask)
        if flask.request.method == "OPTIONS":
            # The library lets these through without asking.
            return None if _may_look(access, flask.request, failures) else flask.abort(401)
        return asked.login_required(lambda: None)()

    @server.after_request
    def speak(answer: Any) -> Any:
        for name, value in headers.items():
            answer.headers[name] = value
        answer.headers.setdefault("Cache-Control", "no-store")
        return answer


def _later(flask: Any) -> Any:
    text = "Too many wrong passwords. Try again in a minute.\n"
    answer = flask.Response(text, status=429, mimetype="text/plain")
    answer.headers["Retry-After"] = str(_SECONDS)
    return answer


def _client(request: Any) -> str:
    return request.remote_addr or "nobody"


def _note(failures: Failures, request: Any) -> None:
    """Log and count a wrong password or token; a request that brings none is only asked for one."""
    if request.authorization is None:
        return
    failures.add(_client(request), now=_now())
    _log.warning("wrong password or token from %s", _client(request))


def _may_look(access: Access, request: Any, failures: Failures) -> bool:
    given = request.authorization
    kinds = {"basic": lambda: access.is_password(given.password or ""), "bearer": lambda: access.is_token(given.token)}
    is_right = given is not None and given.type in kinds and kinds[given.type]()
    if not is_right:
        _note(failures, request)
    return is_right


def _authentication(access: Access, failed: Callable[[], None]) -> Any:
    library = of_the_dashboard("flask_httpauth")
    basic, bearer = library.HTTPBasicAuth(realm="journey"), library.HTTPTokenAuth("Bearer", realm="journey")

    def reader(is_right: bool) -> str | None:
        if not is_right:
            failed()
        return "reader" if is_right else None

    @basic.verify_password
    def is_password(_user: str, given: str) -> str | None:
        return reader(access.is_password(given))

    @bearer.verify_token
    def is_token(given: str) -> str | None:
        return reader(access.is_token(given))

    return library.MultiAuth(basic, bearer)
