"""What the actions of others do that our workflows use: a real checkout, files that are kept."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from runner.narrow import text
from tests import repos

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runner.model import Json

PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")
_COMMIT = re.compile(r"[0-9a-f]{40}")
# What may not be in the name of an artefact, or of a file in it.
_REFUSED = re.compile(r'[":<>|*?\r\n]')


def use(
    uses: str,
    given: Mapping[str, str],
    workspace: Path,
    remote: Path,
    contexts: dict[str, Json],
) -> dict[str, str]:
    """Do what an action does, and return its outputs. One that is not known is refused."""
    assert PINNED.fullmatch(uses), f"{uses} is not pinned"
    name = uses.partition("@")[0]
    known: dict[str, Callable[[], dict[str, str]]] = {
        "actions/checkout": lambda: _check_out(given, workspace, remote, contexts),
        "actions/upload-artifact": lambda: _keep(given, workspace),
        "github/codeql-action/upload-sarif": lambda: _scan(given, workspace),
    }
    return known[name]()


def _check_out(
    given: Mapping[str, str], workspace: Path, remote: Path, contexts: dict[str, Json]
) -> dict[str, str]:
    """Check a ref of the event's repository out, with its whole history."""
    assert set(given) == {"ref", "fetch-depth", "persist-credentials"}
    assert given["fetch-depth"] == "0", "a shallow clone is refused where that changes an answer"
    assert given["persist-credentials"] == "false"
    ref = given["ref"] or text(contexts, "github", "ref")
    repos.run(workspace, "init", "-q", ".")
    repos.run(workspace, "remote", "add", "origin", str(remote))
    every = ("+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*")
    repos.run(workspace, "fetch", "-q", "--prune", "origin", *every)
    if _COMMIT.fullmatch(ref):
        # GitHub gives out any commit that one of its refs holds, heads of forks among them.
        repos.run(workspace, "fetch", "-q", "origin", "+refs/pull/*:refs/remotes/pull/*")
        repos.run(workspace, "checkout", "-q", "--detach", ref)
        repos.run(workspace, "for-each-ref", "--format=delete %(refname)", "refs/remotes/pull")
    else:
        branch = ref.removeprefix("refs/heads/")
        repos.run(workspace, "checkout", "-q", "-B", branch, f"refs/remotes/origin/{branch}")
    return {"ref": ref, "commit": repos.head(workspace)}


def _keep(given: Mapping[str, str], workspace: Path) -> dict[str, str]:
    """Keep a file under the name of an artefact, as `actions/upload-artifact` does."""
    assert set(given) == {"name", "path", "if-no-files-found", "retention-days"}
    name, path = given["name"], workspace / given["path"]
    assert not _REFUSED.search(name)
    assert "/" not in name
    if not path.exists():
        assert given["if-no-files-found"] == "ignore"
        return {}
    assert not _REFUSED.search(path.name)
    place = workspace.parent / "artefacts" / name
    place.mkdir(parents=True)
    shutil.copy(path, place)
    return {"artifact-id": "1"}


def _scan(given: Mapping[str, str], workspace: Path) -> dict[str, str]:
    """Keep what is handed to code scanning, as `upload-sarif` takes it: one SARIF file."""
    assert set(given) == {"sarif_file", "category"}
    source = Path(given["sarif_file"])
    tree = json.loads(source.read_text(encoding="utf-8"))
    assert tree["version"] == "2.1.0"
    place = workspace.parent / "scanned"
    place.mkdir()
    shutil.copy(source, place / f"{given['category']}.sarif")
    return {"sarif-id": "1"}
