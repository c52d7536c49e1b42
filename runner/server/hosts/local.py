"""Runs on the machine of the server itself, each under a shim that outlives the server.

What a run is lies in its folder, so every process that uses the data folder can tell how it
stands: without `claim` nobody has begun it; with `exit` it has ended; a `claim` that is still
locked has a living shim; one that is not has lost it, and nobody will ever know the outcome.
So a folder with a claim must outlive every process that might still launch the run.
"""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

from runner.server import shim
from runner.server.hosts import orders, results, users
from runner.server.hosts.interpreters import PATH
from runner.server.hosts.nursery import Nursery
from runner.server.hosts.runs import LIMIT, LaunchError, Seen

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from runner.server.hosts.runs import Outcome, Run

GRACE = 5.0  # seconds between SIGTERM and SIGKILL


class Local:
    """The connection `local`. It remembers only the process that its shims are forked from."""

    def __init__(self, *, user: str, home: str, grace: float = GRACE, path: str = PATH) -> None:
        """Serve as the OS user `user`; look for interpreters in `path`, which scripts get too."""
        self._clerk = orders.Clerk(server=users.Owner(name=user, home=home), grace=grace, path=path)
        self._nursery = Nursery()

    def launch(self, runs: Sequence[Run]) -> None:
        """Have a shim begun for each; it ends without a trace when another has claimed the run.

        A run that cannot begin here, however often it is tried, gets its outcome at once.
        """
        ready: list[Path] = []
        failed: LaunchError | None = None
        for run in runs:
            try:
                if self._prepared(run):
                    ready.append(run.folder.absolute())
            except OSError as error:
                failed = failed or LaunchError(run, error)
        self._nursery.begin(ready)
        if failed is not None:
            raise failed

    def give_up(self, folder: Path) -> None:
        """Take the claim, and put the result that nothing was begun."""
        _end(folder, "")

    def observe(self, folder: Path) -> Seen | Outcome:
        """Return how the run stands. What a dead shim left running is killed."""
        try:
            claim = os.open(folder / "claim", os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return Seen.UNCLAIMED
        try:
            fcntl.flock(claim, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return Seen.RUNNING
        else:
            # Only now: a result that was put while the lock was held is seen.
            return results.outcome(folder) or results.lost(os.read(claim, 100))
        finally:
            os.close(claim)

    def stop(self, folder: Path) -> None:
        """Leave the word for the shim, which looks before it begins and while it follows."""
        if not (folder / "stop").exists():
            orders.make(folder)
            orders.write(folder / "stop", b"")

    def log(self, folder: Path, offset: int = 0, limit: int = LIMIT) -> bytes:
        """Return what the script has written so far; nothing where it has not begun."""
        return results.log(folder, offset, limit)

    def _prepared(self, run: Run) -> bool:
        try:
            self._clerk.write(run)
        except users.UnstartableError as reason:
            _end(run.folder, str(reason))
            return False
        return True


def _end(folder: Path, reason: str) -> None:
    orders.make(folder)
    lock = shim.claim(str(folder))
    if lock is None:
        return
    try:
        shim.put(str(folder), f"{shim.UNSTARTED}\n{reason}" if reason else shim.UNSTARTED)
    finally:
        os.close(lock)
