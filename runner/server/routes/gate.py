"""Who calls: the headers of a request, past the door that slows failures down."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from runner.server import credentials
from runner.server.credentials import Shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runner.server.inventory import Inventory
    from runner.server.logins import Logins
    from runner.server.routes.transport import Call
    from runner.server.rows import Caller

T = TypeVar("T")

HEADER = "X-Bkapi-Authorization"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Lets callers in by what their requests show."""

    logins: Logins
    inventory: Callable[[], Inventory]

    def caller(self, call: Call, *, system: bool = False) -> Caller:
        """Return who calls. Raises RefusalError UNAUTHENTICATED, or TooSoonError."""
        shown = Shown(
            authorization=call.headers.get(HEADER.lower(), ""),
            system=system,
            username=call.headers.get("x-bk-username", "") if system else "",
        )
        if not _guesses(shown):
            # Nobody is named, so nothing is guessed: this must not keep others out.
            return credentials.authenticate(self.inventory(), shown, _nothing)
        return self.logins.caller(self.inventory(), shown, call.peer, time.monotonic())


def _guesses(shown: Shown) -> bool:
    text = shown.authorization
    return credentials.identity(shown) != "app " or '"access_token"' in text


def _nothing(secret: str, stored: Mapping[str, T]) -> T | None:
    del secret, stored
    return None
