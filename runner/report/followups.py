"""What is to be followed up, for people and for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.report import documents, plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.model import Json
    from runner.outcomes import Outstanding


def text(found: Iterable[Outstanding]) -> str:
    """Return a line for each submission that nobody else has looked at, oldest first."""
    return "".join(
        f"{plain.line(each.key[:12])} {plain.line(each.at)} {plain.line(each.job)}: "
        f"{plain.line(each.by)} broke the glass: {plain.line(each.reason)}; "
        f"{'overdue since' if each.overdue else 'due by'} {plain.line(each.due)}\n"
        for each in found
    )


def document(found: Iterable[Outstanding]) -> str:
    """Return the same as JSON."""
    listed: list[Json] = [
        {
            "at": each.at,
            "by": each.by,
            "due": each.due,
            "job": each.job,
            "key": each.key,
            "overdue": each.overdue,
            "reason": each.reason,
        }
        for each in found
    ]
    return documents.text("follow-ups", {"follow_ups": listed})
