"""A remote's refs are fetched and pushed by their full names, and the outcome is told truly."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

import pytest

from runner.errors import RepositoryError
from runner.git import leftovers
from runner.git.gitwrite import NewCommit
from runner.git.remote import Outcome, Remote, RemoteRepository
from runner.git.repository import Git
from runner.model import Commit
from tests import repos

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REF = "refs/heads/jobgate-journal"


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    """Return a bare remote with a branch `main` of one commit."""
    seed = repos.make(tmp_path / "seed")
    repos.commit(seed, {"a.txt": "a\n"})
    folder = repos.bare(tmp_path / "origin.git")
    repos.run(seed, "push", "--quiet", str(folder), "main")
    return folder


@pytest.fixture
def git(origin: Path, tmp_path: Path) -> Iterator[Git]:
    """Return a clone of that remote, opened."""
    with Git.open(repos.clone(origin, tmp_path / "clone")) as opened:
        yield opened


def put(git: Git, *parents: Commit, name: str = "file") -> Commit:
    """Make a commit that no ref names."""
    return git.commit_with(NewCommit(base=None, files={name: b"x"}, parents=parents, message=name))


def test_a_branch_is_fetched_as_it_is_now(origin: Path, git: Git, tmp_path: Path) -> None:
    """The tip is the remote's, also when it moved or was rewritten; the clone's own is not used."""
    repository = RemoteRepository(git, Remote(git, "origin"))
    first = repository.tip("main")
    assert first == repos.head(origin, "refs/heads/main")
    other = repos.clone(origin, tmp_path / "other")
    second = repos.commit(other, {"a.txt": "b\n"})
    repos.run(other, "push", "--quiet", "origin", "main")
    assert repository.tip("main") == second
    assert git.tip("main") == first
    assert git.ref("refs/remotes/origin/main") == first
    assert repository.descends(second, repository.commit("HEAD"))
    assert repository.touched_by(first, second, ("a.txt",)) == {"ann@example.org"}
    assert repository.tree(second).paths("") == ("a.txt",)
    repos.run(origin, "update-ref", "refs/heads/main", first)
    assert repository.tip("main") == first


def test_a_missing_branch_is_an_error(git: Git) -> None:
    """A branch that the remote lacks has no tip; as a ref it is None."""
    remote = Remote(git, "origin")
    assert remote.fetch("refs/heads/other") is None
    with pytest.raises(
        RepositoryError, match="cannot find the branch 'other' on the remote origin"
    ):
        RemoteRepository(git, remote).tip("other")


def test_similar_names_do_not_confuse(origin: Path, git: Git) -> None:
    """A tag of the same name, and a longer ref that ends so, are something else."""
    first = repos.head(origin, "refs/heads/main")
    other = Commit(repos.run(origin, "commit-tree", f"{first}^{{tree}}", "-m", "other"))
    for name in ("refs/tags/jobgate-journal", "refs/heads/x/refs/heads/jobgate-journal"):
        repos.run(origin, "update-ref", name, other)
    remote = Remote(git, "origin")
    assert remote.fetch(REF) is None
    commit = put(git)
    assert remote.push(REF, commit, None).outcome is Outcome.DONE
    assert remote.fetch(REF) == commit
    assert repos.head(origin, "refs/tags/jobgate-journal") == other


def test_a_push_sets_what_it_saw(origin: Path, git: Git) -> None:
    """A push moves the ref from the tip it names, and from no other."""
    remote = Remote(git, "origin")
    first = put(git)
    second = put(git, first, name="second")
    rival = put(git, first, name="rival")
    assert remote.push(REF, first, None).outcome is Outcome.DONE
    assert remote.push(REF, rival, None).outcome is Outcome.MOVED
    assert remote.push(REF, second, first).outcome is Outcome.DONE
    assert remote.push(REF, rival, first).outcome is Outcome.MOVED
    assert repos.head(origin, REF) == second


def test_a_refusal_is_told_with_the_remotes_words(origin: Path, git: Git) -> None:
    """A hook that says no is a refusal, not a race."""
    repos.hook(origin, "pre-receive", "echo only robots may >&2; exit 1")
    pushed = Remote(git, "origin").push(REF, put(git), None)
    assert pushed.outcome is Outcome.REFUSED
    assert "only robots may" in pushed.words


def test_a_remote_that_is_gone_is_an_error(origin: Path, git: Git) -> None:
    """A remote that cannot be reached is an error to a fetch, and an unknown outcome to a push."""
    origin.rename(origin.with_name("moved"))
    remote = Remote(git, "origin")
    with pytest.raises(RepositoryError, match="cannot ask the remote origin"):
        remote.fetch("refs/heads/main")
    assert remote.push(REF, put(git), None).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("name", ["other", "--all", "", "."])
def test_a_remote_must_be_configured(git: Git, name: str) -> None:
    """What is no configured remote is refused: no path, no address, no option."""
    with pytest.raises(RepositoryError, match="cannot find a remote called"):
        Remote(git, name)


def test_a_ref_that_cannot_be_kept_is_an_error(git: Git) -> None:
    """What was fetched but cannot be kept, however often it is tried, is an error."""
    below = "refs/jobgate/remote/origin/heads/main/below"
    repos.run(git.top, "update-ref", below, "HEAD")
    with pytest.raises(RepositoryError, match=r"cannot fetch refs/heads/main from origin: .*lock"):
        Remote(git, "origin").fetch("refs/heads/main")


def test_two_runs_in_one_clone_fetch_at_the_same_time(origin: Path, git: Git) -> None:
    """Runs that fetch the same ref into the same clone do not get into each other's way."""
    found: list[Commit | None] = []
    wanted = repos.head(origin, "refs/heads/main")

    def fetch() -> None:
        with Git.open(git.top) as another:
            found.append(Remote(another, "origin").fetch("refs/heads/main"))

    threads = [threading.Thread(target=fetch) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [wanted] * 4


def test_a_lock_that_a_killed_push_left(origin: Path, git: Git) -> None:
    """On a remote in a folder of this machine it is taken away once it is old; the push lands."""
    lock = origin / f"{REF}.lock"
    lock.touch()
    os.utime(lock, (time.time() - leftovers.OLD_SECONDS - 1,) * 2)
    new = put(git)
    assert Remote(git, "origin").push(REF, new, None).outcome is Outcome.DONE
    assert (lock.exists(), repos.head(origin, REF)) == (False, new)
