"""One spec made into requests: parsed, rendered, resolved and validated, every mistake found.

A pure function of the tree and the policy. Files that several specs go through (variables, macros,
scripts) are read once, as far as they are small. What a request is on a platform is `assembling`'s.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from runner import clauses, parse, pins, render, resolve, secretgrants, validate
from runner.model import (
    Blob,
    Checked,
    Document,
    Finding,
    Place,
    PlatformEntry,
    Rendered,
    Resolved,
    Role,
    Severity,
    Source,
    Spec,
    Unreadable,
)
from runner.pipeline import remains

if TYPE_CHECKING:
    from runner.model import Policy
    from runner.pipeline.ports import Tree

POLICY_PATH = "jobgate.yaml"
_KEPT = 512  # files
_SMALL = 16 * 1024  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A spec, each cell of its matrix as a request, and the platforms that take it."""

    spec: Spec
    cells: tuple[tuple[Rendered, Resolved], ...]
    platforms: tuple[PlatformEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """Makes one spec after another.

    `variables` are the vars files so far, in order of first use. `asked` is every file that the
    last spec was made from, itself included, and every name that it asked for in vain.
    """

    tree: Tree
    policy: Policy
    variables: dict[str, Checked[tuple[Document, Source]]] = field(default_factory=dict)
    asked: dict[str, Blob | Unreadable] = field(default_factory=dict)
    _files: dict[str, Blob | Unreadable] = field(default_factory=dict)

    def made(self, path: str) -> Checked[Made]:
        """Return the spec at `path` with its requests, or None when its own text is wrong."""
        self.asked.clear()
        self.asked[path] = blob = self.tree.read(path)
        if not isinstance(blob, Blob):
            return Checked(value=None, findings=(unreadable(blob),))
        parsed = parse.spec(blob)
        if parsed.value is None:
            return Checked(value=None, findings=self._unread(blob, parsed.findings))
        findings = parsed.findings + validate.spec(parsed.value)
        if any(each.severity is Severity.ERROR for each in findings):
            return Checked(value=None, findings=self._all(parsed.value, findings))
        return self._rendered(parsed.value, findings)

    def read(self, path: str) -> Blob | Unreadable:
        """Return a file that a spec goes through, kept for the next spec when it is small."""
        found = self._files.get(path)
        if found is None:
            found = self.tree.read(path)
            if len(self._files) < _KEPT and not (
                isinstance(found, Blob) and len(found.content) > _SMALL
            ):
                self._files[path] = found
        self.asked[path] = found
        return found

    def _rendered(self, spec: Spec, findings: tuple[Finding, ...]) -> Checked[Made]:
        rendered = render.jobs(spec, self._chain(spec.document.file), self.read)
        findings += rendered.findings
        if rendered.value is None:
            findings = self._all(spec, findings)
        platforms = clauses.platforms(self.policy, spec.document.file)
        if not platforms:
            findings += (_homeless(spec),)
        cells: list[tuple[Rendered, Resolved]] = []
        for cell in rendered.value or ():
            resolved = resolve.request(spec, cell, self.read)
            findings += resolved.findings
            if resolved.value is not None:
                findings += _judged(spec, cell, resolved.value)
                findings += self._unpinned(spec, resolved.value)
                cells.append((cell, self._locked(resolved.value)))
            findings += self._withheld(spec, cell)
        return Checked(
            value=Made(spec=spec, cells=tuple(cells), platforms=tuple(platforms)),
            findings=tuple(dict.fromkeys(findings)),
        )

    def _unread(self, blob: Blob, told: tuple[Finding, ...]) -> tuple[Finding, ...]:
        """Return what is wrong with a text, and with what can be read of it all the same."""
        left = parse.remains(blob)
        if left is None:
            return told
        return self._all(left, told + remains.further(validate.spec(left), told))

    def _all(self, spec: Spec, told: tuple[Finding, ...]) -> tuple[Finding, ...]:
        """Return `told`, and what else is wrong with a spec that cannot become jobs."""
        rendered = render.remains(spec, self._chain(spec.document.file), self.read)
        found = list(rendered.findings)
        for cell in rendered.value or ():
            resolved = resolve.request(spec, cell, self.read)
            found += resolved.findings
            if resolved.value is not None:
                found += _judged(spec, cell, resolved.value)
                found += self._unpinned(spec, resolved.value)
            found += self._withheld(spec, cell)
        return told + remains.further(dict.fromkeys(found), told)

    def _withheld(self, spec: Spec, cell: Rendered) -> tuple[Finding, ...]:
        """Return what the policy has against the secrets that a spec names."""
        platforms = clauses.platforms(self.policy, spec.document.file)
        return tuple(secretgrants.refused(spec, cell.secrets, self.policy.secrets, platforms))

    def _unpinned(self, spec: Spec, resolved: Resolved) -> tuple[Finding, ...]:
        """Return what the lock does not say of the script that a spec names."""
        if pins.named(resolved.body) is None:
            return ()
        platforms = clauses.platforms(self.policy, spec.document.file)
        return tuple(pins.missing(spec, resolved.body, self.policy.pins, platforms))

    def _locked(self, resolved: Resolved) -> Resolved:
        """Return a request with the lock among its files, where its script is looked up in it."""
        blob = None if pins.named(resolved.body) is None else self.read(pins.PATH)
        if not isinstance(blob, Blob):
            return resolved
        return replace(resolved, used=tuple(sorted({*resolved.used, _via(blob)})))

    def _chain(self, path: str) -> tuple[tuple[Document, Source], ...]:
        found = (self._vars(each) for each in render.folders(path))
        return tuple(each.value for each in found if each.value is not None)

    def _vars(self, path: str) -> Checked[tuple[Document, Source]]:
        blob = self.read(path)
        if path not in self.variables:
            self.variables[path] = _parsed(blob)
        return self.variables[path]


def unreadable(refused: Unreadable) -> Finding:
    """Return the finding at a file that cannot be read."""
    return Finding(
        place=Place(file=refused.path),
        rule=refused.rule,
        message=refused.message,
        mend=refused.mend,
    )


def _parsed(blob: Blob | Unreadable) -> Checked[tuple[Document, Source]]:
    if not isinstance(blob, Blob):
        absent = blob.rule == "missing-file"
        return Checked(value=None, findings=() if absent else (unreadable(blob),))
    parsed = parse.variables(blob)
    if parsed.value is None:
        return Checked(value=None, findings=parsed.findings)
    findings = parsed.findings + validate.document(parsed.value, "vars.v1")
    return Checked(value=(parsed.value, _via(blob)), findings=findings)


def _via(blob: Blob) -> Source:
    return Source(path=blob.path, oid=blob.oid, sha256=blob.sha256, role=Role.VIA)


def _judged(spec: Spec, cell: Rendered, resolved: Resolved) -> tuple[Finding, ...]:
    return validate.request(spec, resolved) + validate.expected(spec, cell.expect_hosts, resolved)


def _homeless(spec: Spec) -> Finding:
    return Finding(
        place=spec.document.place(()),
        rule="no-platform",
        message="no platform takes this spec",
        mend=f"add its path to the `paths` of a platform in {POLICY_PATH}",
    )
