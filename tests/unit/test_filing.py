"""Files that commands leave behind: whole or not at all, and in nobody's way."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from runner.cli import filing
from runner.errors import UsageError


def names(folder: Path) -> list[str]:
    """Return everything that lies in a folder."""
    return sorted(path.name for path in folder.iterdir())


def test_a_new_file(tmp_path: Path) -> None:
    """It is there, others may read it, and nothing lies beside it."""
    filing.write(tmp_path / "a", b"1")
    filing.append(tmp_path / "b", b"2")

    assert names(tmp_path) == ["a", "b"]
    assert [(tmp_path / name).read_bytes() for name in "ab"] == [b"1", b"2"]
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o644


def test_a_file_that_is_there(tmp_path: Path) -> None:
    """It is replaced, or added to, and keeps its mode."""
    path = tmp_path / "a"
    path.write_bytes(b"old")
    path.chmod(0o600)

    filing.append(path, b" and new")
    assert filing.held(path) == b"old and new"
    filing.write(path, b"new")
    assert filing.held(path) == b"new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert names(tmp_path) == ["a"]


def test_a_link_stays_one(tmp_path: Path) -> None:
    """What it leads to is written, also where that is not there yet."""
    (tmp_path / "link").symlink_to("aim")

    filing.append(tmp_path / "link", b"1")
    filing.append(tmp_path / "link", b"2")

    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "aim").read_bytes() == b"12"


def test_whoever_reads_meanwhile_sees_the_old_or_the_new(tmp_path: Path) -> None:
    """One who has the file open keeps what it held: it is not written over in place."""
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with path.open("rb") as reader:
        filing.write(path, b"longer and new")
        assert reader.read() == b"old"


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    """What is no regular file is not replaced; all of a long content gets through."""
    pipe, content = tmp_path / "pipe", b"0123456789" * 50_000
    os.mkfifo(pipe)
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    filing.append(pipe, content)
    reader.join()

    assert got == [content]
    assert names(tmp_path) == ["pipe"]
    filing.write(Path(os.devnull), b"gone")
    assert filing.held(Path(os.devnull)) == b""


def test_nothing_is_held_where_nothing_is(tmp_path: Path) -> None:
    """A file that is to be made holds nothing yet."""
    assert filing.held(tmp_path / "a") == b""


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("folder", "it is a folder"),
        ("no/a", "there is no folder"),
        ("file/a", "there is no folder"),
    ],
)
def test_what_cannot_be_written_is_told_before(tmp_path: Path, name: str, why: str) -> None:
    """The refusal says which file and why, and how to go on."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(UsageError, match=f"cannot write .*{name}: {why}") as stopped:
        filing.check(tmp_path / name)
    assert stopped.value.mend == "name a file that can be written"
    assert names(tmp_path) == ["file", "folder"]


def test_a_name_that_is_too_long_is_told(tmp_path: Path) -> None:
    """As any other trouble with the file."""
    with pytest.raises(UsageError, match=r"cannot write .*: File name too long"):
        filing.check(tmp_path / ("a" * 300))


def test_what_can_be_written_passes(tmp_path: Path) -> None:
    """A file, one that is to be made, and a device; none of them is made or touched."""
    (tmp_path / "file").write_bytes(b"1")
    for path in (tmp_path / "file", tmp_path / "new", Path(os.devnull)):
        filing.check(path)

    assert names(tmp_path) == ["file"]


@pytest.mark.parametrize("name", ["folder", "no/a"])
def test_what_fails_after_all_is_told(tmp_path: Path, name: str) -> None:
    """Reading and writing alike; nothing is left behind."""
    (tmp_path / "folder").mkdir()

    for act in (filing.write, filing.append):
        with pytest.raises(UsageError, match=f"cannot write .*{name}: ") as stopped:
            act(tmp_path / name, b"1")
        assert "room for it" in stopped.value.mend
    assert names(tmp_path) == ["folder"]


def test_who_may_not_write_is_told() -> None:
    """Asked as somebody without leave, since root has it everywhere."""
    code = (
        "import os, pathlib, sys\n"
        "from runner.cli import filing\n"
        "from runner.errors import UsageError\n"
        "if os.getuid() == 0: os.setuid(65534)\n"
        "for path in sys.argv[1:]:\n"
        "    try: filing.check(pathlib.Path(path))\n"
        "    except UsageError as error: print(error.message)\n"
    )
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        folder.chmod(0o755)
        (folder / "shut").mkdir(mode=0o555)
        (folder / "kept").write_bytes(b"")
        (folder / "kept").chmod(0o444)
        paths = [str(folder / name) for name in ("shut/a", "kept")]
        done = subprocess.run(
            [sys.executable, "-c", code, *paths], capture_output=True, text=True, check=True
        )

    assert done.stdout == "".join(
        f"cannot write {path}: it may not be written to\n" for path in paths
    )
