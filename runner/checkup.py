"""What `doctor` says of each thing that it looked at: pure values, and how trouble becomes one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, TypeAlias

from runner.errors import FindingsError, RunnerError

if TYPE_CHECKING:
    from collections.abc import Iterable

About: TypeAlias = Literal[
    "git", "openssh", "repository", "journal", "approvals", "policy", "platform"
]


class Grade(StrEnum):
    """What a check came to: as it must be, worth a look, or something does not work."""

    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at: what was seen, what that does not show, and the mend.

    `subject` is the name of the platform that it is about; `unseen` and `mend` may be empty.
    """

    about: About
    name: str
    grade: Grade
    seen: str
    subject: str = ""
    unseen: str = ""
    mend: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PushRules:
    """What a remote on this machine shows of itself: hooks that judge a push, and forced pushes."""

    hooks: tuple[str, ...]
    forced: bool


@dataclass(frozen=True, slots=True)
class Desk:
    """Writes checks about one thing."""

    about: About
    subject: str = ""

    def ok(self, name: str, seen: str, *, unseen: str = "") -> Check:
        """Return a check that found things as they must be."""
        return self._check(name, Grade.OK, seen, unseen=unseen)

    def warning(self, name: str, seen: str, *, mend: str, unseen: str = "") -> Check:
        """Return a check that found something worth a look."""
        return self._check(name, Grade.WARNING, seen, unseen=unseen, mend=mend)

    def failure(self, name: str, seen: str, *, mend: str) -> Check:
        """Return a check that found something that does not work."""
        return self._check(name, Grade.FAILURE, seen, mend=mend)

    def trouble(self, name: str, error: RunnerError | OSError) -> Check:
        """Return the check that `error` ended."""
        if isinstance(error, OSError):
            seen = f"cannot look: {error.strerror or type(error).__name__}"
            return self.failure(name, seen, mend="look at the disk, and at who may use it")
        if isinstance(error, FindingsError) and error.findings:
            first, place = error.findings[0], error.findings[0].place
            more = f" (and {len(error.findings) - 1} more)" if len(error.findings) > 1 else ""
            seen = f"{place.file}:{place.span.line}: {first.message}{more}"
            return self.failure(name, seen, mend=first.mend)
        return self.failure(name, error.message, mend=error.mend)

    def _check(
        self, name: str, grade: Grade, seen: str, *, unseen: str = "", mend: str = ""
    ) -> Check:
        return Check(
            about=self.about,
            name=name,
            grade=grade,
            seen=seen,
            subject=self.subject,
            unseen=unseen,
            mend=mend,
        )


def failed(checks: Iterable[Check]) -> bool:
    """Tell whether any of `checks` found something that does not work."""
    return any(each.grade is Grade.FAILURE for each in checks)
