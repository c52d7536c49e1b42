"""The console as a route: reads forms, has requests answered in threads, sends what goes on.

Between two looks at what goes on nothing is held: no thread, no service, no part of the data.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import StreamingResponse
from starlette.routing import BaseRoute, Match

from runner.server.console import places
from runner.server.console.live import QUIET
from runner.server.console.reception import FORM, Reception
from runner.server.routes import application

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from starlette.types import Receive, Scope, Send

    from runner.server.console.attempts import Going, Reply

_STEP = 0.25  # seconds between two looks at whether the server ends


class Console(BaseRoute):
    """Takes every request that is not the API's."""

    def __init__(self, reception: Reception, ends: Callable[[], bool]) -> None:
        """Have requests answered by `reception`, until the server `ends`."""
        self._reception = reception
        self._ends = ends

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Tell whether a request is for the console."""
        ours = scope["type"] == "http" and places.is_ours(str(scope["path"]))
        return (Match.FULL if ours else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        request = Request(scope, receive)
        try:
            content = await _form(request)
        except ClientDisconnect:
            return
        call = replace(application.head(request), body=content or b"", whole=content is not None)
        reply = await run_in_threadpool(self._reception.answer, call)
        if reply.going is None:
            await application.response(reply.answer)(scope, receive, send)
            return
        try:
            await self._sent(reply, reply.going)(scope, receive, send)
        finally:
            self._reception.left()

    def _sent(self, reply: Reply, going: Going) -> StreamingResponse:
        answer = reply.answer
        headers = dict(answer.headers)
        return StreamingResponse(self._looks(going), answer.status, headers, answer.kind)

    async def _looks(self, going: Going) -> AsyncIterator[bytes]:
        quiet = 0.0
        yield b"retry: 2000\n\n"
        while not self._ends():
            look = await run_in_threadpool(self._reception.look, going)
            if look.content:
                quiet = 0.0
                yield look.content
            if look.over:
                return
            if quiet >= QUIET:
                quiet = 0.0
                yield b": still here\n\n"
            await self._pause(look.wait)
            quiet += look.wait

    async def _pause(self, seconds: float) -> None:
        while seconds > 0 and not self._ends():
            await asyncio.sleep(min(seconds, _STEP))
            seconds -= _STEP


async def _form(request: Request) -> bytes | None:
    """Return the body, or None for one that is too large for a form."""
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > FORM:
            return None
    return bytes(content)
