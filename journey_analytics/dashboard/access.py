"""Who may look: everybody on this machine; from another one, whoever knows the password or the token."""

import hmac
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from journey_analytics.errors import ConfigurationError

PASSWORD: Final = "JOURNEY_PASSWORD"  # noqa: S105 - the name of a variable
TOKEN: Final = "JOURNEY_TOKEN"  # noqa: S105 - the name of a variable
_SHORTEST = 8
_LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class Access:
    """`password` and `token` are null where none is set; `is_local`: only this machine can reach the server."""

    is_local: bool
    password: str | None = None
    token: str | None = None

    @property
    def is_open(self) -> bool:
        """Nobody is asked who they are."""
        return self.password is None and self.token is None

    def is_password(self, given: str) -> bool:
        """Whether it is the password, or the token given as one; takes as long for a wrong one as for the right one."""
        return self._is(given, self.password) | self._is(given, self.token)

    def is_token(self, given: str) -> bool:
        """Whether it is the token; takes as long for a wrong one as for the right one."""
        return self._is(given, self.token)

    @staticmethod
    def _is(given: str, expected: str | None) -> bool:
        return expected is not None and hmac.compare_digest(given.encode(), expected.encode())

    def answers_to(self, host: str) -> bool:
        """Whether a request for this name (the header Host) is answered.

        An open server answers to this machine's own names alone: a foreign page whose name was pointed at 127.0.0.1
        would otherwise read the dashboard through the reader's browser.
        """
        return not self.is_open or _without_port(host) in _LOCAL_NAMES


def access_of(host: str, environment: Mapping[str, str]) -> Access:
    """Who may look at a dashboard that listens on `host`.

    Raises:
        ConfigurationError: another machine could reach it and there is neither a password nor a token, or one of them
            is shorter than 8 characters.
    """
    secrets = {variable: environment.get(variable) or None for variable in (PASSWORD, TOKEN)}
    for variable, secret in secrets.items():
        if secret is not None and len(secret) < _SHORTEST:
            raise ConfigurationError(f"{variable} is too short: give it at least {_SHORTEST} characters")
    access = Access(is_local=is_loopback(host), password=secrets[PASSWORD], token=secrets[TOKEN])
    if access.is_open and not access.is_local:
        raise ConfigurationError(
            f"on {host} other machines could read the dashboard: set {PASSWORD} or {TOKEN} in the environment "
            "(people are asked for it), or leave --host away to listen on this machine alone"
        )
    return access


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches it; a name other than `localhost` is not taken for granted."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host[1:].split("]", maxsplit=1)[0].lower()
    return host.rsplit(":", 1)[0].lower() if host.count(":") == 1 else host.lower()
