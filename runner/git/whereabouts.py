"""Where a repository's ledger is kept: in this repository, on a remote, or nowhere yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from runner.errors import RepositoryError
from runner.git import chain, remote

if TYPE_CHECKING:
    from runner.git.repository import Git

REF = "refs/heads/jobgate-journal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Where a repository's ledger is kept; `remote` is the name of the remote in that mode."""

    mode: Literal["local", "remote", "none"]
    remote: str | None = None


def discover(git: Git) -> Where:
    """Return where this repository's ledger is kept; asks remotes only when it cannot tell."""
    here, elsewhere = known(git)
    if not here and not elsewhere:
        elsewhere = tuple(
            name for name in git.remotes() if remote.Remote(git, name).fetch(REF) is not None
        )
    if len(elsewhere) + here > 1:
        places = [*(["this repository"] if here else []), *elsewhere]
        raise RepositoryError(
            f"cannot tell which journal counts: {' and '.join(places)} keep one each",
            mend="name the one that counts",
        )
    if here:
        return Where(mode="local")
    return Where(mode="remote", remote=elsewhere[0]) if elsewhere else Where(mode="none")


def known(git: Git) -> tuple[bool, tuple[str, ...]]:
    """Return whether a local journal is here, and the remotes that are known to keep one."""
    name = REF.removeprefix("refs/heads/")
    local = f"{chain.SEEN}/local/{name}"
    marks = {
        each: {f"{chain.SEEN}/remote/{each}/{name}", f"refs/remotes/{each}/{name}"}
        for each in git.remotes()
    }
    refs = git.refs(REF, local, *(mark for each in marks.values() for mark in each))
    remotes = tuple(each for each, known in marks.items() if not known.isdisjoint(refs))
    # A branch of that name may be a look at the remote's; what was written here was also seen.
    return local in refs or (REF in refs and not remotes), remotes
