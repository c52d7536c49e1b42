"""Signed statements are filed under their job, and what is malformed there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runner import approvals
from runner.approvals import GitApprovals
from runner.errors import CheckError, RepositoryError
from runner.git.chain import Chain, Files
from runner.git.repository import Git
from runner.model import Commit, Signed
from tests import repos

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

JOB = "local/restart-nginx[zone=sh]"


def kept_of(kept: GitApprovals, job: str) -> tuple[Signed, ...]:
    """Return what is kept under a job at the newest tip."""
    return kept.of(job, kept.tip(None))


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
    assert kept_of(kept, JOB) == ()
    one, two, other = signed('{"a":1}'), signed('{"a":1}', "another"), signed("ü")
    kept.add(JOB, one)
    kept.add(JOB, two)
    kept.add("local/other", other)
    tip = git.ref(approvals.REF)
    kept.add(JOB, one)
    assert git.ref(approvals.REF) == tip
    assert set(kept_of(kept, JOB)) == {one, two}
    assert kept_of(kept, JOB) == kept_of(GitApprovals(git, None), JOB)
    assert kept_of(kept, "local/other") == (other,)
    assert kept_of(kept, "local/none") == ()


def test_another_clone_sees_them(git: Git, tmp_path: Path) -> None:
    """On a remote, what one clone adds the other finds, and both may add at once."""
    origin = repos.bare(tmp_path / "origin.git")
    repos.run(git.top, "remote", "add", "origin", origin.as_uri())
    here = GitApprovals(git, "origin")
    assert kept_of(here, JOB) == ()
    with Git.open(repos.clone(origin, tmp_path / "clone")) as other:
        there = GitApprovals(other, "origin")
        there.add(JOB, signed("theirs"))
        here.add(JOB, signed("ours"))
        assert set(kept_of(here, JOB)) == {signed("ours"), signed("theirs")}
        assert kept_of(here, JOB) == kept_of(GitApprovals(other, "origin"), JOB)


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
    assert kept_of(kept, JOB) == (good,)


def test_too_many_are_an_error(git: Git) -> None:
    """A job that was flooded with files is an error, not a wait without an end."""
    folder = approvals._folder(JOB)
    flood: dict[str, bytes | None] = {f"{folder}/{n}.json": b"x" for n in range(1001)}
    Chain(git, approvals.REF, None).append(lambda _: Files(files=flood, message="flood"))
    with pytest.raises(RepositoryError, match="there are more than 1000"):
        kept_of(GitApprovals(git, None), JOB)


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


# ---------------------------------------------------------------- the tip that the journal names


def tips(kept: GitApprovals, git: Git, *statements: str) -> list[Commit]:
    """Add statements, and return the tip after each."""
    found = []
    for each in statements:
        kept.add(JOB, signed(each))
        tip = git.ref(approvals.REF)
        assert tip is not None
        found.append(tip)
    return found


def test_a_tip_goes_on_from_those_before_it(git: Git) -> None:
    """From itself, from earlier ones, and from none; never from a later one, or from nothing."""
    kept = GitApprovals(git, None)
    assert kept.tip(None) is None
    one, two = tips(kept, git, "one", "two")

    assert kept.tip(None) == kept.tip(one) == kept.tip(two) == two
    assert [kept.goes_on(two, each) for each in (None, one, two)] == [True, True, True]
    assert [kept.goes_on(one, each) for each in (None, one, two)] == [True, True, False]
    assert [kept.goes_on(None, each) for each in (None, one)] == [True, False]
    assert kept.of(JOB, one) == (signed("one"),)
    assert set(kept.all(two)) == {signed("one"), signed("two")}
    assert kept.all(None) == ()


def test_a_tip_that_was_set_back_is_refused(git: Git) -> None:
    """By whoever asks with the later one; a commit that is nowhere is no ancestor either."""
    one, two = tips(GitApprovals(git, None), git, "one", "two")
    nowhere = Commit("12" * 20)
    assert GitApprovals(git, None).tip(two) == two
    with pytest.raises(RepositoryError, match="rolled back or removed"):
        GitApprovals(git, None).tip(nowhere)
    forget(git)
    repos.run(git.top, "update-ref", approvals.REF, one)
    with pytest.raises(RepositoryError, match=f"{two}, and it is now at {one}") as caught:
        GitApprovals(git, None).tip(two)
    assert caught.value.mend.endswith(f"`git push . {two}:{approvals.REF}`")
    forget(git)
    repos.run(git.top, "update-ref", "-d", approvals.REF)
    with pytest.raises(RepositoryError, match="it is now gone"):
        GitApprovals(git, None).tip(two)
    assert GitApprovals(git, None).tip(None) is None


def test_what_was_fetched_just_before_is_fetched_again(git: Git) -> None:
    """Whoever has judged by a newer tip than we hold has seen more, and we look again."""
    kept, other = GitApprovals(git, None), GitApprovals(git, None)
    [one] = tips(other, git, "one")
    assert kept.tip(None) == one
    [two] = tips(other, git, "two")

    assert kept.tip(two) == two


def test_what_is_taken_out_again_is_refused(git: Git) -> None:
    """After the tip in the journal, or ever where it names none; what lies before it is past."""
    kept = GitApprovals(git, None)
    one, two = tips(kept, git, "one", "two")
    name = f"{approvals._folder(JOB)}/{approvals._name(signed('one'))}"
    out: dict[str, bytes | None] = {name: None}
    Chain(git, approvals.REF, None).append(lambda _: Files(files=out, message="approve"))
    last = git.ref(approvals.REF)
    assert last is not None

    for since in (None, one, two):
        with pytest.raises(RepositoryError, match=f"{last} took out or altered"):
            GitApprovals(git, None).tip(since)
    assert GitApprovals(git, None).tip(last) == last


def forget(git: Git) -> None:
    """Forget which tips this clone has seen."""
    for ref in git.refs("refs/jobgate/seen"):
        repos.run(git.top, "update-ref", "-d", ref)
