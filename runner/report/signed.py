"""What somebody signed just now, for people and for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner import statements, wire
from runner.evidence import Approval, Glass, Revocation
from runner.report import documents, plain
from runner.statements import FollowUp

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.model import Json
    from runner.statements import Statement


def text(signed: Iterable[Statement]) -> str:
    """Return a line a statement."""
    return "".join(
        f"{plain.line(statements.by(each))} {plain.line(_said(each))}\n" for each in signed
    )


def document(signed: Iterable[Statement]) -> str:
    """Return every statement as it was signed, and once more the approvals among them."""
    kept = tuple(signed)
    approvals: list[Json] = [
        {"after": each.after, "by": each.by, "digest": each.digest, "job": each.job}
        for each in kept
        if isinstance(each, Approval)
    ]
    whole = [wire.loads(statements.written(each)) for each in kept]
    return documents.text("approvals", {"approvals": approvals, "statements": whole})


def _said(statement: Statement) -> str:
    if isinstance(statement, Approval):
        return f"approved {statement.job} {statement.digest}"
    if isinstance(statement, Revocation):
        return f"revoked {statement.job} {statement.digest}"
    if isinstance(statement, Glass):
        return f"broke the glass for {statement.approval.job} {statement.approval.digest}"
    if isinstance(statement, FollowUp):
        return f"followed up {statement.key[:12]} of {statement.job}"
    stands = f"batch {statement.batch}, after try {statement.tries}"
    return f"approved one retry of all hosts of {statement.job}: {stands}"
