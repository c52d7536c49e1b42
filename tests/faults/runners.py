"""`python -m tests.faults.runners`: begins real applies, each a process of its own, in no time.

Each is forked from this process, which has loaded everything before. It reads orders from stdin,
one JSON a line, and answers each with one. `{"folder", "url", "log", "calm"}` begins an apply that
calls its platform at `url`, and tells its `pid`. `{"pid", "seconds"}` waits for one, and tells its
`code`, or null where it still runs.
"""

from __future__ import annotations

import dataclasses
import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from runner import narrow, wire
from runner.cli import compose
from runner.errors import RunnerError, gravest
from runner.pipeline import applying
from runner.platforms.bkjob.client import BkJob
from runner.platforms.bkjob.credentials import Credentials
from runner.platforms.bkjob.gateway import Gateway, Terms

if TYPE_CHECKING:
    from runner.model import Json, PlatformEntry
    from runner.pipeline.ports import Platform

HASTY = Terms(
    connect=2.0, read=0.5, whole=1.0, most=1024 * 1024, attempts=4, pause=0.02, patience=0.2
)
CALM = Terms(most=1024 * 1024, attempts=8)
BRANCH = "main"
CRASHED = 70


def applied(folder: Path, url: str, terms: Terms) -> int:
    """Apply the tip of the branch as just fetched, and return the exit code."""
    opened: dict[str, Platform] = {}

    def platforms(entry: PlatformEntry) -> Platform:
        if entry.name not in opened:
            # Each run has a way of its own through the proxy.
            there = dataclasses.replace(entry, url=url)
            gateway = Gateway(there, Credentials(there, os.environ), terms=terms)
            opened[entry.name] = BkJob(there, gateway)
        return opened[entry.name]

    try:
        with compose.world(folder) as real:
            world = dataclasses.replace(real, platforms=platforms)
            done = applying.apply(world, world.repository.tip(BRANCH), applying.Options())
    except RunnerError as error:
        sys.stderr.write(f"{error.message}\nmend: {error.mend}\n")
        return error.exit_code
    for item in done.items:
        sys.stderr.write(f"{item.job}: {item.state} ({item.code}): {item.detail}\n")
    return gravest(item.code for item in done.items)


def _begun(order: Json) -> int:
    """Begin an apply, and return the number of its process."""
    pid = os.fork()
    if pid:
        return pid
    code = CRASHED
    try:
        os.setsid()
        folder = Path(narrow.text(order, "folder"))
        log = os.open(narrow.text(order, "log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        for stream in (1, 2):
            os.dup2(log, stream)
        os.chdir(folder)
        calm = narrow.boolean(order, "calm", default=False)
        code = applied(folder, narrow.text(order, "url"), CALM if calm else HASTY)
        sys.stderr.flush()
    finally:
        if code == CRASHED:
            sys.excepthook(*sys.exc_info())
            sys.stderr.flush()
        os._exit(code)


def _waited(order: Json) -> int | None:
    """Return the exit code of an apply, or None when it still runs after so many seconds."""
    pid = narrow.integer(order, "pid", default=0)
    end = time.monotonic() + narrow.integer(order, "seconds", default=0)
    while True:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > end:
            return None
        time.sleep(0.005)


def main() -> int:
    """Take orders until stdin ends."""
    for line in sys.stdin:
        order = wire.loads(line)
        if narrow.text(order, "folder"):
            answer: dict[str, Json] = {"pid": _begun(order)}
        else:
            answer = {"code": _waited(order)}
        sys.stdout.write(f"{json.dumps(answer)}\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
