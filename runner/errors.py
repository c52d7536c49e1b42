"""Every deliberate error: its exit code and its mend. One `except` in `cli` prints them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from runner.model import Finding, Place


class RunnerError(Exception):
    """Something jobgate refuses to go on with. Findings are data; this comes alone."""

    exit_code: ClassVar[int] = 70

    def __init__(self, message: str, *, mend: str, at: Place | None = None) -> None:
        """Say what cannot be done (lower case, no full stop) and the imperative that mends it."""
        # Words of a platform may hold halves of characters, which no journal can keep.
        self.message = message.encode("utf-8", "backslashreplace").decode()
        super().__init__(self.message)
        self.mend = mend
        self.at = at


class CheckError(RunnerError):
    """A check failed, or findings stand in the way."""

    exit_code = 1


class FindingsError(CheckError):
    """The tree holds errors, so that it wants nothing. `findings` are all of them."""

    def __init__(
        self, findings: tuple[Finding, ...], sources: Mapping[str, bytes] | None = None
    ) -> None:
        """Take what was found, and the files that it is in; it is printed as findings are."""
        super().__init__(
            f"cannot go on: {len(findings)} finding{'s' * (len(findings) != 1)}",
            mend="mend each one at its place",
        )
        self.findings = findings
        self.sources = sources or {}


class UsageError(RunnerError):
    """The command was asked for something that it does not offer."""

    exit_code = 2


class SupersededError(RunnerError):
    """The plan differs from the one named, or the commit is not the tip of the ledger's branch."""

    exit_code = 6


class UnknownOutcomeError(RunnerError):
    """It cannot be known whether the platform did what was asked."""

    exit_code = 8


class PlatformError(RunnerError):
    """The platform refused or could not be reached; nothing was submitted."""

    exit_code = 9


class NoLeaveError(PlatformError):
    """The platform knows who asks, and does not let them do that."""


class ForgeError(RunnerError):
    """The forge could not be asked, or answered what cannot be read: no review counts."""

    exit_code = 9


class NoWritingError(ForgeError):
    """Whoever asks may not write on the forge, or has nothing to show that they may."""


class UnansweredError(ForgeError):
    """What was sent to be written may have been or not: the forge's answer was lost."""


class RefusedError(PlatformError):
    """The platform answered no; it will say so again."""


class RepositoryError(RunnerError):
    """Git or the journal is not as it must be."""

    exit_code = 10


# The gravest first: when several apply, the command ends with the first of these that does.
_GRAVEST = (8, 7, 10, 9, 6, 5, 4, 3, 1)


def gravest(codes: Iterable[int]) -> int:
    """Return the exit code to end with when each of `codes` has a claim; 0 when none has."""
    claimed = set(codes)
    return next((code for code in _GRAVEST if code in claimed), 0)
