"""The door: who calls or logs in, with failures slowed down.

A secret that was right before is taken at once, also while wrong guesses of others hold the door.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from runner.server import credentials, passwords, rows
from runner.server.answers import Code, Number, RefusalError
from runner.server.rows import Caller

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runner.server.callers import Member
    from runner.server.credentials import Shown
    from runner.server.inventory import Inventory
    from runner.server.throttle import Throttle


class TooSoonError(RefusalError):
    """Too many failures came before: what is shown is not looked at for `wait` seconds."""

    def __init__(self, wait: float) -> None:
        """Say how long."""
        super().__init__(
            code=Code.RESOURCE_EXHAUSTED,
            number=Number.BAD_REQUEST,
            message="cannot let you in yet: too many attempts have failed",
            mend=f"try again in {math.ceil(wait)} seconds",
        )
        self.wait = wait


class Logins:
    """Lets callers in by what they show; instants are in seconds, of any clock that goes on."""

    def __init__(self, verifier: passwords.Verifier, throttle: Throttle) -> None:
        """Check with `verifier`, and slow failures down by `throttle`."""
        self._verifier = verifier
        self._throttle = throttle

    def caller(self, inventory: Inventory, shown: Shown, peer: str, now: float) -> Caller:
        """Return who calls. Raises RefusalError UNAUTHENTICATED, or TooSoonError."""
        try:
            return credentials.authenticate(inventory, shown, self._verifier.recalled)
        except RefusalError:
            return self._slowly(
                credentials.identity(shown),
                peer,
                now,
                lambda: credentials.authenticate(inventory, shown, self._verifier.match),
            )

    def person(self, inventory: Inventory, login: tuple[str, str], peer: str, now: float) -> Caller:
        """Return who logs in to the console by `login`, a name and a password.

        Raises RefusalError UNAUTHENTICATED, or TooSoonError.
        """
        name = f"user {login[0][: credentials.NAME]}"
        return self._slowly(name, peer, now, lambda: self._person(inventory, *login))

    def _person(self, inventory: Inventory, name: str, password: str) -> Caller:
        named = inventory.members.get(name)
        stored: Mapping[str, Member | None] = (
            {named.password: named} if named and named.password else {passwords.NOBODY: None}
        )
        member = self._verifier.match(password, stored)
        if member is None:
            raise RefusalError(
                code=Code.UNAUTHENTICATED,
                number=Number.NO_USER,
                message="cannot log you in: name and password are not those of anybody",
                mend="try again, or ask whoever keeps the inventory",
            )
        return Caller(user=member.name, launch_mode=rows.BY_WEB)

    def _slowly(
        self, identity: str, peer: str, now: float, attempt: Callable[[], Caller]
    ) -> Caller:
        wait = self._throttle.wait(identity, peer, now)
        if wait > 0:
            raise TooSoonError(wait)
        try:
            caller = attempt()
        except RefusalError:
            self._throttle.failed(identity, peer, now)
            raise
        self._throttle.succeeded(identity, peer)
        return caller
