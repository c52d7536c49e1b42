"""Where signed statements are kept: `refs/heads/jobgate-approvals`, here or on a remote.

A file each, below a folder for the job. What lies there is evidence that nobody has verified;
a file that is malformed is none.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from runner import canon, wire
from runner.errors import CheckError, RepositoryError
from runner.git import chain
from runner.model import Blob, Commit, Signed

if TYPE_CHECKING:
    from runner.git.repository import Git

REF = "refs/heads/jobgate-approvals"
LARGEST = 64 * 1024
MOST = 1000
MOST_OF_ALL = 100_000
# A plan asks about every change: it may look once for all of them. Older than this the tip is
# looked up anew; what is missed meanwhile is what was signed within that time.
_FRESH_SECONDS = 1.0


class GitApprovals:
    """The approvals in this repository (`remote` None), or on the remote of that name."""

    def __init__(self, git: Git, remote: str | None) -> None:
        """Use the approvals there; there need not be any yet."""
        self._git = git
        self._remote = remote
        self._chain = chain.Chain(git, REF, remote)
        self._fetched: tuple[float, Commit | None] | None = None
        self._whole: set[tuple[Commit | None, Commit]] = set()
        self._found: dict[tuple[str, Commit], tuple[Signed, ...]] = {}

    def tip(self, since: Commit | None) -> Commit | None:
        """Return the newest commit of what is kept, as just fetched, or None where nothing is.

        Raise RepositoryError where it does not go on from `since`, the one that the journal names:
        whoever set the ref back would have taken back what was revoked since.
        """
        if not self.goes_on(self._tip(), since):
            self._fetched = None  # whoever judged by `since` may have seen more than we did
        tip = self._tip()
        if not self.goes_on(tip, since):
            raise RepositoryError(
                f"cannot trust {REF}: it was rolled back or removed (a verdict in the journal "
                f"rests on {since}, and it is now {f'at {tip}' if tip else 'gone'})",
                mend="find out who did it, and put it back from a clone that has that commit: "
                f"`git push {self._remote or '.'} {since}:{REF}`",
            )
        if tip is not None and (since, tip) not in self._whole:
            self._check_whole(since, tip)
            self._whole.add((since, tip))
        return tip

    def goes_on(self, tip: Commit | None, since: Commit | None) -> bool:
        """Tell whether `since` is `tip` or a commit before it; None is before every one."""
        if since is None or tip is None:
            return since is None
        return tip == since or self._chain.goes_on(tip, since)

    def of(self, job: str, tip: Commit | None) -> tuple[Signed, ...]:
        """Return every statement filed under `job` at `tip`, in a fixed order."""
        if tip is None:
            return ()
        known = self._found.get((job, tip))
        if known is None:
            known = self._below(_folder(job), tip, MOST, f"the approvals of {job}")
            self._found[job, tip] = known
        return known

    def all(self, tip: Commit | None) -> tuple[Signed, ...]:
        """Return every statement that is kept at `tip`, in a fixed order."""
        return () if tip is None else self._below("jobs", tip, MOST_OF_ALL, "all approvals")

    def _below(self, folder: str, tip: Commit, most: int, what: str) -> tuple[Signed, ...]:
        tree = self._git.tree(tip)
        paths = tree.paths(folder)
        if len(paths) > most:
            raise RepositoryError(
                f"cannot look through {what}: there are more than {most}",
                mend=f"find out who fills {REF}",
            )
        found = tree.read_all(paths, LARGEST)
        read = [_signed(blob) for blob in found if isinstance(blob, Blob)]
        return tuple(signed for signed in read if signed is not None)

    def add(self, job: str, signed: Signed) -> None:
        """Keep `signed` under `job`. What is there already is not kept twice."""
        content = _content(signed)
        path = f"{_folder(job)}/{_name(signed)}"

        def build(tip: Commit | None) -> chain.Files | None:
            if tip is not None and self._git.tree(tip).entry(path) is not None:
                return None
            return chain.Files(files={path: content}, message="approve")

        self._fetched = (time.monotonic(), self._chain.append(build))

    def _check_whole(self, since: Commit | None, tip: Commit) -> None:
        """Refuse commits that took a statement out again: it may be what somebody revoked with."""
        lost = self._chain.lost(since, tip)
        if lost is not None:
            raise RepositoryError(
                f"cannot trust {REF}: {lost} took out or altered what was kept there",
                mend="find out who pushed it, and set the ref back to the commit before that one",
            )

    def _tip(self) -> Commit | None:
        now = time.monotonic()
        if self._fetched is None or now - self._fetched[0] >= _FRESH_SECONDS:
            self._fetched = (now, self._chain.tip())
        return self._fetched[1]


def _folder(job: str) -> str:
    name = canon.sha256(job.encode())
    return f"jobs/{name[:2]}/{name}"


def _name(signed: Signed) -> str:
    return f"{canon.sha256(signed.statement + signed.signature.encode())}.json"


def _content(signed: Signed) -> bytes:
    try:
        content = canon.encode(wire.signed(signed)) + b"\n"
    except UnicodeError:
        content = b""
    if not content or len(content) > LARGEST:
        raise CheckError(
            f"cannot keep the approval: it is no text of at most {LARGEST} bytes",
            mend="approve again with `jobgate approve`",
        )
    return content


def _signed(blob: Blob) -> Signed | None:
    try:
        signed = wire.signed_from(wire.loads(blob.content))
        named = blob.path.endswith(f"/{_name(signed)}")
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return signed if named else None
