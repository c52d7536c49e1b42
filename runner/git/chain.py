"""A chain of commits on one full ref name that only ever grows, here or on a remote.

An append is a decision that is taken again on each new tip, never a replay. A tip that does not
descend from the last one that this clone saw is refused. What the files mean is left to others.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from runner.errors import RepositoryError
from runner.git import remote as remotes
from runner.git.gitwrite import NewCommit
from runner.git.remote import Outcome, Pushed
from runner.git.repository import Git, full_ref
from runner.model import Commit

if TYPE_CHECKING:
    from collections.abc import Iterable

SEEN = "refs/jobgate/seen"
ATTEMPTS = 30
_LONGEST_WAIT = 1.0
_chance = secrets.SystemRandom()


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """What one commit adds: files by path (None takes one out), its subject, and its instant.

    `at` is ISO 8601; None takes git's own clock. `seal` returns the commit signed. `besides` are
    commits that it has for parents too, so that nothing is lost that they hold.
    """

    files: Mapping[str, bytes | None]
    message: str
    at: str | None = None
    seal: Callable[[Commit], Commit] | None = None
    besides: tuple[Commit, ...] = ()


# Decides on the newest tip what to add (None: nothing); run again on every new tip.
Build: TypeAlias = Callable[[Commit | None], Files | None]


class Chain:
    """One chain: `ref` in this repository, or on the remote of that name."""

    def __init__(
        self,
        git: Git,
        ref: str,
        remote: str | None,
        *,
        attempts: int = ATTEMPTS,
        offline: bool = False,
    ) -> None:
        """Use the chain on `ref`; raise RepositoryError when the remote is not configured.

        With `offline` it is read as this clone last fetched it, and cannot be added to.
        """
        self._attempts = attempts
        self.git = git
        self.ref = full_ref(ref)
        self._remote: remotes.Remote | remotes.Kept | None = None
        if remote is not None:
            self._remote = (remotes.Kept if offline else remotes.Remote)(git, remote)
        place = "local" if remote is None else f"remote/{remote}"
        self._seen = full_ref(f"{SEEN}/{place}/{ref.removeprefix('refs/heads/')}")
        # Two runners that add the same files in the same second still make two commits.
        self._runner = secrets.token_hex(8)

    def tip(self) -> Commit | None:
        """Return the newest commit (fetched first where there is a remote), or None.

        Raise RepositoryError when it does not go on from the last tip that this clone saw.
        """
        seen = self.git.ref(self._seen)  # before the tip: another run may move both meanwhile
        now = self._remote.fetch(self.ref) if self._remote else self.git.ref(self.ref)
        if seen is not None and (now is None or not self.git.descends(now, seen)):
            raise RepositoryError(
                f"cannot trust {self.ref}: it was rewritten or rolled back "
                f"(it was seen at {seen}, and is now {f'at {now}' if now else 'gone'})",
                mend="find out who did it; to accept what is there now, run "
                f"`git update-ref -d {self._seen}`",
            )
        if now is not None and now != seen:
            self.git.update_ref(self._seen, now, seen)  # if another run was first, its is as good
        return now

    def goes_on(self, tip: Commit, since: Commit) -> bool:
        """Tell whether `since` is `tip` or a commit before it; raise where nobody here can say."""
        try:
            return self.git.descends(tip, since)
        except RepositoryError:
            # A commit that is not here is not in a chain that is whole, whatever else is shallow.
            at: Commit | None = tip
            while at is not None:
                if not self._here(at):
                    raise
                parents = self.git.objects.commit(at).parents
                at = parents[0] if parents else None
            return False

    def lost(self, since: Commit | None, tip: Commit) -> Commit | None:
        """Return the newest commit after `since` that took out or altered a file, if one did."""
        asked = (tip, *(() if since is None else (f"^{since}",)))
        out = self.git.call.out(
            "log", "-m", "--no-renames", "--diff-filter=MDT", "--format=%H", "-n1", *asked, "--"
        )
        found = out.decode("ascii", "replace").strip()
        return Commit(self.git.objects.named(found)) if found else None

    def append(self, build: Build) -> Commit | None:
        """Add what `build` says about the newest tip; return the tip as read back.

        When `build` has nothing to add, that is the tip which it saw: None without a chain.
        """
        tried: list[Commit] = []
        base = self.tip()
        words = ""
        for attempt in range(self._attempts):
            addition = build(base)
            if addition is None:
                return base
            tried.append(self._commit(base, addition))
            pushed = self._store(tried[-1], base)
            now = self.tip()
            if self._holds(now, tried):
                return now
            words = pushed.words
            if pushed.outcome in {Outcome.DONE, Outcome.REFUSED} and now == base:
                raise self._refused(pushed)
            base = now
            time.sleep(_chance.uniform(0, min(_LONGEST_WAIT, 0.02 * 2**attempt)))
        raise RepositoryError(
            f"cannot add to {self.ref}: {self._attempts} attempts came to nothing: {words}",
            mend="look at what else writes to it and at the remote, then run it again",
        )

    def _here(self, commit: Commit) -> bool:
        try:
            self.git.objects.commit(commit)
        except RepositoryError:
            return False
        return True

    def _commit(self, base: Commit | None, addition: Files) -> Commit:
        tree = None if base is None else self.git.tree(base).oid
        made = self.git.commit_with(
            NewCommit(
                base=tree,
                files=addition.files,
                parents=(*(() if base is None else (base,)), *addition.besides),
                message=f"{addition.message}\n\nRunner: {self._runner}\n",
                at=addition.at,
            )
        )
        return made if addition.seal is None else addition.seal(made)

    def _store(self, commit: Commit, base: Commit | None) -> Pushed:
        if self._remote is not None:
            return self._remote.push(self.ref, commit, base)
        moved = not self.git.update_ref(self.ref, commit, base)
        return Pushed(outcome=Outcome.MOVED if moved else Outcome.DONE, words="the tip kept moving")

    def _holds(self, now: Commit | None, tried: Iterable[Commit]) -> bool:
        """Tell whether one of our commits has arrived, whatever git said about it."""
        return now is not None and any(self.git.descends(now, commit) for commit in tried)

    def _refused(self, pushed: Pushed) -> RepositoryError:
        if pushed.outcome is Outcome.DONE:
            return RepositoryError(
                f"cannot find on {self.ref} what was just put there",
                mend="see that the remote's push address and fetch address are one repository",
            )
        return RepositoryError(
            f"cannot add to {self.ref}: the remote refused it: {pushed.words}",
            mend="let whoever runs jobgate push to it: look at the hooks and branch rules there",
        )
