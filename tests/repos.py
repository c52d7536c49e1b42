"""Throw-away Git repositories for tests: made by the real git, by people who never change."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

from runner.model import Commit, Oid

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ANN = "Ann <ann@example.org>"
BEN = "Ben <ben@example.org>"

_GIT = shutil.which("git") or "git"
_ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "file",
    "GIT_AUTHOR_DATE": "2026-01-02T03:04:05Z",
    "GIT_COMMITTER_DATE": "2026-01-02T03:04:05Z",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "HOME": "/nonexistent",
    "LC_ALL": "C",
    "PATH": os.environ["PATH"],
}


def run(folder: Path, *args: str, stdin: bytes = b"", who: str = ANN, by: str = "") -> str:
    """Run git in `folder` for the author `who` and the committer `by`; return what it printed."""
    people: dict[str, str] = {}
    for role, person in (("AUTHOR", who), ("COMMITTER", by or who)):
        name, _, address = person.partition(" <")
        people |= {f"GIT_{role}_NAME": name, f"GIT_{role}_EMAIL": address.rstrip(">")}
    done = subprocess.run(
        [_GIT, *args],
        cwd=folder,
        env=_ENVIRONMENT | people,
        input=stdin,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().strip()


def make(folder: Path, *options: str) -> Path:
    """Make an empty repository whose branch is `main`."""
    folder.mkdir(parents=True)
    run(folder, "init", "--quiet", "--template=", "--initial-branch=main", *options)
    return folder


def bare(folder: Path) -> Path:
    """Make an empty bare repository to be a remote."""
    return make(folder, "--bare")


def clone(origin: Path, folder: Path, *options: str) -> Path:
    """Clone `origin`, as over a network."""
    run(origin, "clone", "--quiet", "--template=", *options, origin.as_uri(), str(folder))
    return folder


def write(folder: Path, files: Mapping[str, str | bytes]) -> None:
    """Put files into the working tree."""
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())


def commit(
    folder: Path,
    files: Mapping[str, str | bytes],
    message: str = "change",
    *,
    who: str = ANN,
    by: str = "",
) -> Commit:
    """Put files into the working tree, and commit everything that is there."""
    write(folder, files)
    run(folder, "add", "--all")
    run(folder, "commit", "--quiet", "--allow-empty", "--message", message, who=who, by=by)
    return head(folder)


def commit_entries(folder: Path, *entries: tuple[str, str, str | bytes]) -> Commit:
    """Commit entries (mode, path, content or object id) that no working tree could hold."""
    lines = b""
    for mode, path, content in entries:
        oid = content if isinstance(content, str) else blob(folder, content)
        lines += f"{mode} {oid}\t{path}\0".encode()
    run(folder, "update-index", "-z", "--index-info", stdin=lines)
    run(folder, "commit", "--quiet", "--message", "entries")
    return head(folder)


def blob(folder: Path, content: bytes) -> Oid:
    """Put a blob into the object store."""
    return Oid(run(folder, "hash-object", "-w", "--stdin", stdin=content))


def head(folder: Path, revision: str = "HEAD") -> Commit:
    """Return the commit that a revision names."""
    return Commit(run(folder, "rev-parse", "--verify", revision))


def loose(folder: Path, oid: str) -> Path:
    """Return the file of a loose object, made writable."""
    path = folder / ".git" / "objects" / oid[:2] / oid[2:]
    path.chmod(0o644)
    return path


def hook(repository: Path, name: str, script: str) -> None:
    """Give a repository a hook."""
    hooks = (repository if (repository / "HEAD").exists() else repository / ".git") / "hooks"
    hooks.mkdir(exist_ok=True)
    path = hooks / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
