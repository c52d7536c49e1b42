"""Rechecking: every mistake in the specs that what changed since an earlier tree can have touched.

What is wrong with those is all that a check of the whole tree finds in them, and in the files that
they are made from. Of what is wrong between specs it finds what a touched one has a part in, or
the name that a spec is no longer called by. That pins are used is looked at by a whole check alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from runner import narrow, parse
from runner.model import Blob, Checked, Severity
from runner.pipeline import checking, crossing, touching, wanted
from runner.pipeline.touching import Touch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from runner.model import Finding, Policy, PolicyFiles
    from runner.pipeline.checking import Means
    from runner.pipeline.crossing import Outline
    from runner.pipeline.looking import Look
    from runner.pipeline.ports import Tree
    from runner.pipeline.touching import Texts

# Specs by their paths, each with its jobs in outline; and what finds these out.
Known: TypeAlias = "dict[str, tuple[Outline, ...]]"
Outlines: TypeAlias = "Callable[[list[str]], Known]"

# A name as the whole of a value or an item.
_NAMED = re.compile(
    touching.BEFORE + rb"[\"']?([a-z0-9][a-z0-9-]*)(?=[\"']?\s*(?:[\],}\r\n#]|\Z))", re.MULTILINE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """An earlier tree, and the paths at which the one to be checked differs from it."""

    tree: Tree
    changed: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rechecked:
    """What was found, how many jobs the specs make that were looked at, and how many those are."""

    found: Checked[int]
    looked: int
    specs: int


def rechecked(tree: Texts, since: Since, means: Means) -> Rechecked:
    """Return what is wrong with the specs of `tree` that may be others than in the earlier one."""
    files = wanted.policy(tree)
    paths = wanted.spec_paths(tree)
    if files.value is None:
        found = Checked[int](value=None, findings=files.findings)
        return Rechecked(found=found, looked=0, specs=len(paths))
    touch = Touch(
        before=since.tree,
        after=tree,
        changed=since.changed,
        was=_policy(since.tree),
        now=files.value.policy,
    )
    mine = tuple(path for path in paths if path in touch.specs)
    look = _Look(touch=touch, files=files.value, means=means)
    looks = look.looks(mine)
    said = [*files.findings, *look.hidden(), *checking.findings(looks)]
    said += look.between(looks)
    wrong = any(each.severity is Severity.ERROR for each in said)
    jobs = sum(len(each.jobs) for each in looks)
    found = Checked(value=None if wrong else jobs, findings=tuple(said))
    return Rechecked(found=found, looked=len(mine), specs=len(paths))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """A check on its way."""

    touch: Touch
    files: PolicyFiles
    means: Means

    def looks(self, paths: Iterable[str]) -> list[Look]:
        """Return a look at each of the specs."""
        return checking.looks(self.touch.after, self.files, self.means, tuple(paths))

    def hidden(self) -> tuple[Finding, ...]:
        """Return what is wrong with links and submodules that have come below `specs`."""
        found = wanted.hidden(self.touch.after)
        return tuple(each for each in found if each.place.file in self.touch.changed)

    def between(self, looks: list[Look]) -> tuple[Finding, ...]:
        """Return what is wrong between the specs that were looked at and all others."""
        known = {look.path: look.jobs for look in looks}
        names = related(self.touch, known, self._before(), self._outlines)
        jobs = [job for path in sorted(known) for job in known[path]]
        return crossing.findings(jobs, checking.places(self.touch.after), names)

    def _outlines(self, paths: list[str]) -> dict[str, tuple[Outline, ...]]:
        return {look.path: look.jobs for look in self.looks(paths)}

    def _before(self) -> set[str]:
        """Return what the touched specs were called."""
        read = (self.touch.before.read(path) for path in self.touch.specs)
        specs = (parse.spec(blob).value for blob in read if isinstance(blob, Blob))
        trees = (narrow.at(each.document.tree, "metadata", "name") for each in specs if each)
        return {name for name in trees if isinstance(name, str)}


def related(touch: Touch, known: Known, names: set[str], outlines: Outlines) -> set[str]:
    """Put into `known` every spec that has to do by its names with those that it holds.

    That is what bears a name, has borne it, or needs it, of those that the specs of `known` have or
    need, and of `names`; and so on along the needs. Return all these names.
    """
    names = names.union(*map(_called, known.values()))
    while names:
        asked = {name.encode() for name in names}
        paths = [path for path, text in touch.texts.items() if _mentions(text, asked)]
        further = [path for path in paths if path not in known]
        known.update(outlines(further))
        more = names.union(*(job.needs for of in known.values() for job in of if job.name in names))
        if not further and more == names:
            break
        names = more
    return names


def _mentions(text: bytes, names: set[bytes]) -> bool:
    if touching.escaped(text):
        return True
    if not touching.holds(text, names):
        return False
    return any(found[1] in names for found in _NAMED.finditer(text))


def _called(jobs: Iterable[Outline]) -> set[str]:
    """Return every name that some jobs have, had, or need."""
    found: set[str] = set()
    for job in jobs:
        found.update(name.split("/", 1)[1].split("[", 1)[0] for name in job.ids)
        found.update(job.needs)
    return found


def _policy(tree: Tree) -> Policy | None:
    found = wanted.policy(tree)
    return None if found.value is None else found.value.policy
