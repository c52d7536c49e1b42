"""A repository is opened, names commits and refs, and takes new ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runner.errors import RepositoryError
from runner.git.gitwrite import NewCommit
from runner.git.repository import Git, full_ref
from runner.model import Blob, Commit, Oid
from tests import repos

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a repository with one commit."""
    folder = repos.make(tmp_path / "repository")
    repos.commit(folder, {"specs/a.yaml": "a: 1\n"})
    return folder


@pytest.fixture
def git(repository: Path) -> Iterator[Git]:
    """Return that repository, opened."""
    with Git.open(repository) as opened:
        yield opened


def test_a_folder_within_opens_the_whole(repository: Path) -> None:
    """Whichever folder of the working tree is given, the repository is opened at its top."""
    with Git.open(repository / "specs") as git:
        assert git.top == repository.resolve()


@pytest.mark.parametrize("kind", ["no folder", "no repository", "a bare repository"])
def test_what_is_no_working_tree_is_refused(tmp_path: Path, kind: str) -> None:
    """A folder that is missing, that is no repository, or that has no files is an error."""
    folder = tmp_path / "folder"
    if kind == "no repository":
        folder.mkdir()
    elif kind == "a bare repository":
        repos.bare(folder)
    with pytest.raises(RepositoryError, match="cannot open") as caught:
        Git.open(folder)
    assert caught.value.exit_code == 10
    assert caught.value.mend


def test_a_path_with_a_line_break_is_refused(tmp_path: Path) -> None:
    """A repository whose path cannot be told from two is refused."""
    with pytest.raises(RepositoryError, match="holds a line break"):
        Git.open(repos.make(tmp_path / "two\nlines"))


def test_grafts_are_refused(repository: Path) -> None:
    """A repository whose history is overlaid by grafts is not opened."""
    second = repos.commit(repository, {"b": "b"})
    repos.write(repository, {".git/info/grafts": f"{second}\n"})
    with pytest.raises(RepositoryError, match="grafts are in force") as caught:
        Git.open(repository)
    assert "grafts" in caught.value.mend


def test_grafts_that_come_later_change_nothing(repository: Path, git: Git) -> None:
    """Grafts written after the opening do not cut the history either."""
    first = repos.head(repository)
    second = repos.commit(repository, {"b": "b"})
    repos.write(repository, {".git/info/grafts": f"{second}\n"})
    assert git.descends(second, first)


