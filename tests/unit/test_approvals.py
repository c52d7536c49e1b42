"""Signed statements are filed under their job, and what is malformed there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runner import approvals
from runner.approvals import GitApprovals
from runner.errors import CheckError, RepositoryError
from runner.git.chain import Chain, Files
from runner.git.repository import Git
from runner.model import Signed
from tests import repos

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

JOB = "local/restart-nginx[zone=sh]"


def signed(statement: str, signature: str = "-----BEGIN SSH SIGNATURE-----\nA\n") -> Signed:
    """Return a statement whose signature nobody has looked at."""
    return Signed(statement=statement.encode(), signature=signature)


@pytest.fixture
def git(tmp_path: Path) -> Iterator[Git]:
    """Return an empty repository, opened."""
    with Git.open(repos.make(tmp_path / "repository")) as opened:
        yield opened


def test_what_was_added_is_found_under_its_job(git: Git) -> None:
    """Each statement is kept once, under its own job, in the same order for everyone."""
    kept = GitApprovals(git, None)
    assert kept.of(JOB) == ()
    one, two, other = signed('{"a":1}'), signed('{"a":1}', "another"), signed("ü")
    kept.add(JOB, one)
    kept.add(JOB, two)
    kept.add("local/other", other)
    tip = git.ref(approvals.REF)
    kept.add(JOB, one)
    assert git.ref(approvals.REF) == tip
    assert set(kept.of(JOB)) == {one, two}
    assert kept.of(JOB) == GitApprovals(git, None).of(JOB)
    assert kept.of("local/other") == (other,)
    assert kept.of("local/none") == ()


def test_another_clone_sees_them(git: Git, tmp_path: Path) -> None:
    """On a remote, what one clone adds the other finds, and both may add at once."""
    origin = repos.bare(tmp_path / "origin.git")
    repos.run(git.top, "remote", "add", "origin", origin.as_uri())
    here = GitApprovals(git, "origin")
    assert here.of(JOB) == ()
    with Git.open(repos.clone(origin, tmp_path / "clone")) as other:
        there = GitApprovals(other, "origin")
        there.add(JOB, signed("theirs"))
        here.add(JOB, signed("ours"))
        assert set(here.of(JOB)) == {signed("ours"), signed("theirs")}
        assert here.of(JOB) == GitApprovals(other, "origin").of(JOB)


def test_what_is_malformed_is_no_evidence(git: Git) -> None:
    """Files that are no signed statement, and those that are too large, are passed over."""
    kept = GitApprovals(git, None)
    good = signed("good")
    kept.add(JOB, good)
    folder = approvals._folder(JOB)
    odd: dict[str, bytes | None] = {
        f"{folder}/1.json": b"no json",
        f"{folder}/2.json": b'{"statement": "only"}',
        f"{folder}/3.json": b'{"statement": 1, "signature": "x"}',
        f"{folder}/4.json": b"[" * 60_000,
        f"{folder}/5.json": b'{"signature":"x","statement":"' + b"x" * approvals.LARGEST + b'"}',
        f"{folder}/deep/6.json": b"\xff",
        f"{folder}/7.json": b'{"signature":"not under its name","statement":"x"}',
        f"{folder}/8.json": b'{"signature":"\\ud800","statement":"x"}',
    }
    Chain(git, approvals.REF, None).append(lambda _: Files(files=odd, message="odd"))
    assert kept.of(JOB) == (good,)


def test_too_many_are_an_error(git: Git) -> None:
    """A job that was flooded with files is an error, not a wait without an end."""
    folder = approvals._folder(JOB)
    flood: dict[str, bytes | None] = {f"{folder}/{n}.json": b"x" for n in range(1001)}
    Chain(git, approvals.REF, None).append(lambda _: Files(files=flood, message="flood"))
    with pytest.raises(RepositoryError, match="there are more than 1000"):
        GitApprovals(git, None).of(JOB)


@pytest.mark.parametrize(
    "wrong",
    [
        Signed(statement=b"\xff", signature="x"),
        signed("x" * approvals.LARGEST),
        signed("x", "x" * approvals.LARGEST),
        signed("x", "\ud800"),
    ],
)
def test_what_could_not_be_read_is_not_added(git: Git, wrong: Signed) -> None:
    """A statement that is no text, or too large to be read again, is refused."""
    with pytest.raises(CheckError, match="cannot keep the approval"):
        GitApprovals(git, None).add(JOB, wrong)
    assert git.ref(approvals.REF) is None
