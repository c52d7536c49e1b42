"""Looks at many specs, in several processes where that is faster, in the order that was asked for.

A process opens the repository for itself, and hands back looks; whatever goes wrong with it, its
share is looked at here instead.
"""

from __future__ import annotations

import multiprocessing
import signal
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from runner import cache
from runner.cli import progress
from runner.errors import RunnerError
from runner.git import repository
from runner.pipeline import checking, looking, rechecking

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from runner.model import Checked, Commit, Policy
    from runner.pipeline.looking import Look
    from runner.pipeline.ports import Tree
    from runner.pipeline.rechecking import Rechecked, Since
    from runner.pipeline.touching import Texts

FEW = 600  # specs; starting processes for no more than these takes longer than they do
_SHARE = 50  # specs handed out at a time
_PROCESSES = 2


@dataclass(frozen=True, slots=True)
class Where:
    """The files of a repository: those of a commit, or those on disk."""

    folder: str
    commit: Commit | None


def checked(tree: Tree, where: Where) -> Checked[int]:
    """Check the specs of `tree` with this user's cache; tell a terminal how far it has come."""
    shown = progress.Progress("check")
    try:
        crew = Crew(tree, where)
        return checking.checked(
            tree, checking.Means(memory=cache.of("check"), crew=crew, progress=shown)
        )
    finally:
        shown.end()


def rechecked(tree: Texts, where: Where, since: Since) -> Rechecked:
    """Check the specs that may have changed, as `checked` does all."""
    shown = progress.Progress("check")
    try:
        crew = Crew(tree, where)
        means = checking.Means(memory=cache.of("check"), crew=crew, progress=shown)
        return rechecking.rechecked(tree, since, means)
    finally:
        shown.end()


@dataclass(frozen=True, slots=True)
class Crew:
    """Looks at the specs of `tree`, which is the one that is found at `where`."""

    tree: Tree
    where: Where
    few: int = FEW

    def __call__(self, policy: Policy, paths: Sequence[str]) -> Iterator[Look]:
        """Yield a look at each of the specs at `paths`, in their order."""
        if len(paths) <= self.few:
            yield from looking.looks(self.tree, policy, paths)
            return
        shares = [paths[start : start + _SHARE] for start in range(0, len(paths), _SHARE)]
        for share, found in zip(shares, self._shared(policy, shares), strict=True):
            yield from looking.looks(self.tree, policy, share) if found is None else found

    def _shared(
        self, policy: Policy, shares: Sequence[Sequence[str]]
    ) -> Iterator[tuple[Look, ...] | None]:
        """Yield what a process made of each share; None for one that has to be done again here."""
        pool = ProcessPoolExecutor(
            max_workers=_PROCESSES,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_begin,
        )
        try:
            handed = [pool.submit(_share, self.where, policy, tuple(share)) for share in shares]
            for each in handed:
                try:
                    yield each.result()
                except BrokenProcessPool:
                    yield None
        finally:
            pool.shutdown(cancel_futures=True)


def _begin() -> None:
    # An interrupt is for the process that the user started; it ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _share(where: Where, policy: Policy, paths: tuple[str, ...]) -> tuple[Look, ...] | None:
    try:
        return tuple(looking.looks(_tree(where), policy, paths))
    except RunnerError:
        return None


@lru_cache(maxsize=1)
def _tree(where: Where) -> Tree:
    opened = repository.Git.open(Path(where.folder))
    return opened.worktree() if where.commit is None else opened.tree(where.commit)
