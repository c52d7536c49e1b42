"""What the pipeline asks of the world. `cli` hands in the real ones, the tests theirs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, TypeAlias

from runner.model import (
    Blob,
    Commit,
    Created,
    Entry,
    Json,
    Ledger,
    PlatformEntry,
    Progress,
    Signed,
    Step,
    Unreadable,
)

if TYPE_CHECKING:
    from datetime import datetime

    from runner.handles import Handle


class Tree(Protocol):
    """The files of one commit, or of the working tree."""

    def paths(self, under: str) -> tuple[str, ...]:
        """Return every path below the folder `under`, sorted, whatever kind of thing it is."""
        ...

    def read(self, path: str) -> Blob | Unreadable:
        """Return the regular file at `path`, or why it is not one."""
        ...


class Memory(Protocol):
    """What was found out before, by a key that says all of what it depends on. It may forget."""

    def empty(self) -> bool:
        """Tell whether nothing is kept, so that making a key is not worth its while."""
        ...

    def recall(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        """Return what is kept under those of `keys` that anything is kept under."""
        ...

    def keep(self, entries: Mapping[str, bytes]) -> None:
        """Keep every entry under its key, as far as that can be done."""
        ...


class Repository(Protocol):
    """Git, as far as planning needs it. Every method raises RepositoryError when Git cannot say."""

    def commit(self, revision: str) -> Commit:
        """Return the commit that `revision` names."""
        ...

    def tree(self, commit: Commit) -> Tree:
        """Return the files of `commit`."""
        ...

    def tip(self, branch: str) -> Commit:
        """Return the tip of the ledger's branch: as just fetched where there is a remote."""
        ...

    def descends(self, commit: Commit, ancestor: Commit) -> bool:
        """Tell whether `ancestor` is `commit` or stands in its history."""
        ...

    def touched_by(
        self, since: Commit | None, head: Commit, paths: tuple[str, ...]
    ) -> frozenset[str]:
        """Return the addresses of all who made commits in `since..head` that changed `paths`.

        Authors, committers and co-authors (trailers), lower case. `since` None means from the root.
        """
        ...


# Decides on the newest ledger what to append (None: nothing); run again on every new tip.
Decide: TypeAlias = Callable[[Ledger | None], Step | None]


class Journal(Protocol):
    """The append-only account of what happened. Raises RepositoryError when it is not sound."""

    def ledger(self) -> Ledger | None:
        """Return the ledger at the newest tip (fetched first where there is a remote), or None."""
        ...

    def entries(self) -> tuple[Entry, ...]:
        """Return every entry, oldest first, each one's chain hash checked."""
        ...

    def file(self, path: str) -> bytes:
        """Return a file that some append put into the journal's tree."""
        ...

    def append(self, decide: Decide) -> Ledger | None:
        """Append what `decide` says about the newest tip; decide again if the tip has moved.

        Return the ledger as read back from where it is kept (the remote, if there is one).
        """
        ...


class Approvals(Protocol):
    """Where signed statements are kept."""

    def of(self, job: str) -> tuple[Signed, ...]:
        """Return every statement filed under `job` at the newest tip, in a fixed order."""
        ...

    def add(self, job: str, signed: Signed) -> None:
        """Keep `signed` under `job`."""
        ...


class Signer(Protocol):
    """SSH signatures in the namespace `jobgate`."""

    def sign(self, statement: bytes, key_file: str) -> str:
        """Return the armoured signature; raise CheckError when it cannot be made."""
        ...

    def verify(self, signed: Signed, keys: tuple[str, ...]) -> bool:
        """Tell whether one of `keys` (public, authorized_keys form) made the signature."""
        ...


class Platform(Protocol):
    """What runs jobs.

    Raises RefusedError when it says no and will say so again, PlatformError when nothing was done
    this time (out of reach, no leave, no room), and UnknownOutcomeError when the answer to a
    create, a start or a confirm was lost, so that nobody knows whether it was done.
    """

    @property
    def instance(self) -> str:
        """Return the UUID of the platform's state; another one is another platform."""
        ...

    def create(self, body: dict[str, Json]) -> Created:
        """Create a job from the whole body; `start_task` false means that it does not start."""
        ...

    def start(self, handle: Handle) -> None:
        """Start a job that waits. A job that was started before is left alone, without an error."""
        ...

    def find(self, name: str, scope: tuple[str, str]) -> tuple[int, ...]:
        """Return the ids of the jobs whose `task_name` contains `name`, oldest first.

        They are a witness, no proof: lists may lag, and go back for a bounded time.
        """
        ...

    def status(self, handle: Handle) -> Progress:
        """Return how the job stands now."""
        ...

    def confirm(self, handle: Handle) -> None:
        """Let a rolling job that waits for a person go on with its next batch."""
        ...

    def logs(self, handle: Handle, host: str | None) -> Iterator[tuple[str, str]]:
        """Yield (host label, log text so far) for one host or all."""
        ...


class Clock(Protocol):
    """The time, and waiting for it to pass."""

    def now(self) -> datetime:
        """Return the instant, in UTC."""
        ...

    def wait(self, seconds: float) -> None:
        """Return after about `seconds`."""
        ...


Platforms: TypeAlias = Callable[[PlatformEntry], Platform]
