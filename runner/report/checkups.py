"""What `doctor` found: a line a check for people, as it is found, and a document for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.checkup import Grade
from runner.report import documents, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.checkup import Check
    from runner.model import Json

_WORDS = {Grade.OK: "ok     ", Grade.WARNING: "warning", Grade.FAILURE: "FAILURE"}


def line(check: Check) -> str:
    """Return one check, and below it what it does not show, and the mend."""
    what = " ".join(filter(None, (check.about, plain.line(check.subject), check.name)))
    unseen = f"         not shown: {plain.line(check.unseen)}\n" if check.unseen else ""
    mend = f"         mend: {plain.line(check.mend)}\n" if check.mend else ""
    return f"{_WORDS[check.grade]}  {what}: {plain.line(check.seen)}\n{unseen}{mend}"


def summary(checks: Sequence[Check]) -> str:
    """Return the line that an examination ends with."""
    counts = (
        plain.count(len(checks), "check"),
        plain.count(_of(checks, Grade.FAILURE), "failure"),
        plain.count(_of(checks, Grade.WARNING), "warning"),
    )
    return f"Doctor: {', '.join(counts)}.\n"


def document(checks: Sequence[Check]) -> str:
    """Return all of it for machines."""
    listed: list[Json] = [
        {
            "about": each.about,
            "mend": each.mend,
            "name": each.name,
            "seen": each.seen,
            "state": each.grade.value,
            "subject": each.subject or None,
            "unseen": each.unseen,
        }
        for each in checks
    ]
    return documents.text(
        "checkup",
        {
            "checks": listed,
            "failures": _of(checks, Grade.FAILURE),
            "warnings": _of(checks, Grade.WARNING),
        },
    )


def _of(checks: Sequence[Check], grade: Grade) -> int:
    return sum(each.grade is grade for each in checks)
