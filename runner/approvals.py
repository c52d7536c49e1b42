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
# A plan asks about every change: it may look once for all of them. Older than this the tip is
# looked up anew; what is missed meanwhile is an approval more, never one less.
_FRESH_SECONDS = 1.0


class GitApprovals:
    """The approvals in this repository (`remote` None), or on the remote of that name."""

    def __init__(self, git: Git, remote: str | None) -> None:
        """Use the approvals there; there need not be any yet."""
        self._git = git
        self._chain = chain.Chain(git, REF, remote)
        self._fetched: tuple[float, Commit | None] | None = None

    def of(self, job: str) -> tuple[Signed, ...]:
        """Return every statement filed under `job` at the newest tip, in a fixed order."""
        tip = self._tip()
        if tip is None:
            return ()
        tree = self._git.tree(tip)
        paths = tree.paths(_folder(job))
        if len(paths) > MOST:
            raise RepositoryError(
                f"cannot look through the approvals of {job}: there are more than {MOST}",
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
