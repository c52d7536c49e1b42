"""The ref that a chain is kept on, looked at from all sides, and left as it is.

Only `tip` leaves a mark in this clone: the tip that was seen, as every command does.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from runner.checkup import PushRules
from runner.errors import RepositoryError
from runner.git import chain, gitcall
from runner.git.remote import Remote
from runner.git.repository import Git, full_ref
from runner.model import Commit

if TYPE_CHECKING:
    from collections.abc import Iterable

_HOOKS = ("pre-receive", "proc-receive", "reference-transaction", "update")
_MEND = "look at the remote's address, at the network and at your credentials"


class KeptRef:
    """One full ref name, in this repository (`remote` empty) or on the remote of that name."""

    def __init__(self, git: Git, ref: str, remote: str | None) -> None:
        """Look at `ref` there."""
        self.name = full_ref(ref)
        self.remote = remote or ""
        self._git = git
        self._short = ref.removeprefix("refs/heads/")
        self._chain = chain.Chain(git, ref, remote)
        self._there = None if remote is None else Remote(git, remote)

    def tip(self) -> Commit | None:
        """Return the newest commit; raise RepositoryError when it was rewritten or rolled back."""
        return self._chain.tip()

    def here(self) -> Commit | None:
        """Return the tip of the branch of that name in this clone, which nothing reads."""
        return self._git.ref(self.name)

    def commits(self, tip: Commit) -> int:
        """Return how many commits the chain has; raise RepositoryError where it is no chain."""
        count, at = 0, tip
        while True:
            count += 1
            parents = self._git.objects.commit(at).parents
            if not parents:
                return count
            if len(parents) > 1:
                raise RepositoryError(
                    f"cannot trust {self.name}: {at} is a merge",
                    mend="find out who pushed it: only jobgate writes to this ref",
                )
            at = parents[0]

    def lost(self, tip: Commit) -> Commit | None:
        """Return the newest commit that took out or altered a file, where files are only added."""
        out = self._git.call.out(
            "log", "--no-renames", "--diff-filter=MDT", "--format=%H", "--max-count=1", tip, "--"
        )
        found = out.decode("ascii", "replace").strip()
        return Commit(self._git.objects.named(found)) if found else None

    def namesakes(self) -> tuple[str, ...]:
        """Return the refs, here and on the remote, that may be taken for this one, or block it."""
        local = self._git.call.out(
            "for-each-ref",
            "--format=%(refname)",
            "--",
            f"refs/tags/{self._short}",
            f"{self.name}/",
            f"refs/{self._short}",
        )
        found = set(local.decode("utf-8", "replace").splitlines()) - {self.name}
        return tuple(sorted(found | {f"{each} on {self.remote}" for each in self._far()}))

    def try_push(self) -> None:
        """Ask the remote, without pushing anything, whether it would take a push.

        Raises RepositoryError where it would not, as far as that shows without a push.
        """
        if self._there is None:
            return
        what = self._there.fetch(self.name) or self._git.commit("HEAD")
        answer = self._git.call.run(
            "push",
            "--dry-run",
            "--porcelain",
            "--no-verify",
            "--no-signed",
            "--no-follow-tags",
            "--",
            self.remote,
            f"{what}:{self.name}",
            seconds=gitcall.NETWORK_SECONDS,
        )
        if answer.code != 0:
            raise gitcall.failed(
                f"push to {self.name} on {self.remote}",
                answer,
                mend="let whoever runs jobgate push to it, or approve from a clone that may",
            )

    def same_place(self) -> bool:
        """Tell whether what is pushed to the remote is what is fetched from it."""
        urls = [self._urls(*option) for option in ((), ("--push",))]
        if urls[0] == urls[1]:
            return True
        return self._listed(urls[0][0], self.name) == self._listed(urls[1][0], self.name)

    def rules(self) -> PushRules | None:
        """Return what the remote's own folder shows of its rules; None where it lies elsewhere."""
        folder = None if self._there is None else self._there.folder()
        if folder is None:
            return None
        call = gitcall.Call(folder)
        root = call.run("rev-parse", "--absolute-git-dir")
        if root.code != 0:
            return None
        top = Path(os.fsdecode(root.out.rstrip(b"\n")))
        told = call.run("config", "--local", "--type=path", "--get", "core.hooksPath").out
        hooks = folder / os.fsdecode(told.rstrip(b"\n")) if told else top / "hooks"
        safe = call.run("config", "--local", "--type=bool", "--get", "receive.denyNonFastForwards")
        return PushRules(
            hooks=tuple(name for name in _HOOKS if os.access(hooks / name, os.X_OK)),
            forced=safe.out.strip() != b"true",
        )

    # ------------------------------------------------------------ parts

    def _far(self) -> Iterable[str]:
        if not self.remote:
            return ()
        below = f"{self.name}/"
        listed = self._listed(self.remote, f"refs/tags/{self._short}", f"{below}*")
        return [name for name in listed if not name.endswith("^{}")]

    def _listed(self, where: str, *patterns: str) -> dict[str, str]:
        answer = self._git.call.run(
            "ls-remote", "--quiet", "--", where, *patterns, seconds=gitcall.NETWORK_SECONDS
        )
        if answer.code != 0:
            raise gitcall.failed(f"ask the remote {self.remote}", answer, mend=_MEND)
        lines = answer.out.decode("utf-8", "replace").splitlines()
        return {name: oid for oid, _, name in (line.partition("\t") for line in lines)}

    def _urls(self, *option: str) -> list[str]:
        out = self._git.call.out("remote", "get-url", *option, "--all", "--", self.remote)
        return os.fsdecode(out).splitlines()
