"""Files come from one commit, and what is no plain file of it is refused with its rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runner import canon
from runner.git import gitpaths
from runner.git.repository import Git
from runner.model import Blob, Unreadable
from tests import repos

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILES = {
    "scripts/deep/restart.sh": "#!/bin/sh\n",
    "scripts/run.sh": "echo run\n",
    "specs/a b.yaml": "a: 1\n",
    "specs/ü.yaml": "u: 1\n",
    "vars.yaml": "v: 1\n",
}


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository with honest files and every trick that a tree can hold."""
    folder = repos.make(tmp_path_factory.mktemp("trees") / "repository")
    repos.commit(folder, FILES)
    repos.commit_entries(
        folder,
        ("100755", "tool", b"tool\n"),
        ("120000", "link", b"vars.yaml"),
        ("120000", "linked", b"scripts"),
        ("160000", "module", "1" * 40),
        ("100644", "twice/Name.sh", b"1"),
        ("100644", "twice/name.sh", b"2"),
        ("100644", "Upper/file", b"1"),
        ("100644", "upper/file", b"2"),
        ("100644", "straße/file", b"1"),
        ("100644", "STRASSE/file", b"2"),
        ("100644", "back\\slash", b"1"),
        ("100644", "large", b"\0" * (16 * 1024 * 1024 + 1)),
    )
    return folder


@pytest.fixture
def git(repository: Path) -> Iterator[Git]:
    """Return that repository, opened."""
    with Git.open(repository) as opened:
        yield opened


def test_a_file_is_read_with_its_hashes(repository: Path, git: Git) -> None:
    """A regular file comes with its path, its id, its SHA-256 and its bytes."""
    tree = git.tree(git.commit("HEAD"))
    for path, text in FILES.items():
        assert tree.read(path) == Blob(
            path=path,
            oid=repos.blob(repository, text.encode()),
            sha256=canon.sha256(text.encode()),
            content=text.encode(),
        )
    assert isinstance(tree.read("tool"), Blob)


def test_the_disk_beside_is_not_looked_at(repository: Path, git: Git) -> None:
    """A change that is not committed does not exist for a commit's tree."""
    repos.write(repository, {"scripts/run.sh": "echo changed\n", "new.txt": "new\n"})
    tree = git.tree(git.commit("HEAD"))
    found = tree.read("scripts/run.sh")
    assert isinstance(found, Blob)
    assert found.content == b"echo run\n"
    assert isinstance(tree.read("new.txt"), Unreadable)


def test_paths_are_sorted_and_of_every_kind(git: Git) -> None:
    """Listing a folder gives all that is below it, links and submodules too, but no folders."""
    tree = git.tree(git.commit("HEAD"))
    assert tree.paths("specs") == ("specs/a b.yaml", "specs/ü.yaml")
    assert tree.paths("scripts") == ("scripts/deep/restart.sh", "scripts/run.sh")
    assert {"link", "linked", "module", "tool"} < set(tree.paths(""))
    assert list(tree.paths("")) == sorted(tree.paths(""))


@pytest.mark.parametrize(
    "under", ["nothing", "linked", "module", "vars.yaml", "specs/nothing", "/"]
)
def test_what_is_no_folder_has_nothing_below_it(git: Git, under: str) -> None:
    """Listing follows no link, and finds nothing below what is no folder."""
    assert git.tree(git.commit("HEAD")).paths(under) == ()


@pytest.mark.parametrize(
    ("path", "rule", "words"),
    [
        ("", "path-escape", "empty part"),
        ("/etc/passwd", "path-escape", "absolute"),
        ("../vars.yaml", "path-escape", "'..'"),
        ("specs/../vars.yaml", "path-escape", "'..'"),
        ("./vars.yaml", "path-escape", "'.'"),
        ("specs//a b.yaml", "path-escape", "empty part"),
        ("specs/", "path-escape", "empty part"),
        ("back\\slash", "path-escape", "backslash"),
        ("vars.yaml\n", "path-escape", "control"),
        ("vars\0.yaml", "path-escape", "control"),
        ("vars\u200b.yaml", "path-escape", "invisible"),
        ("link", "symlink", "it is a symbolic link"),
        ("linked/run.sh", "symlink", "linked is a symbolic link"),
        ("module", "submodule", "it is a submodule"),
        ("module/file", "submodule", "module is a submodule"),
        ("scripts", "not-a-file", "it is a folder"),
        ("twice/name.sh", "case-collision", "twice/name.sh and twice/Name.sh"),
        ("twice/Name.sh", "case-collision", "twice/Name.sh and twice/name.sh"),
        ("upper/file", "case-collision", "upper and Upper"),
        ("straße/file", "case-collision", "straße and STRASSE"),
        ("large", "too-large", "16777217 bytes, and 16777216 are allowed"),
        ("nothing", "missing-file", "no such file"),
        ("vars.yaml/deeper", "missing-file", "no such file"),
    ],
)
def test_what_is_no_plain_file_is_refused(git: Git, path: str, rule: str, words: str) -> None:
    """Every trick is refused by its own rule, in words that say what stands there."""
    found = git.tree(git.commit("HEAD")).read(path)
    assert isinstance(found, Unreadable)
    assert (found.path, found.rule) == (path, rule)
    assert words in found.message
    assert found.message.isprintable()
    assert found.mend


