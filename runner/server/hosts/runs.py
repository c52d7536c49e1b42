"""One script on one host: what a connection is asked to do, and what it says about it.

A run is named by its folder, which tells job, execute count, batch and host. Whatever happens to
the engine or to the host, its script is begun at most once.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    from runner.server.states import HostStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A script with its words on one host, `timeout` in seconds.

    `folder` is this run's own; `shared` is one for all runs of the job.
    """

    folder: Path
    shared: Path
    language: int
    script: bytes
    words: tuple[str, ...]
    timeout: int
    label: str
    ip: str


class Seen(Enum):
    """A run that has not ended: nobody has begun it, or it goes on."""

    UNCLAIMED = "unclaimed"
    RUNNING = "running"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a run ended; `at` in milliseconds since 1970."""

    status: HostStatus
    exit_code: int | None
    detail: str
    at: int


class Connection(Protocol):
    """The way to a host. Every method may raise OSError, and may then be called again."""

    def launch(self, run: Run) -> None:
        """Have the script begun, unless someone has begun it or will."""
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

    def log(self, folder: Path) -> bytes:
        """Return what the script has written so far."""
        ...
