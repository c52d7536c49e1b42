"""A lock of a ref that a killed git left behind stands in nobody's way for long."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

import pytest

from runner.errors import RepositoryError
from runner.git import leftovers
from runner.git.remote import Remote
from runner.git.repository import Git
from tests import repos

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OURS = "refs/jobgate/seen/remote/origin/jobgate-journal"


@pytest.fixture
def git(tmp_path: Path) -> Iterator[Git]:
    """Return a clone of a repository with one commit."""
    origin = repos.make(tmp_path / "origin")
    repos.commit(origin, {"a": "a"})
    with Git.open(repos.clone(origin, tmp_path / "clone")) as opened:
        yield opened


def locked(git: Git, ref: str, age: float) -> Path:
    """Leave a lock of `ref` behind that is so many seconds old."""
    lock = git.common / f"{ref}.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    lock.touch()
    os.utime(lock, (time.time() - age,) * 2)
    return lock


def test_an_old_lock_is_taken_away(git: Git) -> None:
    """What was killed while it set a ref of ours blocks that ref no longer."""
    head = git.commit("HEAD")
    lock = locked(git, OURS, leftovers.OLD_SECONDS + 1)

    assert git.update_ref(OURS, head, None)
    assert git.ref(OURS) == head
    assert not lock.exists()


def test_an_old_lock_of_what_was_fetched_is_taken_away(git: Git) -> None:
    """The same holds for what is kept of a remote."""
    kept = "refs/jobgate/remote/origin/heads/main"
    locked(git, kept, leftovers.OLD_SECONDS + 1)

    assert Remote(git, "origin").fetch("refs/heads/main") == git.commit("HEAD")


def test_a_young_lock_is_waited_for(git: Git) -> None:
    """Whoever holds a lock now is not disturbed: the ref is set when it is let go."""
    head = git.commit("HEAD")
    lock = locked(git, OURS, 0)
    held: list[bool] = []

    def let_go() -> None:
        held.append(lock.exists())
        lock.unlink()

    timer = threading.Timer(0.5, let_go)
    timer.start()
    assert git.update_ref(OURS, head, None)
    timer.join()
    assert held == [True]


def test_a_lock_of_somebody_elses_ref_is_left_alone(git: Git) -> None:
    """However old it is, it stays, and its ref is tried again meanwhile."""
    lock = locked(git, "refs/heads/theirs", leftovers.OLD_SECONDS * 100)
    tries = leftovers.tries(git.common, "refs/heads/theirs")

    for _ in range(3):
        next(tries)

    assert lock.exists()


def test_what_cannot_be_taken_away_is_told(git: Git) -> None:
    """Where something else stands in a lock's place, git's words are told at once."""
    lock = git.common / f"{OURS}.lock"
    lock.mkdir(parents=True)
    os.utime(lock, (0, 0))

    with pytest.raises(RepositoryError, match=f"cannot set {OURS}"):
        git.update_ref(OURS, git.commit("HEAD"), None)
    assert lock.exists()
