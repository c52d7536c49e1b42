"""What a check found as Markdown: a row a finding, with its rule, place, message and mend.

And what else stops a command, which comes alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.model import Severity
from runner.report import inert, plain, seen, text

if TYPE_CHECKING:
    from runner.model import Finding

_HEAD = "| | Rule | Place | What | Mend |\n|---|---|---|---|---|"
_MOST = 1000  # bytes of a message or a mend
_SIGNS = {Severity.ERROR: "✗ error", Severity.WARNING: "△ warning"}


def findings(found: tuple[Finding, ...], jobs: int) -> str:
    """Return a check: what it comes to first, then the table, errors before warnings."""
    errors = sum(each.severity is Severity.ERROR for each in found)
    warnings = len(found) - errors
    word = "△ Warnings" if warnings else "✓ No findings"
    headline = f"✗ {plain.count(errors, 'error')}" if errors else word
    parts = [f"### {headline}", text.checked(jobs, found).rstrip("\n")]
    if found:
        listed = sorted(seen.ordered(found), key=lambda each: each.severity is not Severity.ERROR)
        parts.append("\n".join([_HEAD, *map(_row, listed)]))
    return "\n\n".join(parts) + "\n"


def stopped(message: str, mend: str) -> str:
    """Return an error as Markdown."""
    return f"### ✗ Stopped\n\n{inert.code(message, _MOST)}\n\nMend: {inert.code(mend, _MOST)}\n"


def _row(each: Finding) -> str:
    span = each.place.span
    where = f"{each.place.file}:{span.line}:{span.column}"
    cells = (
        _SIGNS[each.severity],
        inert.cell(each.rule),
        inert.cell(where, _MOST),
        inert.cell(each.message, _MOST),
        inert.cell(each.mend, _MOST),
    )
    return f"| {' | '.join(cells)} |"
