"""A request to the console into its answer: who visits, what is asked, is it done; a note of it.

What a request brings, and what is answered, is never written down.
"""

from __future__ import annotations

import hmac
import threading
import time
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from runner.errors import PlatformError
from runner.server import answers
from runner.server.answers import Code, Number, RefusalError
from runner.server.console import entrance, forms, live, origins, places, visits
from runner.server.console.attempts import Attempt, Going, Reply
from runner.server.console.visits import Guest, Look, Visit
from runner.server.routes.envelopes import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runner.server.console.places import Place
    from runner.server.console.sessions import Sessions
    from runner.server.routes.desk import Site
    from runner.server.routes.transport import Call

WATCHES = 64  # pages that are kept up to date at a time
FORM = 64 * 1024  # bytes of the largest form
_ALWAYS: Mapping[str, str] = MappingProxyType(
    {
        "Cache-Control": "no-store",
        "Content-Security-Policy": (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
            "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        ),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
    }
)


class Reception:
    """Answers requests to the console of one site; several threads may use one."""

    def __init__(self, site: Site, sessions: Sessions, *, clock: Callable[[], int]) -> None:
        """Serve from `site`; `clock` tells the seconds since 1970."""
        self._site = site
        self._sessions = sessions
        self._clock = clock
        self._lock = threading.Lock()
        self._watches = 0

    def answer(self, call: Call) -> Reply:
        """Return the answer to a request, whatever it is."""
        begun = time.monotonic()
        attempt = Attempt(call, self._site.note)
        with attempt:
            attempt.reply = self._attended(call, attempt)
        answer = attempt.reply.answer
        attempt.over(self._site.metrics, answer.status, time.monotonic() - begun)
        return replace(attempt.reply, answer=replace(answer, headers={**_ALWAYS, **answer.headers}))

    def look(self, going: Going) -> Look:
        """Return what is new for an open page; it is over where its visitor has no leave left."""
        visit = going.visit
        if not self._sessions.holds(visit.session, self._site.inventory(), self._clock()):
            return Look(content=b"", wait=0, over=True)
        attempt = Attempt(visit.call, self._site.note)
        with attempt:
            try:
                return going.watch.look()
            except PlatformError:
                return Look(content=b"", wait=live.SLOW)
        return Look(content=b"", wait=0, over=True)

    def left(self) -> None:
        """Count one open page less."""
        with self._lock:
            self._watches -= 1

    # ------------------------------------------------------------ parts

    def _attended(self, call: Call, attempt: Attempt) -> Reply:
        found, names = places.find(call.path)
        attempt.route = found.route
        method = places.GET if call.method == places.HEAD else call.method
        if call.method not in found.allowed:
            return Reply(answer=_wrong_method(found))
        if method == places.POST:
            _check_form(call)
        guest = Guest(
            site=self._site, sessions=self._sessions, call=call, names=names, now=self._clock()
        )
        if method in found.open:
            return Reply(answer=found.open[method](guest))
        return self._visited(guest, found, attempt)

    def _visited(self, guest: Guest, found: Place, attempt: Attempt) -> Reply:
        call, now = guest.call, guest.now
        header = call.headers.get("cookie", "")
        session = self._sessions.read(header, self._site.inventory(), now)
        if session is None:
            return Reply(answer=_stranger(watches=found.watch is not None))
        attempt.let_in(session)
        visit = Visit(
            site=self._site,
            sessions=self._sessions,
            call=call,
            names=guest.names,
            now=now,
            session=session,
        )
        if found.watch is not None:
            return self._watched(visit, found.watch(visit))
        if call.method == places.POST:
            shown = forms.exact(call.body).get("token", "")
            if not hmac.compare_digest(shown.encode(), session.token.encode()):
                raise origins.foreign()
        answer = found.pages[places.GET if call.method == places.HEAD else call.method](visit)
        renewed = self._sessions.renewed(session, now)
        if renewed is not None and "Set-Cookie" not in answer.headers:
            cookie = {"Set-Cookie": self._sessions.cookie(renewed)}
            answer = replace(answer, headers={**answer.headers, **cookie})
        return Reply(answer=answer)

    def _watched(self, visit: Visit, watch: visits.Watch) -> Reply:
        answer = Answer(status=200, body=b"", kind=live.KIND)
        if visit.call.method == places.HEAD:
            return Reply(answer=answer)
        with self._lock:
            if self._watches >= WATCHES:
                raise RefusalError(
                    code=Code.UNAVAILABLE,
                    number=Number.INTERNAL,
                    message=f"cannot keep this page up to date: {WATCHES} others are kept so",
                    mend="close pages that nobody looks at, or load this one again",
                )
            self._watches += 1
        return Reply(answer=answer, going=Going(watch=watch, visit=visit))


def _check_form(call: Call) -> None:
    if not call.whole:
        raise answers.field(f"it has more than {FORM:,} bytes", "use the forms")
    origins.check(call.headers)


def _stranger(*, watches: bool) -> Answer:
    if watches:
        return Answer(status=401, body=b"", kind=visits.TEXT)
    return visits.moved(entrance.LOGIN)


def _wrong_method(found: Place) -> Answer:
    refusal = RefusalError(
        code=Code.INVALID_ARGUMENT,
        number=Number.METHOD,
        message="cannot do this: the page is called with another method",
        mend=f"send {found.allowed[0]}",
    )
    answer = visits.refused(refusal, None, 405)
    return replace(answer, headers={"Allow": ", ".join(found.allowed)})
