"""Who changed what, and what comes from what: from the whole history, or not at all."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from runner.errors import RepositoryError
from runner.git.repository import Git
from runner.model import Commit
from tests import repos

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SPEC = "specs/a.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A repository with a straight history, oldest commit first."""

    folder: Path
    commits: tuple[Commit, ...]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Line:
    """Make four commits: two of the spec, by others, between two of another file by Ann."""
    folder = repos.make(tmp_path_factory.mktemp("line") / "repository")
    return Line(
        folder=folder,
        commits=(
            repos.commit(folder, {"other": "1", SPEC: "a: 1\n"}),
            repos.commit(folder, {SPEC: "a: 2\n"}, who="Eve <Eve@Example.org>", by=repos.BEN),
            repos.commit(folder, {SPEC: "a: 3\n"}, who="Cid <cid@example.org>"),
            repos.commit(folder, {"other": "2"}),
        ),
    )


@pytest.fixture
def line(made: Line, tmp_path: Path) -> Line:
    """Return a copy of those four commits."""
    folder = tmp_path / "repository"
    shutil.copytree(made.folder, folder)
    return Line(folder=folder, commits=made.commits)


@pytest.fixture
def git(line: Line) -> Iterator[Git]:
    """Return that repository, opened."""
    with Git.open(line.folder) as opened:
        yield opened


def test_descent_is_told_either_way(line: Line, git: Git) -> None:
    """A commit descends from itself and from those before it, and from no other."""
    first, second, *_, last = line.commits
    assert git.descends(last, first)
    assert git.descends(first, first)
    assert not git.descends(first, second)


def test_merge_bases_are_found(line: Line, git: Git) -> None:
    """The best common ancestor of two lines is their fork; strangers have none."""
    repos.run(line.folder, "switch", "--quiet", "--create", "side", line.commits[1])
    side = repos.commit(line.folder, {"side": "x"})
    assert git.merge_base(side, line.commits[3]) == line.commits[1]
    stranger = Commit(repos.run(line.folder, "commit-tree", "HEAD^{tree}", "-m", "stranger"))
    assert git.merge_base(stranger, side) is None


def test_authors_and_committers_count(line: Line, git: Git) -> None:
    """Whoever wrote or committed a change of the file since then counts, in lower case."""
    first, second, _, last = line.commits
    everyone = {"ann@example.org", "ben@example.org", "cid@example.org", "eve@example.org"}
    assert git.touched_by(first, last, (SPEC,)) == everyone - {"ann@example.org"}
    assert git.touched_by(second, last, (SPEC,)) == {"cid@example.org"}
    assert git.touched_by(None, last, (SPEC,)) == everyone
    assert git.touched_by(None, last, (SPEC, "other")) == everyone
    assert git.touched_by(last, last, (SPEC, "other")) == frozenset()
    assert git.touched_by(None, last, ()) == frozenset()


@pytest.mark.parametrize("path", ["specs/*.yaml", ":(glob)**", "a.yaml", "SPECS/A.YAML"])
def test_paths_are_taken_literally(line: Line, git: Git, path: str) -> None:
    """No character of a path is a pattern."""
    assert git.touched_by(None, line.commits[3], (path,)) == frozenset()


@pytest.mark.parametrize(
    ("message", "extra"),
    [
        ("x\n\nCo-authored-by: Dee <Dee@Example.org>", {"dee@example.org"}),
        ("x\n\nCO-AUTHORED-BY : Dee <dee@example.org>\r\n\r\nmore", {"dee@example.org"}),
        ("x\n\nco-authored-by: Dee\n  <dee@example.org>", {"dee@example.org"}),
        ("x\n\nCo-authored-by: dee@example.org, Fay <fay@x>", {"dee@example.org", "fay@x"}),
        ("x\n\nCo-authored-by: A <a@x>\nCo-authored-by: B <b@x>\n", {"a@x", "b@x"}),
        ("x\n\nReviewed-by: Dee <dee@example.org>", set()),
    ],
)
def test_co_authors_count(line: Line, git: Git, message: str, extra: set[str]) -> None:
    """Whoever a commit names as its co-author counts, however the trailer is written."""
    before = line.commits[3]
    after = repos.commit(line.folder, {SPEC: message}, message)
    assert git.touched_by(before, after, (SPEC,)) == {"ann@example.org"} | extra


