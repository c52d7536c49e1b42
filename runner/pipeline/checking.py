"""Every mistake in the specs of a tree, from memory where nothing has changed.

What is found, and its order, is what `wanted` finds. But no job is made: what is kept of a spec is
a Look, so that thousands can be checked in little memory, by several processes, or not again.
Memory is asked by content, and everything a kept look was made from is compared before it counts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

from runner import parse
from runner.model import Blob, Checked, Place, Severity
from runner.pipeline import crossing, lockfile, looking, wanted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.model import Document, Finding, Path, Policy, PolicyFiles
    from runner.pipeline.crossing import Places
    from runner.pipeline.looking import Look
    from runner.pipeline.ports import Memory, Tree

# Looks at specs, which may be shared out to processes: one look a path, in the order of the paths.
Crew: TypeAlias = "Callable[[Policy, Sequence[str]], Iterable[Look]]"
# Told how many specs are done, of how many.
Progress: TypeAlias = Callable[[int, int], None]

_SLICE = 500  # specs that memory is asked about at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What a check works with."""

    memory: Memory
    crew: Crew
    progress: Progress


def checked(tree: Tree, means: Means) -> Checked[int]:
    """Return how many jobs `tree` wants, or None when something is wrong; and all that is wrong."""
    files = wanted.policy(tree)
    if files.value is None:
        return Checked(value=None, findings=files.findings)
    looked = looks(tree, files.value, means, wanted.spec_paths(tree))
    found = [*files.findings, *wanted.hidden(tree), *findings(looked)]
    jobs = [job for look in looked for job in look.jobs]
    found += crossing.findings(jobs, places(tree))
    wrong = any(each.severity is Severity.ERROR for each in found)
    if not wrong:
        found += lockfile.unused(tree, files.value.policy, jobs)
    return Checked(value=None if wrong else len(jobs), findings=tuple(found))


def looks(tree: Tree, files: PolicyFiles, means: Means, paths: Sequence[str]) -> list[Look]:
    """Return a look at each of the specs at `paths`, in their order."""
    return _Check(tree=tree, files=files, means=means, tokens={}).looks(paths)


def findings(looked: Sequence[Look]) -> list[Finding]:
    """Return what is wrong with specs, and, each once, with the vars files above them."""
    found = [each for look in looked for each in look.findings]
    variables = {path: wrong for look in looked for path, wrong in look.variables}
    return found + [each for wrong in variables.values() for each in wrong]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Check:
    """One check on its way; `tokens` are those of the files that were read so far."""

    tree: Tree
    files: PolicyFiles
    means: Means
    tokens: dict[str, str]

    def looks(self, paths: Sequence[str]) -> list[Look]:
        """Return a look at each of the specs, in their order."""
        known: dict[str, Look] = {}
        for start in () if self.means.memory.empty() else range(0, len(paths), _SLICE):
            known |= self._recalled(paths[start : start + _SLICE])
        missing = [path for path in paths if path not in known]
        self.means.progress(len(known), len(paths))
        for look in self._made(missing):
            known[look.path] = look
            self.means.progress(len(known), len(paths))
        return [known[path] for path in paths]

    def _made(self, paths: Sequence[str]) -> Iterator[Look]:
        fresh: dict[str, bytes] = {}
        for look in self.means.crew(self.files.policy, paths):
            fresh[self._key(look.path, dict(look.used)[look.path])] = looking.encoded(look)
            yield look
        self.means.memory.keep(fresh)

    def _recalled(self, paths: Sequence[str]) -> dict[str, Look]:
        """Return the kept looks whose every file is what it was."""
        keys = {self._key(path, self._token(path)): path for path in paths}
        known: dict[str, Look] = {}
        for key, content in self.means.memory.recall(tuple(keys)).items():
            look = _sound(keys[key], content)
            if look is not None and all(self._token(path) == was for path, was in look.used):
                known[look.path] = look
        return known

    def _token(self, path: str) -> str:
        known = self.tokens.get(path)
        if known is None:
            known = self.tokens[path] = looking.token(self.tree.read(path))
        return known

    def _key(self, path: str, token: str) -> str:
        parts = f"{self.files.digest}\0{token}\0{path}"
        return hashlib.sha256(parts.encode("utf-8", "surrogateescape")).hexdigest()


def _sound(path: str, content: bytes) -> Look | None:
    try:
        return looking.decoded(path, content)
    except (TypeError, ValueError):
        return None


def places(tree: Tree) -> Places:
    """Return the places of values in specs, each read again once when it is asked for."""

    @cache
    def document(path: str) -> Document | None:
        blob = tree.read(path)
        spec = parse.spec(blob).value if isinstance(blob, Blob) else None
        return None if spec is None else spec.document

    def place(path: str, at: Path) -> Place:
        found = document(path)
        return Place(file=path) if found is None else found.place(at)

    return place
