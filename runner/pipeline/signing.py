"""What the pipeline asks of where signed statements are kept, and of who signs and verifies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from runner.model import Commit, Signed
    from runner.terms import Signer as SshSigner


class Approvals(Protocol):
    """Where signed statements are kept."""

    def tip(self, since: Commit | None) -> Commit | None:
        """Return the newest commit of what is kept, as just fetched, or None where nothing is.

        Raise RepositoryError where it does not go on from `since`, the one that the journal names.
        """
        ...

    def goes_on(self, tip: Commit | None, since: Commit | None) -> bool:
        """Tell whether all that was kept at `since` is kept at `tip`."""
        ...

    def of(self, job: str, tip: Commit | None) -> tuple[Signed, ...]:
        """Return every statement filed under `job` at `tip`, in a fixed order."""
        ...

    def all(self, tip: Commit | None) -> tuple[Signed, ...]:
        """Return every statement that is kept at `tip`, in a fixed order."""
        ...

    def add(self, job: str, signed: Signed) -> None:
        """Keep `signed` under `job`."""
        ...


class Signer(Protocol):
    """SSH signatures in the namespace `jobgate`."""

    def sign(self, statement: bytes, key_file: str) -> str:
        """Return the armoured signature; raise CheckError when it cannot be made."""
        ...

    def verified(
        self, asked: Sequence[tuple[Signed, tuple[SshSigner, ...]]], at: datetime
    ) -> tuple[bool, ...]:
        """Tell of each signature whether one of the signers beside it made it, and could `at` that.

        That is an instant of the one who judges, never one that a signer claims.
        """
        ...
