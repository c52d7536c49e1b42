"""What keeps a commit from having a plan: every finding at its line, with its mend."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.model import Severity
from runner.report import inert, plain, seen

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from runner.model import Finding
    from runner.report.comment.amounts import Amount

_SIGNS = {Severity.ERROR: "✗ error", Severity.WARNING: "△ warning"}


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """Return what stops a job first, and all of each weight in the order of its place."""
    return sorted(seen.ordered(findings), key=lambda each: each.severity is Severity.WARNING)


def headline(findings: Sequence[Finding]) -> str:
    """Return that there is no plan, and how much is wrong."""
    errors = sum(each.severity is Severity.ERROR for each in findings)
    said = [plain.count(errors, "error")]
    said += [plain.count(len(findings) - errors, "warning")] * (len(findings) > errors)
    return f"### ✗ No plan: {', '.join(said)}\n\nNothing of this commit runs until they are mended."


def item(each: Finding, amount: Amount) -> str:
    """Return a finding: where, what, its rule, and on the next line its mend."""
    place = f"{each.place.file}:{each.place.span.line}:{each.place.span.column}"
    said = inert.code(each.message, amount.text)
    mend = inert.code(each.mend, amount.text)
    where = inert.code(place, amount.text)
    return f"* {_SIGNS[each.severity]} {where} {said} ({inert.code(each.rule)})<br>mend: {mend}"
