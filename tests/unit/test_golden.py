"""The frozen tree: from its specs, defaults made explicit, to the digests that they always had.

`tests/golden/jobs.json` holds what each job asks its platform for, its effect and its digest. A
release that changes one of them would take every job in every ledger for another one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from runner import canon, narrow, wire
from runner.model import Blob, Json, Oid, Unreadable
from runner.pipeline import wanted
from tests import values

GOLDEN = Path(__file__).parents[1] / "golden"


def _files() -> dict[str, bytes]:
    root = GOLDEN / "tree"
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


@dataclass(frozen=True, slots=True)
class Files:
    """A tree of the files in the golden folder."""

    contents: dict[str, bytes] = field(default_factory=_files)

    def paths(self, under: str) -> tuple[str, ...]:
        """Return the paths below a folder."""
        return tuple(
            path for path in self.contents if path.startswith(f"{under}/" if under else "")
        )

    def read(self, path: str) -> Blob | Unreadable:
        """Return a file."""
        if path not in self.contents:
            return Unreadable(path=path, rule="missing-file", message="cannot find it", mend="add")
        content = self.contents[path]
        return Blob(
            path=path,
            oid=Oid(canon.sha256(content)[:40]),
            sha256=canon.sha256(content),
            content=content,
        )


def test_jobs_of_the_frozen_tree() -> None:
    """Each job of the golden tree asks for what it always did, under the digests it always had."""
    checked = wanted.wanted(Files())
    # The tree has no lock: what its stored script holds is not pinned, which changes no effect.
    warnings = ["voiceless-person", "unpinned-version"]
    assert [each.rule for each in checked.findings] == warnings
    assert checked.value is not None
    made: dict[str, Json] = {
        job.id: {
            "body": canon.effect_body(job.body, job.script),
            "digest": job.digest,
            "effect": job.effect,
            "former_effects": dict(job.former_effects),
            "spec": job.spec,
        }
        for job in checked.value.jobs
    }
    frozen = narrow.mapping(wire.loads((GOLDEN / "jobs.json").read_bytes()))

    assert made.keys() == frozen.keys()
    for name, job in made.items():
        assert values.identical(job, frozen[name]), name
