"""The composition root: the only place where the real edges meet the pipeline."""

from __future__ import annotations

import contextlib
import functools
import importlib
import importlib.util
import os
import secrets
import sys
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runner import approvals, journal, keys, lineage
from runner.cli import outputs
from runner.discretion import Discretion
from runner.errors import ForgeError, PlatformError
from runner.git import keptref, remote, repository, trial, whereabouts
from runner.keys import RunnerKey
from runner.pipeline import examining
from runner.pipeline.world import World
from runner.report import plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from runner.beginnings import Moved
    from runner.git.gittrees import CommitTree
    from runner.model import Commit, PlatformEntry
    from runner.outcomes import Event
    from runner.pipeline.boards import Board
    from runner.pipeline.ports import Forge, KeptRef, Platform, Repository
    from runner.terms import ForgeEntry


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        """Return the instant, in UTC."""
        return datetime.fromtimestamp(time.time(), tz=UTC)

    def wait(self, seconds: float) -> None:
        """Return after about `seconds`."""
        time.sleep(seconds)


@dataclass(frozen=True, slots=True)
class Opener:
    """Opens platforms, each once. The state of those of this machine lies below `data`."""

    data: Path
    discretion: Discretion
    opened: dict[PlatformEntry, Platform] = field(default_factory=dict)

    def __call__(self, entry: PlatformEntry) -> Platform:
        """Return the platform that `entry` defines."""
        key = replace(entry, paths=())  # which specs go there is no matter of the platform's
        if key not in self.opened:
            here = entry.type == "embedded"
            self.opened[key] = self._embedded(entry) if here else _bkjob(entry, self.discretion)
        return self.opened[key]

    def begun(self, entry: PlatformEntry) -> bool:
        """Tell whether a platform can be opened without a folder being made for it."""
        return entry.type != "embedded" or (self.data / entry.name).is_dir()

    def _embedded(self, entry: PlatformEntry) -> Platform:
        if entry.url:
            raise PlatformError(
                f"cannot reach {entry.name}: an embedded platform is on this machine, without URL",
                mend="give a server of jobgate `type: bkjob` in jobgate.yaml; it speaks as that",
            )
        folder = self.data / entry.name
        inventory = folder / "inventory.yaml"
        # Only now: a whole server comes with it, and a plan asks no platform.
        embedded = importlib.import_module("runner.platforms.embedded")
        made: Platform = embedded.Embedded(folder, inventory if inventory.exists() else None)
        return made


def _bkjob(entry: PlatformEntry, discretion: Discretion) -> Platform:
    if importlib.util.find_spec("urllib3") is None:
        raise PlatformError(
            f"cannot reach {entry.name}: urllib3 is not installed",
            mend="install the extra, in a checkout of jobgate: `pip install '.[bkjob]'`",
        )
    # Only now: the extra is not installed everywhere.
    client, credentials, gateway = (
        importlib.import_module(f"runner.platforms.bkjob.{name}")
        for name in ("client", "credentials", "gateway")
    )
    shown = credentials.Credentials(entry, discretion.environment, discretion.hidden)
    made: Platform = client.BkJob(entry, gateway.Gateway(entry, shown))
    return made


@dataclass(frozen=True, slots=True)
class ForgeOpener:
    """Opens forges, each once, so that what one has answered is remembered."""

    discretion: Discretion
    opened: dict[ForgeEntry, Forge] = field(default_factory=dict)

    def __call__(self, entry: ForgeEntry) -> Forge:
        """Return the forge that `entry` defines. Raises ForgeError."""
        if entry not in self.opened:
            self.opened[entry] = self._github(entry)
        return self.opened[entry]

    def _github(self, entry: ForgeEntry) -> Forge:
        github, token = _spoken(entry, "github", self.discretion)
        made: Forge = github.GitHub(entry, token)
        return made

    def board(self, entry: ForgeEntry) -> Board:
        """Return what writes to the forge that `entry` defines. Raises ForgeError."""
        board, token = _spoken(entry, "board", self.discretion)
        made: Board = board.GitHubBoard(entry, token)
        return made


