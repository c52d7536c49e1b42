"""`cache`: what is kept comes back, and whatever is wrong with the file counts as nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner import cache

ENTRIES = {"one": b"1", "two": b"\x00\xff"}


def test_comes_back(tmp_path: Path) -> None:
    """What was kept is recalled under its key, and nothing under another."""
    kept = cache.Cache(tmp_path / "deep" / "file.sqlite")
    assert kept.empty()
    assert kept.recall(("one",)) == {}
    kept.keep(ENTRIES)

    assert not kept.empty()
    assert kept.recall(("two", "three", "one")) == ENTRIES


def test_newer_wins(tmp_path: Path) -> None:
    """What is kept under a key again takes the place of what was there."""
    kept = cache.Cache(tmp_path / "file.sqlite")
    kept.keep(ENTRIES)
    kept.keep({"one": b"new"})

    assert kept.recall(("one", "two")) == {**ENTRIES, "one": b"new"}


def test_nothing_to_keep(tmp_path: Path) -> None:
    """Without anything to keep there is no file."""
    kept = cache.Cache(tmp_path / "file.sqlite")
    kept.keep({})

    assert kept.empty()


@pytest.mark.parametrize(
    "content", [b"", b"not a database, but long enough to be read as one" * 99]
)
def test_broken_file(tmp_path: Path, content: bytes) -> None:
    """A file that is no cache holds nothing, and is one again soon after."""
    kept = cache.Cache(tmp_path / "file.sqlite")
    kept.path.write_bytes(content)
    assert kept.recall(("one",)) == {}
    kept.keep(ENTRIES)
    kept.keep(ENTRIES)

    assert kept.recall(("one", "two")) == ENTRIES


def test_no_place(tmp_path: Path) -> None:
    """Where no file can be made, nothing is kept, and that is no error."""
    (tmp_path / "file").write_bytes(b"")
    kept = cache.Cache(tmp_path / "file" / "below" / "file.sqlite")
    kept.keep(ENTRIES)

    assert kept.empty()
    assert kept.recall(("one",)) == {}


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [("/a/b", "/a/b/jobgate"), ("", "/home/me/.cache/jobgate"), ("a/b", "/home/me/.cache/jobgate")],
)
def test_folder(monkeypatch: pytest.MonkeyPatch, chosen: str, expected: str) -> None:
    """The folder is the user's own, or the one that is chosen by an absolute path."""
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("XDG_CACHE_HOME", chosen)

    assert cache.folder() == Path(expected)


def test_edition_is_stable() -> None:
    """The same jobgate with the same libraries is the same edition."""
    assert cache.edition() == cache.edition()
    assert cache.of("check").path.name == f"check-{cache.edition()[:32]}.sqlite"
