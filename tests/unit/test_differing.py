"""What differs between two trees, and where a line of commits begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runner.git.repository import Git
from tests import repos

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def git(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Git]:
    """Return a repository of two commits, between which all sorts of things change."""
    folder = repos.make(tmp_path_factory.mktemp("differing") / "repository")
    repos.commit(folder, {"a/b/same": "1", "a/other": "1", "gone/x": "1", "now": "1", "was/y": "1"})
    repos.run(folder, "rm", "-q", "-r", "gone", "was", "now")
    repos.commit(folder, {"a/other": "2", "new/z": "1", "now/w": "1", "was": "1"})
    with Git.open(folder) as opened:
        yield opened


def test_two_commits(git: Git) -> None:
    """It names each file that came, went or changed, also where a folder became a file."""
    one, two = (git.tree(git.commit(name)) for name in ("HEAD~1", "HEAD"))
    differ = {"a/other", "gone/x", "new/z", "now", "now/w", "was", "was/y"}
    assert one.differing(two) == two.differing(one) == differ
    assert one.differing(two, "a") == {"a/other"}
    assert one.differing(two, "new") == {"new/z"}
    assert one.differing(two, "a/b") == one.differing(one) == frozenset()


def test_the_working_tree(git: Git) -> None:
    """What lies on the disk differs in what is there, what is not, and what is a link."""
    tree = git.tree(git.commit("HEAD"))
    assert git.worktree().differing(tree) == frozenset()
    was = git.top / "was"
    was.unlink()
    was.symlink_to("1")
    (git.top / "new" / "z").unlink()
    (git.top / "untracked").write_text("1")
    try:
        assert git.worktree().differing(tree) == {"was", "new/z", "untracked"}
    finally:
        (git.top / "untracked").unlink()
        repos.run(git.top, "checkout", "-q", "--", "was", "new")


def test_where_a_line_of_commits_begins(git: Git, tmp_path: Path) -> None:
    """It begins with its one commit without parents; a shallow clone does not have it."""
    head = git.commit("HEAD")
    assert git.history.first(head) == git.commit("HEAD~1")
    shallow = repos.clone(git.top, tmp_path / "shallow", "--depth=1")
    with Git.open(shallow) as cut:
        assert cut.history.first(head) is None