def _spoken(entry: ForgeEntry, name: str, discretion: Discretion) -> tuple[ModuleType, object]:
    """Return a module that speaks to a forge, and the token that it shows there."""
    if importlib.util.find_spec("urllib3") is None:
        raise ForgeError(
            f"cannot ask {entry.name}: urllib3 is not installed",
            mend="install the extra, in a checkout of jobgate: `pip install '.[github]'`",
        )
    # Only now: the extra is not installed everywhere.
    module, tokens = (importlib.import_module(f"runner.forges.{each}") for each in (name, "tokens"))
    return module, tokens.Token(entry, discretion.environment, discretion.keep)


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What commits and journal tell of the time since the ledger began."""

    repository: repository.Git
    lineage: lineage.GitLineage
    journal: journal.GitJournal

    def has(self, commit: Commit) -> bool:
        """Tell whether this clone has the commit."""
        return self.lineage.has(commit)

    def texts(self, commit: Commit) -> CommitTree:
        """Return the files of a commit."""
        return self.repository.tree(commit)

    def differing(self, one: Commit, other: Commit) -> frozenset[str]:
        """Return every path at which the trees of two commits are not the same."""
        return self.lineage.differing(one, other)

    def moved(self) -> Moved | None:
        """Return how far the ledger that was read last has come; None where nobody can tell."""
        return self.journal.moved()


def data_folder() -> Path:
    """Return where the embedded platforms keep their state on this machine."""
    chosen = os.environ.get("JOBGATE_DATA")
    if chosen:
        return Path(chosen)
    state = os.environ.get("XDG_STATE_HOME")
    return (Path(state) if state else Path.home() / ".local" / "state") / "jobgate"


@contextlib.contextmanager
def world(
    folder: Path,
    kept_at: str | None = None,
    *,
    offline: bool = False,
    writer: RunnerKey | None = None,
    token: str = "",
) -> Iterator[World]:
    """Open the repository at `folder` with everything around it.

    `offline` reads the journal as this clone last fetched it, and asks nobody. `writer` is the key
    of whoever is going to add to it.

    `kept_at` names the remote that will keep the ledger of a repository that has none yet;
    otherwise the ledger is found where it is. `token` is a variable that nothing inherits, whatever
    the policy says.
    """
    with _discretion(folder, token) as discretion, repository.Git.open(folder) as opened:
        place = kept_at or whereabouts.discover(opened).remote
        lines = lineage.GitLineage(opened, place)
        kept = _journal(opened, place, writer, offline=offline)
        forges = ForgeOpener(discretion)
        yield World(
            repository=_repository(opened, place),
            journal=kept,
            approvals=approvals.GitApprovals(opened, place),
            signer=keys.SshKeys(prompts=sys.stdin.isatty()),
            platforms=Opener(data_folder(), discretion),
            forges=forges,
            boards=forges.board,
            secrets=discretion,
            clock=SystemClock(),
            runner=secrets.token_hex(8),
            tell=_tell,
            lineage=lines,
            past=Past(repository=opened, lineage=lines, journal=kept),
            keep=lines.keep,
        )


def _journal(
    opened: repository.Git, place: str | None, writer: RunnerKey | None, *, offline: bool
) -> journal.GitJournal:
    return journal.GitJournal(
        opened,
        place,
        signer=writer or RunnerKey(None),
        offline=offline,
        writes=writer is not None,
    )


def _repository(opened: repository.Git, place: str | None) -> Repository:
    if place is None:
        return opened
    return remote.RemoteRepository(opened, remote.Remote(opened, place))


@contextlib.contextmanager
def means(folder: Path) -> Iterator[examining.Means]:
    """Open what `doctor` looks at, each part when it is asked for: one may be broken."""
    with contextlib.ExitStack() as stack:
        opener = Opener(data_folder(), stack.enter_context(_discretion(folder)))

        @functools.cache
        def git() -> repository.Git:
            return stack.enter_context(repository.Git.open(folder))

        @functools.cache
        def opened() -> World:
            return stack.enter_context(world(folder))

        def kept() -> tuple[KeptRef, KeptRef] | None:
            where = whereabouts.discover(git())
            if where.mode == "none":
                return None
            of = functools.partial(keptref.KeptRef, git(), remote=where.remote)
            return of(journal.REF), of(approvals.REF)

        yield examining.Means(
            git=trial.GitTrial(),
            ssh=keys.Trial(),
            repository=git,
            shallow=lambda: git().shallow(),
            kept=kept,
            world=opened,
            platforms=opener,
            begun=opener.begun,
            clock=SystemClock(),
        )


@contextlib.contextmanager
def _discretion(folder: Path, token: str = "") -> Iterator[Discretion]:
    """Keep the secrets of this process, and the environment of its children free of them."""
    kept = Discretion(outputs.OUTPUTS.hide)
    kept.beginning(folder)
    kept.environment.take([token] if token else [])
    try:
        yield kept
    finally:
        kept.environment.give_back()


def _tell(event: Event) -> None:
    text = plain.line(outputs.OUTPUTS.hidden(event.text))
    click.echo(f"{plain.line(event.job)}: {text}", err=True)
