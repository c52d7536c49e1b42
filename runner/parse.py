"""From a file of the tree to a Spec or a plain document: YAML whose root is a mapping.

What the mapping may hold is left to `validate`; templates are left as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.model import Checked, Document, Finding, Role, Source, Spec
from runner.yaml import yaml12

if TYPE_CHECKING:
    from runner.model import Blob


def spec(blob: Blob) -> Checked[Spec]:
    """Return the spec in `blob`, which is its own source."""
    checked = _mapping(blob, "a spec")
    if checked.value is None:
        return Checked(value=None, findings=checked.findings)
    spec = Spec(document=checked.value, own=_own(blob))
    return Checked(value=spec, findings=checked.findings)


def remains(blob: Blob) -> Spec | None:
    """Return what can be read of a spec in whose text something is wrong, or None.

    It is good for finding what else is wrong, and for nothing else.
    """
    document = yaml12.remains(blob.path, blob.content)
    if document is None or not isinstance(document.tree, dict):
        return None
    return Spec(document=document, own=_own(blob))


def variables(blob: Blob) -> Checked[Document]:
    """Return the variables in `blob`, a `vars.yaml`."""
    return _mapping(blob, "variables")


def policy_document(blob: Blob) -> Checked[Document]:
    """Return the policy in `blob` as it is written; what it says is left to `clauses`."""
    return _mapping(blob, "a policy")


def lock(blob: Blob) -> Checked[Document]:
    """Return the lock in `blob` as it is written; what it says is left to `pins`."""
    return _mapping(blob, "a lock")


def _own(blob: Blob) -> Source:
    return Source(path=blob.path, oid=blob.oid, sha256=blob.sha256, role=Role.OWN)


def _mapping(blob: Blob, noun: str) -> Checked[Document]:
    checked = yaml12.document(blob.path, blob.content)
    if checked.value is None or isinstance(checked.value.tree, dict):
        return checked
    kind = "a list" if isinstance(checked.value.tree, list) else "a single value"
    finding = Finding(
        place=checked.value.place(()),
        rule="root-not-mapping",
        message=f"cannot read {noun} from {kind}: the root must be a mapping",
        mend="begin with `key: value` lines",
    )
    return Checked(value=None, findings=(*checked.findings, finding))
