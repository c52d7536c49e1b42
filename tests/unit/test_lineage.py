"""Lines of commits as reviews need them: what a pull request is of, and where it branched off."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from runner.errors import RepositoryError
from runner.git.repository import Git
from runner.lineage import REF, GitLineage
from runner.model import Commit
from tests import repos

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SPEC = "specs/a.yaml"
AT = "2026-05-01T12:00:00Z"


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a repository with two commits on main, and one more on a topic."""
    folder = repos.make(tmp_path_factory.mktemp("lines") / "repository")
    repos.commit(folder, {SPEC: "a: 1\n", "b": "1"})
    repos.run(folder, "switch", "--quiet", "--create", "topic")
    repos.commit(folder, {SPEC: "a: 2\n"}, who="Eve <eve@example.org>", by=repos.BEN)
    repos.run(folder, "switch", "--quiet", "main")
    repos.commit(folder, {"b": "2"})
    return folder


@pytest.fixture
def folder(begun: Path, tmp_path: Path) -> Path:
    """Return a copy of it."""
    shutil.copytree(begun, tmp_path / "repository")
    return tmp_path / "repository"


@pytest.fixture
def git(folder: Path) -> Iterator[Git]:
    """Return that repository, opened."""
    with Git.open(folder) as opened:
        yield opened


@pytest.fixture
def lines(git: Git) -> GitLineage:
    """Return its lines of commits, with a ledger that is kept here."""
    return GitLineage(git, None)


def merged(folder: Path, branch: str = "topic", *, into: str = "main", ours: str = "") -> Commit:
    """Merge a branch by a merge commit."""
    repos.run(folder, "switch", "--quiet", into)
    repos.run(folder, "merge", "--quiet", "--no-ff", "-m", ours or "merge", branch)
    return repos.head(folder)


# ---------------------------------------------------------------- before


def test_a_branch_is_itself_before_what_never_came_in(folder: Path, lines: GitLineage) -> None:
    """What is not in a branch's history came in at no time."""
    main, topic = repos.head(folder, "main"), repos.head(folder, "topic")
    assert lines.before(main, topic) == main


def test_before_a_merge_stands_its_first_parent(folder: Path, lines: GitLineage) -> None:
    """Whatever was added since, a merged line came in with its merge."""
    main, topic = repos.head(folder, "main"), repos.head(folder, "topic")
    first = merged(folder)
    later = repos.commit(folder, {"b": "3"})
    assert lines.before(first, topic) == main
    assert lines.before(later, topic) == main


def test_a_line_that_was_updated_first_came_in_with_its_own_merge(
    folder: Path, lines: GitLineage
) -> None:
    """That the branch was merged into it before is no coming in."""
    main = repos.head(folder, "main")
    merged(folder, "main", into="topic")
    topic = repos.commit(folder, {"c": "1"})
    merged(folder)
    assert lines.before(repos.head(folder, "main"), topic) == main


def test_what_another_merge_brought_in_came_in_with_that(folder: Path, lines: GitLineage) -> None:
    """Of two merges the one counts that had the commit first."""
    main, topic = repos.head(folder, "main"), repos.head(folder, "topic")
    repos.run(folder, "switch", "--quiet", "--create", "stacked", "topic")
    repos.commit(folder, {"c": "1"})
    merged(folder, "stacked")
    repos.run(folder, "switch", "--quiet", "topic")
    repos.commit(folder, {"d": "1"})
    merged(folder)
    assert lines.before(repos.head(folder, "main"), topic) == main


def test_a_step_of_the_branch_came_in_by_itself(folder: Path, lines: GitLineage) -> None:
    """Before a commit of the branch's own line stands the one before; before the first nothing."""
    main = repos.head(folder, "main")
    root = repos.head(folder, "main~1")
    assert lines.before(main, main) == root
    assert lines.before(merged(folder), main) == root
    assert lines.before(main, root) is None
    assert lines.before(root, root) is None


# ---------------------------------------------------------------- steps of a branch


def test_a_merge_is_one_step(folder: Path, lines: GitLineage) -> None:
    """Of a branch's line the merge is shown, with what stood before it, and nothing behind it."""
    main = repos.head(folder, "main")
    root = repos.head(folder, "main~1")
    merge = merged(folder)
    last = repos.commit(folder, {SPEC: "a: 3\n"})
    assert [*lines.line(None, last, (SPEC,))] == [(last, merge), (merge, main), (root, None)]
    assert [*lines.line(root, last, (SPEC,))] == [(last, merge), (merge, main)]
    assert [*lines.line(root, last, ("b",))] == [(main, root)]
    assert [*lines.line(root, last, ())] == []


def test_the_commits_of_a_merge_are_told_with_the_newest_first(
    folder: Path, lines: GitLineage
) -> None:
    """Where commits are asked for, those behind a merge are among them, and the merge is not."""
    root, topic = repos.head(folder, "main~1"), repos.head(folder, "topic")
    merged(folder)
    last = repos.commit(folder, {SPEC: "a: 3\n"})
    assert lines.commits(root, last, (SPEC,)) == (last, topic)
    assert lines.commits(root, last, ("nothing",)) == ()


def test_authors_are_makers_who_did_not_only_commit(folder: Path, lines: GitLineage) -> None:
    """Who committed what somebody else wrote is a maker and no author; a co-author is both."""
    root, topic = repos.head(folder, "main~1"), repos.head(folder, "topic")
    assert lines.makers(root, topic, (SPEC,)) == {"eve@example.org", "ben@example.org"}
    assert lines.authors([topic]) == {"eve@example.org"}
    said = "x\n\nCo-authored-by: Dee <dee@example.org>"
    repos.run(folder, "switch", "--quiet", "topic")
    more = repos.commit(folder, {SPEC: "a: 9\n"}, said, by=repos.BEN)
    assert lines.authors([more]) == {"ann@example.org", "dee@example.org"}
    assert lines.authors([]) == frozenset()


