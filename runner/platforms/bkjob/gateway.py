"""Calls through the API gateway, each at most as often as is safe.

A call is sent again where it surely did nothing, and where it only asks. One that creates, starts
or steers is never sent again once it may have been taken: its answer counts as lost.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from runner import calling, calls
from runner.calls import Mishap, Request, Setback, Terms
from runner.errors import PlatformError, UnknownOutcomeError
from runner.platforms.bkjob import envelopes
from runner.platforms.bkjob.envelopes import Fate, Trouble
from runner.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runner.model import Json, PlatformEntry
    from runner.platforms.bkjob.credentials import Credentials


class TooLargeError(PlatformError):
    """An answer of more bytes than are read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call: what it is to do, in words, and what goes over the wire.

    `changes` tells that it creates, starts or steers something, so that it must not be repeated.
    """

    deed: str
    version: int
    name: str
    query: Mapping[str, Json] = field(default_factory=dict)
    body: Mapping[str, Json] | None = None
    changes: bool = False


_TERMS = Terms()


class Gateway:
    """One platform's address, with its connections."""

    def __init__(
        self,
        entry: PlatformEntry,
        credentials: Credentials,
        *,
        terms: Terms = _TERMS,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        """Call the platform of `entry`; nothing is sent yet. `wait` is given seconds."""
        self._entry = entry
        self._credentials = credentials
        self._terms = terms
        self._wait = wait
        self._base = "/".join(filter(None, (entry.url.rstrip("/"), entry.stage.strip("/"))))
        self._line = calling.Line(self._base, terms)

    def data(self, call: Call) -> Json:
        """Return the data that `call` is answered with.

        Raises RefusedError, PlatformError where nothing was done or known, and
        UnknownOutcomeError where a call that changes something may have been carried out.
        """
        return calling.until_done(lambda: self._attempt(call), self._terms, self._wait)

    def close(self) -> None:
        """Let go of the connections."""
        self._line.close()

    # ------------------------------------------------------------ one exchange

    def _attempt(self, call: Call) -> Json | Setback:
        answer = self._line.exchange(
            Request(
                url=self._url(call),
                headers=self._headers(call),
                body=None if call.body is None else json.dumps(call.body).encode(),
            )
        )
        if isinstance(answer, Mishap):
            return self._disturbed(call, answer)
        read = envelopes.read(answer)
        if not isinstance(read, Trouble):
            return read
        told = envelopes.without(read, self._credentials.hidden)
        return Setback(
            error=envelopes.error(told, call.deed, self._entry.name, changes=call.changes),
            again=read.fate is Fate.LATER or (read.fate is Fate.LOST and not call.changes),
            wait=calls.asked_to_wait(answer.headers.get("retry-after", ""), time.time()),
        )

    def _url(self, call: Call) -> str:
        system = "system/" if self._entry.route == "system" else ""
        query = f"?{urlencode(call.query)}" if call.query else ""
        return f"{self._base}/api/v{call.version}/{system}{call.name}{query}"

    def _headers(self, call: Call) -> Mapping[str, str]:
        form = {} if call.body is None else {"Content-Type": "application/json"}
        return {
            "Accept": "application/json",
            "Blueking-Language": "en",
            "User-Agent": f"jobgate/{VERSION}",
            **form,
            **self._credentials.headers,
        }

    # ------------------------------------------------------------ what went wrong

    def _disturbed(self, call: Call, mishap: Mishap) -> Setback:
        """Return what came of a call that was not answered in whole."""
        if mishap.kind == "large":
            error = TooLargeError(self._cannot(call, mishap.said), mend=mishap.mend)
            return Setback(error=error, again=False)
        sent = mishap.kind in {"late", "broken"}
        if not (sent and call.changes):
            mend = f"look at the network, and at platforms.{self._entry.name}.url in jobgate.yaml"
            failed = PlatformError(self._cannot(call, mishap.said), mend=mishap.mend or mend)
            return Setback(error=failed, again=sent or mishap.kind == "unsent")
        lost = UnknownOutcomeError(
            self._cannot(call, f"{mishap.said}; nobody knows whether it was done"),
            mend=f"look at the job on {self._entry.name}",
        )
        return Setback(error=lost, again=False)

    def _cannot(self, call: Call, said: str) -> str:
        return f"cannot {call.deed} on {self._entry.name}: {said}"
