"""`python -m tests.faults.runners`: begins real applies, each a process of its own, in no time.

Each is forked from this process, which has loaded everything before. It reads orders from stdin,
one JSON a line, and answers each with one. `{"folder", "url", "log", "calm"}` begins an apply that
calls its platform at `url`, and tells its `pid`; with `found`, a file for what it finds, it is a
reconciliation, with `job` and `outcome` one with the word of a person. `{"pid", "seconds"}` waits
for one, and tells its `code`, or null where it still runs.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from runner import narrow, wire, witness
from runner.calls import Terms
from runner.cli import compose
from runner.errors import RunnerError, gravest
from runner.pipeline import applying, reconciling
from runner.platforms.bkjob.client import BkJob
from runner.platforms.bkjob.credentials import Credentials
from runner.platforms.bkjob.gateway import Gateway
from runner.report import reconciliations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.model import Json, PlatformEntry
    from runner.pipeline.ports import Platform
    from runner.pipeline.world import World

HASTY = Terms(
    connect=2.0, read=0.5, whole=1.0, most=1024 * 1024, attempts=4, pause=0.02, patience=0.2
)
CALM = Terms(most=1024 * 1024, attempts=8)
BRANCH, DAYS = "main", 30
CRASHED = 70


def applied(folder: Path, url: str, terms: Terms) -> int:
    """Apply the tip of the branch as just fetched, and return the exit code."""
    with _opened(folder, url, terms) as world:
        done = applying.apply(world, world.repository.tip(BRANCH), applying.Options())
    for item in done.items:
        sys.stderr.write(f"{item.job}: {item.state} ({item.code}): {item.detail}\n")
    return gravest(item.code for item in done.items)


def reconciled(folder: Path, url: str, order: Json) -> int:
    """Reconcile, with what a person says if one does, and return the exit code."""
    name, outcome = narrow.text(order, "job"), narrow.text(order, "outcome")
    claim = reconciling.Claim(name=name, outcome=outcome, by="somebody", reason="it was counted")
    with _opened(folder, url, CALM) as world:
        done = reconciling.reconciliation(world, DAYS, claim if name else None)
    sys.stderr.write(reconciliations.text(done))
    Path(narrow.text(order, "found")).write_text(reconciliations.document(done), "utf-8")
    return gravest(witness.CODES[each.concern] for each in done.remarks)


@contextlib.contextmanager
def _opened(folder: Path, url: str, terms: Terms) -> Iterator[World]:
    """Open a clone, with a platform that is called at `url`."""
    opened: dict[str, Platform] = {}
    environment = dict(os.environ)  # in which a secret is looked up once the children lack it

    def platforms(entry: PlatformEntry) -> Platform:
        if entry.name not in opened:
            # Each run has a way of its own through the proxy.
            there = dataclasses.replace(entry, url=url)
            gateway = Gateway(there, Credentials(there, environment), terms=terms)
            opened[entry.name] = BkJob(there, gateway)
        return opened[entry.name]

    with compose.world(folder) as real:
        yield dataclasses.replace(real, platforms=platforms)


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
        code = _done(folder, order)
        sys.stderr.flush()
    finally:
        if code == CRASHED:
            sys.excepthook(*sys.exc_info())
            sys.stderr.flush()
        os._exit(code)


def _done(folder: Path, order: Json) -> int:
    url, calm = narrow.text(order, "url"), narrow.boolean(order, "calm", default=False)
    try:
        if narrow.text(order, "found"):
            return reconciled(folder, url, order)
        return applied(folder, url, CALM if calm else HASTY)
    except RunnerError as error:
        sys.stderr.write(f"{error.message}\nmend: {error.mend}\n")
        return error.exit_code


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
