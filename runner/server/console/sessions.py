"""Who is logged in, by a signed cookie: pure, but for the sessions that were ended by hand.

A session ends after half a day, after an hour without use, by a log-out, and when its user leaves
the inventory or has another password there. Instants are seconds since 1970.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from itsdangerous import BadData, URLSafeSerializer
from starlette.requests import cookie_parser

if TYPE_CHECKING:
    from runner.model import Json
    from runner.server.callers import Member
    from runner.server.inventory import Inventory

COOKIE = "jobgate_session"
LIFE, IDLE = 12 * 3600, 3600  # seconds
RENEWED = 60  # seconds after which a use is written down anew
_SLACK = 60  # seconds by which the clock may have been put back
_SALT = "jobgate console session 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Somebody who has logged in; `token` is what their own forms show, `mark` their password's."""

    user: str
    token: str
    mark: str
    begun: int
    used: int


class Sessions:
    """Begins, reads and ends sessions; several threads may use one."""

    def __init__(self, key: bytes, *, secure: bool) -> None:
        """Sign with `key`; `secure` tells that the cookie is for TLS alone."""
        self._signer = URLSafeSerializer(
            key, salt=_SALT, signer_kwargs={"digest_method": hashlib.sha256}
        )
        self._secure = secure
        self._lock = threading.Lock()
        self._ended: dict[str, int] = {}

    def begin(self, member: Member, now: int) -> Session:
        """Return a new session of somebody who has just shown their password."""
        token = secrets.token_urlsafe(24)
        return Session(user=member.name, token=token, mark=_mark(member), begun=now, used=now)

    def read(self, header: str, inventory: Inventory, now: int) -> Session | None:
        """Return the session that a Cookie header shows, or None where it has none that holds."""
        shown = cookie_parser(header).get(COOKIE, "")
        try:
            tree: Json = self._signer.loads(shown)
        except BadData:
            return None
        if (session := _session(tree)) is None:
            return None
        return session if self.holds(session, inventory, now) else None

    def holds(self, session: Session, inventory: Inventory, now: int) -> bool:
        """Tell whether a session has not ended."""
        member = inventory.members.get(session.user)
        if member is None or not member.password or _mark(member) != session.mark:
            return False
        with self._lock:
            if session.token in self._ended:
                return False
        return -_SLACK <= now - session.begun < LIFE and now - session.used < IDLE

    def renewed(self, session: Session, now: int) -> Session | None:
        """Return a session whose use has to be written down anew, or None where it has not."""
        return replace(session, used=now) if now - session.used >= RENEWED else None

    def end(self, session: Session, now: int) -> None:
        """Let no copy of a session's cookie be of use any more."""
        with self._lock:
            self._ended = {each: end for each, end in self._ended.items() if end > now}
            self._ended[session.token] = session.begun + LIFE + _SLACK

    def cookie(self, session: Session) -> str:
        """Return the Set-Cookie header that gives a session to its browser."""
        values = [session.user, session.token, session.mark, session.begun, session.used]
        return self._line(self._signer.dumps(values), session.begun + LIFE - session.used)

    def no_cookie(self) -> str:
        """Return the Set-Cookie header that takes a session away from its browser."""
        return self._line("", 0)

    def _line(self, value: str, age: int) -> str:
        line = f"{COOKIE}={value}; Max-Age={age}; Path=/; HttpOnly; SameSite=Strict"
        return f"{line}; Secure" if self._secure else line


def _session(tree: Json) -> Session | None:
    match tree:
        case [str(user), str(token), str(mark), int(begun), int(used)]:
            return Session(user=user, token=token, mark=mark, begun=begun, used=used)
        case _:
            return None


def _mark(member: Member) -> str:
    """Return what tells one password of a member from the next, and nothing about either."""
    return hashlib.sha256(f"{member.name}\0{member.password}".encode()).hexdigest()[:32]