@pytest.mark.parametrize(
    ("path", "near"),
    [
        ("scripts/rum.sh", "scripts/run.sh"),
        ("script/deep/restart.sh", "scripts/deep/restart.sh"),
        ("Scripts/run.sh", "scripts/run.sh"),
        ("elsewhere/restart.sh", "scripts/deep/restart.sh"),
    ],
)
def test_a_missing_file_names_the_nearest(git: Git, path: str, near: str) -> None:
    """The mend of a missing file names one that exists and is near."""
    found = git.tree(git.commit("HEAD")).read(path)
    assert isinstance(found, Unreadable)
    assert found.mend == f"add the file, or name {near}"


def test_nothing_near_is_not_made_up(git: Git) -> None:
    """A missing file that is like no other gets no suggestion."""
    found = git.tree(git.commit("HEAD")).read("specs/0123456789")
    assert isinstance(found, Unreadable)
    assert found.mend == "add the file, or correct its path"


def test_many_are_read_in_the_order_asked(git: Git) -> None:
    """Files and refusals come in the order of the paths, also when one is asked for twice."""
    tree = git.tree(git.commit("HEAD"))
    asked = ["vars.yaml", "link", "scripts/run.sh", "vars.yaml"]
    found = list(tree.read_all(asked))
    assert [each.path for each in found] == asked
    assert [isinstance(each, Blob) for each in found] == [True, False, True, True]
    [small] = tree.read_all(["vars.yaml"], limit=2)
    assert isinstance(small, Unreadable)


def test_names_that_are_no_text_are_listed_and_refused(tmp_path: Path) -> None:
    """A name that is not UTF-8 is shown with backslashes, by which it is refused."""
    folder = repos.make(tmp_path / "repository")
    oid = repos.blob(folder, b"x")
    tree = repos.run(folder, "mktree", "-z", stdin=f"100644 blob {oid}\t".encode() + b"\xff.yaml\0")
    commit = repos.run(folder, "commit-tree", tree, "-m", "bytes")
    with Git.open(folder) as git:
        files = git.tree(git.commit(commit))
        assert files.paths("") == ("\\xff.yaml",)
        found = files.read("\\xff.yaml")
        assert isinstance(found, Unreadable)
        assert found.rule == "path-escape"


def test_replace_refs_are_not_followed(tmp_path: Path) -> None:
    """A replace ref cannot put other content, or another history, in the place of an object."""
    folder = repos.make(tmp_path / "repository")
    first = repos.commit(folder, {"run.sh": "reviewed\n"})
    second = repos.commit(folder, {"other.sh": "x\n"})
    repos.run(folder, "replace", repos.blob(folder, b"reviewed\n"), repos.blob(folder, b"lies\n"))
    lone = repos.run(folder, "commit-tree", "HEAD^{tree}", "-m", "lone")
    repos.run(folder, "replace", second, lone)
    with Git.open(folder) as git:
        found = git.tree(git.commit("HEAD")).read("run.sh")
        assert isinstance(found, Blob)
        assert found.content == b"reviewed\n"
        assert git.descends(second, first)


def test_folders_know_their_twins() -> None:
    """Names that are equal after case folding and normalization are twins, others are not."""
    file = gitpaths.Kind.FILE
    folder = gitpaths.folder({"a": file, "A": file, "b": file, "\u00e9": file, "E\u0301": file})
    assert set(folder.twins) == {"a", "A", "\u00e9", "E\u0301"}
