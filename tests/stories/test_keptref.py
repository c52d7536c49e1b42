"""The ref of a journal is looked at from all sides, on real repositories, and left as it is."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from runner.checkup import PushRules
from runner.errors import RepositoryError
from runner.git.chain import Chain, Files
from runner.git.gitwrite import NewCommit
from runner.git.keptref import KeptRef
from runner.git.repository import Git
from runner.git.trial import GitTrial
from tests import repos

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runner.model import Commit

pytestmark = pytest.mark.stories


NAME = "jobgate-journal"
REF = f"refs/heads/{NAME}"
PUSHED = "receive.denyNonFastForwards"


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    """Return a bare remote with one commit on `main`."""
    made = repos.bare(tmp_path / "origin.git")
    work = repos.clone(made, tmp_path / "first")
    repos.commit(work, {"a": "a"})
    repos.run(work, "push", "--quiet", "origin", "main")
    return made


@pytest.fixture
def git(origin: Path, tmp_path: Path) -> Iterator[Git]:
    """Return a clone, opened."""
    with Git.open(repos.clone(origin, tmp_path / "work")) as opened:
        yield opened


def added(git: Git, path: str, content: bytes | None = b"x\n") -> Commit:
    """Add a file to the chain on the remote, or take one out."""
    tip = Chain(git, REF, "origin").append(lambda _: Files(files={path: content}, message="add"))
    assert tip is not None
    return tip


def refs(folder: Path) -> str:
    """Return every ref of a repository."""
    return repos.run(folder, "for-each-ref")


def test_what_is_there(git: Git) -> None:
    """The tip, how many commits it has, and no branch of that name in this clone."""
    kept = KeptRef(git, REF, "origin")
    assert (kept.name, kept.remote, kept.tip(), kept.here()) == (REF, "origin", None, None)
    added(git, "one")
    tip = added(git, "two")

    assert (kept.tip(), kept.commits(tip), kept.lost(tip)) == (tip, 2, None)
    git.update_ref(REF, tip, None)
    assert kept.here() == tip


def test_what_was_taken_out_is_found(git: Git) -> None:
    """Also where more was added since."""
    added(git, "one")
    taken = added(git, "one", None)
    tip = added(git, "two")

    assert KeptRef(git, REF, "origin").lost(tip) == taken


def test_a_merge_is_no_chain(git: Git) -> None:
    """Only one parent each."""
    one = git.commit("HEAD")
    other = git.commit_with(
        NewCommit(base=git.tree(one).oid, files={}, parents=(), message="other")
    )
    merge = git.commit_with(
        NewCommit(base=git.tree(one).oid, files={}, parents=(one, other), message="merge")
    )

    with pytest.raises(RepositoryError, match="is a merge"):
        KeptRef(git, REF, None).commits(merge)


def test_a_tip_that_was_rolled_back(git: Git, origin: Path) -> None:
    """It is no longer what this clone saw."""
    first = added(git, "one")
    added(git, "two")
    repos.run(origin, "update-ref", REF, first)

    with pytest.raises(RepositoryError, match="it was rewritten or rolled back"):
        KeptRef(git, REF, "origin").tip()


def test_names_that_may_be_taken_for_it(git: Git, origin: Path) -> None:
    """Tags of any kind, here and there, and a branch below the name; a longer name is none."""
    repos.run(git.top, "tag", "--annotate", "--message", "m", NAME)
    repos.run(git.top, "tag", f"{NAME}-2")
    repos.run(git.top, "update-ref", f"refs/{NAME}", "HEAD")
    repos.run(origin, "tag", "--annotate", "--message", "m", NAME, "main")
    repos.run(origin, "branch", f"{NAME}/x", "main")
    repos.run(origin, "branch", f"x/{NAME}", "main")

    assert KeptRef(git, REF, "origin").namesakes() == (
        f"refs/heads/{NAME}/x on origin",
        f"refs/{NAME}",
        f"refs/tags/{NAME}",
        f"refs/tags/{NAME} on origin",
    )
    assert KeptRef(git, REF, None).namesakes() == (f"refs/{NAME}", f"refs/tags/{NAME}")


def test_nobody_bears_the_name(git: Git) -> None:
    """The ref itself is no namesake."""
    added(git, "one")

    assert KeptRef(git, REF, "origin").namesakes() == ()


def test_a_push_is_tried_and_leaves_nothing(git: Git, origin: Path) -> None:
    """Neither where the ref is there, nor where it is not; a hook that says no is not run."""
    repos.hook(origin, "update", "exit 1")
    kept = KeptRef(git, REF, "origin")
    before = refs(origin)
    kept.try_push()
    assert refs(origin) == before
    (origin / "hooks/update").unlink()
    added(git, "one")
    before = refs(origin)
    kept.try_push()
    assert refs(origin) == before

    KeptRef(git, REF, None).try_push()


def test_a_push_that_cannot_even_begin(git: Git, origin: Path) -> None:
    """Where the remote is read from one place, and the other is gone."""
    gone = origin.parent / "gone.git"
    repos.run(git.top, "remote", "set-url", "--push", "origin", str(gone))
    kept = KeptRef(git, REF, "origin")

    with pytest.raises(RepositoryError, match="cannot push to refs/heads/jobgate-journal"):
        kept.try_push()
    with pytest.raises(RepositoryError, match="cannot ask the remote origin"):
        kept.same_place()
    assert kept.rules() is None


def test_two_addresses_of_one_place_and_of_two(git: Git, origin: Path) -> None:
    """They are held against each other by what they show."""
    kept = KeptRef(git, REF, "origin")
    assert kept.same_place()
    other = origin.parent / "other.git"
    shutil.copytree(origin, other)
    repos.run(git.top, "remote", "set-url", "--push", "origin", str(other))
    assert kept.same_place()
    repos.run(other, "update-ref", REF, "main")
    assert not kept.same_place()


def test_what_a_remote_on_this_machine_shows(git: Git, origin: Path) -> None:
    """Its hooks that may refuse, wherever they lie, and whether history may be rewritten."""
    kept = KeptRef(git, REF, "origin")
    assert kept.rules() == PushRules(hooks=(), forced=True)
    repos.hook(origin, "pre-receive", "exit 0")
    repos.hook(origin, "post-receive", "exit 0")
    repos.run(origin, "config", PUSHED, "true")
    assert kept.rules() == PushRules(hooks=("pre-receive",), forced=False)
    repos.run(origin, "config", "core.hooksPath", "elsewhere")
    assert kept.rules() == PushRules(hooks=(), forced=False)


def test_a_remote_that_is_no_repository_shows_nothing(git: Git, tmp_path: Path) -> None:
    """A folder is not enough."""
    (tmp_path / "empty").mkdir()
    repos.run(git.top, "remote", "set-url", "origin", str(tmp_path / "empty"))

    assert KeptRef(git, REF, "origin").rules() is None


# ---------------------------------------------------------------- git itself


def wrapped(folder: Path, script: str) -> str:
    """Return a PATH on which git is a script that may call the real one."""
    program = folder / "git"
    program.write_text(f"#!/bin/sh\n{script}\n".replace("GIT", shutil.which("git") or ""))
    program.chmod(0o755)
    return f"{folder}:/usr/bin:/bin"


def test_this_git_does_what_is_needed() -> None:
    """Nothing is left untried."""
    tried = GitTrial()

    assert tried.version() >= (2, 31)
    assert tried.trial() == ""


def test_a_git_that_overwrites_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It pushes whatever the tip is by then."""
    drops = 'for a; do case $a in --force-with-lease=*) set -- "$@" --force;; *) set -- "$@" "$a"'
    script = f'{drops};; esac; shift; done\nexec GIT "$@"'
    monkeypatch.setenv("PATH", wrapped(tmp_path, script))

    with pytest.raises(RepositoryError, match="does not refuse a push whose expected tip is stale"):
        GitTrial().trial()


@pytest.mark.parametrize(
    ("word", "what"), [("--porcelain", "an expected tip"), ("--atomic", "two refs at once")]
)
def test_a_git_that_cannot_push_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, word: str, what: str
) -> None:
    """What it does not know it refuses."""
    script = f'for a; do [ "$a" = {word} ] && exit 129; done\nexec GIT "$@"'
    monkeypatch.setenv("PATH", wrapped(tmp_path, script))

    with pytest.raises(RepositoryError, match=what):
        GitTrial().trial()


def test_what_is_forbidden_is_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said to be untried, and is no failure."""
    monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "https:ssh")

    assert "GIT_ALLOW_PROTOCOL" in GitTrial().trial()
