"""What the pipeline asks of the world. `cli` hands in the real ones, the tests theirs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, TypeAlias

from runner.model import (
    Act,
    Blob,
    Commit,
    Entry,
    Job,
    Json,
    Ledger,
    PlatformEntry,
    Policy,
    Step,
    Unreadable,
)
from runner.terms import ForgeEntry

if TYPE_CHECKING:
    from datetime import datetime

    from runner.checkup import PushRules
    from runner.frozen import Frozen
    from runner.handles import Handle
    from runner.outcomes import Signatures
    from runner.progress import Created, Progress
    from runner.pulls import ForgeReview, PullRequest
    from runner.stored import Named, Stored
    from runner.witness import Sighting


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

    def signatures(self) -> Signatures:
        """Return which of the commits that a runner had to sign are signed, from the beginning."""
        ...

    def file(self, path: str) -> bytes:
        """Return a file that some append put into the journal's tree."""
        ...

    def append(self, decide: Decide) -> Ledger | None:
        """Append what `decide` says about the newest tip; decide again if the tip has moved.

        Return the ledger as read back from where it is kept (the remote, if there is one).
        """
        ...


class Platform(Protocol):
    """What runs jobs.

    Raises RefusedError when it says no and will say so again, PlatformError when nothing was done
    this time (out of reach, no leave, no room), and UnknownOutcomeError when the answer to a
    create, a start or an order was lost, so that nobody knows whether it was done.
    """

    @property
    def instance(self) -> str:
        """Return the UUID of the platform's state; another one is another platform."""
        ...

    @property
    def lanes(self) -> int:
        """Return how many threads may ask it at one time."""
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

    def listed(self, scope: tuple[str, str], since: int, bearing: str = "") -> tuple[Sighting, ...]:
        """Return the jobs of a scope that were created since then (ms), oldest first.

        Only those whose `task_name` contains `bearing`. They are a witness, no proof, as with
        `find`; of very many only the newest are there.
        """
        ...

    def status(self, handle: Handle) -> Progress:
        """Return how the job stands now."""
        ...

    def frozen(self, handle: Handle) -> Frozen:
        """Return what a job that waits was created with, as far as the platform shows that."""
        ...

    def script_version(self, scope: tuple[str, str], named: Named) -> Stored:
        """Return a version of a script that jobs of the scope may name.

        `named` is its number, or the id of a script: then it is the one online now.
        """
        ...

    def operate(self, handle: Handle, act: Act, seen: Progress) -> None:
        """Order `act` of a job that was `seen` to stand like that; it is about its present batch.

        `acts` says in which states each act is offered. Where the platform can tell that the job
        stands elsewhere by now, it refuses.
        """
        ...

    def logs(self, handle: Handle, host: str | None) -> Iterator[tuple[str, str]]:
        """Yield (host label, log text so far) for one host or all."""
        ...


class Program(Protocol):
    """A program that jobgate calls, and whether it does what is asked of it."""

    def version(self) -> tuple[int, int]:
        """Return the first two numbers of its version; raise RunnerError without one to use."""
        ...

    def trial(self) -> str:
        """Do with it, on what is thrown away, what jobgate does. Return what could not be tried.

        Raises RunnerError where it does not do as it must.
        """
        ...


class KeptRef(Protocol):
    """The ref that journal or approvals are kept on, looked at and left as it is.

    Every method raises RepositoryError when Git cannot say.
    """

    name: str  # in full
    remote: str  # empty where it is kept in this repository

    def tip(self) -> Commit | None:
        """Return the newest commit; raise RepositoryError when it was rewritten or rolled back."""
        ...

    def here(self) -> Commit | None:
        """Return the tip of the branch of that name in this clone, which nothing reads."""
        ...

    def commits(self, tip: Commit) -> int:
        """Return how many commits the chain has; raise RepositoryError where it is no chain."""
        ...

    def lost(self, tip: Commit) -> Commit | None:
        """Return the newest commit that took out or altered a file, where files are only added."""
        ...

    def namesakes(self) -> tuple[str, ...]:
        """Return the refs, here and on the remote, that may be taken for this one, or block it."""
        ...

    def try_push(self) -> None:
        """Ask the remote, without pushing, whether it would take a push; raise when it would not.

        Hooks and branch rules of the remote are not asked.
        """
        ...

    def same_place(self) -> bool:
        """Tell whether what is pushed to the remote is what is fetched from it."""
        ...

    def rules(self) -> PushRules | None:
        """Return what the remote's own folder shows of its rules; None where it lies elsewhere."""
        ...


class Secrets(Protocol):
    """The values of secrets, and what keeps them out of everything but a platform."""

    def named(self, policy: Policy) -> None:
        """Take in what `policy`, the one in force, says are secrets of this machine."""
        ...

    def filled(self, job: Job, policy: Policy) -> dict[str, Json]:
        """Return the body of a job with the values that `policy`, the one in force, gives to it.

        Raise PlatformError where it does not give them, or one is not to be had.
        """
        ...

    def fetched(
        self, names: Iterable[str], platform: str, path: str, policy: Policy
    ) -> Mapping[str, str]:
        """Return the values of secrets by name for a job of `path` on `platform`, as `filled`."""
        ...

    def hidden(self, text: str) -> str:
        """Return a text without any value that was fetched, in whatever form it stands there."""
        ...

    def finds(self, content: bytes) -> bool:
        """Tell whether a value that was fetched stands in `content`, in any form."""
        ...


class Forge(Protocol):
    """Where reviews live. What it says is evidence to be held against git, and nothing more.

    Every method raises ForgeError when it cannot say.
    """

    def pulls(self, commit: Commit) -> tuple[PullRequest, ...]:
        """Return the pull requests that the commit came in by or stands in, by number.

        Whatever branch they are for; none where the forge does not have the commit.
        """
        ...

    def reviews(self, number: int) -> tuple[ForgeReview, ...]:
        """Return every review of a pull request that was handed in, oldest first."""
        ...

    def retargeted(self, number: int) -> str:
        """Return when a pull request was last given another base branch; empty: it never was."""
        ...

    def member(self, team: str, account: str) -> bool:
        """Tell whether the account is in the team ("acme/sre") now, or in a team below it."""
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
Forges: TypeAlias = Callable[[ForgeEntry], Forge]  # opening one may raise ForgeError too
