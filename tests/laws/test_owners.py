"""Laws of CODEOWNERS: what holds for whatever lines there are."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner import owners
from runner.canon import sha256
from runner.model import Blob, Oid
from runner.terms import Owned

pytestmark = pytest.mark.laws

NAMES = st.text("ab*?.", min_size=1, max_size=3) | st.just("**")
PATTERNS = st.builds(
    "{}{}{}".format,
    st.sampled_from(["", "/"]),
    st.lists(NAMES, min_size=1, max_size=4).map("/".join),
    st.sampled_from(["", "/"]),
)
PATHS = st.lists(st.text("ab", min_size=1, max_size=2), min_size=1, max_size=4).map("/".join)
OWNERS = st.lists(st.sampled_from(["@one", "@acme/two", "ann@example.org"]), max_size=2)
LINES = st.lists(
    st.builds(Owned, pattern=PATTERNS, owners=OWNERS.map(tuple)), min_size=1, max_size=5
).map(tuple)


def blob(text: str) -> Blob:
    """Return a file with this text."""
    content = text.encode("utf-8", "surrogatepass")
    return Blob(path="CODEOWNERS", oid=Oid("0" * 40), sha256=sha256(content), content=content)


@given(LINES, PATHS)
def test_the_last_line_that_matches_holds(lines: tuple[Owned, ...], path: str) -> None:
    """Of several lines that match by themselves, the last says who owns a file, or that none do."""
    alone = [
        line for line in lines if owners.of((Owned(pattern=line.pattern, owners=("@x",)),), path)
    ]

    assert owners.of(lines, path) == (alone[-1].owners or None if alone else None)


@given(PATTERNS, PATHS, PATHS)
def test_what_is_below_a_folder_is_its_owners(pattern: str, path: str, below: str) -> None:
    """Whoever owns a path owns what is below it, too, but for a last star."""
    line = (Owned(pattern=pattern, owners=("@one",)),)

    if owners.of(line, path) and not pattern.endswith("/*"):
        assert owners.of(line, f"{path}/{below}")


@given(PATTERNS, PATHS)
def test_a_pattern_with_a_slash_at_its_end_is_of_folders(pattern: str, path: str) -> None:
    """A slash at the end never makes a pattern match more, but what is below a last star."""
    folder = (Owned(pattern=f"{pattern.rstrip('/')}/", owners=("@one",)),)
    both = (Owned(pattern=pattern.rstrip("/"), owners=("@one",)),)

    if owners.of(folder, path) and not pattern.rstrip("/").endswith("/*"):
        assert owners.of(both, path)


@given(LINES)
def test_what_is_written_is_read(lines: tuple[Owned, ...]) -> None:
    """Each line stands in the file as it is read, with its number; or it is a finding there."""
    text = "".join(f"{line.pattern} {' '.join(line.owners)}\n" for line in lines)
    read = owners.read(blob(text))

    assert read.value is not None
    refused = {each.place.span.line for each in read.findings}
    assert read.value == tuple(
        line for number, line in enumerate(lines, 1) if number not in refused
    )
    assert refused.isdisjoint(line.line for line in read.value)


@given(st.text(max_size=60) | st.text("ab/*@#![]\\ \t\n\r", max_size=60))
@settings(max_examples=200)
def test_nothing_breaks_the_reader(text: str) -> None:
    """Whatever stands in the file is read or found, line by line."""
    read = owners.read(blob(text))

    said = {each.place.span.line for each in read.findings}
    for line in read.value or ():
        assert line.line not in said
        assert owners.of((line,), "a/b") in {None, line.owners}