def test_a_merge_does_not_make_its_maker_an_author(line: Line, git: Git) -> None:
    """Who merges two lines, each with its own files, changed neither."""
    repos.run(line.folder, "switch", "--quiet", "--create", "side", line.commits[0])
    repos.commit(line.folder, {"specs/b.yaml": "b"}, who=repos.BEN)
    repos.run(line.folder, "merge", "--quiet", "-m", "merge", "main", who="Gus <gus@example.org>")
    merged = repos.head(line.folder)
    found = git.touched_by(line.commits[0], merged, (SPEC, "specs/b.yaml"))
    assert found == {"ben@example.org", "cid@example.org", "eve@example.org"}


def test_a_merge_that_changes_something_does(line: Line, git: Git) -> None:
    """Who puts into a merge what neither side has changed the file."""
    repos.run(line.folder, "switch", "--quiet", "--create", "side", line.commits[0])
    repos.commit(line.folder, {"b": "b"}, who=repos.BEN)
    repos.run(line.folder, "merge", "--quiet", "--no-commit", "main")
    merged = repos.commit(line.folder, {SPEC: "evil\n"}, who="Gus <gus@example.org>")
    assert len(git.objects.commit(merged).parents) == 2
    assert "gus@example.org" in git.touched_by(line.commits[3], merged, (SPEC,))


def test_an_undone_side_branch_counts(line: Line, git: Git) -> None:
    """A change that was undone before its branch was merged still has an author."""
    repos.run(line.folder, "switch", "--quiet", "--create", "side", line.commits[3])
    repos.commit(line.folder, {SPEC: "changed\n"}, who="Hal <hal@example.org>")
    repos.commit(line.folder, {SPEC: "a: 3\n"}, who="Hal <hal@example.org>")
    repos.run(line.folder, "switch", "--quiet", "main")
    repos.run(line.folder, "merge", "--quiet", "--no-ff", "-m", "merge", "side")
    found = git.touched_by(line.commits[3], repos.head(line.folder), (SPEC,))
    assert found == {"hal@example.org"}


def test_another_line_counts_from_the_fork(line: Line, git: Git) -> None:
    """Where `since` is no ancestor, what only the head has is looked at."""
    repos.run(line.folder, "switch", "--quiet", "--create", "side", line.commits[0])
    side = repos.commit(line.folder, {SPEC: "side\n"}, who="Ida <ida@example.org>")
    assert git.touched_by(line.commits[3], side, (SPEC,)) == {"ida@example.org"}


@pytest.mark.parametrize("author", ["", "author nobody at all\n"])
def test_a_malformed_author_is_an_error(line: Line, git: Git, author: str) -> None:
    """A commit that does not tell who made it is not taken for nobody's."""
    tree = repos.run(line.folder, "rev-parse", "HEAD^{tree}")
    content = f"tree {tree}\n{author}committer B <b@x> 1 +0000\n\nx\n"
    options = ("hash-object", "-w", "-t", "commit", "--literally", "--stdin")
    odd = Commit(repos.run(line.folder, *options, stdin=content.encode()))
    with pytest.raises(RepositoryError, match="its author or committer is malformed"):
        git.touched_by(None, odd, (SPEC,))


def test_what_is_no_commit_here_is_an_error(line: Line, git: Git) -> None:
    """A commit that this clone lacks, or an option, is an error to every question."""
    lost, last = Commit("1" * 40), line.commits[3]
    for wrong in (lost, Commit("--all"), Commit("main")):
        with pytest.raises(RepositoryError, match="cannot"):
            git.descends(last, wrong)
        with pytest.raises(RepositoryError, match="cannot"):
            git.merge_base(wrong, last)
        with pytest.raises(RepositoryError, match="cannot"):
            git.touched_by(wrong, last, (SPEC,))


