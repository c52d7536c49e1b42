"""The composition root: the only place where the real edges meet the pipeline."""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runner import approvals, journal, keys
from runner.errors import PlatformError
from runner.git import remote, repository
from runner.pipeline.world import World
from runner.platforms import embedded
from runner.report import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.model import Event, PlatformEntry
    from runner.pipeline.ports import Platform


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        """Return the instant, in UTC."""
        return datetime.fromtimestamp(time.time(), tz=UTC)

    def wait(self, seconds: float) -> None:
        """Return after about `seconds`."""
        time.sleep(seconds)


@dataclass(frozen=True, slots=True)
class Embedded:
    """Opens the platforms of this machine, each once. Their state lies below `data`."""

    data: Path
    opened: dict[str, Platform] = field(default_factory=dict)

    def __call__(self, entry: PlatformEntry) -> Platform:
        """Return the platform that the policy calls `entry.name`."""
        if entry.type != "embedded" or entry.url:
            raise PlatformError(
                f"cannot reach {entry.name}: only embedded platforms without a URL are served yet",
                mend="give it `type: embedded` in jobgate.yaml, or run another version of jobgate",
            )
        if entry.name not in self.opened:
            folder = self.data / entry.name
            inventory = folder / "inventory.yaml"
            self.opened[entry.name] = embedded.Embedded(
                folder, inventory if inventory.exists() else None
            )
        return self.opened[entry.name]


def data_folder() -> Path:
    """Return where the embedded platforms keep their state on this machine."""
    chosen = os.environ.get("JOBGATE_DATA")
    if chosen:
        return Path(chosen)
    state = os.environ.get("XDG_STATE_HOME")
    return (Path(state) if state else Path.home() / ".local" / "state") / "jobgate"


@contextlib.contextmanager
def world(folder: Path, kept_at: str | None = None, *, offline: bool = False) -> Iterator[World]:
    """Open the repository at `folder` with everything around it.

    `offline` reads the journal as this clone last fetched it, and asks nobody.

    `kept_at` names the remote that will keep the ledger of a repository that has none yet;
    otherwise the ledger is found where it is.
    """
    with repository.Git.open(folder) as opened:
        place = kept_at or journal.discover(opened).remote
        yield World(
            repository=opened
            if place is None
            else remote.RemoteRepository(opened, remote.Remote(opened, place)),
            journal=journal.GitJournal(opened, place, offline=offline),
            approvals=approvals.GitApprovals(opened, place),
            signer=keys.SshKeys(prompts=sys.stdin.isatty()),
            platforms=Embedded(data_folder()),
            clock=SystemClock(),
            runner=secrets.token_hex(8),
            tell=_tell,
        )


def _tell(event: Event) -> None:
    click.echo(f"{plain.line(event.job)}: {plain.line(event.text)}", err=True)
