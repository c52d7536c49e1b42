"""The lock of a tree: the jobs that it makes, and what `check` and `wanted` alike find of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from runner import canon, pins
from runner.model import Finding, Job, Json, Pin, Policy, Role, Sha256, Unreadable
from runner.pipeline import assembling, checking, looking, making, wanted
from tests import fragments

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from runner.pipeline.looking import Look

SHA = Sha256("a" * 64)
PINNED = Pin(script="clean", version=6, sha256=SHA)
OTHER = Pin(script="tidy", version=7, sha256=SHA)


def tree(script: str, *said: tuple[str, str | int, Pin], lock: str = "") -> fragments.Files:
    """Return a tree with a spec of such a script, and a lock if it says anything."""
    files = dict(fragments.FILES)
    files[fragments.SPEC] = files[fragments.SPEC].replace(
        "script:\n  file: scripts/restart.sh", f"script: {{{script}}}"
    )
    text = lock or (pins.written(said).decode() if said else "")
    return fragments.Files(files | ({pins.PATH: text} if text else {}))


def job(made: fragments.Files) -> Job:
    """Return the one job of a tree."""
    found = wanted.wanted(made).value
    assert found is not None
    (only,) = found.jobs
    return only


@dataclass
class Memory:
    """Forgets nothing."""

    kept: dict[str, bytes] = field(default_factory=dict)

    def empty(self) -> bool:
        """Tell whether nothing is kept."""
        return not self.kept

    def recall(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        """Return what is kept."""
        return {key: self.kept[key] for key in keys if key in self.kept}

    def keep(self, entries: Mapping[str, bytes]) -> None:
        """Keep all of it."""
        self.kept |= entries


def checked(made: fragments.Files, memory: Memory) -> tuple[Finding, ...]:
    """Return what `check` finds."""

    def crew(policy: Policy, paths: Sequence[str]) -> Sequence[Look]:
        return tuple(looking.looks(made, policy, paths))

    means = checking.Means(memory=memory, crew=crew, progress=lambda _done, _whole: None)
    return checking.checked(made, means).findings


def test_a_pinned_job_depends_on_the_lock_and_its_effect_on_the_pin() -> None:
    """The body stays as it was written; the effect is that of the frozen scheme with pins."""
    made = job(tree("id: clean", ("local", "clean", PINNED)))
    body: dict[str, Json] = dict(made.body)

    assert body["script_id"] == "clean"
    assert made.pins == (PINNED,)
    assert [each.path for each in made.sources if each.role is Role.VIA] == [
        "jobgate.lock",
        "specs/vars.yaml",
    ]
    assert made.effect == canon.effect(
        job=made.id,
        run=1,
        platform=made.platform,
        body=body,
        pins={"clean": {"sha256": SHA, "version": 6}},
    )


def test_a_job_with_a_script_of_its_own_does_not_depend_on_the_lock() -> None:
    """Whatever the lock says, its effect is the one that it has without a lock."""
    own, bare = (
        job(tree("file: scripts/restart.sh", *said)) for said in ((("local", 7, OTHER),), ())
    )

    assert (own.effect, own.digest, own.sources) == (bare.effect, bare.digest, bare.sources)
    assert "jobgate.lock" not in {each.path for each in own.sources}


def test_an_unpinned_version_has_the_effect_that_it_always_had() -> None:
    """Before there were locks nothing was pinned: an upgrade changes nothing."""
    made = job(tree("version_id: 7"))

    assert made.pins == ()
    assert made.effect == canon.effect(
        job=made.id, run=1, platform=made.platform, body=made.body, pins={}
    )


@pytest.mark.parametrize(
    ("made", "rules"),
    [
        (tree("id: clean", ("local", "clean", PINNED)), []),
        (tree("id: clean"), ["unpinned-script"]),
        (tree("id: clean", ("far", "clean", PINNED)), ["unpinned-script"]),
        (tree("version_id: 6"), ["unpinned-version"]),
        (tree("version_id: 6", ("local", "6", PINNED)), ["unpinned-version", "unused-pin"]),
        (tree("version_id: 7", ("local", 7, OTHER)), []),
        (tree("id: clean", ("local", "clean", PINNED), ("local", 7, OTHER)), ["unused-pin"]),
        (tree("id: clean", ("local", "clean", PINNED), ("far", "clean", PINNED)), ["unused-pin"]),
        (tree("file: scripts/restart.sh", lock="a: [\n"), ["syntax"]),
        (tree("file: scripts/restart.sh", lock="apiVersion: jobgate/v1\n"), ["missing-key"] * 2),
        (tree("id: 7", ("local", "7", PINNED)), []),
    ],
)
def test_check_finds_what_stands_in_the_way(made: fragments.Files, rules: list[str]) -> None:
    """At once and from memory, as `plan` does; what is unused only where nothing else is wrong."""
    memory = Memory()
    found = wanted.wanted(made).findings

    assert [each.rule for each in found] == rules
    assert checked(made, memory) == found
    assert checked(made, memory) == found


def test_a_policy_that_was_accepted_is_read_whatever_its_lock_says() -> None:
    """Locks were guarded before they were read: one with something wrong in it pins nothing."""
    made = tree("file: scripts/restart.sh", lock="a: [\n")
    blobs = {}
    for path in ("jobgate.yaml", pins.PATH):
        blob = made.read(path)
        assert not isinstance(blob, Unreadable)
        blobs[path] = blob
    found = wanted.policy_files(blobs).value

    assert wanted.policy(made).value is None
    assert found is not None
    assert found.policy.pins == ()
    assert {each.path for each in found.sources} == {"jobgate.yaml", pins.PATH}


def test_what_is_kept_of_a_spec_says_what_it_names() -> None:
    """An id stays text and a version a number, so that one is never taken for the other."""
    for script, stored in (("id: '7'", "7"), ("version_id: 7", 7), ("content: x", None)):
        made = tree(f"{script}{', language: shell' if stored is None else ''}")
        found = wanted.policy(made).value
        assert found is not None
        (look,) = looking.looks(made, found.policy, [fragments.SPEC])
        (outline,) = look.jobs

        assert (outline.stored, outline.platform) == (stored, "local")
        assert looking.decoded(look.path, looking.encoded(look)) == look
        maker = making.Maker(tree=made, policy=found.policy)
        value = maker.made(fragments.SPEC).value
        assert value is not None
        ((rendered, resolved),) = value.cells
        assert assembling.outline(value.spec, rendered, resolved, value.platforms[0]) == outline
