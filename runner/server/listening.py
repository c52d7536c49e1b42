"""A server from its start to its end: requests, and the signals that end it or reload."""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

import uvicorn

from runner.errors import FindingsError, RunnerError
from runner.server import addresses
from runner.server.console.reception import Reception
from runner.server.console.routes import Console
from runner.server.console.sessions import Sessions
from runner.server.routes.application import application
from runner.server.serverlog import Handler

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from socket import socket

    from starlette.applications import Starlette

    from runner.model import Json
    from runner.server.addresses import Terms
    from runner.server.inventoryfile import Holder
    from runner.server.routes.desk import Site
    from runner.server.serverlog import Log

GRACE = 10  # seconds that requests under way have to be finished


def serve(site: Site, terms: Terms, listening: socket, holder: Holder, log: Log) -> None:
    """Serve until SIGTERM or SIGINT; requests under way are finished. SIGHUP reloads."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, server.handle_exit, number, None)
        reloads: set[asyncio.Task[None]] = set()

        def begin() -> None:
            task = loop.create_task(asyncio.to_thread(reload, holder, log.note))
            reloads.add(task)
            task.add_done_callback(reloads.discard)

        loop.add_signal_handler(signal.SIGHUP, begin)
        log.note("listening", {"address": addresses.url(terms, listening)})
        yield

    sessions = Sessions(site.key, secure=terms.certificate is not None)
    console = Console(Reception(site, sessions, clock=_now), lambda: server.should_exit)
    server = _Server(_config(application(site, [console], lifespan), terms))
    logger = logging.getLogger("uvicorn")
    handler = Handler(log)
    logger.addHandler(handler)
    logger.propagate = False
    try:
        server.run(sockets=[listening])
    finally:
        logger.removeHandler(handler)
    log.note("ended", {})


def reload(holder: Holder, note: Callable[[str, dict[str, Json]], None]) -> None:
    """Put the inventory's file in force, or tell why it is not."""
    try:
        holder.reload()
    except FindingsError as error:
        for finding in error.findings:
            place = finding.place
            where = f"{place.file}:{place.span.line}:{place.span.column}"
            note("finding", {"place": where, "message": finding.message, "mend": finding.mend})
        note("not-reloaded", {"findings": len(error.findings)})
    except RunnerError as error:
        note("not-reloaded", {"message": error.message, "mend": error.mend})
    else:
        note("reloaded", {})


def _now() -> int:
    return int(time.time())


class _Server(uvicorn.Server):
    """A server whose end by a signal is an end like any other, with exit code 0."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to the loop."""
        yield


def _config(app: Starlette, terms: Terms) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http="h11",
        ws="none",
        loop="asyncio",
        lifespan="on",
        log_config=None,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE,
        ssl_certfile=terms.certificate,
        ssl_keyfile=terms.key,
    )
