"""New files in a working tree: all of them or none, and nowhere else."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from runner.errors import CheckError, RepositoryError
from runner.git import placing

if TYPE_CHECKING:
    from pathlib import Path


def found(top: Path) -> dict[str, bytes]:
    """Return every file below `top`."""
    return {
        path.relative_to(top).as_posix(): path.read_bytes()
        for path in top.rglob("*")
        if path.is_file()
    }


def test_files_are_written_with_their_folders(tmp_path: Path) -> None:
    """Each file is there, readable for others, and nothing beside it."""
    files = {"a/b/c.yaml": b"1", "d.sh": b"\xff\r\n"}

    placing.place(tmp_path, files, replace=False)

    assert found(tmp_path) == files
    assert (tmp_path / "d.sh").stat().st_mode & 0o777 == 0o644


def test_a_file_that_is_there_is_kept(tmp_path: Path) -> None:
    """Without leave to replace, one file in the way stops all of them."""
    (tmp_path / "b").write_bytes(b"old")

    with pytest.raises(CheckError, match="cannot write b: it is there already") as stopped:
        placing.place(tmp_path, {"a": b"new", "b": b"new"}, replace=False)

    assert "--force" in stopped.value.mend
    assert found(tmp_path) == {"b": b"old"}


def test_a_file_that_is_there_is_replaced(tmp_path: Path) -> None:
    """With leave, it is."""
    (tmp_path / "b").write_bytes(b"old")

    placing.place(tmp_path, {"a": b"new", "b": b"new"}, replace=True)

    assert found(tmp_path) == {"a": b"new", "b": b"new"}


@pytest.mark.parametrize("path", ["/a", "../a", "a//b", "a/./b", ".git/config", ""])
def test_a_path_that_leads_elsewhere(tmp_path: Path, path: str) -> None:
    """A path keeps to the tree, and out of what is git's."""
    with pytest.raises(CheckError, match="no path from the root"):
        placing.place(tmp_path, {path: b"x"}, replace=True)


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    """Neither a folder that is a link, nor a link in the file's place, is written through."""
    (tmp_path / "out").mkdir()
    top = tmp_path / "top"
    top.mkdir()
    (top / "specs").symlink_to(tmp_path / "out")
    (top / "file").symlink_to(tmp_path / "out" / "file")

    for path in ("specs/a", "file"):
        with pytest.raises(CheckError):
            placing.place(top, {path: b"x"}, replace=True)

    assert found(tmp_path / "out") == {}


def test_a_disk_that_refuses_leaves_nothing(tmp_path: Path) -> None:
    """When a later file cannot be written, the earlier ones and their folders are gone again."""
    name = "x" * (os.pathconf(tmp_path, "PC_NAME_MAX") + 1)

    with pytest.raises(RepositoryError, match="cannot write new/a"):
        placing.place(tmp_path, {"new/a": b"1", f"other/{name}": b"2"}, replace=False)

    assert found(tmp_path) == {}
    assert list(tmp_path.iterdir()) == []


def test_what_was_there_comes_back(tmp_path: Path) -> None:
    """When the second file cannot take its place, the first has its old content again."""
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "kept").write_bytes(b"kept")
    aside = [
        (placing._aside(tmp_path / "a", b"new"), tmp_path / "a"),
        (placing._aside(tmp_path / "c", b"new"), tmp_path / "c"),
        (placing._aside(tmp_path / "b", b"new"), tmp_path / "b"),
    ]

    with pytest.raises(OSError, match="directory"):
        placing._swap(aside)

    assert found(tmp_path) | {"b/kept": b"kept"} == {
        "a": b"old",
        "b/kept": b"kept",
        aside[2][0].name: b"new",
    }
