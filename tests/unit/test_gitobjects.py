"""Objects are what their ids name, or there is an error."""

from __future__ import annotations

import os
import signal
import threading
import zlib
from typing import TYPE_CHECKING

import pytest

from runner import canon
from runner.errors import RepositoryError
from runner.git import gitobjects
from runner.git.gitwrite import NewCommit
from runner.git.repository import Git
from runner.model import Blob, Commit, Oid
from tests import repos

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a repository with one commit."""
    folder = repos.make(tmp_path / "repository")
    repos.commit(folder, {"a.txt": "a\n"})
    return folder


@pytest.fixture
def git(repository: Path) -> Iterator[Git]:
    """Return that repository, opened."""
    with Git.open(repository) as opened:
        yield opened


def test_a_blob_is_read_byte_for_byte(repository: Path, git: Git) -> None:
    """Every byte of a blob comes out, and a closed store opens again."""
    content = bytes(range(256)) * 2000
    oid = repos.blob(repository, content)
    assert git.objects.blob(oid) == content
    git.close()
    assert git.objects.blob(oid) == content
    assert git.objects.oid(content) == oid


def test_many_blobs_come_in_order(repository: Path, git: Git) -> None:
    """More blobs than are asked for at once come each in its place."""
    one, two = repos.blob(repository, b"one"), repos.blob(repository, b"two" * 9999)
    contents = list(git.objects.blobs([one, two, two, one] * 300))
    assert contents == [b"one", b"two" * 9999, b"two" * 9999, b"one"] * 300


def test_a_blob_over_the_limit_is_not_kept(repository: Path, git: Git) -> None:
    """A blob that is too large is told by its size, and the next one is read all the same."""
    large, small = repos.blob(repository, b"x" * 100_000), repos.blob(repository, b"small")
    found = list(git.objects.blobs([large, small], 99_999))
    assert found == [gitobjects.TooLarge(100_000), b"small"]


def test_a_flipped_byte_is_an_error(repository: Path, git: Git) -> None:
    """A loose object that is damaged on the disk is an error with git's words, and only it is."""
    oid = repos.blob(repository, b"an object to be damaged" * 50)
    path = repos.loose(repository, oid)
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 0xFF
    path.write_bytes(damaged)
    with pytest.raises(RepositoryError, match=r"cannot (read the object store|trust object)"):
        git.objects.blob(oid)
    assert git.objects.blob(repos.blob(repository, b"sound")) == b"sound"


def test_an_object_under_another_id_is_an_error(repository: Path, git: Git) -> None:
    """Content that does not hash to the id it is kept under is refused."""
    oid = repos.blob(repository, b"true")
    repos.loose(repository, oid).write_bytes(zlib.compress(b"blob 4\0lies"))
    with pytest.raises(RepositoryError, match=f"cannot trust object {oid}: its content does not"):
        git.objects.blob(oid)


def test_a_missing_object_is_an_error(git: Git) -> None:
    """An object that the clone lacks is an error that says to fetch."""
    with pytest.raises(RepositoryError, match="this clone lacks it") as caught:
        git.objects.blob(Oid("1" * 40))
    assert "git fetch" in caught.value.mend


def test_an_object_of_another_kind_is_an_error(repository: Path, git: Git) -> None:
    """A commit is no blob, and a blob is no tree."""
    with pytest.raises(RepositoryError, match="where a blob was asked for"):
        git.objects.blob(Oid(repos.head(repository)))
    with pytest.raises(RepositoryError, match="where a tree was asked for"):
        git.objects.tree(repos.blob(repository, b"no tree"))


@pytest.mark.parametrize(
    "text", ["", "HEAD", "--batch", "1" * 39, "1" * 64, "A" * 40, "1" * 40 + "\n"]
)
def test_only_whole_ids_are_asked_for(git: Git, text: str) -> None:
    """What is no whole object id of this repository's format never reaches git."""
    with pytest.raises(RepositoryError, match="as an object id"):
        git.objects.blob(Oid(text))


@pytest.mark.parametrize(
    "names",
    [
        [b"same", b"same"],
        [b".."],
        [b"a/b"],
        [b""],
    ],
)
def test_a_malformed_tree_is_an_error(repository: Path, git: Git, names: list[bytes]) -> None:
    """A tree with a name twice, or with a name that leads elsewhere, is refused."""
    blob = bytes.fromhex(repos.blob(repository, b"x"))
    content = b"".join(b"100644 " + name + b"\0" + blob for name in names)
    oid = git.objects.oid(content, "tree")
    path = repository / ".git" / "objects" / oid[:2] / oid[2:]
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(zlib.compress(b"tree %d\0" % len(content) + content))
    with pytest.raises(RepositoryError, match="the tree is malformed"):
        git.objects.tree(oid)


