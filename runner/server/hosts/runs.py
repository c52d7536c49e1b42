"""One script on one host: what a connection is asked to do, and what it says about it.

A run is named by its folder, which tells job, execute count, batch and host. Whatever happens to
the engine or to the host, its script is begun at most once.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Protocol

from runner.server import shim

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from runner.server.states import HostStatus

LIMIT = shim.LIMIT + len(shim.CUT)  # bytes of the longest log


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A script with its words on one host, as the OS user `user`; `timeout` in seconds.

    `folder` is this run's own; `shared` is one for all runs of the job; both lie below `data`, and
    what is above that is not ours. Words that are `sensitive` are shown to nobody but the script.
    """

    folder: Path
    shared: Path
    data: Path
    language: int
    script: bytes
    words: tuple[str, ...]
    sensitive: bool
    timeout: int
    user: str
    label: str
    ip: str


class Seen(Enum):
    """A run that has not ended: nobody has begun it, or it goes on."""

    UNCLAIMED = "unclaimed"
    RUNNING = "running"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a run ended; `at` in milliseconds since 1970; `tag` as the script gave it, or empty."""

    status: HostStatus
    exit_code: int | None
    detail: str
    at: int
    tag: str = ""


class LaunchError(OSError):
    """A run that cannot be launched now; the others were."""

    def __init__(self, run: Run, error: OSError) -> None:
        """Say the same as `error`, and of which host."""
        super().__init__(error.errno, error.strerror, error.filename)
        self.label = run.label


class Connection(Protocol):
    """The way to a host. Every method may raise OSError, and may then be called again."""

    def launch(self, runs: Sequence[Run]) -> None:
        """Have the scripts begun, each unless someone has begun it or will.

        What cannot be launched keeps no other from it; the first such error is raised at the end.
        """
        ...

    def give_up(self, folder: Path) -> None:
        """Make sure that a run which nobody has claimed never begins."""
        ...

    def observe(self, folder: Path) -> Seen | Outcome:
        """Return how the run stands now."""
        ...

    def stop(self, folder: Path) -> None:
        """Have the script ended, or never begun; `observe` tells when it is done."""
        ...

    def log(self, folder: Path, offset: int = 0, limit: int = LIMIT) -> bytes:
        """Return what the script has written so far: at most `limit` bytes from `offset` on."""
        ...
