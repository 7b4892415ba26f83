"""`journey serve`: the dashboard on a port of this machine, until it is stopped."""

import os
import sys
import webbrowser
from threading import Timer
from typing import Any

from journey_analytics.config import Config
from journey_analytics.dashboard.access import access_of
from journey_analytics.dashboard.app import make_app
from journey_analytics.dashboard.optional import of_the_dashboard
from journey_analytics.dashboard.published import Published
from journey_analytics.errors import ConfigurationError
from journey_analytics.language import ENGLISH

_THREADS = 6


def serve(config: Config, *, host: str, port: int, language: str = ENGLISH, opens: bool = True) -> None:
    """Serve the dashboard of a workspace; returns when it is interrupted.

    Args:
        config: names the published copy. A run may replace it meanwhile: the next click reads the new one.
        host: another one than this machine's own needs JOURNEY_PASSWORD or JOURNEY_TOKEN in the environment.
        port: 0 takes a free one.
        language: of links that name none.
        opens: open a browser.

    Raises:
        DataError: nothing is published yet.
        ConfigurationError: no password for another host, a port that is taken, the extra is not installed.
    """
    server = listening(config, host=host, port=port, language=language)
    address = f"http://{_shown(host)}:{port_of(server)}/"
    print(f"the dashboard is at {address} (stop it with Ctrl+C)", file=sys.stderr)  # noqa: T201
    if opens:
        Timer(0.5, webbrowser.open, [address]).start()
    server.run()


def listening(config: Config, *, host: str, port: int, language: str = ENGLISH) -> Any:
    """A server that is bound to its port and not yet running; see `serve`."""
    access = access_of(host, os.environ)
    published = Published(config.published, memory_limit=config.memory_limit)
    published.stamp()
    waitress = of_the_dashboard("waitress")
    app = make_app(published, access, language=language)
    sockets: dict[int, Any] = {}
    try:
        return waitress.create_server(app.server, map=sockets, host=host, port=port, threads=_THREADS, ident=None)
    except (OSError, ValueError) as error:
        of_the_dashboard("waitress.wasyncore").close_all(sockets, ignore_all=True)
        reason = getattr(error, "strerror", None) or error
        raise ConfigurationError(
            f"cannot listen on {host}, port {port}: {reason}; take another one with --port, 0 for any that is free"
        ) from error


def port_of(server: Any) -> int:
    """The port that a server listens on; of a name with two addresses, such as localhost, that of the first."""
    listens = getattr(server, "effective_listen", None)
    return int(listens[0][1] if listens else server.effective_port)


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
