"""From a tree to what it wants: each spec parsed, rendered, resolved and validated.

A pure function of one tree: no clock, no network, no look-up on a platform. Everything that is
wrong is found in one go; a tree with an error in it wants nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runner import allowedsigners, canon, clauses, owners, parse, pins, policylints, validate
from runner.model import (
    Blob,
    Checked,
    Finding,
    Job,
    Policy,
    PolicyFiles,
    Role,
    Severity,
    Source,
    Spec,
    Unreadable,
    Wanted,
)
from runner.pipeline import assembling, crossing, lockfile, making
from runner.pipeline.making import POLICY_PATH

if TYPE_CHECKING:
    from runner.pipeline.ports import Tree
    from runner.terms import Signer

POLICY_PATHS = (
    POLICY_PATH,
    allowedsigners.PATH,
    "CODEOWNERS",
    ".github/CODEOWNERS",
    "docs/CODEOWNERS",
    pins.PATH,
)
_LIBRARY = "specs/_lib/"
_FILES = (".yaml", ".yml", ".j2", ".sh", ".py", ".pl", ".bat", ".ps1")


def wanted(tree: Tree) -> Checked[Wanted]:
    """Return the jobs and the policy of `tree`, or None and what stands in the way."""
    found = policy(tree)
    if found.value is None:
        return Checked(value=None, findings=found.findings)
    jobs = _jobs(tree, found.value)
    findings = found.findings + hidden(tree) + jobs.findings
    if jobs.value is None or any(each.severity is Severity.ERROR for each in findings):
        return Checked(value=None, findings=findings)
    return Checked(value=Wanted(jobs=jobs.value, policy=found.value), findings=findings)


def policy(tree: Tree) -> Checked[PolicyFiles]:
    """Return the files of `tree` that form `@policy`, read and checked."""
    present = set(tree.paths(""))
    blobs: list[Blob] = []
    findings: list[Finding] = []
    for path in POLICY_PATHS:
        if path in present or path == POLICY_PATH:
            blob = tree.read(path)
            if isinstance(blob, Blob):
                blobs.append(blob)
            else:
                findings.append(making.unreadable(blob))
    if findings:
        return Checked(value=None, findings=tuple(findings))
    made, wrong = _policy_files(blobs), lockfile.pinned(blobs).findings
    if made.value is not None:
        wrong += _signers(blobs, made.value.policy).findings
    broken = any(each.severity is Severity.ERROR for each in wrong)
    return Checked(value=None if broken else made.value, findings=made.findings + wrong)


def policy_files(contents: dict[str, Blob]) -> Checked[PolicyFiles]:
    """Return `@policy` made of files that were accepted, by their path.

    A lock with something wrong in it, from before locks were read, pins nothing; such an
    `allowed_signers` names nobody.
    """
    return _policy_files([contents[path] for path in POLICY_PATHS if path in contents])


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
    owned = owners.listed(said.value, {blob.path: blob for blob in blobs})
    if owned.value is None:
        return Checked(value=None, findings=owned.findings)
    sources = tuple(_source(blob, Role.OWN) for blob in blobs)
    whole = replace(
        said.value,
        pins=lockfile.pinned(blobs).value or (),
        signers=_signers(blobs, said.value).value or (),
        owned=owned.value,
    )
    voiceless = tuple(policylints.voiceless(document.value, whole))
    return Checked(
        value=PolicyFiles(
            digest=canon.digest_of("policy/1", {each.path: each.sha256 for each in sources}),
            sources=sources,
            contents={blob.path: blob.content for blob in blobs},
            policy=whole,
        ),
        findings=said.findings + voiceless + owned.findings,
    )


def _signers(blobs: list[Blob], policy: Policy) -> Checked[tuple[Signer, ...]]:
    """Return whose keys `allowed_signers` names: nobody's where there is none, or no sound one."""
    for blob in blobs:
        if blob.path == allowedsigners.PATH:
            return allowedsigners.read(blob, policy.people)
    return Checked(value=())


def _jobs(tree: Tree, files: PolicyFiles) -> Checked[tuple[Job, ...]]:
    maker = making.Maker(tree=tree, policy=files.policy)
    findings: list[Finding] = []
    specs: dict[str, Spec] = {}
    jobs: list[Job] = []
    for path in spec_paths(tree):
        made = maker.made(path)
        findings += made.findings
        if made.value is not None:
            specs[path] = made.value.spec
            jobs += _assembled(made.value, files.policy)
    for document in maker.variables.values():
        findings += document.findings
    outlines = [crossing.outline(job) for job in jobs]
    findings += crossing.findings(outlines, lambda path, at: specs[path].document.place(at))
    if not any(each.severity is Severity.ERROR for each in findings):
        findings += lockfile.unused(tree, files.policy, outlines)
    ordered = tuple(sorted(jobs, key=lambda job: job.id))
    return Checked(value=ordered, findings=tuple(findings))


def _assembled(made: making.Made, policy: Policy) -> list[Job]:
    return [
        assembling.job(made.spec, rendered, resolved, platform, policy)
        for rendered, resolved in made.cells
        for platform in made.platforms
    ]


def spec_paths(tree: Tree) -> tuple[str, ...]:
    """Return the paths of the specs of `tree`: every YAML file below `specs/` that is a spec."""
    return tuple(filter(is_spec, tree.paths("specs")))


def is_spec(path: str) -> bool:
    """Tell whether a file at `path` is a spec."""
    return (
        path.endswith((".yaml", ".yml"))
        and path.startswith("specs/")
        and not path.startswith(_LIBRARY)
        and path.rsplit("/", 1)[-1] not in {"vars.yaml", "vars.yml"}
    )


def hidden(tree: Tree) -> tuple[Finding, ...]:
    """Find links and submodules at or below `specs`: nothing behind them would be read.

    What has the ending of a file that a spec may name is looked at when one does.
    """
    below = [path for path in tree.paths("specs") if not path.endswith(_FILES)]
    at = ["specs"] if "specs" in tree.paths("") else []
    read = (tree.read(path) for path in (*at, *below))
    return tuple(making.unreadable(each) for each in read if isinstance(each, Unreadable))


def _source(blob: Blob, role: Role) -> Source:
    return Source(path=blob.path, oid=blob.oid, sha256=blob.sha256, role=role)
