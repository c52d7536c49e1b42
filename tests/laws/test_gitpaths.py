"""Laws of what may be read from a tree, whatever its names are and whatever is asked for."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.git import gitcall, gitpaths
from runner.git.gitpaths import Kind

pytestmark = pytest.mark.laws

NAMES = ["a", "A", "b", "ß", "ss", "é", "e\u0301", ".", "..", "a\\", "\u200b"]
# No tree has an empty name: such an object is malformed.
HELD = st.lists(st.sampled_from(NAMES), min_size=1, max_size=4).map("/".join)
ASKED = HELD | st.lists(st.sampled_from([*NAMES, ""]), max_size=4).map("/".join)
LEAVES = st.sampled_from([Kind.FILE, Kind.SYMLINK, Kind.SUBMODULE, Kind.OTHER])
TREES = st.dictionaries(HELD, LEAVES, max_size=8)


def folders(leaves: dict[str, Kind]) -> gitpaths.Folders:
    """Return the tree that holds those leaves and the folders above them."""
    kinds: dict[str, dict[str, Kind]] = {}
    for path, kind in leaves.items():
        parts = path.split("/")
        for number, part in enumerate(parts):
            held = kinds.setdefault("/".join(parts[:number]), {})
            held[part] = kind if number == len(parts) - 1 else Kind.FOLDER
    return lambda path: gitpaths.folder(kinds.get(path, {}))


@settings(max_examples=150)
@given(leaves=TREES, path=ASKED | st.text(max_size=8))
def test_only_plain_files_are_let_through(leaves: dict[str, Kind], path: str) -> None:
    """What is not refused is a regular file with plain parts, each alone under its name."""
    seen = folders(leaves)
    refused = gitpaths.refusal(path, seen)
    if refused is None:
        assert path in set(gitpaths.below("", seen))
        assert leaves[path] is Kind.FILE
        assert not {"", ".", ".."} & set(path.split("/"))
    else:
        assert refused.path == path
        assert refused.mend


@settings(max_examples=100)
@given(leaves=TREES)
def test_no_two_files_that_a_disk_could_confuse_are_both_let_through(
    leaves: dict[str, Kind],
) -> None:
    """Of paths that are equal after case folding, at most one may be read."""
    seen = folders(leaves)
    passed = [path for path in leaves if gitpaths.refusal(path, seen) is None]
    assert len({path.casefold() for path in passed}) == len(passed)


@settings(max_examples=100)
@given(words=st.binary(max_size=60) | st.text(max_size=40).map(str.encode))
def test_what_is_shown_is_one_harmless_line(words: bytes) -> None:
    """Whatever a remote says, what is shown of it has no line break and no control character."""
    shown = gitcall.clean(words)
    assert not any(ord(letter) < 32 or letter in "\x7f\u2028\u202e" for letter in shown)
