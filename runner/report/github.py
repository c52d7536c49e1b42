"""Findings as annotations of a GitHub workflow: commands that the runner reads from the log.

What comes from specs is escaped as the runner has it, so that no text of theirs is a command.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.model import Severity
from runner.report import plain, seen

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.model import Finding

MOST = 10  # annotations of a level that GitHub shows for a step


def findings(found: Iterable[Finding]) -> str:
    """Return an annotation a finding, at most `MOST` of a level, and how many more there are."""
    listed = seen.ordered(found)
    lines: list[str] = []
    rest = 0
    for severity in Severity:
        level = [each for each in listed if each.severity is severity]
        lines += [_annotation(each) for each in level[:MOST]]
        rest += len(level[MOST:])
    if rest:
        said = f"{plain.count(rest, 'more finding')}: run `jobgate check` to see all of them"
        lines.append(f"::notice title=jobgate::{said}")
    return "".join(f"{line}\n" for line in lines)


def _annotation(each: Finding) -> str:
    span = each.place.span
    fields = {"file": each.place.file, "line": str(span.line), "endLine": str(span.end_line)}
    if span.line == span.end_line:  # columns of a place that goes over lines are not shown
        fields |= {"col": str(span.column), "endColumn": str(span.end_column)}
    fields["title"] = each.rule
    listed = ",".join(f"{name}={_property(value)}" for name, value in fields.items())
    return (
        f"::{each.severity.value} {listed}::{_data(each.message)}%0A{_data(f'mend: {each.mend}')}"
    )


def _data(text: str) -> str:
    shown = plain.block(text)
    return shown.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