# ---------------------------------------------------------------- bases


def test_lines_that_were_merged_crosswise_have_two_bases(folder: Path, lines: GitLineage) -> None:
    """Every best common ancestor is told, and none where there is no common history."""
    main, topic = repos.head(folder, "main"), repos.head(folder, "topic")
    left = merged(folder)
    repos.run(folder, "switch", "--quiet", "topic")
    repos.run(folder, "merge", "--quiet", "--no-ff", "-m", "cross", main)
    right = repos.head(folder)
    assert set(lines.merge_bases(left, right)) == {main, topic}
    assert lines.merge_bases(main, topic) == (repos.head(folder, f"{main}~1"),)
    orphan = Commit(repos.run(folder, "commit-tree", "HEAD^{tree}", "-m", "stranger"))
    assert lines.merge_bases(orphan, main) == ()


def test_a_shallow_clone_guesses_at_nothing(folder: Path, tmp_path: Path) -> None:
    """Where the hidden commits could change an answer there is none."""
    merge = merged(folder)
    with Git.open(repos.clone(folder, tmp_path / "shallow", "--depth=1")) as git:
        lines = GitLineage(git, "origin")
        orphan = Commit(repos.run(git.top, "commit-tree", "HEAD^{tree}", "-m", "x"))
        for ask in (
            lambda: lines.merge_bases(merge, orphan),
            lambda: lines.before(merge, orphan),
            lambda: lines.commits(None, merge, (SPEC,)),
            lambda: lines.makers(None, merge, (SPEC,)),
        ):
            with pytest.raises(RepositoryError) as caught:
                ask()
            assert "git fetch --unshallow" in caught.value.mend


# ---------------------------------------------------------------- pull requests, and evidence


def test_heads_of_pull_requests_are_fetched(folder: Path, tmp_path: Path) -> None:
    """The newest commit is that of the remote's ref, also after a force-push, if there is one."""
    topic = repos.head(folder, "topic")
    origin = repos.bare(tmp_path / "origin")
    repos.run(folder, "remote", "add", "origin", str(origin))
    repos.run(folder, "push", "--quiet", "origin", "main", f"{topic}:refs/pull/7/head")
    repos.run(folder, "push", "--quiet", "origin", "main:refs/pull/12/head")
    with Git.open(repos.clone(origin, tmp_path / "clone")) as git:
        lines = GitLineage(git, "origin")
        assert not lines.has(topic)
        main = repos.head(folder, "main")
        assert lines.pulled([7, 8, 12]) == {7: topic, 12: main}
        assert lines.has(topic)
        assert lines.pulled([]) == {}
        repos.run(folder, "push", "--quiet", "--force", "origin", "main:refs/pull/7/head")
        assert lines.pulled([7]) == {7: main}


def test_heads_are_those_of_this_repository_where_the_ledger_is(
    folder: Path, lines: GitLineage
) -> None:
    """With a ledger that is kept here, nobody else is asked for them."""
    topic = repos.head(folder, "topic")
    repos.run(folder, "update-ref", "refs/pull/7/head", topic)
    assert lines.pulled([7, 8]) == {7: topic}


def test_what_was_reviewed_outlives_its_branch(folder: Path, lines: GitLineage) -> None:
    """Each commit that is to be kept hangs on the ref, once, whatever becomes of its branch."""
    topic = repos.head(folder, "topic")
    assert lines.tip() is None
    first = lines.keep([topic, topic], AT)
    assert lines.tip() == first
    assert lines.holds(first, topic)
    assert lines.keep([topic], AT) == first
    repos.run(folder, "switch", "--quiet", "main")
    repos.run(folder, "branch", "--quiet", "-D", "topic")
    repos.run(folder, "reflog", "expire", "--expire=now", "--all")
    repos.run(folder, "gc", "--quiet", "--prune=now")
    assert lines.has(topic)
    main = repos.head(folder, "main")
    second = lines.keep([topic, main], AT)
    assert repos.run(folder, "log", "-1", "--format=%P", REF) == f"{first} {main}"
    assert not lines.holds(first, main)
    assert lines.holds(second, main)
    assert lines.holds(second, topic)


def test_two_who_keep_at_once_keep_both(folder: Path, tmp_path: Path) -> None:
    """On a remote each adds to what the other has kept meanwhile; a fresh clone has it all."""
    topic, main = repos.head(folder, "topic"), repos.head(folder, "main")
    origin = repos.bare(tmp_path / "origin")
    repos.run(folder, "remote", "add", "origin", str(origin))
    repos.run(folder, "push", "--quiet", "origin", "main", "topic")
    clones = [repos.clone(origin, tmp_path / name) for name in ("one", "two")]
    with Git.open(clones[0]) as one, Git.open(clones[1]) as two:
        GitLineage(one, "origin").keep([topic], AT)
        GitLineage(two, "origin").keep([main], AT)
    repos.run(origin, "update-ref", "-d", "refs/heads/topic")
    with Git.open(repos.clone(origin, tmp_path / "auditor")) as fresh:
        lines = GitLineage(fresh, "origin")
        tip = lines.tip()
        assert tip is not None
        assert lines.holds(tip, topic)
        assert lines.holds(tip, main)