def test_the_environment_cannot_point_elsewhere(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GIT_DIR and its like do not change which repository is read."""
    other = repos.make(tmp_path / "other")
    repos.commit(other, {"other": "other\n"})
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(other / ".git" / "objects"))
    with Git.open(repository) as git:
        assert git.commit("HEAD") == repos.head(repository)


@pytest.mark.parametrize("revision", ["HEAD", "main", "refs/heads/main", "HEAD^0", "@"])
def test_revisions_name_commits(repository: Path, git: Git, revision: str) -> None:
    """A revision by any of its names is the same commit, and an annotated tag is what it tags."""
    assert git.commit(revision) == repos.head(repository)
    repos.run(repository, "tag", "-a", "-m", "tag", "v1")
    assert git.commit("v1") == repos.head(repository)
    assert git.commit(repos.head(repository)[:12]) == repos.head(repository)


@pytest.mark.parametrize(
    "revision",
    ["", "nothing", "--all", "HEAD:specs", "HEAD~5", "main..main", "^main", "a\0b", "1" * 40],
)
def test_what_names_no_commit_is_an_error(git: Git, revision: str) -> None:
    """What is unknown, no commit, more than one, or an option is an error, never a guess."""
    with pytest.raises(RepositoryError, match="cannot") as caught:
        git.commit(revision)
    assert str(caught.value).isprintable()


def test_an_ambiguous_name_is_refused(repository: Path, git: Git) -> None:
    """A tag that is called like a branch does not take its place."""
    first = repos.head(repository)
    second = repos.commit(repository, {"b": "b"})
    repos.run(repository, "tag", "main", first)
    with pytest.raises(RepositoryError, match="ambiguous"):
        git.commit("main")
    assert git.tip("main") == second
    assert git.commit("refs/heads/main") == second


def test_the_tip_of_a_missing_branch_is_an_error(git: Git) -> None:
    """A branch that is absent or no branch name is an error."""
    with pytest.raises(RepositoryError, match="cannot find the branch 'other'"):
        git.tip("other")
    with pytest.raises(RepositoryError, match="as a ref"):
        git.tip("-b/../x")


@pytest.mark.parametrize(
    "name",
    [
        "main",
        "refs/",
        "refs/heads/a b",
        "refs/heads/a..b",
        "refs/heads/a.lock",
        "refs/heads/.a",
        "refs/heads/a/",
        "refs//a",
        "refs/heads/a*",
        "refs/heads/@{0}",
        "refs/heads/a\n",
        "HEAD",
    ],
)
def test_refs_have_full_and_plain_names(name: str) -> None:
    """What is no full ref name, or what git reads as more than one, is refused."""
    with pytest.raises(RepositoryError, match="as a ref"):
        full_ref(name)


def test_a_ref_on_something_else_is_an_error(repository: Path, git: Git) -> None:
    """A ref that stands for no commit is an error."""
    repos.run(repository, "update-ref", "refs/jobgate/odd", repos.blob(repository, b"x"))
    with pytest.raises(RepositoryError, match="it is a blob and no commit"):
        git.ref("refs/jobgate/odd")
    assert git.ref("refs/jobgate/nothing") is None
    assert git.ref("refs/heads/mai") is None


def added(
    files: Mapping[str, bytes | None], base: Oid | None = None, at: str | None = None
) -> NewCommit:
    """Return a commit to be that adds files to a tree."""
    return NewCommit(base=base, files=files, parents=(), message="x", at=at)


def test_a_commit_is_made_and_put_on_a_ref(repository: Path, git: Git) -> None:
    """A tree built on another one, its commit and its ref hold exactly what was asked for."""
    base = git.commit("HEAD")
    commit = git.commit_with(
        NewCommit(
            base=git.tree(base).oid,
            files={
                "new/ü.json": b"{}\n",
                "bytes": b"\0\r\n",
                "same": b"{}\n",
                "specs/a.yaml": None,
            },
            parents=(base,),
            message="a subject\n\nand more\n",
            at="2026-05-06T07:08:09.5+02:00",
        )
    )
    assert git.update_ref("refs/heads/made", commit, None)
    assert git.tree(commit).paths("") == ("bytes", "new/ü.json", "same")
    found = git.tree(commit).read("bytes")
    assert isinstance(found, Blob)
    assert found.content == b"\0\r\n"
    shown = repos.run(repository, "log", "-1", "--format=%an %ae %cn %ce %aI %cI %P%n%B", "made")
    who = "jobgate jobgate@localhost"
    when = "2026-05-06T05:08:09+00:00"
    assert shown == f"{who} {who} {when} {when} {base}\na subject\n\nand more"


def test_an_empty_change_keeps_the_tree(git: Git) -> None:
    """Nothing put in leaves a tree as it was; nothing at all is the empty tree."""
    tree = git.tree(git.commit("HEAD")).oid
    assert git.tree(git.commit_with(added({}, base=tree))).oid == tree
    assert git.tree(git.commit_with(added({}))).oid == git.objects.oid(b"", "tree")


def test_a_blob_is_kept_as_it_is(repository: Path, git: Git) -> None:
    """A blob is not changed by any filter of the repository."""
    repos.run(repository, "config", "core.autocrlf", "input")
    oid = git.blob(b"line\r\n")
    assert git.objects.blob(oid) == b"line\r\n"


@pytest.mark.parametrize(
    "path",
    [
        *("../out", "/out", ".git/config", "a//b", "", "a/.", ".GIT/x", "a/.git", ".git /x"),
        *("git~1", ".git::$INDEX/x", ".git./x", "a\\b", "a\nb", "\u200c.git/x"),
    ],
)
def test_a_tree_takes_no_path_that_leads_out(git: Git, path: str) -> None:
    """A path that a tree may not hold, on whatever file system, is refused."""
    with pytest.raises(RepositoryError, match="cannot put files into a tree"):
        git.commit_with(added({path: b"x"}))


def test_an_instant_without_a_zone_is_utc(repository: Path, git: Git) -> None:
    """A commit's date does not depend on where it is made."""
    commit = git.commit_with(added({}, at="2026-05-06T07:08:09"))
    assert repos.run(repository, "log", "-1", "--format=%aI", commit) == "2026-05-06T07:08:09+00:00"


@pytest.mark.parametrize("at", ["yesterday", "", "2026-13-01T00:00:00Z"])
def test_a_commit_needs_an_instant(git: Git, at: str) -> None:
    """What is no ISO 8601 instant dates no commit."""
    with pytest.raises(RepositoryError, match="it is no instant"):
        git.commit_with(added({}, at=at))


def test_a_ref_moves_only_from_where_it_was(repository: Path, git: Git) -> None:
    """A ref is set when it is what the caller saw, and left alone when it is not."""
    first = repos.head(repository)
    second = repos.commit(repository, {"b": "b"})
    ref = "refs/heads/journal"
    assert git.update_ref(ref, first, None)
    assert not git.update_ref(ref, second, None)
    assert not git.update_ref(ref, first, second)
    assert git.ref(ref) == first
    assert git.update_ref(ref, second, first)
    assert git.ref(ref) == second


def test_a_ref_that_cannot_be_set_is_an_error(repository: Path, git: Git) -> None:
    """A ref that git refuses to set, though nobody moved it, is an error with git's words."""
    with pytest.raises(RepositoryError, match="cannot set refs/heads/main/below"):
        git.update_ref("refs/heads/main/below", repos.head(repository), None)
    with pytest.raises(RepositoryError, match="as an object id"):
        git.update_ref("refs/heads/other", Commit("main"), None)


def test_no_hook_and_no_filter_is_run(repository: Path, git: Git, tmp_path: Path) -> None:
    """Whatever programs the repository is set up to run, reading and writing run none of them."""
    mark = tmp_path / "ran"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {mark}\ncat\n")
    program.chmod(0o755)
    repos.hook(repository, "reference-transaction", f"touch {mark}")
    for setting in ("core.fsmonitor", "filter.x.clean", "filter.x.process", "gpg.program"):
        repos.run(repository, "config", setting, str(program))
    repos.run(repository, "config", "commit.gpgSign", "true")
    repos.write(repository, {".gitattributes": "* filter=x\n", "a.txt": "a\n"})
    mark.unlink(missing_ok=True)
    commit = git.commit_with(added({"a": b"a"}))
    assert git.update_ref("refs/heads/other", commit, None)
    assert isinstance(git.worktree().read("a.txt"), Blob)
    assert not mark.exists()


def test_settings_and_remotes_are_the_repositorys_own(repository: Path, git: Git) -> None:
    """A setting can hold several values; a remote is known by its name."""
    assert git.settings("jobgate.ledger") == ()
    git.add_setting("jobgate.ledger", "one")
    git.add_setting("jobgate.ledger", "two")
    assert git.settings("jobgate.ledger") == ("one", "two")
    assert git.remotes() == ()
    repos.run(repository, "remote", "add", "origin", "/nowhere")
    assert git.remotes() == ("origin",)