def test_a_commit_tells_its_own_parents(repository: Path, git: Git) -> None:
    """A commit is read as it is stored."""
    first = repos.head(repository)
    second = repos.commit(repository, {"a.txt": "b\n"}, "second\n\nbody")
    found = git.objects.commit(second)
    assert found.parents == (first,)
    assert found.tree == repos.run(repository, "rev-parse", "HEAD^{tree}")
    assert found.message == b"second\n\nbody\n"


def test_a_store_whose_process_was_killed_is_an_error_once(repository: Path, git: Git) -> None:
    """When the reading process dies there is an error, and the next reading starts anew."""
    oid = repos.blob(repository, b"x")
    assert git.objects.blob(oid) == b"x"
    batch = git.objects._batch
    assert batch is not None
    os.kill(batch._process.pid, signal.SIGKILL)
    batch._process.wait()
    with pytest.raises(RepositoryError, match="cannot read the object store"):
        git.objects.blob(oid)
    assert git.objects.blob(oid) == b"x"


def test_a_commit_without_a_tree_is_an_error(repository: Path, git: Git) -> None:
    """A commit that names no tree, or two, is refused."""
    tree = repos.run(repository, "rev-parse", "HEAD^{tree}")
    for lines in ("", f"tree {tree}\ntree {tree}\n"):
        content = f"{lines}author A <a@x> 1 +0000\ncommitter A <a@x> 1 +0000\n\nx\n".encode()
        options = ("hash-object", "-w", "-t", "commit", "--literally", "--stdin")
        odd = Commit(repos.run(repository, *options, stdin=content))
        with pytest.raises(RepositoryError, match="it does not name one tree"):
            git.objects.commit(odd)


def test_a_forked_process_reads_for_itself(repository: Path, git: Git) -> None:
    """After a fork, parent and child each read through a process of their own."""
    oids = [repos.blob(repository, b"%d" % n) for n in range(20)]
    assert git.objects.blob(oids[0]) == b"0"
    child = os.fork()
    if child == 0:
        good = list(git.objects.blobs(oids)) == [b"%d" % n for n in range(20)]
        git.close()
        os._exit(0 if good else 1)
    assert list(git.objects.blobs(oids)) == [b"%d" % n for n in range(20)]
    assert os.waitpid(child, 0)[1] == 0
    assert git.objects.blob(oids[1]) == b"1"


def test_threads_share_one_store(repository: Path, git: Git) -> None:
    """Readings from several threads never get one another's answers."""
    oids = {repos.blob(repository, b"%d" % n * 5000): b"%d" % n * 5000 for n in range(4)}
    wrong: list[Oid] = []

    def read(oid: Oid) -> None:
        wrong.extend(oid for _ in range(50) if git.objects.blob(oid) != oids[oid])

    threads = [threading.Thread(target=read, args=(oid,)) for oid in oids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_sha256_repositories_are_read(tmp_path: Path) -> None:
    """A repository whose ids are SHA-256 works like any other."""
    folder = repos.make(tmp_path / "sha256", "--object-format=sha256")
    commit = repos.commit(folder, {"a.txt": "a\n"})
    with Git.open(folder) as git:
        assert len(commit) == 64
        assert git.objects.blob(git.objects.oid(b"a\n")) == b"a\n"
        files = {"a.txt": None, "b.txt": b"b\n"}
        base = git.tree(commit).oid
        new = git.commit_with(NewCommit(base=base, files=files, parents=(commit,), message="next"))
        assert git.update_ref("refs/heads/next", new, None)
        assert git.tree(git.tip("next")).paths("") == ("b.txt",)
        assert git.descends(new, commit)


def test_an_unknown_object_format_is_refused(git: Git) -> None:
    """A format that cannot be hashed here is refused at once."""
    with pytest.raises(RepositoryError, match="the format md5"):
        gitobjects.Objects(git.call, "md5")


def test_content_hashes_are_of_the_bytes(git: Git) -> None:
    """The SHA-256 beside an id is of the content alone."""
    blob = git.tree(git.commit("HEAD")).read("a.txt")
    assert isinstance(blob, Blob)
    assert blob.sha256 == canon.sha256(b"a\n")
