"""The ASGI application: reads requests to their end, has them answered in threads, sends answers.

Everything that blocks happens in the pool of threads; nothing here knows what a request is about.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from runner.server.routes.desk import Desk
from runner.server.routes.transport import Call
from runner.yaml import jsontext

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractAsyncContextManager

    from starlette.routing import BaseRoute
    from starlette.types import Receive, Scope, Send

    from runner.server.routes.desk import Site
    from runner.server.routes.envelopes import Answer

_SMALL = 64 * 1024  # bytes of a body that anybody may send


def application(
    site: Site,
    more: Sequence[BaseRoute] = (),
    lifespan: Callable[[Starlette], AbstractAsyncContextManager[None]] | None = None,
) -> Starlette:
    """Return the application of a site; `more` routes are looked at before the API's."""
    return Starlette(routes=[*more, Route("/{path:path}", _Api(Desk(site)))], lifespan=lifespan)


class _Api:
    """The API as an application of its own, so that it gets every method there is."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        call = head(request)
        answer = None
        if not _is_small(call):
            answer = await run_in_threadpool(self._desk.turned_away, call)
        if answer is None:
            try:
                content = await _body(request)
            except ClientDisconnect:
                return
            call = replace(call, body=content or b"", whole=content is not None)
            answer = await run_in_threadpool(self._desk.answer, call)
        await response(answer)(scope, receive, send)


def _is_small(call: Call) -> bool:
    announced = call.headers.get("content-length", "0")
    sized = "transfer-encoding" not in call.headers and announced.isascii()
    return sized and announced.isdecimal() and int(announced) <= _SMALL


async def _body(request: Request) -> bytes | None:
    """Return the body, or None for one that is too large."""
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > jsontext.SIZE:
            return None
    return bytes(content)


def head(request: Request) -> Call:
    """Return a request without its body."""
    client = request.client
    return Call(
        method=request.method,
        path=str(request.scope["path"]),
        query=request.url.query,
        headers={
            name.decode("latin-1").lower(): value.decode("utf-8", "replace")
            for name, value in request.headers.raw
        },
        peer="" if client is None else client.host,
    )


def response(answer: Answer) -> Response:
    """Return an answer as it is sent."""
    headers = dict(answer.headers)
    if isinstance(answer.body, bytes):
        return Response(answer.body, answer.status, headers, answer.kind)
    return StreamingResponse(answer.body, answer.status, headers, answer.kind)
