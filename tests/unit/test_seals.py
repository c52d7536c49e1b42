"""Commits of a chain are signed by whom the chain itself names, and the file of names is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runner import canon
from runner.errors import CheckError, RepositoryError
from runner.git import seals
from runner.git.chain import Chain, Files
from runner.git.gitwrite import NewCommit
from runner.git.repository import Git
from runner.git.seals import Nobody, Seals
from runner.outcomes import Signatures
from tests import repos

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runner.model import Commit, Signed

REF = "refs/heads/jobgate-journal"


class Stamp:
    """A signer whose signatures are as good as they are short: of several lines, like real ones."""

    def __init__(self, name: str | None) -> None:
        """Sign as `name`, or not at all."""
        self.name = name

    def key(self) -> str | None:
        """Return the name."""
        return self.name

    def sign(self, statement: bytes) -> str:
        """Return the name, and a hash of what is signed, in two lines."""
        return f"{self.name}\n{canon.sha256(statement)}\n"

    def verify(self, signed: Signed, keys: tuple[str, ...]) -> bool:
        """Tell whether one of `keys` made it."""
        return any(Stamp(key).sign(signed.statement) == signed.signature for key in keys)


@pytest.fixture
def git(tmp_path: Path) -> Iterator[Git]:
    """Return an empty repository, opened."""
    with Git.open(repos.make(tmp_path / "here")) as opened:
        yield opened


def add(git: Git, by: str | None, keys: tuple[str, ...], *, more: bytes | None = None) -> Commit:
    """Add a commit to the chain, signed by `by` where one of `keys` has to; with `more` as FILE."""
    files = {"lines": git.blob(b"").encode()} | ({} if more is None else {seals.FILE: more})
    seal = (lambda made: Seals(git, Stamp(by)).sealed(made, keys)) if keys else None
    added = Chain(git, REF, None).append(lambda _: Files(files=files, message="x", seal=seal))
    assert added is not None
    return added


def test_signatures_of_a_whole_chain(git: Git) -> None:
    """Each is held against the names in the commit before; the first against its own."""
    chain = [
        add(git, "ann", ("ann",), more=seals.content(("ann",), 0)),
        add(git, "ann", ("ann",), more=seals.content(("ben",), 1)),
        add(git, "ben", ("ben",)),
        add(git, "ben", ("ben",), more=seals.content((), 3)),
        add(git, None, ()),
    ]
    found = Seals(git, Stamp(None))
    for tip in chain:
        found.check(tip)
        Seals(git, Stamp(None)).check(tip)
    assert [found.keys(each) for each in chain] == [("ann",), ("ben",), ("ben",), (), ()]
    assert found.signatures(chain) == Signatures(due=4, bad=())
    assert Seals(git, Nobody()).signatures(chain) == Signatures(due=4, bad=tuple(chain[:4]))


@pytest.mark.parametrize("by", ["ben", "an"])
def test_a_commit_by_somebody_else(git: Git, by: str) -> None:
    """It is found at the tip, and below it where it changed the names; by all who look at all."""
    first = add(git, "ann", ("ann",), more=seals.content(("ann",), 0))
    second = add(git, by, (by,), more=seals.content((by,), 1))
    third = add(git, by, (by,))
    seen = Seals(git, Stamp(None))
    seen.check(first)
    for each in (seen, Seals(git, Stamp(None))):
        for tip in (second, third):
            with pytest.raises(RepositoryError, match=f"{second} is not signed|{tip} is not"):
                each.check(tip)
    assert seen.signatures([first, second, third]) == Signatures(due=3, bad=(second,))


def test_the_same_names_again_are_a_change_too() -> None:
    """Names that went and came back leave a trace each time."""
    assert seals.content(("ann",), 1) != seals.content(("ann",), 2)
    assert seals.content(("ann",), 1) == b'{"keys":["ann"],"seq":1}\n'


@pytest.mark.parametrize("content", [b"", b"{", b'{"keys":[7]}', b'{"keys":"ann"}', b"[" * 9999])
def test_a_file_that_names_nobody_in_particular(git: Git, content: bytes) -> None:
    """It is no reason to believe what is not signed."""
    made = add(git, None, (), more=content)
    with pytest.raises(RepositoryError, match=f"runners.json at {made} is malformed") as caught:
        Seals(git, Stamp(None)).check(made)
    assert caught.value.exit_code == 10


def test_a_folder_of_that_name(git: Git) -> None:
    """It is malformed too."""
    files = {f"{seals.FILE}/x": b""}
    made = git.commit_with(NewCommit(base=None, files=files, parents=(), message="x"))
    with pytest.raises(RepositoryError, match="is malformed"):
        Seals(git, Stamp(None)).check(made)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"\njobgate-signature ann", b"\njobgate-signature ben"),
        (b"jobgate-signature", b"jobgate-signaturf"),
        (b"\n\nx", b"\nencoding UTF-8\n\nx"),
        (b"\n\nx", b"\n\ny"),
        (b"\n\nx", b"\njobgate-signature ann\n\nx"),
    ],
)
def test_a_commit_that_was_altered(git: Git, old: bytes, new: bytes) -> None:
    """Neither its signature nor anything beside it can be another one."""
    made = add(git, "ann", ("ann",), more=seals.content(("ann",), 0))
    Seals(git, Stamp(None)).check(made)
    parts = git.objects.commit(made)
    text = b"\n".join(parts.headers) + b"\n\n" + parts.message
    assert text.count(old) == 1
    other = git.keep_commit(text.replace(old, new))
    with pytest.raises(RepositoryError, match=f"{other} is not signed"):
        Seals(git, Stamp(None)).check(other)


def test_who_may_sign(git: Git) -> None:
    """Where nobody has to, anyone may add; where somebody has to, only with their key."""
    Seals(git, Nobody()).able(())
    Seals(git, Stamp("ann")).able(("ben", "ann"))
    for signer, words in ((Nobody(), "no key was given"), (Stamp("an"), "does not name an…an")):
        with pytest.raises(RepositoryError, match=words) as caught:
            Seals(git, signer).able(("ann",))
        assert "--runner-key" in caught.value.mend
    with pytest.raises(CheckError):
        Nobody().sign(b"")


def test_a_clone_that_lacks_the_commit_before(git: Git, tmp_path: Path) -> None:
    """Who only reads may go on where no names are seen; whoever adds must know."""
    add(git, None, ())
    bare = add(git, None, ())
    folder = repos.clone(git.top, tmp_path / "bare", "--depth=1", "--branch=jobgate-journal")
    with Git.open(folder) as shallow:
        Seals(shallow, Stamp(None)).check(bare)
        with pytest.raises(RepositoryError, match="this clone lacks it"):
            Seals(shallow, Stamp(None), writes=True).check(bare)

    named = add(git, None, (), more=seals.content(("ann",), 2))
    folder = repos.clone(git.top, tmp_path / "named", "--depth=1", "--branch=jobgate-journal")
    with Git.open(folder) as shallow, pytest.raises(RepositoryError, match="lacks it"):
        Seals(shallow, Stamp(None)).check(named)
