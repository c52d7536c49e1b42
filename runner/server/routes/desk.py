"""A request into its answer: who calls, what is asked, is it done; and a note of it.

Whatever happens becomes an answer in the shape that the path has. What a request brings, and what
is answered, is never written down.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from runner.server.routes import attempts, envelopes, health, inputs, openapi, table, transport
from runner.server.routes.envelopes import Answer
from runner.server.routes.operations import GET, Asked

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runner.model import Json
    from runner.server.answers import RefusalError
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
_ALWAYS: Mapping[str, str] = MappingProxyType(
    {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
)


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


class _Attempt(attempts.Attempt):
    """A request to the API."""

    def __init__(self, call: Call, note: Callable[[str, Mapping[str, Json]], None]) -> None:
        super().__init__(call, note)
        self.version = table.version(call.path)
        self.refused(attempts.BUG)

    def refused(self, refusal: RefusalError) -> None:
        self.answer = envelopes.refused(self.version, refusal, self.request)

    def let_in(self, caller: Caller) -> Caller:
        self.user, self.app = caller.user, caller.app
        return caller


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
        return self._finished(attempt, begun)

    def turned_away(self, call: Call) -> Answer | None:
        """Return the answer to a request that is refused whatever its body is; None for others.

        So nobody makes us hold a large body who may not send one.
        """
        begun = time.monotonic()
        attempt = _Attempt(call, self.site.note)
        with attempt:
            self._let_in(call, attempt)
            return None
        return self._finished(attempt, begun)

    def _let_in(self, call: Call, attempt: _Attempt) -> tuple[Route, Caller]:
        found = table.route(call.path)
        attempt.route = found.path
        caller = attempt.let_in(self.site.gate.caller(call, system=found.system))
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
            attempt.let_in(self.site.gate.caller(call))
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

    def _finished(self, attempt: _Attempt, begun: float) -> Answer:
        answer = attempt.answer
        attempt.over(self.site.metrics, answer.status, time.monotonic() - begun)
        own = {**_ALWAYS, "X-Bkapi-Request-Id": attempt.request}
        return replace(answer, headers={**own, **answer.headers})


def _wrong_method(attempt: _Attempt, method: str) -> Answer:
    refusal = table.wrong_method(method)
    answer = envelopes.refused(attempt.version, refusal, attempt.request)
    return replace(answer, headers={"Allow": f"{method}, HEAD" if method == GET else method})
