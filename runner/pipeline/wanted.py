"""From a tree to what it wants: each spec parsed, rendered, resolved and validated.

A pure function of one tree: no clock, no network, no look-up on a platform. Everything that is
wrong is found in one go; a tree with an error in it wants nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner import canon, clauses, parse, render, resolve, validate
from runner.model import (
    Blob,
    Checked,
    Document,
    Finding,
    Job,
    Place,
    PolicyFiles,
    Role,
    Severity,
    Source,
    Spec,
    Wanted,
)
from runner.pipeline import assembling, needs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.pipeline.ports import Tree

POLICY_PATH = "jobgate.yaml"
_POLICY_PATHS = (
    POLICY_PATH,
    "allowed_signers",
    "CODEOWNERS",
    ".github/CODEOWNERS",
    "docs/CODEOWNERS",
    "jobgate.lock",
)
_LIBRARY = "specs/_lib/"


def wanted(tree: Tree) -> Checked[Wanted]:
    """Return the jobs and the policy of `tree`, or None and what stands in the way."""
    found = policy(tree)
    if found.value is None:
        return Checked(value=None, findings=found.findings)
    jobs = _jobs(tree, found.value)
    findings = found.findings + jobs.findings
    if jobs.value is None or any(each.severity is Severity.ERROR for each in findings):
        return Checked(value=None, findings=findings)
    return Checked(value=Wanted(jobs=jobs.value, policy=found.value), findings=findings)


def policy(tree: Tree) -> Checked[PolicyFiles]:
    """Return the files of `tree` that form `@policy`, read and checked."""
    present = set(tree.paths(""))
    blobs: list[Blob] = []
    findings: list[Finding] = []
    for path in _POLICY_PATHS:
        if path in present or path == POLICY_PATH:
            blob = tree.read(path)
            if isinstance(blob, Blob):
                blobs.append(blob)
            else:
                findings.append(_unreadable(path, blob.rule, blob.message, blob.mend))
    if findings:
        return Checked(value=None, findings=tuple(findings))
    return _policy_files(blobs)


def policy_files(contents: dict[str, Blob]) -> Checked[PolicyFiles]:
    """Return `@policy` made of files by their path, as `policy` does from a tree."""
    return _policy_files([contents[path] for path in _POLICY_PATHS if path in contents])


def _policy_files(blobs: list[Blob]) -> Checked[PolicyFiles]:
    document = parse.policy_document(blobs[0])
    if document.value is None:
        return Checked(value=None, findings=document.findings)
    findings = document.findings + validate.document(document.value, "policy.v1")
    if findings:
        return Checked(value=None, findings=findings)
    said = clauses.policy(document.value)
    if said.value is None:
        return Checked(value=None, findings=said.findings)
    sources = tuple(_source(blob, Role.OWN) for blob in blobs)
    return Checked(
        value=PolicyFiles(
            digest=canon.digest_of("policy/1", {each.path: each.sha256 for each in sources}),
            sources=sources,
            contents={blob.path: blob.content for blob in blobs},
            policy=said.value,
        )
    )


def _jobs(tree: Tree, files: PolicyFiles) -> Checked[tuple[Job, ...]]:
    maker = _Maker(tree=tree, files=files, variables={})
    findings: list[Finding] = []
    made: list[tuple[Spec, Job]] = []
    for path in spec_paths(tree):
        jobs = maker.jobs(path)
        findings += jobs.findings
        made += jobs.value or ()
    for document in maker.variables.values():
        findings += document.findings
    findings += _repeated(made) + needs.findings(made)
    ordered = tuple(sorted((job for _, job in made), key=lambda job: job.id))
    return Checked(value=ordered, findings=tuple(findings))


def spec_paths(tree: Tree) -> tuple[str, ...]:
    """Return the paths of the specs of `tree`: every YAML file below `specs/` that is a spec."""
    return tuple(
        path
        for path in tree.paths("specs")
        if path.endswith((".yaml", ".yml"))
        and not path.startswith(_LIBRARY)
        and path.rsplit("/", 1)[-1] not in {"vars.yaml", "vars.yml"}
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Maker:
    """Makes the jobs of one spec after another; reads each shared vars file once."""

    tree: Tree
    files: PolicyFiles
    variables: dict[str, Checked[tuple[Document, Source]]]

    def jobs(self, path: str) -> Checked[list[tuple[Spec, Job]]]:
        """Return the spec at `path` with each of its jobs."""
        blob = self.tree.read(path)
        if not isinstance(blob, Blob):
            return _stop((_unreadable(path, blob.rule, blob.message, blob.mend),))
        parsed = parse.spec(blob)
        if parsed.value is None:
            return _stop(parsed.findings)
        findings = parsed.findings + validate.spec(parsed.value)
        if any(each.severity is Severity.ERROR for each in findings):
            return _stop(findings)
        return self._rendered(parsed.value, findings)

    def _rendered(
        self, spec: Spec, findings: tuple[Finding, ...]
    ) -> Checked[list[tuple[Spec, Job]]]:
        cells = render.jobs(spec, self._chain(spec.document.file), self.tree.read)
        findings += cells.findings
        entries = clauses.platforms(self.files.policy, spec.document.file)
        if not entries:
            findings += (_homeless(spec),)
        made: list[tuple[Spec, Job]] = []
        for cell in cells.value or ():
            resolved = resolve.request(spec, cell, self.tree.read)
            findings += resolved.findings
            if resolved.value is not None:
                findings += validate.request(spec, resolved.value)
                made += [
                    (spec, assembling.job(spec, cell, resolved.value, entry)) for entry in entries
                ]
        return Checked(value=made, findings=tuple(dict.fromkeys(findings)))

    def _chain(self, path: str) -> tuple[tuple[Document, Source], ...]:
        found = (self._vars(each) for each in render.folders(path))
        return tuple(each.value for each in found if each.value is not None)

    def _vars(self, path: str) -> Checked[tuple[Document, Source]]:
        if path not in self.variables:
            self.variables[path] = self._read_vars(path)
        return self.variables[path]

    def _read_vars(self, path: str) -> Checked[tuple[Document, Source]]:
        blob = self.tree.read(path)
        if not isinstance(blob, Blob):
            absent = blob.rule == "missing-file"
            finding = _unreadable(path, blob.rule, blob.message, blob.mend)
            return Checked(value=None, findings=() if absent else (finding,))
        parsed = parse.variables(blob)
        if parsed.value is None:
            return Checked(value=None, findings=parsed.findings)
        findings = parsed.findings + validate.document(parsed.value, "vars.v1")
        return Checked(value=(parsed.value, _source(blob, Role.VIA)), findings=findings)


def _repeated(made: Iterable[tuple[Spec, Job]]) -> list[Finding]:
    first: dict[str, Spec] = {}
    findings: list[Finding] = []
    for spec, job in made:
        for name in (job.id, *(former for former, _ in job.former_effects)):
            other = first.setdefault(name, spec)
            if other is not spec:
                findings.append(
                    Finding(
                        place=spec.document.place(("metadata", "name")),
                        rule="duplicate-name",
                        message=f"the job {name} is also in {other.document.file}",
                        mend="give one of the two another name",
                    )
                )
    return findings


def _stop(findings: tuple[Finding, ...]) -> Checked[list[tuple[Spec, Job]]]:
    return Checked(value=None, findings=findings)


def _homeless(spec: Spec) -> Finding:
    return Finding(
        place=spec.document.place(()),
        rule="no-platform",
        message="no platform takes this spec",
        mend=f"add its path to the `paths` of a platform in {POLICY_PATH}",
    )


def _unreadable(path: str, rule: str, message: str, mend: str) -> Finding:
    return Finding(place=Place(file=path), rule=rule, message=message, mend=mend)


def _source(blob: Blob, role: Role) -> Source:
    return Source(path=blob.path, oid=blob.oid, sha256=blob.sha256, role=role)
