"""Where jobgate says on a forge what it finds: a port of its own beside `ports`, for writing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeAlias

from runner.errors import ForgeError
from runner.terms import ForgeEntry

if TYPE_CHECKING:
    from runner.model import Commit
    from runner.posted import Account, CommitStatus, Posted


class Board(Protocol):
    """The comments of pull requests, and the statuses of commits, of one repository.

    Every method raises ForgeError when it cannot be done. Those that write raise NoWritingError
    where whoever asks may not, and UnansweredError where nobody knows whether it was done: they
    have sent it once then.
    """

    def account(self) -> Account | None:
        """Return who it is that writes, or None where the forge does not say."""
        ...

    def head(self, pull: int) -> Commit:
        """Return the newest commit of a pull request."""
        ...

    def comments(self, pull: int) -> tuple[Posted, ...]:
        """Return every comment on a pull request."""
        ...

    def newest(self) -> tuple[Posted, ...]:
        """Return the comments that were written or edited last, a bounded many."""
        ...

    def comment(self, pull: int, body: str) -> Posted:
        """Comment on a pull request."""
        ...

    def edit(self, number: int, body: str) -> Posted:
        """Let a comment say `body`."""
        ...

    def statuses(self, commit: Commit) -> tuple[CommitStatus, ...]:
        """Return the statuses of a commit, the newest first, a bounded many."""
        ...

    def mark(self, commit: Commit, status: CommitStatus) -> Account | None:
        """Give a commit a status; return who is said to have done it."""
        ...


Boards: TypeAlias = Callable[[ForgeEntry], Board]  # opening one may raise ForgeError too


def boardless(entry: ForgeEntry) -> Board:
    """Open none: for what has none at hand. Raises ForgeError."""
    raise ForgeError(
        f"cannot write to {entry.name}: nothing here can",
        mend="run `jobgate publish` where the forge can be reached",
    )
