"""The lock of one tree: what it pins, and which of its pins no spec uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner import parse, pins, validate
from runner.model import Blob, Checked

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.model import Document, Finding, Policy
    from runner.pins import Pins
    from runner.pipeline.crossing import Outline
    from runner.pipeline.ports import Tree


def pinned(blobs: Iterable[Blob]) -> Checked[Pins]:
    """Return what the lock among `blobs` pins: nothing where there is none, or no sound one."""
    found = [_document(blob) for blob in blobs if blob.path == pins.PATH]
    if not found:
        return Checked(value=())
    document, findings = found[0].value, found[0].findings
    return Checked(value=() if document is None else pins.read(document), findings=findings)


def unused(tree: Tree, policy: Policy, jobs: Iterable[Outline]) -> tuple[Finding, ...]:
    """Find the pins that none of all the jobs of `tree` uses."""
    used = {(job.platform, job.stored) for job in jobs if job.stored is not None}
    if used >= {(platform, named) for platform, named, _ in policy.pins}:
        return ()
    blob = tree.read(pins.PATH)
    document = _document(blob).value if isinstance(blob, Blob) else None
    return () if document is None else tuple(pins.unused(document, used))


def _document(blob: Blob) -> Checked[Document]:
    """Return the lock in a file, or None where anything is wrong with it."""
    read = parse.lock(blob)
    if read.value is None:
        return read
    findings = read.findings + validate.document(read.value, pins.SCHEMA)
    return Checked(value=None if findings else read.value, findings=findings)
