"""The files beside the repository are seen as git sees them, and no link leads out of it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from runner.git.repository import Git
from runner.model import Blob, Unreadable
from tests import repos

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a repository whose working tree holds more than its commit, and less."""
    folder = repos.make(tmp_path / "repository")
    repos.commit(
        folder,
        {
            ".gitignore": "ignored.txt\n",
            "changed.txt": "old\n",
            "gone.txt": "gone\n",
            "moved/file.txt": "moved\n",
            "pipe": "was a file\n",
            "specs/a.yaml": "a: 1\n",
        },
    )
    repos.write(
        folder, {"changed.txt": "new\n", "ignored.txt": "ignored\n", "specs/new.yaml": "n: 1\n"}
    )
    (folder / "gone.txt").unlink()
    (folder / "moved/file.txt").unlink()
    (folder / "moved").rmdir()
    (folder / "moved").symlink_to("/etc")
    (folder / "pipe").unlink()
    os.mkfifo(folder / "pipe")
    (folder / "link.txt").symlink_to("changed.txt")
    repos.commit(repos.make(folder / "nested"), {"inner.txt": "inner\n"})
    return folder


@pytest.fixture
def git(repository: Path) -> Iterator[Git]:
    """Return that repository, opened from a folder within."""
    with Git.open(repository / "specs") as opened:
        yield opened


def test_what_is_tracked_or_new_is_listed(git: Git) -> None:
    """Ignored and deleted files do not exist, and neither does what lies behind a link."""
    tree = git.worktree()
    assert tree.paths("") == (
        ".gitignore",
        "changed.txt",
        "link.txt",
        "moved",
        "nested",
        "pipe",
        "specs/a.yaml",
        "specs/new.yaml",
    )
    assert tree.paths("specs") == ("specs/a.yaml", "specs/new.yaml")
    assert tree.paths("moved") == ()


@pytest.mark.parametrize("path", ["changed.txt", "specs/new.yaml", ".gitignore"])
def test_files_are_read_from_the_disk(repository: Path, git: Git, path: str) -> None:
    """The bytes on the disk are read, and get the id that git would give them."""
    found = git.worktree().read(path)
    assert isinstance(found, Blob)
    assert found.content == (repository / path).read_bytes()
    assert found.oid == repos.run(repository, "hash-object", path)


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("../outside", "path-escape"),
        (".git/config", "missing-file"),
        ("gone.txt", "missing-file"),
        ("ignored.txt", "missing-file"),
        ("link.txt", "symlink"),
        ("moved/file.txt", "symlink"),
        ("moved/passwd", "symlink"),
        ("nested", "submodule"),
        ("nested/inner.txt", "submodule"),
        ("pipe", "not-a-file"),
        ("specs", "not-a-file"),
    ],
)
def test_the_same_is_refused_as_in_a_commit(git: Git, path: str, rule: str) -> None:
    """What is no plain file of the working tree is refused by the same rules."""
    found = git.worktree().read(path)
    assert isinstance(found, Unreadable)
    assert found.rule == rule


def test_a_file_that_is_too_large_is_refused(repository: Path, git: Git) -> None:
    """More than 16 MiB are not read."""
    with (repository / "large").open("wb") as file:
        file.truncate(16 * 1024 * 1024 + 1)
    found = git.worktree().read("large")
    assert isinstance(found, Unreadable)
    assert found.rule == "too-large"


@pytest.mark.parametrize("became", ["nothing", "a link"])
def test_a_file_that_changed_after_the_listing_is_refused(
    repository: Path, git: Git, became: str
) -> None:
    """A file that vanishes, or turns into a link, after it was listed is not read."""
    tree = git.worktree()
    assert "changed.txt" in tree.paths("")
    (repository / "changed.txt").unlink()
    if became == "a link":
        (repository / "changed.txt").symlink_to("/etc/passwd")
    found = tree.read("changed.txt")
    assert isinstance(found, Unreadable)
    assert found.rule == "missing-file"