def test_a_hole_in_the_history_is_an_error(line: Line, git: Git) -> None:
    """Where a commit is missing in the middle, no question is answered past it."""
    first, second, _, last = line.commits
    repos.loose(line.folder, second).unlink()
    stranger = Commit(repos.run(line.folder, "commit-tree", f"{first}^{{tree}}", "-m", "x"))
    for ask in (
        lambda: git.descends(last, stranger),
        lambda: git.merge_base(last, stranger),
        lambda: git.touched_by(None, last, (SPEC,)),
    ):
        with pytest.raises(RepositoryError, match=r"cannot (compare|find|walk)") as caught:
            ask()
        assert caught.value.mend == "run `git fsck`"


def test_who_made_a_commit_is_found_in_time(line: Line, git: Git) -> None:
    """Neither a long trailer nor a name full of brackets takes more than a moment."""
    repos.commit(line.folder, {SPEC: "long"})
    tree = repos.run(line.folder, "rev-parse", "HEAD^{tree}")
    who = f"{'<' * 60_000} <ann@example.org> 1 +0000"
    raw = (
        f"tree {tree}\nparent {line.commits[3]}\nauthor {who}\ncommitter {who}\n\n"
        f"x\n\nCo-authored-by: {'a' * 60_000} <dee@example.org>\n"
    )
    words = ("hash-object", "-t", "commit", "-w", "--stdin", "--literally")
    after = Commit(repos.run(line.folder, *words, stdin=raw.encode()))
    begun = time.monotonic()

    found = git.touched_by(line.commits[3], after, (SPEC,))

    assert "dee@example.org" in found
    assert time.monotonic() - begun < 5


@pytest.fixture
def shallow(line: Line, tmp_path: Path) -> Iterator[Git]:
    """Return a clone of that repository which holds its last two commits alone."""
    with Git.open(repos.clone(line.folder, tmp_path / "shallow", "--depth=2")) as opened:
        yield opened


def test_a_shallow_clone_tells_what_it_can(line: Line, shallow: Git) -> None:
    """What lies within the clone's depth is answered as in a whole clone."""
    *_, third, last = line.commits
    assert shallow.descends(last, third)
    assert shallow.merge_base(last, third) == third
    assert shallow.touched_by(third, last, (SPEC, "other")) == {"ann@example.org"}


def test_a_shallow_clone_tells_nothing_else(line: Line, shallow: Git) -> None:
    """What the hidden commits could change is an error that says how to get them."""
    first, _, third, last = line.commits
    orphan = Commit(repos.run(shallow.top, "commit-tree", "HEAD^{tree}", "-m", "orphan", stdin=b""))
    for ask in (
        lambda: shallow.descends(last, first),
        lambda: shallow.descends(last, orphan),
        lambda: shallow.merge_base(last, orphan),
        lambda: shallow.touched_by(None, last, (SPEC,)),
        lambda: shallow.touched_by(None, third, ()),
        lambda: shallow.touched_by(first, last, (SPEC,)),
        lambda: shallow.touched_by(orphan, last, (SPEC,)),
    ):
        with pytest.raises(RepositoryError) as caught:
            ask()
        assert "git fetch --unshallow" in caught.value.mend
        assert caught.value.exit_code == 10


def test_a_branch_from_before_is_not_guessed_at(line: Line, shallow: Git) -> None:
    """A merged line that does not come from `since` needs the whole history of `since`."""
    third = line.commits[2]
    orphan = repos.run(shallow.top, "commit-tree", "HEAD^{tree}", "-m", "orphan")
    merged = Commit(
        repos.run(
            shallow.top, "commit-tree", "HEAD^{tree}", "-p", "HEAD", "-p", orphan, "-m", "merge"
        )
    )
    with pytest.raises(RepositoryError, match="this clone is shallow"):
        shallow.touched_by(third, merged, (SPEC,))


def test_an_unshallowed_clone_tells_all(line: Line, shallow: Git) -> None:
    """After `git fetch --unshallow`, the mend, every answer is that of the whole."""
    repos.run(shallow.top, "fetch", "--quiet", "--unshallow")
    first, _, _, last = line.commits
    assert shallow.descends(last, first)
    assert len(shallow.touched_by(None, last, (SPEC,))) == 4
