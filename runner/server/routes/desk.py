"""A request into its answer: who calls, what is asked, is it done; and a note of it.

Whatever happens becomes an answer in the shape that the path has. What a request brings, and what
is answered, is never written down.
"""

from __future__ import annotations

import time
import traceback
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Self

from runner.errors import PlatformError, RunnerError
from runner.server.answers import RefusalError
from runner.server.routes import envelopes, health, inputs, openapi, table, transport
from runner.server.routes.envelopes import Answer
from runner.server.routes.operations import GET, Asked

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from runner.model import Json
    from runner.server.inventory import Inventory
    from runner.server.pool import Pool
    from runner.server.routes.envelopes import Pieces
    from runner.server.routes.gate import Gate
    from runner.server.routes.health import Metrics
    from runner.server.routes.table import Route
    from runner.server.routes.transport import Call
    from runner.server.rows import Caller
    from runner.server.service import Service

HEALTH, METRICS, DOCUMENT = "/healthz", "/metrics", "/openapi.json"
NOWHERE = "nowhere"  # the route of what has none
_ALWAYS: Mapping[str, str] = MappingProxyType(
    {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
)
_BUG = envelopes.failed("cannot do this: there is a bug in jobgate", "look at the server's log")


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What the routes serve from: services to lend, who may in, what is counted and noted.

    `wake` is called when something was changed; `note` gets the name of an event and its values;
    `key` signs the sessions of the console.
    """

    services: Pool[Service]
    inventory: Callable[[], Inventory]
    gate: Gate
    metrics: Metrics
    wake: Callable[[], None]
    note: Callable[[str, Mapping[str, Json]], None]
    key: bytes


class _Attempt:
    """One request under way. Whatever leaves the block becomes its answer."""

    def __init__(self, call: Call, note: Callable[[str, Mapping[str, Json]], None]) -> None:
        self.version = table.version(call.path)
        self.request = call.named
        self.route = NOWHERE
        self.caller: Caller | None = None
        self.answer = envelopes.refused(self.version, _BUG, self.request)
        self._note = note

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if kind is None or not isinstance(error, Exception):
            return False
        refusal = _refusal(error)
        self.answer = envelopes.refused(self.version, refusal or _BUG, self.request)
        if refusal is None:
            # The words of an error may hold what the request brought; its place cannot.
            places: list[Json] = [
                f"{each.filename}:{each.lineno} in {each.name}"
                for each in traceback.extract_tb(trace)
            ]
            self._note("bug", {"request": self.request, "kind": kind.__name__, "trace": places})
        return True


def _refusal(error: Exception) -> RefusalError | None:
    if isinstance(error, RefusalError):
        return error
    if isinstance(error, PlatformError):
        return envelopes.unavailable(error)
    if isinstance(error, RunnerError):
        return envelopes.failed(error.message, error.mend)
    return None


@dataclass(frozen=True, slots=True)
class Desk:
    """Answers requests for one site; several threads may use one."""

    site: Site

    def answer(self, call: Call) -> Answer:
        """Return the answer to a request, whatever it is."""
        begun = time.monotonic()
        attempt = _Attempt(call, self.site.note)
        with attempt:
            attempt.answer = self._attended(call, attempt)
        return self._finished(call, attempt, begun)

    def turned_away(self, call: Call) -> Answer | None:
        """Return the answer to a request that is refused whatever its body is; None for others.

        So nobody makes us hold a large body who may not send one.
        """
        begun = time.monotonic()
        attempt = _Attempt(call, self.site.note)
        with attempt:
            self._let_in(call, attempt)
            return None
        return self._finished(call, attempt, begun)

    def _let_in(self, call: Call, attempt: _Attempt) -> tuple[Route, Caller]:
        found = table.route(call.path)
        attempt.route = found.path
        attempt.caller = caller = self.site.gate.caller(call, system=found.system)
        return found, caller

    def _attended(self, call: Call, attempt: _Attempt) -> Answer:
        if call.path in {HEALTH, METRICS, DOCUMENT}:
            return self._page(call, attempt)
        found, caller = self._let_in(call, attempt)
        method = found.operation.method
        if call.method != method and not (method == GET and call.method == "HEAD"):
            return _wrong_method(attempt, method)
        transport.check_accepted(call)
        data = self._done(call, found, caller)
        return envelopes.done(found.operation.version, data, attempt.request)

    def _page(self, call: Call, attempt: _Attempt) -> Answer:
        """Return a page of the server's own; only its health is told to everybody."""
        attempt.route = call.path
        if call.path != HEALTH:
            attempt.caller = self.site.gate.caller(call)
        if call.method not in {GET, "HEAD"}:
            return _wrong_method(attempt, GET)
        if call.path == DOCUMENT:
            return Answer(status=200, body=openapi.text())
        with self.site.services.one() as service:
            jobs, running = service.tally()
        if call.path == HEALTH:
            return Answer(status=200, body=envelopes.encoded({"status": "ok"}))
        text = self.site.metrics.text(jobs, running)
        return Answer(status=200, body=text.encode(), kind=health.KIND)

    def _done(self, call: Call, found: Route, caller: Caller) -> Json | Pieces:
        operation = found.operation
        if operation.method == GET:
            values = inputs.query(operation.read, transport.query(call))
        else:
            tree = transport.body(call, exact=operation.whole)
            values = tree if operation.whole else inputs.members(operation.read, tree)
        with self.site.services.one() as service:
            data = operation.carry_out(Asked(service=service, caller=caller, values=values))
        if operation.changes:
            self.site.wake()
        return data

    def _finished(self, call: Call, attempt: _Attempt, begun: float) -> Answer:
        seconds = time.monotonic() - begun
        self.site.metrics.answered(attempt.route, attempt.answer.status, seconds)
        self._noted(call, attempt, seconds)
        own = {**_ALWAYS, "X-Bkapi-Request-Id": attempt.request}
        return replace(attempt.answer, headers={**own, **attempt.answer.headers})

    def _noted(self, call: Call, attempt: _Attempt, seconds: float) -> None:
        caller = attempt.caller
        self.site.note(
            "request",
            {
                "request": attempt.request,
                "peer": call.peer,
                "user": "" if caller is None else caller.user,
                "app": "" if caller is None else caller.app,
                "method": call.method,
                "route": attempt.route,
                "status": attempt.answer.status,
                "ms": round(seconds * 1000),
            },
        )


def _wrong_method(attempt: _Attempt, method: str) -> Answer:
    refusal = table.wrong_method(method)
    answer = envelopes.refused(attempt.version, refusal, attempt.request)
    return replace(answer, headers={"Allow": f"{method}, HEAD" if method == GET else method})
