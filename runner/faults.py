"""What is wrong with a text, before it has a place, and the finding that it is at one."""

from __future__ import annotations

from dataclasses import dataclass

from runner.model import Finding, Place, Severity, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong, without its place."""

    rule: str
    message: str
    mend: str
    severity: Severity = Severity.ERROR


NOT_UTF8 = Fault(
    rule="not-utf8",
    message="cannot read the file: it is not UTF-8",
    mend="save it as UTF-8",
)


def at(fault: Fault, place: Place) -> Finding:
    """Return the finding that a fault is at a place."""
    return Finding(
        place=place,
        rule=fault.rule,
        message=fault.message,
        mend=fault.mend,
        severity=fault.severity,
    )


def on_line(fault: Fault, file: str, number: int = 1, line: str = "") -> Finding:
    """Return the finding that a fault is of a whole line, or of a file."""
    span = Span(number, 1, number, len(line) + 1)
    return at(fault, Place(file=file, span=span))
